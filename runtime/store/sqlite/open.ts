import { Failure } from '../../errors.ts'
import type { Gap } from '../../types.ts'
import type { CertifyStore } from '../certify-port.ts'
import type { LedgerStore } from '../ledger-port.ts'
import type { LevelsStore } from '../levels-port.ts'
import type { QuarantineRow, Snapshot, Store } from '../port.ts'
import { cleanText } from '../text.ts'
import type { WatchStore } from '../watch-port.ts'
import type { WebhookStore } from '../webhook-port.ts'
import type { WriteStore } from '../write-port.ts'
import { openCertify } from './certify.ts'
import { changes } from './changes.ts'
import { type Database, openDatabase } from './database.ts'
import { existingFile, takeFolder } from './folder.ts'
import { WORK_TABLES } from './groups.ts'
import { openLedger } from './ledger.ts'
import { openLevels } from './levels.ts'
import { PENDING_MOST } from './pending.ts'
import { publish, SNAPSHOT, snapshotFrom } from './publish.ts'
import { loadRead, membersOf, type ReadState } from './reads.ts'
import { recordById, recordsOf } from './records.ts'
import { foundVersion, makeSchema, migrate, SCHEMA_VERSION } from './schema.ts'
import { type Room, readSession } from './session.ts'
import { knownConn, openSyncs, syncRow } from './syncs.ts'
import { openVersions } from './versions.ts'
import { openWatch } from './watch.ts'
import { openWebhooks } from './webhooks.ts'
import { openWrites } from './writes.ts'

/** Every commit is on the disk before it is answered. 16 MB of cache hold the index of a million ids. */
const SETTINGS = `PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -16000; PRAGMA wal_autocheckpoint = 4000;
  PRAGMA journal_size_limit = 67108864; PRAGMA foreign_keys = OFF; PRAGMA trusted_schema = OFF`

type AllStores = Store & WriteStore & LedgerStore & CertifyStore & LevelsStore & WebhookStore & WatchStore

export type OpenOptions = {
  /** Default true: make the store where there is none. */
  readonly create?: boolean
  /** The most the database may grow to; beyond it every write is `store/full`. Default: as far as the disk goes. */
  readonly max_bytes?: number
  /** Versions that wait in memory for the index of ids; a power of two, 64 bytes each. Default 65,536. */
  readonly index_after?: number
  /**
   * Default false. Beside whatever process works on the store: nothing is locked or written, and all that is read is as it was in the
   * moment of opening. There must be a store.
   */
  readonly read_only?: boolean
}

/**
 * The store in a folder; one process at a time writes, any number read.
 * Errors: `store/not-found`, `store/folder`, `store/locked`, `store/newer`, `store/damaged`, `store/full`.
 */
export async function openStore(dir: string, options: OpenOptions = {}): Promise<AllStores> {
  if (options.read_only === true) {
    const store = readerOver(dir, options)
    if (store !== null) return store
  }
  const folder = takeFolder(dir, options.read_only !== true && (options.create ?? true), (file) => {
    const fresh = openDatabase(file, dir)
    try {
      makeSchema(fresh)
    } finally {
      fresh.close()
    }
  })
  let db: Database | null = null
  try {
    db = openDatabase(folder.file, dir)
    // The version first: nothing is written to a store that a newer program made.
    migrate(db, dir)
    db.exec(SETTINGS)
    if (options.max_bytes !== undefined)
      db.exec(`PRAGMA max_page_count = ${Math.ceil(options.max_bytes / db.pragma('page_size'))}`)
    db.exec(WORK_TABLES)
    return storeOver(db, options.index_after ?? PENDING_MOST, () => folder.release())
  } catch (error) {
    db?.close()
    folder.release()
    throw error
  }
}

