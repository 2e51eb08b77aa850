import { Failure } from '../../errors.ts'
import { gateOf } from '../../govern/gate-of.ts'
import { freshFor } from '../../judge/freshness.ts'
import { withWaivers } from '../../judge/waiver.ts'
import type { Connection } from '../../types.ts'
import { fromOf } from '../from.ts'
import { levelLines, webhookLines } from '../level-metrics.ts'
import { type Line, metricsText } from '../metrics.ts'
import { ages } from '../rotate.ts'
import { list, name, object, ref, text, why } from '../schemas.ts'
import { connectionOf, connectorOf } from '../targets.ts'
import type { Ask, House, Room, Route } from '../types.ts'
import { EVERYBODY, OPERATES } from './parts.ts'

export const health: readonly Route[] = [
  {
    id: 'getHealth',
    method: 'GET',
    path: '/v1/health',
    area: 'health and metrics',
    summary: 'What needs attention: verdicts, what is stale, overdue, paused or stopped',
    roles: EVERYBODY,
    realm: 'tenant',
    reach: 'own',
    answers: { 200: ref('Health') },
    codes: [],
    act: async (ask) => {
      const { room } = ask
      const connections = []
      for (const connection of await mine(ask)) connections.push(await healthOf(ask, connection))
      const stops = (await room.store.killSwitches()).filter(
        ({ scope }) => scope === '*' || (ask.who.connections?.has(scope) ?? true),
      )
      const attention = stops.length > 0 || connections.some(({ reasons }) => reasons.length > 0)
      const size = await room.store.ledgerSize()
      return { status: 200, body: { is: attention ? 'attention' : 'fine', connections, stops, ledger: { size } } }
    },
  },
  {
    id: 'getMetrics',
    method: 'GET',
    path: '/v1/metrics',
    area: 'health and metrics',
    summary: 'Prometheus text of this tenant',
    roles: EVERYBODY,
    realm: 'tenant',
    reach: 'own',
    answers: { 200: 'text' },
    codes: [],
    act: async (ask) => {
      const lines: Line[] = [['rollcall_ledger_entries', {}, await ask.room.store.ledgerSize()]]
      for (const connection of await mine(ask))
        lines.push(...(await linesOf(ask, connection)), ...(await levelLines(ask.house, ask.room, connection)))
      if (ask.who.connections === null) lines.push(...(await webhookLines(ask.room)))
      return { status: 200, text: { type: 'text/plain; version=0.0.4; charset=utf-8', text: metricsText(lines) } }
    },
  },
  {
    id: 'listStops',
    method: 'GET',
    path: '/v1/stops',
    area: 'actions and plans',
    summary: 'What is stopped, by whom and why',
    roles: EVERYBODY,
    realm: 'tenant',
    reach: 'whole',
    answers: { 200: list(ref('Stop')) },
    codes: [],
    act: async ({ room }) => ({ status: 200, body: await room.store.killSwitches() }),
  },
  {
    id: 'stopChanges',
    method: 'POST',
    path: '/v1/stops',
    area: 'actions and plans',
    summary: 'Stop every change at once, of one connection or of all: nothing more is sent',
    roles: OPERATES,
    realm: 'tenant',
    reach: 'whole',
    body: object({ 'connection?': name('only of this one'), why }),
    answers: { 200: ref('Stop') },
    codes: ['api/not-found'],
    act: async ({ room, who, at, body }) => {
      const { connection, why: reason } = body as { readonly connection?: string; readonly why: string }
      if (connection !== undefined) await connectionOf(room, connection)
      const scope = connection ?? '*'
      await room.store.stop({ scope, by: who.by, why: reason, at }, fromOf(who))
      const stands = (await room.store.killSwitches()).find((one) => one.scope === scope)
      return { status: 200, body: stands }
    },
  },
  {
    id: 'liftStop',
    method: 'POST',
    path: '/v1/stops/lift',
    area: 'actions and plans',
    summary: 'Lift a stop: what waits goes on. A pause is lifted by resuming the connection',
    roles: ['admin'],
    realm: 'tenant',
    reach: 'whole',
    body: object({ scope: text('`*`, or a connection', { minLength: 1, maxLength: 64 }), why }),
    answers: { 204: null },
    codes: ['api/not-found', 'api/paused'],
    act: async ({ room, who, at, body, act }) => {
      const { scope, why: reason } = body as { readonly scope: string; readonly why: string }
      if (!(await room.store.killSwitches()).some((one) => one.scope === scope))
        throw new Failure('api/not-found', 'scope', 'there is no such stop')
      if (room.desk.paused(scope) !== null) throw new Failure('api/paused', scope, `${scope} is paused: resume it`)
      await room.store.enter({ ...act(reason), what: 'stop lifted', about: scope, detail: {} })
      await room.store.go(scope, who.by, at, reason, fromOf(who))
      for (const { name } of await room.store.connections()) if (scope === '*' || scope === name) room.work.drain(name)
      return { status: 204 }
    },
  },
]

