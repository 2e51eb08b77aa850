import type { JsonObject, StoredRecord } from '../../types.ts'
import { inChunks, type NumberSet } from '../number-set.ts'
import type { Run } from '../runs.ts'
import type { Cells, Database } from './database.ts'
import type { Versions } from './versions.ts'

/** `FROM` a list of runs, given as one JSON parameter `$1`. */
export const FROM_RUNS =
  'FROM json_each($1) j CROSS JOIN version v ON v.n >= j.value ->> 0 AND v.n < (j.value ->> 0) + (j.value ->> 1)'

/** Records of a set in store order. */
export function recordsOf(db: Database, members: NumberSet, after: number, limit: number): readonly StoredRecord[] {
  const records: StoredRecord[] = []
  for (const chunk of upTo(members, after, limit)) {
    for (const cells of db.all(`SELECT v.n, v.id, v.fields, v.sync ${FROM_RUNS} ORDER BY v.n`, JSON.stringify(chunk)))
      records.push(recordFrom(cells))
  }
  return records
}

/** The version of an id that a set holds: its newest, or one before it. */
export function recordById(
  db: Database,
  versions: Versions,
  members: NumberSet,
  stream: number,
  id: string,
): StoredRecord | null {
  let n = versions.newest(stream, [id])[0]?.n ?? null
  while (n !== null) {
    const [old, ...cells] = db.one('SELECT old, n, id, fields, sync FROM version WHERE n = $1', n) ?? []
    if (members.has(n)) return recordFrom(cells)
    n = (old ?? null) as number | null
  }
  return null
}

function* upTo(members: NumberSet, after: number, limit: number): Generator<readonly Run[]> {
  let left = limit
  if (left <= 0) return
  for (const chunk of inChunks(members.runs(after), Math.min(limit, 5000))) {
    let here = 0
    const part: Run[] = []
    for (const [start, length] of chunk) {
      const taken = Math.min(length, left - here)
      if (taken > 0) part.push([start, taken])
      here += taken
    }
    yield part
    left -= here
    if (left <= 0) return
  }
}

function recordFrom([n, id, fields, sync]: Cells): StoredRecord {
  return { seq: n as number, id: id as string, fields: JSON.parse(fields as string) as JsonObject, sync: sync as number }
}
