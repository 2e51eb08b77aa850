import { serve } from '@hono/node-server'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openApi } from '../../runtime/api/app.ts'
import { openAddresses } from '../../runtime/api/client-address.ts'
import { idOf } from '../../runtime/api/events.ts'
import { openLimit } from '../../runtime/api/limit.ts'
import { metricsText } from '../../runtime/api/metrics.ts'
import { ROLES } from '../../runtime/control/types.ts'
import { everyRole, furnish, type Objects, openWorld, type Send, until, type World, YAML } from './world.ts'

let world: World
let acme: Objects
let send: Send
beforeAll(async () => {
  world = await openWorld()
  acme = await furnish(world, 'acme')
  send = everyRole(world, 'acme')
}, 60_000)
afterAll(async () => world.close())

describe('idempotency keys', () => {
  const body = { who: 'once@acme.example', roles: ['viewer'] }
  test('the same request with the same key is done once and answered twice', async () => {
    const size = async () => (await send('GET', '/v1/ledger/head')).doc.size
    const [first] = [await send('POST', '/v1/roles', body, { 'idempotency-key': 'k1' }), await size()]
    const before = await size()
    const again = await send('POST', '/v1/roles', body, { 'idempotency-key': 'k1' })
    expect([again.status, again.doc, again.headers.get('idempotency-replayed')]).toEqual([first.status, first.doc, 'true'])
    expect(await size()).toBe(before)
  })
  test('another request with the key is refused; what failed may be asked for again', async () => {
    expect((await send('POST', '/v1/roles', { ...body, roles: ['admin'] }, { 'idempotency-key': 'k1' })).doc.code).toBe(
      'api/idempotency',
    )
    expect((await send('POST', '/v1/connections/none/check', undefined, { 'idempotency-key': 'k2' })).status).toBe(404)
    expect((await send('POST', '/v1/connections/none/check', undefined, { 'idempotency-key': 'k2' })).status).toBe(404)
  })
  test('of many at once with one key one is done, the others are told to wait', async () => {
    const all = await Promise.all(
      Array.from({ length: 8 }, () => send('POST', '/v1/ledger/checkpoints', undefined, { 'idempotency-key': 'k3' })),
    )
    const done = all.filter(({ status }) => status === 201)
    const waiting = all.filter(({ doc }) => doc.code === 'api/under-way')
    expect(done.length + waiting.length).toBe(8)
    expect(done.filter(({ headers }) => headers.get('idempotency-replayed') === null)).toHaveLength(1)
    expect(waiting.every(({ headers }) => headers.get('retry-after') === '1')).toBe(true)
  })
})

describe('ETags', () => {
  test('what is known is not sent again; a change of what was changed since is refused', async () => {
    const path = `/v1/connections/${acme.connection}`
    const shown = await send('GET', path)
    const etag = shown.headers.get('etag') ?? ''
    const again = await send('GET', path, undefined, { 'if-none-match': `"x", W/${etag}` })
    expect([again.status, again.text]).toEqual([304, ''])
    const changed = await send('PATCH', path, { owner: 'Lee' }, { 'if-match': etag })
    expect([changed.status, changed.doc.owner]).toEqual([200, 'Lee'])
    expect((await send('PATCH', path, { owner: 'Mo' }, { 'if-match': etag })).doc.code).toBe('api/precondition')
    expect((await send('GET', path)).doc.owner).toBe('Lee')
  })
})

describe('pages', () => {
  test('every item once, whatever the size of a page', async () => {
    for (const limit of [1, 7, 30, 1000]) {
      const ids: string[] = []
      for (let cursor = ''; ; ) {
        const page = (
          await send(
            'GET',
            `/v1/connections/${acme.connection}/streams/users/records?limit=${limit}${cursor === '' ? '' : `&cursor=${cursor}`}`,
          )
        ).doc
        ids.push(...page.items.map(({ id }: { id: string }) => id))
        if (page.next === null) break
        cursor = page.next
      }
      expect([ids.length, new Set(ids).size]).toEqual([30, 30])
    }
  })
  test('a cursor of another list, and one made up, are refused', async () => {
    const { next } = (await send('GET', `/v1/connections/${acme.connection}/changes?limit=1`)).doc
    expect((await send('GET', `/v1/connections/${acme.connection}/streams/users/records?cursor=${next}`)).doc.code).toBe(
      'api/cursor',
    )
    expect((await send('GET', '/v1/connections?cursor=AAAA')).doc.code).toBe('api/cursor')
  })
})

