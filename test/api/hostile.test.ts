import { createHmac } from 'node:crypto'
import { connect } from 'node:net'
import { serve } from '@hono/node-server'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ROUTES } from '../../runtime/api/routes/index.ts'
import { ROLES } from '../../runtime/control/types.ts'
import { pathOf, sample } from './samples.ts'
import { everyRole, furnish, type Objects, openWorld, type Send, type World } from './world.ts'

let world: World
let acme: Objects
let send: Send
beforeAll(async () => {
  world = await openWorld()
  acme = await furnish(world, 'acme')
  send = everyRole(world, 'acme')
}, 60_000)
afterAll(async () => world.close())

const b64 = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

describe('credentials', () => {
  const claims = b64({ sub: 'admin', tenant: 'acme', roles: ['admin'], exp: 9_999_999_999 })
  const forged: readonly (readonly [string, string])[] = [
    ['alg none', `${b64({ alg: 'none' })}.${claims}.`],
    ['alg None', `${b64({ alg: 'None', typ: 'JWT' })}.${claims}.`],
    [
      'HS256 with a public key',
      `${b64({ alg: 'HS256' })}.${claims}.${createHmac('sha256', 'public key').update('x').digest('base64url')}`,
    ],
    ['RS256 with its own key in the header', `${b64({ alg: 'RS256', jwk: { kty: 'RSA' } })}.${claims}.AAAA`],
    ['kid as a path', `${b64({ alg: 'HS256', kid: '../../dev/null' })}.${claims}.AAAA`],
    ['an empty token', ''],
    ['SQL', "' OR '1'='1"],
    ['a public half alone', 'rct_000000000000_'],
    ['a wildcard', 'rct_%_%'],
  ]
  test.each(forged)('%s is nobody', async (_, token) => {
    expect((await world.as(token)('GET', '/v1/tenant')).doc.code).toBe('api/signed-out')
  })

  test('a token counts in the header and nowhere else', async () => {
    const token = world.token('acme', ROLES)
    const nobody = world.as(null)
    for (const headers of [
      { cookie: `rollcall=${token}` },
      { 'x-api-key': token },
      { authorization: `Basic ${btoa(`x:${token}`)}` },
      { authorization: token },
    ])
      expect((await nobody('GET', '/v1/tenant', undefined, headers as { [name: string]: string })).status).toBe(401)
    expect((await nobody('GET', `/v1/tenant?access_token=${token}`)).status).toBe(401)
  })

  test('what is kept of a token does not sign anybody in, and no answer, ledger entry or log holds a token', async () => {
    const made = (
      await send(
        'POST',
        '/v1/tokens',
        { name: 'n', person: 'p', roles: ['admin'], expires_at: new Date(Date.now() + 60_000).toISOString() },
        { 'idempotency-key': 'tok-1' },
      )
    ).doc
    // The secret half may hold `_` itself.
    const secret = made.text.slice('rct_'.length + made.token.token.length + 1)
    expect(secret).toHaveLength(43)
    const seen = await Promise.all(
      ['/v1/tokens', `/v1/tokens/${made.token.token}`, '/v1/ledger?limit=1000'].map(
        async (path) => (await send('GET', path)).text,
      ),
    )
    const again = await send(
      'POST',
      '/v1/tokens',
      { name: 'n', person: 'p', roles: ['admin'], expires_at: 'x' },
      { 'idempotency-key': 'tok-1' },
    )
    expect(again.status).toBe(422)
    expect([...seen, ...world.logs, again.text].some((text) => text.includes(secret))).toBe(false)
    const room = await world.house.room('acme')
    expect(JSON.stringify(room.desk)).not.toContain(secret)
  })

  test('repeated with its key, the making of a token gives everything but the token', async () => {
    const body = { name: 'n', person: 'p', roles: ['viewer'], expires_at: new Date(Date.now() + 60_000).toISOString() }
    const [first, second] = [
      await send('POST', '/v1/tokens', body, { 'idempotency-key': 'tok-2' }),
      await send('POST', '/v1/tokens', body, { 'idempotency-key': 'tok-2' }),
    ]
    expect(second.headers.get('idempotency-replayed')).toBe('true')
    expect(second.doc).toEqual({ ...first.doc, text: null })
  })
})

