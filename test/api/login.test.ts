import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, SignJWT, UnsecuredJWT } from 'jose'
// @ts-expect-error: no types come along
import Provider from 'oidc-provider'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openGuardedFetch } from '../../runtime/api/guarded-fetch.ts'
import { type Doc, everyRole, openWorld, type Send, URL_HERE, type World } from './world.ts'

let world: World
let admin: Send
beforeAll(async () => {
  world = await openWorld({ env: { ROLLCALL_OIDC_X: 'a-secret-of-the-client' } })
  admin = everyRole(world, 'acme')
})
afterAll(async () => world.close())

/** What a browser keeps: cookies by name. */
function browser() {
  const jar = new Map<string, string>()
  const keep = (headers: Headers): void => {
    for (const line of headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (value === '') jar.delete(name)
      else jar.set(name, value)
    }
  }
  const cookies = () => [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
  return {
    jar,
    async ours(path: string, init: RequestInit = {}): Promise<Response> {
      const response = await world.app.request(path, { ...init, headers: { cookie: cookies(), ...init.headers } })
      keep(response.headers)
      return response
    },
    async theirs(url: string, init: RequestInit = {}): Promise<Response> {
      const response = await fetch(url, { ...init, redirect: 'manual', headers: { cookie: cookies(), ...init.headers } })
      keep(response.headers)
      return response
    },
  }
}

/** A real provider (oidc-provider) with its own development login pages; subject and address are the login name. */
async function provider(
  callback: (idp: string) => string,
): Promise<{ readonly issuer: string; readonly allow: (idp: string) => void; readonly close: () => Promise<void> }> {
  const redirects: string[] = []
  let handle: http.RequestListener = () => undefined
  const server = http.createServer((request, response) => handle(request, response))
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const open = (): void => {
    const oidc = new Provider(issuer, {
      clients: [
        {
          client_id: 'rollcall',
          client_secret: 'a-secret-of-the-client',
          redirect_uris: redirects.length === 0 ? ['http://x.example/'] : redirects,
          response_types: ['code'],
          grant_types: ['authorization_code'],
        },
      ],
      cookies: { keys: ['k'] },
      pkce: { required: () => true },
      claims: { openid: ['sub'], email: ['email', 'email_verified'] },
      conformIdTokenClaims: false,
      findAccount: (_: unknown, id: string) => ({
        accountId: id,
        claims: async () => ({ sub: id, email: id, email_verified: !id.startsWith('unverified') }),
      }),
    } as ConstructorParameters<typeof Provider>[1])
    const listener = oidc.callback()
    handle = (request, response) => void listener(request, response)
  }
  open()
  return {
    issuer,
    allow: (idp) => {
      redirects.push(callback(idp))
      open()
    },
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
}

/** Through the provider's pages as a person would. `asked`: how often a password was wanted. */
async function logIn(seat: ReturnType<typeof browser>, idp: string, who: string, asked: string[] = []): Promise<Response> {
  const begun = await seat.ours(`/login/${idp}`)
  let url = begun.headers.get('location') ?? ''
  for (let steps = 0; steps < 12; steps++) {
    if (url.startsWith(URL_HERE)) return await seat.ours(url.slice(URL_HERE.length))
    const page = await seat.theirs(url)
    const next = page.headers.get('location')
    if (next !== null) {
      url = new URL(next, url).href
      continue
    }
    const text = await page.text()
    const action = /action="([^"]+)"/.exec(text)?.[1] ?? ''
    const prompt = /name="prompt" value="([^"]+)"/.exec(text)?.[1] ?? ''
    asked.push(prompt)
    const form = new URLSearchParams({ prompt, ...(prompt === 'login' ? { login: who, password: 'x' } : {}) })
    const posted = await seat.theirs(new URL(action, url).href, {
      method: 'POST',
      body: form,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    })
    url = new URL(posted.headers.get('location') ?? '/lost', url).href
  }
  throw new Error(`no end of login at ${url}`)
}

