import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { afterEach, expect, test } from 'vitest'
import type { Connector, HttpRequest, Observation } from '../../runtime/types.ts'
import { clock, connector, get, json, LIMITS, room, type Target, target } from './room.ts'

const open: { close: () => Promise<void> }[] = []
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close()
})

type Script = Parameters<typeof target>[0]
async function play(
  script: Script,
  more: {
    readonly spec?: Partial<Connector>
    readonly ask?: Partial<HttpRequest> & { path?: string }
    readonly real_time?: boolean
  } = {},
) {
  const server: Target = await target(script)
  open.push(server)
  const time = clock()
  const waits: string[] = []
  const http = room(connector(server.url, more.spec), { ...(more.real_time ? {} : time), onWait: (w) => waits.push(w.why) })
  open.push(http)
  const { path, ...ask } = more.ask ?? {}
  const seen: Observation = await http.send(get(`${server.url}${path ?? '/users'}`, ask), { lane: 'sync' })
  return { seen, server, http, time, waits }
}

test('a whole answer is an answer, with the digest of its bytes', async () => {
  const { seen } = await play((_q, r) => json(r, { ok: true }))
  expect(seen).toMatchObject({ kind: 'answer', status: 200, body: { ok: true }, bytes: 11, requests: 1 })
  expect(seen.kind === 'answer' && seen.digest).toBe('4062edaf750fb8074e7e83e0c9028c94e32468a8b6f1614774328ef045150f93')
})

// ---------------------------------------------------------------- bodies

const text =
  (coding: string | null, bytes: Buffer): Script =>
  (_q, r) => {
    r.writeHead(200, { 'content-type': 'application/json', ...(coding === null ? {} : { 'content-encoding': coding }) })
    r.end(bytes)
  }
const PAGE = Buffer.from(JSON.stringify({ users: Array.from({ length: 50 }, (_, n) => ({ id: `u${n}` })) }))
const ZEROS = Buffer.alloc(12_000_000, 32)

test.each([
  ['gzip', gzipSync(PAGE)],
  ['x-gzip', gzipSync(PAGE)],
  ['GZIP', gzipSync(PAGE)],
  ['deflate', deflateSync(PAGE)],
  ['deflate', deflateRawSync(PAGE)],
  ['br', brotliCompressSync(PAGE)],
  ['identity', PAGE],
  [null, PAGE],
  [null, gzipSync(PAGE)],
])('a body coded %s is undone', async (coding, bytes) => {
  const { seen } = await play(text(coding, bytes))
  expect(seen).toMatchObject({ kind: 'answer', bytes: PAGE.length })
})

test.each([
  ['a gzip bomb', 'gzip', gzipSync(ZEROS), 'http/bomb'],
  ['a brotli bomb', 'br', brotliCompressSync(ZEROS), 'http/bomb'],
  ['a bomb without a content coding', null, gzipSync(ZEROS), 'http/bomb'],
  ['two stacked codings', 'gzip, gzip', gzipSync(gzipSync(PAGE)), 'http/bomb'],
  ['six stacked codings', 'gzip,gzip,gzip,br,gzip,gzip', gzipSync(PAGE), 'http/bomb'],
  ['an unknown coding', 'sdch', PAGE, 'http/encoding'],
  ['a coding that is not what it says', 'gzip', PAGE, 'http/encoding'],
  ['a cut gzip', 'gzip', gzipSync(PAGE).subarray(0, 80), 'http/cut'],
])('%s is lost', async (_name, coding, bytes, code) => {
  const { seen } = await play(text(coding, bytes))
  expect(seen).toMatchObject({ kind: 'lost', code })
})

test('a double gzip under one coding is undone once, and is no text then', async () => {
  const { seen } = await play(text('gzip', gzipSync(gzipSync(PAGE))))
  expect(seen).toMatchObject({ kind: 'refused', code: 'decode/utf8' })
})

