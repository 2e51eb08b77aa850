import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openApi } from '../../runtime/api/app.ts'
import { ROUTES } from '../../runtime/api/routes/index.ts'
import type { Route } from '../../runtime/api/types.ts'
import { ROLES, type Role } from '../../runtime/control/types.ts'
import { ERRORS, Failure } from '../../runtime/errors.ts'
import { pathOf, sample } from './samples.ts'
import { everyRole, furnish, type Got, type Objects, openWorld, type World } from './world.ts'

/** Who may what, written down a second time: v viewer, o operator, t author, p approver, u auditor, a admin. `I` before it: of the installation. */
const ALL = 'votpua'
const TABLE: { readonly [route: string]: string } = {
  listTenants: 'Ia',
  createTenant: 'Ia',
  getTenant: ALL,
  getSession: ALL,
  listConnectors: ALL,
  validateConnector: 'ta',
  uploadConnector: 'ta',
  getConnector: ALL,
  listConnectorVersions: ALL,
  getConnectorVersion: ALL,
  diffConnector: ALL,
  deprecateConnectorVersion: 'ta',
  rollBackConnector: 'ta',
  listConnections: ALL,
  createConnection: 'oa',
  getConnection: ALL,
  changeConnection: 'oa',
  deleteConnection: 'a',
  checkConnection: 'oa',
  pauseConnection: 'oa',
  rotateCredential: 'oa',
  resumeConnection: 'oa',
  listSyncs: ALL,
  startSync: 'oa',
  getSync: ALL,
  listStreams: ALL,
  listRecords: ALL,
  listChanges: ALL,
  getEvidence: ALL,
  listGaps: ALL,
  getWatch: ALL,
  watchNow: 'oa',
  listSightings: ALL,
  makeInbound: 'oa',
  removeInbound: 'oa',
  listActions: ALL,
  requestAction: 'oa',
  getAction: ALL,
  cancelAction: 'oa',
  approveAction: 'p',
  listPlans: ALL,
  makePlan: 'oa',
  getPlan: ALL,
  approvePlan: 'p',
  applyPlan: 'oa',
  getGate: ALL,
  getConnectionGate: ALL,
  attestScope: 'pua',
  listCertifications: ALL,
  openCertification: 'oa',
  getCertification: ALL,
  listCertificationItems: ALL,
  decideCertification: 'opa',
  askForRevocations: 'oa',
  refreezeCertification: 'oa',
  closeCertification: 'oa',
  getProof: 'ua',
  withdrawCertification: 'oa',
  listWaivers: ALL,
  requestWaiver: 'oa',
  listWaiverRequests: ALL,
  signWaiver: 'p',
  getLevels: ALL,
  sweepControls: 'oa',
  listExceptions: ALL,
  getException: ALL,
  acknowledgeException: 'oa',
  closeException: 'p',
  listAlerts: ALL,
  listWebhooks: 'oua',
  createWebhook: 'a',
  getWebhook: 'oua',
  changeWebhook: 'a',
  deleteWebhook: 'a',
  rotateWebhookSecret: 'a',
  testWebhook: 'oa',
  listDeliveries: 'oua',
  getDelivery: 'oua',
  redeliver: 'oa',
  searchLedger: 'ua',
  getLedgerHead: 'ua',
  signCheckpoint: 'ua',
  listCheckpoints: 'ua',
  proveEntry: 'ua',
  proveConsistency: 'ua',
  listTokens: 'a',
  createToken: 'a',
  getToken: 'a',
  revokeToken: 'a',
  listRoles: 'a',
  giveRoles: 'a',
  takeRoles: 'a',
  listSessions: 'a',
  endSession: 'a',
  listIdentityProviders: 'a',
  addIdentityProvider: 'a',
  removeIdentityProvider: 'a',
  getHealth: ALL,
  getMetrics: ALL,
  listStops: ALL,
  stopChanges: 'oa',
  liftStop: 'a',
  streamEvents: ALL,
}
const LETTERS: { readonly [letter: string]: Role } = {
  v: 'viewer',
  o: 'operator',
  t: 'author',
  p: 'approver',
  u: 'auditor',
  a: 'admin',
}
const MANY = ROUTES.length

