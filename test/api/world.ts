/** A house with two tenants that own the same kinds of things under the same names, a target on loopback, and a token a role. */
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openApi } from '../../runtime/api/app.ts'
import { openHouse } from '../../runtime/api/house.ts'
import type { House } from '../../runtime/api/types.ts'
import { type Control, openControl } from '../../runtime/control/open.ts'
import { ROLES, type Role } from '../../runtime/control/types.ts'
import { signerOf } from '../../runtime/ledger/checkpoint.ts'
import type { Exception } from '../../runtime/levels-types.ts'
import { keySource } from '../../runtime/vault/key-source.ts'
import { openNewId } from '../../runtime/write/new-id.ts'
import { startWriteTarget, type WriteTarget } from '../targets/write-server.ts'

export const YAML = readFileSync('test/connectors-for-tests/write-rest.yaml', 'utf8')
/** With a stream that nothing can prove, a feed, and a webhook whose secret is not given. */
const WITH_TEAMS = YAML.replace(
  '  token: { type: secret, label: Token }\n',
  '  token: { type: secret, label: Token }\n  hook: { type: secret, required: false }\n',
).replace(
  '\nactions:\n',
  '  teams:\n    is: group\n    list: GET /groups\n    pages: { kind: none }\n    records: "[]"\n    id: id\n    fields: { displayName: profile.name }\n\nfeeds:\n  log:\n    from: { kind: events, at: created }\n    list: GET /users?since={since}\n    pages: { kind: none }\n    records: "[]"\n    id: id\n    names: [{ stream: users, id: id }]\nwebhook:\n  verify: { kind: standard_webhooks, secret: "{hook}" }\n  names: [{ stream: users, id: id }]\n\nactions:\n',
)
export const URL_HERE = 'http://127.0.0.1:9'

// biome-ignore lint/suspicious/noExplicitAny: a test looks into documents of every route
export type Doc = any
export type Got = { readonly status: number; readonly headers: Headers; readonly text: string; readonly doc: Doc }
export type Send = (method: string, path: string, body?: unknown, headers?: { readonly [name: string]: string }) => Promise<Got>

export type World = {
  readonly dir: string
  /** The key that protects its secrets. */
  readonly kek: string
  readonly house: House
  readonly control: Control
  readonly app: ReturnType<typeof openApi>
  readonly target: WriteTarget
  readonly token: (
    tenant: string | null,
    roles: readonly Role[],
    more?: { person?: string; connections?: string[]; made_by?: string; ms?: number },
  ) => string
  /** By a token. */
  readonly as: (token: string | null, app?: ReturnType<typeof openApi>) => Send
  readonly logs: string[]
  readonly close: () => Promise<void>
}

