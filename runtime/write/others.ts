/** Other changes of ours to the same object: what they undid is nobody else's doing, and what they asked for since stands. */
import { isTakenBack, type OfOurs, takenBackSince } from '../judge/taken-back.ts'
import type { IntentEvent } from '../write-types.ts'
import type { Act } from './act.ts'
import { idOf, type Work } from './work.ts'

/** A look at what is over, or what such looks make of it. */
export function isRecheckOf(act: Act, events: readonly IntentEvent[]): boolean {
  if (act.act !== 'judge') return act.act === 'look' && act.phase === 'recheck'
  const last = events.findLast((event) => event.kind === 'outcome')
  return last?.kind === 'outcome' && last.outcome.is !== 'unknown' && last.outcome.is !== 'pending'
}

export const OVERTAKEN = 'while nobody could look at the object another change of ours asked for something else of it'

/** By another change of ours, since then (null: since this one was begun): what a later look shows is its doing. */
export async function takenBack(work: Work, since: number | null): Promise<boolean> {
  const { ctx, act, intent, events } = work
  const id = idOf(work)
  if (id === null) return false
  const rows = await ctx.store.intents({ connection: ctx.connection.name, id, limit: MOST_OTHERS })
  const others = rows.flatMap((row): readonly OfOurs[] => {
    const action = ctx.connector.actions[row.intent.action]
    return action === undefined ? [] : [{ action, ...row }]
  })
  const last = events.findLast((event) => event.kind === 'outcome')
  const own = { action: act.action, intent, events, outcome: last?.kind === 'outcome' ? last.outcome.is : null }
  return since === null ? isTakenBack(own, others) : takenBackSince(own, others, since)
}

/** The newest changes of one object. */
const MOST_OTHERS = 200
