import type { Gate } from '../../certify-types.ts'
import { Failure } from '../../errors.ts'
import { closeCertification, withdrawCertification } from '../../govern/certify/close.ts'
import { askFor, type Deciding, decide } from '../../govern/certify/decide.ts'
import { type CertifyContext, type Looked, look } from '../../govern/certify/look.ts'
import { type Opening, openCertification, refreeze, type Who } from '../../govern/certify/open.ts'
import { sheetOf } from '../../govern/certify/sheet.ts'
import { waive } from '../../govern/certify/waive.ts'
import { gateOf } from '../../govern/gate-of.ts'
import { RECORD_TYPES, type RecordType } from '../../types.ts'
import { openNewId } from '../../write/new-id.ts'
import { fromOf } from '../from.ts'
import { after, isSeq, isText, limitOf, pageOf } from '../pages.ts'
import { InputFailure } from '../problems.ts'
import { anyObject, list, maybe, name, object, oneOf, PAGING, page, streamName, text, time, why } from '../schemas.ts'
import { secondPerson } from '../second-person.ts'
import { targetOf } from '../targets.ts'
import type { Ask, Route } from '../types.ts'
import { APPROVES, EVERYBODY, OPERATES } from './parts.ts'

const CERT = { certification: { type: 'string', pattern: '^[0-9A-HJKMNP-TV-Z]{26}$', description: 'a certification' } } as const
const BASE = { area: 'certifications', realm: 'tenant', reach: 'whole', params: CERT } as const
const REVIEWS: Route['roles'] = ['approver', 'operator', 'admin']

