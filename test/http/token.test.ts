import { generateKeyPairSync } from 'node:crypto'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { jwtVerify } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openTokens, type TokensOptions } from '../../runtime/http/token.ts'
import type { Token, TokenAsk } from '../../runtime/kinds/kind.ts'
import type { KindOptions } from '../../runtime/types.ts'

type Reply = {
  readonly status: number
  readonly body: unknown
  readonly headers?: { readonly [name: string]: string }
  readonly cut?: boolean
}
type Form = { readonly [name: string]: string }

/** A token server: `answer` is replaced by each test; every form it received is in `seen`. */
let server: Server
let url = ''
let answer: (form: Form) => Reply | Promise<Reply>
let seen: Form[] = []
let clock = 0

beforeAll(async () => {
  server = createServer(async (request, response) => {
    const form = Object.fromEntries(new URLSearchParams(await text(request)))
    seen.push(form)
    const reply = await answer(form)
    if (reply.cut === true) return void response.destroy()
    response.writeHead(reply.status, {
      'content-type': 'application/json',
      date: new Date(clock).toUTCString(),
      ...reply.headers,
    })
    response.end(JSON.stringify(reply.body))
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`
})
afterAll(() => new Promise((done) => server.close(done)))
beforeEach(() => {
  seen = []
  clock = Date.parse('2026-11-20T12:00:00Z')
  answer = () => ({ status: 500, body: { error: 'unexpected' } })
})

async function text(request: IncomingMessage): Promise<string> {
  let out = ''
  for await (const chunk of request) out += chunk
  return out
}

async function fetchToken(ask: TokenAsk): ReturnType<TokensOptions['fetchToken']> {
  try {
    const r = await fetch(ask.url, {
      method: ask.method,
      headers: { ...ask.headers, 'content-type': ask.body?.type ?? '' },
      body: ask.body?.text ?? null,
    })
    return { status: r.status, headers: Object.fromEntries(r.headers), body: await r.json() }
  } catch {
    return { lost: 'connection cut', code: 'http/lost' }
  }
}

/** Durable notes shared by the "processes" of a test. */
const shelf = () => {
  const notes: { [name: string]: string } = {}
  let fails = 0
  return {
    notes,
    failNext: (times: number) => {
      fails = times
    },
    kept: {
      read: async () => ({ ...notes }),
      keep: async (name: string, value: string) => {
        if (fails-- > 0) throw Object.assign(new Error(`disk full while writing ${value}`), { code: 'store/full' })
        notes[name] = value
      },
    },
  }
}

const open = (options: KindOptions, more: Partial<TokensOptions> = {}, settings: Form = {}) =>
  openTokens({
    kind: options.kind,
    options,
    view: async () => ({
      base_url: url,
      render: (t) =>
        t.replace(/\{(\w+)\}/g, (_, name: string) => ({ url, secret: 's3cret-value', refresh: 'r1', ...settings })[name] ?? '?'),
      setting: () => null,
      kept: {},
      now_ms: 0,
    }),
    fetchToken,
    kept: shelf().kept,
    now: () => clock,
    ...more,
  })

const CC = { kind: 'oauth2_client_credentials', token_url: '{url}', client_id: 'c', client_secret: '{secret}' }
const REFRESH = {
  kind: 'oauth2_refresh',
  token_url: '{url}',
  client_id: 'c',
  client_secret: '{secret}',
  refresh_token: '{refresh}',
  rotates: true,
}
const counted = (more: object = {}) => {
  let n = 0
  return () => ({ status: 200, body: { access_token: `a${++n}`, ...more } })
}
const tokenText = (t: unknown) => (t as Token).value

describe('a token', () => {
  it('is fetched once for a hundred concurrent callers', async () => {
    answer = counted({ expires_in: 3600 })
    const tokens = open(CC)
    const got = await Promise.all(Array.from({ length: 100 }, () => tokens.get()))
    expect(new Set(got.map(tokenText))).toEqual(new Set(['a1']))
    expect(seen).toHaveLength(1)
  })

  it.each([
    [3600, 3539, 3541],
    [100, 89, 91],
    ['100', 89, 91],
  ])('of %s seconds is still used after %i s and renewed before it ends, after %i s', async (expires_in, before, after) => {
    answer = counted({ expires_in })
    const tokens = open(CC)
    await tokens.get()
    clock += before * 1000
    expect(tokenText(await tokens.get())).toBe('a1')
    clock += (after - before) * 1000
    expect(tokenText(await tokens.get())).toBe('a2')
  })

  it('of unknown life is used until the target refuses it', async () => {
    answer = counted()
    const tokens = open(CC)
    const first = (await tokens.get()) as Token
    clock += 1e9
    expect(await tokens.get()).toBe(first)
    expect(tokenText(await tokens.renew(first))).toBe('a2')
  })

  it('that many requests find bad at once is renewed once, and late ones get the new one', async () => {
    answer = counted()
    const tokens = open(CC)
    const bad = (await tokens.get()) as Token
    const renewed = await Promise.all(Array.from({ length: 50 }, () => tokens.renew(bad)))
    expect(new Set(renewed.map(tokenText))).toEqual(new Set(['a2']))
    expect(tokenText(await tokens.renew(bad))).toBe('a2')
    expect(seen).toHaveLength(2)
  })

  it('is not needed by a word that asks for none', async () => {
    const tokens = open({ kind: 'bearer', token: 'x' })
    expect([await tokens.get(), await tokens.renew(null)]).toEqual([null, null])
    expect(seen).toHaveLength(0)
  })
})

describe('a refusal', () => {
  it('stands for ten seconds, so that waiting requests do not hammer the target; then it is asked again', async () => {
    answer = () => ({ status: 401, body: { error: 'invalid_client', error_description: 'bad s3cret-value' } })
    const tokens = open(CC)
    for (let i = 0; i < 20; i++) expect(await tokens.get()).toMatchObject({ failed: 'auth/invalid-client' })
    expect(seen).toHaveLength(1)
    expect(JSON.stringify(await tokens.get())).not.toContain('s3cret-value')
    clock += 10_001
    answer = counted()
    expect(tokenText(await tokens.get())).toBe('a1')
  })

  it('with 200 is a refusal', async () => {
    answer = () => ({ status: 200, body: { error: 'invalid_scope', access_token: 'a' } })
    expect(await open(CC).get()).toMatchObject({ failed: 'auth/refused' })
  })

  it('that is a lost answer says so and is asked again at once', async () => {
    answer = () => ({ status: 200, body: null, cut: true })
    const tokens = open(CC)
    expect(await tokens.get()).toEqual({ failed: 'http/lost', because: 'no answer to the token request: connection cut' })
    answer = counted()
    expect(tokenText(await tokens.get())).toBe('a1')
  })

  it('of a bad key is a failure with its reason, not a throw', async () => {
    const tokens = open({ kind: 'jwt_bearer', token_url: '{url}', issuer: 'i', private_key: '{secret}' })
    expect(await tokens.get()).toMatchObject({ failed: 'auth/key', because: expect.stringMatching(/not PEM/) })
    expect(seen).toHaveLength(0)
  })
})

/** Refresh tokens that can be used once; a second use is an invalid grant, as RFC 9700 asks. */
const rotating = () => {
  let alive = 'r1'
  let n = 1
  return (form: Form): Reply => {
    if (form['refresh_token'] !== alive) return { status: 400, body: { error: 'invalid_grant' } }
    alive = `r${++n}`
    return { status: 200, body: { access_token: `a${n}`, refresh_token: alive, expires_in: 100 } }
  }
}

describe('a rotating refresh token', () => {
  it('is durable before its access token is given out', async () => {
    answer = rotating()
    const { notes, kept } = shelf()
    const order: string[] = []
    const keep = async (name: string, value: string) => {
      await new Promise((done) => setTimeout(done, 20))
      await kept.keep(name, value)
      order.push('kept')
    }
    await open(REFRESH, { kept: { ...kept, keep } })
      .get()
      .then(() => order.push('given'))
    expect(order).toEqual(['kept', 'given'])
    expect(Object.values(notes)).toEqual(['r2'])
  })

  it('outlives the process', async () => {
    answer = rotating()
    const { kept } = shelf()
    for (const want of ['a2', 'a3', 'a4']) expect(tokenText(await open(REFRESH, { kept }).get())).toBe(want)
  })

  it('that could not be stored is not used; the next caller stores it and goes on without a second rotation', async () => {
    answer = rotating()
    const s = shelf()
    s.failNext(1)
    const tokens = open(REFRESH, { kept: s.kept })
    const failed = await tokens.get()
    expect(failed).toMatchObject({ failed: 'auth/not-kept', because: expect.stringContaining('store/full') })
    expect(JSON.stringify(failed)).not.toContain('r2')
    expect(tokenText(await tokens.get())).toBe('a2')
    expect([seen.length, Object.values(s.notes)]).toEqual([1, ['r2']])
  })

  it('that another process rotated meanwhile is read again before it is called dead', async () => {
    answer = rotating()
    const s = shelf()
    const [a, b] = [open(REFRESH, { kept: s.kept }), open(REFRESH, { kept: s.kept })]
    await b.get()
    // `a` reads before `b` stores its next rotation, and asks after it.
    let first = true
    const stale = { ...s.notes }
    const read = async () => {
      const given = first ? stale : { ...s.notes }
      first = false
      return given
    }
    const late = open(REFRESH, { kept: { ...s.kept, read } })
    clock += 95_000
    await b.get()
    expect(tokenText(await late.get())).toBe('a4')
    expect(tokenText(await a.get())).toBe('a5')
  })

  it('that is dead is tried once, not twice', async () => {
    answer = () => ({ status: 400, body: { error: 'invalid_grant' } })
    expect(await open(REFRESH).get()).toMatchObject({ failed: 'auth/invalid-grant' })
    expect(seen).toHaveLength(1)
  })
})

describe('a clock that is off', () => {
  const pair = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const key = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

  it.each([-10, 10])('by %i minutes is learned from the Date header, and the assertion signed again', async (minutes) => {
    const theirs = clock + minutes * 60_000
    answer = async (form) => {
      const ok = await jwtVerify(form['assertion'] ?? '', pair.publicKey, {
        currentDate: new Date(theirs),
        maxTokenAge: 60,
      }).then(
        () => true,
        () => false,
      )
      const headers = { date: new Date(theirs).toUTCString() }
      return ok
        ? { status: 200, headers, body: { access_token: 'a', expires_in: 100 } }
        : { status: 400, headers, body: { error: 'invalid_grant' } }
    }
    const got = await open({ kind: 'jwt_bearer', token_url: '{url}', issuer: 'i', private_key: '{key}' }, {}, { key }).get()
    expect(got).toMatchObject({ value: 'a' })
    expect(seen).toHaveLength(2)
    // A life is told in seconds, so it is counted on our own clock.
    expect(Math.abs(((got as Token).expires_at_ms ?? 0) - (clock + 100_000))).toBeLessThan(1000)
  })
})
