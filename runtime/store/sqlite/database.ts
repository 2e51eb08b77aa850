import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from 'node:sqlite'
import { Failure } from '../../errors.ts'
import { type Join, type Outlives, openGroup, type Write } from './group-commit.ts'

export type Value = SQLInputValue
export type Cells = readonly SQLOutputValue[]

const SYNCHRONOUS: { readonly [outlives in Outlives]: string } = {
  disk: 'PRAGMA synchronous = FULL',
  process: 'PRAGMA synchronous = NORMAL',
}

/** One open file. SQL is written with `$1`; rows come as arrays. Every failure is a `Failure`. */
export type Database = {
  readonly run: (sql: string, ...values: Value[]) => number
  readonly one: (sql: string, ...values: Value[]) => Cells | undefined
  readonly all: (sql: string, ...values: Value[]) => readonly Cells[]
  readonly exec: (sql: string) => void
  readonly pragma: (name: string) => number
  /** All of it durable, or nothing. Default: `disk`. */
  readonly write: Write
  /** The same, in one commit with what else is asked for at this moment. Work that throws is undone alone and rejects alone. */
  readonly join: Join
  /** Hears of each commit of this process, right after it. What it returns ends that. */
  readonly onCommit: (listener: () => void) => () => void
  readonly close: () => void
}

/** A reader and a writer never wait for each other's work, only a moment for the index of the log while one of them makes it. */
const WAIT_MS = 2_000

export function openDatabase(file: string, dir: string, readOnly = false): Database {
  const db = guarded(dir, () => new DatabaseSync(file, { timeout: WAIT_MS, readOnly }))
  const prepared = new Map<string, StatementSync>()
  const statement = (sql: string): StatementSync => {
    let found = prepared.get(sql)
    if (found === undefined) {
      // node:sqlite binds `?1` by position, `$1` only by name.
      found = db.prepare(sql.replace(/\$(\d+)/g, '?$1'))
      found.setReturnArrays(true)
      prepared.set(sql, found)
    }
    return found
  }
  // SQLite's own lower() knows ASCII only.
  db.function('fold', { deterministic: true }, (text) => String(text).toLowerCase())
  const exec = (sql: string): void => guarded(dir, () => db.exec(sql))
  let outlived: Outlives | null = null
  const listeners = new Set<() => void>()
  const write: Write = (work, outlives = 'disk') => {
    if (outlived !== outlives) exec(SYNCHRONOUS[outlives])
    outlived = outlives
    exec('BEGIN IMMEDIATE')
    const result = ((): ReturnType<typeof work> => {
      try {
        const made = work()
        exec('COMMIT')
        return made
      } catch (error) {
        // SQLite has rolled back by itself after some errors (disk full).
        if (db.isTransaction) exec('ROLLBACK')
        throw error
      }
    })()
    for (const listener of listeners) listener()
    return result
  }
  return {
    run: (sql, ...values) => guarded(dir, () => Number(statement(sql).run(...values).changes)),
    one: (sql, ...values) => guarded(dir, () => statement(sql).get(...values) as Cells | undefined),
    all: (sql, ...values) => guarded(dir, () => statement(sql).all(...values) as unknown as readonly Cells[]),
    exec,
    pragma: (name) => guarded(dir, () => Number((Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0] as number) ?? 0)),
    write,
    join: openGroup(write, exec, () => db.isTransaction),
    onCommit: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    close: () => {
      if (db.isOpen) guarded(dir, () => db.close())
    },
  }
}

/** SQLite's result codes (https://www.sqlite.org/rescode.html, primary code = the low byte) in our words. */
const CODES: { readonly [primary: number]: readonly [code: string, because: string] } = {
  5: ['store/locked', 'is in use by another process; stop it or take another folder'],
  8: ['store/folder', 'may not be written to'],
  10: ['store/folder', 'could not be read or written'],
  11: ['store/damaged', 'holds a damaged database'],
  13: ['store/full', 'is on a full disk; nothing of this step was stored'],
  14: ['store/folder', 'could not be opened'],
  26: ['store/damaged', 'holds a file that is not a database'],
}

export function guarded<T>(dir: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    const errcode = (error as { errcode?: unknown }).errcode
    const known = typeof errcode === 'number' ? CODES[errcode & 0xff] : undefined
    if (known === undefined) throw error
    throw new Failure(known[0], dir, `the store in ${dir} ${known[1]} (${(error as Error).message})`, { cause: error })
  }
}
