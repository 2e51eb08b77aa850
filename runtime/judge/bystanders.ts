/** Did anything else move on the object? Pure. truth.md part 2, "bystanders". */
import type { Action, Facet, Json, JsonObject } from '../types.ts'
import type { Intent, Outcome } from '../write-types.ts'

export type Bystanders = Pick<Outcome, 'bystanders' | 'moved'>

/**
 * Mapped fields of the records seen after the write against those of the look before. The fields an action is about, those it may change
 * and times may move, and what other changes of ours may have moved meanwhile; a field it is bound to may not, whatever else is allowed:
 * another object answers (W8).
 */
export function judgeBystanders(
  action: Action,
  intent: Intent,
  before: JsonObject | null,
  after: readonly JsonObject[],
  ours: readonly string[] = [],
): Bystanders {
  const bound = Object.keys(intent.bound).filter((field) => !Object.hasOwn(intent.input, field) && action.bind.includes(field))
  const rebound = bound.filter((field) => after.some((record) => !same(intent.bound[field], record[field])))
  if (after.length === 0 || before === null || action.may_change === null) {
    return rebound.length > 0 ? { bystanders: 'changed', moved: rebound } : { bystanders: 'unchecked', moved: [] }
  }
  const may = new Set([...mayMove(action, intent), ...ours])
  const fields = new Set([before, ...after].flatMap((record) => Object.keys(record)))
  const moved = [...fields].filter((field) => !may.has(field) && after.some((record) => !same(before[field], record[field])))
  const all = [...new Set([...moved, ...rebound])].sort()
  return all.length > 0 ? { bystanders: 'changed', moved: all } : { bystanders: 'unchanged', moved: [] }
}

/** What a person is told of it. */
export const alarmOf = (moved: readonly string[]): string =>
  moved.length === 0 ? '' : `; ALARM: ${moved.join(', ')} moved, which nobody asked for`

const OWN: { readonly [facet in Facet]?: readonly string[] } = { account: ['active', 'status'] }
/** Every write may move them. */
const TIMES = ['updatedAt', 'lastLoginAt']

/** Fields that a change moves, or may. */
export function mayMove(action: Action, { input }: Pick<Intent, 'input'>): readonly string[] {
  const facets = Object.keys(action.does) as Facet[]
  return [...(action.may_change ?? []), ...facets.flatMap((facet) => OWN[facet] ?? []), ...Object.keys(input), ...TIMES]
}

/** A field without a value and a field that is not there are the same. */
export function same(a: Json | undefined, b: Json | undefined): boolean {
  return a === b || (a ?? null) === (b ?? null) || JSON.stringify(a ?? null) === JSON.stringify(b ?? null)
}