let world: World
let acme: Objects
let hooli: Objects
beforeAll(async () => {
  world = await openWorld()
  ;[acme, hooli] = [await furnish(world, 'acme'), await furnish(world, 'hooli')]
}, 60_000)
afterAll(async () => world.close())

const isProblem = ({ status, headers, doc }: Got): boolean =>
  status < 400 ||
  (headers.get('content-type') === 'application/problem+json' &&
    doc.status === status &&
    doc.code in ERRORS &&
    [doc.type, doc.title, doc.detail, doc.cause, doc.next_step].every((text) => typeof text === 'string' && text !== ''))

describe('roles × routes', () => {
  test('the table has every route and no other', () => {
    expect(Object.keys(TABLE).sort()).toEqual(ROUTES.map(({ id }) => id).sort())
    expect(new Set(ROUTES.map(({ method, path }) => `${method} ${path}`)).size).toBe(MANY)
  })

  async function wrongCells(app: World['app']): Promise<{ readonly cells: number; readonly wrong: readonly string[] }> {
    const wrong: string[] = []
    let cells = 0
    const askers = [
      ...[null, 'acme'].flatMap((tenant) => ROLES.map((role) => ({ tenant, role, token: world.token(tenant, [role]) }))),
      { tenant: 'acme', role: null, token: null },
      { tenant: 'acme', role: null, token: world.token('acme', ROLES, { ms: -1 }) },
      { tenant: 'acme', role: null, token: `${world.token('acme', ROLES).slice(0, -4)}AAAA` },
    ]
    // What is read first, so that what is deleted is still there for those who may.
    const order = ROUTES.toSorted((a, b) => Number(a.method === 'DELETE') - Number(b.method === 'DELETE'))
    for (const route of order) {
      const cell = TABLE[route.id] ?? ''
      for (const { tenant, role, token } of askers) {
        cells++
        const realm = cell.startsWith('I') ? null : 'acme'
        const may = role !== null && tenant === realm && [...cell].some((letter) => LETTERS[letter] === role)
        const got = await world.as(token, app)(route.method, pathOf(route, acme), sample(route, acme).body)
        const code = got.doc?.code
        const right =
          role === null
            ? got.status === 401 && code === 'api/signed-out'
            : may
              ? got.status !== 401 && code !== 'api/forbidden' && got.status < 500
              : got.status === 403 && code === 'api/forbidden'
        if (!right) wrong.push(`${route.id} ${tenant} ${role}: ${got.status} ${got.text.slice(0, 200)}`)
        if (!isProblem(got)) wrong.push(`${route.id}: no problem document: ${got.status} ${got.text.slice(0, 200)}`)
      }
    }
    return { cells, wrong }
  }

  test('every cell is as the table says; whoever is refused learns nothing but what role it takes', async () => {
    const { cells, wrong } = await wrongCells(world.app)
    console.log(`roles × routes: ${cells} cells (${MANY} routes), ${wrong.length} wrong`)
    expect(wrong).toEqual([])
  }, 60_000)

  test('a role too many and a role too few are both seen', async () => {
    const planted = ROUTES.map((route): Route => {
      if (route.id === 'listTokens') return { ...route, roles: [...route.roles, 'viewer'] }
      return route.id === 'getHealth' ? { ...route, roles: route.roles.filter((role) => role !== 'author') } : route
    })
    const { wrong } = await wrongCells(openApi(world.house, planted))
    expect(wrong.map((line) => line.split(':')[0])).toEqual(
      ['listTokens acme viewer', 'getHealth acme author'].toSorted((a, b) => order(a) - order(b)),
    )
  }, 60_000)
  const order = (line: string): number => ROUTES.findIndex(({ id }) => line.startsWith(id))

  test('a revoked token is refused at its next request, and so is a person whose roles were taken', async () => {
    const admin = everyRole(world, 'acme')
    const made = (
      await admin('POST', '/v1/tokens', {
        name: 'short',
        person: 'x',
        roles: ['viewer'],
        expires_at: new Date(Date.now() + 60_000).toISOString(),
      })
    ).doc
    const short = world.as(made.text)
    expect((await short('GET', '/v1/tenant')).status).toBe(200)
    expect((await admin('DELETE', `/v1/tokens/${made.token.token}`)).status).toBe(204)
    expect((await short('GET', '/v1/tenant')).status).toBe(401)
  })
})