describe('the rate limit', () => {
  test('beyond it 429 with Retry-After, a credential at a time; after that long it goes on', async () => {
    let now = Date.now()
    const slow = await openWorld({ per_minute: 60, now: () => now })
    try {
      const [one, two] = [slow.as(slow.token('acme', ['viewer'])), slow.as(slow.token('acme', ['viewer']))]
      const got = []
      for (let i = 0; i < 6; i++) got.push(await one('GET', '/v1/tenant'))
      expect(got.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 429])
      expect(got[5]?.headers.get('retry-after')).toBe('1')
      expect(got[5]?.doc.code).toBe('api/too-often')
      expect((await two('GET', '/v1/tenant')).status).toBe(200)
      now += 1000
      expect((await one('GET', '/v1/tenant')).status).toBe(200)
    } finally {
      await slow.close()
    }
  })
  test('all credentials of a tenant share a limit, and another tenant is not held up by it', async () => {
    let now = Date.now()
    const slow = await openWorld({ per_minute: 60, now: () => now })
    try {
      const statuses: number[] = []
      for (let i = 0; i < 12; i++) statuses.push((await slow.as(slow.token('acme', ['viewer']))('GET', '/v1/tenant')).status)
      expect(statuses).toEqual([...Array(10).fill(200), 429, 429])
      expect((await slow.as(slow.token('hooli', ['viewer']))('GET', '/v1/tenant')).status).toBe(200)
      now += 1000
      expect((await slow.as(slow.token('acme', ['viewer']))('GET', '/v1/tenant')).status).toBe(200)
    } finally {
      await slow.close()
    }
  })
  test('before a sign-in the address counts: of the socket, and behind a trusted proxy of the client, whatever else it writes', async () => {
    const now = Date.now()
    const slow = await openWorld({ per_minute: 60, now: () => now, proxies: ['10.0.0.0/24'] })
    const from = async (remoteAddress: string, forwarded: string | null) => {
      const headers = forwarded === null ? {} : { 'x-forwarded-for': forwarded }
      const env = { incoming: { url: '/v1/tenant', socket: { remoteAddress } } }
      return (await slow.app.request('/v1/tenant', { headers }, env)).status
    }
    try {
      // A stranger's own header gives no new bucket.
      const direct = []
      for (let i = 0; i < 6; i++) direct.push(await from('192.0.2.1', `198.51.100.${i}`))
      expect(direct).toEqual([401, 401, 401, 401, 401, 429])
      const behind = []
      for (let i = 0; i < 6; i++) behind.push(await from('10.0.0.7', `198.51.100.${i}, 203.0.113.5`))
      expect(behind).toEqual([401, 401, 401, 401, 401, 429])
      expect(await from('10.0.0.7', '203.0.113.6')).toBe(401)
      expect(await from('192.0.2.2', null)).toBe(401)
    } finally {
      await slow.close()
    }
  })
  const addressOf = openAddresses(['10.0.0.0/8', '::1', 'fd00::/8'])
  test.each([
    ['203.0.113.1', '198.51.100.1', '203.0.113.1'],
    ['10.1.1.1', '198.51.100.1', '198.51.100.1'],
    ['::ffff:10.1.1.1', '198.51.100.1', '198.51.100.1'],
    ['10.1.1.1', '1.1.1.1, 198.51.100.1, 10.2.2.2', '198.51.100.1'],
    ['10.1.1.1', '1.1.1.1, rubbish', '10.1.1.1'],
    ['10.1.1.1', '', '10.1.1.1'],
    ['10.1.1.1', null, '10.1.1.1'],
    ['fd00::7', '2001:db8::1', '2001:db8::1'],
    ['::1', '10.9.9.9', '10.9.9.9'],
    [undefined, '198.51.100.1', 'unknown'],
  ])('%s that says %s is %s', (socket, forwarded, is) => expect(addressOf(socket, forwarded)).toBe(is))
  test('never more than the burst and the rate together, and all of that', () => {
    const limit = openLimit({ per_minute: 600, burst: 20 })
    let passed = 0
    for (let ms = 0; ms < 60_000; ms += 10) if (limit.take('x', ms) === 0) passed++
    expect(passed).toBeGreaterThanOrEqual(615)
    expect(passed).toBeLessThanOrEqual(621)
  })
  test('a clock that is set back an hour keeps nobody out: one interval, and it goes on', () => {
    const limit = openLimit({ per_minute: 60, burst: 5 })
    const hour = 3_600_000
    for (let i = 0; i < 7; i++) limit.take('x', hour)
    const waits = [0, 500, 1000, 1000, 2000].map((ms) => limit.take('x', ms))
    expect(waits).toEqual([1000, 500, 0, 1000, 0])
  })
})

