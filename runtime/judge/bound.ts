/** What ties a change to the object that was meant. Pure. truth.md part 2, "identity binding". */
import type { Action, JsonObject } from '../types.ts'
import type { Intent, IntentEvent } from '../write-types.ts'

/**
 * The snapshot's values where there was one; else those of the first look, so that an id that is given to somebody else while the change waits
 * (for an approval, behind a stop, over a restart) is noticed. That first look itself had nothing but the id to go by.
 */
export function boundFields(action: Action, intent: Intent, events: readonly IntentEvent[]): JsonObject {
  const first = events.find((event) => event.kind === 'looked' && event.record !== null)
  const seen = first?.kind === 'looked' ? (first.record ?? {}) : {}
  // What the change itself sets is no longer what the first look saw.
  const before = (name: string) => (Object.hasOwn(intent.input, name) ? null : (seen[name] ?? null))
  const values = action.bind.map((name) => [name, intent.bound[name] ?? before(name)] as const)
  return Object.fromEntries(values.filter(([, value]) => value !== null))
}

/** Null: a create, or an action that binds to nothing (ids are never given again). */
export function boundTo(action: Action, intent: Intent): string | null {
  if (intent.id === null || action.bind.length === 0) return null
  const names = action.bind.filter((name) => (intent.bound[name] ?? null) !== null)
  return names.length === 0 ? 'the id alone' : ['the id', ...names].join(', ')
}
