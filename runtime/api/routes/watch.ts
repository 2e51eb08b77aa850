import { setTimeout as after_ms } from 'node:timers/promises'
import { Failure } from '../../errors.ts'
import type { Connection } from '../../types.ts'
import { after, isSeq, limitOf, pageOf } from '../pages.ts'
import { PAGING, page, ref, streamName, text } from '../schemas.ts'
import { connectionOf, targetOf } from '../targets.ts'
import type { Answer, Ask, Route, Target } from '../types.ts'
import { addressOf, roundShown, stateShown } from '../watch-parts.ts'
import { isWatched } from '../watching.ts'
import { CONNECTION, EVERYBODY, OPERATES } from './parts.ts'

const BASE = { area: 'watching', realm: 'tenant', reach: 'connection', params: CONNECTION } as const
/** Who asks waits no longer for a round to end. */
const PATIENCE_MS = 20_000

/** What happened since the last whole read, as far as the target tells: whom it named, and what a look at them showed. */
export const watching: readonly Route[] = [
  {
    ...BASE,
    id: 'getWatch',
    method: 'GET',
    path: '/v1/connections/{connection}/watch',
    summary:
      'What each feed is worth, its holes, what whole reads say of it, who waits to be looked at, and what came to the address',
    roles: EVERYBODY,
    answers: { 200: ref('WatchState') },
    codes: ['api/not-found', 'api/connector'],
    act: async (ask) => ({ status: 200, body: await stateShown(ask.house, ask.room, await watchedOf(ask)) }),
  },
  {
    ...BASE,
    id: 'watchNow',
    method: 'POST',
    path: '/v1/connections/{connection}/watch',
    summary: 'Ask every feed and look at whoever was named, now. 202: it is still under way. No snapshot and no verdict changes',
    roles: OPERATES,
    answers: { 200: ref('WatchRound'), 202: ref('WatchState') },
    codes: ['api/not-found', 'api/connector', 'watch/nothing', 'api/paused'],
    act: async (ask) => {
      const { house, room, act } = ask
      const target = await watchedOf(ask)
      const { name } = target.connection
      if (!isWatched(target.connector))
        throw new Failure('watch/nothing', 'connection', `${target.connector.connector} declares no feed and no webhook`)
      await room.store.enter({ ...act('asked for through the API'), what: 'watch asked for', about: name, detail: {} })
      const waiting = new AbortController()
      const round = room.watching.now(name)
      // Rejected, it is so for whoever waits.
      round.catch(() => undefined).finally(() => waiting.abort())
      await after_ms(PATIENCE_MS, undefined, { signal: AbortSignal.any([waiting.signal, ask.signal]), ref: false }).catch(
        () => undefined,
      )
      if (!waiting.signal.aborted) return { status: 202, body: await stateShown(house, room, target) }
      return { status: 200, body: roundShown(await round) }
    },
  },
  {
    ...BASE,
    id: 'listSightings',
    method: 'GET',
    path: '/v1/connections/{connection}/sightings',
    summary: 'What looks at single records showed, in the order they were made. The next cursor goes on where this one ended',
    roles: EVERYBODY,
    query: { ...PAGING, stream: streamName, id: text('only this native id; with `stream`', { minLength: 1 }) },
    answers: { 200: page(ref('Sighting')) },
    codes: ['api/not-found', 'api/cursor'],
    act: async (ask) => {
      const { name } = await connectionOf(ask.room, ask.params['connection'] ?? '')
      const { stream, id } = ask.query
      if (id !== undefined && stream === undefined) throw new Failure('api/input', 'stream', 'an id is of a stream')
      const of = `sightings ${name} ${stream ?? ''} ${id ?? ''}`
      const limit = limitOf(ask)
      const rows = await ask.room.store.sightings(name, {
        after: after(ask, of, isSeq) ?? 0,
        limit: limit + 1,
        ...(stream === undefined ? {} : { stream }),
        ...(id === undefined ? {} : { id }),
      })
      return pageOf(
        of,
        rows,
        limit,
        (row) => row.seq,
        (row) => row,
      )
    },
  },
  {
    ...BASE,
    id: 'makeInbound',
    method: 'POST',
    path: '/v1/connections/{connection}/inbound',
    summary:
      'Make the address at which the target tells us of changes, or another one: the one before ends. It is shown this once',
    roles: OPERATES,
    answers: { 201: ref('NewInbound') },
    shown_once: true,
    codes: ['api/not-found', 'api/connector', 'watch/nothing'],
    act: async (ask) => await made(ask, await watchedOf(ask)),
  },
  {
    ...BASE,
    id: 'removeInbound',
    method: 'DELETE',
    path: '/v1/connections/{connection}/inbound',
    summary: 'End the address: what comes to it is not there any more',
    roles: OPERATES,
    answers: { 204: null },
    codes: ['api/not-found'],
    act: async ({ house, room, params, act }) => {
      const connection = await connectionOf(room, params['connection'] ?? '')
      const { name } = connection
      if (addressOf(house, room, connection) === null)
        throw new Failure('api/not-found', 'connection', `${name} has no address for its target`)
      await room.store.enter({ ...act('through the API'), what: 'inbound address removed', about: name, detail: {} })
      house.control.dropInbound(room.tenant, name)
      return { status: 204 }
    },
  },
]

const watchedOf = async ({ house, room, params }: Ask): Promise<Target> => await targetOf(house, room, params['connection'] ?? '')

async function made({ house, room, who, at, act }: Ask, { connector, connection }: Target): Promise<Answer> {
  const { name } = connection
  if (connector.webhook === null) throw new Failure('watch/nothing', 'connection', `${connector.connector} declares no webhook`)
  const what = addressOf(house, room, connection) === null ? 'inbound address made' : 'inbound address renewed'
  // First the ledger: an address that nobody knows of must not be.
  await room.store.enter({ ...act('through the API'), what, about: name, detail: {} })
  // It was removed while the entry was written: the address would be nobody's.
  const now: Connection = await connectionOf(room, name)
  const key = house.control.makeInbound({
    ...{ tenant: room.tenant, connection: name, created_at: now.created_at, made_at: at, made_by: who.by },
  })
  const body = { inbound: addressOf(house, room, now), text: `${house.public_url}/v1/inbound/${key}` }
  return { status: 201, body }
}
