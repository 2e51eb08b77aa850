import { Failure } from '../../errors.ts'
import { acknowledge, closeByHand } from '../../govern/levels/by-hand.ts'
import { measure } from '../../govern/levels/measure.ts'
import { shownException } from '../../govern/levels/told.ts'
import { burnRate, burnRules } from '../../judge/burn.ts'
import { CONTROLS, EXCEPTION_STATES, type Exception, type ExceptionState } from '../../levels-types.ts'
import { openNewId } from '../../write/new-id.ts'
import { after, isText, limitOf, pageOf } from '../pages.ts'
import { int, list, name, object, oneOf, PAGING, page, ref, why } from '../schemas.ts'
import { connectionOf, targetOf } from '../targets.ts'
import type { Ask, Route, Schema } from '../types.ts'
import { APPROVES, CONNECTION, EVERYBODY, OPERATES } from './parts.ts'

const BASE = { area: 'service levels', realm: 'tenant' } as const
const EXCEPTION = {
  exception: { type: 'string', pattern: '^[0-9A-HJKMNP-TV-Z]{26}$', description: 'a control exception' } as Schema,
}
const DAYS_35_MS = 35 * 86_400_000

export const controls: readonly Route[] = [
  {
    ...BASE,
    id: 'getLevels',
    method: 'GET',
    path: '/v1/connections/{connection}/levels',
    summary: 'What the connection promises, what of it does not hold now, and how fast its budgets burn',
    roles: EVERYBODY,
    reach: 'connection',
    params: CONNECTION,
    answers: { 200: ref('LevelsNow') },
    codes: ['api/not-found'],
    act: async ({ house, room, params }) => {
      const connection = await connectionOf(room, params['connection'] ?? '')
      const { name: of } = connection
      const now = house.now()
      const { levels, breaches, cadence_ms, until } = await measure(
        room.store,
        connection,
        (one) => targetOf(house, room, one),
        now,
      )
      const spans = await room.store.spans(of, now - DAYS_35_MS)
      const alerts = (await room.store.alerts()).filter((alert) => alert.connection === of)
      const burns = CONTROLS.flatMap((control) =>
        burnRules(cadence_ms).map((rule) => {
          const mine = spans.filter((span) => span.control === control)
          const over = (ms: number): number | null => burnRate(mine, now, ms, levels.objective)
          return { control, ...rule, long: over(rule.long_ms), short: over(rule.short_ms) }
        }),
      )
      return {
        status: 200,
        body: {
          ...{ connection: of, owner: connection.owner, data_owner: connection.data_owner ?? null, levels, cadence_ms },
          breaches: breaches.map(({ stream, bound: _, ...rest }) => ({ stream: stream === '' ? null : stream, ...rest })),
          until: until === null ? null : new Date(until).toISOString(),
          ...{ burns, alerts },
        },
      }
    },
  },
  {
    ...BASE,
    id: 'sweepControls',
    method: 'POST',
    path: '/v1/controls/sweep',
    summary: 'Look at every gate and level now; the server does so by itself, at least every few seconds',
    roles: OPERATES,
    reach: 'whole',
    answers: {
      200: object({ connections: int('looked at'), breaches: int('levels that do not hold'), open: int('exceptions') }),
    },
    codes: [],
    act: async ({ room }) => {
      const { measured } = await room.sweeps.now()
      const open = await room.store.exceptions({ states: ['open', 'acknowledged'], limit: 100_000 })
      const breaches = measured.reduce((sum, one) => sum + one.breaches.length, 0)
      return { status: 200, body: { connections: measured.length, breaches, open: open.length } }
    },
  },
  {
    ...BASE,
    id: 'listExceptions',
    method: 'GET',
    path: '/v1/exceptions',
    summary: 'Control exceptions, newest first: levels that did not hold, since when, whose, with evidence and next step',
    roles: EVERYBODY,
    reach: 'own',
    query: {
      ...PAGING,
      connection: name('only of this one'),
      state: oneOf([...EXCEPTION_STATES, 'standing'], '`standing`: not closed'),
    },
    answers: { 200: page(ref('Exception')) },
    codes: ['api/cursor', 'api/forbidden'],
    act: async (ask) => {
      const { room, query, who } = ask
      const { connection, state } = query
      if (who.connections !== null && (connection === undefined || !who.connections.has(connection)))
        throw new Failure('api/forbidden', 'connection', 'this token is limited to some connections: say which, of those')
      const limit = limitOf(ask)
      const from = after(ask, 'exceptions', isText)
      const states = state === 'standing' ? (['open', 'acknowledged'] as const) : [state as ExceptionState]
      const rows = await room.store.exceptions({
        limit: limit + 1,
        ...(connection === undefined ? {} : { connection }),
        ...(state === undefined ? {} : { states }),
        ...(from === null ? {} : { after: from }),
      })
      return pageOf('exceptions', rows, limit, (row) => row.exception, shownException)
    },
  },
  {
    ...BASE,
    id: 'getException',
    method: 'GET',
    path: '/v1/exceptions/{exception}',
    summary: 'One control exception',
    roles: EVERYBODY,
    reach: 'own',
    params: EXCEPTION,
    answers: { 200: ref('Exception') },
    codes: ['api/not-found'],
    act: async (ask) => ({ status: 200, body: shownException(await known(ask)) }),
  },
  {
    ...BASE,
    id: 'acknowledgeException',
    method: 'POST',
    path: '/v1/exceptions/{exception}/acknowledge',
    summary: 'Somebody is at it. It stays an exception, and becomes open again where it gets worse',
    roles: OPERATES,
    reach: 'own',
    params: EXCEPTION,
    body: object({ why }),
    answers: { 200: ref('Exception') },
    if_match: 'getException',
    codes: ['api/not-found', 'levels/over'],
    act: async (ask) => ({
      status: 200,
      body: shownException(await acknowledge(by(ask), (await known(ask)).exception, act(ask))),
    }),
  },
  {
    ...BASE,
    id: 'closeException',
    method: 'POST',
    path: '/v1/exceptions/{exception}/close',
    summary:
      'A person looked at the target where nothing else can: only of unverifiable debt. Everything else closes by being settled',
    roles: APPROVES,
    reach: 'own',
    params: EXCEPTION,
    body: object({ why }),
    answers: { 200: ref('Exception') },
    if_match: 'getException',
    codes: ['api/not-found', 'levels/over', 'levels/settle'],
    act: async (ask) => ({
      status: 200,
      body: shownException(await closeByHand(by(ask), (await known(ask)).exception, act(ask))),
    }),
  },
  {
    ...BASE,
    id: 'listAlerts',
    method: 'GET',
    path: '/v1/alerts',
    summary: 'Budgets that burn too fast now, over a long and a short window',
    roles: EVERYBODY,
    reach: 'own',
    answers: { 200: list(ref('Alert')) },
    codes: [],
    act: async ({ room, who }) => ({
      status: 200,
      body: (await room.store.alerts()).filter(({ connection }) => who.connections?.has(connection) ?? true),
    }),
  },
]

const by = ({ house, room }: Ask) => ({ store: room.store, newId: openNewId(house.now) })
const act = (ask: Ask) => ask.act((ask.body as { readonly why: string }).why)

/** One of another tenant, or out of this token's reach, is not there. Throws `api/not-found`. */
async function known({ room, params, who }: Ask): Promise<Exception> {
  const found = await room.store.exception(params['exception'] ?? '')
  if (found === null || !(who.connections?.has(found.connection) ?? true))
    throw new Failure('api/not-found', 'exception', 'there is no such exception')
  return found
}
