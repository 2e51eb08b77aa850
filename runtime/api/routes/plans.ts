import type { KeptPlan } from '../../control/desk.ts'
import { Failure } from '../../errors.ts'
import { askForPlan, NEEDS_OVERRIDE, rowsOf } from '../../govern/carry-out.ts'
import { makePlan } from '../../govern/plan.ts'
import { type JsonObject, LANES, type Lane } from '../../types.ts'
import { openNewId } from '../../write/new-id.ts'
import { fromOf } from '../from.ts'
import { after, isText, limitOf, pageOf } from '../pages.ts'
import { anyObject, flag, list, maybe, name, object, oneOf, PAGING, page, ref, text, time, why } from '../schemas.ts'
import { secondPerson } from '../second-person.ts'
import { targetOf } from '../targets.ts'
import type { Ask, Route, Target } from '../types.ts'
import { approved } from './actions.ts'
import { APPROVES, EVERYBODY, OPERATES } from './parts.ts'

const PLAN = { plan: { type: 'string', pattern: '^[0-9a-f]{64}$', description: 'hash of a plan' } } as const
const CHANGE = object({
  connection: name('of this tenant'),
  action: { type: 'string', pattern: '^[a-z_][A-Za-z0-9_-]{0,63}$' },
  'id?': maybe(text('native id', { minLength: 1, maxLength: 1000 })),
  'input?': anyObject,
  'person?': text('', { minLength: 1, maxLength: 400 }),
  'lane?': oneOf(LANES),
})
type Change = {
  readonly connection: string
  readonly action: string
  readonly id?: string | null
  readonly input?: JsonObject
  readonly person?: string
  readonly lane?: Lane
}