describe('login of people, at a provider that is not ours', () => {
  let idp = ''
  let real: Awaited<ReturnType<typeof provider>>
  beforeAll(async () => {
    real = await provider((id) => `${URL_HERE}/login/${id}/callback`)
    const made = await admin('POST', '/v1/identity-providers', {
      issuer: real.issuer,
      client_id: 'rollcall',
      client_secret: 'env:ROLLCALL_OIDC_X',
    })
    idp = made.doc.idp
    real.allow(idp)
    await admin('POST', '/v1/roles', { who: 'Kim@acme.example', roles: ['viewer', 'operator'] })
  })
  afterAll(() => real.close())

  test('code with PKCE, a strict cookie, roles of now, and a write only with origin and token', async () => {
    const seat = browser()
    const begun = await seat.ours(`/login/${idp}`)
    const asked = new URL(begun.headers.get('location') ?? '').searchParams
    expect([asked.get('response_type'), asked.get('code_challenge_method'), asked.get('code_challenge')?.length]).toEqual([
      'code',
      'S256',
      43,
    ])
    const done = await logIn(seat, idp, 'kim@acme.example')
    expect(done.status).toBe(200)
    const set = done.headers.getSetCookie().find((line) => line.startsWith('rollcall='))
    expect(set).toMatch(/HttpOnly; SameSite=Strict/)
    const session = (await (await seat.ours('/v1/session')).json()) as Doc
    expect(session).toMatchObject({ tenant: 'acme', by: 'kim@acme.example', kind: 'session', roles: ['viewer', 'operator'] })
    const write = (headers: { readonly [name: string]: string }) =>
      seat.ours('/v1/stops', {
        method: 'POST',
        body: JSON.stringify({ why: 'x' }),
        headers: { 'content-type': 'application/json', ...headers },
      })
    const right = { origin: URL_HERE, 'x-csrf-token': session.csrf }
    const forged: readonly { readonly [name: string]: string }[] = [
      {},
      { 'x-csrf-token': session.csrf },
      { origin: URL_HERE },
      { origin: 'https://evil.example', 'x-csrf-token': session.csrf },
      { origin: 'null', 'x-csrf-token': session.csrf },
      { ...right, 'x-csrf-token': 'x' },
      { ...right, 'sec-fetch-site': 'cross-site' },
    ]
    for (const headers of forged) expect(((await (await write(headers)).json()) as Doc).code).toBe('api/csrf')
    expect((await write(right)).status).toBe(200)
    // Taken away: the very next request.
    const { items } = (await admin('GET', '/v1/roles')).doc
    const binding = items.find(({ who }: Doc) => who === 'kim@acme.example').binding
    await admin('DELETE', `/v1/roles/${binding}`)
    expect((await seat.ours('/v1/session')).status).toBe(403)
    await admin('POST', '/v1/roles', { who: 'kim@acme.example', roles: ['viewer', 'operator'] })
    const out = await seat.ours('/logout', { method: 'POST', headers: right })
    expect(out.status).toBe(200)
    expect((await seat.ours('/v1/session')).status).toBe(401)
  }, 20_000)

  test('whom nobody gave a role, and whose address is not verified, is let in nowhere', async () => {
    for (const who of ['stranger@acme.example', 'unverified@acme.example']) {
      await admin('POST', '/v1/roles', { who: 'unverified-other@acme.example', roles: ['admin'] })
      const seat = browser()
      const done = await logIn(seat, idp, who)
      expect(((await done.json()) as Doc).code).toBe('api/login')
      expect(seat.jar.has('rollcall')).toBe(false)
    }
    const { items } = (await admin('GET', '/v1/ledger?what=login%20refused')).doc
    expect(items).toHaveLength(2)
    // The client's secret went along with each exchange, and each time it was written down first, without its value.
    const used = (await admin('GET', '/v1/ledger?what=secret%20used')).doc.items
    expect(used.length).toBeGreaterThanOrEqual(2)
    expect(used[0]).toMatchObject({ by: 'rollcall', why: 'login', detail: { secret: 'client_secret' } })
    expect(JSON.stringify(used)).not.toContain('a-secret-of-the-client')
  }, 20_000)

  test('our logout leaves the provider logged in, and says where that is ended too', async () => {
    const seat = browser()
    const passwords = async (): Promise<number> => {
      const asked: string[] = []
      expect((await logIn(seat, idp, 'kim@acme.example', asked)).status).toBe(200)
      return asked.filter((prompt) => prompt === 'login').length
    }
    const logOut = async (): Promise<string> => {
      const { csrf } = (await (await seat.ours('/v1/session')).json()) as Doc
      const out = await seat.ours('/logout', { method: 'POST', headers: { origin: URL_HERE, 'x-csrf-token': csrf } })
      return ((await out.json()) as Doc).provider
    }
    expect(await passwords()).toBe(1)
    await logOut()
    expect(await passwords()).toBe(0)
    const provider = await logOut()
    expect(new URL(provider).searchParams.get('client_id')).toBe('rollcall')
    const page = await (await seat.theirs(provider)).text()
    const action = /action="([^"]+)"/.exec(page)?.[1] ?? ''
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(page)?.[1] ?? ''
    await seat.theirs(new URL(action, real.issuer).href, {
      method: 'POST',
      body: new URLSearchParams({ xsrf, logout: 'yes' }),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    })
    expect(await passwords()).toBe(1)
    const { items } = (await admin('GET', '/v1/ledger?what=logout')).doc
    expect(items.length).toBeGreaterThanOrEqual(2)
    expect(items[0]).toMatchObject({ by: 'kim@acme.example', why: 'logout' })
  }, 20_000)

  test('an admin sees who is logged in and ends it: the next request is refused, an open stream ends; nobody else may', async () => {
    const [kim, other] = [browser(), browser()]
    await logIn(kim, idp, 'kim@acme.example')
    await logIn(other, idp, 'kim@acme.example')
    const { items } = (await admin('GET', '/v1/sessions')).doc
    expect(items.every((one: Doc) => one.person === 'kim@acme.example')).toBe(true)
    expect(JSON.stringify(items)).not.toContain(kim.jar.get('rollcall'))
    const stream = (await kim.ours('/v1/events')).body!.getReader()
    await stream.read()
    const hooli = world.as(world.token('hooli', ['admin']))
    for (const { session } of items) expect((await hooli('DELETE', `/v1/sessions/${session}`)).status).toBe(404)
    expect((await world.as(world.token('acme', ['operator']))('GET', '/v1/sessions')).status).toBe(403)
    const before = performance.now()
    for (const { session } of items) expect((await admin('DELETE', `/v1/sessions/${session}`)).status).toBe(204)
    expect((await kim.ours('/v1/session')).status).toBe(401)
    expect((await other.ours('/v1/session')).status).toBe(401)
    expect((await stream.read()).done).toBe(true)
    expect(performance.now() - before).toBeLessThan(1_500)
    expect((await admin('DELETE', `/v1/sessions/${items[0].session}`)).status).toBe(404)
    const ended = (await admin('GET', '/v1/ledger?what=session%20ended')).doc.items
    expect(ended).toHaveLength(items.length)
  }, 20_000)

  test('a callback in another browser, twice, or with another state is no login', async () => {
    const seat = browser()
    const begun = await seat.ours(`/login/${idp}`)
    const state = new URL(begun.headers.get('location') ?? '').searchParams.get('state')
    expect(((await (await browser().ours(`/login/${idp}/callback?code=x&state=${state}`)).json()) as Doc).code).toBe('api/login')
    expect(((await (await seat.ours(`/login/${idp}/callback?code=x&state=other`)).json()) as Doc).code).toBe('api/login')
    expect(((await (await seat.ours(`/login/${idp}/callback?code=x&state=${state}`)).json()) as Doc).code).toBe('api/login')
  })
})

