/** R5 with R13, found by the lab: a total too low, on a list that ends at its total and comes on pages cut short, leaves rows that nobody asks for. */
import { expect, test } from 'vitest'
import { connector, journey, people, target, USERS, verdicts } from './lab.ts'

const OFFSET = {
  ...USERS,
  list: 'GET /users',
  pages: { kind: 'offset', into: { query: 'from' }, size: { query: 'limit', rows: 5 }, end: 'total', total: 'total' },
  prove: [{ kind: 'second_pass', query: { limit: 2 } }],
}
const PAGES = {
  ...OFFSET,
  pages: { kind: 'page_number', into: { query: 'page' }, size: { query: 'limit', rows: 3 }, end: 'total', total: 'total' },
}

/** `told`: the total of every answer; `joins`: one more is there from the moment somebody asks behind the first `n`, and the total says so. */
async function read(o: {
  readonly n: number
  readonly told?: number
  readonly joins?: true
  readonly behind?: 'error' | 'first_page'
  readonly users?: typeof OFFSET | typeof PAGES
}) {
  let joined = false
  const t = await target(({ query }) => {
    const size = Math.min(3, Number(query['limit'] ?? 3))
    const from = query['page'] === undefined ? Number(query['from'] ?? 0) : (Number(query['page']) - 1) * size
    const told = o.told ?? o.n
    if (from >= told && o.behind === 'error') return { status: 400 }
    if (from >= told && o.joins) joined = true
    const rows = people(joined ? o.n + 1 : o.n)
    const at = from >= told && o.behind === 'first_page' ? 0 : from
    return { body: { data: rows.slice(at, at + size), total: joined ? told + 1 : told } }
  })
  const run = await journey().sync(connector({ users: o.users ?? OFFSET }), t.url)
  const starts = t.asked.filter(({ query }) => query['limit'] === '5').map(({ query }) => query['from'])
  return { said: verdicts(run), starts, because: run.streams['users']?.because ?? '' }
}

test('the target says how many there are and gives one more: the list is broken off, not over', async () => {
  for (const [users, told] of [
    [OFFSET, 7],
    [PAGES, 6],
  ] as const) {
    const { said, because } = await read({ n: 9, told, users })
    expect([said, because]).toEqual([{ users: 'incomplete' }, expect.stringContaining(`the target says there are ${told}`)])
  }
})

test('nothing behind it, an error, or the first page again: the list ends at its total', async () => {
  for (const more of [{}, { behind: 'error' }, { behind: 'first_page' }] as const)
    expect((await read({ n: 7, ...more })).said).toEqual({ users: 'complete' })
})

test('somebody joins while it is asked, and the total says so: no contradiction', async () => {
  expect((await read({ n: 7, joins: true })).because).not.toMatch(/the target says there are/)
})

test('a page shorter than another had room for more: nothing is asked behind it', async () => {
  expect((await read({ n: 8 })).starts).not.toContain('8')
  expect((await read({ n: 7 })).starts).toContain('7')
})

test('an empty list is asked for nothing more', async () => {
  expect((await read({ n: 0 })).starts).toEqual(['0'])
})
