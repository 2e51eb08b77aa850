/** Populations and positions that move under the read: read again, three times at most, and never counted twice. */
import { describe, expect, test } from 'vitest'
import {
  type Ask,
  connector,
  type Declared,
  finding,
  ids,
  journey,
  page,
  people,
  type Reply,
  target,
  USERS,
  verdicts,
} from './lab.ts'

const PLAIN = { ...USERS, prove: [{ kind: 'count', request: 'GET /count', path: 'n' }] } as const satisfies Declared
const RULE = {
  responses: [
    // biome-ignore lint/suspicious/noThenProperty: a key of the language
    { status: [400], when: "= body.error == 'cursor_expired'", then: 'restart', because: 'the cursor expired' },
  ],
}

/** Users by cursor; `fault` may answer instead. `first`: requests of the first page so far, this one included. */
async function moving(fault: (ask: Ask, first: number) => Reply | null, n = 9) {
  let first = 0
  return target((ask) => {
    if (ask.path === '/count') return { body: { n } }
    if (ask.path !== '/users') return null
    if (ask.query['after'] === undefined) first++
    return fault(ask, first) ?? { body: page(people(n), ask) }
  })
}

describe('a cursor that expires', () => {
  test.each([
    ['410', { status: 410 }, {}],
    ['a restart rule', { status: 400, body: { error: 'cursor_expired' } }, RULE],
  ] as const)('%s once: a clean restart, nobody twice', async (_, answer, top) => {
    const t = await moving((ask, first) => (first === 1 && ask.query['after'] === '6' ? answer : null))
    const j = journey()
    const run = await j.sync(connector({ users: PLAIN }, top), t.url)
    expect([run.exit, verdicts(run), ids(await j.records('users'))]).toEqual([0, { users: 'complete' }, ids(people(9) as never)])
    expect((await j.changes()).map(({ kind }) => kind)).toEqual(Array(9).fill('created'))
  })

  test.each([
    ['410', { status: 410, body: { message: 'too old' } }, {}, 'http/gone'],
    ['a restart rule', { status: 400, body: { error: 'cursor_expired' } }, RULE, 'http/restart'],
  ] as const)('%s always: three attempts, then a named gap', async (_, answer, top, code) => {
    const t = await moving((ask) => (ask.query['after'] === '6' ? answer : null))
    const j = journey()
    const run = await j.sync(connector({ users: PLAIN }, top), t.url)
    expect([run.exit, verdicts(run), run.streams['users']?.records]).toEqual([4, { users: 'incomplete' }, 6])
    expect(t.asked.filter((ask) => ask.path === '/users' && ask.query['after'] === undefined)).toHaveLength(3)
    expect(run.streams['users']?.gaps).toMatchObject([{ code, because: expect.stringMatching(/page 3: .*begun 3 times/) }])
  })

  test('a rule that says restart on the very first page ends too, and nothing read is not everything', async () => {
    const t = await moving(() => ({ status: 400, body: { error: 'cursor_expired' } }), 0)
    const run = await journey().sync(connector({ users: PLAIN }, RULE), t.url)
    expect([run.exit, verdicts(run), run.streams['users']?.gaps.map(({ code }) => code)]).toEqual([
      4,
      { users: 'incomplete' },
      ['http/restart'],
    ])
    expect(t.asked.filter(({ path }) => path === '/users')).toHaveLength(3)
  })

  test('in one of many lists: all begin again, none is lost or doubled', async () => {
    let failed = false
    const t = await target((ask) => {
      const org = /^\/orgs\/(\w)\/users$/.exec(ask.path)?.[1]
      if (org === undefined) return null
      if (org === 'd' && ask.query['after'] === '3' && !failed) {
        failed = true
        return { status: 410 }
      }
      const rows = people(org === 'a' ? 300 : 7).map((one) => ({ ...one, id: `${org}${one.id}` }))
      return { body: page(rows, ask), after_ms: org === 'd' ? 0 : 2 }
    })
    const j = journey()
    const run = await j.sync(
      connector({ users: { ...USERS, each: { org: ['a', 'b', 'c', 'd', 'e', 'f'] }, list: 'GET /orgs/{org}/users?limit=3' } }),
      t.url,
    )
    expect([run.exit, run.streams['users']?.records, failed]).toEqual([0, 335, true])
    expect(await j.changes()).toHaveLength(335)
    // What would be thrown away is not read to its end.
    expect(t.asked.filter((ask) => ask.path === '/orgs/a/users' && ask.query['limit'] === '3').length).toBeLessThan(150)
  })
})

