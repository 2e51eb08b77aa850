/** What becomes of records: stored, filtered, kept aside, merged; every one accounted for. */
import { describe, expect, test } from 'vitest'
import { connector, type Declared, finding, ids, journey, page, people, type Run, target, USERS, verdicts } from './lab.ts'

const ONE = {
  list: 'GET /users',
  pages: { kind: 'none' },
  records: 'data',
  prove: [{ kind: 'count', request: 'GET /count', path: 'n' }],
}

/** One page of these rows, raw or as JSON; as many are counted as `n` says. */
async function read(
  rows: readonly unknown[] | string,
  stream: Declared = {},
  n = -1,
  answer: (path: string) => object | null = () => null,
) {
  const t = await target((ask) => {
    if (ask.path === '/users')
      return typeof rows === 'string' ? { body: rows, headers: { 'content-type': 'application/json' } } : { body: { data: rows } }
    if (ask.path === '/count') return { body: { n: n < 0 ? rows.length : n } }
    return answer(ask.path)
  })
  const j = journey()
  const run = await j.sync(connector({ users: { ...USERS, ...ONE, ...stream } }), t.url)
  return { run, j, t, users: run.streams['users'] as Run['streams'][string] }
}

const quarantine = (j: ReturnType<typeof journey>, sync: number) =>
  j.open((store, name) => store.quarantine(name, sync, 'users', 100))

describe('expand', () => {
  const EXPAND = {
    expand: 'GET /users/{id}/full',
    fields: { userName: 'login', active: "= state == 'on'", email: 'profile.email' },
  }
  const full = (path: string) => {
    const id = /^\/users\/(u\d+)\/full$/.exec(path)?.[1]
    return id === undefined ? null : { body: { id, state: 'on', profile: { email: `${id}@acme.example` } } }
  }

  test('each record is merged with the answer of its own request', async () => {
    const { run, j, t } = await read(people(7), EXPAND, 7, full)
    expect([run.exit, verdicts(run)]).toEqual([0, { users: 'complete' }])
    expect((await j.records('users')).map(({ fields }) => fields['email'])).toContain('u7@acme.example')
    expect(t.asked.filter(({ path }) => path.endsWith('/full'))).toHaveLength(7)
    expect(run.streams['users']?.requests).toBe(t.asked.length)
  })

  test('one whose request fails is kept aside under its id and makes the stream incomplete', async () => {
    const { run, j, users } = await read(people(5), EXPAND, 5, (path) =>
      path === '/users/u3/full' ? { status: 403 } : full(path),
    )
    expect([run.exit, users.verdict, users.records, users.quarantined]).toEqual([4, 'incomplete', 4, { 'expand/failed': 1 }])
    expect(users.because).toMatch(/u3/)
    expect(await quarantine(j, run.sync)).toMatchObject([{ reason: 'expand/failed', id: 'u3' }])
  })

  test('one that is no object, and one without an id, are kept aside for what they are', async () => {
    const { run, users } = await read([...people(2), { login: 'nobody' }], EXPAND, 3, (path) =>
      path === '/users/u2/full' ? { body: [1] } : full(path),
    )
    expect([run.exit, users.quarantined, users.records]).toEqual([4, { 'expand/failed': 1, 'id/missing': 1 }, 1])
  })

  test('a failed expansion of the last row of a page moves no row under offset paging', async () => {
    const rows = people(7)
    const t = await target((ask) => {
      if (ask.path === '/users')
        return { body: { data: rows.slice(Number(ask.query['offset']), Number(ask.query['offset']) + 3), total: 7 } }
      return ask.path === '/users/u3/full' ? { status: 404 } : full(ask.path)
    })
    const run = await journey().sync(
      connector({
        users: {
          ...USERS,
          ...EXPAND,
          prove: [],
          list: 'GET /users',
          pages: { kind: 'offset', into: { query: 'offset' }, end: 'total', total: 'total' },
        },
      }),
      t.url,
    )
    expect(run.streams['users']).toMatchObject({ quarantined: { 'expand/failed': 1 }, records: 6 })
    expect(finding(run, 'users', 'stitching')?.result).toBe('holds')
  })
})

