import { Failure } from '../../errors.ts'
import type { Json } from '../../types.ts'
import type { Advance, FeedAgreement, Hole } from '../../watch-types.ts'
import { cleanText, jsonText } from '../text.ts'
import type { Database } from './database.ts'
import { instant } from './request.ts'
import { inLots, touch } from './watch-seen.ts'
import { mended } from './watch-told.ts'

const NAMINGS_KEPT_MS = 90 * 86_400_000
const HOLES_MOST = 100

/** Position, events, whom to look at and a hole. Throws `store/ended`. */
export function advance(db: Database, conn: number, given: Advance): void {
  const feed = feedNumber(db, conn, given.feed)
  const [position, since_before] = db.one('SELECT position, since FROM watch_feed WHERE feed = $1', feed) as [
    string | null,
    string | null,
  ]
  if (!same(position === null ? null : JSON.parse(position), given.from))
    throw new Failure('store/ended', given.feed, `the feed ${given.feed} does not stand where this poll began`)
  const at = instant(given.at)
  writeHole(db, feed, given.hole, at)
  db.run(
    `UPDATE watch_feed SET streams = $2, position = $3, since = $4, asked_at = $5, told_until = $6, failed = NULL WHERE feed = $1`,
    feed,
    ...[
      jsonText(given.streams.map(cleanText)),
      jsonText(given.to),
      since(db, feed, since_before, given.hole, at),
      at,
      instant(given.told_until),
    ],
  )
  dropMended(db, conn, feed)
  for (const lot of inLots(given.events.map(({ id, at }) => [cleanText(id), instant(at)])))
    db.run(
      'INSERT INTO watch_event (feed, event, at) SELECT $1, value ->> 0, value ->> 1 FROM json_each($2) WHERE true ON CONFLICT DO NOTHING',
      ...[feed, lot],
    )
  if (given.forget_before !== null)
    db.run('DELETE FROM watch_event WHERE feed = $1 AND at < $2', feed, instant(given.forget_before))
  for (const lot of inLots(given.touched.map(({ stream, id }) => [cleanText(stream), cleanText(id)])))
    db.run(
      `INSERT INTO watch_naming (feed, stream, id, at) SELECT $1, value ->> 0, value ->> 1, $3 FROM json_each($2) WHERE true
       ON CONFLICT (feed, stream, id) DO UPDATE SET at = max(at, excluded.at)`,
      ...[feed, lot, at],
    )
  db.run('DELETE FROM watch_naming WHERE feed = $1 AND at < $2', feed, new Date(Date.parse(at) - NAMINGS_KEPT_MS).toISOString())
  touch(db, conn, given.feed, given.touched, at)
}

export function failed(db: Database, conn: number, feed: string, because: string, at: string): void {
  db.run('UPDATE watch_feed SET failed = $2, asked_at = $3 WHERE feed = $1', feedNumber(db, conn, feed), cleanText(because), at)
}

/** False: the feed was never asked. What it named before the read that the next agreement begins with is forgotten. */
export function agree(db: Database, conn: number, agreement: FeedAgreement, body: string): boolean {
  const feed = db.one('SELECT feed FROM watch_feed WHERE conn = $1 AND name = $2', conn, cleanText(agreement.feed))?.[0]
  if (feed === undefined) return false
  const stream = cleanText(agreement.stream)
  db.run(
    'INSERT INTO watch_agreement (feed, stream, body) VALUES ($1, $2, $3) ON CONFLICT (feed, stream) DO UPDATE SET body = excluded.body',
    ...[feed, stream, body],
  )
  db.run('DELETE FROM watch_naming WHERE feed = $1 AND stream = $2 AND at < $3', feed, stream, instant(agreement.began_at))
  return true
}

function feedNumber(db: Database, conn: number, name: string): number {
  db.run("INSERT INTO watch_feed (conn, name, streams) VALUES ($1, $2, '[]') ON CONFLICT DO NOTHING", conn, cleanText(name))
  return db.one('SELECT feed FROM watch_feed WHERE conn = $1 AND name = $2', conn, cleanText(name))![0] as number
}

/** A feed whose position is refused at every poll has one hole that grows. */
function writeHole(db: Database, feed: number, hole: Hole | null, at: string): void {
  if (hole === null)
    return void db.run('UPDATE watch_hole SET ended = max(began, $2) WHERE feed = $1 AND ended IS NULL', feed, at)
  const [began, ended, because] = [instant(hole.from), hole.to === null ? null : instant(hole.to), cleanText(hole.because)]
  const last = db.one('SELECT hole, ended, because FROM watch_hole WHERE feed = $1 ORDER BY hole DESC LIMIT 1', feed)
  if (last !== undefined && last[2] === because && (last[1] === null || (last[1] as string) >= began))
    return void db.run(
      'UPDATE watch_hole SET began = min(began, $2), ended = CASE WHEN ended IS NULL THEN NULL ELSE max(ended, $3) END WHERE hole = $1',
      ...[last[0] as number, began, ended],
    )
  db.run('INSERT INTO watch_hole (feed, began, ended, because) VALUES ($1, $2, $3, $4)', feed, began, ended, because)
  const [count] = db.one('SELECT count(*) FROM watch_hole WHERE feed = $1', feed) as readonly [number]
  if (count > HOLES_MOST) joinOldest(db, feed)
}

function joinOldest(db: Database, feed: number): void {
  const [one, two] = db.all('SELECT hole, began, ended, because FROM watch_hole WHERE feed = $1 ORDER BY hole LIMIT 2', feed)
  if (one === undefined || two === undefined) return
  const began = [one[1] as string, two[1] as string].sort()[0] as string
  const ended = one[2] === null || two[2] === null ? null : ([one[2] as string, two[2] as string].sort()[1] as string)
  db.run('DELETE FROM watch_hole WHERE hole = $1', one[0] as number)
  db.run('UPDATE watch_hole SET began = $2, ended = $3, because = $4 WHERE hole = $1', two[0] as number, began, ended, SEVERAL)
}

const SEVERAL = 'several holes, the oldest of more than 100'

/** From when on it is asked without a hole. */
function since(db: Database, feed: number, before: string | null, hole: Hole | null, at: string): string | null {
  if (db.one('SELECT 1 FROM watch_hole WHERE feed = $1 AND ended IS NULL LIMIT 1', feed) !== undefined) return null
  const end = hole?.to == null ? null : instant(hole.to)
  return [before ?? end ?? at, end ?? ''].sort()[1] as string
}

function dropMended(db: Database, conn: number, feed: number): void {
  const [streams] = db.one('SELECT streams FROM watch_feed WHERE feed = $1', feed) as readonly [string]
  const began = mended(db, conn, streams)
  if (began !== null) db.run('DELETE FROM watch_hole WHERE feed = $1 AND ended IS NOT NULL AND ended < $2', feed, began)
}

/** The order of keys is no difference. */
const same = (a: Json, b: Json): boolean => ordered(a) === ordered(b)
const ordered = (value: Json): string =>
  JSON.stringify(value, (_, inner: Json) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
