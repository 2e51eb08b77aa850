import { generateKeyPairSync } from 'node:crypto'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { jwtVerify } from 'jose'
import { describe, expect, it } from 'vitest'
import { ERRORS } from '../../runtime/errors.ts'
import { auth } from '../../runtime/kinds/auth/index.ts'
import type { AuthView, Token, TokenAsk } from '../../runtime/kinds/kind.ts'
import type { Json, KindOptions } from '../../runtime/types.ts'

const NOW = Date.parse('2026-11-20T12:00:00Z')
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const pem = (key: typeof rsa.privateKey, type: 'pkcs8' | 'pkcs1' | 'sec1' = 'pkcs8') =>
  key.export({ type, format: 'pem' }).toString()

const SECRET = 'p@ss word+/=%&"hunter'
const SETTINGS: { readonly [name: string]: Json } = {
  domain: 'acme.example',
  client_id: 'id with:colon&',
  client_secret: SECRET,
  username: 'ada',
  token: 'tok-1',
  rsa: pem(rsa.privateKey),
  ec: pem(ec.privateKey),
  way: 'key',
}

const view = (over: Partial<AuthView> = {}, settings: { readonly [name: string]: Json } = {}): AuthView => ({
  base_url: 'https://acme.example/api/v1',
  render: (text) => text.replace(/\{(\w+)\}/g, (_, name: string) => String({ ...SETTINGS, ...settings }[name])),
  setting: (name) => ({ ...SETTINGS, ...settings })[name] ?? null,
  kept: {},
  now_ms: NOW,
  ...over,
})

const word = (kind: string) => {
  const found = auth[kind]
  if (found === undefined) throw new Error(`no ${kind}`)
  return found
}
const asked = async (options: KindOptions, v: AuthView = view()): Promise<TokenAsk> => {
  const ask = await word(options.kind).ask?.(options, v)
  if (ask == null) throw new Error('asked for nothing')
  return ask
}
const form = (ask: TokenAsk) => Object.fromEntries(new URLSearchParams(ask.body?.text))
const answer = (status: number, body: unknown, headers: { readonly [name: string]: string } = {}) => ({ status, headers, body })

describe('every auth word', () => {
  const ajv = new Ajv2020({ discriminator: true, strict: true, strictTypes: false, strictRequired: false, allErrors: true })
  for (const [kind, w] of Object.entries(auth)) {
    it(`${kind}: its example passes its schema, a wrong key does not`, () => {
      const valid = ajv.compile(w.schema)
      expect(w.kind).toBe(kind)
      expect(valid(w.example), JSON.stringify(valid.errors)).toBe(true)
      expect(valid({ ...w.example, tokn: 'x' })).toBe(false)
    })
  }

  it.each([
    [{ kind: 'none' }, {}],
    [{ kind: 'bearer', token: '{token}' }, { headers: { authorization: 'Bearer tok-1' } }],
    [{ kind: 'header', name: 'Authorization', value: 'SSWS {token}' }, { headers: { authorization: 'SSWS tok-1' } }],
    [{ kind: 'query', name: 'api_key', value: '{token}' }, { query: { api_key: 'tok-1' } }],
    [
      { kind: 'basic', username: '{username}/token', password: '{token}' },
      { headers: { authorization: `Basic ${btoa('ada/token:tok-1')}` } },
    ],
    [
      { kind: 'choose', by: 'way', options: { key: { kind: 'query', name: 'k', value: '{token}' }, none: { kind: 'none' } } },
      { query: { k: 'tok-1' } },
    ],
  ] as const)('%j asks for no token and sends %j', async (options, patch) => {
    const w = word(options.kind)
    expect((await w.ask?.(options, view())) ?? null).toBeNull()
    expect(w.apply(options, view(), null)).toEqual(patch)
  })

  it('basic sends UTF-8 and refuses a user name with a colon', () => {
    const options = { kind: 'basic', username: '{username}', password: 'ü' }
    expect(word('basic').apply(options, view(), null).headers?.['authorization']).toBe(
      `Basic ${Buffer.from('ada:ü').toString('base64')}`,
    )
    expect(() => word('basic').apply(options, view({}, { username: 'a:b' }), null)).toThrow(/colon/)
  })

  it.each(['line\nbreak', 'nul\0', 'wide \u2028'])(
    'a credential that no header can carry is refused without showing it: %j',
    (bad) => {
      for (const options of [
        { kind: 'bearer', token: '{token}' },
        { kind: 'header', name: 'X-Key', value: '{token}' },
      ]) {
        const act = () => word(options.kind).apply(options, view({}, { token: bad }), null)
        expect(act).toThrow(/no header can carry/)
        expect(act).not.toThrow(bad)
      }
    },
  )

  it('choose names the values it knows where the setting has another one', async () => {
    const options = { kind: 'choose', by: 'way', options: { key: { kind: 'none' } } }
    await expect(word('choose').ask?.(options, view({}, { way: 'constructor' }))).rejects.toMatchObject({ code: 'auth/choice' })
  })
})