/** Null: the file has an older format, which only a writer can bring up. */
function readerOver(dir: string, options: OpenOptions): AllStores | null {
  const db = openDatabase(existingFile(dir), dir, true)
  try {
    // One transaction for as long as it is open: what several questions answer fits together.
    db.exec('PRAGMA cache_size = -16000; PRAGMA trusted_schema = OFF; BEGIN')
    if (foundVersion(db, dir) < SCHEMA_VERSION) {
      db.close()
      return null
    }
    db.exec(WORK_TABLES)
    return storeOver(db, options.index_after ?? PENDING_MOST, () => undefined)
  } catch (error) {
    db.close()
    throw error
  }
}

/** A bit a record each. */
const SHOWN_MOST = 4

function storeOver(db: Database, indexAfter: number, release: () => void): AllStores {
  let asked = 0
  const room: Room = { db, versions: openVersions(db, indexAfter), nextAsk: () => ++asked }
  // Attempts that are being read: two sessions of one attempt must see the same set.
  const reading = new Map<string, ReadState>()
  const keyOfRead = (sync: number, stream: number): string => `${sync}/${stream}`
  // Callers page through a snapshot, or look up accounts and groups of grants in turn: the sets of the last few are kept.
  const shown = new Map<number, ReturnType<typeof membersOf>>()
  const membersIn = (read: number): ReturnType<typeof membersOf> => {
    const members = shown.get(read) ?? membersOf(db, read)
    shown.delete(read)
    shown.set(read, members)
    const [oldest] = shown.size > SHOWN_MOST ? shown.keys() : []
    if (oldest !== undefined) shown.delete(oldest)
    return members
  }

  const stateOf = (sync: number, stream: number): ReadState => {
    const [read, attempt] = newestRead(db, sync, stream)
    const held = reading.get(keyOfRead(sync, stream))
    if (held?.read === read) return held
    const state = loadRead(db, read, sync, stream, attempt)
    reading.set(keyOfRead(sync, stream), state)
    return state
  }
  const streamsOf = (conn: number) =>
    db.all('SELECT stream, name FROM stream WHERE conn = $1 ORDER BY stream', conn).map(([stream, name]) => ({
      stream: stream as number,
      name: name as string,
    }))

  const syncs = openSyncs(db)
  return {
    ...syncs,
    ...openWrites(db),
    ...openLedger(db),
    ...openCertify(db),
    ...openLevels(db),
    ...openWebhooks(db),
    ...openWatch(db),
    endSync: async (sync, state, because, at) => {
      await syncs.endSync(sync, state, because, at)
      if (state !== 'paused') for (const key of reading.keys()) if (key.startsWith(`${sync}/`)) reading.delete(key)
    },
    read: async (sync, connection, stream) =>
      readSession(
        room,
        stateOf(
          sync,
          db.write(() => streamNumber(db, sync, connection, stream)),
        ),
      ),
    publish: async (sync, connection, published) => {
      const conn = ownConn(db, sync, connection)
      const stream = db.one('SELECT stream FROM stream WHERE conn = $1 AND name = $2', conn, cleanText(published.stream))
      if (stream === undefined)
        throw new Failure('store/not-found', published.stream, `sync ${sync} did not read ${published.stream}`)
      const already = db.one(`${SNAPSHOT} WHERE sync = $1 AND stream = $2`, sync, stream[0] as number)
      // A process that died between this and the end of its sync asks again; the first answer stands.
      if (already !== undefined) return snapshotFrom(connection, published.stream, already)
      const state = stateOf(sync, stream[0] as number)
      if (state.attempt !== published.session.attempt)
        throw new Failure(
          'store/ended',
          `sync ${sync}`,
          `attempt ${published.session.attempt} was replaced by attempt ${state.attempt}`,
        )
      return publish(db, room.versions, state, { conn, connection }, published)
    },
    snapshots: async (connection) => {
      const conn = knownConn(db, connection)
      const found: { latest: Snapshot; complete: Snapshot | null }[] = []
      for (const { stream, name } of conn === null ? [] : streamsOf(conn)) {
        const latest = snapshotRow(db, stream, 0)
        const complete = snapshotRow(db, stream, 2)
        if (latest !== undefined)
          found.push({
            latest: snapshotFrom(connection, name, latest),
            complete: complete === undefined ? null : snapshotFrom(connection, name, complete),
          })
      }
      return found
    },
    gaps: async (connection, sync) =>
      db
        .all(
          `SELECT p.gap FROM read r JOIN page p ON p.read = r.read JOIN stream s ON s.stream = r.stream
           WHERE r.sync = $1 AND s.conn = $2 AND p.gap IS NOT NULL
             AND r.attempt = (SELECT max(attempt) FROM read WHERE sync = $1 AND stream = r.stream) ORDER BY p.page`,
          sync,
          knownConn(db, connection),
        )
        .map(([gap]) => JSON.parse(gap as string) as Gap),
    quarantine: async (connection, sync, stream, limit) =>
      db
        .all(
          `SELECT q.reason, q.id, q.part, q.page, q.because, q.raw FROM read r JOIN quarantine q ON q.read = r.read
             JOIN stream s ON s.stream = r.stream WHERE r.sync = $1 AND s.conn = $2 AND s.name = $3
             AND r.attempt = (SELECT max(attempt) FROM read WHERE sync = $1 AND stream = r.stream) ORDER BY q.q LIMIT $4`,
          sync,
          knownConn(db, connection),
          cleanText(stream),
          limit,
        )
        .map(
          ([reason, id, partition, page, because, raw]) =>
            ({ reason, id, partition, page, because, raw }) as unknown as QuarantineRow,
        ),
    records: async (connection, name, { which, after, limit, id }) => {
      const conn = knownConn(db, connection)
      const stream =
        conn === null ? undefined : db.one('SELECT stream FROM stream WHERE conn = $1 AND name = $2', conn, cleanText(name))
      const snapshot = stream === undefined ? undefined : snapshotRow(db, stream[0] as number, which === 'complete' ? 2 : 0)
      if (stream === undefined || snapshot === undefined) return []
      const read = snapshot[6] as number
      const members = membersIn(read)
      if (id === undefined) return recordsOf(db, members, after, limit)
      const record = recordById(db, room.versions, members, stream[0] as number, cleanText(id))
      return record === null || record.seq <= after || limit < 1 ? [] : [record]
    },
    changes: async (connection, options) => {
      const conn = knownConn(db, connection)
      return conn === null ? [] : changes(db, { conn, connection }, options)
    },
    onCommit: db.onCommit,
    close: async () => {
      db.close()
      release()
    },
  }
}