describe('ids', () => {
  test('several values are one id, and no two pairs are the same one', async () => {
    const rows = [
      { a: 'x/y', b: 'z' },
      { a: 'x', b: 'y/z' },
      { a: 'x%2Fy', b: 'z' },
      { a: 1, b: 2 },
    ].map((one) => ({ ...one, login: 'l', on: true }))
    const { run, j } = await read(rows, { id: ['a', 'b'] })
    expect([run.exit, ids(await j.records('users'))]).toEqual([0, ['1/2', 'x%252Fy/z', 'x%2Fy/z', 'x/y%2Fz']])
  })

  test('integers beyond 2^53 keep every digit, in ids and in fields', async () => {
    const { run, j } = await read(
      '{"data":[{"id":9007199254740992,"login":"a","on":true,"n":12345678901234567890},{"id":9007199254740993,"login":"b","on":true,"n":1}]}',
      { fields: { userName: 'login', active: 'on', employeeNumber: 'n' } },
      2,
    )
    expect([run.exit, ids(await j.records('users'))]).toEqual([0, ['9007199254740992', '9007199254740993']])
    expect((await j.records('users'))[0]?.fields['employeeNumber']).toBe('12345678901234567890')
  })

  test('two that differ by case alone: incomplete, unless the target is said to tell them apart', async () => {
    const rows = [
      { id: 'Ann', login: 'a', on: true },
      { id: 'ann', login: 'b', on: true },
    ]
    const odd = await read(rows)
    expect([odd.run.exit, odd.users.verdict, odd.users.because]).toEqual([4, 'incomplete', expect.stringMatching(/case/)])
    const fine = await read(rows, { case_sensitive_ids: true })
    expect([fine.run.exit, fine.users.records]).toEqual([0, 2])
  })

  test('one id with two contents keeps the first and sets the second aside', async () => {
    const { run, j, users } = await read(
      [
        { id: 'a', login: 'one', on: true },
        { id: 'a', login: 'two', on: true },
      ],
      {},
      1,
    )
    expect([run.exit, users.verdict, users.records, users.quarantined]).toEqual([4, 'incomplete', 1, { 'id/conflict': 1 }])
    expect((await quarantine(j, run.sync))[0]).toMatchObject({ reason: 'id/conflict', id: 'a' })
  })
})

describe('odd content', () => {
  test('NUL and half a character are stored as what can be stored, and the second sync sees no change', async () => {
    const rows = [
      { id: 'a\u0000b', login: 'x\u0000y', on: true },
      { id: 'half\ud800', login: '\udfff!', on: true },
    ]
    const { run, j, t } = await read(rows, { keep: { raw: 'login' } })
    expect([run.exit, verdicts(run)]).toEqual([0, { users: 'complete' }])
    const again = await j.sync(connector({ users: { ...USERS, ...ONE, keep: { raw: 'login' } } }), t.url)
    expect([again.exit, again.streams['users']?.created, again.streams['users']?.updated]).toEqual([0, 0, 0])
    expect(await j.records('users')).toHaveLength(2)
  })

  test('keys named after prototypes are data and change nothing', async () => {
    const { run, j } = await read(
      '{"data":[{"id":"a","login":"x","on":true,"__proto__":{"email":"evil@x","isAdmin":true},"constructor":{"name":"c"}}]}',
      { fields: { userName: 'login', active: 'on', email: 'email' } },
      1,
    )
    expect(run.exit).toBe(0)
    expect((await j.records('users'))[0]?.fields).toEqual({ userName: 'x', active: true })
    expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined()
  })

  test('a record too deep to be one is a refused page, not a crash', async () => {
    const { run, users } = await read(
      `{"data":[{"id":"a","login":"x","on":true,"deep":${'['.repeat(5000)}${']'.repeat(5000)}}]}`,
      {},
      1,
    )
    expect([run.exit, users.verdict, users.gaps[0]?.code]).toEqual([4, 'incomplete', 'decode/depth'])
  })

  test.each([
    ['null', null],
    ['a text', 'u1'],
    ['a list', ['u1']],
    ['a number', 7],
  ])('%s where a record should be is kept aside', async (_, odd) => {
    const { run, users } = await read([...people(1), odd])
    expect([run.exit, users.verdict, users.records]).toEqual([4, 'incomplete', 1])
    expect(Object.values(users.quarantined)).toEqual([1])
  })
})

