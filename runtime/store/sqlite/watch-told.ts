/** What is asked of watching. */
import type { Cause, FeedAgreement, FeedState, Hole, Position, Sighting, Waiting } from '../../watch-types.ts'
import { cleanText } from '../text.ts'
import type { NewSighting } from '../watch-port.ts'
import type { Cells, Database } from './database.ts'

export const feeds = (db: Database, conn: number): readonly FeedState[] =>
  db
    .all(
      'SELECT feed, name, streams, position, since, asked_at, told_until, failed FROM watch_feed WHERE conn = $1 ORDER BY name',
      conn,
    )
    .map(([number, name, streams, position, since, asked_at, told_until, failed]) => {
      const feed = name as string
      const began = mended(db, conn, streams as string)
      const holes = db.all('SELECT began, ended, because FROM watch_hole WHERE feed = $1 ORDER BY hole', number as number)
      return {
        feed,
        position: position === null ? null : (JSON.parse(position as string) as Position),
        ...({ since, asked_at, told_until, failed } as Pick<FeedState, 'since' | 'asked_at' | 'told_until' | 'failed'>),
        holes: holes
          .filter(([, ended]) => ended === null || began === null || (ended as string) >= began)
          .map(([from, to, because]) => ({ feed, from, to, because }) as Hole),
        agreements: db
          .all('SELECT body FROM watch_agreement WHERE feed = $1 ORDER BY stream', number as number)
          .map(([body]) => JSON.parse(body as string) as FeedAgreement),
      }
    })

/** When the newest complete read of each of these streams began, the earliest of them; null: one was never read whole. */
export function mended(db: Database, conn: number, streams: string): string | null {
  const began = db.one(
    `SELECT min(coalesce((SELECT y.started_at FROM stream s JOIN snapshot p ON p.stream = s.stream JOIN sync y ON y.sync = p.sync
       WHERE s.conn = $1 AND s.name = j.value AND p.rank = 2 ORDER BY p.snapshot DESC LIMIT 1), '')) FROM json_each($2) j`,
    conn,
    streams,
  )?.[0] as string | null
  return began === '' ? null : began
}

export function newEvents(db: Database, conn: number | null, feed: string, ids: readonly string[]): readonly string[] {
  const asked = new Map(ids.map((id) => [cleanText(id), id]))
  const known = new Set(
    db
      .all(
        `SELECT e.event FROM json_each($1) j CROSS JOIN watch_event e ON e.feed = (SELECT feed FROM watch_feed WHERE conn = $2 AND name = $3)
           AND e.event = j.value`,
        ...[JSON.stringify([...asked.keys()]), conn, cleanText(feed)],
      )
      .map(([event]) => event as string),
  )
  return [...asked].filter(([id]) => !known.has(id)).map(([, id]) => id)
}

export const knownEvents = (db: Database, conn: number, feed: string, from: string, to: string): readonly string[] =>
  db
    .all(
      `SELECT event FROM watch_event WHERE feed = (SELECT feed FROM watch_feed WHERE conn = $1 AND name = $2) AND at >= $3 AND at <= $4
       ORDER BY at, event`,
      ...[conn, cleanText(feed), from, to],
    )
    .map(([event]) => event as string)

export function namedSince(
  db: Database,
  conn: number,
  { feed, stream, from }: { readonly feed: string; readonly stream: string; readonly from: string },
  ids: readonly string[],
): readonly string[] {
  const asked = new Map(ids.map((id) => [cleanText(id), id]))
  return db
    .all(
      `SELECT g.id FROM json_each($1) j CROSS JOIN watch_naming g ON g.feed = (SELECT feed FROM watch_feed WHERE conn = $2 AND name = $3)
         AND g.stream = $4 AND g.id = j.value AND g.at >= $5`,
      ...[JSON.stringify([...asked.keys()]), conn, cleanText(feed), cleanText(stream), from],
    )
    .map(([id]) => asked.get(id as string) as string)
}

const WAITING = 'SELECT stream, id, feed, named_at, named, tries FROM watch_waiting'

// `+`: their order is that of the line and not of the tries.
export const waiting = (
  db: Database,
  conn: number,
  { limit, tries_below }: { readonly limit: number; readonly tries_below: number },
): readonly Waiting[] =>
  db.all(`${WAITING} WHERE conn = $1 AND +tries < $2 ORDER BY n LIMIT $3`, conn, tries_below, limit).map(waitingFrom)

const SAMPLES = 10

export function waitingCounts(
  db: Database,
  conn: number,
  tries_below: number,
): { readonly waiting: number; readonly given_up: number; readonly samples: readonly Waiting[] } {
  const [all] = db.one('SELECT count(*) FROM watch_waiting WHERE conn = $1', conn) as readonly [number]
  const [given_up] = db.one('SELECT count(*) FROM watch_waiting WHERE conn = $1 AND tries >= $2', conn, tries_below) as readonly [
    number,
  ]
  const samples = given_up === 0 ? [] : db.all(`${WAITING} WHERE conn = $1 AND tries >= $2 LIMIT ${SAMPLES}`, conn, tries_below)
  return { waiting: all, given_up, samples: samples.map(waitingFrom) }
}

const causeOf = (feed: string | null): Cause => (feed === null ? { by: 'webhook' } : { by: 'feed', feed })

const waitingFrom = ([stream, id, feed, named_at, named, tries]: Cells): Waiting =>
  ({ stream, id, cause: causeOf(feed as string | null), named_at, named, tries }) as Waiting

export const sightings = (
  db: Database,
  conn: number,
  {
    after,
    limit,
    stream,
    id,
  }: { readonly after: number; readonly limit: number; readonly stream?: string; readonly id?: string },
): readonly Sighting[] =>
  db
    .all(
      `SELECT seq, body FROM watch_sighting WHERE conn = $1 AND seq > $2 ${stream === undefined ? '' : 'AND stream = $4'}
       ${id === undefined ? '' : `AND id = $${stream === undefined ? 4 : 5}`} ORDER BY seq LIMIT $3`,
      ...[conn, after, limit, ...[stream, id].filter((text) => text !== undefined).map(cleanText)],
    )
    .map(([seq, body]) => ({ ...(JSON.parse(body as string) as NewSighting), seq: seq as number }))

/** Goes on where a removed connection of that name stopped: a cursor stays good. */
export function lastSighting(db: Database, conn: number, name: string): number {
  const last = db.one('SELECT max(seq) FROM watch_sighting WHERE conn = $1', conn)?.[0]
  if (last != null) return last as number
  const before = db.one(
    'SELECT max((SELECT max(seq) FROM watch_sighting s WHERE s.conn = c.conn)) FROM conn c WHERE c.name = $1',
    cleanText(name),
  )
  return (before?.[0] as number | null | undefined) ?? 0
}
