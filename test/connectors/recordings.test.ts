/** What the vendors' servers really answered, once, read by the shipped connectors: bodies, cursors and headers are recorded ones. */
import { afterEach, describe, expect, test } from 'vitest'
import { compileCel } from '../../runtime/kinds/value/cel.ts'
import type { Connector, Json } from '../../runtime/types.ts'
import {
  hasRecordings,
  last,
  RECORDINGS,
  type Recorded,
  type Replay,
  type Route,
  readCassette,
  readScenario,
  startReplay,
} from './replay.ts'
import { loadAt, openRunner, type Ran } from './run.ts'

if (!hasRecordings) console.warn(`skipped: no recordings at ${RECORDINGS}`)

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

type At = {
  readonly host: string
  readonly declared: string
  readonly connector: string
  readonly settings: { readonly [name: string]: Json }
}
const OKTA: At = {
  host: 'oie-00.dne-okta.com',
  declared: 'https://{domain}',
  connector: 'okta',
  settings: { domain: 'oie-00.dne-okta.com', sign_in: 'api_token' },
}
const GITHUB: At = {
  host: 'api.github.com',
  declared: 'https://api.github.com',
  connector: 'github',
  settings: { org: 'octokit-fixture-org' },
}

async function read(
  at: At,
  routes: readonly Route[],
  streams: readonly string[],
  edit?: (yaml: string) => string,
): Promise<Ran & { readonly replay: Replay; readonly connector: Connector }> {
  const replay = await startReplay(at.host, routes)
  const connector = loadAt(at.connector, (text) => text.replaceAll(at.declared, replay.origin), edit)
  const runner = await openRunner(connector, at.settings)
  closing.push(replay.close, runner.close)
  return { ...(await runner.run(streams)), replay, connector }
}

const list = (...records: readonly Recorded[]): { readonly body: unknown } => ({ body: records.map((one) => one.body) })
const check = (ran: Ran, stream: string, name: string) =>
  ran.result.streams[stream]?.verdict.findings.find((finding) => finding.check === name)

