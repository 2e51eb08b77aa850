/**
 * Secrets that came in through the API: sealed before they are kept, opened only for the request that needs them. Bound to tenant,
 * connection, field and origin: with another host in the settings they do not open. Nothing here gives one back to whoever asks.
 */
import { Failure } from '../errors.ts'
import type { Secret } from '../secret.ts'
import type { KeySource } from '../vault/key-source.ts'
import { type DataKey, keyIdOf, newDataKey, open, seal } from '../vault/seal.ts'
import type { Desk } from './desk.ts'
import type { Control } from './open.ts'
import { newId } from './token.ts'

export type Place = { readonly connection: string; readonly field: string; readonly origin: string }

export type Secrets = {
  /** The name a connection refers to it by; another one with every value. Throws `vault/key` where no key was given. */
  readonly put: (place: Place, value: Secret, by: string, at: string) => Promise<string>
  /** Throws `vault/sealed`: not there, or sealed for another place. */
  readonly get: (name: string, place: Place) => Promise<Secret>
  /** Fields with their age: all that is ever shown. */
  readonly shown: (connection: string) => readonly { readonly field: string; readonly set_at: string; readonly set_by: string }[]
  /** All but those that the connection refers to now. */
  readonly drop: (connection: string, but?: readonly string[]) => void
}

/** `source` null: no secret can be taken or opened. */
export function openSecrets(tenant: string, control: Control, desk: Desk, source: KeySource | null): Secrets {
  const known = new Map<string, DataKey>()
  const keySource = (): KeySource => {
    if (source !== null) return source
    throw new Failure('vault/key', 'vault', 'this server was started without a key that protects secrets; start it with --key')
  }
  async function dataKey(id: string | null, at = ''): Promise<DataKey> {
    const kek = keySource()
    for (const row of control.dataKeys(tenant)) {
      if (id !== null && row.id !== id) continue
      const key = known.get(row.id) ?? (await kek.unwrap(tenant, row.id, row.wrapped))
      if (key === null) continue
      known.set(row.id, key)
      return key
    }
    if (id !== null || control.dataKeys(tenant).length > 0)
      throw new Failure('vault/key', tenant, 'the key of this server does not open the data key of this tenant')
    const made = newDataKey()
    const wrapped = await kek.wrap(tenant, made)
    control.keepDataKey(tenant, { id: made.id, source: kek.id, wrapped, made_at: at })
    known.set(made.id, made)
    return made
  }
  return {
    async put(place, value, by, at) {
      const sealed = seal(await dataKey(null, at), { tenant, ...place }, value)
      const name = newId()
      desk.putSecret({ name, ...place, sealed, at, by })
      return name
    },
    async get(name, place) {
      const row = desk.secret(name)
      if (row === null || row.connection !== place.connection || row.field !== place.field)
        throw new Failure('vault/sealed', `${place.connection}.${place.field}`, 'there is no such secret here; enter it again')
      return open(await dataKey(keyIdOf(row.sealed) ?? ''), { tenant, ...place }, row.sealed)
    },
    shown: (connection) => desk.secrets(connection).map(({ field, at, by }) => ({ field, set_at: at, set_by: by })),
    drop: (connection, but = []) => desk.dropSecrets(connection, but),
  }
}
