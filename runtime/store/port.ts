/**
 * What the store remembers. One port, several engines, one contract suite (test/store/contract.ts).
 * Every method is one transaction. Failures are `Failure`s: store/not-found; store/ended for a read or sync that is published, replaced
 * or over; store/page-exists; store/absence; store/locked, store/folder, store/full, store/newer, store/damaged from the engine.
 * One sync of a connection is read at a time. One process writes; any number read beside it, each what was there when it opened. Numbers of records (`StoredRecord.seq`) and of events (`Change.seq`) are not the same.
 */

import type { Change, Connection, Gap, JsonObject, PageFacts, PageRow, ReadFacts, StoredRecord, Verdict } from '../types.ts'
import type { Act } from './ledger-port.ts'

export type SyncState = 'running' | 'paused' | 'finished' | 'failed' | 'abandoned'

export type SyncRow = {
  readonly sync: number
  readonly connection: string
  readonly state: SyncState
  /** Of the connector's declaration; an unfinished sync is only resumed under the same one. */
  readonly fingerprint: string
  readonly started_at: string
  readonly ended_at: string | null
  /** Times this sync was taken up again after a stop. */
  readonly resumed: number
  readonly because: string | null
}

/** A record ready to be stored: `fields` is JSON in fixed key order, `hash` its sha-256 (base64url). */
export type Row = { readonly id: string; readonly hash: string; readonly fields: string }

export type QuarantineRow = {
  readonly reason: string
  readonly id: string | null
  readonly partition: string
  readonly page: number
  /** What is wrong, with the field's name; never the value of a secret. */
  readonly because: string
  /** The record as the target gave it, as JSON, cut at 64 KB. */
  readonly raw: string
}

/** What became of a page's rows. */
export type RowsOutcome = {
  readonly stored: number
  readonly created: number
  readonly updated: number
  /** Ids already in this read, with the same content. Not stored again. */
  readonly repeated: readonly string[]
  /** Ids already in this read, with other content. Not stored; the store quarantines them as `id/conflict` with `fields` for raw. */
  readonly conflicting: readonly string[]
}

export type PassDifference = {
  readonly ids: number
  readonly only_first: number
  readonly only_second: number
  readonly samples: { readonly only_first: readonly string[]; readonly only_second: readonly string[] }
}

export type Snapshot = {
  readonly connection: string
  readonly stream: string
  readonly sync: number
  readonly verdict: Verdict
  readonly facts: ReadFacts
  readonly records: number
  readonly at: string
  readonly fingerprint: string
}

/** An id the base snapshot has and this read has not, and what a by-id read said. */
export type Absence = { readonly id: string; readonly confirmed: boolean }

/** One attempt at reading one stream within one sync. Holds the set of records seen in memory, a bit a record. */
export type ReadSession = {
  readonly attempt: number
  /** Pages of this attempt that an earlier process committed; empty for a new attempt. */
  pages(): AsyncIterable<PageRow>
  /** Digests of bodies and cursors seen, for loops: true if this attempt has a page of the partition with that cursor, or any page with records and that body. */
  seenCursor(partition: string, cursor: string): boolean
  seenBody(digest: string): boolean
  /**
   * ONE transaction: new and changed record versions, quarantine rows and the page's ledger row, which `page` makes from what
   * became of the rows. Nothing of it is visible to `records` or `changes` before `publish`.
   */
  commitPage(
    rows: readonly Row[],
    quarantined: readonly QuarantineRow[],
    page: (outcome: RowsOutcome) => PageRow,
  ): Promise<PageFacts>
  /** Throws away this attempt's membership and starts the next; versions stay. */
  restart(why: string): Promise<ReadSession>
  /** Distinct records this attempt's page ledger leads to, counted in the store and not from memory. */
  inStore(): Promise<number>
  has(ids: readonly string[]): Promise<readonly boolean[]>
  /** A second enumeration against this one; memory: a bit a record. */
  startPass(): { add(ids: readonly string[]): Promise<void>; end(): Promise<PassDifference> }
  /**
   * Ids of the base snapshot (the newest of the best verdict so far, never an incomplete one) that are not in this read, ascending; and
   * those that the event log calls live though the base has them not: shown by a lesser snapshot, or gone while removals were held.
   * Without a base: none. `base`: records of the base snapshot; `count` may be more.
   */
  absent(limit: number): Promise<{ readonly count: number; readonly base: number; readonly ids: readonly string[] }>
  /** Ids in this read, evenly sampled, for positive controls. */
  sample(limit: number): Promise<readonly string[]>
  /** Records of this read in store order, `after` a seq. For child streams; sees unpublished rows. */
  records(after: number, limit: number): Promise<readonly StoredRecord[]>
  /** Of the distinct values that `field` (a JSON field of the record) takes in this read (`named`), those that are no ids of the `others`' reads. */
  dangling(
    field: string,
    others: readonly ReadSession[],
    limit: number,
  ): Promise<{ readonly named: number; readonly dangling: number; readonly ids: readonly string[] }>
  /** Records per value of a JSON field: for counts per parent. */
  countBy(field: string): AsyncIterable<{ readonly value: string; readonly count: number }>
  /** Ids that differ by case alone, a few. */
  caseTwins(limit: number): Promise<readonly string[]>
}

