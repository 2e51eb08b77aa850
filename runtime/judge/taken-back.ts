/** Is what a change of ours asked for taken back by another one of ours? Then a later look that shows it undone tells of nobody else. Pure. */
import type { Action } from '../types.ts'
import type { Intent, IntentEvent, OutcomeIs } from '../write-types.ts'
import { ms } from './facet.ts'

export type OfOurs = {
  readonly action: Pick<Action, 'does'>
  readonly intent: Pick<Intent, 'intent' | 'input'>
  readonly events: readonly IntentEvent[]
  readonly outcome: OutcomeIs | null
}

/** `others`: of the same object. One that was sent and has not ended counts: whatever is seen meanwhile may be its doing. */
export const isTakenBack = (own: OfOurs, others: readonly OfOurs[]): boolean => takenBackSince(own, others, begun(own.events))

/** `since`: ms since 1970. What took place before says nothing. */
export function takenBackSince(own: OfOurs, others: readonly OfOurs[], since: number): boolean {
  return others.some(
    (one) => one.intent.intent !== own.intent.intent && tookPlace(one, since) && takesBack(asked(one), asked(own)),
  )
}

/** The truth of an intent is what it was asked for on, from its first request on; without one from the look that found it so. */
function begun(events: readonly IntentEvent[]): number {
  const first = events.find((event) => event.kind === 'sending') ?? events.find((event) => event.kind === 'looked')
  return first === undefined ? Number.POSITIVE_INFINITY : ms(first.at)
}

const NOT_DONE: ReadonlySet<OutcomeIs> = new Set(['rejected', 'refuted', 'cancelled'])

function tookPlace({ events, outcome }: OfOurs, since: number): boolean {
  const after = (kind: IntentEvent['kind']) => events.some((event) => event.kind === kind && ms(event.at) > since)
  if (outcome !== null && NOT_DONE.has(outcome)) return false
  // Somebody else did it first, and then it was asked for and seen: it is approved all the same.
  return after('sending') || (outcome === 'verified' && after('outcome'))
}

type Asked = { readonly does: Action['does']; readonly input: Intent['input'] }
const asked = ({ action, intent }: OfOurs): Asked => ({ does: action.does, input: intent.input })

/** An account that is gone holds nothing and has no profile; one that is switched off may lose what it held. */
export function takesBack(later: Asked, own: Asked): boolean {
  const { account } = later.does
  return Object.entries(own.does).some(([facet, state]) => {
    if (account === 'absent' && GIVEN.has(state)) return true
    if (account === 'inactive' && state === 'held') return true
    const now = later.does[facet as keyof Action['does']]
    if (now === undefined) return false
    const shared = Object.keys(own.input).filter((name) => Object.hasOwn(later.input, name))
    const differs = (name: string) => JSON.stringify(own.input[name]) !== JSON.stringify(later.input[name])
    return now === 'as_given' && state === 'as_given' ? shared.some(differs) : now !== state && !shared.some(differs)
  })
}

/** What a look at somebody who is gone shows otherwise: the sessions and holdings that were taken stay taken. */
const GIVEN: ReadonlySet<string> = new Set(['active', 'inactive', 'present', 'held', 'as_given'])