describe('paths and verbs, over a socket', () => {
  let server: ReturnType<typeof serve>
  let port = 0
  let token = ''
  beforeAll(async () => {
    token = world.token('acme', ['viewer'])
    port = await new Promise((done) => {
      server = serve({ fetch: world.app.fetch, port: 0, hostname: '127.0.0.1' }, (at) => done(at.port))
    })
  })
  afterAll(() => new Promise((done) => server.close(done)))
  const raw = (line: string, more = ''): Promise<string> =>
    new Promise((done) => {
      const socket = connect(port, '127.0.0.1', () =>
        socket.write(`${line} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\nconnection: close\r\n${more}\r\n`),
      )
      let text = ''
      socket.on('data', (part) => {
        text += part
      })
      socket.on('close', () => done(text))
      socket.on('error', () => done(text))
    })

  const tricks = [
    '/v1/%2e%2e/v1/tokens',
    '/v1/x/../tokens',
    '/v1/./tokens',
    '/v1//tokens',
    '//v1/tokens',
    '/v1/tokens/',
    '/v1/%74okens',
    '/v1/tokens%2f',
    '/v1/tokens%00',
    '/v1/tokens;x=1',
    '/v1\\tokens',
    '/v1/tokens%3f',
    '/V1/tokens',
    '/v1/connections/..%2f..%2fetc',
    '/v1/connections/%2e%2e',
    '/v1/tokens%20',
    '/v1/tenant/..;/tokens',
  ]
  test.each(tricks)('%s leads nowhere', async (path) => {
    const answer = await raw(`GET ${path}`)
    expect(answer).toMatch(/^HTTP\/1.1 4\d\d/)
    expect(answer).not.toContain('"items"')
  })

  test.each(['X-HTTP-Method-Override: DELETE', 'X-Method-Override: DELETE', 'X-HTTP-Method: DELETE'])(
    '%s is not heard',
    async (header) => {
      expect(await raw(`GET /v1/connections/${acme.connection}`, `${header}\r\n`)).toMatch(/^HTTP\/1.1 200/)
      expect((await send('GET', `/v1/connections/${acme.connection}`)).status).toBe(200)
    },
  )

  test('an absolute target and another host change nothing', async () => {
    expect(await raw(`GET http://evil.example/v1/tenant`)).toMatch(/^HTTP\/1.1 (200|4\d\d)/)
    expect(
      await raw(
        'GET /v1/tenant',
        'x-forwarded-host: evil.example\r\nx-original-url: /v1/tokens\r\nx-rewrite-url: /v1/tokens\r\n',
      ),
    ).toContain('"tenant":"acme"')
  })

  test('a body without end is cut off at 1 MB', async () => {
    token = world.token('acme', ['admin'])
    const answer = await raw('POST /v1/roles', `content-type: application/json\r\ncontent-length: 3000000\r\n`)
    expect(answer).toContain('api/too-large')
  })
})

describe('verbs', () => {
  test('every path refuses every verb that it does not have, with what it takes', async () => {
    const verbs = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']
    const wrong: string[] = []
    for (const path of new Set(ROUTES.map((route) => route.path))) {
      const mine = ROUTES.filter((route) => route.path === path)
      for (const verb of verbs.filter((one) => !mine.some(({ method }) => method === one))) {
        const got = await send(verb, pathOf(mine[0]!, acme).split('?')[0]!, verb === 'GET' ? undefined : {})
        const other = ROUTES.find((route) => route.method === verb && matches(route.path, pathOf(mine[0]!, acme)))
        if (other === undefined && (got.status !== 404 || got.doc.code !== 'api/no-route') && got.status !== 405)
          wrong.push(`${verb} ${path}: ${got.status}`)
        if (got.status === 405 && got.headers.get('allow') === null) wrong.push(`${verb} ${path}: no Allow`)
      }
    }
    expect(wrong).toEqual([])
    expect((await send('DELETE', '/v1/tenant')).doc.code).toBe('api/method')
    expect((await send('HEAD', '/v1/tenant')).text).toBe('')
  })
})

const matches = (path: string, real: string): boolean =>
  new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(real.split('?')[0]!)