describe('oauth2_client_credentials', () => {
  const options = {
    kind: 'oauth2_client_credentials',
    token_url: 'https://{domain}/t',
    client_id: '{client_id}',
    client_secret: '{client_secret}',
  }

  it('sends id and secret in the body, with scope, audience and further parameters', async () => {
    const ask = await asked({
      ...options,
      scope: 'a b',
      audience: 'https://{domain}',
      params: { grant_type: 'account_credentials', account_id: '{username}' },
    })
    expect(ask).toMatchObject({ method: 'POST', url: 'https://acme.example/t', repeatable: true })
    expect(form(ask)).toEqual({
      grant_type: 'account_credentials',
      client_id: 'id with:colon&',
      client_secret: SECRET,
      scope: 'a b',
      audience: 'https://acme.example',
      account_id: 'ada',
    })
  })

  it('basic form-encodes id and secret before base64 (RFC 6749 §2.3.1)', async () => {
    const ask = await asked({ ...options, client_auth: 'basic' })
    const [id, secret] = atob(ask.headers['authorization']?.slice(6) ?? '').split(':')
    expect([id, secret]).toEqual(['id+with%3Acolon%26', 'p%40ss+word%2B%2F%3D%25%26%22hunter'])
    expect(form(ask)).toEqual({ grant_type: 'client_credentials' })
  })

  it.each(['RS256', 'ES256'] as const)('private_key_jwt signs an assertion that %s verifies', async (algorithm) => {
    const { client_secret: _, ...rest } = options
    const pair = algorithm === 'RS256' ? rsa : ec
    const ask = await asked({ ...rest, private_key: algorithm === 'RS256' ? '{rsa}' : '{ec}', algorithm, key_id: 'k1' })
    const sent = form(ask)
    expect(sent['client_assertion_type']).toBe('urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
    const { payload, protectedHeader } = await jwtVerify(sent['client_assertion'] ?? '', pair.publicKey, {
      audience: 'https://acme.example/t',
      issuer: 'id with:colon&',
      subject: 'id with:colon&',
      currentDate: new Date(NOW),
    })
    expect(protectedHeader).toMatchObject({ alg: algorithm, kid: 'k1' })
    expect(payload.jti).toMatch(/^[0-9a-f-]{36}$/)
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(300)
  })

  it.each([
    [{ ...options, client_auth: 'private_key_jwt' }, /needs `private_key`/],
    [{ kind: options.kind, token_url: options.token_url, client_id: 'x', client_auth: 'basic' }, /needs `client_secret`/],
  ])('says what is missing', async (o, message) => {
    await expect(asked(o)).rejects.toThrow(message)
  })
})

describe('jwt_bearer', () => {
  const options = {
    kind: 'jwt_bearer',
    token_url: 'https://oauth2.example/token',
    issuer: 'svc@acme.example',
    subject: 'admin@{domain}',
    scope: 'read.users read.groups',
    private_key: '{key}',
  }

  it('asks as a Google service account acting for an administrator', async () => {
    const sent = form(await asked(options, view({}, { key: pem(rsa.privateKey) })))
    expect(sent['grant_type']).toBe('urn:ietf:params:oauth:grant-type:jwt-bearer')
    const { payload } = await jwtVerify(sent['assertion'] ?? '', rsa.publicKey, {
      currentDate: new Date(NOW),
      audience: 'https://oauth2.example/token',
    })
    expect(payload).toMatchObject({ iss: 'svc@acme.example', sub: 'admin@acme.example', scope: 'read.users read.groups' })
  })

  it.each([
    ['PKCS 1', () => pem(rsa.privateKey, 'pkcs1')],
    ['line breaks written as \\n', () => pem(rsa.privateKey).replaceAll('\n', '\\n')],
    ['a JSON key file', () => JSON.stringify({ type: 'service_account', private_key: pem(rsa.privateKey) })],
  ])('takes a key as %s', async (_, key) => {
    const sent = form(await asked(options, view({}, { key: key() })))
    await expect(jwtVerify(sent['assertion'] ?? '', rsa.publicKey, { currentDate: new Date(NOW) })).resolves.toBeDefined()
  })

  const small = generateKeyPairSync('rsa', { modulusLength: 1024 })
  const cut = pem(rsa.privateKey).split('\n').slice(0, 5).concat('-----END PRIVATE KEY-----').join('\n')
  it.each([
    ['no PEM', 'abcdefsecret', /not PEM/],
    ['a public key', rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString(), /private key is needed/],
    [
      'an encrypted key',
      rsa.privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }).toString(),
      /encrypted/,
    ],
    ['an EC key for RS256', pem(ec.privateKey), /needs an RSA key/],
    ['a small key', pem(small.privateKey), /2048 bits/],
    ['a key cut off', cut, /cut off/],
    ['an OpenSSH key', '-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n-----END OPENSSH PRIVATE KEY-----', /ssh-keygen/],
    ['JSON without a key', '{"a":1}', /without a `private_key`/],
    ['cut JSON', '{"private_key": "-----BEG', /not JSON/],
  ])('%s is refused with the reason and without the key', async (_, key, message) => {
    const failure = await asked(options, view({}, { key })).catch((e: unknown) => e)
    expect(failure).toMatchObject({ code: 'auth/key', message: expect.stringMatching(message) })
    expect((failure as Error).cause).toBeUndefined()
    for (const line of key.split('\n').filter((l) => l.length > 10 && !l.startsWith('--')))
      expect((failure as Error).message).not.toContain(line)
  })

  it('ES256 on another curve is refused', async () => {
    const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' })
    await expect(asked({ ...options, algorithm: 'ES256' }, view({}, { key: pem(p384.privateKey) }))).rejects.toThrow(/P-256/)
  })
})

