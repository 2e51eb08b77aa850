/** What the store remembers of watching: positions, whom to look at, what was seen, who sent us what. Every method is one durable transaction. */
import type { Advance, Arrival, Cause, FeedAgreement, FeedState, Sighting, Touched, Waiting } from '../watch-types.ts'

export type NewSighting = Omit<Sighting, 'seq'>

export type WatchStore = {
  /** Of every feed that was ever asked. Holes that ended before the newest complete read of all their streams began are left out. */
  feeds(connection: string): Promise<readonly FeedState[]>
  /** Of these events, those that are not known. */
  newEvents(connection: string, feed: string, ids: readonly string[]): Promise<readonly string[]>
  /** Events that are known with an instant in [from, to], for what a feed forgot. */
  knownEvents(connection: string, feed: string, from: string, to: string): Promise<readonly string[]>
  /**
   * Position, events, whom to look at and a hole, together. `store/ended` where `from` is not the position that stands: somebody else has
   * polled meanwhile, and nothing is written. Who waits already is not named twice; `named` counts up.
   */
  advance(connection: string, advance: Advance): Promise<void>
  /** A poll that got no answer: the position stands. */
  failed(connection: string, feed: string, because: string, at: string): Promise<void>
  /** Named outside a feed. */
  touch(connection: string, cause: Cause, touched: readonly Touched[], at: string): Promise<void>
  /** Oldest first; those of `tries` below `most_tries`. */
  waiting(connection: string, limit: number): Promise<readonly Waiting[]>
  /**
   * Written down, and no longer waiting unless `again`, or named again since `named_at` of the sighting. Kept: the newest 100 of a record,
   * and of a connection 100,000.
   */
  saw(connection: string, sighting: NewSighting, again: boolean): Promise<Sighting>
  /** Ascending after a `seq`; `id`: of one record. */
  sightings(
    connection: string,
    options: { readonly after: number; readonly limit: number; readonly stream?: string; readonly id?: string },
  ): Promise<readonly Sighting[]>
  lastSighting(connection: string): Promise<number>
  /** Which of these the feed named in polls within [from, to]. Namings are kept until an agreement compares past them, at most 90 days. */
  namedBetween(
    connection: string,
    feed: string,
    stream: string,
    from: string,
    to: string,
    ids: readonly string[],
  ): Promise<readonly string[]>
  /** Of an `updated` change: our fields that differ from the version before it. Null: it is no such change, or there is none before. */
  movedFields(connection: string, change: number): Promise<readonly string[] | null>
  putAgreement(connection: string, agreement: FeedAgreement): Promise<void>

  /** True: this message is not known, and is now until `until`. False: it was here before. With what it touches, in one transaction. */
  arrived(
    connection: string,
    message: { readonly id: string; readonly until: string; readonly at: string; readonly touched: readonly Touched[] },
  ): Promise<boolean>
  /** Refusals are counted and the newest 1,000 kept. */
  refused(connection: string, because: string, at: string): Promise<void>
  arrivals(connection: string, limit: number): Promise<readonly Arrival[]>
}