const mine = async ({ room, who }: Ask): Promise<readonly string[]> =>
  (await room.store.connections()).map(({ name }) => name).filter((one) => who.connections?.has(one) ?? true)

async function healthOf({ house, room, at }: Ask, connection: string) {
  const { connector: of } = await connectionOf(room, connection)
  const stored = await room.store.connection(connection)
  const snapshots = await room.store.snapshots(connection)
  const [sync] = await room.store.syncs(connection, 1)
  const { unfinished, overdue } = await room.store.metrics(connection, at)
  const verdicts = Object.fromEntries(snapshots.map(({ latest }) => [latest.stream, latest.verdict.is]))
  const base = {
    connection,
    paused: room.desk.paused(connection) !== null,
    sync: sync?.state ?? null,
    verdicts,
    unfinished,
    overdue,
  }
  try {
    const connector = connectorOf(house, room, of)
    const stale = snapshots.flatMap(({ latest }) => {
      const stream = connector.streams[latest.stream]
      const fresh_for_s = stream === undefined ? Number.POSITIVE_INFINITY : freshFor(stream, stored)
      return house.now() - Date.parse(latest.facts.started_at) > fresh_for_s * 1000 ? [latest.stream] : []
    })
    const judged = await gateOf(room.store, { connector, connection: stored! }, null, house.now())
    const { reasons } = withWaivers(judged, await room.store.waivers(), house.now(), [])
    const late = [...(overdue > 0 ? [`${overdue} changes are overdue`] : []), ...oldCredentials(house, room, stored!)]
    return { ...base, stale, reasons: [...reasons.map(({ stream, because }) => `${stream}: ${because}`), ...late] }
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return { ...base, stale: [], reasons: [error.message] }
  }
}

const oldCredentials = (house: House, room: Room, connection: Connection): readonly string[] =>
  ages(house, room, connection).flatMap(({ field, overdue, due_at }) =>
    overdue ? [`credential ${field} was due to be replaced on ${due_at?.slice(0, 10)}: rotate it`] : [],
  )

async function linesOf({ house, room, at }: Ask, connection: string): Promise<readonly Line[]> {
  const snapshots = await room.store.snapshots(connection)
  const writes = await room.store.metrics(connection, at)
  const waiting = await room.store.waiting(connection)
  const streams = snapshots.flatMap(({ latest }): readonly Line[] => {
    const labels = { connection, stream: latest.stream }
    return [
      ['rollcall_records', labels, latest.records],
      ['rollcall_snapshot_age_seconds', labels, (house.now() - Date.parse(latest.facts.started_at)) / 1000],
      ...(['complete', 'incomplete', 'unproven'] as const).map(
        (is): Line => ['rollcall_verdict', { ...labels, verdict: is }, latest.verdict.is === is ? 1 : 0],
      ),
    ]
  })
  const { time_to_verified: time, unverifiable_debt: debt } = writes
  return [
    ...streams,
    ['rollcall_connection_paused', { connection }, room.desk.paused(connection) === null ? 0 : 1],
    ...Object.entries(writes.outcomes).map(([outcome, n]): Line => ['rollcall_changes_total', { connection, outcome }, n]),
    ...Object.entries(waiting).map(([lane, n]): Line => ['rollcall_changes_waiting', { connection, lane }, n]),
    ['rollcall_changes_unfinished', { connection }, writes.unfinished],
    ['rollcall_changes_overdue', { connection }, writes.overdue],
    ...ages(house, room, (await room.store.connection(connection))!).map(
      ({ field, overdue }): Line => ['rollcall_credential_overdue', { connection, secret: field }, overdue ? 1 : 0],
    ),
    ...(time.p95_ms === null
      ? []
      : ([['rollcall_time_to_verified_seconds', { connection, quantile: '0.95' }, time.p95_ms / 1000]] as const)),
    ['rollcall_unverifiable_debt', { connection }, debt.count],
    ['rollcall_unverifiable_debt_age_seconds', { connection }, debt.age_ms / 1000],
  ]
}