export const plans: readonly Route[] = [
  {
    id: 'listPlans',
    method: 'GET',
    path: '/v1/plans',
    area: 'actions and plans',
    summary: 'Plans, newest first',
    roles: EVERYBODY,
    realm: 'tenant',
    reach: 'whole',
    query: PAGING,
    answers: { 200: page(ref('Plan')) },
    codes: ['api/cursor'],
    act: async (ask) => {
      const limit = limitOf(ask)
      const rows = ask.room.desk.plans(after(ask, 'plans', isText), limit + 1)
      const answer = pageOf(
        'plans',
        rows,
        limit,
        (row) => row.plan.hash,
        (row) => row,
      )
      const { items, next } = answer.body as { readonly items: readonly KeptPlan[]; readonly next: string | null }
      return { status: 200, body: { items: await Promise.all(items.map((kept) => shown(ask, kept))), next } }
    },
  },
  {
    id: 'makePlan',
    method: 'POST',
    path: '/v1/plans',
    area: 'actions and plans',
    summary:
      'What wanted changes would change against the last snapshots, and what holds them for a second person. Sends nothing',
    roles: OPERATES,
    realm: 'tenant',
    reach: 'whole',
    body: object({
      changes: list(CHANGE, { minItems: 1, maxItems: 10_000 }),
      why,
      'source?': object({
        name: text('where the list comes from: an HR feed', { minLength: 1, maxLength: 200 }),
        records: { type: 'integer', minimum: 0 },
        complete: flag('is it shown to be all of them'),
      }),
    }),
    answers: { 201: ref('Plan') },
    codes: ['api/not-found', 'write/input', 'write/no-id', 'write/unknown-action'],
    act: async (ask) => {
      const { house, room, who, at } = ask
      const {
        changes,
        why,
        source = null,
      } = ask.body as {
        readonly changes: readonly Change[]
        readonly why: string
        readonly source?: Parameters<typeof makePlan>[0]['source']
      }
      const targets = await targetsOf(ask, new Set(changes.map((change) => change.connection)))
      const { plan, already, repeated } = await makePlan({
        store: room.store,
        targets,
        wanted: changes.map(({ id = null, input = {}, person, ...change }) => ({
          ...change,
          id,
          input,
          ...(person === undefined ? {} : { person: person.trim().toLowerCase() }),
        })),
        source,
        made_by: who.by,
        why,
        now: house.now,
      })
      const detail = { items: plan.items.length, held: plan.held.map(({ brake }) => brake) }
      await room.store.enter({ ...ask.act(why), what: 'plan made', about: plan.hash, detail })
      const kept = { plan, at, by: who.by, token: who.token }
      room.desk.keepPlan(kept)
      return {
        status: 201,
        body: { ...(await shown(ask, kept)), already, repeated },
        headers: { location: `/v1/plans/${plan.hash}` },
      }
    },
  },
  {
    id: 'getPlan',
    method: 'GET',
    path: '/v1/plans/{plan}',
    area: 'actions and plans',
    summary: 'One plan with its exact list, what holds it, and its approvals',
    roles: EVERYBODY,
    realm: 'tenant',
    reach: 'whole',
    params: PLAN,
    answers: { 200: ref('Plan') },
    codes: ['api/not-found'],
    act: async (ask) => ({ status: 200, body: await shown(ask, planOf(ask)) }),
  },
  {
    id: 'approvePlan',
    method: 'POST',
    path: '/v1/plans/{plan}/approvals',
    area: 'approvals',
    summary: 'A second person approves exactly this list, once, until the approval ends',
    roles: APPROVES,
    realm: 'tenant',
    reach: 'whole',
    params: PLAN,
    body: object({
      why,
      'expires_at?': time,
      'override?': list(oneOf([...NEEDS_OVERRIDE]), {
        uniqueItems: true,
        description: 'brakes that must be named to be released',
      }),
    }),
    answers: { 201: ref('Approval') },
    codes: ['api/not-found', 'plan/own-approval'],
    act: async (ask) => {
      const { plan, by, token } = planOf(ask)
      secondPerson(ask.house.control, ask.who, { by, token })
      const { override = [] } = ask.body as { readonly override?: readonly string[] }
      return { status: 201, body: await approved(ask, plan.hash, override), headers: { location: `/v1/plans/${plan.hash}` } }
    },
  },
  {
    id: 'applyPlan',
    method: 'POST',
    path: '/v1/plans/{plan}/apply',
    area: 'actions and plans',
    summary: 'Carry a plan out, once: refused while it is held and not approved, or where the target moved since',
    roles: OPERATES,
    realm: 'tenant',
    reach: 'whole',
    params: PLAN,
    answers: { 202: ref('Applied') },
    codes: ['api/not-found', 'plan/held', 'plan/moved', 'plan/override', 'plan/expired-approval', 'plan/own-approval'],
    act: async (ask) => {
      const { house, room, who } = ask
      const { plan } = planOf(ask)
      const names = new Set(plan.items.map((item) => item.connection))
      const targets = await targetsOf(ask, names)
      const asker = { by: who.by, why: plan.why, from: fromOf(who) }
      const { asked, before } = await askForPlan(
        { store: room.store, targets, now: house.now, newId: openNewId(house.now) },
        plan,
        asker,
      )
      for (const name of names) room.work.drain(name)
      const intents = (await rowsOf(room.store, plan.hash)).map(({ intent }) => intent.intent)
      return { status: 202, body: { plan: plan.hash, asked, before, intents }, headers: { location: `/v1/plans/${plan.hash}` } }
    },
  },
]

function planOf({ room, params }: Ask): KeptPlan {
  const kept = room.desk.plan(params['plan'] ?? '')
  if (kept === null) throw new Failure('api/not-found', 'plan', 'there is no such plan')
  return kept
}

async function targetsOf({ house, room }: Ask, names: ReadonlySet<string>): Promise<ReadonlyMap<string, Target>> {
  const targets = new Map<string, Target>()
  for (const one of names) targets.set(one, await targetOf(house, room, one))
  return targets
}

async function shown({ room }: Ask, { plan }: KeptPlan): Promise<object> {
  const { version: _, ...rest } = plan
  return { ...rest, approvals: await room.store.approvals(plan.hash) }
}
