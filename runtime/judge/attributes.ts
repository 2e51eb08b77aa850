/** Of a profile that was to be as given: which attributes did the target take? Pure. faults.md W9. */
import type { Action, JsonObject } from '../types.ts'
import type { Intent } from '../write-types.ts'
import { same } from './bystanders.ts'

export type Attributes = {
  /** Other before, and as given now. */
  readonly taken: readonly string[]
  readonly missing: readonly string[]
}

/**
 * Only inputs that are named as a field of the stream can be told: `after` is a record in our fields, and the last look that saw one counts.
 * What was so already was not taken.
 */
export function judgeAttributes(action: Action, intent: Intent, before: JsonObject | null, after: JsonObject | null): Attributes {
  if (after === null || !Object.values(action.does).includes('as_given')) return { taken: [], missing: [] }
  const told = Object.keys(intent.input).filter((name) => Object.hasOwn(after, name) || Object.hasOwn(before ?? {}, name))
  const is = (record: JsonObject | null, name: string): boolean => record !== null && same(record[name], intent.input[name])
  return {
    taken: told.filter((name) => is(after, name) && !is(before, name)),
    missing: told.filter((name) => !is(after, name)),
  }
}
