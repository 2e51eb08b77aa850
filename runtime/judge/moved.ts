/** Is a record still what a plan took it for? Pure. */
import type { JsonObject } from '../types.ts'
import type { Intent, IntentEvent } from '../write-types.ts'
import { same } from './bystanders.ts'

export const MOVED = 'moved'

/** Fields that the change sets and that somebody else has set since the plan. What is as asked for already has not moved. */
export function movedFields(intent: Pick<Intent, 'planned' | 'input'>, fields: JsonObject): readonly string[] {
  return Object.entries(intent.planned ?? {}).flatMap(([name, planned]) => {
    const now = fields[name] ?? null
    return same(now, planned) || same(now, intent.input[name] ?? null) ? [] : [name]
  })
}

/** Held since what it rests on moved: only another plan, which knows better, can ask for it again. */
export function isHeldAsMoved(events: readonly IntentEvent[]): boolean {
  const last = events.findLast((event) => event.kind === 'held' || event.kind === 'approved' || event.kind === 'cancelled')
  return last?.kind === 'held' && last.brake === MOVED
}
