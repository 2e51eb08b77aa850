/** R30, and hostile case 18: whoever writes to an address that a target tells us at. A message names whom to look at, and does nothing else. */
import { createHmac } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Doc } from '../api/world.ts'
import { type Headers_, type Inbound, type Kind, openInbound, type Seat, secretOf, signed, synced } from './inbound-world.ts'

let house: Inbound
let acme: { readonly [kind in Kind]: Seat }
let hooli: Seat
const KINDS = ['standard', 'signed', 'timed', 'header', 'body'] as const
beforeAll(async () => {
  house = await openInbound()
  for (const tenant of ['acme', 'hooli']) await house.quiet(tenant)
  const seats = []
  for (const kind of KINDS) seats.push([kind, await house.seat('acme', kind)] as const)
  acme = Object.fromEntries(seats) as typeof acme
  hooli = await house.seat('hooli', 'standard')
}, 60_000)
afterAll(async () => house.close())

const hook = (seat: Seat, id: string): string =>
  seat.kind === 'body' ? JSON.stringify({ value: [{ id, clientState: seat.secret }] }) : JSON.stringify({ id })
let n = 0
/** A body that was not sent before. */
const fresh = (seat: Seat): string =>
  seat.kind === 'body'
    ? JSON.stringify({ value: [{ id: 'u1', no: ++n, clientState: seat.secret }] })
    : JSON.stringify({ id: 'u1', no: ++n })
const newest = async (seat: Seat): Promise<Doc> => (await house.state(seat)).webhook.refusals[0]
const taken = async (seat: Seat): Promise<number> => (await house.state(seat)).webhook.counts.taken

/** Everything in a tenant but what came in. */
async function state({ send, name }: Seat): Promise<string> {
  const watch = (await send('GET', `/v1/connections/${name}/watch`)).doc
  const paths = ['streams', 'changes', 'sightings', 'streams/users/records']
  const texts = await Promise.all(paths.map(async (path) => (await send('GET', `/v1/connections/${name}/${path}`)).text))
  return JSON.stringify([watch.waiting, watch.feeds, texts.map((text) => text.replace(/"age_s":[\d.]+/g, ''))])
}

