import { Failure } from '../../errors.ts'
import { check } from '../../read/check.ts'
import { nearest } from '../../spec/nearest.ts'
import type { Connection } from '../../types.ts'
import { type Changes, changed, shown } from '../connection.ts'
import { fromOf } from '../from.ts'
import { LEVELS_GIVEN } from '../level-schemas.ts'
import { after, isText, limitOf, pageOf } from '../pages.ts'
import { flag, int, json, list, mapOf, maybe, name, object, PAGING, page, ref, text, why } from '../schemas.ts'
import { connectionOf, connectorOf, fileOf, openTarget, targetOf } from '../targets.ts'
import type { Route } from '../types.ts'
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
  'data_owner?': maybe(text('who answers for what the target holds', { maxLength: 200 })),
  'levels?': LEVELS_GIVEN,
  'rotate_every_days?': maybe({
    ...int('days after which a secret is due to be replaced; null: never; 90 where never said', 1),
    maximum: 3650,
  }),
  'canaries?': { ...IDS, description: 'ids that a whole read must hold' },
  'protected?': { ...IDS, description: 'ids that no action ever touches' },
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
        (row) => shown(ask.house, ask.room, row),
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
      const made = await room.secrets.inTurn(name, async () => {
        // Another request made it while this one waited for its turn.
        if ((await room.store.connection(name)) !== null)
          throw new Failure('api/exists', 'name', `there is a connection ${name} already`)
        room.secrets.drop(name)
        room.vault.dropKept(name)
        house.control.dropInbound(room.tenant, name)
        return await changed(ask, bare, { settings: {}, ...given })
      })
      return { status: 201, body: shown(house, room, made), headers: { location: `/v1/connections/${name}` } }
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
    act: async ({ house, room, params }) => ({
      status: 200,
      body: shown(house, room, await connectionOf(room, params['connection'] ?? '')),
    }),
  },
  {
    id: 'changeConnection',
    method: 'PATCH',
    path: '/v1/connections/{connection}',
    area: 'connections',
    summary:
      'Change settings, secrets, owners, levels. Settings and levels are given whole. Another host drops every secret that is not given anew',
    roles: OPERATES,
    realm: 'tenant',
    reach: 'connection',
    params: CONNECTION,
    body: { ...object(CHANGEABLE), minProperties: 1 },
    answers: { 200: ref('Connection') },
    if_match: 'getConnection',
    codes: ['api/not-found', 'api/settings', 'vault/key'],
    act: async (ask) => {
      const { name } = await connectionOf(ask.room, ask.params['connection'] ?? '')
      const done = await ask.room.secrets.inTurn(name, async () =>
        changed(ask, await connectionOf(ask.room, name), ask.body as Changes),
      )
      return { status: 200, body: shown(ask.house, ask.room, done) }
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
    act: async ({ house, room, params, act }) => {
      const { name } = await connectionOf(room, params['connection'] ?? '')
      if (room.work.running(name) !== null) throw new Failure('api/sync-running', name, `a sync of ${name} is under way`)
      await room.store.removeConnection(name, act('removed through the API'))
      house.control.dropInbound(room.tenant, name)
      room.secrets.drop(name)
      room.vault.dropKept(name)
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
    act: async ({ house, room, params, act }) => {
      const target = await targetOf(house, room, params['connection'] ?? '')
      const http = openTarget(house, room, target, { act: act('a check'), what: 'check' })
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
    act: async ({ house, room, params, who, body, at, act }) => {
      const connection = await connectionOf(room, params['connection'] ?? '')
      const reason = (body as { readonly why: string }).why
      const { name } = connection
      await room.store.enter({ ...act(reason), what: 'connection paused', about: name, detail: {} })
      room.desk.pause({ connection: name, at, by: who.by, why: reason })
      await room.store.stop({ scope: name, by: who.by, why: reason, at }, fromOf(who))
      room.work.pauseSync(name)
      return { status: 200, body: shown(house, room, connection) }
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
    act: async ({ house, room, params, who, body, at, act }) => {
      const connection = await connectionOf(room, params['connection'] ?? '')
      const { name } = connection
      await room.store.enter({
        ...act((body as { readonly why: string }).why),
        what: 'connection resumed',
        about: name,
        detail: {},
      })
      if (room.desk.resume(name)) await room.store.go(name, who.by, at, (body as { readonly why: string }).why, fromOf(who))
      room.work.drain(name)
      return { status: 200, body: shown(house, room, connection) }
    },
  },
]