test.each([
  [
    'a body that says it is too large',
    (r: Parameters<Script>[1]) => r.writeHead(200, { 'content-length': 40_000_000 }).write(ZEROS),
  ],
  ['a body that does not say how large it is', (r: Parameters<Script>[1]) => r.writeHead(200).end(Buffer.concat([ZEROS, ZEROS]))],
  [
    'a body that is too large when unpacked',
    (r: Parameters<Script>[1]) =>
      r
        .writeHead(200, { 'content-encoding': 'gzip' })
        .end(gzipSync(Buffer.concat([Buffer.from(Array.from({ length: 400_000 }, (_, n) => n * n)), ZEROS, ZEROS]))),
  ],
])('%s is lost, and asked for once', async (_name, send) => {
  const { seen, server } = await play((_q, r) => void send(r), { spec: { limits: { ...LIMITS, max_bytes: 15_000_000 } } })
  expect(seen).toMatchObject({ kind: 'lost', code: expect.stringMatching(/^http\/(too-large|bomb)$/) })
  expect(server.seen).toHaveLength(1)
})

test('a body that drips is cut at the time limit, however often a byte comes', async () => {
  const started = performance.now()
  const { seen } = await play(
    (_q, r) => {
      r.writeHead(200, { 'content-type': 'application/json' })
      const drip = setInterval(() => r.write(' '), 20)
      r.on('close', () => clearInterval(drip))
    },
    { spec: { limits: { ...LIMITS, timeout_ms: 200, attempts: 1 } }, real_time: true },
  )
  expect(seen).toMatchObject({ kind: 'lost', code: 'http/timeout', because: expect.stringContaining('not whole') })
  expect(performance.now() - started).toBeLessThan(1500)
})

test('a target that never answers is lost after all tries', async () => {
  const { seen, server } = await play(() => {}, { spec: { limits: { ...LIMITS, timeout_ms: 100 } } })
  expect(seen).toMatchObject({ kind: 'lost', code: 'http/timeout', requests: 3, because: expect.stringContaining('3 times') })
  expect(server.seen).toHaveLength(3)
})

test.each<[string, Script, string]>([
  [
    'cut below its content length',
    (_q, r) => r.writeHead(200, { 'content-length': 100 }).write('{"users":[', () => r.destroy()),
    'http/cut',
  ],
  ['cut inside a chunk', (_q, r) => r.writeHead(200).write('{"users":[]}', () => r.destroy()), 'http/cut'],
  ['reset before a byte', (q) => q.socket.resetAndDestroy(), 'http/reset'],
  ['closed before a byte', (q) => q.socket.destroy(), 'http/reset'],
  ['no HTTP at all', (q) => q.socket.end('SSH-2.0-OpenSSH_9.6\r\n'), 'http/protocol'],
])('an answer that is %s is tried again, then lost', async (_name, script, code) => {
  const { seen } = await play(script)
  expect(seen).toMatchObject({ kind: 'lost', code, requests: 3 })
})

test('a cut answer that comes whole the next time is an answer', async () => {
  const { seen } = await play((_q, r, n) =>
    n === 1 ? void r.writeHead(200, { 'content-length': 100 }).write('{', () => r.destroy()) : json(r, { n }),
  )
  expect(seen).toMatchObject({ kind: 'answer', body: { n: 2 }, requests: 2 })
})

test.each<[string, string, string, string]>([
  ['a login page', 'text/html; charset=utf-8', '<!DOCTYPE html><html><title>Sign in</title></html>', 'decode/html'],
  ['a login page that says it is JSON', 'application/json', '\n <html lang="en"></html>', 'decode/html'],
  ['a page without words', 'text/html', 'Please wait…', 'decode/html'],
  ['a picture', 'image/png', 'PNG', 'decode/media-type'],
  ['nothing', 'application/json', '', 'decode/empty'],
  ['cut JSON with the right length', 'application/json', '{"users":[{"id":"a"', 'decode/cut'],
])('%s with 200 is refused, never an empty list', async (_name, type, body, code) => {
  const { seen } = await play((_q, r) => r.writeHead(200, { 'content-type': type }).end(body))
  expect(seen).toMatchObject({ kind: 'refused', code, status: 200, gap: false })
})

