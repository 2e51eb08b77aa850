/** Does the credential see everybody? Proofs of scope, statements of people, canaries, the own account. */
import { describe, expect, test } from 'vitest'
import { connector, type Declared, finding, journey, page, people, type Reply, target, USERS, verdicts } from './lab.ts'

async function read(o: {
  readonly role?: Reply
  readonly me?: Reply
  readonly top?: Declared
  readonly users?: Declared
  readonly args?: readonly string[]
  readonly attest?: boolean
}) {
  const t = await target((ask) => {
    if (ask.path === '/users') return { body: page(people(6), ask) }
    if (ask.path === '/role') return o.role ?? null
    return ask.path === '/me' ? (o.me ?? null) : null
  })
  const run = await journey().sync(connector({ users: { ...USERS, ...o.users } }, o.top), t.url, {
    attest: o.attest ?? true,
    ...(o.args === undefined ? {} : { args: o.args }),
  })
  return run
}

describe('scope proofs', () => {
  const by = (expect: string): Declared => ({ scope_proof: [{ request: 'GET /role', expect, shows: 'the token is an admin' }] })
  test.each([
    ['a 200 that shows it', { body: { role: 'admin' } }, "= body.role == 'admin'", 'complete'],
    ['a 200 that does not', { body: { role: 'guest' } }, "= body.role == 'admin'", 'unproven'],
    ['a 200 without the value', { body: {} }, "= body.role == 'admin'", 'unproven'],
    ['a 403', { status: 403 }, '= status == 200', 'unproven'],
    ['an outage', { status: 500 }, '= status == 200', 'unproven'],
    [
      'a login page with 200',
      { body: '<!doctype html><html>', headers: { 'content-type': 'text/html' } },
      '= status == 200',
      'unproven',
    ],
  ] as const)('%s', async (_, role, expected, verdict) => {
    const run = await read({ role, top: by(expected), attest: false })
    expect(verdicts(run)).toEqual({ users: verdict })
    expect(finding(run, 'users', 'scope_proof')?.result === 'holds').toBe(verdict === 'complete')
  })

  test('an error envelope with 200 is no proof by its status', async () => {
    const run = await read({
      role: { body: { ok: false, error: 'missing_scope' } },
      top: { ...by('= status == 200'), expect: ['= !has(body.ok) || body.ok == true'] },
      attest: false,
    })
    expect([run.exit, finding(run, 'users', 'scope_proof')?.result]).toEqual([4, 'missing'])
  })

  test('refuted_by makes it a refutation, which no statement outvotes', async () => {
    const proof = { request: 'GET /role', expect: "= body.role == 'admin'", refuted_by: "= body.role == 'guest'", shows: 'admin' }
    const run = await read({ role: { body: { role: 'guest' } }, top: { scope_proof: [proof] } })
    expect([run.exit, verdicts(run)]).toEqual([4, { users: 'incomplete' }])
  })
})

test('a statement of scope counts until its day, and not after', async () => {
  const t = await target((ask) => (ask.path === '/users' ? { body: page(people(6), ask) } : null))
  const j = journey()
  const day = 86_400_000
  const declared = connector({ users: USERS })
  const first = await j.sync(declared, t.url, { args: ['--attest-days', '2'] })
  const within = await j.sync(declared, t.url, { attest: false, now: () => Date.now() + day })
  const after = await j.sync(declared, t.url, { attest: false, now: () => Date.now() + 3 * day })
  expect([first.exit, within.exit, after.exit]).toEqual([0, 0, 4])
  expect([verdicts(after), after.streams['users']?.because]).toEqual([{ users: 'unproven' }, expect.stringMatching(/expired/)])
})

describe('canaries', () => {
  const users = { prove: [{ kind: 'canaries' }] }
  test('that are listed confirm it', async () => {
    const run = await read({ users, args: ['--canary', 'users=u6', '--canary', 'users=u1'] })
    expect([run.exit, verdicts(run)]).toEqual([0, { users: 'complete' }])
  })
  test('of which one is not listed refute it by name', async () => {
    const run = await read({ users, args: ['--canary', 'users=u6', '--canary', 'users=u66'] })
    expect([run.exit, run.streams['users']?.verdict, run.streams['users']?.because]).toEqual([
      4,
      'incomplete',
      expect.stringMatching(/u66/),
    ])
  })
  test('that nobody named prove nothing', async () => {
    const run = await read({ users })
    expect([run.exit, verdicts(run)]).toEqual([4, { users: 'unproven' }])
  })
})

describe('the own account', () => {
  const users = { prove: [...USERS.prove, { kind: 'known_account', id: 'whoami.id' }] }
  test.each([
    ['listed', { body: { id: 'u3' } }, 'id', 'holds', 'complete'],
    ['not listed', { body: { id: 'u33' } }, 'id', 'refutes', 'incomplete'],
    ['not told', { body: {} }, 'id', 'missing', 'complete'],
    ['not told, by an expression', { body: {} }, "= 'u' + record.n", 'missing', 'complete'],
    ['null', { body: 'null', headers: { 'content-type': 'application/json' } }, "= 'u' + record.n", 'missing', 'complete'],
    ['refused', { status: 403 }, 'id', 'missing', 'complete'],
  ] as const)('%s', async (_, me, id, result, verdict) => {
    const run = await read({ me, users, top: { whoami: { request: 'GET /me', id } } })
    expect(run.err).toBe('')
    expect([finding(run, 'users', 'known_account')?.result, verdicts(run)]).toEqual([result, { users: verdict }])
  })
})
