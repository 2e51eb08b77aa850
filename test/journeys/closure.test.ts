/** What one stream says of another: edges and the nodes they name. */
import { describe, expect, test } from 'vitest'
import { connector, type Declared, finding, journey, page, people, type Reply, target, USERS, verdicts } from './lab.ts'

const GROUPS = { ...USERS, is: 'group', list: 'GET /groups?limit=3', get: 'GET /groups/{id}', fields: { displayName: 'name' } }
const MEMBERS = {
  ...USERS,
  is: 'grant',
  each: { group: 'groups' },
  list: 'GET /groups/{group.id}/members?limit=3',
  id: ['group.id', 'id'],
  fields: { account: 'id', entitlement: 'group.id' },
  refers: { account: 'users' },
} as const satisfies Declared

/** 6 users, one group with `members`; `byId` answers for what no list has. */
async function read(
  members: readonly string[],
  byId: (path: string) => Reply | null,
  more: { readonly users?: Declared; readonly members?: Declared; readonly args?: readonly string[] } = {},
) {
  const groups = [
    { id: 'g1', name: 'One' },
    { id: 'g2', name: 'Two' },
  ]
  const t = await target((ask) => {
    if (ask.path === '/users') return { body: page(people(6), ask) }
    if (ask.path === '/groups') return { body: page(groups, ask) }
    if (ask.path === '/groups/g1/members')
      return {
        body: page(
          members.map((id) => ({ id })),
          ask,
        ),
      }
    if (ask.path === '/groups/g2/members') return { body: page([{ id: 'u1' }], ask) }
    const known = [...people(6), ...groups].find(({ id }) => ask.path.endsWith(`/${id}`))
    return byId(ask.path) ?? (known === undefined ? { status: 404 } : { body: known })
  })
  const run = await journey().sync(
    connector({
      users: { ...USERS, get: 'GET /users/{id}', ...more.users },
      groups: GROUPS,
      members: { ...MEMBERS, ...more.members },
    }),
    t.url,
    more.args === undefined ? {} : { args: more.args },
  )
  return { run, t }
}

describe('a member whom the list of users has not', () => {
  test('and who is alive by id refutes the users, and leaves the edges unproven', async () => {
    const { run } = await read(['u1', 'u9'], (path) => (path === '/users/u9' ? { body: people(1, 9)[0] } : null))
    expect(verdicts(run)).toEqual({ users: 'incomplete', groups: 'complete', members: 'unproven' })
    expect(run.streams['users']?.because).toMatch(/u9/)
  })

  test('and who is gone is an anomaly, and blocks nobody', async () => {
    const { run } = await read(['u1', 'u9'], () => null)
    expect([run.exit, verdicts(run)]).toEqual([0, { users: 'complete', groups: 'complete', members: 'complete' }])
    expect(finding(run, 'members', 'closure')?.result).toBe('anomaly')
  })

  test.each([
    ['an error by id', { status: 403 }, {}],
    ['no by-id read', null, { users: { get: undefined } }],
  ] as const)('and %s leaves the edges and the users unproven', async (_, byId, more) => {
    const { run } = await read(['u1', 'u9'], (path) => (path === '/users/u9' ? byId : null), more)
    expect(verdicts(run)).toEqual({ users: 'unproven', groups: 'complete', members: 'unproven' })
    expect(run.streams['members']?.next_steps.join()).toMatch(/users/)
  })

  test('and is a group that is listed is no dangling edge, where members may be groups', async () => {
    const both = { members: { refers: { account: ['users', 'groups'] } } }
    const { run, t } = await read(['u1', 'g2'], () => null, both)
    expect([run.exit, verdicts(run)]).toEqual([0, { users: 'complete', groups: 'complete', members: 'complete' }])
    expect(t.asked.some(({ path }) => path === '/users/g2')).toBe(false)
  })

  test('and is a group that no list has refutes the groups and not the users', async () => {
    const both = { members: { refers: { account: ['users', 'groups'] } } }
    const { run } = await read(
      ['u1', 'g7'],
      (path) => (path === '/groups/g7' ? { body: { id: 'g7', name: 'Seven' } } : null),
      both,
    )
    expect(verdicts(run)).toEqual({ users: 'complete', groups: 'incomplete', members: 'incomplete' })
  })

  test('and an id that is no path segment is unanswered, and no crash', async () => {
    const { run } = await read(['u1', '..'], () => null)
    expect(verdicts(run)).toEqual({ users: 'unproven', groups: 'complete', members: 'unproven' })
  })
})

test('edges to a stream that was not read in this sync are not complete', async () => {
  const { run } = await read(['u1'], () => null, { args: ['--stream', 'members'] })
  expect([run.exit, verdicts(run)]).toEqual([4, { groups: 'complete', members: 'unproven' }])
  expect(run.streams['members']?.because).toMatch(/users, which was not read/)
})

describe('proofs by other streams', () => {
  const many = Array.from({ length: 6 }, (_, i) => `u${i + 1}`)
  test('two_path and by_id over the members confirm the users', async () => {
    const prove = [
      { kind: 'two_path', stream: 'members', field: 'account' },
      { kind: 'by_id', of: 'members' },
    ]
    const { run } = await read(many, () => null, { users: { prove } })
    expect([run.exit, verdicts(run)]).toEqual([0, { users: 'complete', groups: 'complete', members: 'complete' }])
    expect(finding(run, 'users', 'two_path')?.result).toBe('holds')
  })

  test('and are not asked, and said so, where the members were not read', async () => {
    const { run } = await read(many, () => null, {
      users: { prove: [{ kind: 'two_path', stream: 'members', field: 'account' }] },
      args: ['--stream', 'users'],
    })
    expect([run.exit, verdicts(run)]).toEqual([4, { users: 'unproven' }])
    expect(finding(run, 'users', 'two_path')?.because).toMatch(/members was not read/)
  })
})