function ownConn(db: Database, sync: number, connection: string): number {
  const conn = knownConn(db, connection)
  if (conn === null || syncRow(db, sync).connection !== connection)
    throw new Failure('store/not-found', `sync ${sync}`, `the connection ${connection} has no sync ${sync}`)
  return conn
}

function streamNumber(db: Database, sync: number, connection: string, stream: string): number {
  const conn = ownConn(db, sync, connection)
  db.run('INSERT INTO stream (conn, name) VALUES ($1, $2) ON CONFLICT DO NOTHING', conn, cleanText(stream))
  const number = db.one('SELECT stream FROM stream WHERE conn = $1 AND name = $2', conn, cleanText(stream))![0] as number
  db.run(
    'INSERT INTO read (sync, stream, attempt) SELECT $1, $2, 1 WHERE NOT EXISTS (SELECT 1 FROM read WHERE sync = $1 AND stream = $2)',
    sync,
    number,
  )
  return number
}

function newestRead(db: Database, sync: number, stream: number): readonly [read: number, attempt: number] {
  const row = db.one('SELECT read, attempt FROM read WHERE sync = $1 AND stream = $2 ORDER BY attempt DESC LIMIT 1', sync, stream)
  if (row === undefined) throw new Failure('store/not-found', `sync ${sync}`, `sync ${sync} did not read this stream`)
  return [row[0] as number, row[1] as number]
}

function snapshotRow(db: Database, stream: number, least: number) {
  return db.one(`${SNAPSHOT} WHERE stream = $1 AND rank >= $2 ORDER BY snapshot DESC LIMIT 1`, stream, least)
}
