/** Signing in, from end to end; and that no secret is ever shown or stored where it must not be. */
import { describe, expect, test } from 'vitest'
import {
  type Ask,
  connector,
  type Declared,
  type Journey,
  journey,
  page,
  people,
  type Reply,
  type Run,
  target,
  USERS,
  verdicts,
} from './lab.ts'

const SECRET = 'pl4nted-s3cret/with+odd=chars&"quotes"'
const TEXT = { type: 'text' }
const HIDDEN = { type: 'secret' }

/** As it is, and as URLs, JSON, forms and Basic write it. */
const forms = (secret: string) => [
  secret,
  encodeURIComponent(secret),
  JSON.stringify(secret).slice(1, -1),
  new URLSearchParams({ s: secret }).toString().slice(2),
  Buffer.from(secret).toString('base64').replace(/=+$/, ''),
]

/** `kept`: values that the store must keep, and may show nowhere. */
function expectNoSecret(j: Journey, runs: readonly Run[], secrets: readonly string[], kept: readonly string[] = []) {
  for (const secret of [...secrets, ...kept].flatMap(forms)) {
    for (const run of runs) expect(`${run.out}${run.err}`).not.toContain(secret)
  }
  const bytes = j.bytes()
  for (const secret of secrets.flatMap(forms)) expect(bytes.includes(secret)).toBe(false)
}

const users = (ask: Ask): Reply | null => (ask.path === '/users' ? { body: page(people(7), ask) } : null)

describe('what goes with each request', () => {
  test.each([
    ['bearer', { kind: 'bearer', token: '{token}' }, (ask: Ask) => ask.headers.authorization === `Bearer ${SECRET}`],
    ['header', { kind: 'header', name: 'X-Key', value: 'SSWS {token}' }, (ask: Ask) => ask.headers['x-key'] === `SSWS ${SECRET}`],
    [
      'basic',
      { kind: 'basic', username: 'robot', password: '{token}' },
      (ask: Ask) => ask.headers.authorization === `Basic ${Buffer.from(`robot:${SECRET}`).toString('base64')}`,
    ],
  ] as const)('%s, and a target that echoes it in its errors tells nobody', async (_, auth, right) => {
    const t = await target((ask) => {
      if (!right(ask)) return { status: 401 }
      if (ask.query['after'] === '6') return { status: 400, body: { message: `no, ${SECRET}, ${encodeURIComponent(SECRET)}!` } }
      return users(ask)
    })
    const j = journey()
    const declared = connector({ users: USERS }, { auth, settings: { token: HIDDEN } })
    const run = await j.sync(declared, t.url, { secret: { token: 'env:TOKEN' }, env: { TOKEN: SECRET } })
    expect([run.exit, verdicts(run), run.streams['users']?.records]).toEqual([4, { users: 'incomplete' }, 6])
    expect(run.streams['users']?.gaps[0]?.because).toMatch(/400/)
    const text = await j.cli(['status', 'journey', '--store', j.dir, '--evidence'], { env: { TOKEN: SECRET } })
    expectNoSecret(j, [run, { ...run, ...text }], [SECRET])
  })
})

