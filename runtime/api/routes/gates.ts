import type { Gate } from '../../certify-types.ts'
import { Failure } from '../../errors.ts'
import { gateOf } from '../../govern/gate-of.ts'
import { ref, text } from '../schemas.ts'
import { targetOf } from '../targets.ts'
import type { Ask, Route } from '../types.ts'
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
    summary: 'May a certification rest on this? `scope`: connections, or connection/stream, with commas',
    roles: EVERYBODY,
    realm: 'tenant',
    reach: 'own',
    query: { scope: { ...SCOPE, description: '`okta,hr/users`' } },
    needs: ['scope'],
    answers: { 200: ref('ScopeGate') },
    codes: ['api/not-found', 'read/unknown-stream'],
    act: async (ask) => {
      const wanted = Map.groupBy((ask.query['scope'] ?? '').split(','), (part) => part.split('/')[0] as string)
      const connections: Awaited<ReturnType<typeof answerOf>>[] = []
      for (const [name, parts] of wanted) {
        const streams = parts.map((part) => part.split('/')[1])
        connections.push(await answerOf(ask, name, streams.includes(undefined) ? null : (streams as string[])))
      }
      const worst = (['deny', 'waiver_required'] as const).find((is) => connections.some((one) => one.is === is)) ?? 'allow'
      return { status: 200, body: { is: worst, connections } }
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
    act: async (ask) => ({
      status: 200,
      body: await answerOf(ask, ask.params['connection'] ?? '', ask.query['streams']?.split(',') ?? null),
    }),
  },
]

async function answerOf(
  { house, room, who }: Ask,
  name: string,
  streams: readonly string[] | null,
): Promise<Gate & { readonly connection: string }> {
  if (!(who.connections?.has(name) ?? true)) throw new Failure('api/not-found', 'scope', `there is no connection ${name}`)
  const target = await targetOf(house, room, name)
  for (const stream of streams ?? [])
    if (!Object.hasOwn(target.connector.streams, stream))
      throw new Failure('read/unknown-stream', 'scope', `connector ${target.connector.connector} has no stream ${stream}`)
  return { connection: name, ...(await gateOf(room.store, target, streams === null ? null : new Set(streams), house.now())) }
}
