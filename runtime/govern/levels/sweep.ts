/** One look at every connection: what its gate says, which levels do not hold, which budgets burn. What changed is stored, entered and told. */
import { burning } from '../../judge/burn.ts'
import { differences } from '../../judge/exceptions.ts'
import { badControls } from '../../judge/levels.ts'
import { type Alert, CONTROLS, type Exception, type GateState, type Span } from '../../levels-types.ts'
import type { Act } from '../../store/ledger-port.ts'
import type { Round, Told } from '../../store/levels-port.ts'
import type { Connection } from '../../types.ts'
import type { Target } from '../facts.ts'
import { type LevelStores, type Measured, measure } from './measure.ts'
import { alertLine, alertTold, exceptionTold, gateTold } from './told.ts'

export type SweepContext = {
  readonly store: LevelStores
  /** Throws where the connector cannot be read. */
  readonly target: (connection: string) => Promise<Target>
  readonly now: () => number
  readonly newId: () => string
  readonly log: (line: string) => void
  /** Stops between two connections. */
  readonly signal?: AbortSignal
}
export type Swept = {
  readonly measured: readonly Measured[]
  /** Is anything to be delivered? */
  readonly told: boolean
  /** When time alone may change a gate, ms; null: never. */
  readonly until: number | null
}

/** Looks that are further apart than this and than two reads leave time that nobody saw. */
const GAP_MS = 10 * 60_000
const SPANS_MS = 35 * 86_400_000

export async function sweep(ctx: SweepContext): Promise<Swept> {
  const connections = await ctx.store.connections()
  const known = new Map((await ctx.store.gateStates()).map((one) => [one.connection, one]))
  const alerts = await ctx.store.alerts()
  const measured: Measured[] = []
  const watched: Parameters<LevelStores['watched']>[0][number][] = []
  let told = false
  for (const connection of connections) {
    if (ctx.signal?.aborted === true) break
    const found = await measure(ctx.store, connection, ctx.target, ctx.now())
    const { name } = connection
    const bad = badControls(found.breaches)
    const gap_ms = Math.max(GAP_MS, 2 * found.cadence_ms)
    const at = ctx.now()
    const spans = withNow(await ctx.store.spans(name, at - SPANS_MS), at, gap_ms)
    const round = await roundOf(ctx, found, known.get(name) ?? null, alerts, spans)
    if (hasNews(round)) told = (await ctx.store.settleRound(round)) || told
    watched.push({ connection: name, bad, at, gap_ms })
    measured.push(found)
  }
  if (ctx.signal?.aborted !== true)
    for (const name of known.keys())
      if (!connections.some((one) => one.name === name))
        told = (await gone(ctx, name, known.get(name) as GateState, alerts)) || told
  await ctx.store.watched(watched)
  const moments = measured.flatMap(({ until }) => until ?? [])
  return { measured, told, until: moments.length === 0 ? null : Math.min(...moments) }
}

const hasNews = ({ gate, exceptions, alerts, told }: Round): boolean =>
  gate !== undefined || exceptions.length + alerts.set.length + alerts.cleared.length + told.length > 0

/** As it will be stored: the last look reaches up to this one. */
function withNow(spans: readonly Span[], at: number, gap_ms: number): readonly Span[] {
  const last = CONTROLS.flatMap((control) => {
    const newest = spans.findLast((span) => span.control === control)
    return newest !== undefined && at - newest.until <= gap_ms && at > newest.until
      ? [{ control, from: newest.until, until: at, bad: newest.bad }]
      : []
  })
  return [...spans, ...last]
}

/** Of this machine's own work. */
const OWN: Pick<Act, 'by' | 'from' | 'why'> = { by: 'rollcall', from: 'rollcall', why: 'a sweep of the levels' }
const ACTS: Readonly<Omit<Act, 'at'>> = { ...OWN, on_behalf_of: null }

