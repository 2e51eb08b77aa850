import type { Database } from '../store/sqlite/database.ts'
import type { DataKeys, WrappedKey } from '../vault/rewrap.ts'

/** A data key has a row for each key that opens it. */
export const KEYS = `
CREATE TABLE IF NOT EXISTS wrapped_key (
  tenant TEXT NOT NULL, id TEXT NOT NULL, source TEXT NOT NULL, wrapped TEXT NOT NULL, made_at TEXT NOT NULL,
  PRIMARY KEY (tenant, id, source)) STRICT, WITHOUT ROWID;
`

export function openKeys(db: Database): DataKeys {
  return {
    tenants: () => db.all('SELECT DISTINCT tenant FROM wrapped_key ORDER BY tenant').map(([tenant]) => tenant as string),
    of: (tenant) =>
      db
        .all('SELECT id, source, wrapped, made_at FROM wrapped_key WHERE tenant = $1 ORDER BY made_at, id, source', tenant)
        .map(([id, source, wrapped, made_at]) => ({ id, source, wrapped, made_at }) as WrappedKey),
    keep: (tenant, ...keys) =>
      db.write(() => {
        for (const { id, source, wrapped, made_at } of keys)
          db.run(
            `INSERT INTO wrapped_key (tenant, id, source, wrapped, made_at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (tenant, id, source) DO UPDATE SET wrapped = excluded.wrapped`,
            ...[tenant, id, source, wrapped, made_at],
          )
      }),
    drop: (tenant, id, source) =>
      void db.write(() =>
        db.run('DELETE FROM wrapped_key WHERE tenant = $1 AND id = $2 AND ($3 IS NULL OR source = $3)', ...[tenant, id, source]),
      ),
  }
}

/** Of a store that was made when a data key had one wrapping. */
export function takeOverOldKeys(db: Database): void {
  if (db.one("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'data_key'") === undefined) return
  db.run('INSERT OR IGNORE INTO wrapped_key SELECT tenant, id, source, wrapped, made_at FROM data_key')
  db.exec('DROP TABLE data_key')
}
