/** Lists below lists, below settings, below fixed values. */
import { describe, expect, test } from 'vitest'
import { connector, type Declared, finding, ids, journey, page, people, target, USERS, verdicts } from './lab.ts'

const CURSOR = { kind: 'cursor', from: 'next', into: { query: 'after' }, end: 'null' }
const AGAIN = [{ kind: 'second_pass', query: { limit: 2 } }]
const GROUPS = {
  is: 'group',
  list: 'GET /groups?limit=3',
  pages: CURSOR,
  records: 'data',
  id: 'id',
  fields: { displayName: 'name' },
  prove: AGAIN,
}
const MEMBERS = {
  is: 'grant',
  each: { group: 'groups' },
  list: 'GET /groups/{group.id}/members?limit=3',
  pages: CURSOR,
  records: 'data',
  id: ['group.id', 'id'],
  fields: { account: 'id', entitlement: 'group.id' },
  refers: {},
  prove: AGAIN,
} as const satisfies Declared

const groupsNamed = (names: readonly string[]) => names.map((id) => ({ id, name: `Group ${id}` }))

describe('parents', () => {
  test('three levels: organisations, their teams, their members, each request made of what the level above kept', async () => {
    const t = await target((ask) => {
      if (ask.path === '/orgs')
        return {
          body: page(
            [
              { id: 1, slug: 'red', name: 'Red' },
              { id: 2, slug: 'blue', name: 'Blue' },
            ],
            ask,
          ),
        }
      const teams = /^\/orgs\/(red|blue)\/teams$/.exec(ask.path)
      if (teams)
        return {
          body: page(
            ['a', 'b', 'c', 'd'].map((id) => ({ id: `${teams[1]}-${id}`, path: `/x/${id}`, name: id })),
            ask,
          ),
        }
      const members = /^\/orgs\/(red|blue)\/teams\/\/x\/([a-d])\/members$/.exec(ask.path)
      if (members)
        return {
          body: page(
            people(4).map((one) => ({ ...one, id: `${members[1]}-${members[2]}-${one.id}` })),
            ask,
          ),
        }
      return null
    })
    const j = journey()
    const run = await j.sync(
      connector({
        orgs: { ...GROUPS, list: 'GET /orgs?limit=3', keep: { slug: 'slug' } },
        teams: {
          ...GROUPS,
          each: { org: 'orgs' },
          list: 'GET /orgs/{org.slug}/teams?limit=3',
          id: ['org.id', 'id'],
          keep: { path: 'path', org: 'org.slug' },
        },
        members: {
          ...MEMBERS,
          each: { team: 'teams' },
          list: 'GET /orgs/{team.org}/teams/{team.path}/members?limit=3',
          id: ['team.id', 'id'],
          fields: { account: 'id', entitlement: 'team.id' },
        },
      }),
      t.url,
    )
    expect(run.err).toBe('')
    expect(verdicts(run)).toEqual({ orgs: 'complete', teams: 'complete', members: 'complete' })
    expect([run.exit, run.streams['teams']?.records, run.streams['members']?.records]).toEqual([0, 8, 32])
    expect(t.asked.some((ask) => ask.url.startsWith('/orgs/red/teams/%2Fx%2Fa/members'))).toBe(true)
  })

  test('a list of settings times fixed values is every pair, once', async () => {
    const seen: string[] = []
    const t = await target((ask) => {
      const org = /^\/orgs\/(.+)\/users$/.exec(ask.path)?.[1]
      if (org === undefined || ask.query['status'] === undefined) return null
      seen.push(`${org} ${ask.query['status']} ${ask.query['after'] ?? '0'} ${ask.query['limit']}`)
      return {
        body: page(
          people(4).map((one) => ({ ...one, id: `${org}-${ask.query['status']}-${one.id}` })),
          ask,
        ),
      }
    })
    const j = journey()
    const run = await j.sync(
      connector(
        {
          users: {
            ...USERS,
            each: { org: 'settings.orgs', state: ['ACTIVE', 'INACTIVE'] },
            list: 'GET /orgs/{org}/users?limit=3&status={state}',
            fields: { userName: 'login', active: "= state == 'ACTIVE'", department: 'org' },
          },
        },
        { settings: { orgs: { type: 'list' } } },
      ),
      t.url,
      { set: { orgs: 'red,a b/c' } },
    )
    expect([run.exit, run.streams['users']?.records]).toEqual([0, 16])
    const pairs = ['red ACTIVE', 'red INACTIVE', 'a b/c ACTIVE', 'a b/c INACTIVE']
    expect(seen.filter((one) => one.endsWith(' 3')).sort()).toEqual(pairs.flatMap((one) => [`${one} 0 3`, `${one} 3 3`]).sort())
    const inactive = (await j.records('users')).filter(({ fields }) => fields['active'] === false)
    expect(inactive).toHaveLength(8)
    expect(new Set(inactive.map(({ fields }) => fields['department']))).toEqual(new Set(['red', 'a b/c']))
  })

  test('a setting that names one value twice is refused and not read twice', async () => {
    const t = await target((ask) => (ask.path.startsWith('/orgs/') ? { body: page(people(1), ask) } : null))
    const run = await journey().sync(
      connector(
        { users: { ...USERS, each: { org: 'settings.orgs' }, list: 'GET /orgs/{org}/users?limit=3' } },
        { settings: { orgs: { type: 'list' } } },
      ),
      t.url,
      { set: { orgs: 'red,blue,red' } },
    )
    expect([run.exit, run.error?.code]).toEqual([3, 'read/setting-list'])
    expect(run.error?.message).toMatch(/red/)
  })

  test('ids that need percent-encoding arrive as one segment; what can not be one is a named gap of that parent alone', async () => {
    const odd = ['a/b', 'a b', 'a?b#c', '100%', 'ä☃', 'a+b', '%2e%2e', '..', '.', 'x'.repeat(3000)]
    const t = await target((ask) => {
      if (ask.path === '/groups') return { body: page(groupsNamed(odd), ask) }
      const raw = /^\/groups\/([^/?]+)\/members/.exec(ask.url)?.[1]
      const id = raw === undefined ? '' : decodeURIComponent(raw)
      return odd.includes(id) ? { body: page(people(1), ask) } : null
    })
    const j = journey()
    const run = await j.sync(connector({ groups: GROUPS, members: MEMBERS }), t.url)
    expect(verdicts(run)).toEqual({ groups: 'complete', members: 'incomplete' })
    expect(run.exit).toBe(4)
    expect(run.streams['members']?.records).toBe(odd.length - 3)
    expect(run.streams['members']?.gaps.map(({ code, partition }) => [code, decodeURIComponent(partition).slice(0, 9)])).toEqual([
      ['value/template', 'group=..'],
      ['value/template', 'group=.'],
      ['value/template', 'group=xxx'],
    ])
  })

  test.each([403, 404])('%i on one parent is a named gap, and makes that stream alone incomplete', async (status) => {
    const t = await target((ask) => {
      if (ask.path === '/users') return { body: page(people(5), ask) }
      if (ask.path === '/groups') return { body: page(groupsNamed(['g1', 'g2', 'g3', 'g4']), ask) }
      if (ask.path === '/groups/g3/members') return { status, body: { message: 'not for you' } }
      return /^\/groups\/g[124]\/members$/.test(ask.path) ? { body: page(people(5), ask) } : null
    })
    const j = journey()
    const run = await j.sync(
      connector({ users: USERS, groups: GROUPS, members: { ...MEMBERS, refers: { account: 'users' } } }),
      t.url,
    )
    expect(verdicts(run)).toEqual({ users: 'complete', groups: 'complete', members: 'incomplete' })
    expect(run.streams['members']?.records).toBe(15)
    expect(run.streams['members']?.gaps).toMatchObject([
      { partition: 'group=g3', where: 'GET /groups/{group.id}/members', because: expect.stringMatching(/not for you/) },
    ])
    expect(await j.open((store, name) => store.gaps(name, run.sync))).toHaveLength(1)
  })

  test('beyond a hundred gaps each is counted and in the ledger, and the first hundred are named', async () => {
    const groups = groupsNamed(Array.from({ length: 150 }, (_, i) => `g${i}`))
    const t = await target((ask) => (ask.path === '/groups' ? { body: page(groups, ask, 200) } : { status: 403 }))
    const j = journey()
    const declared = connector({
      groups: { ...GROUPS, list: 'GET /groups?limit=200', prove: [] },
      members: { ...MEMBERS, prove: [] },
    })
    const run = await j.sync(declared, t.url)
    const { gaps, more_gaps, because, verdict } = run.streams['members']!
    expect([verdict, gaps.length, more_gaps]).toEqual(['incomplete', 100, 50])
    expect(because).toMatch(/and 149 more gaps/)
    expect(finding(run, 'members', 'gaps')?.facts).toMatchObject({ gaps: 150, samples: { length: 5 } })
    const said = await j.cli(['status', 'journey', '--store', j.dir, '--gaps'])
    expect(said.out.match(/^ {2}gap {2}members group=g\d+ GET/gm)).toHaveLength(150)
    const json = JSON.parse((await j.cli(['status', 'journey', '--store', j.dir, '--gaps', '--json'])).out)
    expect(json.connections[0].gaps).toHaveLength(150)
  })

  test('500 parents are all read, and never more are in flight than the connector permits', async () => {
    const groups = groupsNamed(Array.from({ length: 500 }, (_, i) => `g${i}`))
    const t = await target((ask) => {
      if (ask.path === '/groups') return { body: page(groups, ask, 200) }
      return /^\/groups\/g\d+\/members$/.test(ask.path) ? { body: page(people(1), ask), after_ms: 5 } : null
    })
    const declared = connector(
      {
        groups: { ...GROUPS, list: 'GET /groups?limit=200', prove: [] },
        members: { ...MEMBERS, list: 'GET /groups/{group.id}/members?limit=200', prove: [] },
      },
      { limits: { concurrent: 5 } },
    )
    const run = await journey().sync(declared, t.url)
    expect(run.streams['members']?.records).toBe(500)
    expect(t.asked).toHaveLength(503)
    expect(t.peak()).toBe(5)
  })

  test('no parents: nothing below them, as complete as they are; no values: nothing was read', async () => {
    const t = await target((ask) =>
      ask.path === '/groups' ? { body: { data: [], next: null } } : ask.path === '/groups/count' ? { body: { count: 0 } } : null,
    )
    const counted = { ...GROUPS, prove: [{ kind: 'count', request: 'GET /groups/count', path: 'count' }] }
    const run = await journey().sync(connector({ groups: counted, members: MEMBERS }), t.url)
    expect(verdicts(run)).toEqual({ groups: 'complete', members: 'complete' })
    const none = await journey().sync(
      connector(
        { users: { ...USERS, each: { org: 'settings.orgs' }, list: 'GET /orgs/{org}/users?limit=3' } },
        { settings: { orgs: { type: 'list', default: [], required: false } } },
      ),
      t.url,
    )
    expect([none.exit, none.streams['users']?.verdict]).toEqual([4, 'unproven'])
  })

  test("a parent's own count that differs names the parent", async () => {
    const t = await target((ask) => {
      if (ask.path === '/groups')
        return {
          body: page(
            [
              { id: 'g1', name: 'A', n: 2 },
              { id: 'g2', name: 'B', n: 3 },
            ],
            ask,
          ),
        }
      return /^\/groups\/g[12]\/members$/.test(ask.path) ? { body: page(people(2), ask) } : null
    })
    const run = await journey().sync(
      connector({
        groups: { ...GROUPS, keep: { n: 'n' } },
        members: { ...MEMBERS, prove: [{ kind: 'count_per_parent', path: 'group.n' }] },
      }),
      t.url,
    )
    expect(verdicts(run)).toEqual({ groups: 'complete', members: 'incomplete' })
    expect(run.streams['members']?.because).toMatch(/g2/)
    expect(finding(run, 'members', 'count_per_parent')?.result).toBe('refutes')
  })

  test('children of an incomplete parent are incomplete, however well their own lists end', async () => {
    const t = await target((ask) => {
      if (ask.path === '/groups')
        return ask.query['after'] === undefined ? { body: { data: groupsNamed(['g1']), next: 'x' } } : { status: 400 }
      return ask.path === '/groups/g1/members' ? { body: page(people(2), ask) } : null
    })
    const run = await journey().sync(connector({ groups: GROUPS, members: MEMBERS }), t.url)
    expect(verdicts(run)).toEqual({ groups: 'incomplete', members: 'incomplete' })
    expect(
      ids(
        await journey()
          .open(async () => [])
          .catch(() => []),
      ),
    ).toEqual([])
  })
})