describe('oauth2_refresh', () => {
  const options = {
    kind: 'oauth2_refresh',
    token_url: 'https://x.example/t',
    client_id: 'c',
    client_secret: '{client_secret}',
    refresh_token: '{token}',
    rotates: true,
  }

  it('a rotated token is kept and used the next time; a newly set first token starts a new line', async () => {
    const first = await asked(options)
    expect(form(first)).toMatchObject({ grant_type: 'refresh_token', refresh_token: 'tok-1' })
    expect(first.repeatable).toBe(false)
    const got = word('oauth2_refresh').accept(
      options,
      view(),
      answer(200, { access_token: 'a', refresh_token: 'tok-2' }),
    ) as Token
    const kept = got.keep
    expect(Object.values(kept)).toEqual(['tok-2'])
    expect(form(await asked(options, view({ kept })))['refresh_token']).toBe('tok-2')
    expect(form(await asked(options, view({ kept }, { token: 'new-start' })))['refresh_token']).toBe('new-start')
  })

  it('the same refresh token again is nothing to keep', () => {
    const got = word('oauth2_refresh').accept(options, view(), answer(200, { access_token: 'a', refresh_token: 'tok-1' }))
    expect(got).toMatchObject({ value: 'a', keep: {} })
  })
})

describe('login', () => {
  it.each([
    [
      { request: 'POST /session', body: { kind: 'json', value: { u: '{username}', n: [1, '{token}'] } }, token: 'a.b' },
      'https://acme.example/api/v1/session',
      '{"u":"ada","n":[1,"tok-1"]}',
    ],
    [
      { request: 'POST https://{domain}/login', body: { kind: 'form', fields: { p: '{client_secret}' } }, token: 'a' },
      'https://acme.example/login',
      'p=p%40ss+word%2B%2F%3D%25%26%22hunter',
    ],
    [
      { request: 'GET /login', basic: { username: 'a', password: 'b' }, token: 'a' },
      'https://acme.example/api/v1/login',
      undefined,
    ],
  ])('%j', async (options, url, text) => {
    const ask = await asked({ kind: 'login', ...options } as KindOptions)
    expect([ask.url, ask.body?.text]).toEqual([url, text])
  })

  it.each([
    ['a path', { token: 'data.id' }, answer(200, { data: { id: 's1' } }), { authorization: 'Bearer s1' }],
    [
      'a header',
      { token: { header: 'X-Token' }, into: { header: 'X-Token', value: '{token}' } },
      answer(201, null, { 'x-token': 's1' }),
      { 'x-token': 's1' },
    ],
    [
      'a cookie',
      { cookie: 'sid' },
      answer(200, {}, { 'set-cookie': 'a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT; Path=/, sid=s1; HttpOnly, xsid=no' }),
      { cookie: 'sid=s1' },
    ],
    [
      'a cookie on a line of its own',
      { cookie: 'sid' },
      answer(200, {}, { 'set-cookie': 'xsid=no\nsid=s1; Path=/' }),
      { cookie: 'sid=s1' },
    ],
    [
      'a prefix',
      { token: 't', into: { header: 'Authorization', value: '{username} {token}' } },
      answer(200, { t: '{token}' }),
      { authorization: 'ada {token}' },
    ],
  ])('the token comes by %s', (_, more, told, headers) => {
    const options = { kind: 'login', request: 'POST /l', expires_in_s: 60, ...more } as KindOptions
    const got = word('login').accept(options, view(), told)
    expect(got).toMatchObject({ expires_at_ms: NOW + 60_000 })
    expect(word('login').apply(options, view(), got as Token)).toEqual({ headers })
  })

  it.each([
    [answer(200, {}), 'auth/no-token'],
    [answer(200, { error: 'bad', t: 'x' }), 'auth/refused'],
    [answer(401, 'no'), 'auth/refused'],
    [answer(503, null), 'auth/unavailable'],
  ])('%j is %s', (told, failed) => {
    expect(word('login').accept({ kind: 'login', request: 'POST /l', token: 't' }, view(), told)).toMatchObject({ failed })
  })
})

