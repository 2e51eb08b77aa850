/** Standing assertions against what watching saw: a leaver who was set active again is found at the next look, not at the next sync. */
import { judgeAssertion } from '../judge/assertion.ts'
import type { Store } from '../store/port.ts'
import type { WatchStore } from '../store/watch-port.ts'
import type { WriteStore } from '../store/write-port.ts'
import type { Connector } from '../types.ts'
import { type WatchContext, type Watched, type WatchOptions, watchOnce } from '../watch/once.ts'
import type { Sighting } from '../watch-types.ts'
import type { Assertion } from '../write-types.ts'
import { type Breach, later, revert, settle } from './standing.ts'

type All = Store & WriteStore & WatchStore

const LOT = 1_000
/** As many as are kept of a record. */
const OF_RECORD = 100

export type CheckedSightings = {
  readonly breaches: readonly Breach[]
  /** Sightings up to here were held against what stands: go on after it. */
  readonly checked_to: number
}

/**
 * Sightings after `after` against every standing assertion. A breach makes the intent's outcome `reverted`, by the rule and the functions
 * of a sync. With `after` 0 nothing is missed: what was checked before stands no longer, or stands still.
 */
export async function checkSightings(
  store: All,
  connector: Connector,
  connection: string,
  after: number,
  now: string,
): Promise<CheckedSightings> {
  const checked_to = await store.lastSighting(connection)
  if (checked_to <= after) return { breaches: [], checked_to }
  await settle(store, connector, connection, now)
  const standing = await store.assertions(connection)
  const breaches: Breach[] = []
  for await (const [assertion, sightings] of sightingsOf(store, connection, standing, after)) {
    if (breaches.some((one) => one.assertion.assertion === assertion.assertion)) continue
    const breach = await breachOf(store, assertion, sightings, now)
    if (breach === null) continue
    breaches.push(breach)
    await revert(store, connector, breach)
  }
  return { breaches, checked_to }
}

/** Whichever is less: each sighting since, or the few of each record of which something is claimed. */
async function* sightingsOf(
  store: All,
  connection: string,
  standing: readonly Assertion[],
  after: number,
): AsyncGenerator<readonly [Assertion, readonly Sighting[]]> {
  if (standing.length === 0) return
  if ((await store.lastSighting(connection)) - after > standing.length) {
    for (const assertion of standing) {
      const { stream, id } = assertion
      yield [assertion, await store.sightings(connection, { after, limit: OF_RECORD, stream, id })]
    }
    return
  }
  const claims = Map.groupBy(standing, keyOf)
  for (let from = after; ; ) {
    const lot = await store.sightings(connection, { after: from, limit: LOT })
    for (const sighting of lot) for (const assertion of claims.get(keyOf(sighting)) ?? []) yield [assertion, [sighting]]
    if (lot.length < LOT) return
    from = lot.at(-1)!.seq
  }
}

const keyOf = ({ stream, id }: { readonly stream: string; readonly id: string }): string => JSON.stringify([stream, id])

/** The first that shows it: that it was set right since is for the person to say who is told. */
async function breachOf(store: All, assertion: Assertion, sightings: readonly Sighting[], now: string): Promise<Breach | null> {
  for (const { at, shows, fields } of sightings) {
    if (shows !== 'alive' || fields === null) continue
    const judged = judgeAssertion(assertion, { at, record: fields, holds: null }, await later(store, assertion))
    if (judged.is === 'breached') return { assertion, because: judged.because, suspect: judged.suspect, at: now }
  }
  return null
}

/** One round of watching, and what it shows to be undone of what was verified before. `checked_to`: of the round before; 0 at first. */
export async function watchAndCheck(
  context: WatchContext & { readonly store: All },
  options: WatchOptions & { readonly checked_to?: number } = {},
): Promise<Watched & CheckedSightings> {
  const watched = await watchOnce(context, options)
  const { connector, connection, store, now } = context
  const at = new Date(now()).toISOString()
  return { ...watched, ...(await checkSightings(store, connector, connection.name, options.checked_to ?? 0, at)) }
}
