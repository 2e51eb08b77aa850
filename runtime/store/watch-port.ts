/** What the store remembers of watching: positions, whom to look at, what was seen, who sent us what. Every method is one durable transaction. */
import type { Advance, Arrival, Cause, FeedAgreement, FeedState, Sighting, Touched, Waiting } from '../watch-types.ts'

export type NewSighting = Omit<Sighting, 'seq'>

export type WatchStore = {
  /** Of every feed that was ever asked. Holes that ended before the newest complete read of all their streams began are left out. */
  feeds(connection: string): Promise<readonly FeedState[]>
  /** Of these events, those that are not known; each once. */
  newEvents(connection: string, feed: string, ids: readonly string[]): Promise<readonly string[]>
  /** Events that are known with an instant in [from, to], for what a feed forgot. */
  knownEvents(connection: string, feed: string, from: string, to: string): Promise<readonly string[]>
  /**
   * Position, events, whom to look at and a hole, together. `store/ended` where `from` is not the position that stands: somebody else has
   * polled meanwhile, and nothing is written. Who waits already does not wait twice; `named` counts up, `tries` begins anew. A hole without
   * an end ends with the next advance that has none, at its `at`; past 100 holes of a feed the two oldest become one that spans both.
   */
  advance(connection: string, advance: Advance): Promise<void>
  /** A poll that got no answer: the position stands. */
  failed(connection: string, feed: string, because: string, at: string): Promise<void>
  /** Named outside a feed. */
  touch(connection: string, cause: Cause, touched: readonly Touched[], at: string): Promise<void>
  /** In the order they were named; those of `tries` below `tries_below`. */
  touched(connection: string, options: { readonly limit: number; readonly tries_below: number }): Promise<readonly Waiting[]>
  /** All that wait; of them those of `tries_below` and more, a few of which are named. */
  touchedCounts(
    connection: string,
    tries_below: number,
  ): Promise<{ readonly waiting: number; readonly given_up: number; readonly samples: readonly Waiting[] }>
  /**
   * Written down. No longer waiting, unless `again` (one more of `tries`), or named more often than `named`, which is what `touched` said
   * when the look began. Kept: the newest 100 of a record, and of a connection those of the last 100,000 numbers.
   */
  saw(connection: string, sighting: NewSighting, looked: { readonly named: number; readonly again: boolean }): Promise<Sighting>
  /** Ascending after a `seq`; `id`: of one record. */
  sightings(
    connection: string,
    options: { readonly after: number; readonly limit: number; readonly stream?: string; readonly id?: string },
  ): Promise<readonly Sighting[]>
  /** 0: there is none. */
  lastSighting(connection: string): Promise<number>
  /**
   * Which of these the feed named in a poll at `from` or later. Of a record the last naming is kept, until an agreement begins after it,
   * at most 90 days.
   */
  namedSince(connection: string, feed: string, stream: string, from: string, ids: readonly string[]): Promise<readonly string[]>
  /** Of an `updated` change: our fields that differ from the version told before it. Null: it is no such change, or there is none before. */
  movedFields(connection: string, change: number): Promise<readonly string[] | null>
  /** Instead of the one before of this feed and stream. */
  putAgreement(connection: string, agreement: FeedAgreement): Promise<void>

  /** True: this message is not known, and is now until `until`. False: it was here before. With what it touches, in one transaction. */
  arrived(
    connection: string,
    message: { readonly id: string; readonly until: string; readonly at: string; readonly touched: readonly Touched[] },
  ): Promise<boolean>
  /** Counted. Of refusals the newest 1,000 are kept, and of the others, so that neither crowds out the other. */
  refused(connection: string, because: string, at: string): Promise<void>
  /** Newest first. */
  arrivals(connection: string, limit: number): Promise<readonly Arrival[]>
  /** Since the connection is there. */
  arrivalCounts(connection: string): Promise<{ readonly [is in Arrival['is']]: number }>
}
