import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { ROLES } from '../../runtime/control/types.ts'
import { BEARER, CLIENT, PEOPLE, startRotating } from './rotation-target.ts'
import { openWorld, type Send, until, type World } from './world.ts'

const DAY_MS = 86_400_000
let world: World
let send: Send
let target: Awaited<ReturnType<typeof startRotating>>
/** Never put back: who has just asked would have to wait for so long. */
let clock = 0
const now = () => Date.now() + clock
let name = ''
let made = 0
const [OLD, NEW] = ['old-credential-4711', 'new-credential-4712']

beforeAll(async () => {
  world = await openWorld({ now })
  target = await startRotating()
  // Longer than the clock is put forward.
  send = world.as(world.token('acme', ROLES, { person: 'all@acme.example', ms: 400 * DAY_MS }))
  for (const yaml of [BEARER, CLIENT]) expect((await send('POST', '/v1/connectors', yaml)).status).toBe(201)
}, 60_000)
afterAll(async () => {
  await world.close()
  await target.close()
})
beforeEach(() => {
  target.slow(2)
  target.take(OLD)
})

async function connect(connector = 'rotating'): Promise<void> {
  name = `c${++made}`
  const body = { name, connector, settings: { url: target.url }, secrets: { token: OLD }, allow_private: true }
  const { status, text } = await send('POST', '/v1/connections', body)
  expect([status, text.includes(OLD)]).toEqual([201, false])
}
const at = (path = '') => `/v1/connections/${name}${path}`
const rotate = (more: object = {}) => send('POST', at('/rotate'), { secrets: { token: NEW }, why: 'it is due', ...more })
const again = () => send('POST', at('/rotate'), { why: 'is it taken now?' })
async function begin(): Promise<number> {
  const { status, doc, text } = await send('POST', at('/syncs'), { fresh: true })
  expect([status, status === 202 ? '' : text]).toEqual([202, ''])
  return doc.sync
}
const state = async (sync: number) => (await send('GET', at(`/syncs/${sync}`))).doc.state
const ended = async (sync: number) => {
  await until(async () => ['finished', 'failed', 'paused'].includes(await state(sync)), 30_000)
  return await state(sync)
}
const users = async () => (await send('GET', at('/streams'))).doc.find((one: { stream: string }) => one.stream === 'users')
const kinds = async () => {
  const { doc } = await send('GET', at('/gate'))
  return [...new Set(doc.reasons.map((one: { because: string }) => one.because))]
}
const CHANGED = 'connector, settings or credential changed since it was read'

describe('a rotation under load', () => {
  test.each(['rotating', 'rotating-client'])(
    '%s: the target takes the old one, then both, then only the new one; a sync under way loses nothing, and no check fails',
    async (connector) => {
      await connect(connector)
      target.slow(12)
      const sync = await begin()
      let [checks, failed, on] = [0, 0, true]
      const load = (async () => {
        while (on) {
          const { doc } = await send('POST', at('/check'))
          checks++
          if (doc.streams?.users?.works !== true || 'failed' in doc.whoami) failed++
        }
      })()
      // Only the old one: the new one waits, and is used by nothing but the try.
      const first = await rotate()
      expect([first.status, first.doc.is]).toEqual([200, 'waiting'])
      expect(first.doc.connection.rotation).toMatchObject({ secrets: ['token'], tried: { because: expect.any(String) } })
      target.take(OLD, NEW)
      const second = await again()
      expect([second.status, second.doc.is, second.doc.connection.rotation]).toEqual([200, 'proved', null])
      // The sync began with the old one: it goes on with the new one where that is the only one left.
      expect(await state(sync)).toBe('running')
      target.take(NEW)
      const before = target.good()
      expect(await ended(sync)).toBe('finished')
      expect(target.good()).toBeGreaterThan(before)
      on = false
      await load
      expect(await users()).toMatchObject({ records: PEOPLE, sync })
      expect(failed).toBe(0)
      // What was read with the old one is no ground for a certification.
      expect(await kinds()).toContain(CHANGED)
      expect(await ended(await begin())).toBe('finished')
      expect(await kinds()).not.toContain(CHANGED)
      console.log(
        `${connector}: ${checks} checks, ${failed} failed; ${target.refused()} requests refused so far; ${PEOPLE} of ${PEOPLE} read`,
      )
    },
    60_000,
  )

  test('a sync that begins while the new one waits tries it first, and reads with it once it is taken', async () => {
    await connect()
    expect((await rotate()).doc.is).toBe('waiting')
    expect(await ended(await begin())).toBe('finished')
    expect((await send('GET', at())).doc.rotation).not.toBeNull()
    target.take(NEW)
    expect(await ended(await begin())).toBe('finished')
    expect((await send('GET', at())).doc.rotation).toBeNull()
    expect(await kinds()).not.toContain(CHANGED)
  })

  test('two syncs cannot begin while the new one is being tried', async () => {
    await connect()
    await rotate()
    target.slow(60)
    const both = await Promise.all([send('POST', at('/syncs'), {}), send('POST', at('/syncs'), {})])
    expect(both.map(({ status }) => status).sort()).toEqual([202, 409])
    await ended(both.find(({ status }) => status === 202)!.doc.sync)
  })
})

