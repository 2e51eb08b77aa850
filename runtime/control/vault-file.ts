/**
 * What signing in keeps: refresh tokens that rotate and the access tokens they gave, sealed. In a file of its own beside the store, because
 * several processes write it: `check` beside a `sync`, two workers. Who asks for a token holds the connection's lease; its number (fence)
 * goes up with each holder, and a value that a later holder has kept is never written over by an earlier one that was only slow.
 */
import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Failure } from '../errors.ts'
import type { NewEntry } from '../ledger/entry.ts'
import { Secret } from '../secret.ts'
import { openDatabase } from '../store/sqlite/database.ts'
import type { DataKeys } from '../vault/rewrap.ts'
import { keyIdOf } from '../vault/seal.ts'
import { KEYS, openKeys } from './keys.ts'
import type { Sealer } from './sealer.ts'

type Values = {
  readonly read: () => Promise<{ readonly [name: string]: string }>
  readonly keep: (name: string, value: string) => Promise<void>
}
export type SealedKept = Values & { readonly alone: <T>(work: (kept: Values) => Promise<T>) => Promise<T> }

export type VaultFile = {
  /** Of one connection. `origin`: as it is now; what was kept for another one is not read. */
  readonly kept: (connection: string, origin: string, sealer: Sealer) => SealedKept
  readonly dropKept: (connection: string) => void
  /** Seals anew whatever another data key sealed; how many.. */
  readonly reseal: (keyId: string, sealer: Sealer) => Promise<number>
  /** Data key ids in use here. */
  readonly keyIds: () => ReadonlySet<string>
  /** Data keys of a folder that has no control store. */
  readonly keys: DataKeys
  /** For the ledger, by a process that could not have the store. */
  readonly leaveUnsaid: (entry: NewEntry) => void
  readonly unsaid: () => readonly { readonly n: number; readonly entry: NewEntry }[]
  readonly said: (n: number) => void
  readonly close: () => void
}

const TABLES = `
CREATE TABLE IF NOT EXISTS kept (
  connection TEXT NOT NULL, name TEXT NOT NULL, origin TEXT NOT NULL, sealed TEXT NOT NULL, fence INTEGER NOT NULL, at TEXT NOT NULL,
  PRIMARY KEY (connection, name)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS lease (
  connection TEXT PRIMARY KEY, holder TEXT NOT NULL, fence INTEGER NOT NULL, until_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS unsaid (n INTEGER PRIMARY KEY, entry TEXT NOT NULL) STRICT;
${KEYS}`

/** A holder that died is replaced after this; one that lives renews three times as often. */
export const LEASE_MS = 30_000
/** As long as one token request with its retries may take, twice. */
const PATIENCE_MS = 150_000
const POLL_MS = 25

const FILE = 'vault.db'
export const hasVaultFile = (dir: string): boolean => existsSync(join(dir, FILE))

