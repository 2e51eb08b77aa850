/**
 * Where no look at a facet reads the whole record (a list, a log), who says what else moved on the object? And where something did, was it
 * another change of ours? Pure. truth.md part 2, "bystanders".
 */
import type { Outcome, OutcomeIs } from '../write-types.ts'
import type { Progress, Situation } from './progress.ts'

/** It is not over, or nothing was sent. */
const OPEN: ReadonlySet<OutcomeIs> = new Set(['pending', 'unknown', 'cancelled'])

/** Whether the record is to be read once more before this is told. Once: what nobody could read stays `unchecked`, and says so. */
export function awaitsBeside({ action, intent, events }: Situation, progress: Progress, outcome: Outcome): boolean {
  if (action.may_change === null || intent.id === null || progress.sent.length === 0 || OPEN.has(outcome.is)) return false
  if (progress.looked?.record == null || outcome.bystanders === 'unchanged' || goes(outcome)) return false
  return !events.slice(events.findIndex((event) => event.kind === 'sending')).some((event) => event.kind === 'beside')
}

/** What other changes of ours may have moved, as these events tell. */
export const oursOf = (events: Situation['events']): readonly string[] =>
  events.flatMap((event) => (event.kind === 'beside' ? event.ours : []))

/** The object itself was to go, and went: nothing of it is left to be read. */
const goes = ({ facets }: Outcome): boolean =>
  facets.some((one) => one.facet === 'account' && one.asked === 'absent' && one.is === 'verified')
