/** What the brakes must know of a connection, from its snapshots. */
import type { PlanFacts } from '../judge/plan-brakes.ts'
import { privilegedIds } from '../record/grants.ts'
import type { Store } from '../store/port.ts'
import type { Connection, Connector } from '../types.ts'

/** A connection whose connector can be read. */
export type Target = { readonly connector: Connector; readonly connection: Connection }

/** `streams`: those whose records the plan changes; the worst verdict of their newest reads counts. */
export async function factsOf(store: Store, { connector, connection }: Target, streams: readonly string[]): Promise<PlanFacts> {
  const snapshots = await store.snapshots(connection.name)
  const found = streams.map((stream) => snapshots.find(({ latest }) => latest.stream === stream) ?? null)
  const complete = found.map((one) => one?.complete ?? null)
  const verdicts = found.map((one) => one?.latest.verdict.is ?? null)
  const worst = ([null, 'incomplete', 'unproven', 'complete'] as const).find((is) => verdicts.includes(is)) ?? null
  return {
    population: complete.includes(null) ? null : complete.reduce((sum, one) => sum + (one?.records ?? 0), 0),
    verdict: worst,
    privileged: await privilegedIds(store, connector, connection.name),
    // Only the target knows; the engine asks it before it sends anything.
    own_id: null,
    protected_ids: streams.flatMap((stream) => connection.protected?.[stream] ?? []),
  }
}
