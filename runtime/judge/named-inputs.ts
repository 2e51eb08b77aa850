/** A change that the target refused, and an input of it that names nothing there is: why it was refused, and why no look at it can ever see. Pure. */
import type { Action } from '../types.ts'
import type { Intent } from '../write-types.ts'
import { baseOf, facetsOf, looksSince, type Progress, runSince, type Situation, verifiesOf } from './progress.ts'

/** Inputs that are ids of records of another stream, and have a value. */
export const namedInputs = (action: Action, intent: Pick<Intent, 'input'>): readonly string[] =>
  Object.entries(action.input).flatMap(([name, { stream, field }]) =>
    stream !== null && field === null && (intent.input[name] ?? null) !== null ? [name] : [],
  )

/** After a refusal, and not before one: who leaves is not kept waiting for a look that is needless as a rule. */
export function awaitsInputs({ action, intent, events }: Situation, { current }: Progress): boolean {
  if (current?.result !== 'refused' || namedInputs(action, intent).length === 0) return false
  return !events.slice(current.place + 1).some((event) => event.kind === 'looked' && event.missing !== undefined)
}

/** Nothing was taken, every facet was looked at and none could be seen: the inputs that name nothing. Empty: not so. */
export function misnamed(situation: Situation, progress: Progress): readonly string[] {
  const { sent, current } = progress
  if (current === null || sent.some((one) => one.result !== 'refused')) return []
  const asked = situation.events
    .slice(current.place + 1)
    .findLast((event) => event.kind === 'looked' && event.missing !== undefined)
  const missing = asked?.kind === 'looked' ? (asked.missing ?? []) : []
  if (missing.length === 0) return []
  const blind = facetsOf(situation.action).every((facet) => {
    const base = baseOf(situation, progress, facet)
    return (
      base === null ||
      verifiesOf(situation, facet).every(
        (index) => looksSince(situation, index, base).length > 0 && runSince(situation, index, base) === null,
      )
    )
  })
  return blind ? missing : []
}
