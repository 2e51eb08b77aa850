import { Failure } from '../../errors.ts'
import { brakesOf } from '../../govern/plan.ts'
import { considered } from '../../govern/plan-item.ts'
import { outcomeNow, standingOf } from '../../govern/where-it-stands.ts'
import { approvalHash } from '../../judge/rolling-brake.ts'
import type { IntentRow } from '../../store/write-port.ts'
import { type JsonObject, LANES, type Lane } from '../../types.ts'
import { requestChange } from '../../write/engine.ts'
import { openNewId } from '../../write/new-id.ts'
import { INTENT_STATES, type IntentState, OUTCOMES, type OutcomeIs } from '../../write-types.ts'
import { fromOf } from '../from.ts'
import { after, isText, limitOf, pageOf } from '../pages.ts'
import { anyObject, maybe, name, object, oneOf, PAGING, page, ref, text, time, why } from '../schemas.ts'
import { secondPerson, tokenIn } from '../second-person.ts'
import { connectionOf, targetOf } from '../targets.ts'
import type { Ask, Route } from '../types.ts'
import { APPROVES, CONNECTION, EVERYBODY, OPERATES } from './parts.ts'

const INTENT = { intent: { type: 'string', pattern: '^[0-9A-HJKMNP-TV-Z]{26}$', description: 'an intent' } } as const

/** Single changes. Many at once, and what a brake holds, go by a plan. */
export const actions: readonly Route[] = [
  {
    id: 'listActions',
    method: 'GET',
    path: '/v1/actions',
    area: 'actions and plans',
    summary: 'Changes that were asked for, newest first: where each stands, and why',
    roles: EVERYBODY,
    realm: 'tenant',
    reach: 'own',
    query: {
      ...PAGING,
      connection: name('only of this one'),
      id: text('only of this native id', { minLength: 1 }),
      person: text('only about this person', { minLength: 1 }),
      plan: { type: 'string', pattern: '^[0-9a-f]{64}$' },
      state: oneOf([...INTENT_STATES, 'open']),
      outcome: oneOf(OUTCOMES),
      overdue: oneOf(['true']),
    },
    answers: { 200: page(ref('Action')) },
    codes: ['api/cursor', 'store/not-found'],
    act: async (ask) => {
      const { room, query, at, who } = ask
      const limit = limitOf(ask)
      const { connection, id, person, plan, state, outcome } = query
      if (who.connections !== null && (connection === undefined || !who.connections.has(connection)))
        throw new Failure('api/forbidden', 'connection', 'this token is limited to some connections: say which, of those')
      const from = after(ask, 'actions', isText)
      const rows = await room.store.intents({
        limit: limit + 1,
        ...(connection === undefined ? {} : { connection }),
        ...(id === undefined ? {} : { id }),
        ...(person === undefined ? {} : { person: person.trim().toLowerCase() }),
        ...(plan === undefined ? {} : { plan }),
        ...(state === undefined
          ? {}
          : { states: state === 'open' ? INTENT_STATES.filter((one) => one !== 'done') : [state as IntentState] }),
        ...(outcome === undefined ? {} : { outcomes: [outcome as OutcomeIs] }),
        ...(query['overdue'] === undefined ? {} : { overdue_at: at }),
        ...(from === null ? {} : { after: from }),
      })
      const stops = await stopsOf(ask)
      return pageOf(
        'actions',
        rows,
        limit,
        (row) => row.intent.intent,
        (row) => shown(row, stops, at),
      )
    },
  },
  {
    id: 'requestAction',
    method: 'POST',
    path: '/v1/connections/{connection}/actions',
    area: 'actions and plans',
    summary:
      'Ask for one change: durable, then looked at, sent once, looked at again. What a brake holds is refused: make a plan of it',
    roles: OPERATES,
    realm: 'tenant',
    reach: 'connection',
    params: CONNECTION,
    body: object({
      action: { type: 'string', pattern: '^[a-z_][A-Za-z0-9_-]{0,63}$' },
      'id?': maybe(text('native id; none for creates', { minLength: 1, maxLength: 1000 })),
      'input?': anyObject,
      'person?': text('the person it is about', { minLength: 1, maxLength: 400 }),
      'lane?': oneOf(LANES),
      why,
    }),
    answers: { 202: ref('Requested') },
    codes: ['api/not-found', 'plan/held', 'write/input', 'write/no-id', 'write/unknown-action', 'api/paused'],
    act: async ({ house, room, params, who, body }) => {
      const given = body as {
        readonly action: string
        readonly id?: string | null
        readonly input?: JsonObject
        readonly person?: string
        readonly lane?: Lane
        readonly why: string
      }
      const target = await targetOf(house, room, params['connection'] ?? '')
      const { name } = target.connection
      const paused = room.desk.paused(name)
      if (paused !== null) throw new Failure('api/paused', name, `${name} is paused by ${paused.by}: ${paused.why}`)
      const { action, id = null, input = {}, lane } = given
      const person = given.person?.trim().toLowerCase() ?? null
      const wanted = { connection: name, action, id, input, person }
      const { item } = await considered({ store: room.store, target, now: house.now }, wanted, null)
      const held = await brakesOf(room.store, new Map([[name, target]]), [item], null)
      if (held.length > 0)
        throw new Failure('plan/held', action, `held by ${held.map((one) => `${one.brake}: ${one.because}`).join('; ')}`)
      const ctx = { ...target, store: room.store, now: house.now, newId: openNewId(house.now) }
      const provenance = { by: who.by, why: given.why, from: fromOf(who), person }
      const requested = await requestChange(ctx, { action, id, input, provenance, ...(lane === undefined ? {} : { lane }) })
      room.work.drain(name)
      return { status: 202, body: requested, headers: { location: `/v1/actions/${requested.intent}` } }
    },
  },
  {
    id: 'getAction',
    method: 'GET',
    path: '/v1/actions/{intent}',
    area: 'actions and plans',
    summary: 'One change with its whole history: every look, every send',
    roles: EVERYBODY,
    realm: 'tenant',
    reach: 'own',
    params: INTENT,
    answers: { 200: ref('ActionHistory') },
    codes: ['api/not-found'],
    act: async (ask) => {
      const row = await rowOf(ask)
      const stops = await stopsOf(ask)
      const outcome = outcomeNow(row, stops(row.intent.connection))
      return { status: 200, body: { action: shown(row, stops, ask.at), outcome, history: row.events } }
    },
  },
  {
    id: 'cancelAction',
    method: 'POST',
    path: '/v1/actions/{intent}/cancel',
    area: 'actions and plans',
    summary: 'Withdraw a change of which nothing was sent',
    roles: OPERATES,
    realm: 'tenant',
    reach: 'own',
    params: INTENT,
    body: object({ why }),
    answers: { 200: ref('Action') },
    codes: ['api/not-found', 'store/sent', 'store/ended'],
    act: async (ask) => {
      const { intent } = (await rowOf(ask)).intent
      const because = (ask.body as { readonly why: string }).why
      const { room, who, at } = ask
      await room.store.append(
        intent,
        { kind: 'cancelled', at, by: who.by, because },
        { by: who.by, what: 'withdrawn', from: fromOf(who), why: because },
      )
      return { status: 200, body: shown(await rowOf(ask), await stopsOf(ask), at) }
    },
  },
  {
    id: 'approveAction',
    method: 'POST',
    path: '/v1/actions/{intent}/approvals',
    area: 'approvals',
    summary: 'A second person lets a change go that the rolling brake holds',
    roles: APPROVES,
    realm: 'tenant',
    reach: 'own',
    params: INTENT,
    body: object({ why, 'expires_at?': time }),
    answers: { 201: ref('Approval') },
    codes: ['api/not-found', 'plan/own-approval'],
    act: async (ask) => {
      const { intent } = await rowOf(ask)
      const { by, from } = intent.provenance
      secondPerson(ask.house.control, ask.who, { by, token: tokenIn(from) })
      const approval = await approved(ask, approvalHash(intent), [])
      ask.room.work.drain(intent.connection)
      return { status: 201, body: approval, headers: { location: `/v1/actions/${intent.intent}` } }
    },
  },
]