describe('R30 forged', () => {
  type Forgery = readonly [why: string, kind: Kind, forge: (body: string, right: Headers_, seat: Seat) => Headers_, code: string]
  const forgeries: readonly Forgery[] = [
    ['nothing shown', 'standard', () => ({}), 'inbound/unsigned'],
    ['another secret', 'standard', (body) => signed('standard', secretOf('standard'), body, house.now.ms), 'inbound/forged'],
    ["the other tenant's secret", 'standard', (body) => signed('standard', hooli.secret, body, house.now.ms), 'inbound/forged'],
    [
      'the signature of another body',
      'standard',
      (_, __, s) => signed('standard', s.secret, '{}', house.now.ms),
      'inbound/forged',
    ],
    ['301 s old', 'standard', (body, _, s) => signed('standard', s.secret, body, house.now.ms - 301_000), 'inbound/stale'],
    ['301 s ahead', 'standard', (body, _, s) => signed('standard', s.secret, body, house.now.ms + 301_999), 'inbound/stale'],
    ['an old signature with a new time', 'standard', (_, right) => ({ ...right, 'webhook-timestamp': '1' }), 'inbound/malformed'],
    [
      'a time that is not the signed one',
      'standard',
      (_, right) => ({ ...right, 'webhook-timestamp': String(Number(right['webhook-timestamp']) - 1) }),
      'inbound/forged',
    ],
    ['an id that is not the signed one', 'standard', (_, right) => ({ ...right, 'webhook-id': 'msg_other' }), 'inbound/forged'],
    [
      'an id with a dot, so that its end passes for a time',
      'standard',
      (body, _, s) => signed('standard', s.secret, body, house.now.ms, `msg.${Math.floor(house.now.ms / 1000)}`),
      'inbound/malformed',
    ],
    [
      'a version nobody knows',
      'standard',
      (_, r) => ({ ...r, 'webhook-signature': r['webhook-signature']!.replace('v1', 'v0') }),
      'inbound/forged',
    ],
    [
      'an asymmetric version',
      'standard',
      (_, r) => ({ ...r, 'webhook-signature': r['webhook-signature']!.replace('v1', 'v1a') }),
      'inbound/forged',
    ],
    ['an empty signature', 'standard', (_, right) => ({ ...right, 'webhook-signature': 'v1,' }), 'inbound/forged'],
    [
      'a cut signature',
      'standard',
      (_, r) => ({ ...r, 'webhook-signature': r['webhook-signature']!.slice(0, -4) }),
      'inbound/forged',
    ],
    [
      'another hash',
      'signed',
      (body, _, s) => ({ 'x-signature': `sha1=${createHmac('sha1', s.secret).update(body).digest('hex')}` }),
      'inbound/forged',
    ],
    [
      'another hash behind the right name',
      'signed',
      (body, _, s) => ({ 'x-signature': `sha256=${createHmac('sha1', s.secret).update(body).digest('hex')}` }),
      'inbound/forged',
    ],
    [
      'an HMAC without a key',
      'signed',
      (body) => ({ 'x-signature': `sha256=${createHmac('sha256', '').update(body).digest('hex')}` }),
      'inbound/forged',
    ],
    [
      'a signature without its prefix',
      'signed',
      (_, right) => ({ 'x-signature': right['x-signature']!.slice(7) }),
      'inbound/forged',
    ],
    ['301 s old, by HMAC', 'timed', (body, _, s) => signed('timed', s.secret, body, house.now.ms - 301_000), 'inbound/stale'],
    [
      'an id with a dot, by HMAC',
      'timed',
      (body, _, s) => signed('timed', s.secret, body, house.now.ms, 'a.1'),
      'inbound/malformed',
    ],
    ['another shared secret', 'header', () => ({ 'x-hook': 'hook-other' }), 'inbound/forged'],
    ['the shared secret and more', 'header', (_, __, s) => ({ 'x-hook': `${s.secret}x` }), 'inbound/forged'],
    ['the shared secret twice', 'header', (_, __, s) => ({ 'x-hook': `${s.secret}, ${s.secret}` }), 'inbound/forged'],
    ['an empty shared secret', 'header', () => ({ 'x-hook': '' }), 'inbound/forged'],
    ['the shared secret in the query', 'header', () => ({}), 'inbound/unsigned'],
  ]
  test.each(forgeries)('%s (%s) is refused without a word, and the operator is told why', async (_, kind, forge, code) => {
    const seat = acme[kind]
    const body = fresh(seat)
    const right = signed(kind, seat.secret, body, house.now.ms)
    const [before, asked] = [await state(seat), house.target.asked.length]
    const got = await house.post(seat.path, body, { 'content-type': 'application/json', ...forge(body, right, seat) })
    expect([got.status, got.doc.code, got.doc.cause]).toEqual([401, 'api/inbound', 'refused'])
    expect(got.text).not.toContain(code)
    expect(await newest(seat)).toMatchObject({ is: 'refused', because: code, touched: 0 })
    expect(await state(seat)).toBe(before)
    expect(house.target.asked.length).toBe(asked)
    // The same one as it should be: the refusal was for the forgery.
    expect((await house.post(seat.path, body, right)).status).toBe(200)
  })

  const bodies: readonly (readonly [string, (secret: string) => unknown, string])[] = [
    ['one item without the secret', (s) => ({ value: [{ id: 'u1', clientState: s }, { id: 'u2' }] }), 'inbound/forged'],
    [
      'one item with another',
      (s) => ({
        value: [
          { id: 'u1', clientState: s },
          { id: 'u2', clientState: 'x' },
        ],
      }),
      'inbound/forged',
    ],
    ['no items', () => ({ value: [] }), 'inbound/unsigned'],
    ['a list of the secret', (s) => ({ value: [{ id: 'u1', clientState: [s] }] }), 'inbound/forged'],
    ['true', () => ({ value: [{ id: 'u1', clientState: true }] }), 'inbound/forged'],
    ['inherited', (s) => JSON.parse(`{"value":[{"id":"u1","__proto__":{"clientState":"${s}"}}]}`), 'inbound/unsigned'],
    ['null', () => null, 'inbound/unsigned'],
  ]
  test.each(bodies)('a secret in the body: %s', async (_, body, code) => {
    const seat = acme.body
    const before = await state(seat)
    const got = await house.post(seat.path, JSON.stringify(body(seat.secret)), { 'content-type': 'application/json' })
    expect(got.status).toBe(401)
    expect(await newest(seat)).toMatchObject({ because: code })
    expect(await state(seat)).toBe(before)
  })

  test('a list of signatures with a right one in it is right, as while a secret is rotated', async () => {
    const body = fresh(acme.standard)
    const right = signed('standard', acme.standard.secret, body, house.now.ms)
    const other = signed('standard', secretOf('standard'), body, house.now.ms)['webhook-signature']
    const headers = { ...right, 'webhook-signature': `${other} v1a,AAAA ${right['webhook-signature']}` }
    expect((await house.post(acme.standard.path, body, headers)).status).toBe(200)
  })

  test.each([
    ['299 s old', -299_000],
    ['299 s ahead', 299_000],
  ])('%s is taken', async (_, off) => {
    const body = fresh(acme.standard)
    const at = house.now.ms + off
    expect((await house.post(acme.standard.path, body, signed('standard', acme.standard.secret, body, at))).status).toBe(200)
  })

  test("a message of one tenant at the other's address is refused, and at its own it is taken", async () => {
    const body = fresh(hooli)
    const before = await state(acme.standard)
    const headers = signed('standard', hooli.secret, body, house.now.ms)
    expect((await house.post(acme.standard.path, body, headers)).status).toBe(401)
    expect(await state(acme.standard)).toBe(before)
    expect((await house.post(hooli.path, body, headers)).status).toBe(200)
  })

  test.each([
    ['not given', null],
    ['too short to be one', 'whsec_AAAA'],
  ])('where the secret is %s everything is refused, what is signed with nothing too', async (_, secret) => {
    const seat = await house.seat('acme', 'standard', { secret })
    const body = fresh(seat)
    for (const key of ['', secret ?? ''])
      for (const headers of [
        {},
        { 'webhook-signature': '' },
        {
          'webhook-signature': `v1,${createHmac('sha256', key)
            .update(`m1.${Math.floor(house.now.ms / 1000)}.${body}`)
            .digest('base64')}`,
        },
      ]) {
        const all = {
          'content-type': 'application/json',
          'webhook-id': 'm1',
          'webhook-timestamp': `${Math.floor(house.now.ms / 1000)}`,
          ...headers,
        }
        expect((await house.post(seat.path, body, all)).status).toBe(401)
        expect(await newest(seat)).toMatchObject({ because: 'inbound/secret', means: expect.stringMatching(/secret/) })
      }
    expect(await taken(seat)).toBe(0)
  })

  test.each(['header', 'body', 'signed'] as const)('an empty secret is no secret (%s)', async (kind) => {
    const seat = await house.seat('acme', kind, { secret: null })
    const body = JSON.stringify({ id: 'u1', value: [{ id: 'u1', clientState: '' }] })
    const empty = createHmac('sha256', '').update(body).digest('hex')
    const headers = { 'content-type': 'application/json', 'x-hook': '', 'x-signature': `sha256=${empty}` }
    expect((await house.post(seat.path, body, headers)).status).toBe(401)
    expect(await newest(seat)).toMatchObject({ because: 'inbound/secret' })
  })
})

