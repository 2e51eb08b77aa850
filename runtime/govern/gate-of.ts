/** The gate over what a store holds: the judge's answer, and what was undone since. */
import type { Gate, GateReason } from '../certify-types.ts'
import { ceiling } from '../judge/ceiling.ts'
import { freshFor } from '../judge/freshness.ts'
import { gate } from '../judge/gate.ts'
import { gateReason } from '../judge/gate-reason.ts'
import { fingerprintOf } from '../read/sync.ts'
import type { Store } from '../store/port.ts'
import type { WriteStore } from '../store/write-port.ts'
import type { Connector, GateAnswer } from '../types.ts'
import type { Target } from './facts.ts'
import { openReverts } from './standing.ts'

/** `streams` null: every certified one. Throws what the store throws; a stream that is not declared is the caller's to refuse. */
export async function gateOf(
  store: Store & WriteStore,
  { connector, connection }: Target,
  streams: ReadonlySet<string> | null,
  now_ms: number,
): Promise<Gate> {
  const inScope = Object.values(connector.streams).filter((stream) => streams === null || streams.has(stream.name))
  const planted = Object.entries(connection.canaries).flatMap(([stream, ids]) => (ids.length > 0 ? [stream] : []))
  const ceilings = new Map(ceiling(connector, planted).map(({ stream, best }) => [stream, best]))
  const judged = gate({
    connection: connection.name,
    snapshots: (await store.snapshots(connection.name)).map(({ latest }) => latest),
    // What a scope names counts, whether or not its connector calls it certified.
    streams: inScope.map(({ name, certified, fresh_for_s }) => ({
      name,
      certified: certified || streams !== null,
      fresh_for_s: freshFor({ fresh_for_s }, connection),
      best: ceilings.get(name) ?? 'complete',
    })),
    now_ms,
    fingerprint: fingerprintOf(connector, connection),
  })
  const names = new Set(inScope.map((stream) => stream.name))
  return withReverts(judged, await revertReasons(store, connector, connection.name, names))
}

/** Somebody who was taken out is in again: no certification rests on that. `streams` null: all of them. */
export async function revertReasons(
  store: WriteStore,
  connector: Connector,
  connection: string,
  streams: ReadonlySet<string> | null,
): Promise<readonly GateReason[]> {
  const open = await openReverts(store, connection)
  return open.flatMap(({ intent: { intent, action, id } }) => {
    const stream = connector.actions[action]?.on ?? ''
    const because = `reverted deprovisioning: ${action} of ${id} was verified and is undone`
    const settle = `Find what undid it, stop that, and ask again; \`rollcall actions --show ${intent}\` names the suspect.`
    // Of an action that the connector no longer declares nobody can say which stream it was: it stands in every scope's way.
    return streams === null || stream === '' || streams.has(stream)
      ? [gateReason('reverted', { connection, stream }, intent, because, settle)]
      : []
  })
}

export const withReverts = <A extends GateAnswer>(answer: A, reasons: readonly GateReason[]): A =>
  reasons.length === 0 ? answer : { ...answer, is: 'deny', reasons: [...reasons, ...answer.reasons] }
