import { hash as digestOf } from 'node:crypto'
import { type NumberSet, numberSet } from '../number-set.ts'
import { decodeRuns } from '../runs.ts'
import type { Database } from './database.ts'

/** What memory holds of one attempt at one stream: rebuilt from its page rows, a bit a record and 12 letters a page. */
export type ReadState = {
  readonly read: number
  readonly sync: number
  readonly stream: number
  readonly attempt: number
  readonly members: NumberSet
  /** The versions last announced as live: what the event log says exists. The same for all reads of the stream until one is published. */
  readonly announced: NumberSet
  readonly cursors: Set<string>
  readonly bodies: Set<string>
  /** Number of the newest page row. */
  lastPage: number
}

export function loadRead(db: Database, read: number, sync: number, stream: number, attempt: number): ReadState {
  const state: ReadState = {
    read,
    sync,
    stream,
    attempt,
    members: numberSet(),
    announced: announcedLive(db, stream),
    cursors: new Set(),
    bodies: new Set(),
    lastPage: 0,
  }
  for (;;) {
    const rows = db.all(
      "SELECT page, part, cursor, digest, facts ->> 'fetched', runs FROM page WHERE read = $1 AND page > $2 ORDER BY page LIMIT 500",
      read,
      state.lastPage,
    )
    if (rows.length === 0) return state
    for (const [page, part, cursor, digest, fetched, runs] of rows) {
      state.members.addRuns(decodeRuns(runs as Uint8Array))
      noteDigests(state, part as string, cursor as string, digest as string, Number(fetched))
      state.lastPage = page as number
    }
  }
}

export function noteDigests(state: ReadState, partition: string, cursor: string, body: string, fetched: number): void {
  state.cursors.add(cursorKey(partition, cursor))
  // Empty pages are byte for byte alike and no loop.
  if (fetched > 0) state.bodies.add(shortDigest(body))
}

export const cursorKey = (partition: string, cursor: string): string => shortDigest(`${cursor}\n${partition}`)

/** 72 bits: two of a million pages meet by chance once in 10^10 reads. */
export const shortDigest = (text: string): string => digestOf('sha256', text, 'base64url').slice(0, 12)

/** The versions that a read's page ledger leads to. */
export function membersOf(db: Database, read: number): NumberSet {
  const set = numberSet()
  let after = 0
  for (;;) {
    const rows = db.all('SELECT page, runs FROM page WHERE read = $1 AND page > $2 ORDER BY page LIMIT 1000', read, after)
    if (rows.length === 0) return set
    for (const [page, runs] of rows) {
      set.addRuns(decodeRuns(runs as Uint8Array))
      after = page as number
    }
  }
}

/** The newest snapshot's records, and those before it that nobody has reported gone. */
export function announcedLive(db: Database, stream: number): NumberSet {
  const row = db.one('SELECT read, carried FROM snapshot WHERE stream = $1 ORDER BY snapshot DESC LIMIT 1', stream)
  if (row === undefined) return numberSet()
  const set = membersOf(db, row[0] as number)
  set.addRuns(decodeRuns(row[1] as Uint8Array))
  return set
}