describe('R30 replayed, doubled, late and out of order', () => {
  test.each(['standard', 'timed'] as const)('the same id again (%s) is answered and does nothing', async (kind) => {
    const seat = acme[kind]
    const body = fresh(seat)
    // Of a clock that is as far ahead as one may be: good for ten minutes.
    house.now.ms = Math.ceil(house.now.ms / 1000) * 1000
    const headers = signed(kind, seat.secret, body, house.now.ms + 300_000)
    expect((await house.post(seat.path, body, headers)).status).toBe(200)
    await seat.send('POST', `/v1/connections/${seat.name}/watch`)
    const quiet = async (): Promise<string> => (await state(seat)).replace(/"(?:asked_at|told_until)":"[^"]*"/g, '')
    const before = await quiet()
    for (const later of [0, 300_000, 300_000]) {
      house.now.ms += later
      expect((await house.post(seat.path, body, headers)).status).toBe(200)
      expect((await house.state(seat)).webhook.arrivals[0].is).toBe('again')
    }
    expect(await quiet()).toBe(before)
    house.now.ms += 1000
    expect((await house.post(seat.path, body, headers)).status).toBe(401)
  })

  test('the same signed bytes without an id do nothing for a day', async () => {
    const seat = acme.signed
    const body = fresh(seat)
    expect((await house.tell(seat, body)).status).toBe(200)
    await seat.send('POST', `/v1/connections/${seat.name}/watch`)
    const before = await state(seat)
    house.now.ms += 3_600_000
    expect((await house.tell(seat, body)).status).toBe(200)
    expect((await house.state(seat)).webhook.arrivals[0].is).toBe('again')
    expect(await state(seat)).toBe(before)
  })

  test.each(['header', 'body'] as const)(
    'where nothing signs the bytes (%s) the same ones are another change: nobody is missed',
    async (kind) => {
      const seat = acme[kind]
      const body = hook(seat, 'u3')
      expect((await house.tell(seat, body)).status).toBe(200)
      await seat.send('POST', `/v1/connections/${seat.name}/watch`)
      expect((await house.state(seat)).waiting).toBe(0)
      expect((await house.tell(seat, body)).status).toBe(200)
      const { webhook, waiting } = await house.state(seat)
      expect([webhook.arrivals[0].is, waiting]).toEqual(['again', 1])
    },
  )

  test('in whatever order they come, and how often, what was seen in the end is the same', async () => {
    const seats = [await house.seat('acme', 'standard'), await house.seat('acme', 'standard')] as const
    const bodies = ['u1', 'u2', 'u3', 'u2', 'u5'].map((id, i) => JSON.stringify({ id, i, at: i }))
    for (const body of bodies) await house.tell(seats[0], body)
    for (const body of [...bodies].reverse()) for (let i = 0; i < 2; i++) await house.tell(seats[1], body)
    const seen = []
    for (const { send, name } of seats) {
      await send('POST', `/v1/connections/${name}/watch`)
      const { items } = (await send('GET', `/v1/connections/${name}/sightings`)).doc
      seen.push(items.map(({ id, shows, fields }: Doc) => JSON.stringify([id, shows, fields])).sort())
    }
    expect(seen[0]).toEqual(seen[1])
    expect(seen[0]).toHaveLength(4)
  })
})