describe('an answer of a token endpoint', () => {
  const options = {
    kind: 'oauth2_client_credentials',
    token_url: 'https://x.example/t',
    client_id: 'c',
    client_secret: '{client_secret}',
  }
  const read = (told: ReturnType<typeof answer>, more: object = {}) =>
    word(options.kind).accept({ ...options, ...more } as KindOptions, view(), told)

  it.each([
    [3600, NOW + 3_600_000],
    ['3600', NOW + 3_600_000],
    [undefined, null],
    [null, null],
    ['soon', null],
    [-1, null],
    [0, null],
    [Number.POSITIVE_INFINITY, null],
  ])('expires_in %j is %s', (expires_in, at) => {
    expect(read(answer(200, { access_token: 'a', expires_in }))).toEqual({ value: 'a', expires_at_ms: at, keep: {} })
  })

  it('is read at declared paths, and from a form', () => {
    expect(read(answer(200, { d: { t: 'a', l: 5 } }), { token: 'd.t', expires_in: 'd.l' })).toMatchObject({
      value: 'a',
      expires_at_ms: NOW + 5000,
    })
    expect(read(answer(200, 'access_token=a&token_type=bearer'))).toMatchObject({ value: 'a' })
  })

  it.each([
    [400, { error: 'invalid_grant' }, 'auth/invalid-grant'],
    [401, { error: 'invalid_client' }, 'auth/invalid-client'],
    [400, { error: 'unauthorized_client' }, 'auth/invalid-client'],
    [400, { error: 'invalid_scope' }, 'auth/refused'],
    [200, { error: 'invalid_grant', access_token: 'a' }, 'auth/invalid-grant'],
    [200, { error: { message: 'no' }, access_token: 'a' }, 'auth/refused'],
    [200, {}, 'auth/no-token'],
    [200, { access_token: '' }, 'auth/no-token'],
    [200, { access_token: 12 }, 'auth/no-token'],
    [200, { access_token: 'a\r\nx: y' }, 'auth/no-token'],
    [200, '<html>', 'auth/no-token'],
    [200, null, 'auth/no-token'],
    [200, { access_token: 'a', token_type: 'DPoP' }, 'auth/token-type'],
    [429, {}, 'auth/unavailable'],
    [500, { error: 'oops' }, 'auth/unavailable'],
    [403, 'text', 'auth/refused'],
  ])('%i %j is %s', (status, body, failed) => {
    expect(read(answer(status, body))).toMatchObject({ failed })
    expect(Object.keys(ERRORS)).toContain(failed)
  })

  it('never shows a secret that the target echoes, in any form', () => {
    const forms = [
      SECRET,
      encodeURIComponent(SECRET),
      btoa(SECRET),
      JSON.stringify(SECRET).slice(1, -1),
      new URLSearchParams({ a: SECRET }).toString().slice(2),
    ]
    for (const form of forms) {
      const got = read(answer(400, { error: 'invalid_client', error_description: `AADSTS7000215: bad secret ${form} for app` }))
      expect(got).toMatchObject({
        because: 'the token request was refused (400, invalid_client): AADSTS7000215: bad secret [secret] for app',
      })
    }
    const echoed = read(answer(400, { error: `x${'ab12'.repeat(20)}`, error_description: '\u001b[31m\u202E' }))
    expect(JSON.stringify(echoed)).not.toMatch(/ab12|\\u001b|\u202E/)
  })
})
