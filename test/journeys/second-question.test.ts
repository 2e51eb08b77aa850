/** A second pass confirms only where it is another question: a target that cuts a row off a page cuts it off the same page again. */
import { expect, test } from 'vitest'
import { type Ask, connector, type Declared, finding, journey, page, people, type Reply, target, USERS, verdicts } from './lab.ts'

type Case = readonly [
  says: string,
  of: {
    readonly rows: number
    /** The target gives no more than so many a page, whatever it is asked for. */
    readonly cap?: number
    /** Gives that many, whatever it is asked for. */
    readonly fixed?: number
    /** The place on the first page whose row is cut off it, by the rows of the page. */
    readonly cut?: (rows: number) => number
    readonly users?: Declared
  },
  verdict: string,
  because: RegExp | null,
]
const third = (rows: number): number => (rows < 3 ? 0 : Math.floor(rows / 3))
const PLENTY = { ...USERS, list: 'GET /users?limit=200' }
const again = (query: object, more: object = {}) => ({ ...PLENTY, prove: [{ kind: 'second_pass', query }], ...more })
const UNPAGED = { list: 'GET /users', pages: { kind: 'none' } }

const CASES: readonly Case[] = [
  [
    'pages of five and of four have the same second row',
    { rows: 20, cap: 5, cut: third, users: again({ limit: 4 }) },
    'incomplete',
    null,
  ],
  ['a list of two loses its first', { rows: 2, cut: third }, 'unproven', /on the same pages/],
  ['a list of four on one page', { rows: 4, cap: 9, cut: third, users: again({ limit: 150 }) }, 'incomplete', null],
  ['a target that gives five at most is asked for fewer', { rows: 23, cap: 5, users: again({ limit: 150 }) }, 'complete', null],
  ['a target that gives what it likes is the same twice', { rows: 23, fixed: 5 }, 'unproven', /on the same pages/],
  [
    'one answer, whatever else is asked',
    { rows: 4, users: again({ expand: 'roles' }, UNPAGED) },
    'unproven',
    /on the same pages/,
  ],
  ['one answer, and a number that is no page size', { rows: 4, users: again({ version: 2 }, UNPAGED) }, 'unproven', null],
  ['one record, asked for in pages of one', { rows: 1 }, 'complete', null],
]

test.each(CASES)('%s', async (_, { rows, cap = 1000, fixed, cut, users = PLENTY }, verdict, because) => {
  const all = people(rows)
  const answer = (ask: Ask): Reply | null => {
    if (ask.path !== '/users') return null
    const { limit, ...query } = ask.query
    const size = fixed ?? Math.min(cap, Number(limit ?? 1000))
    const body = page(all, { query: { ...query, limit: String(size) } }, size)
    const lost = cut?.(body.data.length)
    const data = ask.query['after'] === undefined && lost !== undefined ? body.data.filter((_, at) => at !== lost) : body.data
    return { body: limit === undefined ? { data } : { ...body, data } }
  }
  const t = await target(answer)
  const run = await journey().sync(connector({ users }), t.url)
  expect(verdicts(run)).toEqual({ users: verdict })
  if (because !== null) expect(finding(run, 'users', 'second_pass')?.because).toMatch(because)
})
