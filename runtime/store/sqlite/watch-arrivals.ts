import type { Arrival, Touched } from '../../watch-types.ts'
import { cleanText } from '../text.ts'
import type { Database } from './database.ts'
import { instant } from './request.ts'
import { touch } from './watch-seen.ts'

const KEPT = 1000

/** What was sent to us; false: it was here before. */
export function arrived(
  db: Database,
  conn: number,
  given: { readonly id: string; readonly until: string; readonly at: string; readonly touched: readonly Touched[] },
): boolean {
  const [id, at, until] = [cleanText(given.id), instant(given.at), instant(given.until)]
  db.run('DELETE FROM watch_message WHERE conn = $1 AND until <= $2', conn, at)
  const fresh =
    db.run('INSERT INTO watch_message (conn, message, until) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING', conn, id, until) === 1
  const named = fresh ? given.touched.length : 0
  if (fresh) touch(db, conn, null, given.touched, at)
  write(db, conn, { at, is: fresh ? 'taken' : 'again', because: fresh ? `named ${named}` : 'it was here before', touched: named })
  return fresh
}

export const refused = (db: Database, conn: number, because: string, at: string): void =>
  write(db, conn, { at, is: 'refused', because: cleanText(because), touched: 0 })

export const arrivals = (db: Database, conn: number, limit: number): readonly Arrival[] =>
  db
    .all('SELECT seq, at, what, because, touched FROM watch_arrival WHERE conn = $1 ORDER BY seq DESC LIMIT $2', conn, limit)
    .map(([seq, at, is, because, touched]) => ({ seq, at, is, because, touched }) as Arrival)

export function arrivalCounts(db: Database, conn: number): { readonly [is in Arrival['is']]: number } {
  const rows = db.all('SELECT what, count FROM watch_count WHERE conn = $1', conn)
  return { taken: 0, again: 0, refused: 0, ...Object.fromEntries(rows.map(([what, count]) => [what as string, count as number])) }
}

function write(db: Database, conn: number, { at, is, because, touched }: Omit<Arrival, 'seq'>): void {
  const group = is === 'refused' ? 1 : 0
  db.run(
    `INSERT INTO watch_arrival (conn, seq, refused, at, what, because, touched)
     SELECT $1, coalesce(max(seq), 0) + 1, $2, $3, $4, $5, $6 FROM watch_arrival WHERE conn = $1`,
    ...[conn, group, at, is, because, touched],
  )
  db.run(
    `DELETE FROM watch_arrival WHERE conn = $1 AND refused = $2 AND seq <= (SELECT seq FROM watch_arrival
       WHERE conn = $1 AND refused = $2 ORDER BY seq DESC LIMIT 1 OFFSET ${KEPT})`,
    ...[conn, group],
  )
  db.run(
    'INSERT INTO watch_count (conn, what, count) VALUES ($1, $2, 1) ON CONFLICT (conn, what) DO UPDATE SET count = count + 1',
    ...[conn, is],
  )
}