export async function openWorld(
  more: {
    readonly per_minute?: number
    readonly now?: () => number
    readonly env?: House['env']
    readonly proxies?: readonly string[]
    readonly public_url?: string
    readonly sweep_ms?: number
    readonly watch_ms?: number
    readonly allow_private?: boolean
  } = {},
): Promise<World> {
  const dir = mkdtempSync(join(tmpdir(), 'rollcall-api-'))
  const target = await startWriteTarget({
    dialect: 'rest',
    clock: { now: Date.now, sleep: async () => undefined, advance: () => undefined },
    people: 30,
  })
  const control = openControl(dir)
  const at = new Date().toISOString()
  for (const tenant of ['acme', 'hooli']) control.makeTenant({ tenant, title: tenant, made_at: at, made_by: 'test' })
  const logs: string[] = []
  const kek = randomBytes(32).toString('base64')
  const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
  const per_minute = more.per_minute ?? 1_000_000
  const house = openHouse({
    dir,
    control,
    key: keySource('env:TEST', kek),
    public_url: more.public_url ?? URL_HERE,
    now: more.now ?? Date.now,
    env: more.env ?? {},
    shelf: {
      names: () => ['okta'],
      read: (name) => (name === 'okta' && existsSync('connectors/okta.yaml') ? readFileSync('connectors/okta.yaml') : null),
    },
    allow_private: more.allow_private ?? true,
    limits: { per_minute, burst: Math.max(5, per_minute / 60) },
    tenant_limits: { per_minute: per_minute * 2, burst: Math.max(10, per_minute / 30) },
    proxies: more.proxies ?? [],
    strangers: { per_minute, burst: Math.max(5, per_minute / 60) },
    signer: signerOf('rollcall.test', pem),
    log: (line) => void logs.push(line),
    check_answers: true,
    ...(more.sweep_ms === undefined ? {} : { sweep_ms: more.sweep_ms }),
    ...(more.watch_ms === undefined ? {} : { watch_ms: more.watch_ms }),
  })
  const app = openApi(house)
  let n = 0
  const as =
    (token: string | null, over = app): Send =>
    async (method, path, body, headers = {}) => {
      const text = typeof body === 'string' ? body : body === undefined ? undefined : JSON.stringify(body)
      const type = typeof body === 'string' ? 'application/yaml' : 'application/json'
      const response = await over.request(
        path,
        {
          method,
          headers: {
            ...(token === null ? {} : { authorization: `Bearer ${token}` }),
            ...(text === undefined ? {} : { 'content-type': type }),
            ...headers,
          },
          ...(text === undefined ? {} : { body: text }),
        },
        { incoming: { url: path, socket: { remoteAddress: '10.0.0.7' } } },
      )
      const got =
        response.headers.get('content-type')?.startsWith('text/event-stream') === true
          ? await cancelled(response)
          : await response.text()
      return { status: response.status, headers: response.headers, text: got, doc: parsed(got) }
    }
  return {
    dir,
    kek,
    house,
    control,
    app,
    target,
    logs,
    as,
    token: (tenant, roles, { person, connections, made_by = 'machine', ms = 3_600_000 } = {}) =>
      control.makeToken({
        tenant,
        name: `token ${++n}`,
        person: person ?? `${roles.join('-')}@${tenant ?? 'installation'}.example`,
        roles,
        connections: connections ?? null,
        made_at: at,
        made_by,
        expires_at: new Date(Date.now() + ms).toISOString(),
      }).text,
    async close() {
      await house.close()
      control.close()
      await target.close()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

async function cancelled(response: Response): Promise<string> {
  await response.body?.cancel()
  return ''
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

export const everyRole = (world: World, tenant: string): Send =>
  world.as(world.token(tenant, ROLES, { person: `all@${tenant}.example` }))

/** What a tenant owns, by the name of the path parameter. */
export type Objects = {
  readonly connection: string
  readonly connector: string
  readonly version: string
  readonly stream: string
  readonly sync: string
  readonly record: string
  readonly intent: string
  readonly plan: string
  readonly certification: string
  readonly token: string
  readonly binding: string
  readonly idp: string
  readonly session: string
  readonly request: string
  readonly exception: string
  readonly webhook: string
  readonly message: string
}

/** One of everything, made through the API. */
export async function furnish(world: World, tenant: string): Promise<Objects> {
  const send = everyRole(world, tenant)
  const ok = (got: Got, status: number): Doc => {
    if (got.status !== status) throw new Error(`${got.status} ${got.text}`)
    return got.doc
  }
  const connector = `own-${tenant}`
  ok(await send('POST', '/v1/connectors', YAML.replace('connector: test-write-rest', `connector: ${connector}`)), 201)
  ok(
    await send(
      'POST',
      '/v1/connectors',
      WITH_TEAMS.replace('connector: test-write-rest', `connector: ${connector}`).replace('title: Fake', 'title: Second fake'),
    ),
    201,
  )
  const connection = `dir-${tenant}`
  const settings = { url: world.target.url }
  const made = {
    name: connection,
    connector,
    settings,
    secrets: { token: world.target.token },
    allow_private: true,
    owner: `owner-of-${tenant}`,
  }
  ok(await send('POST', '/v1/connections', made), 201)
  ok(await send('POST', `/v1/connections/${connection}/inbound`), 201)
  const { sync } = ok(await send('POST', `/v1/connections/${connection}/syncs`, {}), 202)
  await until(async () => (await send('GET', `/v1/connections/${connection}/syncs/${sync}`)).doc.state === 'finished')
  const { items } = ok(await send('GET', `/v1/connections/${connection}/streams/users/records?limit=5`), 200)
  const record = items[0].id as string
  // A planted account makes the read provable, so that certifications can open.
  ok(await send('PATCH', `/v1/connections/${connection}`, { canaries: { users: [items[2].id] } }), 200)
  const soon = new Date(Date.now() + 3_600_000).toISOString()
  ok(await send('POST', `/v1/connections/${connection}/attestation`, { reason: 'it is the directory admin', until: soon }), 200)
  const { sync: again } = ok(await send('POST', `/v1/connections/${connection}/syncs`, { fresh: true }), 202)
  await until(async () => (await send('GET', `/v1/connections/${connection}/syncs/${again}`)).doc.state === 'finished')
  await world.house
    .room(tenant)
    .then((room) =>
      room.store.stop({ scope: '*', by: 'test', why: 'nothing is sent in this test', at: new Date().toISOString() }),
    )
  const { intent } = ok(
    await send('POST', `/v1/connections/${connection}/actions`, {
      action: 'update_account',
      id: items[1].id,
      input: { givenName: `New${tenant}`, title: 'x' },
      why: 'test',
    }),
    202,
  )
  const changes = [{ connection, action: 'deactivate_account', id: record }]
  const { hash } = ok(await send('POST', '/v1/plans', { changes, why: 'test' }), 201)
  const opened = await send('POST', '/v1/certifications', {
    name: 'Q4',
    owner: 'Kim',
    connections: [connection],
    streams: ['users'],
    why: 'quarterly',
  })
  if (opened.status !== 201 && opened.doc.code !== 'api/gate') throw new Error(opened.text)
  const certification = opened.status === 201 ? opened.doc.certification : '0'.repeat(26)
  const later = new Date(Date.now() + 86_400_000).toISOString()
  const token = ok(
    await send('POST', '/v1/tokens', { name: 'spare', person: `spare@${tenant}.example`, roles: ['viewer'], expires_at: later }),
    201,
  ).token.token
  const { binding } = ok(await send('POST', '/v1/roles', { who: `kim@${tenant}.example`, roles: ['viewer'] }), 200)
  const { idp } = ok(
    await send('POST', '/v1/identity-providers', { issuer: `http://idp.${tenant}.example`, client_id: 'x' }),
    201,
  )
  world.control.makeSession({
    ...{ tenant, idp, issuer: `http://idp.${tenant}.example`, subject: 'kim', email: `kim@${tenant}.example` },
    ...{ made_at: soon, used_at: soon, expires_at: later },
  })
  const session = ok(await send('GET', '/v1/sessions'), 200).items[0].session
  // Nothing that is declared can prove the teams.
  const gate = ok(await send('GET', `/v1/gate?scope=${connection}/teams`), 200)
  const wanted = { connection, reason: gate.connections[0].reasons[0].id, until: later, why: 'teams are few' }
  const { request } = ok(await send('POST', '/v1/waivers/requests', wanted), 201)
  ok(await send('POST', '/v1/ledger/checkpoints'), 201)
  // Off: what this tenant does in a test is told to nobody.
  const hook = ok(await send('POST', '/v1/webhooks', { url: `http://127.0.0.1:9/of-${tenant}` }), 201).webhook.webhook
  ok(await send('PATCH', `/v1/webhooks/${hook}`, { enabled: false }), 200)
  const { message } = ok(await send('POST', `/v1/webhooks/${hook}/test`), 202)
  const exception = await breached(await world.house.room(tenant), connection)
  return {
    connection,
    connector,
    version: '1',
    stream: 'users',
    sync: String(sync),
    record,
    intent,
    plan: hash,
    certification,
    token,
    binding,
    idp,
    session,
    request,
    exception,
    webhook: hook,
    message,
  }
}

/** As a sweep stores one. */
async function breached({ store }: Awaited<ReturnType<House['room']>>, connection: string): Promise<string> {
  const at = new Date().toISOString()
  const exception = openNewId(Date.now)()
  const row: Exception = {
    exception,
    connection,
    control: 'freshness',
    stream: 'users',
    severity: 'high',
    state: 'open',
    ...{ since: at, opened_at: at, because: 'a test', evidence: {}, next_step: 'Run a sync.', bound: 'x' },
    ...{ owner: null, data_owner: null, acknowledged: null, closed: null },
  }
  await store.settleRound({ connection, at, exceptions: [row], alerts: { set: [], cleared: [] }, told: [] })
  return exception
}

export async function until(is: () => Promise<boolean>, ms = 15_000): Promise<void> {
  const end = Date.now() + ms
  while (!(await is())) {
    if (Date.now() > end) throw new Error('it took too long')
    await new Promise((done) => setTimeout(done, 20))
  }
}
