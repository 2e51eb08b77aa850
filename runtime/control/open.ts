/**
 * The control store: tenants, tokens, people, sessions. One SQLite file that several processes may write (`rollcall tokens` beside
 * `rollcall serve`), read anew on every request: what is revoked is revoked at once.
 */
import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Failure } from '../errors.ts'
import type { NewEntry } from '../ledger/entry.ts'
import { type Cells, type Database, openDatabase } from '../store/sqlite/database.ts'
import type { DataKeys } from '../vault/rewrap.ts'
import { INBOUND, type Inbound, openInbound } from './inbound.ts'
import { KEYS, openKeys, takeOverOldKeys } from './keys.ts'
import { openPeople, type People } from './people.ts'
import { CONTROL } from './schema.ts'
import { hashOf, newSecret, newToken, sameHash, tokenId } from './token.ts'
import type { LoginUnderWay, NamedSession, Session, Tenant, Token } from './types.ts'

export type Control = People &
  Inbound & {
    readonly tenant: (tenant: string) => Tenant | null
    /** Ascending by name, after one. */
    readonly tenants: (after: string, limit: number) => readonly Tenant[]
    /** Throws `control/tenant-exists`, `control/tenant-name`. */
    readonly makeTenant: (tenant: Tenant) => void
    /** One whose making failed: it has no token yet. */
    readonly unmakeTenant: (tenant: string) => void
    /** The only moment at which the text is known. */
    readonly makeToken: (token: Omit<Token, 'token' | 'revoked_at' | 'used_at'>) => {
      readonly token: Token
      readonly text: string
    }
    /** Whose text this is: not revoked, not over. Null: nobody's. */
    readonly tokenOf: (text: string, now: string) => Token | null
    readonly token: (id: string) => Token | null
    readonly tokens: (tenant: string | null, after: string, limit: number) => readonly Token[]
    /** False: there is none such in that tenant. */
    readonly revoke: (tenant: string | null, id: string, now: string) => boolean
    readonly makeSession: (session: Session) => string
    readonly session: (text: string, now: string) => Session | null
    readonly touchSession: (text: string, now: string) => void
    readonly endSession: (text: string) => void
    /** Those that are not over, ascending by name, after one. */
    readonly sessions: (tenant: string, now: string, after: string, limit: number) => readonly NamedSession[]
    readonly sessionNamed: (tenant: string, now: string, session: string) => Session | null
    /** By its name. False: there is none such in that tenant. */
    readonly closeSession: (tenant: string, session: string) => boolean
    readonly beginLogin: (login: LoginUnderWay) => string
    /** Once: it is gone afterwards. */
    readonly takeLogin: (text: string, now: string) => LoginUnderWay | null
    /** What another process did here that the tenant's ledger does not have yet: only the process that has the store may write there. */
    readonly leaveUnsaid: (tenant: string, entry: NewEntry) => void
    readonly unsaid: (tenant: string) => readonly { readonly n: number; readonly entry: NewEntry }[]
    readonly said: (n: number) => void
    readonly keys: DataKeys
    readonly ready: () => boolean
    /** Hears of each commit of this process. What it returns ends that. */
    readonly onCommit: (listener: () => void) => () => void
    readonly close: () => void
  }

export const TENANT_NAME = /^[a-z][a-z0-9-]{0,62}$/

/** Throws what `openDatabase` throws: `store/folder`, `store/damaged`, `store/full`. */
export function openControl(dir: string): Control {
  const folder = join(dir, 'control')
  const file = join(folder, 'control.db')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const db = openDatabase(file, folder)
  chmodSync(file, 0o600)
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF')
  db.write(() => {
    db.exec(CONTROL + KEYS + INBOUND)
    takeOverOldKeys(db)
  })
  return { ...who(db), ...openPeople(db), ...openInbound(db), ...rest(db), keys: openKeys(db) }
}

const TOKEN = 'token, tenant, name, person, roles, connections, made_at, made_by, expires_at, revoked_at, used_at'

