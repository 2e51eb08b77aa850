/** The gate over a scope that anybody may ask about: several connections, whole or some of their streams, with the waivers that are stored. */
import type { Gate } from '../certify-types.ts'
import { Failure } from '../errors.ts'
import { freshFor } from '../judge/freshness.ts'
import { withWaivers } from '../judge/waiver.ts'
import type { CertifyStore } from '../store/certify-port.ts'
import type { Store } from '../store/port.ts'
import type { WriteStore } from '../store/write-port.ts'
import type { Target } from './facts.ts'
import { gateOf } from './gate-of.ts'

type Stores = Store & WriteStore & CertifyStore

export type ConnectionGate = Gate & {
  readonly connection: string
  /** When time alone may change the answer, ISO; null: never. Whatever else happens may change it sooner. */
  readonly until: string | null
}
export type ScopeGate = Pick<Gate, 'is' | 'reasons'> & {
  readonly until: string | null
  readonly connections: readonly ConnectionGate[]
}

/** `okta,hr/users` → which streams of which connections; null: every certified one. */
export function scopeFrom(text: string): ReadonlyMap<string, readonly string[] | null> {
  const parts = Map.groupBy(text.split(','), (part) => part.split('/')[0] as string)
  return new Map(
    [...parts].map(([name, of]) => {
      const streams = of.map((part) => part.split('/')[1])
      return [name, streams.includes(undefined) ? null : (streams as readonly string[])]
    }),
  )
}

/** `target` throws where there is none. Throws `read/unknown-stream`. */
export async function scopeGate(
  store: Stores,
  target: (connection: string) => Promise<Target>,
  scope: ReadonlyMap<string, readonly string[] | null>,
  now_ms: number,
): Promise<ScopeGate> {
  const connections: ConnectionGate[] = []
  for (const [name, streams] of scope) connections.push(await connectionGate(store, await target(name), streams, now_ms))
  const is = (['deny', 'waiver_required'] as const).find((one) => connections.some((gate) => gate.is === one)) ?? 'allow'
  const until = connections.flatMap((one) => one.until ?? []).sort()[0] ?? null
  return { is, reasons: connections.flatMap(({ reasons }) => reasons), until, connections }
}

/** Throws `read/unknown-stream`. */
export async function connectionGate(
  store: Stores,
  target: Target,
  streams: readonly string[] | null,
  now_ms: number,
): Promise<ConnectionGate> {
  const { connector, connection } = target
  for (const stream of streams ?? [])
    if (!Object.hasOwn(connector.streams, stream))
      throw new Failure('read/unknown-stream', 'scope', `connector ${connector.connector} has no stream ${stream}`)
  const judged = await gateOf(store, target, streams === null ? null : new Set(streams), now_ms)
  const gate = withWaivers(judged, await store.waivers(), now_ms, [])
  const asked = new Set(judged.snapshots.map(({ stream }) => stream))
  const reads = (await store.snapshots(connection.name)).filter(({ latest }) => asked.has(latest.stream))
  const moments = [
    ...reads.flatMap(({ latest }) => {
      const started = Date.parse(latest.facts.started_at)
      const stream = connector.streams[latest.stream]
      return stream === undefined ? [] : [started, started + freshFor(stream, connection) * 1000 + 1]
    }),
    ...gate.waived.map(({ waiver }) => Date.parse(waiver.expires_at)),
  ].filter((at) => at > now_ms)
  const until = moments.length === 0 ? null : new Date(Math.min(...moments)).toISOString()
  return { connection: connection.name, ...gate, until }
}
