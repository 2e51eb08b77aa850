/** From the name of a connection to what can be asked. A connector is one that came along, or one that this tenant uploaded: never a path that a caller gave. */
import { Failure } from '../errors.ts'
import { renderSettings } from '../http/credentials.ts'
import { originOf } from '../http/egress.ts'
import { type Http, openHttp } from '../http/open.ts'
import { loadConnector } from '../spec/load.ts'
import type { Connection, Connector, Json } from '../types.ts'
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
  const own = room.desk.versions(name).find((version) => version.current)
  const source = own === undefined ? house.shelf.read(name) : room.desk.yaml(name, own.no)
  if (source === null) throw new Failure('api/not-found', 'connector', `there is no connector ${name}`)
  const { connector } = loadConnector(source, `${name}.yaml`)
  if (connector === null)
    throw new Failure('api/connector', name, `connector ${name} is no longer valid for this version of rollcall`)
  return connector
}

/** What a connection remembers, so that the command line finds it too. */
export const fileOf = (room: Room, name: string): string => (room.desk.versions(name).length > 0 ? room.desk.file(name) : name)

/** Of `base_url`: where a credential may go. Throws `api/settings`. */
export function originFor(connector: Connector, settings: { readonly [name: string]: Json }): string {
  const origin = originOf(renderSettings(connector.base_url, settings))
  if (origin === null) throw new Failure('api/settings', 'base_url', 'the settings give no address that could be asked')
  return origin
}

/** The caller closes it. */
export function openTarget(house: House, room: Room, { connector, connection }: Target): Http {
  return openHttp({
    connector,
    settings: connection.settings,
    secrets: async (field) => {
      const ref = connection.secrets[field]
      if (ref?.from !== 'vault')
        throw new Failure(
          'api/secret',
          `secrets.${field}`,
          ref === undefined
            ? `secret ${field} is not set`
            : `secret ${field} is a reference to ${ref.from} of a command line; enter it through the API`,
        )
      const origin = originFor(connector, connection.settings)
      return await room.secrets.get(ref.name, { connection: connection.name, field, origin })
    },
    allow_private: connection.allow_private && house.allow_private,
    now: house.now,
    kept: {
      read: () => room.store.kept(connection.name),
      keep: (name, value) => room.store.keep(connection.name, name, value),
    },
  })
}
