/** Seals with a tenant's newest data key, opens with any of them. Data keys are made when the first is needed. */
import { Failure } from '../errors.ts'
import type { Secret } from '../secret.ts'
import type { KeySource } from '../vault/key-source.ts'
import { byId, type DataKeys, openedByAny } from '../vault/rewrap.ts'
import { type DataKey, keyIdOf, newDataKey, open, seal } from '../vault/seal.ts'

/** `origin`: where the value may be sent, every origin that signing in and reading may reach. */
export type Place = { readonly connection: string; readonly field: string; readonly origin: string }

export type Sealer = {
  /** Throws `vault/key` where no key was given, or it does not open the data key. */
  readonly seal: (place: Place, value: Secret) => Promise<string>
  /** Throws `vault/sealed`, `vault/key`. */
  readonly open: (place: Place, sealed: string) => Promise<Secret>
  /** From now on values are sealed with another data key. Its id. */
  readonly renew: () => Promise<string>
}

/** `now`: milliseconds since 1970. */
export function openSealer(tenant: string, keys: DataKeys, source: KeySource | null, now: () => number): Sealer {
  const known = new Map<string, DataKey>()
  function kekOf(): KeySource {
    if (source !== null) return source
    throw new Failure('vault/key', 'vault', 'this server was started without a key that protects secrets; start it with --key')
  }
  async function keyOf(id: string): Promise<DataKey> {
    const rows = byId(keys.of(tenant)).get(id)
    if (rows === undefined) throw new Failure('vault/sealed', tenant, 'the data key that sealed it is not there any more')
    const key = known.get(id) ?? (await openedByAny([kekOf()], tenant, rows))
    if (key === null) throw new Failure('vault/key', tenant, 'the key of this server does not open the data key of this tenant')
    known.set(id, key)
    return key
  }
  async function made(): Promise<DataKey> {
    const kek = kekOf()
    const key = newDataKey()
    const made_at = new Date(now()).toISOString()
    const wrapping = [kek, ...(kek.others ?? [])].map(async (source) => {
      const wrapped = await source.wrap(tenant, key)
      return { id: key.id, source: source.id, wrapped, made_at }
    })
    keys.keep(tenant, ...(await Promise.all(wrapping)))
    known.set(key.id, key)
    return key
  }
  return {
    async seal(place, value) {
      kekOf()
      const newest = keys.of(tenant).at(-1)
      return seal(newest === undefined ? await made() : await keyOf(newest.id), { tenant, ...place }, value)
    },
    async open(place, sealed) {
      return open(await keyOf(keyIdOf(sealed) ?? ''), { tenant, ...place }, sealed)
    },
    renew: async () => (await made()).id,
  }
}
