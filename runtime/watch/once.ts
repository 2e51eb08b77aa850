/** One round of watching a connection: every feed is asked, then compared with the whole reads, then whoever was named is looked at. */

import type { Waiting } from '../watch-types.ts'
import { agree, type FeedReport, feedReports, settle } from './agree.ts'
import { iso, type WatchContext } from './context.ts'
import { type Looked, type LookOptions, lookAt, MOST_TRIES } from './look.ts'
import { type Poll, pollFeed } from './poll.ts'

export type { FeedReport } from './agree.ts'
export type { WatchContext } from './context.ts'

export type WatchOptions = LookOptions & {
  /** Only these feeds are asked. */
  readonly only?: readonly string[]
  readonly onPoll?: (poll: Poll) => void
}

/** Plain data. */
export type Watched = {
  readonly connection: string
  readonly at: string
  readonly polls: readonly Poll[]
  readonly looked: Looked
  /** Who is yet to be looked at. */
  readonly waiting: number
  /** Of them: who was asked for too often without an answer, and waits until it is named again; a few of them. */
  readonly given_up: number
  readonly given_up_samples: readonly Pick<Waiting, 'stream' | 'id'>[]
  /** Of each feed that the connector declares: what it is worth now, and why. */
  readonly feeds: readonly FeedReport[]
}

/** Rejects for nothing that a target does; with what the store throws. */
export async function watchOnce(context: WatchContext, options: WatchOptions = {}): Promise<Watched> {
  const { connector, connection, now } = context
  const at = iso(now())
  const feeds = Object.values(connector.feeds).filter(({ name }) => options.only === undefined || options.only.includes(name))
  const polls = await Promise.all(
    feeds.map(async (feed) => {
      const poll = await pollFeed(context, feed)
      options.onPoll?.(poll)
      return poll
    }),
  )
  // Before the looks: whom a feed skipped is looked at in the same round.
  if (!context.signal?.aborted) await agree(context)
  const looked = await lookAt(context, options)
  if (!context.signal?.aborted) await settle(context)
  return { connection: connection.name, at, polls, looked, ...(await watchState(context)) }
}

/** As it stands, without asking the target for anything. */
export async function watchState(
  context: Pick<WatchContext, 'connector' | 'connection' | 'store' | 'now'>,
): Promise<Pick<Watched, 'waiting' | 'given_up' | 'given_up_samples' | 'feeds'>> {
  return { ...(await waitingNow(context.store, context.connection.name)), feeds: await feedReports(context) }
}

async function waitingNow(
  store: WatchContext['store'],
  connection: string,
): Promise<Pick<Watched, 'waiting' | 'given_up' | 'given_up_samples'>> {
  const { waiting, given_up, samples } = await store.touchedCounts(connection, MOST_TRIES)
  return { waiting, given_up, given_up_samples: samples.map(({ stream, id }) => ({ stream, id })) }
}