describe('two tenants', () => {
  async function crossings(app: World['app']): Promise<{ readonly tries: number; readonly found: readonly string[] }> {
    const stranger = world.as(world.token('hooli', ROLES, { person: 'all@hooli.example' }), app)
    const marks = [
      acme.connection,
      acme.connector,
      acme.intent,
      acme.plan,
      acme.certification,
      acme.token,
      acme.binding,
      acme.idp,
      acme.session,
      acme.request,
      acme.exception,
      acme.webhook,
      acme.message,
      'of-acme',
      'owner-of-acme',
      'spare@acme',
      'kim@acme',
    ]
    const found: string[] = []
    let tries = 0
    const nobody = nothing(acme)
    for (const route of ROUTES.filter(({ realm }) => realm === 'tenant')) {
      // Each object of the path alone, the others the stranger's own; then all of them.
      const names = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as keyof Objects)
      for (const swap of [Object.keys(acme) as (keyof Objects)[], ...names.map((name) => [name])]) {
        tries++
        const theirs = swapped(hooli, acme, swap)
        const unknown = swapped(hooli, nobody, swap)
        const got = await stranger(route.method, pathOf(route, theirs), bodyOf(route, theirs))
        const none = await stranger(route.method, pathOf(route, unknown), bodyOf(route, unknown))
        const given = Object.values(theirs)
        const leaked = marks.filter((mark) => got.text.includes(mark) && !given.some((one) => one.includes(mark)))
        const place = `${route.id} ${swap.length > 1 ? 'all' : swap.join()}`
        if (leaked.length > 0) found.push(`${place}: the answer holds ${leaked.join()}`)
        if (names.some((name) => swap.includes(name) && OWNED.has(name)) && got.status < 400)
          found.push(`${place}: ${got.status}`)
        // Nor may an answer tell what is another's from what is not there.
        if (got.status !== none.status) found.push(`${place}: ${got.status}, and ${none.status} for one that nobody has`)
      }
    }
    return { tries, found }
  }
  const OWNED: ReadonlySet<keyof Objects> = new Set([
    'connection',
    'connector',
    'intent',
    'plan',
    'certification',
    'token',
    'binding',
    'idp',
    'session',
    'request',
    'exception',
    'webhook',
    'message',
  ])

  test('a credential of one never reaches an object of the other, and cannot tell it from one that is not there', async () => {
    world = await fresh(world)
    const owner = everyRole(world, 'acme')
    const before = await stateOf(owner)
    const { tries, found } = await crossings(world.app)
    expect(await stateOf(owner)).toEqual(before)
    console.log(`two tenants: ${tries} tries over ${ROUTES.length} routes, ${found.length} crossings`)
    expect(found).toEqual([])
  }, 60_000)

  test('planted crossings are seen: a route that looks into the other tenant, a list that shows its rows, a 403 that tells', async () => {
    world = await fresh(world)
    const acmes = await world.house.room('acme')
    const planted = ROUTES.map((route): Route => {
      const into: Route = { ...route, act: (ask) => route.act({ ...ask, room: acmes }) }
      if (route.id === 'getPlan' || route.id === 'listConnections') return into
      if (route.id !== 'getAction') return route
      return {
        ...route,
        act: async (ask) => {
          if ((await acmes.store.intent(ask.params['intent'] ?? '')) !== null) throw new Failure('api/forbidden', '', 'not yours')
          return route.act(ask)
        },
      }
    })
    const { found } = await crossings(openApi(world.house, planted))
    expect([...new Set(found.map((line) => line.split(' ')[0]))].sort()).toEqual(['getAction', 'getPlan', 'listConnections'])
  }, 60_000)

  test('a tenant is in no parameter: header, query and body that name one change nothing', async () => {
    const send = everyRole(world, 'hooli')
    const got = await send('GET', '/v1/tenant', undefined, { 'x-tenant': 'acme', 'x-tenant-id': 'acme', host: 'acme.example' })
    expect(got.doc.tenant).toBe('hooli')
    expect((await send('GET', '/v1/tenant?tenant=acme')).doc.code).toBe('api/input')
    const body = {
      name: 'x',
      person: 'x',
      roles: ['viewer'],
      expires_at: new Date(Date.now() + 60_000).toISOString(),
      tenant: 'acme',
    }
    expect((await send('POST', '/v1/tokens', body)).doc.code).toBe('api/input')
  })

  test('an idempotency key of one tenant says nothing about the same key of the other', async () => {
    const [a, b] = [everyRole(world, 'acme'), everyRole(world, 'hooli')]
    const body = { who: 'same@x.example', roles: ['viewer'] }
    const headers = { 'idempotency-key': 'one-key' }
    expect((await a('POST', '/v1/roles', body, headers)).doc.tenant).toBe('acme')
    expect((await b('POST', '/v1/roles', body, headers)).doc.tenant).toBe('hooli')
  })

  test('a token that is limited to connections reaches these and no others', async () => {
    const only = world.as(world.token('acme', ROLES, { connections: [acme.connection] }))
    const other = world.as(world.token('acme', ROLES, { connections: ['somewhere-else'] }))
    expect((await only('GET', `/v1/connections/${acme.connection}`)).status).toBe(200)
    expect((await other('GET', `/v1/connections/${acme.connection}`)).status).toBe(404)
    expect((await other('GET', '/v1/connections')).doc.items).toEqual([])
    expect((await other('GET', `/v1/actions/${acme.intent}`)).status).toBe(404)
    expect((await other('GET', `/v1/gate?scope=${acme.connection}`)).status).toBe(404)
    expect((await only('GET', '/v1/ledger')).status).toBe(403)
    expect(
      (
        await only('POST', '/v1/tokens', {
          name: 'x',
          person: 'x',
          roles: ['viewer'],
          expires_at: new Date(Date.now() + 60_000).toISOString(),
        })
      ).status,
    ).toBe(403)
  })
})