describe('the old credential', () => {
  test('is used until its time and not beyond, whether or not the new one has proved itself', async () => {
    await connect()
    const until = new Date(now() + 3_600_000).toISOString()
    expect((await rotate({ until })).doc.is).toBe('waiting')
    clock += 3_599_000
    const still = target.used(OLD)
    await send('POST', at('/check'))
    expect(target.used(OLD)).toBeGreaterThan(still)
    clock += 2000
    const used = target.used(OLD)
    expect((await send('POST', at('/check'))).doc.whoami).toMatchObject({ failed: expect.any(String) })
    expect(target.used(OLD)).toBe(used)
    expect((await again()).doc).toMatchObject({ is: 'due', connection: { rotation: null } })
    const room = await world.house.room('acme')
    expect(room.secrets.shown(name)).toHaveLength(1)
  })

  test('that must not be used any more is dropped at once, with a time that is over', async () => {
    await connect()
    expect((await rotate({ until: new Date(now()).toISOString() })).doc.is).toBe('due')
    expect((await (await world.house.room('acme')).secrets).shown(name)).toHaveLength(1)
  })

  test('and the new one are kept for 90 days at most; without a new one there is nothing to try', async () => {
    await connect()
    expect((await rotate({ until: new Date(now() + 91 * DAY_MS).toISOString() })).doc.code).toBe('api/settings')
    expect((await again()).doc.code).toBe('api/rotation')
    expect((await rotate({ secrets: { nonsense: 'x' } })).doc.code).toBe('api/settings')
  })
})

describe('age and due date', () => {
  test('stand with each secret; overdue is said; a rotation begins the age anew', async () => {
    await connect()
    const shown = (await send('GET', at())).doc
    expect(shown.rotate_every_days).toBe(90)
    expect(shown.secrets.token).toMatchObject({ age_days: 0, overdue: false })
    expect(Date.parse(shown.secrets.token.due_at) - Date.parse(shown.secrets.token.set_at)).toBe(90 * DAY_MS)
    clock += 30 * DAY_MS
    expect((await send('PATCH', at(), { rotate_every_days: 30 })).doc.secrets.token).toMatchObject({
      age_days: 30,
      overdue: true,
    })
    const { items } = (await send('GET', '/v1/connections')).doc
    expect(items.find((one: { name: string }) => one.name === name).secrets.token.overdue).toBe(true)
    const mine = (await send('GET', '/v1/health')).doc.connections.find((one: { connection: string }) => one.connection === name)
    expect(mine.reasons).toContainEqual(expect.stringContaining('credential token was due to be replaced'))
    expect((await send('GET', '/v1/metrics')).text).toContain(
      `rollcall_credential_overdue{connection="${name}",secret="token"} 1`,
    )
    target.take(OLD, NEW)
    expect((await rotate()).doc.connection.secrets.token).toMatchObject({ age_days: 0, overdue: false })
    expect((await send('PATCH', at(), { rotate_every_days: null })).doc.secrets.token).toMatchObject({
      due_at: null,
      overdue: false,
    })
  })
})

