/** Was what somebody undid set right since, or approved, by a change of ours? Pure. */
import type { ActionName } from '../types.ts'
import type { FacetOutcome, Intent, IntentEvent, Outcome } from '../write-types.ts'
import { ms } from './facet.ts'

type Ended = { readonly intent: Pick<Intent, 'action'>; readonly events: readonly IntentEvent[] }

/** `later`: changes of the same object. Only what was seen after the revert counts: what was verified before it was undone with it. */
export function isSetRight(reverted: Ended, later: readonly Ended[]): boolean {
  const outcomes = reverted.events.filter((event) => event.kind === 'outcome')
  const last = outcomes.at(-1)
  if (last === undefined || last.outcome.is !== 'reverted') return true
  const undone = undoneFacets(outcomes.at(-2)?.outcome ?? null, last.outcome)
  const seen = later.flatMap(({ intent, events }) => {
    const outcome = events.findLast((event) => event.kind === 'outcome')?.outcome ?? null
    return outcome === null || (outcome.is !== 'verified' && outcome.is !== 'partial') ? [] : [{ intent, outcome }]
  })
  const since = ms(last.at)
  if (undone.length > 0) return undone.every((facet) => seen.some(({ outcome }) => shows(outcome, facet, since)))
  // What its own looks do not cover (it holds something again): the same once more, or whoever gave it on purpose.
  return seen.some(
    ({ intent, outcome }) => settles(intent.action, reverted.intent.action) && outcome.facets.some((one) => isAfter(one, since)),
  )
}

function undoneFacets(before: Outcome | null, now: Outcome): readonly FacetOutcome['facet'][] {
  const was = (facet: string) => before?.facets.find((one) => one.facet === facet)?.is
  return now.facets.filter((one) => one.is === 'refuted' && was(one.facet) !== 'refuted').map((one) => one.facet)
}

/** As asked for again, or as somebody asked for it instead. */
const shows = (outcome: Outcome, facet: string, since: number): boolean =>
  outcome.facets.some((one) => one.facet === facet && isAfter(one, since))
const isAfter = (one: FacetOutcome, since: number): boolean =>
  one.is === 'verified' && one.verified_at !== null && ms(one.verified_at) > since

const GIVES: ReadonlySet<ActionName> = new Set<ActionName>(['create_account', 'reactivate_account', 'grant', 'set_license'])
const settles = (action: ActionName, reverted: ActionName): boolean =>
  action === reverted || GIVES.has(action) || action === 'delete_account'
