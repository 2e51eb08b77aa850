/** Searches around a change: one record by its natural key, an invitation by its address, and what a filtered list may be believed. */
import { expect, onTestFinished, test } from 'vitest'
import { loadConnector } from '../../runtime/spec/load.ts'
import { loadAt, openRunner, type Runner } from '../connectors/run.ts'
import { type Ask, connector, type Declared, page, people, type Reply, target, USERS } from './lab.ts'

const LIMIT = { timeout: 20_000 }

async function opened(url: string, actions: Declared): Promise<Runner> {
  const text = JSON.stringify(connector({ users: { ...USERS, get: 'GET /users/{id}' } }, { actions }))
  const { connector: loaded, diagnostics } = loadConnector(text, 'journey.yaml')
  if (loaded === null) throw new Error(JSON.stringify(diagnostics))
  const runner = await openRunner(loaded, { url })
  onTestFinished(runner.close)
  return runner
}
const is = (ask: Ask, line: string): boolean => `${ask.method} ${ask.path}` === line
const sent = (asked: readonly Ask[]): number => asked.filter(({ method }) => method !== 'GET').length

// ---------------------------------------------------------------- find with one

const MEMBER = { id: 'm9', login: 'ada', on: true }
const JOINS = {
  create_account: {
    on: 'users',
    does: { account: 'present' },
    input: { userName: { type: 'text' } },
    find: {
      request: 'GET /members/{input.userName}',
      one: true,
      records: '[]',
      id: 'id',
      match: '= record.login == input.userName',
    },
    send: { request: 'POST /members', body: { kind: 'json', value: { login: '{input.userName}' } } },
    verify: [
      {
        facet: 'account',
        probe: { kind: 'state', look: 'GET /members/{input.userName}', expect: '= record.on == true' },
        within: '1m',
      },
    ],
  },
}
/** What the search by the name answers, before and after the request. */
const joining = (before: Reply, after: Reply) => {
  let made = 0
  return (ask: Ask): Reply | null => {
    if (is(ask, 'POST /members')) return { status: 201, body: { ok: ++made } }
    return is(ask, 'GET /members/ada') ? (made === 0 ? before : after) : null
  }
}
const NONE: Reply = { status: 404, body: { message: 'no such member' } }

test.each([
  ['404 before: asked for once, found by its name, and known by its id', NONE, { body: MEMBER }, 1, 'verified', 'm9'],
  ['the record itself before: nothing is sent', { body: MEMBER }, { body: MEMBER }, 0, 'verified', 'm9'],
  [
    'somebody else under that address: as if there were none',
    { body: { ...MEMBER, login: 'eve' } },
    { body: MEMBER },
    1,
    'verified',
    'm9',
  ],
  ['404 for ever: refused to believe what the target said', NONE, NONE, 1, 'refuted', null],
  ['a list where one record is declared: nothing is sent', { body: [MEMBER] }, { body: [MEMBER] }, 0, 'unknown', null],
  ['no right to look: nothing is sent', { status: 403, body: {} }, { status: 403, body: {} }, 0, 'unknown', null],
] as const)('find with one: %s', LIMIT, async (_, before, after, times, says, id) => {
  const it = await target(joining(before, after))
  const { outcome } = await (await opened(it.url, JOINS)).change('create_account', null, { userName: 'ada' })
  expect([outcome.is, outcome.id, sent(it.asked)], outcome.because).toEqual([says, id, times])
})

// ---------------------------------------------------------------- an invitation by its address

type Invitations = { rows: { id: number; email: string | null; login: string | null; role: string }[]; takes: boolean }
const inviting =
  (state: Invitations) =>
  (ask: Ask): Reply | null => {
    // Whose credential it is: nobody acts on their own account.
    if (is(ask, 'GET /user')) return { body: { id: 1, login: 'kim' } }
    if (!ask.path.endsWith('/orgs/acme/invitations')) return null
    if (ask.method === 'GET') return { body: state.rows }
    const { email, role } = JSON.parse(ask.body) as { email: string; role: string }
    if (state.takes) state.rows.push({ id: 70 + state.rows.length, email, login: null, role })
    return { status: 201, body: { id: 99, email, role } }
  }