/** `now`: milliseconds since 1970. Throws what `openDatabase` throws. */
export function openVaultFile(dir: string, now: () => number, lease_ms = LEASE_MS): VaultFile {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const file = join(dir, FILE)
  const db = openDatabase(file, dir)
  chmodSync(file, 0o600)
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF; PRAGMA secure_delete = ON')
  db.write(() => db.exec(TABLES))
  const at = (): string => new Date(now()).toISOString()

  /** Fence of a new holder; null: somebody else holds it. */
  const take = (connection: string, holder: string): number | null =>
    db.write(() => {
      const row = db.one('SELECT fence, until_ms FROM lease WHERE connection = $1', connection)
      const [fence = 0, until_ms = 0] = (row ?? []) as readonly number[]
      if (until_ms > now()) return null
      db.run(
        `INSERT INTO lease (connection, holder, fence, until_ms) VALUES ($1, $2, $3, $4)
         ON CONFLICT (connection) DO UPDATE SET holder = excluded.holder, fence = excluded.fence, until_ms = excluded.until_ms`,
        ...[connection, holder, fence + 1, now() + lease_ms],
      )
      return fence + 1
    })
  const renew = (connection: string, fence: number): void =>
    void db.write(
      () => db.run('UPDATE lease SET until_ms = $3 WHERE connection = $1 AND fence = $2', connection, fence, now() + lease_ms),
      'process',
    )
  const giveBack = (connection: string, fence: number): void =>
    void db.write(
      () => db.run('UPDATE lease SET until_ms = 0 WHERE connection = $1 AND fence = $2', connection, fence),
      'process',
    )

  function values(connection: string, origin: string, sealer: Sealer, fence: () => number): Values {
    return {
      async read() {
        const rows = db.all('SELECT name, sealed FROM kept WHERE connection = $1 AND origin = $2', connection, origin)
        const entries = rows.map(async ([name, sealed]) => {
          const place = { connection, field: name as string, origin }
          return [name as string, (await sealer.open(place, sealed as string)).reveal()] as const
        })
        return Object.fromEntries(await Promise.all(entries))
      },
      async keep(name, value) {
        const sealed = await sealer.seal({ connection, field: name, origin }, new Secret(value))
        db.write(() => {
          const mine = fence()
          const before = db.one('SELECT fence FROM kept WHERE connection = $1 AND name = $2', connection, name)
          if (before !== undefined && (before[0] as number) > mine)
            throw new Failure('auth/fenced', connection, 'another process has kept a later token meanwhile')
          db.run(
            `INSERT INTO kept (connection, name, origin, sealed, fence, at) VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (connection, name) DO UPDATE SET origin = excluded.origin, sealed = excluded.sealed, fence = excluded.fence, at = excluded.at`,
            ...[connection, name, origin, sealed, mine, at()],
          )
        })
      },
    }
  }

  async function alone<T>(connection: string, work: (fence: number) => Promise<T>): Promise<T> {
    const holder = `${process.pid}-${randomBytes(6).toString('hex')}`
    const end = now() + PATIENCE_MS
    let fence = take(connection, holder)
    while (fence === null) {
      if (now() > end) throw new Failure('auth/lease', connection, 'another process signs in there and does not end')
      await sleep(POLL_MS + Math.random() * POLL_MS)
      fence = take(connection, holder)
    }
    const mine = fence
    const beat = setInterval(() => renew(connection, mine), lease_ms / 3)
    beat.unref()
    try {
      return await work(mine)
    } finally {
      clearInterval(beat)
      giveBack(connection, mine)
    }
  }

  return {
    kept(connection, origin, sealer) {
      // Outside a lease: as late as whoever holds one now.
      const latest = (): number => Number(db.one('SELECT fence FROM lease WHERE connection = $1', connection)?.[0] ?? 0)
      return {
        ...values(connection, origin, sealer, latest),
        alone: (work) => alone(connection, (fence) => work(values(connection, origin, sealer, () => fence))),
      }
    },
    dropKept: (connection) => void db.write(() => db.run('DELETE FROM kept WHERE connection = $1', connection)),
    async reseal(keyId, sealer) {
      let n = 0
      for (const [connection, field, origin, sealed] of db.all(
        'SELECT connection, name, origin, sealed FROM kept',
      ) as readonly string[][]) {
        if (keyIdOf(sealed as string) === keyId) continue
        const place = { connection: connection as string, field: field as string, origin: origin as string }
        const anew = await sealer.seal(place, await sealer.open(place, sealed as string))
        // Whoever kept another one meanwhile has sealed it with the new key already.
        n += db.write(() =>
          db.run(
            'UPDATE kept SET sealed = $4 WHERE connection = $1 AND name = $2 AND sealed = $3',
            ...[place.connection, place.field, sealed as string, anew],
          ),
        )
      }
      return n
    },
    keyIds: () => new Set(db.all('SELECT sealed FROM kept').flatMap(([sealed]) => keyIdOf(sealed as string) ?? [])),
    keys: openKeys(db),
    leaveUnsaid: (entry) => void db.write(() => db.run('INSERT INTO unsaid (entry) VALUES ($1)', JSON.stringify(entry))),
    unsaid: () =>
      db
        .all('SELECT n, entry FROM unsaid ORDER BY n')
        .map(([n, entry]) => ({ n: n as number, entry: JSON.parse(entry as string) as NewEntry })),
    said: (n) => void db.write(() => db.run('DELETE FROM unsaid WHERE n = $1', n)),
    close: () => db.close(),
  }
}