describe('connectors', () => {
  const text = (title: string) =>
    YAML.replace('connector: test-write-rest', 'connector: versioned').replace('title: Fake', `title: ${title}`)
  test('versions are kept, compared, rolled back and deprecated', async () => {
    for (const title of ['One', 'Two']) await send('POST', '/v1/connectors', text(title))
    const diff = (await send('GET', '/v1/connectors/versioned/diff?from=1&to=2')).doc
    expect(diff).toMatchObject({ same: false, changed: [{ path: 'title' }] })
    expect((await send('POST', '/v1/connectors/versioned/versions/2/deprecate', { why: 'x' })).doc.code).toBe('control/current')
    expect((await send('POST', '/v1/connectors/versioned/versions/1/use', { why: 'back' })).doc).toMatchObject({
      no: 1,
      current: true,
    })
    expect((await send('GET', '/v1/connectors/versioned')).doc.title).toMatch(/^One/)
    expect((await send('POST', '/v1/connectors/versioned/versions/2/deprecate', { why: 'x' })).doc.deprecated_at).not.toBeNull()
    expect((await send('POST', '/v1/connectors/versioned/versions/2/use', { why: 'again' })).doc.code).toBe('control/deprecated')
    expect((await send('GET', '/v1/connectors/versioned/versions/2')).text).toBe(text('Two'))
  })
  test('one that is not valid is refused with the place of every error', async () => {
    const bad = text('x').replace('base_url:', 'base_ulr:')
    const refused = await send('POST', '/v1/connectors', bad)
    expect([refused.status, refused.doc.code]).toEqual([422, 'spec/invalid'])
    expect(refused.doc.errors[0]).toMatchObject({
      at: expect.stringMatching(/^\d+:\d+ /),
      because: expect.stringContaining('base_url'),
    })
    expect((await send('POST', '/v1/connectors/validate', bad)).doc.valid).toBe(false)
  })
})

describe('a second person', () => {
  const plan = async (by: Send) =>
    (
      await by('POST', '/v1/plans', {
        changes: [{ connection: acme.connection, action: 'deactivate_account', id: acme.record }],
        why: 'x',
      })
    ).doc.hash
  const roles = ['operator', 'approver'] as const
  test('nobody approves their own: not with another token, another spelling, or a token they made', async () => {
    const kim = world.as(world.token('acme', roles, { person: 'Kim@acme.example' }))
    const hash = await plan(kim)
    const refused = [
      kim,
      world.as(world.token('acme', roles, { person: 'kim@acme.example ' })),
      world.as(world.token('acme', ['approver'], { person: 'bot', made_by: 'kim@acme.example' })),
    ]
    for (const by of refused)
      expect((await by('POST', `/v1/plans/${hash}/approvals`, { why: 'x' })).doc.code).toBe('plan/own-approval')
    const bot = world.as(world.token('acme', roles, { person: 'ci', made_by: 'lee@acme.example' }))
    const of_bot = await plan(bot)
    const lee = world.as(world.token('acme', roles, { person: 'lee@acme.example' }))
    expect((await lee('POST', `/v1/plans/${of_bot}/approvals`, { why: 'x' })).doc.code).toBe('plan/own-approval')
    expect((await lee('POST', `/v1/plans/${hash}/approvals`, { why: 'x' })).status).toBe(201)
  })
})

