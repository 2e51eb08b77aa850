/** No audit, no action: every route that changes something, with the ledger failing, changes nothing. Made from the table of routes. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openApi } from '../../runtime/api/app.ts'
import { ROUTES } from '../../runtime/api/routes/index.ts'
import type { Route } from '../../runtime/api/types.ts'
import { ROLES } from '../../runtime/control/types.ts'
import { openNewId } from '../../runtime/write/new-id.ts'
import { pathOf, sample } from './samples.ts'
import { type Doc, everyRole, furnish, type Objects, openWorld, type Send, until, type World } from './world.ts'

const WRITES = ROUTES.filter(({ method }) => method !== 'GET')

/** They look and keep nothing, measure, or have nothing to do here: of these only that nothing changed counts. */
const IDLE: { readonly [id: string]: string } = {
  validateConnector: 'keeps nothing',
  sweepControls: 'measures; what it opens or closes is in the ledger',
  askForRevocations: 'deciding asked for them already',
}
/** Written by sweeps in the background: measurements, and no act of anybody. */
const MEASURED = 'tenants/acme/rollcall.db level_span'

let world: World
let acme: Objects
beforeAll(async () => {
  world = await openWorld({ sweep_ms: 3_600_000 })
  acme = await furnish(world, 'acme')
  // A sweep would close what stands open without a cause.
  const room = await world.house.room('acme')
  Object.assign(room, { sweeps: { ...room.sweeps, soon: () => undefined } })
  await new Promise((done) => setTimeout(done, 500))
  await debt()
  const send = everyRole(world, 'acme')
  reason = (await send('GET', '/v1/waivers/requests')).doc.items[0].reason
  users = (await send('GET', `/v1/certifications/${acme.certification}/items`)).doc.items.map(({ id }: Doc) => id)
}, 60_000)
afterAll(async () => world.close())

const TENANT = { tenant: 'nosink', title: 'T', admin: 'kim' }
const folder = (): string => join(world.dir, 'tenants', TENANT.tenant)

function asker(route: Route, app: World['app']): Send {
  if (route.realm === 'installation') return world.as(world.token(null, ['admin'], { person: 'root' }), app)
  // A second person approves what the first asked for.
  if (route.roles.length === 1 && route.roles[0] === 'approver')
    return world.as(world.token('acme', ['approver'], { person: 'lee@acme.example' }), app)
  return world.as(world.token('acme', ROLES, { person: 'all@acme.example' }), app)
}
/** The furnished exception is closed by a sync; this one by a word. */
async function debt(): Promise<void> {
  const { store } = await world.house.room('acme')
  const found = await store.exception(acme.exception)
  if (found?.control === 'unverifiable_debt' && found.state === 'open') return
  const row = {
    ...found!,
    exception: openNewId(Date.now)(),
    control: 'unverifiable_debt' as const,
    stream: '',
    state: 'open' as const,
    closed: null,
  }
  await store.settleRound({
    ...{ connection: acme.connection, at: new Date().toISOString(), exceptions: [row], told: [] as const },
    alerts: { set: [], cleared: [] },
  })
  acme = { ...acme, exception: row.exception }
}
let reason = ''
let users: readonly string[] = []
const SECRET = { token: 'another-secret-value' }

function bodyOf(route: Route): unknown {
  const { body } = sample(route, acme)
  const own: { readonly [id: string]: object } = {
    createTenant: TENANT,
    requestWaiver: { reason },
    createConnection: { secrets: SECRET },
    changeConnection: { secrets: SECRET },
    decideCertification: { decisions: users.map((id) => ({ id, is: 'keep' })) },
  }
  return own[route.id] === undefined ? body : { ...(body as object), ...own[route.id] }
}
const ask = (route: Route, app = world.app) => asker(route, app)(route.method, pathOf(route, acme), bodyOf(route))

/** Of a tenant that is there its ledger refuses; of one that is made its folder. */
function failing(route: Route): () => void {
  if (route.id === 'createTenant') {
    mkdirSync(join(world.dir, 'tenants'), { recursive: true })
    writeFileSync(folder(), 'in the way')
    return () => rmSync(folder(), { recursive: true, force: true })
  }
  const db = new DatabaseSync(join(world.dir, 'tenants/acme/rollcall.db'), { timeout: 2000 })
  db.exec("CREATE TRIGGER sink BEFORE INSERT ON audit BEGIN SELECT raise(ABORT, 'the ledger takes nothing'); END")
  return () => {
    db.exec('DROP TRIGGER sink')
    db.close()
  }
}

