/** The address at which a target tells us of changes: who has one, when it ends, what is said to whom, and how much of it there may be. */

import { readdirSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { serve } from '@hono/node-server'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Inbound, openInbound, type Seat, secretOf, signed } from '../hostile/inbound-world.ts'
import { type Doc, until } from './world.ts'

let house: Inbound
let seat: Seat
beforeAll(async () => {
  house = await openInbound()
  seat = await house.seat('acme', 'standard')
}, 60_000)
afterAll(async () => house.close())

let n = 0
const fresh = (): string => JSON.stringify({ id: 'u1', no: ++n })
const renewed = async ({ send, name }: Seat): Promise<string> =>
  new URL((await send('POST', `/v1/connections/${name}/inbound`)).doc.text).pathname
/** Of what is sent without end, buffers of both kernels included. */
const MOST_MB = 8

describe('an address', () => {
  test('is 128 random bits, is shown once, and is in no file, no ledger entry, no log and no other answer', async () => {
    const made = await seat.send('POST', `/v1/connections/${seat.name}/inbound`, undefined, { 'idempotency-key': 'one' })
    const key = /\/v1\/inbound\/([A-Za-z0-9_-]{22})$/.exec(made.doc.text)?.[1] as string
    expect(key).toBeDefined()
    seat.path = `/v1/inbound/${key}`
    const again = await seat.send('POST', `/v1/connections/${seat.name}/inbound`, undefined, { 'idempotency-key': 'one' })
    expect(again.doc).toEqual({ ...made.doc, text: null })
    expect((await house.tell(seat, fresh())).status).toBe(200)
    const answers = await Promise.all(
      ['', '/watch', '/sightings'].map(async (path) => (await seat.send('GET', `/v1/connections/${seat.name}${path}`)).text),
    )
    const ledger = (await seat.send('GET', '/v1/ledger?limit=1000')).text
    expect(ledger).toContain('inbound address renewed')
    const files = readdirSync(house.world.dir, { recursive: true, withFileTypes: true }).filter((one) => one.isFile())
    const kept = files.map((one) => readFileSync(join(one.parentPath, one.name)).toString('latin1'))
    expect([...answers, ledger, ...house.world.logs, ...kept].filter((text) => text.includes(key))).toEqual([])
  })

  test('one that nobody has, one that was renewed, removed, or of a connection that is gone, are like any path that is not there', async () => {
    const other = await house.seat('acme', 'standard')
    const none = await house.post('/v1/no-such-path/x', '{}', { 'content-type': 'application/json' })
    const gone: { [why: string]: string } = {
      'of nobody': `/v1/inbound/${'A'.repeat(22)}`,
      'of another form': '/v1/inbound/short',
      'of a token': `/v1/inbound/${house.world.token('acme', ['admin'])}`,
    }
    gone['renewed'] = other.path
    other.path = await renewed(other)
    expect((await house.tell(other, fresh())).status).toBe(200)
    expect((await other.send('DELETE', `/v1/connections/${other.name}/inbound`)).status).toBe(204)
    expect((await other.send('DELETE', `/v1/connections/${other.name}/inbound`)).status).toBe(404)
    gone['removed'] = other.path
    const last = await renewed(other)
    expect((await other.send('DELETE', `/v1/connections/${other.name}`)).status).toBe(204)
    gone['of a connection that is gone'] = last
    const anew = await house.seat('acme', 'standard', { name: other.name, secret: other.secret })
    gone['of an earlier connection of this name'] = last
    for (const [why, path] of Object.entries(gone)) {
      const body = fresh()
      const got = await house.post(path, body, signed('standard', other.secret, body, house.now.ms))
      expect([why, got.status, got.text]).toEqual([why, 404, none.text])
      expect(Object.fromEntries(got.headers)).toEqual(Object.fromEntries(none.headers))
    }
    expect((await house.tell(anew, fresh())).status).toBe(200)
    expect((await anew.send('GET', '/v1/ledger?limit=1000')).text).toContain('inbound address removed')
  })

  test('of a connection that was removed beside the server ends too', async () => {
    const other = await house.seat('acme', 'standard')
    const { store } = await house.world.house.room('acme')
    const act = { at: new Date().toISOString(), by: 'kim', from: 'cli', why: 'test' }
    const before = (await store.connection(other.name))!
    await store.removeConnection(other.name, act)
    expect((await house.tell(other, fresh())).status).toBe(404)
    await store.putConnection({ ...before, created_at: new Date(Date.parse(before.created_at) + 1).toISOString() }, act)
    expect((await house.tell(other, fresh())).status).toBe(404)
    expect((await house.state(other)).webhook.address).toBeNull()
  })

  test('takes POST, GET as a challenge, and nothing else', async () => {
    for (const method of ['PUT', 'PATCH', 'DELETE', 'OPTIONS'])
      expect((await house.post(seat.path, '{}', { 'content-type': 'application/json' }, { method })).status).toBe(404)
    expect((await house.post(seat.path, undefined, {}, { method: 'GET' })).status).toBe(404)
    // A credential of ours gets nobody in, and keeps nobody out.
    const authorization = `Bearer ${house.world.token('acme', ['admin'])}`
    const body = fresh()
    expect((await house.post(seat.path, body, { 'content-type': 'application/json', authorization })).status).toBe(401)
    const headers = {
      ...signed('standard', seat.secret, body, house.now.ms),
      authorization: 'Bearer nobody',
      cookie: 'rollcall=x',
    }
    expect((await house.post(seat.path, body, headers)).status).toBe(200)
  })

  test('a connector without a webhook has none', async () => {
    const { send } = seat
    const plain = (await import('./world.ts')).YAML
    expect((await send('POST', '/v1/connectors', plain)).status).toBe(201)
    await send('POST', '/v1/connections', {
      name: 'plain',
      connector: 'test-write-rest',
      settings: { url: 'http://127.0.0.1:9' },
    })
    expect((await send('POST', '/v1/connections/plain/inbound')).doc.code).toBe('watch/nothing')
    expect((await send('POST', '/v1/connections/plain/watch')).doc.code).toBe('watch/nothing')
    expect((await send('GET', '/v1/connections/plain/watch')).doc).toMatchObject({ feeds: [], webhook: null })
  })

  test('no entry, no address: with the ledger failing nothing is made, and a message whose secret was not opened yet is not taken', async () => {
    const other = await house.seat('acme', 'standard')
    const db = new DatabaseSync(join(house.world.dir, 'tenants/acme/rollcall.db'), { timeout: 2000 })
    db.exec("CREATE TRIGGER sink BEFORE INSERT ON audit BEGIN SELECT raise(ABORT, 'the ledger takes nothing'); END")
    try {
      expect((await other.send('POST', `/v1/connections/${other.name}/inbound`)).status).toBeGreaterThanOrEqual(500)
      const got = await house.tell(other, fresh())
      expect([got.status, got.doc.cause]).toEqual([500, 'not taken'])
    } finally {
      db.exec('DROP TRIGGER sink')
      db.close()
    }
    expect((await house.state(other)).webhook.counts.taken).toBe(0)
    expect((await house.tell(other, fresh())).status).toBe(200)
  })

  test('the secret is an entry of the ledger once, whatever comes', async () => {
    const other = await house.seat('acme', 'standard')
    for (let i = 0; i < 5; i++) await house.tell(other, fresh())
    const { items } = (await other.send('GET', '/v1/ledger?limit=1000&what=secret%20used')).doc
    const mine = items.filter(({ about, detail }: Doc) => about === other.name && detail.run === 'webhook')
    expect(mine.map(({ detail }: Doc) => detail.secret)).toEqual(['hook'])
  })
})

