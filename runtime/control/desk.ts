/**
 * What a tenant's store does not keep: versions of uploaded connectors, plans that wait for approval, what is paused, idempotency keys,
 * sealed secrets. A file of its own in the tenant's folder: another tenant's is another file.
 */
import { chmodSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Failure } from '../errors.ts'
import { type Cells, type Database, openDatabase } from '../store/sqlite/database.ts'
import type { Plan } from '../write-types.ts'
import { DESK } from './schema.ts'
import { openSealedRows, type SealedRows } from './sealed-rows.ts'

export type ConnectorVersion = {
  readonly connector: string
  /** From 1, in order of upload. */
  readonly no: number
  readonly fingerprint: string
  readonly at: string
  readonly by: string
  readonly deprecated_at: string | null
  readonly deprecated_why: string | null
  readonly current: boolean
}
export type Paused = { readonly connection: string; readonly at: string; readonly by: string; readonly why: string }
/** `token`: with which it was asked for; null: in a session. */
export type KeptPlan = { readonly plan: Plan; readonly at: string; readonly by: string; readonly token: string | null }
/** A waiver that somebody wants, until a second person signs it. */
export type AskedWaiver = {
  readonly request: string
  /** Of whose gate the reason is. */
  readonly connection: string | null
  readonly certification: string | null
  readonly reason: string
  readonly until: string
  readonly why: string
  readonly at: string
  readonly by: string
  readonly token: string | null
  /** Of those signed before the store's format 9; since then the waiver itself says which request it signed. */
  readonly signed: { readonly by: string; readonly at: string } | null
}
export type Answered = {
  readonly status: number
  readonly headers: { readonly [name: string]: string }
  readonly body: string | null
}
export type Desk = SealedRows & {
  /** The next number; it is the current one from now on. The same text as the current one makes none. */
  readonly upload: (version: { connector: string; yaml: string; fingerprint: string; at: string; by: string }) => ConnectorVersion
  readonly versions: (connector: string) => readonly ConnectorVersion[]
  /** Names of uploaded connectors, ascending, after one. */
  readonly connectors: (after: string, limit: number) => readonly string[]
  readonly yaml: (connector: string, no: number) => string | null
  /** Throws `control/deprecated` for a version that is. */
  readonly makeCurrent: (connector: string, no: number) => void
  readonly deprecate: (connector: string, no: number, why: string, at: string) => void
  /** Where the current version lies as a file. */
  readonly file: (connector: string) => string
  readonly pause: (paused: Paused) => void
  readonly resume: (connection: string) => boolean
  readonly paused: (connection: string) => Paused | null
  readonly keepPlan: (plan: KeptPlan) => void
  readonly plan: (hash: string) => KeptPlan | null
  /** Newest first; `before`: a plan's hash. */
  readonly plans: (before: string | null, limit: number) => readonly KeptPlan[]
  readonly askWaiver: (asked: Omit<AskedWaiver, 'signed'>) => void
  readonly askedWaiver: (request: string) => AskedWaiver | null
  /** Ascending by name, after one. */
  readonly askedWaivers: (after: string, limit: number) => readonly AskedWaiver[]
  /** Null: it is the first; else what was asked for then, and what was answered, if it was by now. */
  readonly beginKey: (
    asker: string,
    key: string,
    request: Buffer,
    at: string,
  ) => { readonly same: boolean; readonly at: string; readonly answer: Answered | null } | null
  readonly endKey: (asker: string, key: string, answer: Answered) => void
  readonly dropKey: (asker: string, key: string) => void
  readonly close: () => void
}

/** How long an answer is given again. */
const KEYS_MS = 86_400_000

/** `beside`: another process has it open and serves from it. */
export function openDesk(dir: string, { beside = false }: { readonly beside?: boolean } = {}): Desk {
  const file = join(dir, 'desk.db')
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const db = openDatabase(file, dir)
  chmodSync(file, 0o600)
  // What is dropped is not left in a free page.
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF; PRAGMA secure_delete = ON')
  db.write(() => {
    db.exec(DESK)
    // Of a process that is gone: whoever asks again is served again.
    if (!beside) db.run('DELETE FROM idempotency WHERE status IS NULL')
  })
  return {
    ...connectors(db, join(dir, 'connectors')),
    ...plans(db),
    ...waivers(db),
    ...keys(db),
    ...openSealedRows(db),
    close: () => db.close(),
  }
}

