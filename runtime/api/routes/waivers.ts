import type { GateReason } from '../../certify-types.ts'
import type { AskedWaiver } from '../../control/desk.ts'
import { newId } from '../../control/token.ts'
import { Failure } from '../../errors.ts'
import { look } from '../../govern/certify/look.ts'
import { mayBeWaived, waive } from '../../govern/certify/waive.ts'
import { gateOf } from '../../govern/gate-of.ts'
import { context, known, whoOf } from '../certify-parts.ts'
import { after, isText, limitOf, pageOf } from '../pages.ts'
import { id12, list, name, object, PAGING, page, ref, time, why } from '../schemas.ts'
import { secondPerson } from '../second-person.ts'
import { targetOf } from '../targets.ts'
import type { Ask, Room, Route } from '../types.ts'
import { APPROVES, EVERYBODY, OPERATES } from './parts.ts'

const BASE = { area: 'waivers', realm: 'tenant', reach: 'whole' } as const
const CERTIFICATION = { type: 'string', pattern: '^[0-9A-HJKMNP-TV-Z]{26}$', description: 'of whose gate the reason is' } as const

export const waivers: readonly Route[] = [
  {
    ...BASE,
    id: 'listWaivers',
    method: 'GET',
    path: '/v1/waivers',
    summary: 'Waivers, those that are over too',
    roles: EVERYBODY,
    answers: { 200: list(ref('Waiver')) },
    codes: [],
    act: async ({ room }) => ({ status: 200, body: await room.store.waivers() }),
  },
  {
    ...BASE,
    id: 'requestWaiver',
    method: 'POST',
    path: '/v1/waivers/requests',
    summary: 'Ask a second person to let one reason of a gate stand, until a day. Who asks is the credential that asks',
    roles: OPERATES,
    body: object({
      'connection?': name('of whose gate the reason is'),
      'certification?': CERTIFICATION,
      reason: { type: 'string', pattern: '^[0-9a-f]{12}$', description: 'id of the reason' },
      until: { ...time, description: 'at most 90 days from now' },
      why,
    }),
    answers: { 201: ref('WaiverRequest') },
    codes: ['api/not-found', 'certify/waiver'],
    act: async (ask) => {
      const {
        connection = null,
        certification = null,
        reason,
        until,
        why,
      } = ask.body as {
        readonly connection?: string
        readonly certification?: string
        readonly reason: string
        readonly until: string
        readonly why: string
      }
      if ((connection === null) === (certification === null))
        throw new Failure('api/input', 'connection', 'say whose gate the reason is of: `connection` or `certification`')
      const { kind } = mayBeWaived(await reasonsOf(ask, { connection, certification }), { reason, until }, ask.house.now())
      const asked = { request: newId(), connection, certification, reason, until: new Date(until).toISOString(), why }
      const { request } = asked
      const about = connection ?? certification ?? ''
      await ask.room.store.enter({ ...ask.act(why), what: 'waiver asked for', about, detail: { request, reason, kind, until } })
      const kept = { ...asked, at: ask.at, by: ask.who.by, token: ask.who.token }
      ask.room.desk.askWaiver(kept)
      return { status: 201, body: shown({ ...kept, signed: null }), headers: { location: '/v1/waivers/requests' } }
    },
  },
  {
    ...BASE,
    id: 'listWaiverRequests',
    method: 'GET',
    path: '/v1/waivers/requests',
    summary: 'Waivers that were asked for, and who signed which',
    roles: EVERYBODY,
    query: PAGING,
    answers: { 200: page(ref('WaiverRequest')) },
    codes: ['api/cursor'],
    act: async (ask) => {
      const limit = limitOf(ask)
      const rows = await withSigned(ask.room, ask.room.desk.askedWaivers(after(ask, 'waiver requests', isText) ?? '', limit + 1))
      return pageOf('waiver requests', rows, limit, (row) => row.request, shown)
    },
  },
  {
    ...BASE,
    id: 'signWaiver',
    method: 'POST',
    path: '/v1/waivers/requests/{request}/sign',
    summary: 'A second person lets the reason stand: neither who asked, nor by a token that one of the two made',
    roles: APPROVES,
    params: { request: id12 },
    body: object({ why }),
    answers: { 201: ref('Waiver') },
    codes: ['api/not-found', 'certify/waiver', 'plan/own-approval'],
    act: async (ask) => {
      const { house, room, who } = ask
      const asked = room.desk.askedWaiver(ask.params['request'] ?? '')
      if (asked === null) throw new Failure('api/not-found', 'request', 'there is no such request')
      const { request, by, token, reason, until } = asked
      secondPerson(house.control, who, { by, token })
      const signed = (await withSigned(room, [asked]))[0]?.signed ?? null
      if (signed !== null) throw new Failure('certify/waiver', reason, `${signed.by} signed it at ${signed.at}; ask anew`)
      const waiver = await waive(
        context(ask),
        await reasonsOf(ask, asked),
        { reason, requested_by: by, until },
        whoOf(ask, (ask.body as { readonly why: string }).why),
        request,
      )
      return { status: 201, body: waiver, headers: { location: '/v1/waivers' } }
    },
  },
]

/** Signed is what a waiver lies for: stored in one step, so that no crash leaves a waiver and an open request for it. */
async function withSigned(room: Room, asked: readonly AskedWaiver[]): Promise<readonly AskedWaiver[]> {
  const signed = await room.store.signedRequests(asked.map(({ request }) => request))
  return asked.map((one) => {
    const waiver = signed.get(one.request)
    return waiver === undefined ? one : { ...one, signed: { by: waiver.by, at: waiver.at } }
  })
}

const shown = ({ token: _, ...asked }: AskedWaiver): object => {
  const { by, ...rest } = asked
  return { ...rest, requested_by: by }
}

async function reasonsOf(ask: Ask, given: Pick<AskedWaiver, 'connection' | 'certification'>): Promise<readonly GateReason[]> {
  const { house, room } = ask
  if (given.certification !== null)
    return (await look(context(ask), await known({ ...ask, room, params: { certification: given.certification } }), null)).gate
      .reasons
  const target = await targetOf(house, room, given.connection ?? '')
  return (await gateOf(room.store, target, new Set(Object.keys(target.connector.streams)), house.now())).reasons
}