describe('a challenge', () => {
  const asked = async (of: Seat, query: string, headers: { [name: string]: string } = {}, method = 'GET') =>
    await house.post(`${of.path}${query}`, undefined, headers, { method })

  test('in a header goes back as JSON', async () => {
    const got = await asked(seat, '', { 'x-challenge': 'a<b>&"c' })
    expect([got.status, got.doc]).toEqual([200, { verification: 'a<b>&"c' }])
    expect(got.headers.get('content-type')).toBe('application/json')
  })

  test('in the query goes back as plain text that no browser takes for a page', async () => {
    const body = await house.seat('acme', 'body')
    const text = '<script>alert(1)</script> & "x"'
    for (const method of ['GET', 'POST']) {
      const got = await asked(body, `?validationToken=${encodeURIComponent(text)}`, {}, method)
      expect([got.status, got.text]).toEqual([200, text])
      expect(got.headers.get('content-type')).toBe('text/plain; charset=utf-8')
      expect(got.headers.get('x-content-type-options')).toBe('nosniff')
      expect(got.headers.get('content-security-policy')).toContain("default-src 'none'")
      expect(got.headers.get('cache-control')).toBe('no-store')
    }
    expect((await house.state(body)).waiting).toBe(0)
  })

  test.each([
    ['too long', `?validationToken=${'x'.repeat(2_049)}`],
    ['empty', '?validationToken='],
    ['with a line break', '?validationToken=a%0d%0aset-cookie:x'],
    ['given twice', '?validationToken=a&validationToken=b'],
  ])('%s does not go back', async (_, query) => {
    const body = await house.seat('acme', 'body')
    const got = await asked(body, query)
    expect([got.status, got.doc.cause]).toEqual([400, 'refused'])
    expect((await house.state(body)).webhook.refusals[0].because).toBe('inbound/challenge')
  })

  test('of a connector that declares none is nothing', async () => {
    const got = await asked(seat, '?validationToken=abc')
    expect([got.status, got.text.includes('abc')]).toEqual([404, false])
  })
})

