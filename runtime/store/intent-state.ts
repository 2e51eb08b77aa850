import type { ActionName, Lane } from '../types.ts'
import type { IntentEvent, IntentState, OutcomeIs } from '../write-types.ts'

/** What a history folds to. */
export type Folded = {
  readonly state: IntentState
  /** The last one; a later look leaves it. */
  readonly outcome: OutcomeIs | null
  /** When the first request was let go; null: nothing ever left. */
  readonly sent_at: string | null
}

const NOTHING: Folded = { state: 'requested', outcome: null, sent_at: null }

/** The state is the fold over the history, here one event at a time. */
export function stateAfter(before: Folded, event: IntentEvent): Folded {
  switch (event.kind) {
    case 'requested':
    case 'held':
    case 'approved':
    case 'looked':
      return { ...before, state: event.kind }
    case 'sending':
      return { ...before, state: 'sending', sent_at: before.sent_at ?? event.at }
    case 'answered':
      return { ...before, state: event.result }
    case 'look':
      // A look before sending is told by `looked`; a later look at what has an outcome, if only `unknown`, takes nothing up again.
      return event.look.phase === 'after' && before.state !== 'done' ? { ...before, state: 'looking' } : before
    case 'beside':
      return before
    case 'outcome':
      return { ...before, state: 'done', outcome: event.outcome.is }
    case 'cancelled':
      return { ...before, state: 'done', outcome: 'cancelled' }
  }
}

export const folded = (events: readonly IntentEvent[]): Folded => events.reduce(stateAfter, NOTHING)

/** What a later look may make of an outcome that is over: undone, or late. */
const REVISED: { readonly [is in OutcomeIs]?: readonly OutcomeIs[] } = {
  verified: ['reverted'],
  partial: ['reverted', 'verified'],
  refuted: ['reverted', 'verified', 'partial'],
  reverted: ['verified'],
}

/**
 * Why the history does not take this event; null: it does.
 * `sent`: what left can not be withdrawn. `ended`: the outcome stands. Outcomes that are not over (`unknown`, `pending`) take everything;
 * the others take rechecks and their revision.
 */
export function refusalOf(before: Folded, event: IntentEvent): 'sent' | 'ended' | null {
  const withdraws = event.kind === 'cancelled' || (event.kind === 'outcome' && event.outcome.is === 'cancelled')
  if (before.state !== 'done' || before.outcome === 'unknown' || before.outcome === 'pending')
    return withdraws && before.sent_at !== null ? 'sent' : null
  if (event.kind === 'look' && event.look.phase === 'recheck') return before.outcome === 'cancelled' ? 'ended' : null
  if (event.kind === 'outcome' && (REVISED[before.outcome!] ?? []).includes(event.outcome.is)) return null
  return 'ended'
}

/** Actions that give a person access: cancelled by a leaver while nothing of them was sent. */
export const GIVES_ACCESS: readonly ActionName[] = ['create_account', 'reactivate_account', 'grant', 'set_license']

/** Lower is sooner. */
export const LANE_RANKS: { readonly [lane in Lane]: number } = { leaver: 0, mover: 1, joiner: 2, sync: 3, backfill: 4 }

/** Two changes of one object meet in a facet. An action without facets (a connector that no longer has it) meets every other. */
export const meet = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === 0 || b.length === 0 || a.some((facet) => b.includes(facet))
