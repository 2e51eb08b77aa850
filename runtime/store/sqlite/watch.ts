import { Failure } from '../../errors.ts'
import { jsonText } from '../text.ts'
import type { WatchStore } from '../watch-port.ts'
import type { Database } from './database.ts'
import { instant } from './request.ts'
import { connNumber, knownConn } from './syncs.ts'
import { arrivalCounts, arrivals, arrived, refused } from './watch-arrivals.ts'
import { advance, agree, failed } from './watch-feeds.ts'
import { openMoved } from './watch-moved.ts'
import { saw, touch } from './watch-seen.ts'
import { feeds, knownEvents, lastSighting, namedSince, newEvents, sightings, waiting, waitingCounts } from './watch-told.ts'

export function openWatch(db: Database): WatchStore {
  const movedFields = openMoved(db)
  /** What is asked of a connection that is not there has the empty answer. */
  const of = async <T>(connection: string, none: T, ask: (conn: number) => T): Promise<T> => {
    const conn = knownConn(db, connection)
    return conn === null ? none : ask(conn)
  }
  return {
    feeds: (connection) => of(connection, [], (conn) => feeds(db, conn)),
    newEvents: async (connection, feed, ids) => newEvents(db, knownConn(db, connection), feed, ids),
    knownEvents: (connection, feed, from, to) =>
      of(connection, [], (conn) => knownEvents(db, conn, feed, instant(from), instant(to))),
    advance: (connection, given) => db.join(() => advance(db, connNumber(db, connection), given)),
    failed: (connection, feed, because, at) => db.join(() => failed(db, connNumber(db, connection), feed, because, instant(at))),
    touch: (connection, cause, touched, at) =>
      db.join(() => touch(db, connNumber(db, connection), cause.by === 'feed' ? cause.feed : null, touched, instant(at))),
    touched: (connection, options) => of(connection, [], (conn) => waiting(db, conn, options)),
    touchedCounts: (connection, tries_below) =>
      of(connection, { waiting: 0, given_up: 0, samples: [] }, (conn) => waitingCounts(db, conn, tries_below)),
    saw: (connection, sighting, looked) => db.join(() => saw(db, connection, sighting, looked)),
    sightings: (connection, options) => of(connection, [], (conn) => sightings(db, conn, options)),
    lastSighting: (connection) => of(connection, 0, (conn) => lastSighting(db, conn, connection)),
    namedSince: (connection, feed, stream, from, ids) =>
      of(connection, [], (conn) => namedSince(db, conn, { feed, stream, from: instant(from) }, ids)),
    movedFields: (connection, change) => of(connection, null, (conn) => movedFields(conn, change)),
    putAgreement: (connection, agreement) =>
      db.join(() => {
        const conn = knownConn(db, connection)
        if (conn === null || !agree(db, conn, agreement, jsonText(agreement)))
          throw new Failure('store/not-found', agreement.feed, `${connection} has no feed ${agreement.feed} that was ever asked`)
      }),
    arrived: (connection, message) => db.join(() => arrived(db, connNumber(db, connection), message)),
    // Whoever knows the address may send as much as he likes: that makes no wait for the disk each.
    refused: (connection, because, at) => db.join(() => refused(db, connNumber(db, connection), because, instant(at)), 'process'),
    arrivals: (connection, limit) => of(connection, [], (conn) => arrivals(db, conn, limit)),
    arrivalCounts: (connection) => of(connection, { taken: 0, again: 0, refused: 0 }, (conn) => arrivalCounts(db, conn)),
  }
}
