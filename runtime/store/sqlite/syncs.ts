import { hash } from 'node:crypto'
import { Failure } from '../../errors.ts'
import type { Connection, JsonObject } from '../../types.ts'
import type { Store, SyncRow } from '../port.ts'
import { cleanText, jsonText } from '../text.ts'
import type { Cells, Database } from './database.ts'
import { note } from './ledger.ts'

/** Connections, syncs, notes and kept values: small rows, one statement or two each. */
export type Syncs = Pick<
  Store,
  | 'connection'
  | 'connections'
  | 'putConnection'
  | 'removeConnection'
  | 'beginSync'
  | 'endSync'
  | 'syncs'
  | 'syncAt'
  | 'note'
  | 'notes'
  | 'lastChange'
  | 'kept'
  | 'keep'
>

const SYNC = `SELECT y.sync, c.name, y.state, y.fingerprint, y.started_at, y.ended_at, y.resumed, y.because
  FROM sync y JOIN conn c ON c.conn = y.conn`

export function openSyncs(db: Database): Syncs {
  return {
    connection: async (name) => {
      const row = db.one('SELECT config FROM conn WHERE name = $1 AND live = 1 AND config IS NOT NULL', cleanText(name))
      return row === undefined ? null : (JSON.parse(row[0] as string) as Connection)
    },
    connections: async () =>
      db
        .all('SELECT config FROM conn WHERE live = 1 AND config IS NOT NULL ORDER BY name')
        .map(([config]) => JSON.parse(config as string) as Connection),
    putConnection: async (connection, act) =>
      db.write(() => {
        const conn = connNumber(db, connection.name)
        const before = db.one('SELECT config FROM conn WHERE conn = $1', conn)?.[0] as string | null
        db.run('UPDATE conn SET config = $1 WHERE conn = $2', jsonText(connection), conn)
        const changed = changedKeys(before === null ? {} : JSON.parse(before), connection)
        if (changed.length === 0) return
        const what = before === null ? 'connection made' : 'connection changed'
        note(db, {
          ...act,
          what,
          about: connection.name,
          detail: { changed, digest: `sha256:${hash('sha256', jsonText(connection))}` },
        })
      }),
    removeConnection: async (name, act) =>
      db.write(() => {
        const conn = knownConn(db, name)
        if (conn === null) throw new Failure('store/not-found', name, `there is no connection ${name}`)
        db.run('DELETE FROM kept WHERE conn = $1', conn)
        forgetWatch(db, conn)
        db.run(
          "UPDATE sync SET state = 'abandoned', because = 'the connection was removed' WHERE conn = $1 AND state IN ('running', 'paused')",
          conn,
        )
        // Its history stays, out of reach of a later connection of the same name, whose records would else seem to replace these.
        db.run('UPDATE conn SET live = 0, config = NULL WHERE conn = $1', conn)
        note(db, { ...act, what: 'connection removed', about: name, detail: {} })
      }),
    beginSync: async (connection, fingerprint, at) =>
      db.write(() => {
        const conn = connNumber(db, connection)
        const open = db.one(
          "SELECT sync, fingerprint FROM sync WHERE conn = $1 AND state IN ('running', 'paused') ORDER BY sync DESC",
          conn,
        )
        if (open !== undefined && open[1] === fingerprint) {
          db.run(
            "UPDATE sync SET state = 'running', resumed = resumed + 1, ended_at = NULL, because = NULL WHERE sync = $1",
            open[0]!,
          )
          return syncRow(db, open[0] as number)
        }
        if (open !== undefined)
          db.run(
            "UPDATE sync SET state = 'abandoned', ended_at = $1, because = 'the connector was changed' WHERE sync = $2",
            at,
            open[0]!,
          )
        const begun = db.one(
          `INSERT INTO sync (conn, state, fingerprint, started_at, ended_at, resumed, because)
           VALUES ($1, 'running', $2, $3, NULL, 0, NULL) RETURNING sync`,
          conn,
          fingerprint,
          at,
        )
        return syncRow(db, begun![0] as number)
      }),
    endSync: async (sync, state, because, at) =>
      db.write(() => {
        const now = syncRow(db, sync)
        if (now.state === state) return
        if (now.state !== 'running' && now.state !== 'paused')
          throw new Failure('store/ended', `sync ${sync}`, `the sync is already ${now.state}`)
        db.run(
          'UPDATE sync SET state = $1, because = $2, ended_at = $3 WHERE sync = $4',
          state,
          because === null ? null : cleanText(because),
          at,
          sync,
        )
      }),
    syncs: async (connection, limit) =>
      db
        .all(`${SYNC} WHERE c.name = $1 AND c.live = 1 ORDER BY y.sync DESC LIMIT $2`, cleanText(connection), limit)
        .map(syncFrom),
    syncAt: async (connection, sync) => {
      const row = db.one(`${SYNC} WHERE y.sync = $1 AND c.name = $2 AND c.live = 1`, sync, cleanText(connection))
      return row === undefined ? null : syncFrom(row)
    },
    note: async (sync, key, value) =>
      db.write(() => {
        syncRow(db, sync)
        db.run(
          'INSERT INTO note VALUES ($1, $2, $3) ON CONFLICT (sync, key) DO UPDATE SET value = excluded.value',
          sync,
          cleanText(key),
          jsonText(value),
        )
      }),
    notes: async (sync) =>
      Object.fromEntries(
        db
          .all('SELECT key, value FROM note WHERE sync = $1 ORDER BY key', sync)
          .map(([key, value]) => [key as string, JSON.parse(value as string) as JsonObject]),
      ),
    lastChange: async (connection) => Number(db.one('SELECT seq FROM conn WHERE conn = $1', knownConn(db, connection))?.[0] ?? 0),
    kept: async (connection) => {
      const conn = knownConn(db, connection)
      return Object.fromEntries(
        conn === null
          ? []
          : db
              .all('SELECT name, value FROM kept WHERE conn = $1 ORDER BY name', conn)
              .map(([name, value]) => [name as string, value as string]),
      )
    },
    keep: async (connection, name, value) =>
      db.write(() => {
        db.run(
          'INSERT INTO kept VALUES ($1, $2, $3) ON CONFLICT (conn, name) DO UPDATE SET value = excluded.value',
          connNumber(db, connection),
          cleanText(name),
          cleanText(value),
        )
      }),
  }
}