describe('oauth2 client credentials', () => {
  const DECLARED: Declared = connector(
    {
      groups: { ...USERS, is: 'group', list: 'GET /groups', pages: { kind: 'none' }, fields: { displayName: 'id' }, prove: [] },
      members: {
        ...USERS,
        each: { group: 'groups' },
        list: 'GET /groups/{group.id}/users?limit=9',
        id: ['group.id', 'id'],
        prove: [],
      },
    },
    {
      auth: { kind: 'oauth2_client_credentials', token_url: '{url}/token', client_id: 'app', client_secret: '{client_secret}' },
      settings: { client_secret: HIDDEN },
    },
  )

  test('a token that is refused in the middle of eight requests is replaced once', async () => {
    let made = 0
    const t = await target((ask) => {
      if (ask.path === '/token') {
        expect(new URLSearchParams(ask.body).get('client_secret')).toBe(SECRET)
        return { body: { access_token: `t0ken-number-${++made}`, token_type: 'Bearer', expires_in: 3600 }, after_ms: 20 }
      }
      // The first token dies while eight requests are under way.
      const dead = made === 1 && ask.n > 12
      if (dead || ask.headers.authorization !== `Bearer t0ken-number-${made}`) return { status: 401, after_ms: 10 }
      if (ask.path === '/groups') return { body: { data: Array.from({ length: 24 }, (_, i) => ({ id: `g${i}` })) } }
      return ask.path.endsWith('/users') ? { body: page(people(2), ask), after_ms: 10 } : null
    })
    const j = journey()
    const run = await j.sync(DECLARED, t.url, { secret: { client_secret: 'env:CS' }, env: { CS: SECRET } })
    expect([run.streams['members']?.records, run.streams['members']?.gaps, made]).toEqual([48, [], 2])
    expectNoSecret(j, [run], [SECRET, 't0ken-number-1', 't0ken-number-2'])
  })

  test('a wrong secret is one clear verdict, and one or two token requests, not one a page', async () => {
    const t = await target((ask) =>
      ask.path === '/token' ? { status: 401, body: { error: 'invalid_client', error_description: `bad ${SECRET}` } } : null,
    )
    const j = journey()
    const run = await j.sync(DECLARED, t.url, { secret: { client_secret: 'env:CS' }, env: { CS: SECRET } })
    expect([run.exit, verdicts(run)['groups'], run.streams['groups']?.gaps[0]?.code]).toEqual([
      4,
      'incomplete',
      'auth/invalid-client',
    ])
    expect(t.asked.length).toBeLessThanOrEqual(2)
    expectNoSecret(j, [run], [SECRET])
  })
})

test('a rotating refresh token is kept for the next process, and shown nowhere', async () => {
  let valid = SECRET
  let n = 0
  let live = 0
  const t = await target((ask) => {
    if (ask.path !== '/token') return ask.headers.authorization === `Bearer access-token-${live}` ? users(ask) : { status: 401 }
    if (new URLSearchParams(ask.body).get('refresh_token') !== valid) return { status: 400, body: { error: 'invalid_grant' } }
    valid = `rotated-refresh-${++n}`
    live = n
    return { body: { access_token: `access-token-${n}`, expires_in: 3600, refresh_token: valid } }
  })
  const declared = connector(
    { users: USERS },
    {
      auth: {
        kind: 'oauth2_refresh',
        token_url: '{url}/token',
        client_id: 'app',
        client_secret: '{client_secret}',
        refresh_token: '{refresh}',
        rotates: true,
      },
      settings: { client_secret: HIDDEN, refresh: HIDDEN },
    },
  )
  const options = { secret: { client_secret: 'env:CS', refresh: 'env:RT' }, env: { CS: 'client-s3cret-value', RT: SECRET } }
  const j = journey()
  const runs = []
  for (const ends of [false, true, true]) {
    runs.push(await j.sync(declared, t.url, options))
    // The next process goes on with the access token, too, as long as the target takes it.
    if (ends) live = -1
  }
  runs.push(await j.sync(declared, t.url, options))
  expect(runs.map(({ exit }) => exit)).toEqual([0, 0, 0, 0])
  expect(n).toBe(3)
  expectNoSecret(
    j,
    runs,
    [SECRET, 'client-s3cret-value', 'access-token-1', 'access-token-3', 'rotated-refresh-1', 'rotated-refresh-3'],
    [],
  )
})

test('a login cookie goes with every request, and comes back as new where it ran out', async () => {
  let sessions = 0
  const t = await target((ask) => {
    if (ask.path === '/login') {
      expect(JSON.parse(ask.body)).toEqual({ user: 'robot', password: SECRET })
      return { body: { ok: true }, headers: { 'set-cookie': [`sid=session-cookie-${++sessions}; Path=/; HttpOnly`, 'lang=en'] } }
    }
    const good = ask.headers.cookie?.includes(`sid=session-cookie-${sessions}`) && !(sessions === 1 && ask.query['after'] === '3')
    return good ? users(ask) : { status: 401 }
  })
  const declared = connector(
    { users: USERS },
    {
      auth: {
        kind: 'login',
        request: 'POST /login',
        body: { kind: 'json', value: { user: '{user}', password: '{password}' } },
        cookie: 'sid',
      },
      settings: { user: TEXT, password: HIDDEN },
    },
  )
  const j = journey()
  const run = await j.sync(declared, t.url, { set: { user: 'robot' }, secret: { password: 'env:PW' }, env: { PW: SECRET } })
  expect([run.exit, verdicts(run), sessions]).toEqual([0, { users: 'complete' }, 2])
  expectNoSecret(j, [run], [SECRET, 'session-cookie-1', 'session-cookie-2'])
})
