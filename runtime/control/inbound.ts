/**
 * Addresses at which a connection's target may post. An address is a text of 128 random bits, kept as its SHA-256 (token.ts says why that is
 * enough) and good for one connection of one tenant as it was made: a later connection of the same name has none.
 */
import { randomBytes } from 'node:crypto'
import type { Database } from '../store/sqlite/database.ts'
import { hashOf } from './token.ts'

export type InboundAddress = {
  readonly tenant: string
  readonly connection: string
  /** `created_at` of the connection. */
  readonly created_at: string
  readonly made_at: string
  readonly made_by: string
}

export type Inbound = {
  /** Makes or renews: the one before ends. The only moment at which the key is known. */
  readonly makeInbound: (address: InboundAddress) => string
  /** Null: nobody's. */
  readonly inbound: (key: string) => InboundAddress | null
  readonly inboundOf: (tenant: string, connection: string) => InboundAddress | null
  /** False: there was none. */
  readonly dropInbound: (tenant: string, connection: string) => boolean
}

export const INBOUND = `
CREATE TABLE IF NOT EXISTS inbound (
  hash BLOB PRIMARY KEY, tenant TEXT NOT NULL, connection TEXT NOT NULL, created_at TEXT NOT NULL, made_at TEXT NOT NULL,
  made_by TEXT NOT NULL, UNIQUE (tenant, connection)) STRICT, WITHOUT ROWID;
`

const BYTES = 16
const COLUMNS = 'tenant, connection, created_at, made_at, made_by'

export function openInbound(db: Database): Inbound {
  const from = (row: readonly unknown[] | undefined): InboundAddress | null => {
    if (row === undefined) return null
    const [tenant, connection, created_at, made_at, made_by] = row as string[]
    return { tenant, connection, created_at, made_at, made_by } as InboundAddress
  }
  return {
    makeInbound: ({ tenant, connection, created_at, made_at, made_by }) => {
      const key = randomBytes(BYTES).toString('base64url')
      db.write(() =>
        db.run(
          `INSERT INTO inbound (hash, ${COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6)
           ON CONFLICT (tenant, connection) DO UPDATE SET
             hash = excluded.hash, created_at = excluded.created_at, made_at = excluded.made_at, made_by = excluded.made_by`,
          ...[hashOf(key), tenant, connection, created_at, made_at, made_by],
        ),
      )
      return key
    },
    inbound: (key) =>
      from(
        db.one(
          `SELECT ${COLUMNS} FROM inbound WHERE hash = $1 AND EXISTS (SELECT 1 FROM tenant WHERE tenant.tenant = inbound.tenant)`,
          hashOf(key),
        ),
      ),
    inboundOf: (tenant, connection) =>
      from(db.one(`SELECT ${COLUMNS} FROM inbound WHERE tenant = $1 AND connection = $2`, tenant, connection)),
    dropInbound: (tenant, connection) =>
      db.write(() => db.run('DELETE FROM inbound WHERE tenant = $1 AND connection = $2', tenant, connection) > 0),
  }
}