describe('changes', () => {
  test('asked for, looked at, sent, looked at again: verified; paused, nothing is taken', async () => {
    await send('POST', '/v1/stops/lift', { scope: '*', why: 'now' })
    await until(async () => (await send('GET', `/v1/actions/${acme.intent}`)).doc.action.state === 'done', 20_000)
    const seen = (await send('GET', `/v1/actions/${acme.intent}`)).doc
    expect(seen.action.outcome).toBe('verified')
    expect(seen.history.map(({ kind }: { kind: string }) => kind)).toContain('sending')
    await send('POST', `/v1/connections/${acme.connection}/pause`, { why: 'night' })
    expect((await send('POST', `/v1/connections/${acme.connection}/syncs`, {})).doc.code).toBe('api/paused')
    expect((await send('GET', `/v1/connections/${acme.connection}`)).doc.paused).toMatchObject({ why: 'night' })
    expect((await send('GET', '/v1/health')).doc).toMatchObject({ is: 'attention' })
    await send('POST', `/v1/connections/${acme.connection}/resume`, { why: 'day' })
    expect((await send('POST', `/v1/connections/${acme.connection}/syncs`, { fresh: true })).status).toBe(202)
    await until(async () => (await send('GET', `/v1/connections/${acme.connection}/syncs`)).doc[0].state === 'finished')
  }, 30_000)
})

describe('events', () => {
  type Event = {
    readonly event: string
    readonly id: string
    readonly data: { readonly seq: number; readonly connection?: string }
  }
  /** Reads `n` events and goes away, wherever that is. */
  async function read(n: number, token: string, path: string, last: string | null): Promise<Event[]> {
    const response = await world.app.request(path, {
      headers: { authorization: `Bearer ${token}`, ...(last === null ? {} : { 'last-event-id': last }) },
    })
    expect(response.status).toBe(200)
    const reader = response.body!.getReader()
    const decoder = new TextDecoder()
    const events: Event[] = []
    let text = ''
    while (events.length < n) {
      const { value, done } = await reader.read()
      if (done) break
      text += decoder.decode(value, { stream: true })
      const parts = text.split('\n\n')
      text = parts.pop() ?? ''
      for (const part of parts) {
        const field = (name: string) =>
          part
            .split('\n')
            .find((line) => line.startsWith(`${name}: `))
            ?.slice(name.length + 2)
        const data = field('data')
        if (data !== undefined && events.length < n)
          events.push({ event: field('event') ?? '', id: field('id') ?? '', data: JSON.parse(data) })
      }
    }
    await reader.cancel()
    return events
  }

  test('cut off anywhere and resumed: every change and entry once, in order, without a hole', async () => {
    const token = world.token('acme', ['auditor'])
    const changes = (await send('GET', `/v1/connections/${acme.connection}/changes?limit=1000`)).doc.items
    const total = changes.length + (await send('GET', '/v1/ledger/head')).doc.size
    const seen: Event[] = []
    let last: string | null = null
    for (let cut = 1; seen.length < total; cut = (cut % 17) + 1) {
      const some = await read(Math.min(cut, total - seen.length), token, '/v1/events?from=start', last)
      seen.push(...some)
      last = some.at(-1)?.id ?? last
    }
    const of = (event: string) => seen.filter((one) => one.event === event).map(({ data }) => data.seq)
    expect(of('change')).toEqual(changes.map((_: unknown, i: number) => i + 1))
    expect(of('ledger')).toEqual(of('ledger').map((_, i) => i + 1))
    expect(seen).toHaveLength(total)
  }, 30_000)

  test('who may not see the ledger gets changes alone; what comes later comes; a revoked token ends the stream', async () => {
    const viewer = world.token('acme', ['viewer'])
    const coming = read(2, viewer, '/v1/events?from=start', null)
    expect((await coming).map(({ event }) => event)).toEqual(['change', 'change'])
    const auditor = world.token('acme', ['auditor'])
    const later = read(1, auditor, '/v1/events', null)
    await new Promise((done) => setTimeout(done, 300))
    await send('POST', '/v1/roles', { who: 'later@acme.example', roles: ['viewer'] })
    expect((await later).map(({ event }) => event)).toEqual(['ledger'])
    const short = world.token('acme', ['viewer'])
    const ends = read(1, short, '/v1/events', null)
    world.control.revoke('acme', short.split('_')[1]!, new Date().toISOString())
    expect(await ends).toEqual([])
  })

  test('read while others write, cut off at every other event: without a hole; and what is written comes at once', async () => {
    const token = world.token('acme', ['auditor'])
    const { size: before } = (await send('GET', '/v1/ledger/head')).doc
    const [begun] = await read(1, token, '/v1/events?from=start', idOf({ ledger: before - 1, changes: await positions() }))
    let writing = true
    const writes = (async () => {
      for (let i = 0; i < 60; i++) await send('POST', '/v1/roles', { who: `w${i}@acme.example`, roles: ['viewer'] })
      writing = false
    })()
    const seqs: number[] = [begun!.data.seq]
    let last = begun!.id
    while (seqs.length < 61) {
      const some = await read(Math.min(1 + (seqs.length % 3), 61 - seqs.length), token, '/v1/events', last)
      seqs.push(...some.map(({ data }) => data.seq))
      last = some.at(-1)!.id
    }
    await writes
    expect(writing).toBe(false)
    expect(seqs).toEqual(Array.from({ length: 61 }, (_, i) => before + i))
    const waits: number[] = []
    for (let i = 0; i < 5; i++) {
      const coming = read(1, token, '/v1/events', null)
      await new Promise((done) => setTimeout(done, 120))
      const at = performance.now()
      await send('POST', '/v1/roles', { who: `x${i}@acme.example`, roles: ['viewer'] })
      await coming
      waits.push(performance.now() - at)
    }
    // Nobody polls for it: the next look at what other processes did is 2 s away.
    expect(waits.toSorted((a, b) => a - b)[2]).toBeLessThan(700)
  }, 30_000)
  const positions = async () => ({
    [acme.connection]: (await send('GET', `/v1/connections/${acme.connection}/changes?limit=1000`)).doc.items.at(-1)
      .seq as number,
  })

  test('an id that this stream did not give is refused', async () => {
    const got = await send('GET', '/v1/events', undefined, { 'last-event-id': 'x' })
    expect(got.doc.code).toBe('api/cursor')
    expect(idOf({ ledger: 0, changes: {} })).toMatch(/^[\w-]+$/)
  })
})