/** The matrix has used up some objects: everything anew. */
async function fresh(old: World): Promise<World> {
  await old.close()
  const made = await openWorld()
  ;[acme, hooli] = [await furnish(made, 'acme'), await furnish(made, 'hooli')]
  return made
}

/** A stranger may well upload a connector of the same name: it is his own. */
const bodyOf = (route: Route, o: Objects): unknown => sample(route, route.id === 'uploadConnector' ? hooli : o).body

const swapped = (own: Objects, other: Objects, names: readonly (keyof Objects)[]): Objects =>
  ({ ...own, ...Object.fromEntries(names.map((name) => [name, other[name]])) }) as Objects

/** Names of the same form that nobody has. */
const nothing = (o: Objects): Objects => ({
  ...o,
  connection: 'dir-none',
  connector: 'own-none',
  record: 'none',
  intent: '0'.repeat(26),
  plan: '0'.repeat(64),
  certification: '0'.repeat(26),
  token: '0'.repeat(12),
  binding: '0'.repeat(12),
  idp: '0'.repeat(12),
  session: '0'.repeat(24),
  request: '0'.repeat(12),
  exception: '0'.repeat(26),
  webhook: '0'.repeat(12),
  message: `msg_${'0'.repeat(26)}`,
})

async function stateOf(send: ReturnType<World['as']>): Promise<readonly string[]> {
  const paths = [
    '/v1/connectors',
    '/v1/connections',
    '/v1/plans',
    '/v1/actions',
    '/v1/ledger?limit=1000',
    '/v1/roles',
    '/v1/identity-providers',
    '/v1/stops',
    '/v1/exceptions',
    '/v1/webhooks',
  ]
  return await Promise.all(paths.map(async (path) => (await send('GET', path)).text))
}