test.each(['text/plain', 'application/octet-stream', 'text/html', 'application/scim+json', ''])(
  'JSON that calls itself "%s" is read',
  async (type) => {
    const { seen } = await play((_q, r) => r.writeHead(200, type === '' ? {} : { 'content-type': type }).end('{"users":[]}'))
    expect(seen).toMatchObject({ kind: 'answer', body: { users: [] } })
  },
)

test('bytes that are no UTF-8 are refused, not repaired', async () => {
  const { seen } = await play((_q, r) =>
    r.writeHead(200, { 'content-type': 'application/json' }).end(Buffer.from([0x22, 0xe9, 0x22])),
  )
  expect(seen).toMatchObject({ kind: 'refused', code: 'decode/utf8' })
})

test('204 is an answer without a body', async () => {
  const { seen } = await play((_q, r) => r.writeHead(204).end())
  expect(seen).toMatchObject({ kind: 'answer', status: 204, body: null })
})

// ---------------------------------------------------------------- status and rules

test.each([
  [400, 'http/refused'],
  [403, 'http/forbidden'],
  [404, 'http/not-found'],
  [410, 'http/gone'],
  [304, 'http/redirect'],
  [401, 'http/unauthorized'],
])('%d is refused as %s at the first time', async (status, code) => {
  const { seen, server } = await play((_q, r) =>
    status === 304 ? void r.writeHead(304).end() : json(r, { message: 'no' }, status),
  )
  expect(seen).toMatchObject({ kind: 'refused', code, status, gap: false })
  expect(server.seen).toHaveLength(1)
})

test.each([408, 425, 500, 502, 503, 504])('%d is tried again with growing pauses, then lost', async (status) => {
  const { seen, time } = await play((_q, r) => json(r, {}, status))
  expect(seen).toMatchObject({ kind: 'lost', code: 'http/server-error', requests: 3 })
  expect(time.slept).toEqual([500, 1000])
})

test('a PUT is sent once', async () => {
  const { server } = await play((_q, r) => json(r, {}, 500), {
    ask: { method: 'PUT', body: { type: 'application/json', text: '{}' } },
  })
  expect(server.seen).toHaveLength(1)
})

test('a POST that lists is sent with its body and tried again', async () => {
  const bodies: string[] = []
  const { seen } = await play(
    (q, r, n) => {
      q.on('data', (chunk) => bodies.push(String(chunk)))
      q.on('end', () => (n === 1 ? json(r, {}, 502) : json(r, { type: q.headers['content-type'] })))
    },
    { ask: { method: 'POST', body: { type: 'application/json', text: '{"query":"{users}"}' } } },
  )
  expect(seen).toMatchObject({ kind: 'answer', body: { type: 'application/json' } })
  expect(bodies).toEqual(['{"query":"{users}"}', '{"query":"{users}"}'])
})

test.each([
  ['retry', { kind: 'lost', code: 'http/rule-retry', requests: 3 }],
  ['gap', { kind: 'refused', code: 'http/rule-gap', gap: true }],
  ['fail', { kind: 'refused', code: 'http/rule-fail', gap: false }],
  ['restart', { kind: 'refused', code: 'http/restart', gap: false }],
] as const)('a rule that says %s is followed, before the default', async (then, expected) => {
  const rule = { status: [403], when: "= has(body.reason) && body.reason == 'x'", then, because: 'quota' }
  const { seen } = await play((_q, r) => json(r, { reason: 'x' }, 403), { spec: { responses: [rule] } })
  expect(seen).toMatchObject({ ...expected, because: expect.stringContaining('quota') })
  const { seen: other } = await play((_q, r) => json(r, { reason: 'y' }, 403), { spec: { responses: [rule] } })
  expect(other).toMatchObject({ kind: 'refused', code: 'http/forbidden' })
  const { seen: html } = await play((_q, r) => r.writeHead(403).end('<html>'), { spec: { responses: [rule] } })
  expect(html).toMatchObject({ kind: 'refused', code: 'http/forbidden' })
})

