/**
 * The nouns of watching a target between two whole reads. Imports the nouns of reading only.
 *
 * feed        a list of what was touched since a position; it names records and is never taken for their state
 * touched     a record that a feed or a webhook named, and that is to be looked at
 * sighting    what a by-id read of a touched record showed, and when
 * hole        a span of a feed in which it may have told nothing: its position was refused, it forgot what it had told
 * agreement   what a whole read says of a feed: did it name all that changed between two complete reads?
 */
import type { JsonObject } from './types.ts'

/** Where a feed goes on. Plain JSON of its word; durable with what was touched up to there. */
export type Position = JsonObject

export type Touched = { readonly stream: string; readonly id: string }

/** What named it, or should have and did not: a feed by its name, or the connection's webhook. */
export type Cause = { readonly by: 'feed'; readonly feed: string } | { readonly by: 'webhook' }

/** One touched record that waits to be looked at. */
export type Waiting = Touched & {
  readonly cause: Cause
  /** When it was first named since the last look, and how often since. */
  readonly named_at: string
  readonly named: number
  /** Looks that got no answer. */
  readonly tries: number
}

export const SHOWS = ['alive', 'gone', 'unanswered'] as const
export type Sighting = Touched & {
  /** Ascending, without a hole a connection; a cursor is the last seen. */
  readonly seq: number
  readonly at: string
  readonly cause: Cause
  readonly named_at: string
  /** `gone`: the by-id read says so and a record known to be alive answered in the same minute; else such a read is `unanswered`. */
  readonly shows: (typeof SHOWS)[number]
  readonly because: string
  /** In our fields; null unless alive. */
  readonly fields: JsonObject | null
  /** Beside the newest snapshot of its stream when it was seen. Null: unanswered, or there is no snapshot. */
  readonly is: 'as_stored' | 'changed' | 'new' | 'missing' | null
  /** Fields that differ from that snapshot. */
  readonly moved: readonly string[]
}

export type Hole = {
  readonly feed: string
  readonly from: string
  /** Null: it is not known to have ended. */
  readonly to: string | null
  readonly because: string
}

/** What a poll learned, in one transaction: position, events seen, whom to look at. */
export type Advance = {
  readonly feed: string
  /** Streams that its declaration names: a hole is mended when all of them were read whole. */
  readonly streams: readonly string[]
  /** As it stood when the poll began, even where it is given up for lost. Null: the feed was never asked with success. */
  readonly from: Position | null
  readonly to: Position
  readonly at: string
  /** Instant up to which the feed has told everything it will, ISO; what is later may still come. */
  readonly told_until: string
  /** Ids of the events of this poll with their instants, where the feed has ids; kept as long as its overlap. */
  readonly events: readonly { readonly id: string; readonly at: string }[]
  /** Events older than this are forgotten by the store. */
  readonly forget_before: string | null
  readonly touched: readonly Touched[]
  readonly hole: Hole | null
}

export const AGREEMENT = ['agrees', 'skipped', 'unknown'] as const
/** What a whole read says of a feed. Pure (`judge/feed-agreement.ts`); kept with the reads that it compares. */
export type FeedAgreement = {
  readonly feed: string
  readonly stream: string
  /** The two complete reads, by the number of their sync; twice the same: the first since the feed is asked, with which the next is compared. */
  readonly between: readonly [number, number]
  /** When the second of them began: what is named from then on is held against the next. */
  readonly began_at: string
  /** `Change.seq` up to which changes were compared. */
  readonly compared_to: number
  readonly is: (typeof AGREEMENT)[number]
  readonly because: string
  /** Changes that the reads found and the feed claims to tell; of them named; a few that were not. */
  readonly changes: number
  readonly named: number
  readonly skipped: readonly string[]
  readonly at: string
}

export type FeedState = {
  readonly feed: string
  /** Null: never asked. */
  readonly position: Position | null
  /** From when on it is asked without a hole, ISO; null: never, or a hole is open. */
  readonly since: string | null
  readonly asked_at: string | null
  readonly told_until: string | null
  readonly failed: string | null
  readonly holes: readonly Hole[]
  /** The newest of each stream that it names. */
  readonly agreements: readonly FeedAgreement[]
}

/** An inbound webhook that was taken or turned away. Its body is not kept. */
export type Arrival = {
  readonly seq: number
  readonly at: string
  readonly is: 'taken' | 'again' | 'refused'
  /** Code of the refusal, or how many records it named. */
  readonly because: string
  readonly touched: number
}
