import { afterEach, expect, test } from 'vitest'
import { Failure } from '../../runtime/errors.ts'
import { mark } from '../../runtime/secret.ts'
import type { Connector, Observation } from '../../runtime/types.ts'
import { clock, connector, get, json, room, target } from './room.ts'

const open: { close: () => Promise<void> }[] = []
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close()
})

const SETTINGS: Connector['settings'] = {
  client_id: { type: 'text', required: true },
  client_secret: { type: 'secret', required: true },
  refresh: { type: 'secret', required: false },
}
const secret = { client_secret: 'S3cr3t/+with "quotes"', refresh: 'refresh-one' }
const grant = (url: string): Connector['auth'] => ({
  kind: 'oauth2_client_credentials',
  token_url: `${url}/token`,
  client_id: '{client_id}',
  client_secret: '{client_secret}',
})

/** A target with a token endpoint; tokens are t1, t2, …; `good` says which are taken. */
async function tokenTarget(
  good: (token: string) => boolean,
  token: (n: number) => unknown = (n) => ({ access_token: `token-number-${n}`, expires_in: 3600 }),
) {
  let tokens = 0
  let served = 0
  const server = await target((q, r) => {
    if (q.url === '/token') return json(r, token(++tokens))
    served++
    const bearer = (q.headers.authorization ?? '').replace('Bearer ', '')
    return good(bearer) ? json(r, { bearer }) : json(r, { message: `bad token ${bearer}` }, 401)
  })
  open.push(server)
  return { server, tokens: () => tokens, served: () => served }
}
function roomFor(spec: Connector, more: Parameters<typeof room>[1] = {}) {
  const http = room(spec, { settings: { client_id: 'me' }, secret, ...clock(), ...more })
  open.push(http)
  return http
}

test('a token is fetched once for many requests at once, and goes with each', async () => {
  const { server, tokens } = await tokenTarget(() => true)
  const http = roomFor(connector(server.url, { settings: SETTINGS, auth: grant(server.url) }))
  const all = await Promise.all(Array.from({ length: 10 }, () => http.send(get(`${server.url}/users`), { lane: 'sync' })))
  for (const one of all) expect(one).toMatchObject({ kind: 'answer', body: { bearer: mark('token-number-1') } })
  expect(tokens()).toBe(1)
  expect(http.stats()).toMatchObject({ requests: 11, token_requests: 1 })
})

test('401 renews the token once and asks again', async () => {
  const { server, tokens } = await tokenTarget((token) => token === 'token-number-2')
  const http = roomFor(connector(server.url, { settings: SETTINGS, auth: grant(server.url) }))
  const all = await Promise.all(Array.from({ length: 4 }, () => http.send(get(`${server.url}/users`), { lane: 'sync' })))
  for (const one of all) expect(one).toMatchObject({ kind: 'answer', body: { bearer: mark('token-number-2') }, requests: 2 })
  expect(tokens()).toBe(2)
})

test('401 twice is refused, and the token in the target’s words is masked', async () => {
  const { server, served } = await tokenTarget(() => false)
  const http = roomFor(connector(server.url, { settings: SETTINGS, auth: grant(server.url) }))
  const seen = await http.send(get(`${server.url}/users`), { lane: 'sync' })
  expect(seen).toMatchObject({
    kind: 'refused',
    code: 'http/unauthorized',
    because: expect.stringMatching(/bad token \[secret:[0-9a-f]{4}\]$/),
  })
  expect(served()).toBe(2)
})

test('a token request to a private address or another scheme is not sent', async () => {
  const { server } = await tokenTarget(() => true)
  const auth = grant('https://169.254.169.254')
  const http = roomFor(connector(server.url, { settings: SETTINGS, auth }))
  expect(await http.send(get(`${server.url}/users`), { lane: 'sync' })).toMatchObject({ kind: 'lost', code: 'egress/not-public' })
  expect(server.seen).toHaveLength(0)
})

test('the token’s origin is open to the token request alone', async () => {
  const login = await tokenTarget(() => true)
  const { server } = await tokenTarget(() => true)
  const http = roomFor(connector(server.url, { settings: SETTINGS, auth: grant(login.server.url) }))
  expect(await http.send(get(`${server.url}/users`), { lane: 'sync' })).toMatchObject({ kind: 'answer' })
  expect(await http.send(get(`${login.server.url}/users`), { lane: 'sync' })).toMatchObject({ code: 'egress/undeclared-origin' })
})

test('a rotated refresh token is kept before the new token is used', async () => {
  const { server } = await tokenTarget(
    () => true,
    (n) => ({ access_token: `token-number-${n}`, refresh_token: `rotated-${n}`, expires_in: 3600 }),
  )
  const order: string[] = []
  const auth = {
    kind: 'oauth2_refresh',
    token_url: `${server.url}/token`,
    client_id: '{client_id}',
    refresh_token: '{refresh}',
    rotates: true,
  }
  const kept = {
    read: async () => ({}),
    keep: async (_name: string, value: string) => void order.push(`${value} after ${server.seen.length} requests`),
  }
  const http = roomFor(connector(server.url, { settings: SETTINGS, auth }), { kept })
  expect(await http.send(get(`${server.url}/users`), { lane: 'sync' })).toMatchObject({ kind: 'answer' })
  expect(order).toEqual(['rotated-1 after 1 requests'])
})