function who(
  db: Database,
): Pick<Control, 'tenant' | 'tenants' | 'makeTenant' | 'unmakeTenant' | 'makeToken' | 'tokenOf' | 'token' | 'tokens' | 'revoke'> {
  const tenant: Control['tenant'] = (name) => {
    const row = db.one('SELECT tenant, title, made_at, made_by FROM tenant WHERE tenant = $1', name)
    return row === undefined ? null : tenantFrom(row)
  }
  return {
    tenant,
    tenants: (after, limit) =>
      db
        .all('SELECT tenant, title, made_at, made_by FROM tenant WHERE tenant > $1 ORDER BY tenant LIMIT $2', after, limit)
        .map(tenantFrom),
    makeTenant: (made) => {
      if (!TENANT_NAME.test(made.tenant))
        throw new Failure(
          'control/tenant-name',
          'tenant',
          'a tenant is named with a-z, 0-9 and `-`, from a letter on, at most 63 characters',
        )
      db.write(() => {
        if (tenant(made.tenant) !== null)
          throw new Failure('control/tenant-exists', made.tenant, `there is a tenant ${made.tenant} already`)
        const { title, made_at, made_by } = made
        db.run(
          'INSERT INTO tenant (tenant, title, made_at, made_by) VALUES ($1, $2, $3, $4)',
          made.tenant,
          title,
          made_at,
          made_by,
        )
      })
    },
    unmakeTenant: (name) =>
      void db.write(() => {
        db.run('DELETE FROM tenant WHERE tenant = $1 AND NOT EXISTS (SELECT 1 FROM token WHERE tenant = $1)', name)
        db.run('DELETE FROM inbound WHERE tenant = $1 AND NOT EXISTS (SELECT 1 FROM tenant WHERE tenant = $1)', name)
      }),
    makeToken: (given) => {
      const { id, text, hash } = newToken()
      const { tenant: of, name, person, roles, connections, made_at, made_by, expires_at } = given
      const only = connections === null ? null : JSON.stringify(connections)
      db.write(() => {
        if (of !== null && tenant(of) === null) throw new Failure('control/tenant', of, `there is no tenant ${of}`)
        db.run(
          `INSERT INTO token (token, hash, tenant, name, person, roles, connections, made_at, made_by, expires_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
          ...[id, hash, of, name, person, JSON.stringify(roles), only, made_at, made_by, expires_at],
        )
      })
      return { token: { ...given, token: id, revoked_at: null, used_at: null }, text }
    },
    tokenOf: (text, now) => {
      const id = tokenId(text)
      if (id === null) return null
      const row = db.one(`SELECT ${TOKEN}, hash FROM token WHERE token = $1`, id)
      if (row === undefined || !sameHash(row[11] as Uint8Array, hashOf(text))) return null
      const token = tokenFrom(row)
      if (token.revoked_at !== null || Date.parse(token.expires_at) <= Date.parse(now)) return null
      // Once a minute is often enough to see which are still used, and costs no write a request.
      if (token.used_at === null || Date.parse(now) - Date.parse(token.used_at) > 60_000)
        db.write(() => db.run('UPDATE token SET used_at = $2 WHERE token = $1', id, now), 'process')
      return token
    },
    token: (id) => {
      const row = db.one(`SELECT ${TOKEN} FROM token WHERE token = $1`, id)
      return row === undefined ? null : tokenFrom(row)
    },
    tokens: (of, after, limit) =>
      db
        .all(`SELECT ${TOKEN} FROM token WHERE tenant IS $1 AND token > $2 ORDER BY token LIMIT $3`, of, after, limit)
        .map(tokenFrom),
    revoke: (of, id, now) =>
      db.write(
        () => db.run('UPDATE token SET revoked_at = coalesce(revoked_at, $3) WHERE token = $1 AND tenant IS $2', id, of, now) > 0,
      ),
  }
}

function rest(
  db: Database,
): Pick<
  Control,
  | 'makeSession'
  | 'session'
  | 'touchSession'
  | 'endSession'
  | 'sessions'
  | 'sessionNamed'
  | 'closeSession'
  | 'beginLogin'
  | 'takeLogin'
  | 'leaveUnsaid'
  | 'unsaid'
  | 'said'
  | 'ready'
  | 'onCommit'
  | 'close'
> {
  const NAME = 'lower(hex(substr(hash, 1, 12)))'
  const SESSION = 'tenant, idp, issuer, subject, email, made_at, expires_at, used_at'
  return {
    makeSession: ({ tenant, idp, issuer, subject, email, made_at, expires_at, used_at }) => {
      const text = newSecret()
      db.write(() => {
        db.run('DELETE FROM session WHERE expires_at <= $1', made_at)
        db.run(
          `INSERT INTO session (hash, ${SESSION}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
          ...[hashOf(text), tenant, idp, issuer, subject, email, made_at, expires_at, used_at],
        )
      })
      return text
    },
    session: (text, now) => {
      const row = db.one(`SELECT ${SESSION} FROM session WHERE hash = $1 AND expires_at > $2`, hashOf(text), now)
      return row === undefined ? null : sessionFrom(row)
    },
    touchSession: (text, now) => {
      db.write(() => db.run('UPDATE session SET used_at = $2 WHERE hash = $1', hashOf(text), now), 'process')
    },
    endSession: (text) => void db.write(() => db.run('DELETE FROM session WHERE hash = $1', hashOf(text))),
    sessions: (tenant, now, after, limit) =>
      db
        .all(
          `SELECT ${SESSION}, ${NAME} AS name FROM session WHERE tenant = $1 AND expires_at > $2 AND name > $3 ORDER BY name LIMIT $4`,
          ...[tenant, now, after, limit],
        )
        .map((row) => ({ ...sessionFrom(row), session: row[8] as string })),
    sessionNamed: (tenant, now, session) => {
      const row = db.one(
        `SELECT ${SESSION} FROM session WHERE tenant = $1 AND expires_at > $2 AND ${NAME} = $3`,
        ...[tenant, now, session],
      )
      return row === undefined ? null : sessionFrom(row)
    },
    closeSession: (tenant, session) =>
      db.write(() => db.run(`DELETE FROM session WHERE tenant = $1 AND ${NAME} = $2`, tenant, session) > 0),
    beginLogin: ({ idp, state, nonce, verifier, expires_at }) => {
      const text = newSecret()
      db.write(() =>
        db.run(
          'INSERT INTO login (hash, idp, state, nonce, verifier, expires_at) VALUES ($1, $2, $3, $4, $5, $6)',
          ...[hashOf(text), idp, state, nonce, verifier, expires_at],
        ),
      )
      return text
    },
    takeLogin: (text, now) =>
      db.write(() => {
        const row = db.one('SELECT idp, state, nonce, verifier, expires_at FROM login WHERE hash = $1', hashOf(text))
        db.run('DELETE FROM login WHERE hash = $1 OR expires_at <= $2', hashOf(text), now)
        if (row === undefined || (row[4] as string) <= now) return null
        const [idp, state, nonce, verifier, expires_at] = row as string[]
        return { idp, state, nonce, verifier, expires_at } as LoginUnderWay
      }),
    leaveUnsaid: (tenant, entry) =>
      void db.write(() => db.run('INSERT INTO unsaid (tenant, entry) VALUES ($1, $2)', tenant, JSON.stringify(entry))),
    unsaid: (tenant) =>
      db
        .all('SELECT n, entry FROM unsaid WHERE tenant = $1 ORDER BY n', tenant)
        .map(([n, entry]) => ({ n: n as number, entry: JSON.parse(entry as string) as NewEntry })),
    said: (n) => void db.write(() => db.run('DELETE FROM unsaid WHERE n = $1', n)),
    onCommit: db.onCommit,
    ready: () => db.one('SELECT 1')?.[0] === 1,
    close: () => db.close(),
  }
}

const sessionFrom = ([tenant, idp, issuer, subject, email, made_at, expires_at, used_at]: Cells): Session =>
  ({ tenant, idp, issuer, subject, email, made_at, expires_at, used_at }) as Session

const tenantFrom = ([tenant, title, made_at, made_by]: Cells): Tenant => ({ tenant, title, made_at, made_by }) as Tenant

function tokenFrom(row: Cells): Token {
  const [token, tenant, name, person, roles, connections, made_at, made_by, expires_at, revoked_at, used_at] = row
  return {
    ...{ token, tenant, name, person, roles: JSON.parse(roles as string) },
    connections: connections === null ? null : JSON.parse(connections as string),
    ...{ made_at, made_by, expires_at, revoked_at, used_at },
  } as Token
}
