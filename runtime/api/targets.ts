/** From the name of a connection to what can be asked. A connector is one that came along, or one that this tenant uploaded: never a path that a caller gave. */
import { Failure } from '../errors.ts'
import { secretsNow } from '../govern/rotation.ts'
import { credentialOrigins } from '../http/credentials.ts'
import { type Http, openHttp } from '../http/open.ts'
import type { Secret } from '../secret.ts'
import { loadConnector } from '../spec/load.ts'
import type { Act } from '../store/ledger-port.ts'
import type { Connection, Connector, Json, SecretRef } from '../types.ts'
import type { House, Room, Target } from './types.ts'

/** Throws `api/not-found`. */
export async function connectionOf(room: Room, name: string): Promise<Connection> {
  const connection = await room.store.connection(name)
  if (connection === null) throw new Failure('api/not-found', 'connection', `there is no connection ${name}`)
  return connection
}

/** Throws `api/not-found`, `api/connector`. */
export async function targetOf(house: House, room: Room, name: string): Promise<Target> {
  const connection = await connectionOf(room, name)
  return { connection, connector: connectorOf(house, room, connection.connector) }
}

/** The tenant's own of this name goes before one that came along. Throws `api/not-found`, `api/connector`. */
export function connectorOf(house: House, room: Room, name: string): Connector {
  const source = sourceOf(house, room, name)
  if (source === null) throw new Failure('api/not-found', 'connector', `there is no connector ${name}`)
  const { connector } = loadConnector(source, `${name}.yaml`)
  if (connector === null)
    throw new Failure('api/connector', name, `connector ${name} is no longer valid for this version of rollcall`)
  return connector
}

/** Its text; null: there is none. */
export function sourceOf(house: House, room: Room, name: string): string | Uint8Array | null {
  const own = room.desk.versions(name).find((version) => version.current)
  return own === undefined ? house.shelf.read(name) : room.desk.yaml(name, own.no)
}

/** What a connection remembers, so that the command line finds it too. */
export const fileOf = (room: Room, name: string): string => (room.desk.versions(name).length > 0 ? room.desk.file(name) : name)

/** Where a credential may go, every origin of it: what it is sealed for. Throws `api/settings`. */
export function originFor(connector: Connector, settings: { readonly [name: string]: Json }): string {
  const origins = credentialOrigins(connector, settings)
  if (origins === null) throw new Failure('api/settings', 'base_url', 'the settings give no address that could be asked')
  return origins.join(' ')
}

/** Who opens a target and what for: one entry a secret and run in the ledger, before the secret is opened. */
export type Run = {
  readonly act: Act
  readonly what: 'sync' | 'changes' | 'check' | 'rotation' | 'watch'
  /** These instead of what the connection has: while a new credential is tried. */
  readonly secrets?: Connection['secrets']
}

/** The caller closes it. */
export function openTarget(house: House, room: Room, { connector, connection }: Target, run: Run): Http {
  const { name } = connection
  const used = new Set<string>()
  const origin = (): string => originFor(connector, connection.settings)
  /** As it is now: what was replaced since the run began is not used any more. */
  const refOf = async (field: string): Promise<SecretRef | undefined> =>
    (run.secrets ?? secretsNow((await room.store.connection(name)) ?? connection, house.now()))[field]
  const enter = async (ref: SecretRef, field: string): Promise<void> => {
    if (used.has(ref.name)) return
    const detail = { secret: field, run: run.what, origin: origin() }
    await room.store.enter({ ...run.act, what: 'secret used', about: name, detail })
    used.add(ref.name)
  }
  const opened = async (field: string): Promise<Secret> => {
    const ref = await refOf(field)
    if (ref?.from !== 'vault') throw notHere(field, ref)
    await enter(ref, field)
    try {
      return await room.secrets.get(ref.name, { connection: name, field, origin: origin() })
    } catch (error) {
      // Replaced, and the old one dropped, between reading its name and opening it.
      if ((await refOf(field))?.name !== ref.name) return await opened(field)
      if (error instanceof Failure && (error.code === 'vault/moved' || error.code === 'vault/sealed')) {
        const detail = { severity: 'high', secret: field, because: error.message }
        await room.store.enter({ ...run.act, what: 'secret refused', about: name, detail })
      }
      throw error
    }
  }
  return openHttp({
    connector,
    settings: connection.settings,
    secrets: opened,
    allow_private: connection.allow_private && house.allow_private,
    now: house.now,
    kept: room.vault.kept(name, origin(), room.sealer),
    permits: room.paces.of({ connector, connection }),
  })
}

function notHere(field: string, ref: SecretRef | undefined): Failure {
  const because =
    ref === undefined
      ? `secret ${field} is not set; re-enter the secret`
      : `secret ${field} is a reference to ${ref.from} of a command line; enter it through the API`
  return new Failure('api/secret', `secrets.${field}`, because)
}