/** Of another tenant, or out of the token's reach: not there. */
async function rowOf({ room, params, who }: Ask): Promise<IntentRow> {
  const row = await room.store.intent(params['intent'] ?? '')
  if (row === null || !(who.connections?.has(row.intent.connection) ?? true))
    throw new Failure('api/not-found', 'intent', 'there is no such change')
  await connectionOf(room, row.intent.connection)
  return row
}

type Stops = (connection: string) => string | null

async function stopsOf({ room }: Ask): Promise<Stops> {
  const stops = await room.store.killSwitches()
  return (connection) => {
    const stop = stops.find(({ scope }) => scope === '*' || scope === connection)
    return stop === undefined ? null : `${stop.why} (${stop.by}, ${stop.at})`
  }
}

function shown(row: IntentRow, stops: Stops, at: string): object {
  const { intent, connection, action, id, input, lane, provenance, plan, made_at, due_at } = row.intent
  const open = row.state !== 'done' || row.outcome === 'unknown' || row.outcome === 'pending'
  return {
    ...{ intent, connection, action, id, input: Object.keys(input), lane, ...provenance, plan, made_at, due_at },
    overdue: due_at !== null && due_at < at && open,
    state: row.state,
    outcome: row.outcome,
    standing: standingOf(row, stops(connection)),
    approval_hash: approvalHash(row.intent),
  }
}

const WEEK_MS = 604_800_000

/** Keeps the approval of the asker; its ledger entry is in the same transaction. Throws `api/input`. */
export async function approved(ask: Ask, hash: string, override: readonly string[]): Promise<object> {
  const { expires_at, why: reason } = ask.body as { readonly expires_at?: string; readonly why: string }
  const ends_ms = expires_at === undefined ? Date.parse(ask.at) + 3_600_000 : Date.parse(expires_at)
  if (!(ends_ms > Date.parse(ask.at) && ends_ms <= Date.parse(ask.at) + WEEK_MS))
    throw new Failure('api/input', 'expires_at', 'an approval ends in the future, at most 7 days from now')
  const approval = {
    hash,
    by: ask.who.by,
    at: ask.at,
    expires_at: new Date(ends_ms).toISOString(),
    override: override.length === 0 ? null : override.join(','),
  }
  await ask.room.store.enter({ ...ask.act(reason), what: 'approval given', about: hash, detail: { override } })
  await ask.room.store.approve(approval, { from: fromOf(ask.who), why: reason })
  return { ...approval, used_at: null }
}
