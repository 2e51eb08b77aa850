import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ROLES } from '../../runtime/control/types.ts'
import { type Receiver, startReceiver, verified } from '../webhook/receiver.ts'
import { type Doc, furnish, type Objects, openWorld, type Send, until, type World } from './world.ts'

const HOUR = 3_600_000
let world: World
let acme: Objects
let all: Send
let offset_ms = 0
const open: Receiver[] = []
beforeAll(async () => {
  world = await openWorld({ now: () => Date.now() + offset_ms, sweep_ms: 200 })
  acme = await furnish(world, 'acme')
  // The clock is wound forward by weeks.
  all = world.as(world.token('acme', ROLES, { person: 'all@acme.example', ms: 365 * 24 * HOUR }))
}, 60_000)
afterAll(async () => {
  await world.close()
  await Promise.all(open.map((one) => one.close()))
})

async function hooked(more: object = {}, plan?: Parameters<typeof startReceiver>[0]) {
  const receiver = await startReceiver(plan)
  open.push(receiver)
  const made = await all('POST', '/v1/webhooks', { url: receiver.url, ...more })
  expect(made.status, made.text).toBe(201)
  return { receiver, id: made.doc.webhook.webhook as string, secret: made.doc.text as string, doc: made.doc }
}
const gate = async (scope: string): Promise<Doc> => (await all('GET', `/v1/gate?scope=${scope}`)).doc
const delivery = async (id: string, message: string): Promise<Doc> =>
  (await all('GET', `/v1/webhooks/${id}/deliveries/${message}`)).doc
const room = async () => await world.house.room('acme')
const sweep = async () => expect((await all('POST', '/v1/controls/sweep')).status).toBe(200)

/** Every byte that lies in the house's folder. */
function bytesOf(dir: string): Buffer {
  const files = readdirSync(dir, { recursive: true, encoding: 'utf8' }).map((name) => join(dir, name))
  return Buffer.concat(files.filter((file) => statSync(file).isFile()).map((file) => readFileSync(file)))
}

describe('webhooks', () => {
  test('the secret is shown once, lies sealed, and what is sent with it holds for the library of Standard Webhooks', async () => {
    const { receiver, id, secret, doc } = await hooked({ title: 'tickets', types: ['exception.opened'] })
    expect(secret).toMatch(/^whsec_/)
    expect(Object.keys(doc.webhook.secrets[0])).toEqual(['made_at', 'until'])
    for (const path of ['/v1/webhooks', `/v1/webhooks/${id}`, '/v1/ledger?limit=1000'])
      expect((await all('GET', path)).text).not.toContain(secret.slice(6))
    const bytes = bytesOf(world.dir)
    expect(bytes.includes(id)).toBe(true)
    for (const form of [secret, secret.slice(6)]) expect(bytes.includes(form)).toBe(false)
    const sent = await all('POST', `/v1/webhooks/${id}/test`)
    expect(sent).toMatchObject({ status: 202, doc: { state: 'waiting', type: 'webhook.test' } })
    const { came } = await receiver.wait('webhook.test')
    expect(came.headers['webhook-id']).toBe(sent.doc.message)
    expect(verified(secret, came)).toMatchObject({ type: 'webhook.test', data: { webhook: id } })
    await until(async () => (await delivery(id, sent.doc.message)).delivery.state === 'delivered')
    const shown = await delivery(id, sent.doc.message)
    expect(shown.body).toBe(came.body)
    expect(shown.delivery.last).toMatchObject([{ status: 204, because: 'taken' }])
    const entries = (await all('GET', '/v1/ledger?limit=1000')).doc.items as Doc[]
    const told = entries.filter(({ about }) => about === `webhook ${id}`).map(({ what }) => what)
    expect(told).toEqual(['webhook registered', 'webhook message asked for', 'secret used'])
  })

  test('an idempotency key asked again does not show the secret again', async () => {
    const receiver = await startReceiver()
    open.push(receiver)
    const key = { 'idempotency-key': 'hook-1' }
    const first = await all('POST', '/v1/webhooks', { url: receiver.url }, key)
    const second = await all('POST', '/v1/webhooks', { url: receiver.url }, key)
    expect(first.doc.text).toMatch(/^whsec_/)
    expect(second.doc).toEqual({ ...first.doc, text: null })
    expect((await all('DELETE', `/v1/webhooks/${first.doc.webhook.webhook}`)).status).toBe(204)
  })

  test('a secret of the caller is taken and never given back; one that is none is refused', async () => {
    const own = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
    const { receiver, id, secret } = await hooked({ secret: own })
    expect(secret).toBe(null)
    await all('POST', `/v1/webhooks/${id}/test`)
    expect(verified(own, (await receiver.wait('webhook.test')).came)).toBeTruthy()
    const wrong = await all('POST', '/v1/webhooks', { url: receiver.url, secret: 'whsec_abc' })
    expect(wrong).toMatchObject({ status: 422, doc: { code: 'webhook/secret' } })
  })
})