describe.skipIf(!hasRecordings)('Okta, as recorded by its Terraform provider', () => {
  test('a list of three recorded pages is followed by its recorded Link headers to the page that has none', async () => {
    const cassette = readCassette('TestAccDataSourceOktaUser_read')
    const pages = ['Smith', 'Jones', 'array123'].map((word) => last(cassette, '/api/v1/users', word))
    const [first, second, third] = pages as [Recorded, Recorded, Recorded]
    const after = (page: Recorded) => /after=(\w+)/.exec(page.headers['link'] ?? '')?.[1] as string
    const path = '/api/v1/users'
    const ran = await read(
      OKTA,
      [
        { path, query: `after=${after(first)}`, give: second },
        { path, query: `after=${after(second)}`, give: third },
        { path, give: first },
      ],
      ['users'],
    )
    const { facts } = ran.result.streams['users'] ?? {}
    expect({ pages: facts?.pages, stored: facts?.stored, marks: facts?.marks, quarantined: facts?.quarantined }).toEqual({
      pages: 3,
      stored: 3,
      marks: ['no link with rel=next'],
      quarantined: {},
    })
    const recorded = pages.flatMap(
      (page) => page.body as readonly { readonly id: string; readonly profile: { readonly login: string } }[],
    )
    const records = await ran.records('users')
    expect(records.map((record) => [record.id, record.fields['userName']])).toEqual(
      recorded.map((user) => [user.id, user.profile.login]),
    )
    expect(check(ran, 'users', 'second_pass')?.result).toBe('holds')
    expect(ran.replay.asked.find((url) => url.searchParams.has('filter'))?.searchParams.get('filter')).toContain(
      'status eq "DEPROVISIONED"',
    )
  })

  test('a deprovisioned and a provisioned user are accounts, and neither is active', async () => {
    const gone = readCassette('TestAccResourceOktaUser_statusDeprovisioned').findLast((one) => one.method === 'GET') as Recorded
    const members = last(
      readCassette('TestAccDataSourceOktaUsers_readWithGroupIdIncludingGroups'),
      '/api/v1/groups/00gkwqtwsl1vPpKAt1d7/users',
    )
    const give = { body: [gone.body, ...(members.body as readonly unknown[])] }
    const ran = await read(OKTA, [{ path: '/api/v1/users', give }], ['users'])
    const records = await ran.records('users')
    expect(records.map(({ id, fields }) => [id, fields['status'], fields['active']])).toEqual([
      ['00ukwr7djcV8gQvDB1d7', 'DEPROVISIONED', false],
      ['00ukwqsl3vAyCij4l1d7', 'PROVISIONED', false],
      ['00ukwqslstarDVjOG1d7', 'PROVISIONED', false],
    ])
    expect(records[1]?.fields).toEqual({
      userName: 'john_832168054@thewho.com',
      active: false,
      displayName: 'TestAcc Entwhistle',
      givenName: 'TestAcc',
      familyName: 'Entwhistle',
      email: 'john_832168054@thewho.com',
      type: 'person',
      status: 'PROVISIONED',
      createdAt: '2025-03-13T23:27:06.000Z',
      updatedAt: '2025-03-13T23:27:06.000Z',
    })
  })

  test('groups of two recorded lists keep name and type; one without statistics has no count made up', async () => {
    const cassette = readCassette('TestAccDataSourceOktaGroups_read')
    const bodies = ['BUILT_IN', 'testAcc_'].map((word) => last(cassette, '/api/v1/groups', word).body as readonly unknown[])
    const ran = await read(OKTA, [{ path: '/api/v1/groups', give: { body: bodies.flat() } }], ['groups'])
    const records = await ran.records('groups')
    expect(records.length).toBe(5)
    expect(records.map(({ fields }) => fields['type'])).toEqual([
      'BUILT_IN',
      'BUILT_IN',
      'OKTA_GROUP',
      'OKTA_GROUP',
      'OKTA_GROUP',
    ])
    expect(records.map(({ fields }) => fields['displayName'])).toContain('Everyone')
    expect(records.every(({ fields }) => fields['memberCount'] === undefined)).toBe(true)
  })

  test('the recorded members of a group are grants of its two users; without a count they are not called complete', async () => {
    const cassette = readCassette('TestAccDataSourceOktaUsers_readWithGroupIdIncludingGroups')
    const group = '00gkwqtwsl1vPpKAt1d7'
    const members = last(cassette, `/api/v1/groups/${group}/users`)
    const routes = [
      { path: '/api/v1/groups', give: list(last(cassette, `/api/v1/groups/${group}`)) },
      { path: `/api/v1/groups/${group}/users`, give: members },
      { path: '/api/v1/users', give: members },
    ]
    const ran = await read(OKTA, routes, ['users', 'memberships'])
    expect((await ran.records('memberships')).map(({ id, fields }) => [id, fields['account'], fields['entitlement']])).toEqual([
      [`${group}/00ukwqsl3vAyCij4l1d7`, '00ukwqsl3vAyCij4l1d7', group],
      [`${group}/00ukwqslstarDVjOG1d7`, '00ukwqslstarDVjOG1d7', group],
    ])
    expect(check(ran, 'memberships', 'count_per_parent')?.result).toBe('missing')
    expect(ran.result.streams['memberships']?.verdict.is).not.toBe('complete')
  })

  test('two administrators with the same recorded roles hold four grants: role assignment ids repeat from user to user', async () => {
    const admins = last(readCassette('TestAccDataSourceOktaIamAssigneesUser_read'), '/api/v1/iam/assignees/users')
    const roles = last(readCassette('TestAccResourceOktaUserAdminRoles_crud'), '/api/v1/users/00ukwr8iwz9tD7ZV11d7/roles')
    const ids = (admins.body as { readonly value: readonly { readonly id: string }[] }).value.map(({ id }) => id)
    const routes = [
      { path: '/api/v1/iam/assignees/users', give: admins },
      ...ids.map((id) => ({ path: `/api/v1/users/${id}/roles`, give: roles })),
    ]
    const ran = await read(OKTA, routes, ['role_grants'])
    const held = (roles.body as readonly { readonly type: string }[]).map(({ type }) => type)
    expect(ids.length).toBe(2)
    expect((await ran.records('admins')).map(({ id }) => id)).toEqual(ids)
    const grants = await ran.records('role_grants')
    expect(grants.map(({ fields }) => `${fields['account']} ${fields['entitlement']} ${fields['via']}`).toSorted()).toEqual(
      ids.flatMap((id) => held.map((role) => `${id} ${role} USER`)).toSorted(),
    )
    expect(ran.result.streams['role_grants']?.facts.repeated).toBe(0)
  })

  test('a recorded application, its user and the owners of a group are read', async () => {
    const cassette = readCassette('TestAccDataSourceOktaAppUserAssignments_read')
    const app = '0oauj8xm3wS5rAk4E1d7'
    const owned = readCassette('TestAccResourceOktaGroupOwners_alreadyAssignedOwner400')
    const group = '00gvtzf96sHcVEPcf1d7'
    const routes = [
      { path: '/api/v1/apps', give: list(last(cassette, `/api/v1/apps/${app}`)) },
      { path: `/api/v1/apps/${app}/users`, give: last(cassette, `/api/v1/apps/${app}/users`) },
      { path: '/api/v1/groups', give: list(last(owned, `/api/v1/groups/${group}`)) },
      { path: `/api/v1/groups/${group}/owners`, give: last(owned, `/api/v1/groups/${group}/owners`) },
    ]
    const ran = await read(OKTA, routes, ['app_users', 'group_owners'])
    expect((await ran.records('apps')).map(({ id }) => id)).toEqual([app])
    expect(
      (await ran.records('app_users')).map(({ fields }) => [fields['account'], fields['entitlement'], fields['via']]),
    ).toEqual([['00uuj8n0jhybX58zC1d7', app, 'USER']])
    expect((await ran.records('group_owners')).map(({ fields }) => [fields['account'], fields['accountType']])).toEqual([
      ['00uvtzg30nZuVg8o01d7', 'USER'],
      ['00uvtzh2lxuzsNmBI1d7', 'USER'],
    ])
  })
})