describe('how much', () => {
  test('refusals are counted for an address and messages for a connection: nobody shuts out the target', async () => {
    const slow = await openInbound({ per_minute: 60 })
    try {
      const [one, two] = [await slow.seat('acme', 'standard'), await slow.seat('acme', 'standard')]
      slow.now.ms += 60_000
      const codes = async (many: number, send: () => Promise<{ readonly status: number }>): Promise<readonly number[]> => {
        const got = []
        for (let i = 0; i < many; i++) got.push((await send()).status)
        return got
      }
      const right = (of: Seat, from: string) => () => {
        const body = fresh()
        return slow.post(of.path, body, signed('standard', of.secret, body, slow.now.ms), { from })
      }
      const wrong = (path: string, from: string) => () => slow.post(path, '{}', { 'content-type': 'application/json' }, { from })
      expect(await codes(6, wrong(`/v1/inbound/${'A'.repeat(22)}`, '192.0.2.1'))).toEqual([404, 404, 404, 404, 404, 429])
      expect(await codes(4, wrong(one.path, '192.0.2.2'))).toEqual([401, 401, 401, 401])
      // At whichever address of ours: the next one is the last.
      expect(await codes(2, wrong(two.path, '192.0.2.2'))).toEqual([401, 429])
      // Of one connection no more than its own; the address has not been refused.
      expect(await codes(2, right(one, '192.0.2.3'))).toEqual([200, 429])
      expect(await codes(4, right(two, '192.0.2.3'))).toEqual([200, 200, 200, 200])
      const waited = await right(one, '192.0.2.3')()
      expect(waited.headers.get('retry-after')).toBe('1')
      expect(waited.doc.cause).toMatch(/^wait/)
      slow.now.ms += 60_000
      expect(await codes(2, right(one, '192.0.2.3'))).toEqual([200, 200])
    } finally {
      await slow.close()
    }
  }, 30_000)
})

