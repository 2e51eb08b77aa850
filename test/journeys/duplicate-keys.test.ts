/** A key that an object names twice: of two ids, or two answers to "is she active?", nothing says which is meant. */
import { expect, test } from 'vitest'
import { connector, ids, journey, people, target, USERS } from './lab.ts'

const ONE_PAGE = { ...USERS, list: 'GET /users', prove: [{ kind: 'second_pass', query: { limit: 2 } }] }
const list = (records: readonly string[], more = '') => `{"data":[${records.join(',')}],"next":null${more}}`
const written = (n: number) => people(n).map((one) => JSON.stringify(one))

test.each([
  ['its id', '{"id":"u2","login":"a","on":true,"id":"u9"}'],
  ['a mapped value', '{"id":"u2","login":"a","on":true,"on":false}'],
  ['something below it', '{"id":"u2","login":"a","on":true,"profile":{"mail":"a","mail":"b"}}'],
  ['its id, in escapes and with white space', '{ "id" : "u2", "login" : "a", "on" : true, "\\u0069d" : "u9" }'],
])('a record that names %s twice is kept aside by name, the others are read, and nothing is complete', async (_name, twice) => {
  const [first, , third] = written(3) as [string, string, string]
  const t = await target(() => ({ body: list([first, twice, third]) }))
  const j = journey()
  const run = await j.sync(connector({ users: ONE_PAGE }), t.url)
  expect(run.streams['users']).toMatchObject({
    verdict: 'incomplete',
    because: expect.stringContaining('record/duplicate-key'),
    records: 2,
    quarantined: { 'record/duplicate-key': 1 },
  })
  expect(run.exit).toBe(4)
  expect(ids(await j.records('users'))).toEqual(['u1', 'u3'])
})

test('a record that names a key twice is not asked for its details either', async () => {
  const [first] = written(1) as [string]
  const t = await target((ask) =>
    ask.path === '/users' ? { body: list([first, '{"id":"u2","id":"u9"}']) } : { body: '{"login":"x","on":true}' },
  )
  const run = await journey().sync(connector({ users: { ...ONE_PAGE, expand: 'GET /users/{id}' } }), t.url)
  expect(run.streams['users']).toMatchObject({ verdict: 'incomplete', records: 1, quarantined: { 'record/duplicate-key': 1 } })
  expect(new Set(t.asked.map((ask) => ask.path))).toEqual(new Set(['/users', '/users/u1']))
})

test.each([
  ['the next cursor', list(written(2), ',"next":"2"')],
  ['the list itself', `{"data":[],"data":[${written(2)}],"next":null}`],
])('an answer that names %s twice is no page', async (_name, body) => {
  const t = await target(() => ({ body }))
  const run = await journey().sync(connector({ users: ONE_PAGE }), t.url)
  expect(run.streams['users']).toMatchObject({ verdict: 'incomplete', records: 0, gaps: [{ code: 'decode/duplicate-key' }] })
})

test('details that name a key twice are no details', async () => {
  const t = await target((ask) =>
    ask.path === '/users' ? { body: list(written(1)) } : { body: '{"login":"x","on":true,"on":false}' },
  )
  const run = await journey().sync(connector({ users: { ...ONE_PAGE, expand: 'GET /users/{id}' } }), t.url)
  expect(run.streams['users']).toMatchObject({ verdict: 'incomplete', quarantined: { 'expand/failed': 1 } })
})
