/** Targets that are slow, limited, gone or somewhere else. */
import { createServer } from 'node:net'
import { describe, expect, test } from 'vitest'
import { type Ask, connector, finding, journey, page, people, type Reply, target, USERS, verdicts } from './lab.ts'

const users = (ask: Ask): Reply | null => (ask.path === '/users' ? { body: page(people(9), ask) } : null)

describe('limits that the target tells', () => {
  const TOLD = { limits: { told_by: { kind: 'headers', remaining: 'x-left', reset: 'x-reset', reset_is: 'epoch_s' } } }

  test('nothing left is waited out before the next request, and no request is refused', async () => {
    const windows = new Map<number, number>()
    let refused = 0
    const t = await target((ask) => {
      const second = Math.floor(Date.now() / 1000)
      const used = (windows.get(second) ?? 0) + 1
      windows.set(second, used)
      if (used > 5) refused++
      const headers = { 'x-left': String(Math.max(0, 5 - used)), 'x-reset': String(second + 1), date: new Date().toUTCString() }
      return used > 5 ? { status: 429, headers } : { ...users(ask), headers }
    })
    const run = await journey().sync(connector({ users: USERS }, TOLD), t.url)
    expect([run.exit, verdicts(run), refused]).toEqual([0, { users: 'complete' }, 0])
    expect(windows.size).toBeGreaterThan(1)
  })

  test('a storm of 429 is waited out, and said while it lasts', async () => {
    const t = await target((ask) => (ask.n >= 2 && ask.n <= 4 ? { status: 429, headers: { 'retry-after': '1' } } : users(ask)))
    const run = await journey().sync(connector({ users: USERS }), t.url, { args: ['--progress'] })
    expect([run.exit, verdicts(run)]).toEqual([0, { users: 'complete' }])
    expect(run.err).toMatch(/wait/)
  })
})

describe('a target that does not answer', () => {
  test('because nobody listens: a clear verdict and exit 4, soon', async () => {
    const server = createServer()
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const { port } = server.address() as { port: number }
    await new Promise((done) => server.close(done))
    const run = await journey().sync(connector({ users: USERS }), `http://127.0.0.1:${port}`)
    expect([run.exit, verdicts(run), run.streams['users']?.gaps[0]?.code]).toEqual([4, { users: 'incomplete' }, 'http/connect'])
    expect(run.streams['users']?.next_steps.join()).toMatch(/http\/connect/)
  })

  test('is not asked for proofs: what was refused once is enough', async () => {
    const t = await target((ask) => (ask.path === '/users' ? (ask.query['after'] === '6' ? { status: 400 } : users(ask)) : null))
    const proofs = [
      { kind: 'total', path: 'total', probe: { query: { limit: 1 } } },
      { kind: 'second_pass', query: { limit: 2 } },
      { kind: 'known_account', id: 'whoami.id' },
    ]
    const declared = connector(
      { users: { ...USERS, prove: proofs } },
      {
        whoami: { request: 'GET /me', id: 'id' },
        scope_proof: [{ request: 'GET /role', expect: '= status == 200', shows: 'all is seen' }],
      },
    )
    const run = await journey().sync(declared, t.url)
    expect([verdicts(run), t.asked.map((ask) => ask.url)]).toEqual([
      { users: 'incomplete' },
      ['/users?limit=3', '/users?limit=3&after=3', '/users?limit=3&after=6'],
    ])
    expect(finding(run, 'users', 'second_pass')).toMatchObject({ result: 'missing', because: expect.stringMatching(/not asked/) })
    expect(finding(run, 'users', 'scope_proof')).toMatchObject({ result: 'missing', because: expect.stringMatching(/not asked/) })
  })

  test('any more, half way through: what came is kept, and the gap is named', async () => {
    const t = await target((ask) => (ask.query['after'] === '6' ? { hang: true } : users(ask)))
    const run = await journey().sync(connector({ users: { ...USERS, prove: [] } }, { limits: { timeout_ms: 300 } }), t.url)
    expect([run.exit, run.streams['users']?.records, run.streams['users']?.gaps[0]?.code]).toEqual([4, 6, 'http/timeout'])
  })

  test('but drips is cut at the time that is allowed for one answer', async () => {
    const server = (await import('node:http')).createServer((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      const timer = setInterval(() => response.write(' '), 50)
      response.on('close', () => clearInterval(timer))
    })
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    try {
      const { port } = server.address() as { port: number }
      const run = await journey().sync(
        connector({ users: { ...USERS, prove: [] } }, { limits: { timeout_ms: 400, attempts: 1 } }),
        `http://127.0.0.1:${port}`,
      )
      expect([run.exit, run.streams['users']?.gaps[0]?.code]).toEqual([4, 'http/timeout'])
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })

  test('with anything but 500 is not hammered: the breaker opens, and what was not sent is named', async () => {
    const t = await target((ask) => {
      if (ask.path === '/groups') return { body: { data: Array.from({ length: 20 }, (_, i) => ({ id: `g${i}` })), next: null } }
      return ask.path.startsWith('/groups/') ? { status: 500 } : null
    })
    const groups = { ...USERS, is: 'group', list: 'GET /groups', fields: { displayName: 'id' }, prove: [] }
    const members = {
      ...USERS,
      each: { group: 'groups' },
      list: 'GET /groups/{group.id}/users',
      id: ['group.id', 'id'],
      prove: [],
    }
    const run = await journey().sync(connector({ groups, members }, { limits: { attempts: 1, concurrent: 6 } }), t.url)
    expect([run.exit, verdicts(run)['members'], run.streams['members']?.gaps.length]).toEqual([4, 'incomplete', 20])
    expect(new Set(run.streams['members']?.gaps.map(({ code }) => code))).toEqual(
      new Set(['http/server-error', 'http/breaker-open']),
    )
    expect(t.asked.length).toBeLessThan(20)
  })
})

describe('a target that points elsewhere', () => {
  test('a redirect to another origin is not followed, and the other origin hears nothing', async () => {
    const other = await target(() => null)
    const t = await target((ask) =>
      ask.query['after'] === '3' ? { status: 307, headers: { location: `${other.url}/users` } } : users(ask),
    )
    const run = await journey().sync(
      connector(
        { users: { ...USERS, prove: [] } },
        { auth: { kind: 'bearer', token: '{token}' }, settings: { token: { type: 'secret' } } },
      ),
      t.url,
      { secret: { token: 'env:T' }, env: { T: 'secret-of-the-first' } },
    )
    expect([run.exit, run.streams['users']?.gaps[0]?.code, other.asked]).toEqual([4, 'egress/redirect-blocked', []])
  })

  test('a next link to another origin is not followed either', async () => {
    const other = await target(() => null)
    const t = await target((ask) =>
      ask.path === '/users' ? { body: { data: people(3), next: `${other.url}/users?after=3` } } : null,
    )
    const run = await journey().sync(
      connector({ users: { ...USERS, prove: [], pages: { kind: 'next_url', path: 'next', end: 'null' } } }),
      t.url,
    )
    expect([run.exit, run.streams['users']?.gaps[0]?.code, other.asked]).toEqual([4, 'egress/undeclared-origin', []])
    expect(finding(run, 'users', 'terminal_page')?.result).toBe('refutes')
  })
})