async function invited(state: Invitations) {
  const it = await target(inviting(state))
  const github = loadAt('github', (text) => text.replaceAll('https://api.github.com', it.url))
  const runner = await openRunner(github, { org: 'acme' })
  onTestFinished(runner.close)
  const { outcome } = await runner.change('custom_invite_by_email', null, { email: 'Ada@acme.example', role: 'direct_member' })
  return { outcome, sent: sent(it.asked) }
}
const other = { id: 5, email: null, login: 'bob', role: 'direct_member' }

test('an invitation by e-mail is verified by the list of invitations, not by the answer', LIMIT, async () => {
  const seen = await invited({ rows: [other], takes: true })
  expect([seen.outcome.is, seen.outcome.id, seen.sent]).toEqual(['verified', '71', 1])
  const unseen = await invited({ rows: [other], takes: false })
  expect([unseen.outcome.is, unseen.sent]).toEqual(['refuted', 1])
})

test(
  'who is invited already, in other letters, is not invited twice; one with a login alone is nobody with that address',
  LIMIT,
  async () => {
    const { outcome, sent: times } = await invited({ rows: [other, { ...other, id: 6, email: 'ADA@ACME.EXAMPLE' }], takes: true })
    expect([outcome.is, outcome.changed, outcome.id, times]).toEqual(['verified', false, '6', 0])
  },
)

// ---------------------------------------------------------------- the control of a filtered list

const LEAVES = {
  delete_account: {
    on: 'users',
    does: { account: 'absent' },
    bind: ['userName'],
    send: 'DELETE /users/{id}',
    verify: [
      { facet: 'account', probe: { kind: 'gone' }, within: '1m' },
      {
        facet: 'account',
        probe: {
          kind: 'not_listed',
          list: 'GET /users?only={id}',
          pages: { kind: 'none' },
          records: 'data',
          match: '= record.id == id',
        },
        within: '1m',
      },
    ],
  },
}
/** `filter`: whom the filtered list shows of those who are there. */
async function deleted(filter: (there: readonly { id: string }[], id: string) => readonly { id: string }[]) {
  const rows = people(7)
  const it = await target((ask): Reply | null => {
    const id = ask.path.split('/')[2]
    const place = rows.findIndex((one) => one.id === id)
    if (ask.method === 'DELETE') return rows.splice(place, 1).length > 0 ? { status: 204, body: '' } : null
    if (id !== undefined) return place < 0 ? { status: 404, body: {} } : { body: rows[place] }
    const only = ask.query['only']
    return { body: only === undefined ? page(rows, ask) : { data: filter(rows, only) } }
  })
  const runner = await opened(it.url, LEAVES)
  await runner.run()
  const { outcome, looks } = await runner.change('delete_account', 'u3')
  const listed = looks.filter((look) => look.verify === 1)
  return { outcome, shown: [...new Set(listed.map(({ shows, control }) => `${shows} ${control}`))], asked: it.asked }
}

test('a filtered list that is empty counts beside the same filter for somebody who is there', LIMIT, async () => {
  const { outcome, shown, asked } = await deleted((there, id) => there.filter((one) => one.id === id))
  expect([outcome.is, shown]).toEqual(['verified', ['asked alive']])
  expect(asked.some(({ query }) => query['only'] === 'u1')).toBe(true)
})

test('a filter that finds nobody at all shows nothing of who is gone', LIMIT, async () => {
  const { outcome, shown } = await deleted(() => [])
  expect(outcome.is).toBe('unknown')
  expect(shown.every((one) => one.endsWith('not_alive'))).toBe(true)
})

test('a filter that answers with the same other one whoever is asked for shows nothing either', LIMIT, async () => {
  const { outcome, shown } = await deleted(() => [{ id: 'x1' }])
  expect([outcome.is, shown.every((one) => one.endsWith('not_alive'))], shown.join()).toEqual(['unknown', true])
})

test('a filter that is not heeded shows everybody who is there, and so the control too', LIMIT, async () => {
  const { outcome, shown } = await deleted((there) => there)
  expect([outcome.is, shown]).toEqual(['verified', ['asked alive']])
})