describe('the ledger', () => {
  test('has one entry a secret and run, with who and what and no value; the rotation, and why', async () => {
    await connect()
    const mine = async () =>
      (await send('GET', `/v1/ledger?about=${name}&limit=1000`)).doc.items as {
        what: string
        detail: object
        why: string
        by: string
      }[]
    await send('POST', at('/check'))
    expect((await mine()).filter(({ what }) => what === 'secret used')).toMatchObject([
      { by: 'all@acme.example', detail: { secret: 'token', run: 'check', origin: target.url } },
    ])
    await ended(await begin())
    target.take(OLD, NEW)
    await rotate()
    const all = await mine()
    expect(all.filter(({ what }) => what === 'secret used').map(({ detail }) => (detail as { run: string }).run)).toEqual([
      'check',
      'sync',
      'rotation',
    ])
    expect(all.map(({ why }) => why)).toEqual(
      expect.arrayContaining([expect.stringContaining('it is due'), expect.stringContaining('proved itself')]),
    )
    for (const value of [OLD, NEW]) expect(JSON.stringify(all)).not.toContain(value)
  })

  test('that takes no entry lets no secret out: nothing is sent', async () => {
    await connect()
    const room = await world.house.room('acme')
    const before = target.good() + target.refused()
    const { enter } = room.store
    Object.assign(room.store, { enter: () => Promise.reject(new Error('the disk is full')) })
    try {
      const { status, text } = await send('POST', at('/check'))
      expect([status >= 500 || text.includes('failed'), target.good() + target.refused()]).toEqual([true, before])
    } finally {
      Object.assign(room.store, { enter })
    }
  })
})

describe('another host', () => {
  test('for signing in alone drops the secret too: it goes to every origin that auth names', async () => {
    const yaml = CLIENT.replace('connector: rotating-client', 'connector: rotating-login')
      .replace('  token: { type: secret', '  login: { type: url, label: Where tokens are asked for }\n  token: { type: secret')
      .replace('{url}/token', '{login}/token')
      .replace('base_url: "{url}"', 'base_url: "{url}"\norigins: ["{login}"]')
    const uploaded = await send('POST', '/v1/connectors', yaml)
    expect(uploaded.status).toBe(201)
    name = `c${++made}`
    const settings = { url: target.url, login: target.url }
    const body = { name, connector: 'rotating-login', settings, secrets: { token: OLD }, allow_private: true }
    expect((await send('POST', '/v1/connections', body)).status).toBe(201)
    expect((await send('POST', at('/check'))).doc.streams.users.works).toBe(true)
    const moved = await send('PATCH', at(), { settings: { ...settings, login: 'http://127.0.0.1:1' } })
    expect([moved.doc.secrets, moved.doc.re_enter]).toEqual([{}, ['token']])
    const back = await send('PATCH', at(), { settings, secrets: { token: OLD } })
    expect(back.doc.re_enter).toEqual([])
    expect((await send('POST', at('/check'))).doc.streams.users.works).toBe(true)
  })

  test('named by a new version of the connector does not get the secret: it is refused, and the ledger says so', async () => {
    await connect()
    const evil = BEARER.replace('base_url: "{url}"', 'base_url: "{url}"\norigins: ["https://evil.example"]')
    expect((await send('POST', '/v1/connectors', evil)).status).toBe(201)
    const check = await send('POST', at('/check'))
    expect(check.text).toContain('re-enter the secret')
    const { items } = (await send('GET', `/v1/ledger?about=${name}&what=secret%20refused`)).doc
    expect(items[0].detail).toMatchObject({ severity: 'high', secret: 'token' })
    expect((await send('POST', '/v1/connectors', BEARER)).status).toBe(201)
    expect((await send('POST', at('/check'))).doc.streams.users.works).toBe(true)
  })
})
