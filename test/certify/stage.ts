/** A certification without a target: what a sync would have stored is stored, with whatever verdict a test wants. */
import { readFileSync } from 'node:fs'
import type { CertifyContext } from '../../runtime/govern/certify/look.ts'
import { fingerprintOf } from '../../runtime/read/sync.ts'
import { loadConnector } from '../../runtime/spec/load.ts'
import { openStore } from '../../runtime/store/sqlite/open.ts'
import type { Connection, Finding, Verdict } from '../../runtime/types.ts'
import { openNewId } from '../../runtime/write/new-id.ts'
import { HONEST } from '../judge/sample.ts'
import { commit, published, row } from '../store/fixture.ts'

const loaded = loadConnector(readFileSync('connectors/scim2.yaml'), 'connectors/scim2.yaml')
if (loaded.connector === null) throw new Error('scim2 does not load')
const connector = loaded.connector

const FINDINGS: readonly Finding[] = [
  {
    check: 'second_pass',
    item: 10,
    class: 'D',
    result: 'holds',
    because: 'second pass equal',
    facts: {},
    confirms: true,
    settle: null,
  },
  {
    check: 'scope_attested',
    item: 16,
    class: 'G',
    result: 'holds',
    because: 'Lee attested',
    facts: {},
    confirms: false,
    settle: null,
  },
]
export const COMPLETE: Verdict = {
  is: 'complete',
  because: 'complete · second pass equal',
  findings: FINDINGS,
  next_steps: [],
  rules: '1',
  hold: null,
}

const connection: Connection = {
  name: 'acme',
  connector: 'scim2',
  connector_file: 'scim2',
  settings: { url: 'https://acme.example' },
  secrets: { token: { from: 'env', name: 'T' } },
  owner: null,
  attested: null,
  canaries: {},
  allow_private: false,
  created_at: '2026-01-01T00:00:00.000Z',
}

const fieldsAsEver = (id: string): object => ({ userName: `${id}@acme.example`, active: true })

export type CertifyStage = CertifyContext & {
  readonly sync: (ids: readonly string[], verdict?: Partial<Verdict>, fieldsOf?: (id: string) => object) => Promise<number>
  readonly close: () => Promise<void>
  now_ms: number
}

export async function certifyStage(dir: string, create = true): Promise<CertifyStage> {
  const store = await openStore(dir, { create })
  const stage = { now_ms: Date.parse('2026-11-21T08:00:00.000Z') }
  const at = () => new Date(stage.now_ms).toISOString()
  if (create) await store.putConnection(connection, { at: at(), by: 'kim', from: null, on_behalf_of: null, why: null })
  const fingerprint = fingerprintOf(connector, connection)
  return Object.assign(stage, {
    store,
    target: async () => ({ connector, connection }),
    now: () => stage.now_ms,
    newId: openNewId(() => stage.now_ms),
    close: () => store.close(),
    sync: async (ids: readonly string[], verdict: Partial<Verdict> = {}, fieldsOf: (id: string) => object = fieldsAsEver) => {
      const { sync } = await store.beginSync('acme', fingerprint, at())
      const session = await store.read(sync, 'acme', 'users')
      for (let from = 0; from < ids.length; from += 1000)
        await commit(
          session,
          1 + from / 1000,
          ids.slice(from, from + 1000).map((id) => row(id, fieldsOf(id))),
          { digest: `${sync} ${from}` },
        )
      const facts = { ...HONEST, started_at: at(), ended_at: at(), fetched: ids.length, stored: ids.length }
      await store.publish(
        sync,
        'acme',
        published(session, 'complete', { verdict: { ...COMPLETE, ...verdict }, facts, fingerprint, at: at() }),
      )
      await store.endSync(sync, 'finished', null, at())
      return sync
    },
  })
}

export const ASKED = {
  name: 'Q4',
  owner: 'Kim Park',
  connections: ['acme'],
  streams: ['users'],
  types: [],
  where: [],
  review: [],
} as const
export const who = (by: string) => ({ by, why: 'quarterly review', from: 'test' })
export const keep = (id: string) =>
  ({ connection: null, stream: null, id, is: 'keep', why: null, by: null, intent: null }) as const
