import type { PageRow } from '../../types.ts'
import type { CertifyStore, StoredSnapshot } from '../certify-port.ts'
import { type NumberSet, numberSet, without } from '../number-set.ts'
import { cleanText } from '../text.ts'
import type { Cells, Database } from './database.ts'
import { snapshotFrom } from './publish.ts'
import { membersOf } from './reads.ts'
import { recordsOf } from './records.ts'
import { knownConn } from './syncs.ts'

const ROW = `SELECT p.sync, p.verdict, p.facts, p.records, p.at, p.fingerprint, p.read, p.snapshot, c.name, s.name
  FROM snapshot p JOIN stream s ON s.stream = p.stream JOIN conn c ON c.conn = s.conn`

/** Snapshots by their number: what was frozen is read as it was, whatever came later. */
export function openSnapshots(
  db: Database,
): Pick<CertifyStore, 'newestSnapshot' | 'snapshotAt' | 'snapshotRecords' | 'snapshotDifference' | 'snapshotPages'> {
  // A caller pages through one snapshot: its set is built once.
  let shown: { readonly read: number; readonly members: NumberSet } | null = null
  const readOf = (snapshot: number): number | null =>
    (db.one('SELECT read FROM snapshot WHERE snapshot = $1', snapshot)?.[0] as number | undefined) ?? null
  return {
    newestSnapshot: async (connection, stream) => {
      const conn = knownConn(db, connection)
      const row =
        conn === null
          ? undefined
          : db.one(`${ROW} WHERE s.conn = $1 AND s.name = $2 ORDER BY p.snapshot DESC LIMIT 1`, conn, cleanText(stream))
      return row === undefined ? null : storedFrom(row)
    },
    snapshotAt: async (snapshot) => {
      const row = db.one(`${ROW} WHERE p.snapshot = $1`, snapshot)
      return row === undefined ? null : storedFrom(row)
    },
    snapshotRecords: async (snapshot, after, limit) => {
      const read = readOf(snapshot)
      if (read === null) return []
      if (shown?.read !== read) shown = { read, members: membersOf(db, read) }
      return recordsOf(db, shown.members, after, limit)
    },
    snapshotDifference: async (first, second) => {
      const [a, b] = [first, second].map((snapshot) => membersOf(db, readOf(snapshot) ?? 0)) as [NumberSet, NumberSet]
      const only = (one: NumberSet, other: NumberSet) =>
        recordsOf(db, numberSet(without(one, other)), 0, Number.POSITIVE_INFINITY)
      return { only_first: only(a, b), only_second: only(b, a) }
    },
    snapshotPages: async (snapshot, after, limit) => {
      const read = readOf(snapshot)
      return read === null
        ? []
        : db
            .all(
              'SELECT part, no, at, cursor, digest, facts FROM page WHERE read = $1 ORDER BY page LIMIT $2 OFFSET $3',
              read,
              limit,
              after,
            )
            .map(pageFrom)
    },
  }
}

function storedFrom(cells: Cells): StoredSnapshot {
  const [snapshot, connection, stream] = cells.slice(7) as [number, string, string]
  return { ...snapshotFrom(connection, stream, cells), snapshot, verdict_text: cells[1] as string }
}

const pageFrom = ([partition, no, at, cursor, digest, facts]: Cells): Omit<PageRow, 'gap' | 'next'> => ({
  partition: partition as string,
  no: no as number,
  at: at as string,
  cursor: cursor as string,
  digest: digest as string,
  facts: JSON.parse(facts as string),
})