export const certifications: readonly Route[] = [
  {
    ...BASE,
    id: 'listCertifications',
    method: 'GET',
    path: '/v1/certifications',
    params: {},
    summary: 'Certifications, newest last: name, state, what was frozen',
    roles: EVERYBODY,
    query: PAGING,
    answers: { 200: page(anyObject) },
    codes: ['api/cursor'],
    act: async (ask) => {
      const from = after(ask, 'certifications', isText) ?? ''
      const limit = limitOf(ask)
      const rows = (await ask.room.store.certifications())
        .toSorted((a, b) => (a.certification < b.certification ? -1 : 1))
        .filter((row) => row.certification > from)
      const shown = (certification: string) => certification
      const answer = pageOf(
        'certifications',
        rows,
        limit,
        (row) => row.certification,
        (row) => shown(row.certification),
      )
      const { items, next } = answer.body as { readonly items: readonly string[]; readonly next: string | null }
      return { status: 200, body: { items: await Promise.all(items.map((one) => brief(ask, one))), next } }
    },
  },
  {
    ...BASE,
    id: 'openCertification',
    method: 'POST',
    path: '/v1/certifications',
    params: {},
    summary: 'Freeze what was read and open it for review; refused with every reason while the gate is not open',
    roles: OPERATES,
    body: object({
      name: text('what it is called', { minLength: 1, maxLength: 200 }),
      owner: text('who answers for it', { minLength: 1, maxLength: 200 }),
      connections: list(name('in scope'), { minItems: 1, maxItems: 1000, uniqueItems: true }),
      'streams?': list(streamName),
      'types?': list(oneOf(RECORD_TYPES)),
      'review?': list(streamName, { description: 'decided upon one by one; default: grants, else accounts' }),
      'where?': list(object({ stream: maybe(streamName), field: text(''), is: text('') })),
      why,
    }),
    answers: { 201: anyObject },
    codes: ['api/not-found', 'certify/scope', 'certify/moved', 'api/gate'],
    act: async (ask) => {
      const {
        why: reason,
        streams = [],
        types = [],
        review = [],
        where = [],
        ...asked
      } = ask.body as {
        readonly name: string
        readonly owner: string
        readonly connections: readonly string[]
        readonly streams?: readonly string[]
        readonly types?: readonly RecordType[]
        readonly review?: readonly string[]
        readonly where?: readonly { readonly stream: string | null; readonly field: string; readonly is: string }[]
        readonly why: string
      }
      const opened = await openCertification(context(ask), { ...asked, streams, types, review, where }, whoOf(ask, reason))
      return openedAnswer(ask, opened, 201)
    },
  },
  {
    ...BASE,
    id: 'getCertification',
    method: 'GET',
    path: '/v1/certifications/{certification}',
    summary: 'Where it stands, and what keeps it from closing',
    roles: EVERYBODY,
    answers: { 200: anyObject },
    codes: ['api/not-found'],
    act: async (ask) => ({ status: 200, body: shown(await looked(ask)) }),
  },
  {
    ...BASE,
    id: 'listCertificationItems',
    method: 'GET',
    path: '/v1/certifications/{certification}/items',
    summary: 'The records to decide upon, each with the last word about it',
    roles: EVERYBODY,
    query: PAGING,
    answers: { 200: page(anyObject) },
    codes: ['api/not-found', 'api/cursor'],
    act: async (ask) => {
      const id = await known(ask)
      const [limit, from] = [limitOf(ask), after(ask, `items ${id}`, isSeq) ?? 0]
      const rows = (await sheetOf(context(ask), id)).map((row, index) => ({ row, index })).slice(from, from + limit + 1)
      return pageOf(
        `items ${id}`,
        rows,
        limit,
        ({ index }) => index + 1,
        ({ row }) => row,
      )
    },
  },
  {
    ...BASE,
    id: 'decideCertification',
    method: 'POST',
    path: '/v1/certifications/{certification}/decisions',
    summary: 'Keep or revoke, each with its reason; a revocation asks for its change',
    roles: REVIEWS,
    body: object({
      decisions: list(
        object({
          'connection?': maybe(name('where the id is of several')),
          'stream?': maybe(streamName),
          id: text('native id', { minLength: 1 }),
          is: oneOf(['keep', 'revoke']),
          'why?': maybe(text('')),
          'intent?': maybe(text('a change that takes it back already')),
        }),
        { minItems: 1, maxItems: 10_000 },
      ),
      why,
    }),
    answers: { 200: anyObject },
    codes: ['api/not-found', 'certify/decision', 'certify/over', 'certify/moved'],
    act: async (ask) => {
      const { decisions, why: reason } = ask.body as { readonly decisions: readonly Partial<Deciding>[]; readonly why: string }
      // In the name of who asks: nobody decides for somebody else here.
      const made = decisions.map(
        (one) => ({ connection: null, stream: null, why: null, intent: null, ...one, by: null }) as Deciding,
      )
      const done = await decide(context(ask), await known(ask), made, whoOf(ask, reason))
      drain(ask, done.asked.intents)
      return {
        status: 200,
        body: { kept: done.kept, revoked: done.revoked, intents: done.asked.intents.map(({ intent }) => intent) },
      }
    },
  },
  {
    ...BASE,
    id: 'askForRevocations',
    method: 'POST',
    path: '/v1/certifications/{certification}/act',
    summary: 'Ask (again) for revocations that nothing carries out',
    roles: OPERATES,
    body: object({ why }),
    answers: { 202: anyObject },
    codes: ['api/not-found', 'certify/over'],
    act: async (ask) => {
      const { intents } = await askFor(context(ask), await known(ask), whoOf(ask, reasonOf(ask)))
      drain(ask, intents)
      return { status: 202, body: { intents: intents.map(({ intent }) => intent) } }
    },
  },
  {
    ...BASE,
    id: 'refreezeCertification',
    method: 'POST',
    path: '/v1/certifications/{certification}/refreeze',
    summary: 'Freeze the same scope upon the newest reads; decisions about unchanged records stay',
    roles: OPERATES,
    body: object({ why }),
    answers: { 200: anyObject },
    codes: ['api/not-found', 'certify/over', 'certify/moved', 'api/gate'],
    act: async (ask) => openedAnswer(ask, await refreeze(context(ask), await known(ask), whoOf(ask, reasonOf(ask))), 200),
  },
  {
    ...BASE,
    id: 'closeCertification',
    method: 'POST',
    path: '/v1/certifications/{certification}/close',
    summary: 'Close it, or hear every reason why not and what would settle it',
    roles: OPERATES,
    body: object({ why }),
    answers: { 200: anyObject },
    codes: ['api/not-found', 'certify/over', 'certify/moved', 'api/gate'],
    act: async (ask) => {
      const closed = await closeCertification(context(ask), await known(ask), whoOf(ask, reasonOf(ask)))
      if (closed.is === 'refused') throw refusal('it does not close', closed.gate)
      return { status: 200, body: { ...shown(await looked(ask)), words: closed.words, ledger_entry: closed.entry } }
    },
  },
  {
    ...BASE,
    id: 'withdrawCertification',
    method: 'POST',
    path: '/v1/certifications/{certification}/withdraw',
    summary: 'End it without a proof',
    roles: OPERATES,
    body: object({ why }),
    answers: { 204: null },
    codes: ['api/not-found', 'certify/over', 'certify/moved'],
    act: async (ask) => {
      await withdrawCertification(context(ask), await known(ask), whoOf(ask, reasonOf(ask)))
      return { status: 204 }
    },
  },
  {
    ...BASE,
    id: 'listWaivers',
    method: 'GET',
    path: '/v1/waivers',
    area: 'waivers',
    params: {},
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
    area: 'waivers',
    params: {},
    summary: 'A second person lets one reason of a gate stand, until a day',
    roles: APPROVES,
    body: object({
      'connection?': name('of whose gate the reason is'),
      'certification?': CERT.certification,
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

const context = ({ house, room }: Ask): CertifyContext => ({
  store: room.store,
  target: (connection) => targetOf(house, room, connection),
  now: house.now,
  newId: openNewId(house.now),
})
const whoOf = ({ who }: Ask, reason: string): Who => ({ by: who.by, why: reason, from: fromOf(who) })
const reasonOf = ({ body }: Ask): string => (body as { readonly why: string }).why

/** One of another tenant is not there. Throws `api/not-found`. */
async function known({ room, params }: Ask): Promise<string> {
  const id = params['certification'] ?? ''
  if ((await room.store.certification(id)) === null)
    throw new Failure('api/not-found', 'certification', 'there is no such certification')
  return id
}

const looked = async (ask: Ask): Promise<Looked> => look(context(ask), await known(ask), ask.who.by)

async function brief({ room }: Ask, id: string): Promise<object> {
  const row = await room.store.certification(id)
  const [opened] = row?.events ?? []
  const last = row?.events.at(-1)
  return { certification: id, name: opened?.kind === 'opened' ? opened.name : '', last: last?.kind ?? null, at: last?.at ?? null }
}

function shown({ certification: it, parts, items, undecided, kept, revocations, gate }: Looked): object {
  const { certification, state, name, owner, frozen_at } = it
  return {
    ...{ certification, state, name, owner, opened_at: it.opened.at, opened_by: it.opened.by, frozen_at, frozen: it.frozen },
    counts: { items: items.length, undecided: undecided.length, kept, revoked: revocations.length },
    revocations: revocations.map(({ item, decision, intent, row }) => ({
      id: item.id,
      by: decision.by,
      intent,
      outcome: row?.outcome ?? null,
    })),
    parts: parts.map(({ frozen, in_scope, late, gone, changed }) => ({
      connection: frozen.connection,
      stream: frozen.stream,
      in_scope,
      late: late.map(({ id }) => id),
      gone: gone.map(({ id }) => id),
      changed: changed.map(({ id }) => id),
    })),
    gate: { is: gate.is, reasons: gate.reasons, waived: gate.waived },
  }
}

async function openedAnswer(ask: Ask, opened: Opening, status: number) {
  if (opened.is === 'refused') throw refusal('it does not open', opened.gate)
  const body = shown(await look(context(ask), opened.certification, ask.who.by))
  return { status, body, headers: { location: `/v1/certifications/${opened.certification}` } }
}

/** Every reason with what would settle it. */
function refusal(what: string, { reasons }: Gate): InputFailure {
  const errors = reasons.map(({ connection, stream, kind, id, because, settle }) => ({
    at: `${connection}${stream === '' ? '' : `/${stream}`} ${kind} ${id}`,
    because: `${because}. ${settle}`,
  }))
  return new InputFailure('api/gate', 'gate', `${what}: ${reasons.map(({ because }) => because).join('; ')}`, errors)
}

function drain({ room }: Ask, intents: readonly { readonly item: { readonly connection: string } }[]): void {
  for (const connection of new Set(intents.map(({ item }) => item.connection))) room.work.drain(connection)
}

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
