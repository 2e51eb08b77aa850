/** Where an intent stands, in words; and what is known of its outcome now. Never more than is known. */
import { isHeldAsMoved } from '../judge/moved.ts'
import { isHeldByRolling, releaseStep } from '../judge/rolling-brake.ts'
import type { IntentRow } from '../store/write-port.ts'
import type { Outcome, OutcomeIs } from '../write-types.ts'

export type Standing = {
  readonly is: OutcomeIs | IntentRow['state']
  readonly because: string
  readonly since: string
  readonly next_steps: readonly string[]
  readonly residual_until: string | null
}

/** `stopped`: why a kill switch stops it; `ended`: why this command let go of it. */
export function standingOf(row: IntentRow, stopped: string | null, ended: string | null = null): Standing {
  const { intent, events, state } = row
  const last = events.at(-1)
  const told = events.findLast((event) => event.kind === 'outcome')
  const since = told?.kind === 'outcome' && state === 'done' ? told.at : (last?.at ?? intent.made_at)
  if (state === 'done' && told?.kind === 'outcome' && row.outcome !== 'cancelled') {
    const { is, because, next_steps, residual_until } = told.outcome
    return { is, because, since, next_steps, residual_until }
  }
  const of = (is: Standing['is'], because: string, ...next_steps: readonly string[]): Standing => ({
    is,
    because,
    since,
    next_steps,
    residual_until: null,
  })
  const gone = events.findLast((event) => event.kind === 'cancelled')
  if (gone?.kind === 'cancelled') return of('cancelled', gone.because, 'Nothing was sent; ask again if it is still wanted.')
  const held = events.findLast((event) => event.kind === 'held')
  if (state === 'held' && held?.kind === 'held')
    return of(
      'held',
      `${held.brake}: ${held.because}`,
      ...(isHeldByRolling(events) ? [releaseStep(intent)] : []),
      ...(isHeldAsMoved(events)
        ? [`\`rollcall sync ${intent.connection}\`, look at what it is now, and plan again; the new plan withdraws this one.`]
        : []),
      `Look at the object, then withdraw this one (\`rollcall actions --cancel ${intent.intent} --by NAME --why TEXT\`) and ask again for what is meant.`,
    )
  const go_on = `\`rollcall apply ${intent.connection} --resume\` goes on with it.`
  if (stopped !== null) return of(state, `stopped: ${stopped}`, `\`rollcall go\` lifts the stop; then ${go_on}`)
  const where = WORDS[state] ?? 'under way'
  const blind = last?.kind === 'look' && last.look.phase === 'before' ? `; ${last.look.because}` : ''
  return of(state, `${ended === null ? '' : `${ended}; `}${where}${blind}`, go_on)
}

const WORDS: { readonly [state in IntentRow['state']]?: string } = {
  requested: 'asked for, not looked at yet',
  approved: 'approved, not looked at yet',
  looked: 'looked at before, nothing sent yet',
  sending: 'sent, and no answer is known: it is looked at before anything else',
  accepted: 'the target said yes, which shows nothing yet',
  refused: 'the target said no; it is still looked at',
  lost: 'no answer came: it is looked at, not sent again blindly',
  looking: 'sent; not yet shown to be so',
}

/** What is known: never more. One that is not concluded is `unknown`, and says how it goes on. */
export function outcomeNow(row: IntentRow, stopped: string | null, ended: string | null = null): Outcome {
  const told = row.events.findLast((event) => event.kind === 'outcome')
  if (told?.kind === 'outcome') return told.outcome
  const standing = standingOf(row, stopped, ended)
  const is = standing.is === 'cancelled' ? 'cancelled' : 'unknown'
  return {
    is,
    because: is === 'cancelled' ? `nothing was sent: ${standing.because}` : `not concluded: ${standing.because}`,
    changed: row.events.some((event) => event.kind === 'sending'),
    facets: [],
    id: null,
    bound_to: null,
    bystanders: 'unchecked',
    moved: [],
    residual_until: null,
    expires_at: null,
    next_steps: standing.next_steps,
    rules: '',
  }
}
