import { closeCertification, withdrawCertification } from '../../govern/certify/close.ts'
import { askFor, type Deciding, decide } from '../../govern/certify/decide.ts'
import { openCertification, refreeze } from '../../govern/certify/open.ts'
import { sheetPage } from '../../govern/certify/sheet.ts'
import { proofOf, proofTaken } from '../../govern/proof/bundle.ts'
import type { Json } from '../../types.ts'
import { RECORD_TYPES, type RecordType } from '../../types.ts'
import { brief, context, drain, known, openedAnswer, reasonOf, refusal, shown, standing, whoOf } from '../certify-parts.ts'
import { after, isSeq, isText, limitOf, pageOf } from '../pages.ts'
import { list, maybe, name, object, oneOf, PAGING, page, ref, SAID, streamName, text, why } from '../schemas.ts'
import type { Route } from '../types.ts'
import { AUDITS, EVERYBODY, OPERATES } from './parts.ts'

const CERT = { certification: { type: 'string', pattern: '^[0-9A-HJKMNP-TV-Z]{26}$', description: 'a certification' } } as const
const BASE = { area: 'certifications', realm: 'tenant', reach: 'whole', params: CERT } as const
const isPlace = (at: Json): at is readonly [number, number] => Array.isArray(at) && at.length === 2 && at.every(isSeq)
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
    answers: { 200: page(ref('CertificationBrief')) },
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
      name: text('what it is called', { ...SAID, maxLength: 200 }),
      owner: text('who answers for it', { ...SAID, maxLength: 200 }),
      connections: list(name('in scope'), { minItems: 1, maxItems: 1000, uniqueItems: true }),
      'streams?': list(streamName),
      'types?': list(oneOf(RECORD_TYPES)),
      'review?': list(streamName, { description: 'decided upon one by one; default: grants, else accounts' }),
      'where?': list(object({ stream: maybe(streamName), field: text(''), is: text('') })),
      why,
    }),
    answers: { 201: ref('Certification') },
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
    answers: { 200: ref('Certification') },
    codes: ['api/not-found'],
    act: async (ask) => ({ status: 200, body: shown(await standing(ask)) }),
  },
  {
    ...BASE,
    id: 'listCertificationItems',
    method: 'GET',
    path: '/v1/certifications/{certification}/items',
    summary: 'The records to decide upon, each with the last word about it',
    roles: EVERYBODY,
    query: PAGING,
    answers: { 200: page(ref('CertificationItem')) },
    codes: ['api/not-found', 'api/cursor'],
    act: async (ask) => {
      const id = await known(ask)
      const from = after(ask, `items ${id}`, isPlace) ?? [0, 0]
      const limit = limitOf(ask)
      const rows = await sheetPage(context(ask), id, from, limit + 1)
      return pageOf(
        `items ${id}`,
        rows,
        limit,
        ({ place }) => place,
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
    answers: { 200: ref('Decided') },
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
    answers: { 202: ref('AskedFor') },
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
    answers: { 200: ref('Certification') },
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
    answers: { 200: ref('ClosedCertification') },
    codes: ['api/not-found', 'certify/over', 'certify/moved', 'api/gate'],
    act: async (ask) => {
      const closed = await closeCertification(context(ask), await known(ask), whoOf(ask, reasonOf(ask)))
      if (closed.is === 'refused') throw refusal('it does not close', closed.gate)
      return { status: 200, body: { ...shown(await standing(ask)), words: closed.words, ledger_entry: closed.entry } }
    },
  },
  {
    ...BASE,
    id: 'getProof',
    method: 'GET',
    path: '/v1/certifications/{certification}/proof',
    summary:
      'The proof of a closed certification, a zip: checked offline by `node verify.mjs proof.zip`, with the key of the ledger head, which is told elsewhere. `redact`: ids whose lines become their hashes',
    roles: AUDITS,
    query: {
      redact: text('native ids with commas', { minLength: 1 }),
      decisions: oneOf(['redacted'], 'every decision becomes its hash'),
    },
    answers: { 200: 'zip' },
    codes: ['api/not-found', 'certify/open', 'ledger/broken'],
    act: async (ask) => {
      const { house, room, query } = ask
      const id = await known(ask)
      const origin = `${house.signer.name}/${room.tenant}`
      const redact = { ids: query['redact']?.split(',') ?? [], decisions: query['decisions'] === 'redacted' }
      const proof = await proofOf(room.store, id, { signer: house.signer, origin }, redact)
      const { zip } = proof
      await room.store.enter(proofTaken(id, proof, ask.act('through the API')))
      return { status: 200, file: { type: 'application/zip', name: `proof-${id}.zip`, bytes: zip } }
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
]
