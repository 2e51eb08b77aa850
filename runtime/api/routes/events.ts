import { eventStream, fromId } from '../events.ts'
import { name, oneOf } from '../schemas.ts'
import { connectionOf } from '../targets.ts'
import type { Route } from '../types.ts'
import { EVERYBODY } from './parts.ts'

export const events: readonly Route[] = [
  {
    id: 'streamEvents',
    method: 'GET',
    path: '/v1/events',
    area: 'events',
    summary:
      'Server-sent events: changes of connections, and entries of the ledger for who may see it. Each has an id; sent back as Last-Event-ID the stream goes on there, without a hole',
    roles: EVERYBODY,
    realm: 'tenant',
    reach: 'own',
    query: { connection: name('only of this one'), from: oneOf(['start', 'now']) },
    answers: { 200: 'events' },
    codes: ['api/not-found', 'api/cursor'],
    act: async (ask) => {
      const only = ask.query['connection'] ?? null
      if (only !== null && (ask.who.connections?.has(only) ?? true)) await connectionOf(ask.room, only)
      const may = (connection: string): boolean =>
        (only === null || connection === only) && (ask.who.connections?.has(connection) ?? true)
      // The ledger is about the whole tenant and names who did what.
      const ledger = only === null && ask.who.connections === null && (ask.who.roles.has('auditor') || ask.who.roles.has('admin'))
      const position = ask.last_event_id === null ? null : fromId(ask.last_event_id)
      const stream = await eventStream(ask, { may, ledger, position, start: ask.query['from'] === 'start' })
      return { status: 200, stream }
    },
  },
]
