import { CHANGE_KINDS, type Change } from '../../types.ts'
import { decodeRuns, type Run } from '../runs.ts'
import type { Database } from './database.ts'
import { FROM_RUNS } from './records.ts'

export type ChangesOptions = { readonly after: number; readonly limit: number; readonly stream?: string }

/** The event log of a connection. `seq` starts at 1 and has no hole. */
export function changes(
  db: Database,
  where: { readonly conn: number; readonly connection: string },
  options: ChangesOptions,
): readonly Change[] {
  const found: Change[] = []
  let after = options.after
  while (found.length < options.limit) {
    const row = db.one(
      `SELECT e.first, e.count, e.sync, e.at, e.runs, s.name FROM event e JOIN stream s ON s.stream = e.stream
       WHERE e.conn = $1 AND e.first >= coalesce((SELECT max(first) FROM event WHERE conn = $1 AND first <= $2), 0)
         AND e.first + e.count - 1 >= $2 AND ($3 IS NULL OR s.name = $3) ORDER BY e.first LIMIT 1`,
      where.conn,
      after + 1,
      options.stream ?? null,
    )
    if (row === undefined) return found
    const [first, count, sync, at, runs, stream] = row as [number, number, number, string, Uint8Array, string]
    const skip = Math.max(0, after + 1 - first)
    const part = slice(decodeRuns(runs), skip, options.limit - found.length)
    const versions = db.all(`SELECT v.kind, v.id, v.fields ${FROM_RUNS} ORDER BY v.n`, JSON.stringify(part))
    versions.forEach(([kind, id, fields], i) => {
      found.push({
        seq: first + skip + i,
        connection: where.connection,
        stream,
        sync,
        kind: CHANGE_KINDS[kind as number]!,
        id: id as string,
        fields: fields === null ? null : JSON.parse(fields as string),
        at,
      })
    })
    after = first + count - 1
  }
  return found
}

function slice(runs: readonly Run[], skip: number, most: number): readonly Run[] {
  const part: Run[] = []
  let left = skip
  let room = most
  for (const [start, length] of runs) {
    const taken = Math.min(length - left, room)
    if (taken > 0) {
      part.push([start + left, taken])
      room -= taken
    }
    left = Math.max(0, left - length)
    if (room === 0) break
  }
  return part
}