test('403 as a rate limit, by rule, is waited for', async () => {
  // biome-ignore lint/suspicious/noThenProperty: the word of the language
  const rule = { status: [403], when: "= body.reason == 'quotaExceeded'", then: 'wait', because: 'quota' } as const
  const { seen, waits } = await play((_q, r, n) => (n < 4 ? json(r, { reason: 'quotaExceeded' }, 403) : json(r, { n })), {
    spec: { responses: [rule] },
  })
  expect(seen).toMatchObject({ kind: 'answer', body: { n: 4 }, requests: 4 })
  expect(waits.length).toBeGreaterThan(0)
})

test('200 with an error inside is refused by `expect`, with the target’s words', async () => {
  const { seen } = await play((_q, r) => json(r, { ok: false, error: 'invalid_auth' }), {
    ask: { expect: ['= body.ok == true'] },
  })
  expect(seen).toMatchObject({
    kind: 'refused',
    code: 'http/expect',
    status: 200,
    because: expect.stringContaining('invalid_auth'),
  })
  const { seen: absent } = await play((_q, r) => json(r, []), { ask: { expect: ['= body.ok == true'] } })
  expect(absent).toMatchObject({ kind: 'refused', code: 'http/expect' })
})

test.each(['= body.ok', '= body.ok.deeper', "= body.ok + 'x'"])('`expect` holds for true alone: %s', async (text) => {
  const { seen } = await play((_q, r) => json(r, { ok: 'true' }), { ask: { expect: [text] } })
  expect(seen).toMatchObject({ kind: 'refused', code: 'http/expect' })
})

test('`expect` sees status and headers in lower case', async () => {
  const { seen } = await play((_q, r) => json(r, { ok: true }, 200, { 'X-Whole': 'yes' }), {
    ask: { expect: ["= status == 200 && headers['x-whole'] == 'yes'"] },
  })
  expect(seen).toMatchObject({ kind: 'answer' })
})

test('a header that would split the request is never sent', async () => {
  const { seen, server } = await play((_q, r) => json(r, {}), { ask: { headers: { 'x-cursor': 'a\r\nx-admin: 1' } } })
  expect(seen).toMatchObject({ kind: 'lost', code: 'http/unsafe' })
  expect(server.seen).toHaveLength(0)
})

// ---------------------------------------------------------------- redirects

const CREDENTIAL = {
  settings: { key: { type: 'secret', required: true } },
  auth: { kind: 'header', name: 'X-Api-Key', value: '{key}' },
} as const

test('a redirect within the origin is followed, with the credential', async () => {
  const server = await target((q, r) =>
    q.url === '/new'
      ? json(r, { same: q.headers['x-api-key'] === 'k-123456' })
      : void r.writeHead(307, { location: '/new' }).end(),
  )
  open.push(server)
  const http = room(connector(server.url, CREDENTIAL), { secret: { key: 'k-123456' } })
  open.push(http)
  expect(await http.send(get(`${server.url}/users`), { lane: 'sync' })).toMatchObject({
    kind: 'answer',
    url: `${server.url}/new`,
    body: { same: true },
    requests: 2,
  })
})

test.each([301, 302, 303, 307, 308])('a %d to another origin is blocked, and nothing reaches it', async (status) => {
  const thief = await target((_q, r) => json(r, {}))
  const server = await target((_q, r) => void r.writeHead(status, { location: `${thief.url}/steal` }).end())
  open.push(thief, server)
  for (const origins of [[], [thief.url]]) {
    const http = room(connector(server.url, { ...CREDENTIAL, origins }), { secret: { key: 'k-123456' } })
    open.push(http)
    expect(await http.send(get(`${server.url}/users`), { lane: 'sync' })).toMatchObject({
      kind: 'refused',
      code: 'egress/redirect-blocked',
      status,
    })
  }
  expect(thief.seen).toHaveLength(0)
})

test.each(['https://127.0.0.1/x', 'http://169.254.169.254/latest', '//evil.example/', 'file:///etc/passwd', 'http://['])(
  'a redirect to %s is blocked',
  async (location) => {
    const { seen, server } = await play((_q, r) => void r.writeHead(302, { location }).end())
    expect(seen).toMatchObject({ kind: 'refused', code: 'egress/redirect-blocked' })
    expect(server.seen).toHaveLength(1)
  },
)

