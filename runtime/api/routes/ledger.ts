import { Failure } from '../../errors.ts'
import { signCheckpoint, verifierText } from '../../ledger/checkpoint.ts'
import type { LedgerFilter } from '../../store/ledger-port.ts'
import { after, isSeq, limitOf, pageOf } from '../pages.ts'
import { number, PAGING, page, ref, text, time } from '../schemas.ts'
import type { Route } from '../types.ts'
import { AUDITS } from './parts.ts'

const SEQ = { type: 'string', pattern: '^[1-9][0-9]{0,14}$' } as const

/** Who did what. Not for everybody: it names who did it. */
export const ledger: readonly Route[] = [
  {
    id: 'searchLedger',
    method: 'GET',
    path: '/v1/ledger',
    area: 'ledger',
    summary:
      'Entries in order, from `after` (a seq) or a cursor on. `person`: entries that hold this id or name, found by its pseudonym',
    roles: AUDITS,
    realm: 'tenant',
    reach: 'whole',
    query: {
      ...PAGING,
      after: number,
      about: text('an intent, a hash, a connection, connection/stream/id'),
      by: text('who did it'),
      what: text('`sending`, `verdict`, `plan made` …'),
      person: text('an id or an address, as the target has it'),
      since: time,
      until: time,
    },
    answers: { 200: page(ref('LedgerEntry')) },
    codes: ['api/cursor'],
    act: async (ask) => {
      const { query, room } = ask
      const names = ['about', 'by', 'what', 'person', 'since', 'until'] as const
      const wanted = names.flatMap((name) => (query[name] === undefined ? [] : [[name, timed(name, query[name])] as const]))
      const of = `ledger ${JSON.stringify(wanted)}`
      const limit = limitOf(ask)
      const filter = Object.fromEntries(wanted) as Partial<LedgerFilter>
      const rows = await room.store.audit({
        ...filter,
        after: after(ask, of, isSeq) ?? Number(query['after'] ?? 0),
        limit: limit + 1,
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
    id: 'getLedgerHead',
    method: 'GET',
    path: '/v1/ledger/head',
    area: 'ledger',
    summary: 'Size and root of the Merkle tree now, and the key that signs its checkpoints',
    roles: AUDITS,
    realm: 'tenant',
    reach: 'whole',
    answers: { 200: ref('LedgerHead') },
    codes: [],
    act: async ({ house, room }) => {
      const size = await room.store.ledgerSize()
      const root = (await room.store.ledgerRoot(size)).toString('base64')
      return { status: 200, body: { size, root, key: verifierText(house.signer) } }
    },
  },
  {
    id: 'signCheckpoint',
    method: 'POST',
    path: '/v1/ledger/checkpoints',
    area: 'ledger',
    summary: 'Sign what the ledger is now; keep the note elsewhere',
    roles: AUDITS,
    realm: 'tenant',
    reach: 'whole',
    answers: { 201: ref('Checkpoint') },
    codes: [],
    act: async ({ house, room, act }) => {
      const what = 'checkpoint signed'
      const size = await room.store.enter({ ...act('asked for through the API'), what, about: 'ledger', detail: {} })
      const origin = `${house.signer.name}/${room.tenant}`
      const note = signCheckpoint({ origin, size, root: await room.store.ledgerRoot(size) }, house.signer)
      await room.store.keepCheckpoint(size, note)
      return { status: 201, body: { size, note }, headers: { location: '/v1/ledger/checkpoints' } }
    },
  },
  {
    id: 'listCheckpoints',
    method: 'GET',
    path: '/v1/ledger/checkpoints',
    area: 'ledger',
    summary: 'Signed checkpoints, oldest first',
    roles: AUDITS,
    realm: 'tenant',
    reach: 'whole',
    query: PAGING,
    answers: { 200: page(ref('Checkpoint')) },
    codes: ['api/cursor'],
    act: async (ask) => {
      const limit = limitOf(ask)
      const rows = await ask.room.store.checkpoints({ after: after(ask, 'checkpoints', isSeq) ?? 0, limit: limit + 1 })
      return pageOf(
        'checkpoints',
        rows,
        limit,
        (row) => row.size,
        (row) => row,
      )
    },
  },
  {
    id: 'proveEntry',
    method: 'GET',
    path: '/v1/ledger/proofs/inclusion',
    area: 'ledger',
    summary: 'That an entry is in the tree of a size: its exact text and the path to the root (RFC 6962 §2.1.1)',
    roles: AUDITS,
    realm: 'tenant',
    reach: 'whole',
    query: { seq: SEQ, size: SEQ },
    needs: ['seq'],
    answers: { 200: ref('InclusionProof') },
    codes: ['ledger/size'],
    act: async (ask) => {
      const { room, query } = ask
      const [seq, size] = [Number(query['seq']), Number(query['size'] ?? (await room.store.ledgerSize()))]
      const hashes = (await room.store.inclusion(seq, size)).map((hash) => hash.toString('base64'))
      const [entry] = await room.store.ledgerTexts(seq - 1, 1)
      if (entry === undefined) throw new Failure('api/not-found', 'seq', `there is no entry ${seq}`)
      return { status: 200, body: { seq, size, entry, hashes } }
    },
  },
  {
    id: 'proveConsistency',
    method: 'GET',
    path: '/v1/ledger/proofs/consistency',
    area: 'ledger',
    summary: 'That an older tree is the beginning of a newer one (RFC 6962 §2.1.2)',
    roles: AUDITS,
    realm: 'tenant',
    reach: 'whole',
    query: { older: SEQ, newer: SEQ },
    needs: ['older'],
    answers: { 200: ref('ConsistencyProof') },
    codes: ['ledger/size'],
    act: async ({ room, query }) => {
      const [older, newer] = [Number(query['older']), Number(query['newer'] ?? (await room.store.ledgerSize()))]
      const hashes = (await room.store.consistency(older, newer)).map((hash) => hash.toString('base64'))
      return { status: 200, body: { older, newer, hashes } }
    },
  },
]

/** Times as the store has them. */
const timed = (name: string, value: string): string =>
  name === 'since' || name === 'until' ? new Date(value).toISOString() : value
