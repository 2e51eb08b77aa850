/** A page on which a field is gone that all others have: by id the records say whether they have it. */
import { expect, test } from 'vitest'
import { connector, finding, journey, page, people, target, USERS, verdicts } from './lab.ts'

const TITLED = { ...USERS, get: 'GET /users/{id}', fields: { ...USERS.fields, title: 'title' } }
const ALL = people(12).map((one) => ({ ...one, title: 'Analyst' }))
const bare = <T extends { title?: string }>({ title: _, ...rest }: T) => rest

/** `lost`: rows of the list that have no title, at each time or the first; `truly`: nor have they by id. */
async function read(o: {
  readonly lost: readonly number[]
  readonly truly?: true
  readonly once?: true
  readonly mute?: true
  readonly odd?: true
}) {
  let firsts = 0
  const t = await target((ask) => {
    const id = /^\/users\/(.+)$/.exec(ask.path)?.[1]
    const one = ALL.find((row) => row.id === id)
    if (one !== undefined && o.odd) return { body: { message: 'try again later' } }
    if (one !== undefined) return o.mute ? { status: 500 } : { body: o.truly ? bare(one) : one }
    if (ask.query['limit'] === '3' && ask.query['after'] === undefined) firsts++
    const rows = ALL.map((row, at) => (o.lost.includes(at) && !(o.once && firsts > 1) ? bare(row) : row))
    return { body: page(rows, ask) }
  })
  const run = await journey().sync(connector({ users: TITLED }), t.url)
  return { run, found: finding(run, 'users', 'bare_pages'), byId: t.asked.filter((ask) => ask.path !== '/users').length }
}

test('by id they have it: the page lost it, the read is incomplete and says which', async () => {
  const { run, found } = await read({ lost: [3, 4, 5] })
  expect([verdicts(run), found?.result]).toEqual([{ users: 'incomplete' }, 'refutes'])
  expect(found?.because).toMatch(/title of 3 \(by id u4, u5, u6 has it\)/)
})

test('lost once, it is read again and whole', async () => {
  const { run, found } = await read({ lost: [3, 4, 5], once: true })
  expect([verdicts(run), found]).toEqual([{ users: 'complete' }, undefined])
})

test('by id they have it not either: so it is, and three were asked', async () => {
  const { run, found, byId } = await read({ lost: [9, 10, 11], truly: true })
  expect([verdicts(run), found?.result, byId]).toEqual([{ users: 'complete' }, 'holds', 3])
})

test('by id nobody answers: what the page lacks may be theirs', async () => {
  const { run, found } = await read({ lost: [0, 1, 2], mute: true })
  expect([verdicts(run), found?.result]).toEqual([{ users: 'unproven' }, 'missing'])
})

test('a field that comes now and then, or never, is no reason to ask', async () => {
  const some = await read({ lost: [0, 2, 5, 7, 9, 10] })
  const never = await read({ lost: ALL.map((_, at) => at) })
  expect([some.byId, never.byId]).toEqual([0, 0])
})

test('an answer by id that is no record says nothing of the field', async () => {
  const { run, found } = await read({ lost: [0, 1, 2], odd: true })
  expect([verdicts(run), found?.result]).toEqual([{ users: 'unproven' }, 'missing'])
})