/** Every row of every table, but when a credential was used last, and keys that are only under way. */
function everything(): { readonly [table: string]: string } {
  const all: { [table: string]: string } = { requests: String(world.target.mutations().length) }
  for (const file of ['control/control.db', 'tenants/acme/rollcall.db', 'tenants/acme/desk.db', 'tenants/acme/vault.db']) {
    const db = new DatabaseSync(join(world.dir, file), { readOnly: true })
    const tables = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'").all()
    for (const { name } of tables as { name: string }[]) {
      const rows = db.prepare(`SELECT * FROM "${name}"`).all()
      // Tokens that this test makes for itself are no change.
      const kept = name === 'token' ? rows.filter(({ made_by }) => made_by !== 'machine') : rows
      all[`${file} ${name}`] = JSON.stringify(
        kept.map(({ used_at: _, ...row }) => row),
        (_, value) =>
          typeof value === 'bigint' ? String(value) : value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value,
      )
    }
    db.close()
  }
  return all
}
const changed = (before: ReturnType<typeof everything>, after: ReturnType<typeof everything>): readonly string[] =>
  [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (name) => name !== MEASURED && before[name] !== after[name],
  )

async function unaudited(routes: readonly Route[]): Promise<readonly string[]> {
  const app = openApi(world.house, routes)
  const found: string[] = []
  for (const route of routes.filter(({ method }) => method !== 'GET')) {
    const mended = failing(route)
    try {
      const before = everything()
      const got = await ask(route, app)
      // What goes on after the answer has its turn too.
      await new Promise((done) => setTimeout(done, 20))
      // The tenants that are there already go on meanwhile.
      const after = changed(before, everything()).filter((name) => route.realm === 'tenant' || !name.startsWith('tenants/acme'))
      if (after.length > 0) found.push(`${route.id}: ${got.status}, and ${after.join()} changed`)
      if (got.status < 400 && IDLE[route.id] === undefined) found.push(`${route.id}: ${got.status} ${got.text.slice(0, 100)}`)
    } finally {
      mended()
    }
  }
  return found
}

test('with the ledger failing nothing changes, nothing is sent and nothing is answered as done', async () => {
  const found = await unaudited(ROUTES)
  console.log(`no audit, no action: ${WRITES.length} mutating routes with the ledger failing, ${found.length} acted`)
  expect(found).toEqual([])
}, 60_000)

test('a route that acts first and enters afterwards is seen', async () => {
  const planted = ROUTES.map((route): Route => {
    if (route.id !== 'takeRoles') return route
    return {
      ...route,
      act: async (of) => {
        of.house.control.unbind(of.room.tenant, of.params['binding'] ?? '')
        return await route.act(of)
      },
    }
  })
  const found = await unaudited(planted.filter(({ id }) => id === 'takeRoles' || id === 'giveRoles'))
  expect(found).toEqual([expect.stringMatching(/^takeRoles: \d+, and control\/control.db binding changed/)])
  acme = { ...acme, ...(await bindingAgain()) }
})
const bindingAgain = async () => {
  const { binding } = (await everyRole(world, 'acme')('POST', '/v1/roles', { who: 'kim@acme.example', roles: ['viewer'] })).doc
  return { binding }
}

/** So that each finds what it needs: what makes a plan, a gate or a session void comes late. */
const FIRST = ['acknowledgeException', 'closeException', 'applyPlan', 'signWaiver', 'requestWaiver']
const LAST = [
  'rollBackConnector',
  'uploadConnector',
  'deprecateConnectorVersion',
  'changeConnection',
  'rotateCredential',
  'startSync',
  'endSession',
  'removeIdentityProvider',
  'deleteConnection',
]
const rank = ({ id, method }: Route): number =>
  FIRST.includes(id) ? -1 : LAST.includes(id) ? 2 + LAST.indexOf(id) : Number(method === 'DELETE')

test('the same requests with the ledger working do change something: the matrix is not empty', async () => {
  await debt()
  const done: string[] = []
  const idle: string[] = []
  for (const route of WRITES.toSorted((a, b) => rank(a) - rank(b))) {
    const closed = acme.certification
    if (route.id === 'deleteConnection') await world.house.room('acme').then(({ work }) => stopped(work))
    const before = everything()
    const got = await ask(route)
    const after = changed(before, everything())
    if (got.status < 300 && after.length > 0) done.push(route.id)
    else if (IDLE[route.id] === undefined) idle.push(`${route.id}: ${got.status} ${got.text.slice(0, 300)}`)
    // The first one is closed by now.
    if (route.id === 'closeCertification' && got.status === 200) {
      acme = { ...acme, certification: opened }
      expect(opened).not.toBe(closed)
    }
    if (route.id === 'openCertification') opened = got.doc.certification
  }
  console.log(`of these ${done.length} change something with the ledger working`)
  expect(idle).toEqual([])
}, 60_000)
let opened = ''

async function stopped(work: { readonly pauseSync: (connection: string) => boolean }): Promise<void> {
  await until(async () => !work.pauseSync(acme.connection))
}
