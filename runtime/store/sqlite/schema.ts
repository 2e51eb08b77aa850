import { Failure } from '../../errors.ts'
import type { Database } from './database.ts'

/** Marks a SQLite file as ours: "RLCL". */
const APPLICATION = 0x524c434c

/**
 * version   every state a record was ever seen in, appended and never changed: the store of records. `old` is the version before it.
 *           A row without fields is a tombstone.
 * head      the newest version of an id, by a 53-bit key of the id. Kept apart from `version` and filled in sorted batches, because a
 *           random insert a record costs three times the record itself.
 * page      the page ledger; `runs` is the set of versions the page showed. A snapshot's records are its pages' runs.
 * snapshot  `carried`: versions announced earlier and neither in this snapshot nor reported gone.
 * event     the event log: runs of versions in the order of publication, so that a consumer's cursor can never pass an event still to come.
 */
const STEPS: readonly string[] = [
  `CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
   INSERT INTO meta VALUES ('merged', 0);
   CREATE TABLE conn (conn INTEGER PRIMARY KEY, name TEXT NOT NULL, live INTEGER NOT NULL, seq INTEGER NOT NULL, config TEXT);
   CREATE UNIQUE INDEX conn_name ON conn (name) WHERE live = 1;
   CREATE TABLE kept (conn INTEGER NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (conn, name)) WITHOUT ROWID;
   CREATE TABLE stream (stream INTEGER PRIMARY KEY, conn INTEGER NOT NULL, name TEXT NOT NULL, UNIQUE (conn, name));
   CREATE TABLE sync (sync INTEGER PRIMARY KEY, conn INTEGER NOT NULL, state TEXT NOT NULL, fingerprint TEXT NOT NULL,
     started_at TEXT NOT NULL, ended_at TEXT, resumed INTEGER NOT NULL, because TEXT);
   CREATE INDEX sync_conn ON sync (conn, sync);
   CREATE TABLE note (sync INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (sync, key)) WITHOUT ROWID;
   CREATE TABLE read (read INTEGER PRIMARY KEY, sync INTEGER NOT NULL, stream INTEGER NOT NULL, attempt INTEGER NOT NULL, because TEXT,
     UNIQUE (sync, stream, attempt));
   CREATE TABLE version (n INTEGER PRIMARY KEY, stream INTEGER NOT NULL, kind INTEGER NOT NULL, sync INTEGER NOT NULL, old INTEGER,
     hash TEXT, id TEXT NOT NULL, fields TEXT);
   CREATE TABLE head (stream INTEGER NOT NULL, key INTEGER NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (stream, key, n)) WITHOUT ROWID;
   CREATE TABLE page (page INTEGER PRIMARY KEY, read INTEGER NOT NULL, part TEXT NOT NULL, no INTEGER NOT NULL, at TEXT NOT NULL,
     cursor TEXT NOT NULL, digest TEXT NOT NULL, facts TEXT NOT NULL, next TEXT NOT NULL, gap TEXT, runs BLOB NOT NULL);
   CREATE UNIQUE INDEX page_key ON page (read, part, no);
   CREATE INDEX page_order ON page (read, page);
   CREATE TABLE quarantine (q INTEGER PRIMARY KEY, read INTEGER NOT NULL, reason TEXT NOT NULL, id TEXT, part TEXT NOT NULL,
     page INTEGER NOT NULL, because TEXT NOT NULL, raw TEXT NOT NULL);
   CREATE INDEX quarantine_read ON quarantine (read, q);
   CREATE TABLE snapshot (snapshot INTEGER PRIMARY KEY, stream INTEGER NOT NULL, sync INTEGER NOT NULL, read INTEGER NOT NULL,
     rank INTEGER NOT NULL, verdict TEXT NOT NULL, facts TEXT NOT NULL, records INTEGER NOT NULL, at TEXT NOT NULL,
     fingerprint TEXT NOT NULL, carried BLOB NOT NULL, UNIQUE (sync, stream));
   CREATE INDEX snapshot_stream ON snapshot (stream, rank, snapshot);
   CREATE TABLE event (conn INTEGER NOT NULL, first INTEGER NOT NULL, count INTEGER NOT NULL, stream INTEGER NOT NULL,
     sync INTEGER NOT NULL, at TEXT NOT NULL, runs BLOB NOT NULL, PRIMARY KEY (conn, first)) WITHOUT ROWID;`,
]

export const SCHEMA_VERSION = STEPS.length

/** Fills a new file. */
export function makeSchema(db: Database): void {
  steps(db, 0)
}

/** Brings the file to this version, one transaction a step. Throws `store/newer`, `store/damaged`. */
export function migrate(db: Database, dir: string): void {
  const found = db.pragma('user_version')
  if (db.pragma('application_id') !== APPLICATION)
    throw new Failure('store/damaged', dir, `${dir}/rollcall.db is empty or a database of another program`)
  if (found > SCHEMA_VERSION)
    throw new Failure('store/newer', dir, `the store in ${dir} has format ${found}; this program knows up to ${SCHEMA_VERSION}`)
  steps(db, found)
}

function steps(db: Database, from: number): void {
  for (let version = from; version < SCHEMA_VERSION; version++) {
    db.write(() => {
      db.exec(STEPS[version]!)
      db.exec(`PRAGMA application_id = ${APPLICATION}; PRAGMA user_version = ${version + 1}`)
    })
  }
}