describe.skipIf(!hasRecordings)('GitHub, as recorded by Octokit', () => {
  test('recorded collaborators are guests with their numeric ids', async () => {
    const scenario = readScenario('add-and-remove-repository-collaborator')
    const recorded = scenario.find((one) => one.method === 'get' && one.url.pathname.endsWith('/collaborators')) as Recorded
    const ran = await read(
      GITHUB,
      [{ path: '/orgs/octokit-fixture-org/outside_collaborators', give: recorded }],
      ['outside_collaborators'],
    )
    expect(
      (await ran.records('outside_collaborators')).map(({ id, fields }) => [
        id,
        fields['userName'],
        fields['type'],
        fields['active'],
      ]),
    ).toEqual([
      ['31898046', 'octokit-fixture-user-a', 'guest', true],
      ['31899067', 'octokit-fixture-user-b', 'guest', true],
    ])
  })

  test('thirteen recorded rows on five pages are followed by Link, although the next page lies under another path', async () => {
    const pages = readScenario('paginate-issues').filter((one) => one.method === 'get')
    const first = pages[0] as Recorded
    const routes = pages.toReversed().map((page) => ({
      path: page.url.pathname,
      query: page.url.searchParams.has('page') ? `&page=${page.url.searchParams.get('page')}` : '',
      give: page,
    }))
    // The connector's own list, moved onto the one list that Octokit recorded with pages; its rows are issues.
    const edit = (yaml: string) =>
      yaml
        .replace('/orgs/{org}/outside_collaborators?per_page=100', `${first.url.pathname}?per_page=3`)
        .replaceAll('userName: login', 'userName: title')
    const ran = await read(GITHUB, routes, ['outside_collaborators'], edit)
    const { facts } = ran.result.streams['outside_collaborators'] ?? {}
    expect({
      pages: facts?.pages,
      stored: facts?.stored,
      repeated: facts?.repeated,
      marks: facts?.marks,
      quarantined: facts?.quarantined,
    }).toEqual({
      pages: 5,
      stored: 13,
      repeated: 0,
      marks: ['no link with rel=next'],
      quarantined: {},
    })
    expect((await ran.records('outside_collaborators')).map(({ id }) => id)).toEqual(
      pages.flatMap((page) => (page.body as readonly { readonly id: number }[]).map(({ id }) => String(id))),
    )
    expect(new Set(ran.replay.asked.map((url) => url.pathname)).size).toBeGreaterThan(1)
  })

  test('the proof of scope holds for the scopes of the recorded token, and not once its org scope is taken away', () => {
    const proof = loadAt('github', (text) => text).scope_proof[0]
    const scopes = readScenario('get-organization')[0]?.headers['x-oauth-scopes'] ?? ''
    const expects = compileCel(proof?.expect ?? '', { variables: ['status', 'headers', 'body'] })
    const holds = (headers: object, role: string) => expects({ status: 200, headers, body: { state: 'active', role } })
    expect(scopes).toContain('admin:org, admin:org_hook')
    expect(holds({ 'x-oauth-scopes': scopes }, 'admin')).toBe(true)
    expect(holds({ 'x-oauth-scopes': scopes }, 'member')).toBe(false)
    expect(holds({ 'x-oauth-scopes': scopes.replace('admin:org, ', '') }, 'admin')).toBe(false)
    expect(holds({ 'x-oauth-scopes': 'repo, read:org' }, 'admin')).toBe(true)
    expect(holds({}, 'admin')).toBe(true)
  })
})