describe('mass assignment', () => {
  const EXTRA = [
    'tenant',
    'role',
    'roles_',
    'made_by',
    'created_at',
    'attested',
    'connector_file',
    'is_admin',
    'token',
    '__proto__',
    'constructor',
    'by',
  ]
  test('every route refuses every field that it does not declare, and nothing of it is taken', async () => {
    const wrong: string[] = []
    let tries = 0
    for (const route of ROUTES.filter(({ body }) => body !== undefined && body !== 'yaml')) {
      for (const extra of EXTRA) {
        tries++
        const body = sample(route, acme).body as object
        const text = `{${JSON.stringify(extra)}:"x",${JSON.stringify(body).slice(1).replace(/^}/, '"zz":1}')}`
        const got = await send(route.method, pathOf(route, acme), text, { 'content-type': 'application/json' })
        const known = Object.hasOwn((route.body as { properties: object }).properties, extra)
        if (
          route.realm === 'tenant' &&
          !known &&
          !(got.status === 422 && got.doc.code === 'api/input') &&
          !(got.status === 400 && got.doc.code === 'api/body')
        )
          wrong.push(`${route.id} ${extra}: ${got.status} ${got.text.slice(0, 100)}`)
      }
    }
    console.log(`mass assignment: ${tries} tries, ${wrong.length} taken`)
    expect(wrong).toEqual([])
    expect(({} as { readonly x?: string }).x).toBeUndefined()
  })

  test('a secret that refers to a file or a variable of the server is a value and no reference', async () => {
    const body = {
      name: 'refs',
      connector: acme.connector,
      settings: { url: world.target.url },
      secrets: { token: { from: 'file', name: '/etc/passwd' } },
    }
    expect((await send('POST', '/v1/connections', body)).doc.code).toBe('api/input')
    expect((await send('POST', '/v1/connections', { ...body, connector: '/etc/passwd', secrets: {} })).doc.code).toBe('api/input')
  })
})

describe('bodies', () => {
  const bad: readonly (readonly [string, string, string])[] = [
    ['no JSON', '{', 'api/body'],
    ['nested too deep', `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, 'api/body'],
    ['a list', '[]', 'api/input'],
    ['null', 'null', 'api/input'],
    ['a number', '1e999', 'api/input'],
    ['nothing', '', 'api/media-type'],
    ['too large', `{"who":"${'x'.repeat(1_100_000)}"}`, 'api/too-large'],
  ]
  test.each(bad)('%s is a problem and no fault', async (_, text, code) => {
    expect((await send('POST', '/v1/roles', text, text === '' ? {} : { 'content-type': 'application/json' })).doc.code).toBe(code)
  })
  test('another content type is refused, as a form of another site would send it', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])
      expect((await send('POST', '/v1/roles', '{"who":"a","roles":["admin"]}', { 'content-type': type })).doc.code).toBe(
        'api/media-type',
      )
  })
})

test.each(['', ' ', '\t\n', '\u00a0'])('%j is nobody, and no reason', async (blank) => {
  const expires_at = new Date(Date.now() + 60_000).toISOString()
  const token = { name: 'x', person: blank, roles: ['viewer'], expires_at }
  expect((await send('POST', '/v1/tokens', token)).doc.code).toBe('api/input')
  expect((await send('POST', '/v1/roles', { who: blank, roles: ['viewer'] })).doc.code).toBe('api/input')
  expect((await send('POST', '/v1/stops', { why: blank })).doc.code).toBe('api/input')
})

describe('a re-pointed credential', () => {
  test('with another host every secret is gone, and what was sealed does not open there', async () => {
    const made = await send('GET', `/v1/connections/${acme.connection}`)
    expect(Object.keys(made.doc.secrets)).toEqual(['token'])
    const room = await world.house.room('acme')
    const before = (await room.store.connection(acme.connection))!
    const ref = before.secrets['token']!
    await expect(
      room.secrets.get(ref.name, { connection: acme.connection, field: 'token', origin: 'https://evil.example' }),
    ).rejects.toMatchObject({ code: 'vault/moved' })
    const moved = await send('PATCH', `/v1/connections/${acme.connection}`, { settings: { url: 'http://127.0.0.1:1' } })
    expect(moved.doc.secrets).toEqual({})
    const check = await send('POST', `/v1/connections/${acme.connection}/check`)
    expect(moved.doc.re_enter).toEqual(['token'])
    expect(check.text).toContain('re-enter the secret')
    const { items } = (await send('GET', '/v1/ledger?what=secret%20dropped')).doc
    expect(items).toHaveLength(1)
    expect(items[0].detail).toMatchObject({ severity: 'high', secrets: ['token'], to: 'http://127.0.0.1:1' })
    expect(check.text).not.toContain(world.target.token)
  })
})