describe('R30 lies', () => {
  test('what a message claims is no state: somebody it calls gone or an admin is looked at, and is what he is', async () => {
    const seat = await house.seat('acme', 'standard')
    await synced(seat)
    const { send, name } = seat
    const shown = async (): Promise<string> => {
      const paths = ['streams/users/records', 'changes', 'streams/users/evidence', 'streams']
      const texts = await Promise.all(paths.map(async (path) => (await send('GET', `/v1/connections/${name}/${path}`)).text))
      return texts.join('\n').replace(/"age_s":[\d.]+/g, '')
    }
    const before = await shown()
    const lies = [
      { id: 'u1', type: 'user.deactivated', status: 'DEPROVISIONED', active: false, on: false, login: 'evil' },
      { id: 'u2', type: 'user.deleted', deleted: true, '@removed': { reason: 'deleted' } },
      { id: 'u-none', type: 'user.created', login: 'new-admin', on: true },
    ]
    expect((await house.tell(seat, JSON.stringify(lies))).status).toBe(200)
    expect(await shown()).toBe(before)
    const round = await send('POST', `/v1/connections/${name}/watch`)
    expect(round.doc.looked).toMatchObject({ looks: 3, alive: 2, gone: 1, changed: 0 })
    const { items } = (await send('GET', `/v1/connections/${name}/sightings`)).doc
    expect(
      items.map(({ id, shows, is, fields }: Doc) => [id, shows, is, fields?.userName ?? null, fields?.active ?? null]),
    ).toEqual([
      ['u1', 'alive', 'as_stored', 'login1', true],
      ['u2', 'alive', 'as_stored', 'login2', true],
      ['u-none', 'gone', 'as_stored', null, null],
    ])
    expect(await shown()).toBe(before)
    expect(house.target.asked.every((line) => line.startsWith('GET '))).toBe(true)
  })
})

