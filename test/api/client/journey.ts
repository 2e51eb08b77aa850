/** What a program does with the generated client: compiled against it, and run. `.cache/api-client/` is made by contract.test.ts. */
import { Api, HttpClient, type Problem } from '../../../.cache/api-client/Api.ts'

export type Seat = { readonly fetch: typeof fetch; readonly token: string }
export type Given = {
  readonly operator: Seat
  readonly approver: Seat
  readonly auditor: Seat
  readonly url: string
  readonly secret: string
  readonly yaml: string
}

const client = ({ fetch, token }: Seat) =>
  new Api(
    new HttpClient<string>({
      baseUrl: 'http://127.0.0.1:9',
      customFetch: fetch,
      baseApiParams: { secure: true },
      securityWorker: () => ({ headers: { authorization: `Bearer ${token}` } }),
    }),
  )

export async function journey({ operator, approver, auditor, url, secret, yaml }: Given) {
  const api = client(operator)
  const version = (await api.connectors.uploadConnector({ yaml })).data
  const made = await api.connections.createConnection({
    name: 'people',
    connector: version.connector,
    settings: { url },
    secrets: { token: secret },
    allow_private: true,
    owner: 'Kim',
  })
  const check = (await api.connections.checkConnection('people')).data
  const started = (await api.connections.startSync('people', {})).data
  let sync = started
  while (sync.under_way) {
    await new Promise((done) => setTimeout(done, 20))
    sync = (await api.connections.getSync('people', String(started.sync))).data
  }
  const streams = (await api.connections.listStreams('people')).data
  const ids: string[] = []
  for (let cursor: string | undefined; ; ) {
    const page = (
      await api.connections.listRecords('people', 'users', { limit: '7', ...(cursor === undefined ? {} : { cursor }) })
    ).data
    ids.push(...page.items.map(({ id }) => id))
    if (page.next === null) break
    cursor = page.next
  }
  const changes = (await api.connections.listChanges('people', { limit: '1000' })).data.items
  const evidence = (await api.connections.getEvidence('people', 'users')).data
  const gate = (await api.gate.getGate({ scope: 'people/users' })).data
  const certified = await certify(api, client(auditor), ids)
  const asked = (
    await api.connections.requestAction('people', {
      action: 'update_account',
      id: ids[0],
      input: { givenName: 'Renamed', title: 'Engineer' },
      why: 'a new name',
    })
  ).data
  // All but some go: held for a second person.
  const gone = ids.slice(1, 25).map((id) => ({ connection: 'people', action: 'deactivate_account', id }))
  const plan = (await api.plans.makePlan({ changes: gone, why: 'the team closes' })).data
  const held = await api.plans.applyPlan(plan.hash).catch((problem: { readonly error: Problem }) => problem.error)
  const own = await api.plans
    .approvePlan(plan.hash, { why: 'mine' })
    .catch((problem: { readonly error: Problem }) => problem.error)
  const approval = (await client(approver).plans.approvePlan(plan.hash, { why: 'read it' })).data
  await api.stops.stopChanges({ why: 'nothing more in this test' })
  const applied = (await api.plans.applyPlan(plan.hash)).data
  const head = (await client(auditor).ledger.getLedgerHead()).data
  const proof = (await client(auditor).ledger.proveEntry({ seq: '1', size: String(head.size) })).data
  const entries = (await client(auditor).ledger.searchLedger({ limit: '1000' })).data.items
  return {
    version,
    made: made.data,
    etag: made.headers.get('etag'),
    check,
    sync,
    streams,
    ids,
    changes,
    evidence,
    gate,
    certified,
    asked,
    plan,
    held,
    own,
    approval,
    applied,
    head,
    proof,
    entries,
  }
}

type Client = ReturnType<typeof client>

/** A planted account and a statement of scope make the read provable; everybody is kept; the proof is taken along. */
async function certify(api: Client, audits: Client, ids: readonly string[]) {
  await api.connections.changeConnection('people', { canaries: { users: [ids[2] as string] } })
  const until = new Date(Date.now() + 3_600_000).toISOString()
  await audits.connections.attestScope('people', { reason: 'the admin of the directory', until })
  let { data: sync } = await api.connections.startSync('people', { fresh: true })
  while (sync.under_way) {
    await new Promise((done) => setTimeout(done, 20))
    sync = (await api.connections.getSync('people', String(sync.sync))).data
  }
  const opened = (
    await api.certifications.openCertification({
      name: 'Q4',
      owner: 'Kim',
      connections: ['people'],
      streams: ['users'],
      why: 'quarterly',
    })
  ).data
  const early = await audits.certifications
    .getProof(opened.certification, {}, { format: 'json' })
    .catch((problem: { readonly error: Problem }) => problem.error)
  const refused = await api.certifications
    .closeCertification(opened.certification, { why: 'too early' })
    .catch((problem: { readonly error: Problem }) => problem.error)
  const items: string[] = []
  for (let cursor: string | undefined; ; ) {
    const page = (
      await api.certifications.listCertificationItems(opened.certification, {
        limit: '7',
        ...(cursor === undefined ? {} : { cursor }),
      })
    ).data
    items.push(...page.items.map(({ id, shows, decision }) => (decision === null && shows !== '' ? id : '')))
    if (page.next === null) break
    cursor = page.next
  }
  const decided = (
    await api.certifications.decideCertification(opened.certification, {
      decisions: items.map((id) => ({ id, is: 'keep' as const })),
      why: 'reviewed',
    })
  ).data
  const closed = (await api.certifications.closeCertification(opened.certification, { why: 'all decided' })).data
  const frozen: number = closed.frozen.reduce((sum, { in_scope }) => sum + in_scope, 0)
  const proof = await audits.certifications.getProof(opened.certification, {}, { format: 'arrayBuffer' })
  const redacted = await audits.certifications.getProof(
    opened.certification,
    { redact: ids[0] as string, decisions: 'redacted' },
    { format: 'arrayBuffer' },
  )
  const listed = (await api.certifications.listCertifications()).data.items.map(({ name, state }) => `${name} ${state}`)
  const { key } = (await audits.ledger.getLedgerHead()).data
  return {
    ...{ early: early as Problem, refused, items, decided, frozen, words: closed.words, listed, key },
    proof: proof.data as unknown as ArrayBuffer,
    redacted: redacted.data as unknown as ArrayBuffer,
    type: proof.headers.get('content-type'),
  }
}