export type Published = {
  readonly stream: string
  readonly session: ReadSession
  readonly verdict: Verdict
  readonly facts: ReadFacts
  readonly absences: readonly Absence[]
  readonly at: string
  /** Of connector, settings and credential reference: snapshots with another one are no baseline. Item 21. */
  readonly fingerprint: string
}

export type Store = {
  /** `null` where there is none. */
  connection(name: string): Promise<Connection | null>
  connections(): Promise<readonly Connection[]>
  putConnection(connection: Connection, act: Act): Promise<void>
  /** Its secrets go; its history stays, but out of reach of a later connection of that name. */
  removeConnection(name: string, act: Act): Promise<void>

  /**
   * The connection's unfinished sync if it has one under the same fingerprint (`resumed` counts up), else a new one; an unfinished
   * sync under another fingerprint becomes `abandoned`.
   */
  beginSync(connection: string, fingerprint: string, at: string): Promise<SyncRow>
  endSync(sync: number, state: Exclude<SyncState, 'running'>, because: string | null, at: string): Promise<void>
  syncs(connection: string, limit: number): Promise<readonly SyncRow[]>
  /** Null: the connection that now has the name has none of this number. */
  syncAt(connection: string, sync: number): Promise<SyncRow | null>

  /** The session of the newest attempt of this stream in this sync; a new one where there is none. */
  read(sync: number, connection: string, stream: string): Promise<ReadSession>
  /** Durable small facts of a sync, for resuming: counts taken before the read, positions. */
  note(sync: number, key: string, value: JsonObject): Promise<void>
  notes(sync: number): Promise<{ readonly [key: string]: JsonObject }>

  /**
   * ONE transaction: the snapshot with its verdict; `vanished` and `confirmed_deleted` events for the absences; the read's events become visible.
   * The newest snapshot of the best verdict so far stays the base until one as good replaces it. Asked again for the same read: the
   * snapshot that stands. An absence whose going was told already is not told again.
   */
  publish(sync: number, connection: string, published: Published): Promise<Snapshot>

  /** The newest snapshot, and the newest complete one, of each stream. */
  snapshots(connection: string): Promise<readonly { readonly latest: Snapshot; readonly complete: Snapshot | null }[]>
  gaps(connection: string, sync: number): Promise<readonly Gap[]>
  quarantine(connection: string, sync: number, stream: string, limit: number): Promise<readonly QuarantineRow[]>
  /** Records of a snapshot, ascending by seq, `after` a seq. `which` complete: of the last complete one, none where there is none. */
  records(
    connection: string,
    stream: string,
    options: { readonly which: 'latest' | 'complete'; readonly after: number; readonly limit: number; readonly id?: string },
  ): Promise<readonly StoredRecord[]>
  /** Events of published reads after `after`, ascending; a connection's numbers start at 1, without a hole, in order of publication. */
  changes(
    connection: string,
    options: { readonly after: number; readonly limit: number; readonly stream?: string },
  ): Promise<readonly Change[]>
  /** The seq of the newest; 0: there is none. */
  lastChange(connection: string): Promise<number>
  /** Secrets a target handed out that must outlive the process (a rotated refresh token), under a reference. */
  kept(connection: string): Promise<{ readonly [name: string]: string }>
  keep(connection: string, name: string, value: string): Promise<void>

  /** Hears of each commit of this process, right after it: something may have changed. What it returns ends that. */
  onCommit(listener: () => void): () => void
  close(): Promise<void>
}
