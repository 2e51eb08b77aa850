/** What the whole reads say of the feeds. Whoever a feed did not name is named by us, and looked at like everybody else. */
import { setImmediate as breathe } from 'node:timers/promises'
import {
  agreementOf,
  beginning,
  type Comparison,
  type FeedWorth,
  type Found,
  isPending,
  NOTHING_FOUND,
  plus,
  settledBy,
  type Tally,
  tally,
  type WholeRead,
  whatToCompare,
  worthOf,
} from '../judge/feed-agreement.ts'
import type { Change, Feed } from '../types.ts'
import type { FeedAgreement, FeedState } from '../watch-types.ts'
import { iso, type WatchContext } from './context.ts'

const LOT = 1_000

type Agreeing = Pick<WatchContext, 'connector' | 'connection' | 'store' | 'now'>
export type FeedReport = FeedWorth & {
  readonly feed: string
  readonly title: string
  /** Null: it was never asked. */
  readonly state: FeedState | null
}

/** Compares where there is a newer whole read to compare with. */
export async function agree(context: Agreeing): Promise<readonly FeedAgreement[]> {
  const { store, connection } = context
  const made: FeedAgreement[] = []
  await eachComparison(context, async (feed, stream, newest, comparison) => {
    const agreement = await agreementFor(context, feed, stream, newest, comparison)
    if (agreement === null) return
    await store.putAgreement(connection.name, agreement)
    made.push(agreement)
  })
  return made
}

/** What looks have shown since of those who left a list and were not named. */
export async function settle({ store, connection }: Agreeing): Promise<void> {
  const pending = (await store.feeds(connection.name)).flatMap(({ agreements }) => agreements.filter(isPending))
  for (const agreement of pending) {
    const gone: string[] = []
    for (const id of agreement.skipped) {
      if (await isSeenGone({ store, connection }, agreement.stream, id)) gone.push(id)
    }
    const settled = settledBy(agreement, gone)
    if (settled !== null) await store.putAgreement(connection.name, settled)
  }
}

/** By the last look that was answered. */
async function isSeenGone(
  { store, connection }: Pick<Agreeing, 'store' | 'connection'>,
  stream: string,
  id: string,
): Promise<boolean> {
  const seen = await store.sightings(connection.name, { after: 0, limit: 100, stream, id })
  return seen.findLast(({ shows }) => shows !== 'unanswered')?.shows === 'gone'
}

/** Of every feed that the connector declares, as it stands; asks nobody. */
export async function feedReports(context: Agreeing): Promise<readonly FeedReport[]> {
  const waits = new Map<string, Record<string, string>>()
  await eachComparison(context, async (feed, stream, _, comparison) => {
    if (comparison.is !== 'compare') waits.set(feed.name, { ...waits.get(feed.name), [stream]: comparison.because })
  })
  const states = await context.store.feeds(context.connection.name)
  return Object.values(context.connector.feeds).map((feed) => {
    const state = states.find((one) => one.feed === feed.name) ?? null
    return { feed: feed.name, title: feed.title, ...worthOf(feed, state, waits.get(feed.name) ?? {}), state }
  })
}

async function eachComparison(
  { connector, connection, store }: Agreeing,
  see: (feed: Feed, stream: string, newest: WholeRead | null, comparison: Comparison) => Promise<void>,
): Promise<void> {
  if (Object.keys(connector.feeds).length === 0) return
  const states = await store.feeds(connection.name)
  const snapshots = await store.snapshots(connection.name)
  for (const feed of Object.values(connector.feeds)) {
    const state = states.find((one) => one.feed === feed.name) ?? null
    for (const stream of new Set(feed.names.map((one) => one.stream))) {
      const complete = snapshots.find(({ latest }) => latest.stream === stream)?.complete ?? null
      const { sync, facts, fingerprint } = complete ?? { sync: 0, facts: null, fingerprint: '' }
      const newest = facts === null ? null : { sync, fingerprint, began_at: facts.started_at, ended_at: facts.ended_at }
      const last = state?.agreements.find((one) => one.stream === stream)
      const before = last === undefined ? null : await store.syncAt(connection.name, last.between[1])
      await see(feed, stream, newest, whatToCompare(state, stream, newest, before?.fingerprint ?? null))
    }
  }
}

async function agreementFor(
  context: Agreeing,
  feed: Feed,
  stream: string,
  newest: WholeRead | null,
  comparison: Comparison,
): Promise<FeedAgreement | null> {
  const { store, connection, now } = context
  if (newest === null || comparison.is === 'wait') return null
  const at = iso(now())
  const begin = async () => beginning(feed, stream, newest, await lastOf(context, newest.sync), at)
  if (comparison.is === 'begin') return await begin()
  const { last } = comparison
  let found = NOTHING_FOUND
  let compared_to = last.compared_to
  for (;;) {
    const lot = await store.changes(connection.name, { after: compared_to, limit: LOT, stream })
    const mine = lot.filter(({ sync }) => sync <= newest.sync)
    // What another connector, or another credential, read in between differs by what it maps and may see.
    if (!(await sameFingerprint(context, mine, newest))) return await begin()
    found = plus(found, await tallied(context, feed, stream, last, mine))
    compared_to = mine.at(-1)?.seq ?? compared_to
    if (mine.length < LOT) break
    // A hundred thousand changes are seconds of work, and others are served by this process too.
    await breathe()
  }
  // First they wait to be looked at, then it is said: a process that dies in between compares again.
  const touched = [...found.skipped, ...found.doubtful].map((id) => ({ stream, id }))
  if (touched.length > 0) await store.touch(connection.name, { by: 'feed', feed: feed.name }, touched, at)
  return agreementOf(last, newest, found, compared_to, at)
}

async function sameFingerprint({ store, connection }: Agreeing, changes: readonly Change[], newest: WholeRead): Promise<boolean> {
  for (const sync of new Set(changes.map((one) => one.sync)))
    if (sync !== newest.sync && (await store.syncAt(connection.name, sync))?.fingerprint !== newest.fingerprint) return false
  return true
}

async function tallied(
  { store, connection }: Agreeing,
  feed: Feed,
  stream: string,
  last: FeedAgreement,
  changes: readonly Change[],
): Promise<Tally> {
  const ids = [...new Set(changes.map(({ id }) => id))]
  const named = new Set(ids.length === 0 ? [] : await store.namedSince(connection.name, feed.name, stream, last.began_at, ids))
  const found: Found[] = []
  for (const { seq, id, kind } of changes) {
    const moved = kind === 'updated' && feed.silent_on.length > 0 ? await store.movedFields(connection.name, seq) : null
    // Gone by a look and in a whole list again: that is no flicker of the list.
    const back = kind === 'returned' && !named.has(id) && (await isSeenGone({ store, connection }, stream, id))
    found.push({ id, kind: back ? 'created' : kind, named: named.has(id), moved })
  }
  return tally(feed, found)
}

/** Number of the last change that a sync, or one before it, brought: changes stand in the order of syncs. */
async function lastOf({ store, connection }: Agreeing, sync: number): Promise<number> {
  let [low, high] = [0, await store.lastChange(connection.name)]
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    const [next] = await store.changes(connection.name, { after: middle, limit: 1 })
    if (next !== undefined && next.sync <= sync) low = next.seq
    else high = middle
  }
  return low
}
