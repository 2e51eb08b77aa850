/** Looks again at what was concluded: undone since, late, or not over. */
import { Failure } from '../errors.ts'
import { isAgain } from '../judge/progress.ts'
import type { IntentRow } from '../store/write-port.ts'
import type { Outcome, OutcomeIs } from '../write-types.ts'
import { compileAction } from './compile.ts'
import type { WriteContext } from './context.ts'
import { drain } from './drain.ts'
import { nextAct, outcomeOf, perform } from './run.ts'
import { openWork } from './work.ts'

export type Rechecked = {
  readonly intent: string
  readonly outcome: Outcome | null
  readonly changed: boolean
  readonly looks: number
  /** Nothing of it was sent yet, and now it may be: it waits for its turn. */
  readonly again: boolean
}

const NOT_OVER: readonly OutcomeIs[] = ['unknown', 'pending']
const OVER: readonly OutcomeIs[] = ['verified', 'partial', 'refuted', 'reverted']
const LOT = 500
/** An outcome comes this long after the intent at most, for the time at which rechecks begin; ms. */
const SLACK_MS = 7 * 86_400_000

/** One intent: every look that is due now. Throws `Failure` store/not-found. */
export async function recheck(ctx: WriteContext, intent: string): Promise<Rechecked> {
  const row = await ctx.store.intent(intent)
  if (row === null) throw new Failure('store/not-found', intent, `there is no intent ${intent}`)
  return await recheckRow(ctx, row)
}

/** Every intent of the connection with a look that is due now; those that are looked at come back. What can be seen again is worked off. */
export async function recheckDue(ctx: WriteContext): Promise<readonly Rechecked[]> {
  // Of an invitation the outcome comes when its time is over.
  const longest_s = Object.values(ctx.connector.actions).map(
    ({ recheck_s, invitation }) => Math.max(0, ...recheck_s) + (invitation?.expires_s ?? 0),
  )
  const since_ms = ctx.now() - Math.max(0, ...longest_s) * 1000 - SLACK_MS
  const done: Rechecked[] = []
  for await (const row of rows(ctx, since_ms)) {
    ctx.signal?.throwIfAborted()
    if (ctx.connector.actions[row.intent.action] === undefined) continue
    const rechecked = await recheckRow(ctx, row)
    if (rechecked.looks > 0 || rechecked.changed || rechecked.again) done.push(rechecked)
  }
  if (!done.some((one) => one.again)) return done
  // What can be seen again goes on as every other change does: in its turn, one at a time an object.
  await drain(ctx)
  return await Promise.all(done.map(async (one) => (one.again ? await ended(ctx, one) : one)))
}

async function ended(ctx: WriteContext, { intent, outcome, looks }: Rechecked): Promise<Rechecked> {
  const told = (await ctx.store.intent(intent))?.events.findLast((event) => event.kind === 'outcome')?.outcome ?? outcome
  return { intent, outcome: told, changed: told?.is !== outcome?.is, looks, again: true }
}

async function* rows(ctx: WriteContext, since_ms: number): AsyncGenerator<IntentRow> {
  for (const outcomes of [NOT_OVER, OVER]) {
    let after: string | undefined
    for (;;) {
      const lot = await ctx.store.intents({
        connection: ctx.connection.name,
        states: ['done'],
        outcomes,
        limit: LOT,
        ...(after === undefined ? {} : { after }),
      })
      for (const row of lot) if (outcomes === NOT_OVER || Date.parse(row.intent.made_at) >= since_ms) yield row
      const last = lot.at(-1)?.intent
      if (last === undefined || lot.length < LOT) break
      if (outcomes === OVER && Date.parse(last.made_at) < since_ms) break
      after = last.intent
    }
  }
}

/** Only what is due now: nothing is waited for. */
async function recheckRow(ctx: WriteContext, row: IntentRow): Promise<Rechecked> {
  const work = openWork(ctx, compileAction(ctx.connector, row.intent.action), row.intent, row.events)
  const [outcomes, looks] = [count(row, 'outcome'), count(row, 'look')]
  for (;;) {
    const act = await nextAct(work)
    if (act.act === 'done' || act.act === 'wait') break
    if (act.act === 'send' && !work.events.some((event) => event.kind === 'sending')) break
    if ('not_before' in act && Date.parse(act.not_before) > ctx.now()) break
    await perform(work, act)
  }
  const now = { events: work.events }
  const changed = count(now, 'outcome') > outcomes
  return {
    intent: row.intent.intent,
    outcome: outcomeOf(work),
    changed,
    looks: count(now, 'look') - looks,
    again: isAgain(work.events),
  }
}

const count = (row: Pick<IntentRow, 'events'>, kind: 'outcome' | 'look'): number =>
  row.events.filter((event) => event.kind === kind).length