async function roundOf(
  { store, newId, now, log }: SweepContext,
  found: Measured,
  before: GateState | null,
  alerts: readonly Alert[],
  spans: readonly Span[],
): Promise<Round> {
  const { connection, gate, state } = found
  const { name } = connection
  const act: Act = { ...ACTS, at: new Date(now()).toISOString() }
  const owners = { owner: connection.owner, data_owner: connection.data_owner ?? null }
  const open = await store.exceptions({ connection: name, states: ['open', 'acknowledged'], limit: 10_000 })
  const byHand = (await Promise.all(CONTROLS.map((control) => store.lastClosedByHand(name, control)))).filter(
    (one) => one !== null,
  )
  const { opened, changed, closed } = differences(found.breaches, { open, byHand, owners }, act.at)
  const made = opened.map(
    (breach): Exception => ({
      ...breach,
      ...owners,
      exception: newId(),
      connection: name,
      state: 'open',
      opened_at: act.at,
      acknowledged: null,
      closed: null,
    }),
  )
  const severer = changed.filter((row) => open.find(({ exception }) => exception === row.exception)?.severity !== row.severity)
  const burns = alertsNow(found, spans, alerts, act.at)
  const news: readonly Told[] = [
    ...(isSame(before, state) ? [] : [gateTold(newId, act, before, state, gate, owners)]),
    ...made.map((row) => exceptionTold(newId, act, 'opened', row)),
    ...severer.map((row) => exceptionTold(newId, act, 'changed', row)),
    ...closed.map((row) => exceptionTold(newId, act, 'closed', row)),
    ...burns.fired.map((alert) => alertTold(newId, act, 'firing', alert)),
    ...burns.over.map((alert) => alertTold(newId, act, 'resolved', alert)),
  ]
  for (const alert of burns.fired) log(alertLine('firing', alert))
  for (const alert of burns.over) log(alertLine('resolved', alert))
  return {
    connection: name,
    at: act.at,
    ...(isSame(before, state) ? {} : { gate: state }),
    exceptions: [...made, ...changed, ...closed],
    alerts: { set: burns.fired, cleared: burns.over.map(({ control }) => control) },
    told: news,
  }
}

const isSame = (a: GateState | null, b: GateState): boolean => JSON.stringify(a) === JSON.stringify(b)

/** Told when one begins, becomes another severity, or is over. */
function alertsNow(
  { connection: { name }, levels, cadence_ms }: Measured,
  spans: readonly Span[],
  known: readonly Alert[],
  at: string,
): { readonly fired: readonly Alert[]; readonly over: readonly Alert[] } {
  const now_ms = Date.parse(at)
  const all = CONTROLS.map((control) => {
    const mine = spans.filter((span) => span.control === control)
    const burn = burning(mine, now_ms, cadence_ms, levels.objective)
    const before = known.find((one) => one.connection === name && one.control === control) ?? null
    return { control, burn, before }
  })
  return {
    fired: all.flatMap(({ control, burn, before }) =>
      burn === null || burn.severity === before?.severity
        ? []
        : [{ connection: name, control, severity: burn.severity, since: before?.since ?? at, burn }],
    ),
    over: all.flatMap(({ burn, before }) => (burn === null && before !== null ? [before] : [])),
  }
}

/** A connection that was removed closes what it left open. */
async function gone(
  { store, newId, now }: SweepContext,
  connection: string,
  before: GateState,
  alerts: readonly Alert[],
): Promise<boolean> {
  const act: Act = { ...ACTS, at: new Date(now()).toISOString() }
  const because = 'the connection was removed'
  const open = await store.exceptions({ connection, states: ['open', 'acknowledged'], limit: 10_000 })
  const closed = open.map((row): Exception => ({ ...row, state: 'closed', closed: { by: null, at: act.at, because } }))
  const burned = alerts.filter((one) => one.connection === connection)
  const state: GateState = { connection, is: 'deny', streams: {}, kinds: [{ stream: '', kind: 'scope' }] }
  const nobody: Pick<Connection, 'owner' | 'data_owner'> = {
    owner: open[0]?.owner ?? null,
    data_owner: open[0]?.data_owner ?? null,
  }
  return await store.settleRound({
    ...{ connection, at: act.at, gate: null, exceptions: closed },
    alerts: { set: [], cleared: burned.map(({ control }) => control) },
    told: [
      gateTold(newId, act, before, state, null, nobody),
      ...closed.map((row) => exceptionTold(newId, act, 'closed', row)),
      ...burned.map((alert) => alertTold(newId, act, 'resolved', alert)),
    ],
  })
}
