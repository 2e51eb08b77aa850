import { Failure } from '../../errors.ts'
import { connectionGate, scopeFrom, scopeGate } from '../../govern/scope-gate.ts'
import { ref, text } from '../schemas.ts'
import { targetOf } from '../targets.ts'
import type { Ask, Route, Target } from '../types.ts'
import { CONNECTION, EVERYBODY } from './parts.ts'

const NAME = '[A-Za-z0-9][A-Za-z0-9._-]{0,63}'
const STREAM = '[A-Za-z_][A-Za-z0-9_-]{0,63}'
const SCOPE = { type: 'string', maxLength: 10_000, pattern: `^${NAME}(/${STREAM})?(,${NAME}(/${STREAM})?)*$` } as const

export const gates: readonly Route[] = [
  {
    id: 'getGate',
    method: 'GET',
    path: '/v1/gate',
    area: 'gates',
    summary:
      'May a certification rest on this? `scope`: connections, or connection/stream, with commas. Stored waivers count; a webhook tells of changes',
    roles: EVERYBODY,
    realm: 'tenant',
    reach: 'own',
    query: { scope: { ...SCOPE, description: '`okta,hr/users`' } },
    needs: ['scope'],
    answers: { 200: ref('ScopeGate') },
    codes: ['api/not-found', 'read/unknown-stream'],
    act: async (ask) => {
      const { room, house } = ask
      const scope = scopeFrom(ask.query['scope'] ?? '')
      return { status: 200, body: await scopeGate(room.store, (name) => within(ask, name), scope, house.now()) }
    },
  },
  {
    id: 'getConnectionGate',
    method: 'GET',
    path: '/v1/connections/{connection}/gate',
    area: 'gates',
    summary: 'The gate over one connection, with each reason and what would settle it',
    roles: EVERYBODY,
    realm: 'tenant',
    reach: 'connection',
    params: CONNECTION,
    query: { streams: text('only these, with commas', { pattern: `^${STREAM}(,${STREAM})*$` }) },
    answers: { 200: ref('Gate') },
    codes: ['api/not-found', 'read/unknown-stream'],
    act: async (ask) => {
      const target = await within(ask, ask.params['connection'] ?? '')
      const streams = ask.query['streams']?.split(',') ?? null
      return { status: 200, body: await connectionGate(ask.room.store, target, streams, ask.house.now()) }
    },
  },
]

/** Throws `api/not-found`. */
async function within({ house, room, who }: Ask, name: string): Promise<Target> {
  if (!(who.connections?.has(name) ?? true)) throw new Failure('api/not-found', 'scope', `there is no connection ${name}`)
  return await targetOf(house, room, name)
}
