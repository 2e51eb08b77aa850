/** Another key that wraps data keys, other data keys: of a server's folder, or of a single tenant's. */
import { existsSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import type { Sealer } from '../runtime/control/sealer.ts'
import type { VaultFile } from '../runtime/control/vault-file.ts'
import { Failure } from '../runtime/errors.ts'
import type { KeySource } from '../runtime/vault/key-source.ts'
import { keyIdOf } from '../runtime/vault/seal.ts'
import { actOf } from './inputs.ts'
import type { Io } from './io.ts'
import { KEY_FILE, keyFile, NEW_KEY_FILE, openVault } from './vault.ts'

export type KeysAsked = {
  readonly dir: string
  readonly key: string | undefined
  readonly old: readonly string[]
  readonly retire: boolean
  readonly data_keys: boolean
}
export type KeysDone = {
  readonly tenants: number
  /** Data keys that the new key wraps now, and those that it did before. */
  readonly wrapped: number
  readonly already: number
  /** Wrappings of other keys that are gone. */
  readonly retired: number
  /** Values that are sealed with another data key now. */
  readonly resealed: number
  /** Data keys that nothing is sealed with any more. */
  readonly dropped: number
}

/** A value sealed in this moment by another process may still be of the data key before; a day later none is on its way. */
const DATA_KEY_RESTS_MS = 86_400_000

export async function rotateKeys(asked: KeysAsked, io: Io): Promise<KeysDone> {
  if (existsSync(join(asked.dir, 'control', 'control.db'))) return await served(asked, io)
  if (existsSync(join(asked.dir, 'rollcall.db')) || existsSync(join(asked.dir, 'vault.db'))) return await single(asked, io)
  throw new Failure('store/not-found', asked.dir, `there is no store in ${asked.dir}`)
}

async function served({ dir, key, old, retire: drop, data_keys }: KeysAsked, io: Io): Promise<KeysDone> {
  const [{ openControl }, { keySourceFrom, joined }, { rewrap, retire }] = await Promise.all([
    import('../runtime/control/open.ts'),
    import('../runtime/vault/key-source.ts'),
    import('../runtime/vault/rewrap.ts'),
  ])
  if (key === undefined) throw new Failure('cli/usage', '--key', 'name the key that is to wrap from now on: --key REF')
  const to = keySourceFrom(key, io.env)
  const from = old.map((one) => keySourceFrom(one, io.env))
  const control = openControl(dir)
  try {
    const tenants = control.keys.tenants()
    const say = (what: string, detail: { readonly [name: string]: string | number }): void => {
      for (const tenant of tenants) control.leaveUnsaid(tenant, { ...actOf(io, 'rollcall rotate'), what, about: 'vault', detail })
    }
    // Said before it is done: whoever is cut off half-way has said what he began.
    say('key rotation', { key: to.id, retire: String(drop), data_keys: String(data_keys) })
    const done = await rewrap(control.keys, to, from)
    const resealed = { resealed: 0, dropped: 0 }
    if (data_keys)
      for (const tenant of tenants) {
        const one = await resealTenant(dir, tenant, control.keys, joined(to, from), io)
        resealed.resealed += one.resealed
        resealed.dropped += one.dropped
      }
    const retired = drop ? await retire(control.keys, to) : 0
    return { tenants: done.length, wrapped: sum(done, 'wrapped'), already: sum(done, 'already'), retired, ...resealed }
  } finally {
    control.close()
  }
}

type Keys = VaultFile['keys']

async function resealTenant(
  dir: string,
  tenant: string,
  keys: Keys,
  source: KeySource,
  io: Io,
): Promise<{ readonly resealed: number; readonly dropped: number }> {
  const [{ openDesk }, { openSealer }, { openVaultFile }] = await Promise.all([
    import('../runtime/control/desk.ts'),
    import('../runtime/control/sealer.ts'),
    import('../runtime/control/vault-file.ts'),
  ])
  const folder = join(dir, 'tenants', tenant)
  const desk = openDesk(folder, { beside: true })
  const file = openVaultFile(folder, io.now)
  try {
    const usedIn = () => new Set([...file.keyIds(), ...desk.allSecrets().flatMap(({ sealed }) => keyIdOf(sealed) ?? [])])
    const sealer = openSealer(tenant, keys, source, io.now)
    const id = await newDataKey(keys, tenant, usedIn(), sealer)
    let resealed = await file.reseal(id, sealer)
    for (const row of desk.allSecrets()) {
      if (keyIdOf(row.sealed) === id) continue
      const anew = await sealer.seal(row, await sealer.open(row, row.sealed))
      if (desk.resealSecret(row.name, row.sealed, anew)) resealed++
    }
    return { resealed, dropped: dropUnused(keys, tenant, usedIn(), id, io) }
  } finally {
    file.close()
    desk.close()
  }
}

/** Where a run before this one was cut off, the one that it made: asking again goes on instead of beginning again. */
async function newDataKey(keys: Keys, tenant: string, used: ReadonlySet<string>, sealer: Sealer): Promise<string> {
  const newest = keys.of(tenant).at(-1)
  const cut_off = newest !== undefined && [...used].some((id) => id !== newest.id)
  return cut_off ? newest.id : await sealer.renew()
}

/** Only what has had a successor for a day. */
function dropUnused(keys: Keys, tenant: string, used: ReadonlySet<string>, newest: string, io: Io): number {
  const all = [...new Map(keys.of(tenant).map((row) => [row.id, row.made_at]))]
  const unused = all.filter(([id], i) => {
    const successor = all[i + 1]
    const rested = successor !== undefined && io.now() - Date.parse(successor[1]) >= DATA_KEY_RESTS_MS
    return rested && id !== newest && !used.has(id)
  })
  for (const [id] of unused) keys.drop(tenant, id, null)
  return unused.length
}

/** A folder of the command line. Without a key of its own the file in it is replaced by a new one. */
async function single({ dir, key, old, retire: drop, data_keys }: KeysAsked, io: Io): Promise<KeysDone> {
  const [{ keySourceFrom, joined }, { rewrap, retire }, { openSealer }] = await Promise.all([
    import('../runtime/vault/key-source.ts'),
    import('../runtime/vault/rewrap.ts'),
    import('../runtime/control/sealer.ts'),
  ])
  const { file, close } = await openVault(dir, io)
  try {
    const own = key === undefined && (io.env['ROLLCALL_VAULT_KEY'] ?? '') === ''
    const path = own ? keyFile(dir, NEW_KEY_FILE) : null
    const to = keySourceFrom(path === null ? (key ?? io.env['ROLLCALL_VAULT_KEY'] ?? '') : `file:${path}`, io.env)
    const mine = join(dir, KEY_FILE)
    const from = [...old, ...(existsSync(mine) ? [`file:${mine}`] : [])].map((one) => keySourceFrom(one, io.env))
    file.leaveUnsaid({ ...actOf(io, 'rollcall rotate'), what: 'key rotation', about: 'vault', detail: { key: to.id } })
    const done = await rewrap(file.keys, to, from)
    let [resealed, dropped] = [0, 0]
    if (data_keys)
      for (const tenant of file.keys.tenants()) {
        const sealer = openSealer(tenant, file.keys, joined(to, from), io.now)
        const id = await newDataKey(file.keys, tenant, file.keyIds(), sealer)
        resealed += await file.reseal(id, sealer)
        dropped += dropUnused(file.keys, tenant, file.keyIds(), id, io)
      }
    if (path !== null) renameSync(path, mine)
    // The file has another name by now, and is the same key.
    const after = path === null ? to : keySourceFrom(`file:${mine}`, io.env)
    if (path !== null) await rewrap(file.keys, after, [to])
    const retired = drop || path !== null ? await retire(file.keys, after) : 0
    return { tenants: done.length, wrapped: sum(done, 'wrapped'), already: sum(done, 'already'), retired, resealed, dropped }
  } finally {
    close()
  }
}

const sum = (of: readonly { readonly wrapped: number; readonly already: number }[], what: 'wrapped' | 'already'): number =>
  of.reduce((n, one) => n + one[what], 0)