const VERSION = `v.connector, v.no, v.fingerprint, v.at, v.by, v.deprecated_at, v.deprecated_why, v.no = c.current
  FROM connector_version v JOIN connector c ON c.connector = v.connector`

function connectors(
  db: Database,
  dir: string,
): Pick<Desk, 'upload' | 'versions' | 'connectors' | 'yaml' | 'makeCurrent' | 'deprecate' | 'file'> {
  const file = (connector: string): string => join(dir, `${connector}.yaml`)
  const yaml: Desk['yaml'] = (connector, no) =>
    (db.one('SELECT yaml FROM connector_version WHERE connector = $1 AND no = $2', connector, no)?.[0] as string) ?? null
  const versions: Desk['versions'] = (connector) =>
    db.all(`SELECT ${VERSION} WHERE v.connector = $1 ORDER BY v.no DESC`, connector).map(versionFrom)
  /** Whole or not at all: whoever reads it at this moment has the one or the other. */
  const place = (connector: string, text: string): void => {
    mkdirSync(dir, { recursive: true, mode: 0o700 })
    writeFileSync(`${file(connector)}.part`, text, { mode: 0o600, flush: true })
    renameSync(`${file(connector)}.part`, file(connector))
  }
  const set = (connector: string, no: number): void =>
    void db.run(
      'INSERT INTO connector (connector, current) VALUES ($1, $2) ON CONFLICT (connector) DO UPDATE SET current = excluded.current',
      connector,
      no,
    )
  const known = (connector: string, no: number): ConnectorVersion => {
    const found = versions(connector).find((one) => one.no === no)
    if (found === undefined)
      throw new Failure('control/version', connector, `there is no version ${no} of connector ${connector}`)
    return found
  }
  return {
    file,
    yaml,
    versions,
    connectors: (after, limit) =>
      db
        .all('SELECT connector FROM connector WHERE connector > $1 ORDER BY connector LIMIT $2', after, limit)
        .map(([name]) => name as string),
    upload: ({ connector, yaml: text, fingerprint, at, by }) => {
      db.write(() => {
        const all = versions(connector)
        const current = all.find((one) => one.current)
        if (current !== undefined && yaml(connector, current.no) === text) return
        const no = (all[0]?.no ?? 0) + 1
        db.run(
          'INSERT INTO connector_version (connector, no, yaml, fingerprint, at, by) VALUES ($1, $2, $3, $4, $5, $6)',
          ...[connector, no, text, fingerprint, at, by],
        )
        set(connector, no)
        place(connector, text)
      })
      return versions(connector).find((one) => one.current) as ConnectorVersion
    },
    makeCurrent: (connector, no) =>
      db.write(() => {
        if (known(connector, no).deprecated_at !== null)
          throw new Failure('control/deprecated', connector, `version ${no} of connector ${connector} is deprecated`)
        set(connector, no)
        place(connector, yaml(connector, no) as string)
      }),
    deprecate: (connector, no, why, at) =>
      db.write(() => {
        if (known(connector, no).current)
          throw new Failure('control/current', connector, `version ${no} of connector ${connector} is the one in use`)
        db.run(
          'UPDATE connector_version SET deprecated_at = coalesce(deprecated_at, $3), deprecated_why = coalesce(deprecated_why, $4) WHERE connector = $1 AND no = $2',
          ...[connector, no, at, why],
        )
      }),
  }
}

function versionFrom([connector, no, fingerprint, at, by, deprecated_at, deprecated_why, current]: Cells): ConnectorVersion {
  return { connector, no, fingerprint, at, by, deprecated_at, deprecated_why, current: current === 1 } as ConnectorVersion
}