describe('bodies', () => {
  const sent = async (
    seat: Seat,
    body: string | Uint8Array,
    more: Headers_ = {},
    over = body,
  ): Promise<Awaited<ReturnType<Inbound['post']>>> =>
    await house.post(seat.path, body, {
      ...signed(seat.kind, seat.secret, Buffer.from(over).toString('latin1'), house.now.ms),
      ...more,
    })

  const types: readonly (readonly [string, number])[] = [
    ['multipart/form-data; boundary=x', 415],
    ['application/x-www-form-urlencoded', 415],
    ['text/plain', 415],
    ['text/json', 415],
    ['application/xml', 415],
    ['application/json; charset=utf-16', 415],
    ['application/jsonx', 415],
    ['', 415],
    ['application/json', 200],
    ['application/json; charset="UTF-8"', 200],
    ['application/cloudevents+json', 200],
    ['APPLICATION/JSON', 200],
  ]
  test.each(types)('JSON that is sent as %j, rightly signed, is %i', async (type, status) => {
    const before = await taken(acme.standard)
    const got = await sent(acme.standard, fresh(acme.standard), { 'content-type': type })
    expect(got.status).toBe(status)
    expect(await taken(acme.standard)).toBe(before + Number(status === 200))
    if (status === 415) expect(await newest(acme.standard)).toMatchObject({ because: 'inbound/media-type' })
  })

  test.each(['gzip', 'deflate', 'br', 'gzip, gzip', 'x-unknown'])('packed (%s) it is not unpacked', async (encoding) => {
    const packed = gzipSync('{"id":"u1"}'.padEnd(200_000))
    const got = await house.post(acme.header.path, packed, {
      'content-type': 'application/json',
      'content-encoding': encoding,
      'x-hook': acme.header.secret,
    })
    expect(got.status).toBe(415)
    expect(await newest(acme.header)).toMatchObject({ because: 'inbound/media-type' })
  })

  const unreadable: readonly (readonly [string, string | Uint8Array])[] = [
    ['nothing', ''],
    ['no JSON', '{'],
    ['another thing behind it', '{"id":"u1"} {}'],
    ['120,000 deep', '['.repeat(120_000) + ']'.repeat(120_000)],
    ['101 deep', '['.repeat(101) + ']'.repeat(101)],
    ['an object 40,000 deep', '{"a":'.repeat(40_000)],
    ['null', 'null'],
  ]
  test.each(unreadable)('%s, rightly signed, is refused as unreadable', async (_, body) => {
    const before = await state(acme.standard)
    expect((await sent(acme.standard, body)).status).toBe(400)
    expect(await newest(acme.standard)).toMatchObject({ because: 'inbound/body' })
    expect(await state(acme.standard)).toBe(before)
  })
  test('what is no UTF-8 is refused as unreadable', async () => {
    const body = Buffer.from([0x22, 0xff, 0xfe, 0x22])
    const got = await house.post(acme.header.path, body, { 'content-type': 'application/json', 'x-hook': acme.header.secret })
    expect(got.status).toBe(400)
  })

  test('a declared length beyond 256 KB is not read; 256 KB are', async () => {
    const body = fresh(acme.standard).padEnd(262_144)
    expect((await sent(acme.standard, body)).status).toBe(200)
    expect((await sent(acme.standard, `${fresh(acme.standard)}`.padEnd(262_145))).status).toBe(413)
    expect(await newest(acme.standard)).toMatchObject({ because: 'inbound/too-large' })
    const lying = await house.post(acme.header.path, '{}', { 'content-type': 'application/json', 'content-length': '50000000' })
    expect(lying.status).toBe(413)
  })

  test('names of prototypes are data', async () => {
    const body = `{"__proto__":{"id":"evil","polluted":1},"constructor":{"prototype":{"polluted":1}},"id":"u4","no":${++n}}`
    expect((await house.tell(acme.standard, body)).status).toBe(200)
    expect(({} as Doc).polluted).toBeUndefined()
    const only = `{"__proto__":{"id":"evil"},"no":${++n}}`
    expect((await house.tell(acme.standard, only)).status).toBe(202)
    const seat = await house.seat('acme', 'standard')
    await house.tell(seat, only)
    expect((await house.state(seat)).waiting).toBe(0)
  })

  test('10,000 names in one body wait, each once, and are looked at some at a time; a feed is asked in between', async () => {
    const seat = await house.seat('acme', 'standard')
    const items = Array.from({ length: 10_000 }, (_, i) => ({ id: `x${i}` }))
    const body = JSON.stringify([...items, ...items.slice(0, 10)])
    expect(body.length).toBeLessThan(262_144)
    const began = performance.now()
    expect((await house.tell(seat, body)).status).toBe(200)
    expect(performance.now() - began).toBeLessThan(5_000)
    expect((await house.state(seat)).waiting).toBe(10_000)
    const asked = house.target.asked.length
    await seat.send('POST', `/v1/connections/${seat.name}/watch`)
    expect(house.target.asked.length - asked).toBeLessThan(1_300)
  }, 30_000)

  test('ids that are no path segments are asked for as one, or not at all', async () => {
    const seat = await house.seat('acme', 'standard')
    const ids = [
      '..',
      '.',
      '../../admin',
      'a/b',
      'u1?x=1',
      'u1#x',
      '%2e%2e',
      '%2F..',
      'u1\r\nx: y',
      '',
      ' ',
      'x'.repeat(5_000),
      '\u202e',
      '{settings.token}',
      '{{id}}',
      'http://169.254.169.254/',
      '//evil.example/x',
      '\\\\evil',
      'u1;x=1',
      '\ud800',
    ]
    const from = house.target.asked.length
    expect((await house.tell(seat, JSON.stringify(ids.map((id) => ({ id }))))).status).toBe(200)
    const odd = [1, 1.5, true, null, {}, [['u1']], { id: 'u1' }, Number.MAX_SAFE_INTEGER].map((id) => ({ id }))
    expect((await house.tell(seat, JSON.stringify(odd))).status).toBe(200)
    await seat.send('POST', `/v1/connections/${seat.name}/watch`)
    const asked = house.target.asked.slice(from).map((line) => line.split(' ')[1] as string)
    expect(asked.filter((path) => !/^\/(?:events\?[^/]*|users(?:\/[^/?#]+)?)$/.test(path))).toEqual([])
    expect(asked.length).toBeGreaterThan(5)
    // None is taken for somebody whom another id names.
    const { items } = (await seat.send('GET', `/v1/connections/${seat.name}/sightings`)).doc
    expect(items.filter(({ shows }: Doc) => shows === 'alive')).toEqual([])
  })
})
