/** How one connection stands against its levels, now. Reads only. */
import type { Gate, GateReason } from '../../certify-types.ts'
import { Failure } from '../../errors.ts'
import { cadenceOf } from '../../judge/burn.ts'
import { freshFor } from '../../judge/freshness.ts'
import { answerOf } from '../../judge/gate-reason.ts'
import { breaches, type LevelFacts, levelsOf } from '../../judge/levels.ts'
import type { Breach, GateState } from '../../levels-types.ts'
import type { CertifyStore } from '../../store/certify-port.ts'
import type { LevelsStore } from '../../store/levels-port.ts'
import type { Store } from '../../store/port.ts'
import type { WriteStore } from '../../store/write-port.ts'
import type { Connection, Levels } from '../../types.ts'
import type { Target } from '../facts.ts'
import { type ConnectionGate, connectionGate } from '../scope-gate.ts'

export type LevelStores = Store & WriteStore & CertifyStore & LevelsStore

export type Measured = {
  readonly connection: Connection
  readonly levels: Levels
  /** Of the certified streams: what `GET /v1/gate?scope=connection` says. Null: its connector cannot be read. */
  readonly gate: ConnectionGate | null
  readonly state: GateState
  readonly breaches: readonly Breach[]
  readonly cadence_ms: number
  /** When time alone may change any of it, ms. */
  readonly until: number | null
}

const DAY_MS = 86_400_000
const SYNCS = 20

/** Throws what the store throws; a connector that cannot be read is a breach. */
export async function measure(
  store: LevelStores,
  connection: Connection,
  target: (connection: string) => Promise<Target>,
  now_ms: number,
): Promise<Measured> {
  const levels = levelsOf(connection.levels)
  const { name } = connection
  const starts = (await store.syncs(name, SYNCS)).map(({ started_at }) => started_at)
  const base = { connection, levels, cadence_ms: cadenceOf(starts) }
  try {
    return { ...base, ...(await measured(store, await target(name), levels, now_ms)) }
  } catch (error) {
    if (!(error instanceof Failure) || error.code.startsWith('store/')) throw error
    return { ...base, ...unreadable(connection, error, now_ms) }
  }
}

async function measured(
  store: LevelStores,
  target: Target,
  levels: Levels,
  now_ms: number,
): Promise<Pick<Measured, 'gate' | 'state' | 'breaches' | 'until'>> {
  const { connector, connection } = target
  const { name } = connection
  const whole = await connectionGate(store, target, Object.keys(connector.streams), now_ms)
  const gate = await connectionGate(store, target, null, now_ms)
  const snapshots = new Map((await store.snapshots(name)).map((one) => [one.latest.stream, one]))
  const late = await store.lateChanges(name, {
    sent_before: new Date(now_ms - levels.verified_within_s * 1000).toISOString(),
    window_from: new Date(now_ms - DAY_MS).toISOString(),
    level_ms: levels.verified_within_s * 1000,
  })
  const { unverifiable_debt: debt } = await store.metrics(name, new Date(now_ms).toISOString())
  const facts: LevelFacts = {
    ...late,
    created_at: connection.created_at,
    gate: whole,
    streams: Object.values(connector.streams).map((stream) => {
      const { latest, complete } = snapshots.get(stream.name) ?? {}
      return {
        stream: stream.name,
        certified: stream.certified,
        fresh_for_s: freshFor(stream, connection),
        started_at: latest?.facts.started_at ?? null,
        read_at: latest?.at ?? null,
        complete_at: complete?.facts.started_at ?? null,
      }
    }),
    debt: { count: debt.count, oldest_at: debt.oldest_at, newest: late.newest_unverifiable },
    now_ms,
  }
  const moments = [whole, gate].flatMap(({ until }) => (until === null ? [] : [Date.parse(until)]))
  return {
    gate,
    state: stateOf(name, gate, whole, Object.keys(connector.streams)),
    breaches: breaches(facts, levels),
    until: moments.length === 0 ? null : Math.min(...moments),
  }
}

/** Of any scope the answer is the worst of its streams': so each of them is told. */
function stateOf(connection: string, gate: Gate, whole: Gate, streams: readonly string[]): GateState {
  const of = (stream: string): readonly GateReason[] =>
    whole.reasons.filter((reason) => reason.stream === stream || reason.stream === '')
  return {
    connection,
    is: gate.is,
    streams: Object.fromEntries(streams.map((stream) => [stream, answerOf(of(stream))])),
    kinds: whole.reasons
      .map(({ stream, kind }) => ({ stream, kind }))
      .toSorted((a, b) => (`${a.stream} ${a.kind}` < `${b.stream} ${b.kind}` ? -1 : 1))
      .filter(({ stream, kind }, i, all) => i === 0 || stream !== all[i - 1]?.stream || kind !== all[i - 1]?.kind),
  }
}

function unreadable(
  { name, created_at }: Connection,
  { code, message }: Failure,
  now_ms: number,
): Pick<Measured, 'gate' | 'state' | 'breaches' | 'until'> {
  const breach: Breach = {
    ...{ control: 'completeness', stream: '', severity: 'critical', since: new Date(now_ms).toISOString(), bound: code },
    because: `its connector cannot be read, so nothing of it can be relied upon: ${message}`,
    evidence: { code, created_at },
    next_step: 'Upload a valid version of the connector, or name another one.',
  }
  return {
    gate: null,
    state: { connection: name, is: 'deny', streams: {}, kinds: [{ stream: '', kind: 'scope' }] },
    breaches: [breach],
    until: null,
  }
}