describe('a population that moves', () => {
  const TOTAL = { ...USERS, prove: [{ kind: 'total', path: 'total', probe: { query: { limit: 1 } } }] }

  test('a total that moves once and then holds still is complete at the second attempt', async () => {
    const t = await moving((ask, first) =>
      first === 1 && ask.query['after'] === '6' ? { body: { ...page(people(9), ask), total: 10 } } : null,
    )
    const j = journey()
    const run = await j.sync(connector({ users: TOTAL }), t.url)
    expect([run.exit, verdicts(run)]).toEqual([0, { users: 'complete' }])
    expect(await j.changes()).toHaveLength(9)
  })

  test('a total that always moves is never complete, after three attempts', async () => {
    const t = await moving((ask) => ({ body: { ...page(people(9), ask), total: 9 + ask.n } }))
    const run = await journey().sync(connector({ users: TOTAL }), t.url)
    expect([run.exit, run.streams['users']?.verdict]).not.toContain('complete')
    expect(run.exit).toBe(4)
    expect(t.asked.filter((ask) => ask.query['after'] === undefined && ask.query['limit'] === '3')).toHaveLength(3)
  })

  test('a second pass that differs once is asked again together with the first', async () => {
    let passes = 0
    const t = await moving((ask) => {
      if (ask.query['limit'] === '1' && ask.query['after'] === undefined) passes++
      return passes === 1 && ask.query['limit'] === '1' && ask.query['after'] === '4' ? { body: { data: [], next: '5' } } : null
    })
    const j = journey()
    const run = await j.sync(connector({ users: USERS }), t.url)
    expect([run.exit, verdicts(run), passes]).toEqual([0, { users: 'complete' }, 2])
  })

  test('a second pass without an end is broken off, and proves nothing', async () => {
    const t = await moving((ask) => (ask.query['limit'] === '1' ? { body: { data: people(2), next: `x${ask.n}` } } : null))
    const run = await journey().sync(connector({ users: USERS }), t.url)
    expect([run.exit, verdicts(run)]).toEqual([4, { users: 'unproven' }])
    expect(finding(run, 'users', 'second_pass')?.because).toMatch(/does not end/)
    expect(t.asked.length).toBeLessThan(700)
  })

  test('an order that was declared and broken is incomplete, and says so', async () => {
    const rows = [...people(5), { ...people(1)[0], id: 'a0' }, ...people(3, 6)]
    const t = await target((ask) => (ask.path === '/users' ? { body: page(rows, ask) } : null))
    const run = await journey().sync(connector({ users: { ...USERS, sorted_by: 'id' } }), t.url)
    expect([run.exit, verdicts(run)]).toEqual([4, { users: 'incomplete' }])
    expect(finding(run, 'users', 'order')?.because).toMatch(/order is broken/)
  })

  test('a count that grew between before and after is read again', async () => {
    let counts = 0
    const t = await target((ask) => {
      if (ask.path === '/count') return { body: { n: ++counts === 1 ? 8 : 9 } }
      return ask.path === '/users' ? { body: page(people(9), ask) } : null
    })
    const run = await journey().sync(connector({ users: PLAIN }), t.url)
    expect([run.exit, verdicts(run)]).toEqual([0, { users: 'complete' }])
  })
})

test('a row cut off a list that fits on one page shows in the second pass, which asks for it in halves', async () => {
  const all = people(3)
  const asked: string[] = []
  // Whatever the size of the page, its second row is lost.
  const t = await target((ask) => {
    if (ask.path !== '/users') return null
    asked.push(String(ask.query['limit']))
    const { data, ...rest } = page(all, ask)
    return { body: { ...rest, data: data.filter((_, at) => at !== 1) } }
  })
  const run = await journey().sync(connector({ users: USERS }), t.url)
  expect(run.streams['users']).toMatchObject({ verdict: 'incomplete', because: expect.stringContaining('two passes differ') })
  expect(new Set(asked)).toEqual(new Set(['3', '1']))
})