describe('a provider that lies', () => {
  afterAll(() =>
    console.log(`ID tokens: ${lies.length} algorithms, keys and claims, ${lies.filter(([, , good]) => good).length} let in`),
  )
  const keys = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const other = generateKeyPairSync('rsa', { modulusLength: 2048 })
  type Lie = (claims: { readonly [name: string]: unknown }, key: KeyObject) => Promise<string> | string
  const honest: Lie = (claims, key) => new SignJWT({ ...claims }).setProtectedHeader({ alg: 'RS256', kid: '1' }).sign(key)
  const pem = keys.publicKey.export({ type: 'spki', format: 'pem' }) as string
  const hs256 = (claims: object, secret: string): string => {
    const text = `${Buffer.from('{"alg":"HS256","kid":"1"}').toString('base64url')}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`
    return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`
  }
  /** Signed by a key of its own, or by the provider's with a header that says more than it should. */
  const own_header =
    (more: (jwk: object) => object, providers = false): Lie =>
    async (claims, key) => {
      const header = { alg: 'RS256', ...more({ ...(await exportJWK(other.publicKey)), kid: '1' }) }
      const text = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
      return `${text}.${sign('sha256', Buffer.from(text), providers ? key : other.privateKey).toString('base64url')}`
    }
  const relabelled = async (token: Promise<string> | string, header: object): Promise<string> =>
    [Buffer.from(JSON.stringify(header)).toString('base64url'), ...(await token).split('.').slice(1)].join('.')
  const tampered = (token: string): string => {
    const [header, claims, signature] = token.split('.') as [string, string, string]
    const changed = {
      ...JSON.parse(Buffer.from(claims, 'base64url').toString()),
      email: 'liar@acme.example',
      sub: 'somebody else',
    }
    return [header, Buffer.from(JSON.stringify(changed)).toString('base64url'), signature].join('.')
  }
  const lies: readonly (readonly [string, Lie, boolean])[] = [
    ['the truth', honest, true],
    ['alg none', (claims) => new UnsecuredJWT({ ...claims }).encode(), false],
    ['HS256 with the public key as secret', (claims) => hs256(claims, pem), false],
    ['HS256 with the client secret', (claims) => hs256(claims, 'a-secret-of-the-client'), false],
    ['a key of its own', (claims) => honest(claims, other.privateKey), false],
    ['another issuer', (claims, key) => honest({ ...claims, iss: 'https://evil.example' }, key), false],
    ['another audience', (claims, key) => honest({ ...claims, aud: 'somebody' }, key), false],
    ['another nonce', (claims, key) => honest({ ...claims, nonce: 'x' }, key), false],
    ['long over', (claims, key) => honest({ ...claims, exp: 1 }, key), false],
    ['its own key in the header', own_header((jwk) => ({ jwk })), false],
    ['its own key in the header, named as the provider’s', own_header((jwk) => ({ jwk, kid: '1' })), false],
    ['a place of keys in the header', own_header(() => ({ jku: 'http://127.0.0.1:1/jwks' })), false],
    ['a certificate in the header', own_header(() => ({ x5u: 'http://127.0.0.1:1/x', x5c: ['AAAA'] })), false],
    ['a path as key id', own_header(() => ({ kid: '../../dev/null' })), false],
    ['SQL as key id', own_header(() => ({ kid: "1' UNION SELECT 'x" })), false],
    ['alg in lower case', (claims, key) => relabelled(honest(claims, key), { alg: 'rs256', kid: '1' }), false],
    ['alg as a list', (claims, key) => relabelled(honest(claims, key), { alg: ['RS256', 'none'], kid: '1' }), false],
    [
      'RS256 without a signature',
      async (claims, key) => `${(await honest(claims, key)).split('.').slice(0, 2).join('.')}.`,
      false,
    ],
    ['claims changed after signing', async (claims, key) => tampered(await honest(claims, key)), false],
    ['an extension that must be understood', own_header(() => ({ crit: ['x'], x: 1 }), true), false],
    [
      'PS256 where RS256 is expected',
      (claims, key) => new SignJWT({ ...claims }).setProtectedHeader({ alg: 'PS256', kid: '1' }).sign(key),
      false,
    ],
  ]
  test.each(lies)('%s', async (_, lie, good) => {
    const jwk = { ...(await exportJWK(keys.publicKey)), kid: '1', use: 'sig' }
    let nonce = ''
    const server = http.createServer(async (request, response) => {
      const issuer = `http://${request.headers.host}`
      const path = new URL(request.url ?? '/', issuer).pathname
      const now = Math.floor(Date.now() / 1000)
      const claims = {
        iss: issuer,
        aud: 'rollcall',
        sub: 'kim',
        email: 'liar@acme.example',
        email_verified: true,
        nonce,
        iat: now,
        exp: now + 60,
      }
      const bodies: { readonly [path: string]: () => Promise<object> } = {
        '/.well-known/openid-configuration': async () => ({
          issuer,
          authorization_endpoint: `${issuer}/auth`,
          token_endpoint: `${issuer}/token`,
          jwks_uri: `${issuer}/jwks`,
          response_types_supported: ['code'],
          subject_types_supported: ['public'],
          id_token_signing_alg_values_supported: ['RS256', 'none', 'HS256'],
        }),
        '/jwks': async () => ({ keys: [jwk] }),
        '/token': async () => ({ access_token: 'a', token_type: 'Bearer', id_token: await lie(claims, keys.privateKey) }),
      }
      response.setHeader('content-type', 'application/json').end(JSON.stringify(await (bodies[path] ?? (async () => ({})))()))
    })
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const { idp } = (
      await admin('POST', '/v1/identity-providers', { issuer, client_id: 'rollcall', client_secret: 'env:ROLLCALL_OIDC_X' })
    ).doc
    await admin('POST', '/v1/roles', { who: 'liar@acme.example', roles: ['admin'] })
    const seat = browser()
    const asked = new URL((await seat.ours(`/login/${idp}`)).headers.get('location') ?? '').searchParams
    nonce = asked.get('nonce') ?? ''
    const done = await seat.ours(`/login/${idp}/callback?code=x&state=${asked.get('state')}`)
    server.close()
    server.closeAllConnections()
    expect([done.status, seat.jar.has('rollcall')]).toEqual(good ? [200, true] : [403, false])
  })
})

describe('an issuer inside', () => {
  test.each(['http://127.0.0.1:1', 'https://169.254.169.254', 'https://[::1]:1', 'https://localhost', 'https://10.0.0.1'])(
    '%s is not asked where private networks are not allowed',
    async (issuer) => {
      const ask = openGuardedFetch(false)
      await expect(ask(`${issuer}/.well-known/openid-configuration`, {})).rejects.toThrow(/not|private|https/)
    },
  )
  test('an answer without end is cut off', async () => {
    const server = http.createServer((_, response) => void response.end('x'.repeat(2_000_000)))
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const ask = openGuardedFetch(true)
    await expect(ask(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, {})).rejects.toThrow('too large')
    server.close()
    server.closeAllConnections()
  })
})