test('a redirected POST is blocked, and more than three redirects are', async () => {
  const { seen } = await play((_q, r) => void r.writeHead(307, { location: '/b' }).end(), {
    ask: { method: 'POST', body: { type: 'application/json', text: '{}' } },
  })
  expect(seen).toMatchObject({ kind: 'refused', code: 'egress/redirect-blocked' })
  const { seen: round, server } = await play((_q, r) => void r.writeHead(302, { location: '/users' }).end())
  expect(round).toMatchObject({ kind: 'refused', code: 'egress/redirect-blocked', requests: 4 })
  expect(server.seen).toHaveLength(4)
})

// ---------------------------------------------------------------- breaker, calling off

test('a target that is down is left alone for a while, and asked again after it', async () => {
  let down = true
  const server = await target((_q, r) => (down ? json(r, {}, 500) : json(r, { ok: true })))
  open.push(server)
  const time = clock()
  const waits: string[] = []
  const http = room(connector(server.url), { ...time, onWait: (w) => waits.push(w.why) })
  open.push(http)
  const ask = () => http.send(get(`${server.url}/users`), { lane: 'sync' })
  for (let n = 0; n < 4; n++) expect(await ask()).toMatchObject({ code: 'http/server-error' })
  expect(waits.filter((why) => !why.includes('; try'))).toEqual([expect.stringContaining('12 requests in a row')])
  expect(new Set(waits.slice(0, -1))).toEqual(new Set(['GET /users: 500 Internal Server Error; try 3 of 3']))
  expect(await ask()).toMatchObject({
    kind: 'lost',
    code: 'http/breaker-open',
    requests: 1,
    because: expect.stringMatching(/13 requests .* \(status 500\)/),
  })
  expect(server.seen).toHaveLength(13)
  down = false
  expect(await ask()).toMatchObject({ kind: 'answer', requests: 1 })
  expect(await ask()).toMatchObject({ kind: 'answer', requests: 1 })
})

test('a request that is called off ends as data, waiting or under way', async () => {
  const server = await target(() => {})
  open.push(server)
  const http = room(connector(server.url, { limits: { ...LIMITS, concurrent: 1 } }))
  open.push(http)
  const stop = new AbortController()
  const both = [1, 2].map(() => http.send(get(`${server.url}/users`), { lane: 'sync', signal: stop.signal }))
  setTimeout(() => stop.abort(), 50)
  for (const one of await Promise.all(both)) expect(one).toMatchObject({ kind: 'lost', code: 'http/aborted' })
  expect(await http.send(get(`${server.url}/users`), { lane: 'sync', signal: AbortSignal.abort() })).toMatchObject({
    kind: 'lost',
    code: 'http/aborted',
    requests: 0,
  })
})

test('closing ends what is under way, and later requests', async () => {
  const server = await target(() => {})
  open.push(server)
  const http = room(connector(server.url))
  const under_way = http.send(get(`${server.url}/users`), { lane: 'sync' })
  setTimeout(() => void http.close(), 50)
  expect(await under_way).toMatchObject({ kind: 'lost', code: 'http/aborted' })
  expect(await http.send(get(`${server.url}/users`), { lane: 'sync' })).toMatchObject({ kind: 'lost', code: 'http/aborted' })
})

test('no server at all is lost as a connection, and a name that is not known as a name', async () => {
  const gone = await target(() => {})
  await gone.close()
  const http = room(connector(gone.url), clock())
  open.push(http)
  expect(await http.send(get(`${gone.url}/users`), { lane: 'sync' })).toMatchObject({
    kind: 'lost',
    code: 'http/connect',
    requests: 3,
  })
  const nameless = room(connector('http://nowhere.example'), {
    ...clock(),
    resolve: (_name, done) => done(Object.assign(new Error('x'), { code: 'ENOTFOUND' }), []),
  })
  open.push(nameless)
  expect(await nameless.send(get('http://nowhere.example/users'), { lane: 'sync' })).toMatchObject({
    kind: 'lost',
    code: 'http/dns',
  })
})
