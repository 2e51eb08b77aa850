import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { everyRole, furnish, type Objects, openWorld, type Send, until, type World } from './world.ts'

const HOUR = 3_600_000
let world: World
let acme: Objects
let all: Send
let offset_ms = 0
beforeAll(async () => {
  world = await openWorld({ now: () => Date.now() + offset_ms, allow_private: true })
  acme = await furnish(world, 'acme')
  all = everyRole(world, 'acme')
  await all('POST', '/v1/controls/sweep')
}, 60_000)
afterAll(async () => world.close())

describe('levels over the API', () => {
  test('owners and levels are set, shown and given whole; what is none is refused with its place', async () => {
    const path = `/v1/connections/${acme.connection}`
    const given = { owner: 'iam team', data_owner: 'people team', levels: { freshness_s: 7200, objective: 0.995 } }
    expect((await all('PATCH', path, given)).doc).toMatchObject({
      owner: 'iam team',
      data_owner: 'people team',
      levels: { freshness_s: 7200, incomplete_for_s: 0, verified_within_s: 300, objective: 0.995 },
    })
    expect((await all('PATCH', path, { levels: { freshness_s: 7200 } })).doc.levels.objective).toBe(0.99)
    for (const levels of [{ freshness_s: 1 }, { objective: 1 }, { other: 1 }, { unverifiable_most: -1 }])
      expect(await all('PATCH', path, { levels })).toMatchObject({ status: 422, doc: { code: 'api/input' } })
    const levels = (await all('GET', `${path}/levels`)).doc
    expect(levels).toMatchObject({ owner: 'iam team', alerts: [] })
    expect(levels.breaches.filter(({ severity }: { severity: string }) => severity !== 'info')).toEqual([])
    expect(levels.burns).toHaveLength(12)
  })

  test('an exception over its life: listed, acknowledged with a name and why, closed by a sync; and a word that closes nothing', async () => {
    offset_ms = 2.5 * HOUR
    const admin = world.as(
      world.token('acme', ['operator', 'approver', 'auditor'], { person: 'ops@acme.example', ms: 24 * HOUR }),
    )
    expect((await admin('POST', '/v1/controls/sweep')).doc.breaches).toBeGreaterThan(0)
    const { items } = (await admin('GET', `/v1/exceptions?state=standing&connection=${acme.connection}`)).doc
    const one = items.find(
      ({ stream, severity }: { stream: string; severity: string }) => stream === 'users' && severity === 'high',
    )
    expect(one).toMatchObject({ control: 'freshness', state: 'open', owner: 'iam team', data_owner: 'people team' })
    const path = `/v1/exceptions/${one.exception}`
    expect((await admin('POST', `${path}/acknowledge`, { why: 'a sync runs' })).doc).toMatchObject({
      state: 'acknowledged',
      acknowledged: { by: 'ops@acme.example', why: 'a sync runs' },
    })
    expect(await admin('POST', `${path}/close`, { why: 'x' })).toMatchObject({ status: 409, doc: { code: 'levels/settle' } })
    const gate = (await admin('GET', `/v1/gate?scope=${acme.connection}/users`)).doc
    expect([gate.is, gate.reasons.map(({ kind }: { kind: string }) => kind)]).toEqual(['deny', ['stale']])
    const metrics = (await admin('GET', '/v1/metrics')).text
    const line = (start: string): string => metrics.split('\n').find((text) => text.startsWith(start)) ?? ''
    expect(line(`rollcall_control_holds{connection="${acme.connection}",control="freshness"}`)).toMatch(/ 0$/)
    expect(line(`rollcall_control_holds{connection="${acme.connection}",control="time_to_verified"}`)).toMatch(/ 1$/)
    expect(line(`rollcall_gate{connection="${acme.connection}",answer="deny"}`)).toMatch(/ 1$/)
    expect(line(`rollcall_control_exceptions{connection="${acme.connection}",control="freshness",severity="high"}`)).toMatch(
      / [1-9]$/,
    )
    expect(line(`rollcall_webhook_deliveries{webhook="${acme.webhook}",state="waiting"}`)).toMatch(/ 1$/)
    const { sync } = (await admin('POST', `/v1/connections/${acme.connection}/syncs`, { fresh: true })).doc
    await until(async () => (await admin('GET', `/v1/connections/${acme.connection}/syncs/${sync}`)).doc.state === 'finished')
    await admin('POST', '/v1/controls/sweep')
    expect((await admin('GET', path)).doc).toMatchObject({ state: 'closed', closed: { by: null } })
    expect(await admin('POST', `${path}/acknowledge`, { why: 'x' })).toMatchObject({ status: 409, doc: { code: 'levels/over' } })
    const entries = (await admin('GET', '/v1/ledger?limit=1000')).doc.items
    const mine = entries.filter(({ detail }: { detail: { exception?: string } }) => detail.exception === one.exception)
    expect(mine.map(({ what, by }: { what: string; by: string }) => `${what} ${by}`)).toEqual([
      'exception opened rollcall',
      'exception changed ops@acme.example',
      'exception closed rollcall',
    ])
  })

  test('a token that is limited to other connections sees none of it', async () => {
    const other = world.as(world.token('acme', ['operator', 'viewer'], { connections: ['somewhere-else'], ms: 24 * HOUR }))
    expect((await other('GET', `/v1/exceptions/${acme.exception}`)).status).toBe(404)
    expect((await other('GET', `/v1/exceptions?connection=${acme.connection}`)).status).toBe(403)
    expect((await other('GET', `/v1/connections/${acme.connection}/levels`)).status).toBe(404)
    expect((await other('GET', '/v1/alerts')).doc).toEqual([])
    expect((await other('GET', '/v1/webhooks')).status).toBe(403)
    expect((await other('GET', '/v1/metrics')).text).not.toContain('rollcall_webhook')
  })
})

test('where private networks are not allowed no webhook goes there, whatever its spelling; nothing is kept of it', async () => {
  const closed = await openWorld({ allow_private: false })
  const send = everyRole(closed, 'acme')
  const forms = [
    ...[
      'http://127.0.0.1/x',
      'https://127.0.0.1/x',
      'https://2130706433/',
      'https://0x7f.1/',
      'https://[::1]/',
      'https://localhost./x',
    ],
    ...[
      'https://[::ffff:10.0.0.1]/',
      'https://169.254.169.254/latest',
      'https://10.1.2.3/',
      'https://a.localhost/',
      'http://example.com/',
    ],
    ...['ftp://example.com/', 'https://user:pass@example.com/', 'javascript:alert(1)', 'file:///etc/passwd', 'https://', 'x'],
  ]
  for (const url of forms)
    expect(await send('POST', '/v1/webhooks', { url }), url).toMatchObject({ status: 422, doc: { code: 'webhook/url' } })
  expect((await send('GET', '/v1/webhooks')).doc).toEqual([])
  expect((await send('POST', '/v1/webhooks', { url: 'https://hooks.example.com/in?team=1' })).status).toBe(201)
  await closed.close()
})
