/** Does an outcome still stand when it is looked at again, later? Pure. faults.md W3, W18, W2 late. */
import type { Action, Verify } from '../types.ts'
import type { FacetOutcome, Look, Outcome } from '../write-types.ts'
import { alarmOf, type Bystanders } from './bystanders.ts'
import { isResidual, type Run, runOf } from './facet.ts'
import { nextSteps } from './next-steps.ts'

/** `looking`: not enough agreeing looks yet. `unseen`: nobody could see, so nothing is said, least of all that it stands. */
export type Recheck = 'stands' | 'reverted' | 'late_verified' | 'looking' | 'unseen'

/** Looks beyond the needed ones before a recheck is given up as unseen. */
const SPARE_LOOKS = 3

/** `looks`: those of one recheck. One stale replica reverts nothing: as many looks must agree as for the outcome itself. */
export function judgeRecheck(
  previous: Outcome,
  looks: readonly Look[],
  verify: readonly Verify[],
  silent: readonly number[] = [],
): Recheck {
  const facets = previous.facets.map((one) => ({ was: one, now: facetNow(one, looks, verify, silent) }))
  const was_verified = facets.filter((one) => one.was.is === 'verified')
  if (was_verified.some((one) => one.now === 'other')) return 'reverted'
  if (facets.some((one) => one.now === 'looking')) return 'looking'
  const late = facets.some((one) => one.was.is === 'refuted') && previous.bystanders !== 'changed'
  if (late && facets.every((one) => one.now === 'asked')) return 'late_verified'
  return was_verified.some((one) => one.now === 'unseen') ? 'unseen' : 'stands'
}

/** What the recheck makes of it; null: nothing new. `beside`: what these looks show of the rest of the record. */
export function recheckedOutcome(
  previous: Outcome,
  looks: readonly Look[],
  action: Action,
  silent: readonly number[],
  beside: Bystanders = { bystanders: 'unchecked', moved: [] },
): Outcome | null {
  const said = judgeRecheck(previous, looks, action.verify, silent)
  if (said !== 'reverted' && said !== 'late_verified') return null
  const facets = previous.facets.map((one): FacetOutcome => {
    const now = facetNow(one, looks, action.verify, silent)
    const mine = looks.filter((look) => look.facet === one.facet)
    if (now === 'asked') return { ...one, is: 'verified', looks: mine.length, verified_at: one.verified_at ?? mine.at(-1)!.at }
    // Another facet ends this recheck before enough looks agree on this one: what the last of them did not show is not left verified.
    if (now === 'looking' && one.is === 'verified' && (mine.at(-1)?.shows === 'other' || mine.at(-1)?.shows === 'gone'))
      return { ...one, is: 'unknown', because: mine.at(-1)!.because, looks: mine.length, verified_at: null }
    if (now !== 'other') return one
    return { ...one, is: 'refuted', because: mine.at(-1)!.because, looks: mine.length, verified_at: null }
  })
  const undone = facets.filter((one, i) => one.is === 'refuted' && previous.facets[i]!.is === 'verified').map((one) => one.facet)
  const outcome: Omit<Outcome, 'next_steps'> =
    said === 'reverted'
      ? { ...previous, facets, is: 'reverted', because: `verified once, and a later look shows it undone: ${undone.join(', ')}` }
      : {
          ...previous,
          facets,
          // What was seen before it came says nothing of what moved with it.
          ...beside,
          is: beside.moved.length === 0 ? 'verified' : 'partial',
          changed: true,
          because: `verified late: after the deadline it was refuted, a later look shows it${alarmOf(beside.moved)}`,
        }
  return { ...outcome, next_steps: nextSteps(outcome, action) }
}

/** Looks that this verify still needs in a recheck. */
export function isOpenAgain(verify: Verify, index: number, looks: readonly Look[]): boolean {
  return !isResidual(verify) && stateOf(verify, index, looks) === 'looking'
}

type Now = 'asked' | 'other' | 'looking' | 'unseen'

/** One verify that shows another state is enough; all must show the asked one. */
function facetNow(one: FacetOutcome, looks: readonly Look[], verify: readonly Verify[], silent: readonly number[]): Now {
  const states = verify.flatMap((of, index) =>
    of.facet === one.facet && !isResidual(of) && !silent.includes(index) ? [stateOf(of, index, looks)] : [],
  )
  return (
    (['other', 'looking', 'unseen'] as const).find((now) => states.includes(now)) ?? (states.length === 0 ? 'unseen' : 'asked')
  )
}

function stateOf(verify: Verify, index: number, looks: readonly Look[]): Now {
  const mine = looks.filter((look) => look.verify === index)
  const run: Run | null = runOf(verify, mine)
  if (run !== null && run.agreed_at !== null) return run.shows
  return mine.length >= Math.max(1, verify.agree) + SPARE_LOOKS ? 'unseen' : 'looking'
}
