import { keyOf } from '../text.ts'
import type { Database } from './database.ts'

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

/** Versions appended since `head` was last filled. 32k entries: about 8 MB, and some 10 rows for every index page a fill rewrites. */
const PENDING_MOST = 32_768

type Pending = { readonly key: number; readonly n: number; readonly drop: number | null }

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
const BY_NUMBER = `SELECT j.key, v.n, v.kind, v.old, v.hash, v.id FROM json_each($1) j CROSS JOIN version v ON v.n = j.value`

export function openVersions(db: Database): Versions {
  let last = Number(db.one('SELECT max(n) FROM version')?.[0] ?? 0)
  let pending = readPending(db)
  let filled = new Set(
    db.all('SELECT s.stream FROM stream s WHERE EXISTS (SELECT 1 FROM head h WHERE h.stream = s.stream)').map(([s]) => Number(s)),
  )

  const newest: Versions['newest'] = (stream, ids) => {
    const found: (Version | null)[] = ids.map(() => null)
    const recent = pending.get(stream)
    const numbers: number[] = []
    const numbersOf: number[] = []
    const keys: number[] = []
    const keysOf: number[] = []
    for (let i = 0; i < ids.length; i++) {
      const entry = recent?.get(ids[i]!)
      if (entry !== undefined) {
        numbers.push(entry.n)
        numbersOf.push(i)
      } else {
        keys.push(keyOf(ids[i]!))
        keysOf.push(i)
      }
    }
    const take = (cells: readonly unknown[], of: readonly number[]): void => {
      const i = of[Number(cells[0])]!
      const id = cells[5] as string
      // Two ids may share a key; the id decides.
      if (id === ids[i])
        found[i] = {
          n: cells[1] as number,
          kind: cells[2] as number,
          old: cells[3] as number | null,
          hash: cells[4] as string | null,
          id,
        }
    }
    if (numbers.length > 0) for (const cells of db.all(BY_NUMBER, JSON.stringify(numbers))) take(cells, numbersOf)
    if (keys.length > 0 && filled.has(stream))
      for (const cells of db.all(BY_KEY, JSON.stringify(keys), stream)) take(cells, keysOf)
    return found
  }

  const append: Versions['append'] = (stream, sync, rows) => {
    const first = last + 1
    const recent = pending.get(stream)
    const entries: Pending[] = []
    for (let i = 0; i < rows.length; i++) {
      const { id, kind, hash, fields, old } = rows[i]!
      const before = recent?.get(id)
      // `first` versions are found through `head`; a version that never got there leaves nothing to drop.
      entries.push({ key: before?.key ?? keyOf(id), n: first + i, drop: before === undefined ? old : before.drop })
      db.run(INSERT, first + i, stream, kind, sync, old, hash, id, fields)
    }
    const merged = count(pending) + rows.length >= PENDING_MOST
    if (merged) fill(db, pending, { stream, entries, rows }, first + rows.length - 1)
    return {
      first,
      done: () => {
        last += rows.length
        if (merged) {
          filled = new Set([...filled, ...pending.keys(), stream])
          pending = new Map()
          return
        }
        const map = pending.get(stream) ?? new Map<string, Pending>()
        for (let i = 0; i < rows.length; i++) map.set(rows[i]!.id, entries[i]!)
        pending.set(stream, map)
      },
    }
  }

  return { newest, append }
}

type PendingMap = ReadonlyMap<number, ReadonlyMap<string, Pending>>

function count(pending: PendingMap): number {
  let sum = 0
  for (const map of pending.values()) sum += map.size
  return sum
}

/** Moves what is pending into `head`, in the index's order, so that each of its pages is written once. */
function fill(
  db: Database,
  pending: PendingMap,
  more: { readonly stream: number; readonly entries: readonly Pending[]; readonly rows: readonly NewVersion[] },
  upTo: number,
): void {
  for (const stream of new Set([...pending.keys(), more.stream].sort((a, b) => a - b))) {
    const all = new Map(pending.get(stream))
    if (stream === more.stream) for (let i = 0; i < more.rows.length; i++) all.set(more.rows[i]!.id, more.entries[i]!)
    for (const { key, n, drop } of [...all.values()].sort((a, b) => a.key - b.key)) {
      if (drop !== null) db.run('DELETE FROM head WHERE stream = $1 AND key = $2 AND n = $3', stream, key, drop)
      db.run('INSERT INTO head (stream, key, n) VALUES ($1, $2, $3)', stream, key, n)
    }
  }
  db.run("UPDATE meta SET value = $1 WHERE key = 'merged'", upTo)
}

/** After a start: versions above the mark are in the table and not yet in `head`. */
function readPending(db: Database): Map<number, Map<string, Pending>> {
  const merged = Number(db.one("SELECT value FROM meta WHERE key = 'merged'")?.[0] ?? 0)
  const pending = new Map<number, Map<string, Pending>>()
  for (const [n, stream, old, id] of db.all('SELECT n, stream, old, id FROM version WHERE n > $1 ORDER BY n', merged)) {
    const map = pending.get(stream as number) ?? new Map<string, Pending>()
    pending.set(stream as number, map)
    const before = map.get(id as string)
    map.set(id as string, {
      key: keyOf(id as string),
      n: n as number,
      drop: before === undefined ? (old as number | null) : before.drop,
    })
  }
  return pending
}