function plans(db: Database): Pick<Desk, 'keepPlan' | 'plan' | 'plans' | 'pause' | 'resume' | 'paused'> {
  const planFrom = ([plan, at, by, token]: Cells): KeptPlan => ({ plan: JSON.parse(plan as string), at, by, token }) as KeptPlan
  return {
    keepPlan: ({ plan, at, by, token }) =>
      void db.write(() =>
        db.run(
          'INSERT INTO plan (hash, plan, at, by, token) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (hash) DO NOTHING',
          ...[plan.hash, JSON.stringify(plan), at, by, token],
        ),
      ),
    plan: (hash) => {
      const row = db.one('SELECT plan, at, by, token FROM plan WHERE hash = $1', hash)
      return row === undefined ? null : planFrom(row)
    },
    plans: (before, limit) =>
      db
        .all(
          `SELECT plan, at, by, token FROM plan
           WHERE $1 IS NULL OR (at, hash) < (SELECT at, hash FROM plan WHERE hash = $1) ORDER BY at DESC, hash DESC LIMIT $2`,
          before,
          limit,
        )
        .map(planFrom),
    pause: ({ connection, at, by, why }) =>
      void db.write(() =>
        db.run(
          'INSERT INTO paused (connection, at, by, why) VALUES ($1, $2, $3, $4) ON CONFLICT (connection) DO NOTHING',
          ...[connection, at, by, why],
        ),
      ),
    resume: (connection) => db.write(() => db.run('DELETE FROM paused WHERE connection = $1', connection) > 0),
    paused: (connection) => {
      const row = db.one('SELECT connection, at, by, why FROM paused WHERE connection = $1', connection)
      return row === undefined ? null : ({ connection: row[0], at: row[1], by: row[2], why: row[3] } as Paused)
    },
  }
}

function waivers(db: Database): Pick<Desk, 'askWaiver' | 'askedWaiver' | 'askedWaivers'> {
  const ROW = 'SELECT request, body, at, by, token, signed_by, signed_at FROM waiver_request'
  const from = ([request, body, at, by, token, signed_by, signed_at]: Cells): AskedWaiver =>
    ({
      request,
      ...JSON.parse(body as string),
      ...{ at, by, token, signed: signed_by === null ? null : { by: signed_by, at: signed_at } },
    }) as AskedWaiver
  return {
    askWaiver: ({ request, at, by, token, ...body }) =>
      void db.write(() =>
        db.run(
          'INSERT INTO waiver_request (request, body, at, by, token) VALUES ($1, $2, $3, $4, $5)',
          ...[request, JSON.stringify(body), at, by, token],
        ),
      ),
    askedWaiver: (request) => {
      const row = db.one(`${ROW} WHERE request = $1`, request)
      return row === undefined ? null : from(row)
    },
    askedWaivers: (after, limit) => db.all(`${ROW} WHERE request > $1 ORDER BY request LIMIT $2`, after, limit).map(from),
  }
}

function keys(db: Database): Pick<Desk, 'beginKey' | 'endKey' | 'dropKey'> {
  return {
    beginKey: (asker, key, request, at) =>
      db.write(() => {
        db.run('DELETE FROM idempotency WHERE at < $1', new Date(Date.parse(at) - KEYS_MS).toISOString())
        const row = db.one('SELECT request, at, status, headers, body FROM idempotency WHERE asker = $1 AND key = $2', asker, key)
        if (row === undefined) {
          db.run('INSERT INTO idempotency (asker, key, request, at) VALUES ($1, $2, $3, $4)', asker, key, request, at)
          return null
        }
        const [before, since, status, headers, body] = row
        const answer =
          status === null ? null : ({ status, headers: JSON.parse(headers as string), body: body as string | null } as Answered)
        return { same: Buffer.from(before as Uint8Array).equals(request), at: since as string, answer }
      }),
    endKey: (asker, key, { status, headers, body }) =>
      void db.write(() =>
        db.run(
          'UPDATE idempotency SET status = $3, headers = $4, body = $5 WHERE asker = $1 AND key = $2',
          ...[asker, key, status, JSON.stringify(headers), body],
        ),
      ),
    dropKey: (asker, key) =>
      void db.write(() => db.run('DELETE FROM idempotency WHERE asker = $1 AND key = $2 AND status IS NULL', asker, key)),
  }
}
