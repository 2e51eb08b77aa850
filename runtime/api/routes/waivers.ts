import { Failure } from '../../errors.ts'
import { look } from '../../govern/certify/look.ts'
import { waive } from '../../govern/certify/waive.ts'
import { gateOf } from '../../govern/gate-of.ts'
import { context, known, whoOf } from '../certify-parts.ts'
import { anyObject, list, name, object, text, time, why } from '../schemas.ts'
import { secondPerson } from '../second-person.ts'
import { targetOf } from '../targets.ts'
import type { Ask, Route } from '../types.ts'
import { APPROVES, EVERYBODY } from './parts.ts'

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
    answers: { 200: list(anyObject) },
    codes: [],
    act: async ({ room }) => ({ status: 200, body: await room.store.waivers() }),
  },
  {
    ...BASE,
    id: 'signWaiver',
    method: 'POST',
    path: '/v1/waivers',
    summary: 'A second person lets one reason of a gate stand, until a day',
    roles: APPROVES,
    body: object({
      'connection?': name('of whose gate the reason is'),
      'certification?': CERTIFICATION,
      reason: { type: 'string', pattern: '^[0-9a-f]{12}$', description: 'id of the reason' },
      requested_by: text('who wants it', { minLength: 1, maxLength: 200 }),
      until: time,
      why,
    }),
    answers: { 201: anyObject },
    codes: ['api/not-found', 'certify/waiver', 'plan/own-approval'],
    act: async (ask) => {
      const given = ask.body as {
        readonly connection?: string
        readonly certification?: string
        readonly reason: string
        readonly requested_by: string
        readonly until: string
        readonly why: string
      }
      const { requested_by, reason, until } = given
      secondPerson(ask.house.control, ask.who, { by: requested_by, token: null })
      const reasons = await reasonsOf(ask, given)
      const waiver = await waive(context(ask), reasons, { reason, requested_by, until }, whoOf(ask, given.why))
      return { status: 201, body: waiver, headers: { location: '/v1/waivers' } }
    },
  },
]

async function reasonsOf(ask: Ask, given: { readonly connection?: string; readonly certification?: string }) {
  const { house, room } = ask
  if (given.certification !== undefined)
    return (await look(context(ask), await known({ ...ask, room, params: { certification: given.certification } }), null)).gate
      .reasons
  if (given.connection === undefined)
    throw new Failure('api/input', 'connection', 'say whose gate the reason is of: `connection` or `certification`')
  const target = await targetOf(house, room, given.connection)
  return (await gateOf(room.store, target, new Set(Object.keys(target.connector.streams)), house.now())).reasons
}