test('a secret that cannot be found is told by its code, and nothing is sent', async () => {
  const { server } = await tokenTarget(() => true)
  const secrets = async (name: string) => {
    throw new Failure('auth/key', name, `no value for ${name}`)
  }
  const http = roomFor(connector(server.url, { settings: SETTINGS, auth: { kind: 'bearer', token: '{client_secret}' } }), {
    secrets,
  })
  expect(await http.send(get(`${server.url}/users`), { lane: 'sync' })).toMatchObject({ kind: 'refused', code: 'auth/key' })
  expect(server.seen).toHaveLength(0)
})

test('a secret is asked for when it is needed, not before, and only if auth names it', async () => {
  const { server } = await tokenTarget(() => true)
  const asked: string[] = []
  const { Secret } = await import('../../runtime/secret.ts')
  const secrets = async (name: string) => {
    asked.push(name)
    return new Secret('abcdefgh')
  }
  const http = roomFor(connector(server.url, { settings: SETTINGS, auth: { kind: 'bearer', token: '{client_secret}' } }), {
    secrets,
  })
  expect(asked).toEqual([])
  await http.send(get(`${server.url}/users`), { lane: 'sync' })
  await http.send(get(`${server.url}/users`), { lane: 'sync' })
  expect(asked).toEqual(['client_secret'])
})

test('a key in the query goes out, and is in no URL that the read room gets', async () => {
  const server = await target((q, r) => json(r, { url: q.url }))
  open.push(server)
  const http = roomFor(
    connector(server.url, { settings: SETTINGS, auth: { kind: 'query', name: 'key', value: '{client_secret}' } }),
  )
  const seen = await http.send(get(`${server.url}/users?page=2`), { lane: 'sync' })
  expect(seen).toMatchObject({
    kind: 'answer',
    url: `${server.url}/users?page=2`,
    body: { url: `/users?page=2&key=${mark(secret.client_secret)}` },
  })
})

test('Set-Cookie is for a login alone: no answer shows it', async () => {
  const server = await target((_q, r) => json(r, {}, 200, { 'set-cookie': ['session=planted; Path=/', 'b=2'] }))
  open.push(server)
  const http = roomFor(connector(server.url))
  expect(JSON.stringify(await http.send(get(`${server.url}/users`), { lane: 'sync' }))).not.toContain('planted')
})

test('a login’s cookie goes back with every further request, though others are set beside it', async () => {
  const server = await target((q, r) =>
    q.url === '/login'
      ? json(r, {}, 200, { 'set-cookie': ['a=1; Expires=Wed, 09 Jun 2027 10:18:14 GMT', 'sid=abc.def; HttpOnly'] })
      : json(r, { cookie: q.headers.cookie }),
  )
  open.push(server)
  const http = roomFor(connector(server.url, { auth: { kind: 'login', request: 'POST /login', cookie: 'sid' } }))
  expect(await http.send(get(`${server.url}/users`), { lane: 'sync' })).toMatchObject({
    kind: 'answer',
    body: { cookie: 'sid=abc.def' },
  })
})

test.each([
  ['as it is', (value: string) => value],
  ['base64', (value: string) => Buffer.from(`me:${value}`).toString('base64')],
  ['percent-encoded', encodeURIComponent],
  ['JSON-escaped', (value: string) => JSON.stringify(value)],
])('a planted secret that the target echoes (%s) comes out of nothing that the room says', async (_name, echo) => {
  const faults = [
    (r: Parameters<Parameters<typeof target>[0]>[1]) => json(r, { message: `no: ${echo(secret.client_secret)}` }, 400),
    (r: Parameters<Parameters<typeof target>[0]>[1]) => json(r, { error: { message: echo(secret.client_secret) } }, 500),
    (r: Parameters<Parameters<typeof target>[0]>[1]) => json(r, { error: echo(secret.client_secret) }, 401),
    (r: Parameters<Parameters<typeof target>[0]>[1]) => json(r, { ok: false, detail: echo(secret.client_secret) }),
    (r: Parameters<Parameters<typeof target>[0]>[1]) =>
      r.writeHead(302, { location: `https://evil.example/?t=${encodeURIComponent(secret.client_secret)}` }).end(),
    (r: Parameters<Parameters<typeof target>[0]>[1]) =>
      r.writeHead(200, { 'content-encoding': encodeURIComponent(secret.client_secret) }).end('x'),
    (r: Parameters<Parameters<typeof target>[0]>[1]) =>
      r.writeHead(200, { 'content-type': 'application/json' }).end(`{"a": ${echo(secret.client_secret)}`),
    (r: Parameters<Parameters<typeof target>[0]>[1]) => r.destroy(),
  ]
  const server = await target((q, r) => faults[Number(q.url?.slice(1, 2))]?.(r))
  open.push(server)
  const said: (Observation | object)[] = []
  const spec = connector(server.url, {
    settings: SETTINGS,
    expect: [],
    auth: { kind: 'basic', username: 'me', password: '{client_secret}' },
  })
  const http = roomFor(spec, { onWait: (w) => said.push(w) })
  for (const n of faults.keys()) {
    const request = get(`${server.url}/${n}?secret=${encodeURIComponent(secret.client_secret)}`, {
      expect: ['= body.ok == true'],
    })
    const seen = await http.send(request, { lane: 'sync' })
    expect(seen.kind).not.toBe('answer')
    said.push(seen)
  }
  const text = JSON.stringify([...said, http.stats()])
  for (const form of [
    secret.client_secret,
    'S3cr3t',
    Buffer.from(secret.client_secret).toString('base64').slice(2, 12),
    'secret=',
  ])
    expect(text).not.toContain(form)
})