/** Where its feeds stood and whom they named: nobody goes on from there. What was seen stays, as its records do. */
function forgetWatch(db: Database, conn: number): void {
  for (const table of ['watch_event', 'watch_naming', 'watch_hole', 'watch_agreement'])
    db.run(`DELETE FROM ${table} WHERE feed IN (SELECT feed FROM watch_feed WHERE conn = $1)`, conn)
  for (const table of ['watch_feed', 'watch_waiting', 'watch_message']) db.run(`DELETE FROM ${table} WHERE conn = $1`, conn)
}

/** The number under which a name's history is kept; null where there is none. */
export function knownConn(db: Database, name: string): number | null {
  return (db.one('SELECT conn FROM conn WHERE name = $1 AND live = 1', cleanText(name))?.[0] as number | undefined) ?? null
}

/** The same, made where there is none. Event numbers go on where a removed connection of that name stopped: a cursor stays good. */
export function connNumber(db: Database, name: string): number {
  const known = knownConn(db, name)
  if (known !== null) return known
  return db.one(
    'INSERT INTO conn (name, live, seq, config) SELECT $1, 1, coalesce(max(seq), 0), NULL FROM conn WHERE name = $1 RETURNING conn',
    cleanText(name),
  )![0] as number
}

export function syncRow(db: Database, sync: number): SyncRow {
  const row = db.one(`${SYNC} WHERE y.sync = $1`, sync)
  if (row === undefined) throw new Failure('store/not-found', `sync ${sync}`, `there is no sync ${sync}`)
  return syncFrom(row)
}

function syncFrom([sync, connection, state, fingerprint, started_at, ended_at, resumed, because]: Cells): SyncRow {
  return {
    sync: sync as number,
    connection: connection as string,
    state: state as SyncRow['state'],
    fingerprint: fingerprint as string,
    started_at: started_at as string,
    ended_at: ended_at as string | null,
    resumed: resumed as number,
    because: because as string | null,
  }
}

/** Names alone: a setting may name a person. */
function changedKeys(before: object, after: object): readonly string[] {
  const [old, now] = [before as Record<string, unknown>, after as unknown as Record<string, unknown>]
  return [...new Set([...Object.keys(old), ...Object.keys(now)])].filter(
    (name) => JSON.stringify(old[name]) !== JSON.stringify(now[name]),
  )
}