describe('what is served without a credential', () => {
  test('health, description and reference: and the reference asks nothing of anybody else', async () => {
    const nobody = world.as(null)
    expect((await nobody('GET', '/healthz')).doc).toEqual({ is: 'fine' })
    expect((await nobody('GET', '/readyz')).doc).toEqual({ is: 'ready' })
    const page = await nobody('GET', '/docs')
    const loads = [...page.text.matchAll(/(?:src|href|url)\s*[=(]\s*["']?([^"')\s>]+)/g)].map(([, url]) => url as string)
    expect(loads.filter((url) => !url.startsWith('#') && !url.startsWith('/'))).toEqual([])
    expect(page.text).not.toContain('<script')
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
    expect((await nobody('GET', '/docs/style.css')).text).not.toMatch(/@import|url\(/)
    expect(page.text).toContain('/v1/connections/{connection}/syncs')
  })
  test('every answer carries the headers that keep browsers from guessing', async () => {
    for (const path of ['/v1/tenant', '/docs', '/nowhere', '/healthz']) {
      const { headers } = await world.as(null)('GET', path)
      expect([headers.get('x-content-type-options'), headers.get('referrer-policy')]).toEqual(['nosniff', 'no-referrer'])
    }
  })
})

test('metrics are Prometheus text, whatever stands in a label', async () => {
  const { text, headers } = await send('GET', '/v1/metrics')
  expect(headers.get('content-type')).toContain('version=0.0.4')
  expect(
    text
      .split('\n')
      .filter((line) => line !== '' && !/^# (HELP|TYPE) |^[a-z_]+(\{([a-z]+="(\\.|[^"\\\n])*",?)+\})? -?[\d.e+]+$/.test(line)),
  ).toEqual([])
  expect(text).toContain(`rollcall_verdict{connection="${acme.connection}",stream="users",verdict=`)
  expect(metricsText([['rollcall_records', { connection: 'a"b\\c\nd' }, 1]])).toContain('connection="a\\"b\\\\c\\nd"')
})

test('over a socket: the same application, and it closes', async () => {
  const app = openApi(world.house)
  const token = world.token('acme', ROLES)
  const { port, server } = await new Promise<{ port: number; server: ReturnType<typeof serve> }>((done) => {
    const server: ReturnType<typeof serve> = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) =>
      done({ port, server }),
    )
  })
  const got = await fetch(`http://127.0.0.1:${port}/v1/session`, { headers: { authorization: `Bearer ${token}` } })
  expect(((await got.json()) as { readonly tenant: string }).tenant).toBe('acme')
  await new Promise((done) => server.close(done))
})
