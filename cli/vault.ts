/** What a command needs to sign in: sealed tokens beside the store, and the ledger's entry of each secret that it uses. */
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Sealer } from '../runtime/control/sealer.ts'
import type { VaultFile } from '../runtime/control/vault-file.ts'
import { Failure } from '../runtime/errors.ts'
import type { Kept } from '../runtime/http/kept.ts'
import type { NewEntry } from '../runtime/ledger/entry.ts'
import type { Connector } from '../runtime/types.ts'
import type { KeySource } from '../runtime/vault/key-source.ts'
import { actOf } from './inputs.ts'
import type { Io } from './io.ts'
import type { BothStores, Target } from './target.ts'

export type Asking = {
  readonly kept: Kept
  /** Durable when it resolves: no entry, no secret. One a secret and run. */
  readonly used: (secret: string) => Promise<void>
  readonly close: () => void
}
export type Vault = { readonly file: VaultFile; readonly sealer: Sealer; readonly close: () => void }

/** A folder of the command line is one tenant's, and has no name of its own. */
const TENANT = 'local'
export const KEY_FILE = 'vault.key'
/** While it takes the other one's place. */
export const NEW_KEY_FILE = 'vault.key.new'

/** `dir` null: nothing is kept. `store` null: another process may have it; entries wait in the vault for whoever opens it next. */
export function openAsking(
  { connector, connection }: Target,
  io: Io,
  o: { readonly what: string; readonly dir: string | null; readonly store: BothStores | null },
): Asking {
  const { dir, store } = o
  const { name } = connection
  let opened: Promise<Vault> | null = null
  const vault = (): Promise<Vault> => {
    opened ??= openVault(dir as string, io)
    return opened
  }
  const said = new Set<string>()
  return {
    kept: dir === null || !mayRotate(connector) ? keptNowhere(connector) : inVault(vault, { connector, connection }, store),
    async used(secret) {
      if (dir === null || said.has(secret)) return
      const entry: NewEntry = {
        ...actOf(io, `rollcall ${o.what}`),
        what: 'secret used',
        about: name,
        detail: { secret, run: o.what },
      }
      if (store !== null) await store.enter(entry)
      else (await vault()).file.leaveUnsaid(entry)
      said.add(secret)
    },
    close: () => void opened?.then(({ close }) => close()).catch(() => undefined),
  }
}

export async function openVault(dir: string, io: Io): Promise<Vault> {
  const [{ openVaultFile }, { openSealer }, { keySourceFrom, joined }] = await Promise.all([
    import('../runtime/control/vault-file.ts'),
    import('../runtime/control/sealer.ts'),
    import('../runtime/vault/key-source.ts'),
  ])
  const reference = io.env['ROLLCALL_VAULT_KEY']
  let found: KeySource | null = null
  // Made when something is to be sealed, not by looking.
  const key = (): KeySource => {
    if (found !== null) return found
    if (reference !== undefined && reference !== '') found = keySourceFrom(reference, io.env)
    else {
      const other = join(dir, NEW_KEY_FILE)
      const mine = keySourceFrom(`file:${keyFile(dir, KEY_FILE)}`, io.env)
      found = existsSync(other) ? joined(mine, [keySourceFrom(`file:${other}`, io.env)]) : mine
    }
    return found
  }
  const source: KeySource = {
    get id() {
      return key().id
    },
    get others() {
      return key().others ?? []
    },
    wrap: (...given) => key().wrap(...given),
    unwrap: (...given) => key().unwrap(...given),
  }
  const file = openVaultFile(dir, io.now)
  return { file, sealer: openSealer(TENANT, file.keys, source, io.now), close: () => file.close() }
}

/** Made where there is none: 32 random bytes that their owner alone may read. */
export function keyFile(dir: string, name: string): string {
  const path = join(dir, name)
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  try {
    writeFileSync(path, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600, flag: 'wx', flush: true })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    if (readFileSync(path, 'utf8') === '') throw new Failure('vault/key', path, 'the file is empty')
  }
  return path
}

/** The tokens that signing in kept for a connection that is no more. */
export async function forgetKept(dir: string, connection: string, io: Io): Promise<void> {
  if (!existsSync(join(dir, 'vault.db'))) return
  const { openVaultFile } = await import('../runtime/control/vault-file.ts')
  const file = openVaultFile(dir, io.now)
  try {
    file.dropKept(connection)
  } finally {
    file.close()
  }
}

/** Entries of processes that could not have the store. */
export async function takeUpUnsaid(dir: string, io: Io, store: BothStores): Promise<void> {
  // Asked of the folder first: most have none.
  if (!existsSync(join(dir, 'vault.db'))) return
  const { openVaultFile } = await import('../runtime/control/vault-file.ts')
  const file = openVaultFile(dir, io.now)
  try {
    for (const { n, entry } of file.unsaid()) {
      await store.enter(entry)
      file.said(n)
    }
  } finally {
    file.close()
  }
}

function inVault(vault: () => Promise<Vault>, { connector, connection }: Target, store: BothStores | null): Kept {
  const { name, settings } = connection
  let ready: Promise<Required<Kept>> | null = null
  const open = async (): Promise<Required<Kept>> => {
    const [{ file, sealer }, { credentialOrigins }] = await Promise.all([vault(), import('../runtime/http/credentials.ts')])
    const kept = file.kept(name, (credentialOrigins(connector, settings) ?? []).join(' '), sealer)
    if (store !== null) await takeOver(store, name, kept)
    return kept
  }
  const kept = (): Promise<Required<Kept>> => {
    ready ??= open()
    return ready
  }
  return {
    read: async () => (await kept()).read(),
    keep: async (slot, value) => (await kept()).keep(slot, value),
    alone: async (work) => (await kept()).alone(work),
  }
}

/** What a version before this one kept unsealed, in the store itself. */
async function takeOver(store: BothStores, connection: string, kept: Kept): Promise<void> {
  const known = await kept.read()
  for (const [slot, value] of Object.entries(await store.kept(connection))) {
    if (value === '') continue
    if (known[slot] === undefined) await kept.keep(slot, value)
    await store.keep(connection, slot, '')
  }
}

/** Whether signing in may hand out a secret that must outlive the process. */
export const mayRotate = (connector: Connector): boolean => JSON.stringify(connector.auth).includes('"oauth2_refresh"')

/** Without a store a rotated refresh token would be lost with the process, and the access with it. Throws `cli/usage`. */
function keptNowhere(connector: Connector): Kept {
  if (mayRotate(connector)) {
    throw new Failure(
      'cli/usage',
      'auth',
      'this connector signs in with a refresh token that may rotate; give --store DIR so that it is not lost',
    )
  }
  return {
    read: async () => ({}),
    keep: async () => {
      throw new Failure('auth/not-kept', 'auth', 'there is no store')
    },
  }
}
