/**
 * Secrets that came in through the API: sealed before they are kept, opened only for the request that needs them. Bound to tenant,
 * connection, field and origin: with another host in the settings they do not open. Nothing here gives one back to whoever asks.
 */
import { Failure } from '../errors.ts'
import type { Secret } from '../secret.ts'
import type { Desk } from './desk.ts'
import type { Place, Sealer } from './sealer.ts'
import { newId } from './token.ts'

export type { Place } from './sealer.ts'

export type Secrets = {
  /** The name a connection refers to it by; another one with every value. Throws `vault/key` where no key was given. */
  readonly put: (place: Place, value: Secret, by: string, at: string) => Promise<string>
  /** Throws `vault/moved`: sealed for another host; `vault/sealed`: not there, or not what was sealed. */
  readonly get: (name: string, place: Place) => Promise<Secret>
  /** What is there of a connection, with its age: all that is ever shown. */
  readonly shown: (
    connection: string,
  ) => readonly { readonly name: string; readonly field: string; readonly set_at: string; readonly set_by: string }[]
  /** All but those that the connection refers to now. */
  readonly drop: (connection: string, but?: readonly string[]) => void
  /**
   * One after the other, so that no change of a connection writes over what another one wrote meanwhile. What was put in work that throws
   * is gone again: nothing came to refer to it.
   */
  readonly inTurn: <T>(connection: string, work: () => Promise<T>) => Promise<T>
}

export function openSecrets(desk: Desk, sealer: Sealer): Secrets {
  const turns = new Map<string, Promise<unknown>>()
  return {
    async put(place, value, by, at) {
      const sealed = await sealer.seal(place, value)
      const name = newId()
      desk.putSecret({ name, ...place, sealed, at, by })
      return name
    },
    async get(name, place) {
      const row = desk.secret(name)
      const where = `${place.connection}.${place.field}`
      if (row === null || row.connection !== place.connection || row.field !== place.field)
        throw new Failure('vault/sealed', where, 'there is no such secret here; enter it again')
      if (row.origin !== place.origin)
        throw new Failure(
          'vault/moved',
          where,
          `the secret was entered for ${row.origin} and not for ${place.origin}; re-enter the secret`,
        )
      try {
        return await sealer.open(place, row.sealed)
      } catch (error) {
        // Sealed anew meanwhile with another data key, whose predecessor is gone.
        const now = desk.secret(name)
        if (!(error instanceof Failure) || now === null || now.sealed === row.sealed) throw error
        return await sealer.open(place, now.sealed)
      }
    },
    shown: (connection) => desk.secrets(connection).map(({ name, field, at, by }) => ({ name, field, set_at: at, set_by: by })),
    drop: (connection, but = []) => desk.dropSecrets(connection, but),
    inTurn(connection, work) {
      const kept = async () => {
        const before = desk.secrets(connection).map(({ name }) => name)
        try {
          return await work()
        } catch (error) {
          desk.dropSecrets(connection, before)
          throw error
        }
      }
      const turn = (turns.get(connection) ?? Promise.resolve()).catch(() => undefined).then(kept)
      turns.set(connection, turn)
      return turn
    },
  }
}
