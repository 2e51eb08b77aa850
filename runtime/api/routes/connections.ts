import { Failure } from '../../errors.ts'
import { check } from '../../read/check.ts'
import { nearest } from '../../spec/nearest.ts'
import type { Connection, Json } from '../../types.ts'
import { after, isText, limitOf, pageOf } from '../pages.ts'
import { flag, json, list, mapOf, maybe, name, object, PAGING, page, ref, text, why } from '../schemas.ts'
import { settingsOf } from '../settings.ts'
import { connectionOf, connectorOf, fileOf, openTarget, originFor, targetOf } from '../targets.ts'
import type { Ask, Room, Route } from '../types.ts'
import { CONNECTION, EVERYBODY, OPERATES } from './parts.ts'

const SETTINGS = { ...mapOf(json, 'as the connector declares them'), maxProperties: 100 }
const SECRETS = {
  ...mapOf({ type: 'string', minLength: 1, maxLength: 65_536 }, 'write-only: no route ever gives one back'),
  maxProperties: 20,
}
const IDS = { ...mapOf(list(text('native id'), { maxItems: 1000 }), 'ids a stream'), maxProperties: 100 }
const CHANGEABLE = {
  'settings?': SETTINGS,
  'secrets?': SECRETS,
  'owner?': maybe(text('who answers for it', { maxLength: 200 })),
  'canaries?': { ...IDS, description: 'ids that a whole read must hold' },
  'protected?': { ...IDS, description: 'ids that no action ever touches' },
}

type Changes = {
  readonly settings?: { readonly [name: string]: Json }
  readonly secrets?: { readonly [name: string]: string }
  readonly owner?: string | null
  readonly canaries?: Connection['canaries']
  readonly protected?: Connection['canaries']
}

export const connections: readonly Route[] = [
  {
    id: 'listConnections',
    method: 'GET',
    path: '/v1/connections',
    area: 'connections',
    summary: 'Connections of this tenant',
    roles: EVERYBODY,
    realm: 'tenant',
    reach: 'own',
    query: PAGING,
    answers: { 200: page(ref('Connection')) },
    codes: ['api/cursor'],
    act: async (ask) => {
      const from = after(ask, 'connections', isText) ?? ''
      const limit = limitOf(ask)
      const all = (await ask.room.store.connections()).filter(({ name }) => ask.who.connections?.has(name) ?? true)
      const rows = all.toSorted((a, b) => (a.name < b.name ? -1 : 1)).filter((one) => one.name > from)
      return pageOf(
        'connections',
        rows,
        limit,
        (row) => row.name,
        (row) => shown(ask.room, row),
      )
    },
  },
  {
    id: 'createConnection',
    method: 'POST',
    path: '/v1/connections',
    area: 'connections',
    summary: 'Make a connection. Secrets are sealed; nothing gives them back',
    roles: OPERATES,
    realm: 'tenant',
    reach: 'whole',
    body: object({
      name: name('of the connection'),
      connector: { type: 'string', pattern: '^[a-z][a-z0-9-]{0,63}$', description: 'one that came along or was uploaded' },
      ...CHANGEABLE,
      'allow_private?': flag('the target is on a private network; only where the operator of the server allows it'),
    }),
    answers: { 201: ref('Connection') },
    codes: ['api/exists', 'api/not-found', 'api/settings', 'vault/key'],
    act: async (ask) => {
      const { house, room, body, at } = ask
      const {
        name,
        connector: of,
        allow_private = false,
        ...given
      } = body as Changes & {
        readonly name: string
        readonly connector: string
        readonly allow_private?: boolean
      }
      if ((await room.store.connection(name)) !== null)
        throw new Failure('api/exists', 'name', `there is a connection ${name} already`)
      if (allow_private && !house.allow_private)
        throw new Failure('api/settings', 'allow_private', 'this server does not let connections go to private networks')
      connectorOf(house, room, of)
      const bare: Connection = {
        name,
        connector: of,
        connector_file: fileOf(room, of),
        settings: {},
        secrets: {},
        owner: null,
        attested: null,
        canaries: {},
        allow_private,
        created_at: at,
      }
      room.secrets.drop(name)
      const made = await changed(ask, bare, { settings: {}, ...given })
      return { status: 201, body: shown(room, made), headers: { location: `/v1/connections/${name}` } }
    },
  },
  {
    id: 'getConnection',
    method: 'GET',
    path: '/v1/connections/{connection}',
    area: 'connections',
    summary: 'One connection; of its secrets only since when they are set',
    roles: EVERYBODY,
    realm: 'tenant',
    reach: 'connection',
    params: CONNECTION,
    answers: { 200: ref('Connection') },
    codes: ['api/not-found'],
    act: async ({ room, params }) => ({ status: 200, body: shown(room, await connectionOf(room, params['connection'] ?? '')) }),
  },
  {
    id: 'changeConnection',
    method: 'PATCH',
    path: '/v1/connections/{connection}',
    area: 'connections',
    summary: 'Change settings, secrets, owner. Settings are given whole. Another host drops every secret that is not given anew',
    roles: OPERATES,
    realm: 'tenant',
    reach: 'connection',
    params: CONNECTION,
    body: { ...object(CHANGEABLE), minProperties: 1 },
    answers: { 200: ref('Connection') },
    if_match: 'getConnection',
    codes: ['api/not-found', 'api/settings', 'vault/key'],
    act: async (ask) => {
      const before = await connectionOf(ask.room, ask.params['connection'] ?? '')
      return { status: 200, body: shown(ask.room, await changed(ask, before, ask.body as Changes)) }
    },
  },
  {
    id: 'deleteConnection',
    method: 'DELETE',
    path: '/v1/connections/{connection}',
    area: 'connections',
    summary: 'Remove a connection with its secrets. Its history stays in the ledger',
    roles: ['admin'],
    realm: 'tenant',
    reach: 'connection',
    params: CONNECTION,
    answers: { 204: null },
    if_match: 'getConnection',
    codes: ['api/not-found', 'api/sync-running'],
    act: async ({ room, params, act }) => {
      const { name } = await connectionOf(room, params['connection'] ?? '')
      if (room.work.running(name) !== null) throw new Failure('api/sync-running', name, `a sync of ${name} is under way`)
      await room.store.removeConnection(name, act('removed through the API'))
      room.secrets.drop(name)
      room.desk.resume(name)
      return { status: 204 }
    },
  },
  {
    id: 'checkConnection',
    method: 'POST',
    path: '/v1/connections/{connection}/check',
    area: 'connections',
    summary: 'Ask the target who we are, what the credential may see, and for the first page of each stream. Stores nothing',
    roles: OPERATES,
    realm: 'tenant',
    reach: 'connection',
    params: CONNECTION,
    answers: { 200: ref('Check') },
    codes: ['api/not-found'],
    act: async ({ house, room, params }) => {
      const target = await targetOf(house, room, params['connection'] ?? '')
      const http = openTarget(house, room, target)
      try {
        return { status: 200, body: await check(target, http, nearest) }
      } finally {
        await http.close()
      }
    },
  },
  {
    id: 'pauseConnection',
    method: 'POST',
    path: '/v1/connections/{connection}/pause',
    area: 'connections',
    summary: 'No sync begins, the one under way stops at its checkpoint, and no change is sent',
    roles: OPERATES,
    realm: 'tenant',
    reach: 'connection',
    params: CONNECTION,
    body: object({ why }),
    answers: { 200: ref('Connection') },
    codes: ['api/not-found'],
    act: async ({ room, params, who, body, at, act }) => {
      const connection = await connectionOf(room, params['connection'] ?? '')
      const reason = (body as { readonly why: string }).why
      const { name } = connection
      await room.store.enter({ ...act(reason), what: 'connection paused', about: name, detail: {} })
      room.desk.pause({ connection: name, at, by: who.by, why: reason })
      await room.store.stop({ scope: name, by: who.by, why: reason, at })
      room.work.pauseSync(name)
      return { status: 200, body: shown(room, connection) }
    },
  },
  {
    id: 'resumeConnection',
    method: 'POST',
    path: '/v1/connections/{connection}/resume',
    area: 'connections',
    summary: 'Lift a pause: what waits goes on',
    roles: OPERATES,
    realm: 'tenant',
    reach: 'connection',
    params: CONNECTION,
    body: object({ why }),
    answers: { 200: ref('Connection') },
    codes: ['api/not-found'],
    act: async ({ room, params, who, body, at, act }) => {
      const connection = await connectionOf(room, params['connection'] ?? '')
      const { name } = connection
      await room.store.enter({
        ...act((body as { readonly why: string }).why),
        what: 'connection resumed',
        about: name,
        detail: {},
      })
      if (room.desk.resume(name)) await room.store.go(name, who.by, at, (body as { readonly why: string }).why)
      room.work.drain(name)
      return { status: 200, body: shown(room, connection) }
    },
  },
]

