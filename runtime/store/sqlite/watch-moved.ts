import type { JsonObject } from '../../types.ts'
import { type NumberSet, numberSet } from '../number-set.ts'
import { decodeRuns, type Run } from '../runs.ts'
import type { Database } from './database.ts'
import { UPDATED } from './versions.ts'

type Told = { readonly set: NumberSet; upTo: number }

/** A bit a version each. */
const STREAMS_MOST = 4

/** Of an `updated` change: fields that differ from the version that was told before. What a failed read stored was told to nobody. */
export function openMoved(db: Database): (conn: number, change: number) => readonly string[] | null {
  const streams = new Map<number, Told>()
  const toldOf = (conn: number, stream: number): NumberSet => {
    const told = streams.get(stream) ?? { set: numberSet(), upTo: 0 }
    streams.delete(stream)
    streams.set(stream, told)
    const [oldest] = streams.size > STREAMS_MOST ? streams.keys() : []
    if (oldest !== undefined) streams.delete(oldest)
    for (;;) {
      const rows = db.all(
        'SELECT first, runs FROM event WHERE conn = $1 AND first > $2 AND stream = $3 ORDER BY first LIMIT 100',
        ...[conn, told.upTo, stream],
      )
      for (const [first, runs] of rows) {
        told.set.addRuns(decodeRuns(runs as Uint8Array))
        told.upTo = first as number
      }
      if (rows.length === 0) return told.set
    }
  }
  return (conn, change) => {
    const row = db.one(
      'SELECT first, count, stream, runs FROM event WHERE conn = $1 AND first <= $2 ORDER BY first DESC LIMIT 1',
      ...[conn, change],
    )
    if (row === undefined) return null
    const [first, count, stream, runs] = row as unknown as readonly [number, number, number, Uint8Array]
    const n = change >= first + count ? null : nth(decodeRuns(runs), change - first)
    const version = n === null ? undefined : db.one('SELECT kind, old, fields FROM version WHERE n = $1', n)
    if (version === undefined || version[0] !== UPDATED) return null
    const before = toldBefore(db, version[1] as number | null, toldOf(conn, stream))
    return before === null ? null : differing(JSON.parse(before), JSON.parse(version[2] as string))
  }
}

function nth(runs: readonly Run[], rank: number): number | null {
  let left = rank
  for (const [start, length] of runs) {
    if (left < length) return start + left
    left -= length
  }
  return null
}

function toldBefore(db: Database, from: number | null, told: NumberSet): string | null {
  let n = from
  while (n !== null) {
    const [old, fields] = db.one('SELECT old, fields FROM version WHERE n = $1', n) ?? [null, null]
    if (told.has(n)) return fields as string | null
    n = old as number | null
  }
  return null
}

const differing = (before: JsonObject, after: JsonObject): readonly string[] =>
  [...new Set([...Object.keys(after), ...Object.keys(before)])].filter(
    (name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]),
  )