describe('conservation', () => {
  test('filters are counted by name, and what is left is complete', async () => {
    const rows = [...people(4), ...people(3, 10).map((one) => ({ ...one, bot: true })), { ...people(1, 20)[0], ghost: true }]
    const filters = [
      { name: 'bots', drop: '= has(record.bot) && record.bot' },
      { name: 'ghosts', drop: '= has(record.ghost)' },
    ]
    const prove = [{ kind: 'second_pass', list: 'GET /directory' }]
    const { run, users } = await read(rows, { filters, prove }, -1, (path) =>
      path === '/directory' ? { body: { data: rows.toReversed() } } : null,
    )
    expect([run.exit, users.verdict, users.records, users.filtered]).toEqual([0, 'complete', 4, { bots: 3, ghosts: 1 }])
  })

  test('each reason has its number, and all numbers together are what came', async () => {
    const fine = people(3)
    const rows = [
      ...fine,
      fine[0],
      { id: 'b1', login: 'bot', on: true, bot: true },
      { login: 'no id', on: true },
      { id: { a: 1 }, login: 'odd id', on: true },
      { id: 'q1', on: true },
      { id: 'q2', login: 'x', on: 'yes' },
      { id: 'q3', login: 'x', on: true, n: 'nine' },
      null,
    ]
    const { run, users, j } = await read(rows, {
      filters: [{ name: 'bots', drop: '= has(record.bot)' }],
      fields: { userName: 'login', active: 'on', title: "= has(record.n) ? string(record.n + 1.0) : ''" },
    })
    expect(users.filtered).toEqual({ bots: 1 })
    expect(users.quarantined).toEqual({
      'id/missing': 1,
      'id/type': 1,
      'field/required': 1,
      'field/type': 1,
      'value/evaluate': 1,
      'record/empty': 1,
    })
    const numbers = finding(run, 'users', 'conservation')?.facts as { fetched: number; stored: number; repeated: number }
    expect([numbers.fetched, numbers.stored, numbers.repeated]).toEqual([11, 3, 1])
    expect(numbers.stored + numbers.repeated + 1 + 6).toBe(numbers.fetched)
    expect((await quarantine(j, run.sync)).map(({ reason, id }) => [reason, id])).toContainEqual(['field/required', 'q1'])
  })

  test('a filter that does not say true or false keeps the record aside', async () => {
    const { users } = await read([...people(1), { id: 'x', login: 'x', on: true, bot: 'maybe' }], {
      filters: [{ name: 'bots', drop: '= has(record.bot) && record.bot' }],
    })
    expect([users.verdict, users.records, users.quarantined]).toEqual(['incomplete', 1, { 'value/evaluate': 1 }])
  })

  test('what is kept beside the fields is stored and shown, and a change of it is a change', async () => {
    const rows = people(2)
    const { j, t } = await read(rows, { keep: { raw: 'login', none: 'nothing.here' } })
    expect((await j.records('users'))[0]?.fields['keep']).toEqual({ raw: rows[0]?.login, none: null })
    for (const row of rows) Object.assign(row, { extra: 1 })
    const again = await j.sync(connector({ users: { ...USERS, ...ONE, keep: { raw: 'login', none: 'nothing.here' } } }), t.url)
    expect(again.streams['users']).toMatchObject({ created: 0, updated: 0 })
  })

  test('a page of a hundred records over three pages says the same numbers in JSON, text and store', async () => {
    const rows = people(100)
    const t = await target((ask) => (ask.path === '/users' ? { body: page(rows, ask, 40) } : null))
    const j = journey()
    const declared = connector({
      users: { ...USERS, list: 'GET /users?limit=40', prove: [{ kind: 'second_pass', query: { limit: 30 } }] },
    })
    const run = await j.sync(declared, t.url)
    expect(run.streams['users']).toMatchObject({ records: 100, pages: 3, created: 100, requests: t.asked.length })
    const said = await j.cli(['status', 'journey', '--store', j.dir])
    expect([said.exit, said.out]).toEqual([0, expect.stringMatching(/users\s+complete\s+100 records/)])
  })
})