describe('over a socket', () => {
  let server: ReturnType<typeof serve>
  let port = 0
  beforeAll(async () => {
    port = await new Promise((done) => {
      server = serve({ fetch: house.world.app.fetch, port: 0, hostname: '127.0.0.1' }, (at) => done(at.port))
    })
  })
  afterAll(
    () =>
      new Promise<void>((done) => {
        server.close(() => done())
        if ('closeAllConnections' in server) server.closeAllConnections()
      }),
  )

  /** Lines as they are written; what follows them is sent until the server has enough. */
  const raw = (
    path: string,
    lines: readonly string[],
    body: string | (() => Buffer | null),
  ): Promise<{ text: string; sent: number }> =>
    new Promise((done) => {
      let [text, sent] = ['', 0]
      const socket = connect(port, '127.0.0.1', () => {
        socket.write(`POST ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${lines.join('\r\n')}\r\n\r\n`)
        if (typeof body === 'string') return void socket.write(body)
        const more = (): void => {
          for (;;) {
            const part = socket.destroyed ? null : body()
            if (part === null) return
            sent += part.length
            if (!socket.write(part)) return void socket.once('drain', more)
          }
        }
        more()
      })
      socket.on('data', (part) => {
        text += part
      })
      socket.on('error', () => undefined)
      socket.on('close', () => done({ text, sent }))
    })

  test('50 MB without a length are cut off soon after 256 KB', async () => {
    const chunk = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(65_536, 'x'), Buffer.from('\r\n')])
    let left = 50 * 16
    const lines = ['content-type: application/json', 'transfer-encoding: chunked']
    const { text, sent } = await raw(seat.path, lines, () => (left-- > 0 ? chunk : null))
    console.log(`a body without end: ${sent} bytes of it left the sender`)
    expect(text).toMatch(/^HTTP\/1.1 413/)
    expect(sent).toBeLessThan(MOST_MB * 1_048_576)
    expect((await house.state(seat)).webhook.refusals[0].because).toBe('inbound/too-large')
    expect((await house.tell(seat, fresh())).status).toBe(200)
  })

  const twice = (header: string) => {
    const body = fresh()
    const right = signed('standard', seat.secret, body, house.now.ms)
    const lines = [...Object.entries(right), [header, right[header]]].map(([name, value]) => `${name}: ${value}`)
    return raw(seat.path, [...lines, `content-length: ${body.length}`], body)
  }
  test.each(['webhook-id', 'webhook-timestamp'])('%s given twice is refused', async (header) => {
    expect((await twice(header)).text).toMatch(/^HTTP\/1.1 401/)
  })
  test('a header of a shared secret given twice is refused', async () => {
    const other = await house.seat('acme', 'header')
    const lines = ['content-type: application/json', `x-hook: ${other.secret}`, `x-hook: ${other.secret}`, 'content-length: 11']
    expect((await raw(other.path, lines, '{"id":"u1"}')).text).toMatch(/^HTTP\/1.1 401/)
    expect((await raw(other.path, lines.toSpliced(2, 1), '{"id":"u1"}')).text).toMatch(/^HTTP\/1.1 200/)
  })
  test('two lengths, and a length beside chunks, are nobody’s message', async () => {
    const type = 'content-type: application/json'
    expect((await raw(seat.path, [type, 'content-length: 2', 'content-length: 3'], '{}')).text).toMatch(/^HTTP\/1.1 400/)
    const both = [type, 'content-length: 2', 'transfer-encoding: chunked']
    expect((await raw(seat.path, both, '0\r\n\r\n')).text).toMatch(/^HTTP\/1.1 4\d\d/)
  })
})