/** Never a value of a secret. */
export function shown({ desk, secrets }: Room, connection: Connection): object {
  const { name, connector, settings, owner, attested, canaries, allow_private, created_at } = connection
  const sealed = secrets.shown(name)
  const paused = desk.paused(name)
  const fields = Object.entries(connection.secrets).map(([field, ref]) => {
    const found = sealed.find((one) => one.field === field)
    const { set_at = null, set_by = null } = found ?? {}
    return [field, { set_at, set_by, kept: ref.from === 'vault' ? 'vault' : 'reference' }] as const
  })
  return {
    ...{ name, connector, settings, secrets: Object.fromEntries(fields), owner, attested, canaries },
    ...{ protected: connection.protected ?? {}, allow_private, created_at },
    paused: paused === null ? null : { at: paused.at, by: paused.by, why: paused.why },
  }
}

/** A credential goes where it was entered for, and nowhere else: with another origin the old ones are gone. */
async function changed({ house, room, who, at, act }: Ask, before: Connection, given: Changes): Promise<Connection> {
  const connector = connectorOf(house, room, before.connector)
  const { settings, secrets } = settingsOf(connector, given.settings ?? before.settings, given.secrets ?? {})
  const origin = originFor(connector, settings)
  const moved = Object.keys(before.settings).length > 0 && originFor(connector, before.settings) !== origin
  const refs: { [field: string]: Connection['secrets'][string] } = moved ? {} : { ...before.secrets }
  for (const [field, value] of Object.entries(secrets))
    refs[field] = { from: 'vault', name: await room.secrets.put({ connection: before.name, field, origin }, value, who.by, at) }
  // A statement about what a credential sees says nothing about another credential.
  const same = JSON.stringify([before.settings, before.secrets]) === JSON.stringify([settings, refs])
  const connection: Connection = {
    ...before,
    settings,
    secrets: refs,
    attested: same ? before.attested : null,
    owner: given.owner === undefined ? before.owner : given.owner,
    canaries: given.canaries ?? before.canaries,
    protected: given.protected ?? before.protected ?? {},
  }
  const told = [
    ...(moved ? ['another host: secrets dropped'] : []),
    ...Object.keys(secrets).map((field) => `secret ${field} set`),
  ]
  await room.store.putConnection(connection, act(told.length === 0 ? 'through the API' : told.join('; ')))
  room.secrets.drop(
    before.name,
    Object.values(refs).map((ref) => ref.name),
  )
  return connection
}
