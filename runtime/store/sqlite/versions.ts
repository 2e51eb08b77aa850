import { keyOf } from '../text.ts'
import type { Database } from './database.ts'
import { type KeyFilter, keyFilter } from './key-filter.ts'
import { type PendingTable, pendingTable } from './pending.ts'

/** Kinds as stored. Their order is CHANGE_KINDS'. */
export const CREATED = 0
export const UPDATED = 1
export const VANISHED = 2
export const CONFIRMED_DELETED = 3
export const RETURNED = 4

export const isTombstone = (kind: number): boolean => kind === VANISHED || kind === CONFIRMED_DELETED

export type Version = {
  readonly n: number
  readonly kind: number
  readonly old: number | null
  readonly hash: string | null
  readonly id: string
}

export type NewVersion = {
  readonly id: string
  readonly kind: number
  readonly hash: string | null
  readonly fields: string | null
  /** The newest version before. */
  readonly old: number | null
}

export type Versions = {
  /** The newest version of each id, in the ids' order. */
  readonly newest: (stream: number, ids: readonly string[]) => readonly (Version | null)[]
  /**
   * Inside a `db.write`: appends and returns the first number; the rest follow without a hole. `done` must be called after the commit,
   * and only then: before it, memory knows nothing of the new versions.
   */
  readonly append: (
    stream: number,
    sync: number,
    rows: readonly NewVersion[],
  ) => { readonly first: number; readonly done: () => void }
}

const INSERT = 'INSERT INTO version (n, stream, kind, sync, old, hash, id, fields) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)'
// json_each outermost: without statistics the planner would rather scan the table for every page.
const BY_KEY = `SELECT j.key, v.n, v.kind, v.old, v.hash, v.id FROM json_each($1) j
  CROSS JOIN head h ON h.stream = $2 AND h.key = j.value CROSS JOIN version v ON v.n = h.n`
const BY_NUMBER = 'SELECT j.key, v.n, v.kind, v.old, v.hash, v.id FROM json_each($1) j CROSS JOIN version v ON v.n = j.value'

export function openVersions(db: Database, most: number): Versions {
  let last = Number(db.one('SELECT max(n) FROM version')?.[0] ?? 0)
  const pending = pendingTable(most)
  readPending(db, pending)
  let filled = filledStreams(db)
  // Of streams that had no version when this process first wrote to them.
  const filters = new Map<number, KeyFilter>()
  const known = new Set(db.all('SELECT stream FROM stream').map(([stream]) => stream as number))

  const newest: Versions['newest'] = (stream, ids) => {
    const found: (Version | null)[] = ids.map(() => null)
    const numbers: number[] = []
    const numbersOf: number[] = []
    const keys: number[] = []
    const keysOf: number[] = []
    const filter = filters.get(stream)
    const look = filled.has(stream)
    for (let i = 0; i < ids.length; i++) {
      const key = keyOf(ids[i]!)
      if (filter !== undefined && !filter.mayHave(key)) continue
      pending.find(stream, key, (n) => {
        numbers.push(n)
        numbersOf.push(i)
      })
      if (!look) continue
      keys.push(key)
      keysOf.push(i)
    }
    // Most of a page is known: the first read is over, and the filter only costs.
    if (filter !== undefined && numbers.length + keys.length > ids.length / 2) filters.delete(stream)
    const take = (rows: readonly (readonly unknown[])[], of: readonly number[]): void => {
      for (const [at, n, kind, old, hash, id] of rows) {
        const i = of[at as number]!
        // Two ids may share a key: the id decides. What is pending is newer than what `head` has: the higher number wins.
        if (id !== ids[i] || (found[i]?.n ?? 0) > (n as number)) continue
        found[i] = {
          n: n as number,
          kind: kind as number,
          old: old as number | null,
          hash: hash as string | null,
          id: id as string,
        }
      }
    }
    if (numbers.length > 0) take(db.all(BY_NUMBER, JSON.stringify(numbers)), numbersOf)
    if (keys.length > 0) take(db.all(BY_KEY, JSON.stringify(keys), stream), keysOf)
    return found
  }

  const append: Versions['append'] = (stream, sync, rows) => {
    const first = last + 1
    // Filled first, in the same transaction: the table then has room for these rows.
    const fills = pending.size() > 0 && pending.size() + rows.length > most
    if (fills) fill(db, pending, last)
    for (let i = 0; i < rows.length; i++) {
      const { id, kind, hash, fields, old } = rows[i]!
      db.run(INSERT, first + i, stream, kind, sync, old, hash, id, fields)
    }
    const outsize = rows.length > most
    if (outsize) fillDirectly(db, stream, first, rows)
    return {
      first,
      done: () => {
        last += rows.length
        if (fills) pending.clear()
        if (fills || outsize) filled = filledStreams(db)
        if (!known.has(stream)) {
          known.add(stream)
          filters.set(stream, keyFilter())
        }
        const filter = filters.get(stream)
        for (let i = 0; i < rows.length; i++) {
          const key = keyOf(rows[i]!.id)
          filter?.add(key)
          if (!outsize) pending.put(stream, key, first + i, rows[i]!.old ?? 0)
        }
      },
    }
  }

  return { newest, append }
}

/** Entries of the index one statement writes. */
const ADD_ROWS = 512

const DROP = 'DELETE FROM head WHERE stream = $1 AND key = $2 AND n = $3'
const ADD = 'INSERT INTO head (stream, key, n) SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each($1)'

/** Moves what is pending into `head`, in the index's order, so that each of its pages is written once. */
function fill(db: Database, pending: PendingTable, upTo: number): void {
  let rows: (readonly [stream: number, key: number, n: number])[] = []
  const add = (): void => {
    db.run(ADD, JSON.stringify(rows))
    rows = []
  }
  for (const { stream, key, n, drop } of pending.sorted()) {
    if (drop !== 0) db.run(DROP, stream, key, drop)
    if (rows.push([stream, key, n]) === ADD_ROWS) add()
  }
  if (rows.length > 0) add()
  mark(db, upTo)
}

/** More rows in one step than the table holds: straight into `head`. */
function fillDirectly(db: Database, stream: number, first: number, rows: readonly NewVersion[]): void {
  rows.forEach(({ id, old }, i) => {
    if (old !== null) db.run(DROP, stream, keyOf(id), old)
    db.run(ADD, JSON.stringify([[stream, keyOf(id), first + i]]))
  })
  mark(db, first + rows.length - 1)
}

const mark = (db: Database, upTo: number): number => db.run("UPDATE meta SET value = $1 WHERE key = 'merged'", upTo)

/** After a start: versions above the mark are in the table and not yet in `head`. */
function readPending(db: Database, pending: PendingTable): void {
  const merged = Number(db.one("SELECT value FROM meta WHERE key = 'merged'")?.[0] ?? 0)
  for (const [n, stream, old, id] of db.all('SELECT n, stream, old, id FROM version WHERE n > $1 ORDER BY n', merged))
    pending.put(stream as number, keyOf(id as string), n as number, (old ?? 0) as number)
}

function filledStreams(db: Database): ReadonlySet<number> {
  const rows = db.all('SELECT s.stream FROM stream s WHERE EXISTS (SELECT 1 FROM head h WHERE h.stream = s.stream)')
  return new Set(rows.map(([stream]) => stream as number))
}
