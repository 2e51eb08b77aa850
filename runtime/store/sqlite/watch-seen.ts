import type { Sighting, Touched } from '../../watch-types.ts'
import { cleanText, jsonText } from '../text.ts'
import type { NewSighting } from '../watch-port.ts'
import type { Cells, Database } from './database.ts'
import { instant } from './request.ts'
import { connNumber } from './syncs.ts'
import { lastSighting } from './watch-told.ts'

const OF_RECORD = 100
const OF_CONNECTION = 100_000
const LOT = 5_000

/** JSON of so many rows that one statement takes them well. */
export function* inLots(rows: readonly (readonly string[])[]): Generator<string> {
  for (let from = 0; from < rows.length; from += LOT) yield jsonText(rows.slice(from, from + LOT))
}

/** `feed` null: the webhook. */
export function touch(db: Database, conn: number, feed: string | null, touched: readonly Touched[], at: string): void {
  const cause = feed === null ? null : cleanText(feed)
  for (const lot of inLots(touched.map(({ stream, id }) => [cleanText(stream), cleanText(id)])))
    db.run(
      `INSERT INTO watch_waiting (conn, stream, id, feed, named_at, named, tries, last_feed, last_at)
       SELECT $1, value ->> 0, value ->> 1, $3, $4, 1, 0, $3, $4 FROM json_each($2) WHERE true
       ON CONFLICT (conn, stream, id) DO UPDATE SET named = named + 1, tries = 0, last_feed = excluded.last_feed, last_at = excluded.last_at`,
      ...[conn, lot, cause, at],
    )
}

export function saw(
  db: Database,
  connection: string,
  given: NewSighting,
  looked: { readonly named: number; readonly again: boolean },
): Sighting {
  const conn = connNumber(db, connection)
  const seq = lastSighting(db, conn, connection) + 1
  const sighting = { ...given, at: instant(given.at), named_at: instant(given.named_at) }
  const [stream, id] = [cleanText(given.stream), cleanText(given.id)]
  const body = jsonText(sighting)
  db.run('INSERT INTO watch_sighting (conn, seq, stream, id, body) VALUES ($1, $2, $3, $4, $5)', conn, seq, stream, id, body)
  db.run(
    `DELETE FROM watch_sighting WHERE conn = $1 AND id = $2 AND stream = $3 AND seq <= (SELECT seq FROM watch_sighting
       WHERE conn = $1 AND id = $2 AND stream = $3 ORDER BY seq DESC LIMIT 1 OFFSET ${OF_RECORD})`,
    ...[conn, id, stream],
  )
  db.run('DELETE FROM watch_sighting WHERE conn = $1 AND seq <= $2', conn, seq - OF_CONNECTION)
  const row = db.one('SELECT n, named FROM watch_waiting WHERE conn = $1 AND stream = $2 AND id = $3', conn, stream, id)
  if (row !== undefined) looked.again ? tryAgain(db, row) : goOn(db, row, looked.named)
  // As it will be read again.
  return { ...(JSON.parse(body) as NewSighting), seq }
}

const tryAgain = (db: Database, [n]: Cells): number =>
  db.run('UPDATE watch_waiting SET tries = tries + 1 WHERE n = $1', n as number)

/** What named it while it was looked at may be newer than what the look showed: that waits on, at the end of the line. */
function goOn(db: Database, [n, named]: Cells, known: number): void {
  if ((named as number) > known)
    db.run(
      `UPDATE watch_waiting SET n = (SELECT max(n) + 1 FROM watch_waiting), feed = last_feed, named_at = last_at, named = named - $2, tries = 0
       WHERE n = $1`,
      ...[n as number, known],
    )
  else db.run('DELETE FROM watch_waiting WHERE n = $1', n as number)
}