describe('what is told', () => {
  test('a gate that changes by what somebody did, with the reasons that GET /v1/gate has and what would settle each', async () => {
    await sweep()
    const { receiver, secret: _ } = await hooked({ connections: [acme.connection] })
    expect((await gate(`${acme.connection}/users`)).is).toBe('allow')
    const settings = { url: world.target.url.replace('127.0.0.1', 'localhost') }
    expect((await all('PATCH', `/v1/connections/${acme.connection}`, { settings })).status).toBe(200)
    const { doc } = await receiver.wait('gate.changed', ({ streams }) => streams.users === 'deny')
    const now = await gate(`${acme.connection}/users`)
    expect(now.is).toBe('deny')
    expect(doc.data.before.streams.users).toBe('allow')
    const told = doc.data.reasons.filter(({ stream }: Doc) => stream === 'users').map(({ id }: Doc) => id)
    expect(told).toEqual(now.reasons.map(({ id }: Doc) => id))
    for (const { settle } of [...now.reasons, ...doc.data.reasons]) expect(settle).not.toBe('')
    expect(doc.data).toMatchObject({ connection: acme.connection, owner: 'owner-of-acme' })
    const [entry] = (await all('GET', `/v1/ledger?after=${doc.data.ledger - 1}&limit=1`)).doc.items
    expect(entry).toMatchObject({ seq: doc.data.ledger, what: 'gate changed', about: acme.connection })
    // An exception of the same cause, and its end.
    const opened = await receiver.wait(
      'exception.opened',
      ({ stream, control }) => stream === 'users' && control === 'completeness',
    )
    expect(opened.doc.data).toMatchObject({ severity: 'high', state: 'open', owner: 'owner-of-acme' })
    expect(opened.doc.data.next_step).not.toBe('')
    const back = { settings: { url: world.target.url }, secrets: { token: world.target.token } }
    await all('PATCH', `/v1/connections/${acme.connection}`, back)
    const until_at = new Date(world.house.now() + HOUR).toISOString()
    const attested = { reason: 'it is the directory admin', until: until_at }
    expect((await all('POST', `/v1/connections/${acme.connection}/attestation`, attested)).status).toBe(200)
    const { sync } = (await all('POST', `/v1/connections/${acme.connection}/syncs`, { fresh: true })).doc
    await until(async () => (await all('GET', `/v1/connections/${acme.connection}/syncs/${sync}`)).doc.state === 'finished')
    await receiver.wait('exception.closed', ({ exception }) => exception === opened.doc.data.exception)
    expect((await all('GET', `/v1/exceptions/${opened.doc.data.exception}`)).doc).toMatchObject({
      state: 'closed',
      closed: { by: null },
    })
  }, 30_000)

  test('a gate that changes by time alone, with nobody asking: a read that grows old', async () => {
    const { receiver } = await hooked({ types: ['gate.changed'] })
    const { until: at } = await gate(`${acme.connection}/users`)
    expect(Date.parse(at)).toBeGreaterThan(world.house.now())
    offset_ms += Date.parse(at) - world.house.now() + 1_000
    const { doc } = await receiver.wait('gate.changed')
    expect(doc.data).toMatchObject({ connection: acme.connection, is: 'deny' })
    expect(doc.data.reasons.map(({ kind }: Doc) => kind)).toContain('stale')
  })

  test('a webhook that is off, deleted, or listens to other things is told nothing', async () => {
    const [other, off, deleted] = [await hooked({ types: ['alert.firing'] }), await hooked(), await hooked()]
    const elsewhere = await hooked({ connections: ['somewhere-else'] })
    await all('PATCH', `/v1/webhooks/${off.id}`, { enabled: false })
    await all('DELETE', `/v1/webhooks/${deleted.id}`)
    const witness = await hooked()
    const { sync } = (await all('POST', `/v1/connections/${acme.connection}/syncs`, { fresh: true })).doc
    await until(async () => (await all('GET', `/v1/connections/${acme.connection}/syncs/${sync}`)).doc.state === 'finished')
    await witness.receiver.wait('gate.changed')
    for (const { receiver } of [other, off, deleted, elsewhere]) expect(receiver.came).toEqual([])
  })
})