describe('soon', () => {
  test('a message is answered before anybody is looked at; a second later he was, once for a burst', async () => {
    const other = await house.seat('acme', 'standard')
    const asked = house.target.asked.length
    const theirs = (): readonly string[] => house.target.asked.slice(asked).filter((line) => /\/u(?:8|9|10)$/.test(line))
    for (const id of ['u8', 'u9', 'u10', 'u8'])
      expect((await house.tell(other, JSON.stringify({ id, no: ++n }))).status).toBe(200)
    expect(theirs()).toEqual([])
    await until(async () => (await house.state(other)).sightings === 3)
    expect(theirs().toSorted()).toEqual(['GET /users/u10', 'GET /users/u8', 'GET /users/u9'])
    const { items } = (await other.send('GET', `/v1/connections/${other.name}/sightings`)).doc
    expect(items[0].cause).toEqual({ by: 'webhook' })
  }, 15_000)

  test('one that names nobody has the feed asked all the same', async () => {
    const other = await house.seat('acme', 'standard')
    await other.send('POST', `/v1/connections/${other.name}/watch`)
    house.target.events.push({ no: 'e1', at: new Date(house.now.ms).toISOString(), user: 'u7' })
    expect((await house.tell(other, JSON.stringify({ no: ++n }))).status).toBe(202)
    await until(async () => (await house.state(other)).sightings === 1)
    const { items } = (await other.send('GET', `/v1/connections/${other.name}/sightings`)).doc
    expect(items[0]).toMatchObject({ id: 'u7', cause: { by: 'feed', feed: 'log' } })
    house.target.events.length = 0
  }, 15_000)

  test('of a paused connection it is kept, and looked at when that is over', async () => {
    const other = await house.seat('acme', 'standard')
    await other.send('POST', `/v1/connections/${other.name}/pause`, { why: 'test' })
    expect((await house.tell(other, fresh())).status).toBe(200)
    await new Promise((done) => setTimeout(done, 1_300))
    expect(await house.state(other)).toMatchObject({ waiting: 1, sightings: 0, feeds: [{ asked_at: null }] })
    expect((await other.send('POST', `/v1/connections/${other.name}/watch`)).doc.code).toBe('api/paused')
    await other.send('POST', `/v1/connections/${other.name}/resume`, { why: 'test' })
    await other.send('POST', `/v1/connections/${other.name}/watch`)
    expect(await house.state(other)).toMatchObject({ waiting: 0, sightings: 1 })
  }, 15_000)
})

test('a secret for another host does not open: everything is refused until it is entered again', async () => {
  const other = await house.seat('acme', 'standard')
  expect((await house.tell(other, fresh())).status).toBe(200)
  await other.send('PATCH', `/v1/connections/${other.name}`, { settings: { url: 'http://127.0.0.1:9' } })
  expect((await house.tell(other, fresh())).status).toBe(401)
  expect((await house.state(other)).webhook.refusals[0].because).toBe('inbound/secret')
  const secret = secretOf('standard')
  await other.send('PATCH', `/v1/connections/${other.name}`, { secrets: { token: 't', hook: secret } })
  expect((await house.tell({ ...other, secret }, fresh())).status).toBe(200)
  expect((await house.tell(other, fresh())).status).toBe(401)
})

test('what a webhook is signed with reads nothing: another one leaves attestation, waiting credential and fingerprint as they were', async () => {
  const { send, name } = await house.seat('acme', 'standard', { secret: null })
  const until_ = new Date(house.now.ms + 86_400_000).toISOString()
  await send('POST', `/v1/connections/${name}/attestation`, { reason: 'test', until: until_ })
  const reads = async (): Promise<string> => {
    const { sync } = (await send('POST', `/v1/connections/${name}/syncs`, { fresh: true })).doc
    const path = `/v1/connections/${name}/syncs/${sync}`
    await until(async () => (await send('GET', path)).doc.state === 'finished')
    return (await send('GET', path)).doc.fingerprint
  }
  const before = await reads()
  const room = await house.world.house.room('acme')
  const waiting = {
    secrets: { token: { from: 'vault', name: 'x' } },
    begun_at: until_,
    by: 'kim',
    until: until_,
    tried: null,
  } as const
  const act = { at: new Date().toISOString(), by: 'kim', from: 'cli', why: 'test' }
  await room.store.putConnection({ ...(await room.store.connection(name))!, rotation: waiting }, act)
  for (const hook of [secretOf('standard'), secretOf('standard')]) {
    const { doc } = await send('PATCH', `/v1/connections/${name}`, { secrets: { hook } })
    expect([doc.attested?.reason, doc.rotation?.by, Object.keys(doc.secrets).sort()]).toEqual(['test', 'kim', ['hook', 'token']])
    expect(await reads()).toBe(before)
  }
  const { doc } = await send('PATCH', `/v1/connections/${name}`, { secrets: { token: 'another' } })
  expect([doc.attested, doc.rotation]).toEqual([null, null])
  expect(await reads()).not.toBe(before)
}, 30_000)