describe('tries', () => {
  test('a failing endpoint gets the same message again, later and later, until it takes it; each try is shown', async () => {
    const { receiver, id } = await hooked({}, (_, n) => (n < 3 ? 503 : 200))
    const { message } = (await all('POST', `/v1/webhooks/${id}/test`)).doc
    for (const tries of [1, 2]) {
      await until(async () => (await delivery(id, message)).delivery.tries === tries)
      const { next_at, state } = (await delivery(id, message)).delivery
      expect(state).toBe('waiting')
      expect(Date.parse(next_at)).toBeGreaterThan(world.house.now() + (tries === 1 ? 3_000 : 20_000))
      offset_ms += 45_000
      ;(await room()).post.wake()
    }
    await until(async () => (await delivery(id, message)).delivery.state === 'delivered')
    const { last, tries } = (await delivery(id, message)).delivery
    expect([tries, last.map(({ status }: Doc) => status)]).toEqual([3, [503, 503, 200]])
    expect(new Set(receiver.came.map(({ headers }) => headers['webhook-id']))).toEqual(new Set([message]))
    const [first, , third] = receiver.came
    expect(third?.headers['webhook-timestamp']).not.toBe(first?.headers['webhook-timestamp'])
  })

  test('after 72 hours it is dead: in the ledger, in the log, and sent once more with the same id when a person asks', async () => {
    const { receiver, id, secret } = await hooked({ types: ['webhook.test'] }, () => 500)
    const { message } = (await all('POST', `/v1/webhooks/${id}/test`)).doc
    for (let i = 0; i < 30 && (await delivery(id, message)).delivery.state !== 'dead'; i++) {
      const before = (await delivery(id, message)).delivery.tries
      offset_ms += 13 * HOUR
      ;(await room()).post.wake()
      await until(async () => (await delivery(id, message)).delivery.tries > before)
    }
    expect((await all('GET', `/v1/webhooks/${id}/deliveries?state=dead`)).doc.items).toMatchObject([{ message, next_at: null }])
    expect(world.logs.some((line) => line.includes(message) && line.includes('given up'))).toBe(true)
    const entries = (await all('GET', '/v1/ledger?what=webhook%20delivery%20given%20up&limit=1000')).doc.items as Doc[]
    expect(entries.map(({ detail }) => detail.message)).toContain(message)
    receiver.answer = () => 200
    expect((await all('POST', `/v1/webhooks/${id}/deliveries/${message}/redeliver`)).doc).toMatchObject({ state: 'waiting' })
    await until(async () => (await delivery(id, message)).delivery.state === 'delivered')
    const last = receiver.came.at(-1)
    expect(last?.headers['webhook-id']).toBe(message)
    // Its clock is wound forward here, and the library's is not.
    expect(() => verified(secret, last as never)).toThrow('too new')
  }, 30_000)

  test('while a secret is replaced both sign, afterwards the new one alone; a leaked one at once', async () => {
    const { receiver, id, secret } = await hooked()
    const signatures = async (): Promise<number> => {
      const n = receiver.came.length
      await all('POST', `/v1/webhooks/${id}/test`)
      await until(async () => receiver.came.length > n)
      return String(receiver.came.at(-1)?.headers['webhook-signature']).split(' ').length
    }
    const rotated = await all('POST', `/v1/webhooks/${id}/secret`, {})
    expect(rotated.doc.text).toMatch(/^whsec_/)
    expect(rotated.doc.text).not.toBe(secret)
    expect(await signatures()).toBe(2)
    offset_ms += 25 * HOUR
    expect(await signatures()).toBe(1)
    await all('POST', `/v1/webhooks/${id}/secret`, { overlap_hours: 0 })
    expect(await signatures()).toBe(1)
    expect((await all('GET', `/v1/webhooks/${id}`)).doc.secrets).toHaveLength(1)
  })

  test('410 switches it off, a redirect is not followed, and an odd status ends nothing but its own try', async () => {
    const gone = await hooked({}, () => 410)
    const { message } = (await all('POST', `/v1/webhooks/${gone.id}/test`)).doc
    await until(async () => (await all('GET', `/v1/webhooks/${gone.id}`)).doc.enabled === false)
    expect((await delivery(gone.id, message)).delivery).toMatchObject({ state: 'dead', tries: 1 })
    const elsewhere = await startReceiver()
    open.push(elsewhere)
    const moved = await hooked({}, () => ({ status: 307, headers: { location: elsewhere.url } }))
    const odd = await hooked({}, () => 999)
    for (const { id } of [moved, odd]) {
      const sent = (await all('POST', `/v1/webhooks/${id}/test`)).doc.message
      await until(async () => (await delivery(id, sent)).delivery.tries === 1)
      expect((await delivery(id, sent)).delivery.state).toBe('waiting')
    }
    expect(elsewhere.came).toEqual([])
    for (const { id } of [gone, moved, odd]) expect((await all('DELETE', `/v1/webhooks/${id}`)).status).toBe(204)
  })

  test('an endpoint that never answers holds up neither the others nor a sync', async () => {
    const hanging = await Promise.all([1, 2, 3].map(() => hooked({}, () => 'hang')))
    const quick = await hooked()
    for (const { id } of hanging) for (let i = 0; i < 5; i++) await all('POST', `/v1/webhooks/${id}/test`)
    const from = Date.now()
    await all('POST', `/v1/webhooks/${quick.id}/test`)
    await quick.receiver.wait('webhook.test')
    const { sync } = (await all('POST', `/v1/connections/${acme.connection}/syncs`, { fresh: true })).doc
    await until(async () => (await all('GET', `/v1/connections/${acme.connection}/syncs/${sync}`)).doc.state === 'finished')
    expect(Date.now() - from).toBeLessThan(5_000)
    for (const { receiver } of hanging) expect(receiver.came).toHaveLength(1)
    for (const { id } of hanging) await all('DELETE', `/v1/webhooks/${id}`)
  })
})

test('the moment at which time alone changes a gate is told then, however rare the sweeps are', async () => {
  let ahead_ms = 0
  const rare = await openWorld({ now: () => Date.now() + ahead_ms, sweep_ms: 24 * HOUR })
  const { connection } = await furnish(rare, 'acme')
  const send = rare.as(rare.token('acme', ROLES, { person: 'all@acme.example', ms: 365 * 24 * HOUR }))
  const receiver = await startReceiver()
  open.push(receiver)
  const { until: at } = (await send('GET', `/v1/gate?scope=${connection}`)).doc
  ahead_ms = Date.parse(at) - Date.now() - 1_500
  // Any change looks at the gates again; after that nobody asks anything.
  await send('POST', '/v1/webhooks', { url: receiver.url, types: ['gate.changed'] })
  await new Promise((done) => setTimeout(done, 600))
  expect(receiver.came.filter(({ body }) => body.includes('stale'))).toEqual([])
  const { doc } = await receiver.wait('gate.changed', ({ is }) => is === 'deny', 4_000)
  expect(doc.data.reasons.map(({ kind }: Doc) => kind)).toContain('stale')
  expect(Date.parse(doc.timestamp) - Date.parse(at)).toBeLessThan(1_500)
  await rare.close()
}, 20_000)
