import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Doc, everyRole, furnish, type Objects, openWorld, type Send, type World } from './world.ts'

let world: World
let acme: Objects
let send: Send
beforeAll(async () => {
  world = await openWorld()
  acme = await furnish(world, 'acme')
  send = everyRole(world, 'acme')
}, 60_000)
afterAll(async () => world.close())

test('a certification opens upon what is complete, is decided item by item, and closes only when every item is', async () => {
  const path = `/v1/certifications/${acme.certification}`
  expect((await send('GET', path)).doc).toMatchObject({ state: 'open', name: 'Q4' })
  const early = await send('POST', `${path}/close`, { why: 'too early' })
  expect([early.status, early.doc.code]).toEqual([409, 'api/gate'])
  expect(early.doc.errors.length).toBeGreaterThan(0)
  const ids: string[] = []
  for (let cursor = ''; ; ) {
    const { items, next } = (await send('GET', `${path}/items?limit=7${cursor === '' ? '' : `&cursor=${cursor}`}`)).doc
    ids.push(...items.map(({ id }: { readonly id: string }) => id))
    if (next === null) break
    cursor = next
  }
  expect([ids.length, new Set(ids).size]).toEqual([30, 30])
  const decided = await send('POST', `${path}/decisions`, { decisions: ids.map((id) => ({ id, is: 'keep' })), why: 'reviewed' })
  expect(decided.doc).toMatchObject({ kept: 30, revoked: 0 })
  const closed = await send('POST', `${path}/close`, { why: 'all decided' })
  expect(closed.text).toContain('"state":"closed"')
  expect((await send('POST', `${path}/close`, { why: 'again' })).doc.code).toBe('certify/over')
  const taken = async () => (await send('GET', '/v1/ledger?what=proof%20taken')).doc.items
  expect(await taken()).toEqual([])
  const proof = await world.as(world.token('acme', ['auditor']))('GET', `${path}/proof`)
  expect(proof.status).toBe(200)
  const about = acme.certification
  const entry = { about, detail: { sha256: expect.stringMatching(/^[0-9a-f]{64}$/), redacted: 0 } }
  expect(await taken()).toMatchObject([{ ...entry, from: expect.stringMatching(/^api .* token:/) }])
  expect((await send('GET', '/v1/certifications')).doc.items).toHaveLength(1)
})

test('while the gate is shut nothing opens, and each reason says what would settle it', async () => {
  const changed = await send('PATCH', `/v1/connections/${acme.connection}`, { secrets: { token: world.target.token } })
  expect(changed.status).toBe(200)
  const gate = (await send('GET', `/v1/gate?scope=${acme.connection}/users`)).doc
  expect(gate.is).toBe('deny')
  const refused = await send('POST', '/v1/certifications', {
    name: 'Q5',
    owner: 'Kim',
    connections: [acme.connection],
    streams: ['users'],
    why: 'x',
  })
  expect(refused.doc).toMatchObject({ status: 409, code: 'api/gate' })
  expect(refused.doc.errors[0].because).toMatch(/Run a sync/)
  const mine = {
    connection: acme.connection,
    reason: gate.connections[0].reasons[0].id,
    until: new Date(Date.now() + 86_400_000).toISOString(),
    why: 'x',
  }
  // What a sync settles is not waived, so nobody is asked to.
  expect((await send('POST', '/v1/waivers/requests', mine)).doc.code).toBe('certify/waiver')
})

test('a waiver is asked for by who asks, whatever stands in the body, and signed once, by somebody else', async () => {
  const kim = world.as(world.token('acme', ['operator', 'approver'], { person: 'kim@acme.example' }))
  const lee = world.as(world.token('acme', ['approver'], { person: 'lee@acme.example' }))
  const gate = (await send('GET', `/v1/gate?scope=${acme.connection}/teams`)).doc
  const reason = gate.connections[0].reasons.find(({ kind }: Doc) => kind === 'unprovable').id
  const wanted = { connection: acme.connection, reason, until: new Date(Date.now() + 86_400_000).toISOString(), why: 'few' }
  expect((await kim('POST', '/v1/waivers/requests', { ...wanted, requested_by: 'mo' })).doc.code).toBe('api/input')
  expect((await lee('POST', '/v1/waivers/requests', wanted)).doc.code).toBe('api/forbidden')
  for (const until of [new Date(Date.now() - 1).toISOString(), new Date(Date.now() + 91 * 86_400_000).toISOString()])
    expect((await kim('POST', '/v1/waivers/requests', { ...wanted, until })).doc.code).toBe('certify/waiver')
  const { doc: asked } = await kim('POST', '/v1/waivers/requests', wanted)
  expect(asked).toMatchObject({ requested_by: 'kim@acme.example', signed: null })
  const sign = `/v1/waivers/requests/${asked.request}/sign`
  const own = [
    kim,
    world.as(world.token('acme', ['approver'], { person: 'KIM@acme.example ' })),
    world.as(world.token('acme', ['approver'], { person: 'bot', made_by: 'kim@acme.example' })),
  ]
  for (const by of own) expect((await by('POST', sign, { why: 'x' })).doc.code).toBe('plan/own-approval')
  expect((await lee('POST', sign, { why: 'seen' })).doc).toMatchObject({
    by: 'lee@acme.example',
    requested_by: 'kim@acme.example',
  })
  expect((await lee('POST', sign, { why: 'again' })).doc.code).toBe('certify/waiver')
  expect((await send('GET', '/v1/waivers')).doc).toHaveLength(1)
  const listed = (await send('GET', '/v1/waivers/requests')).doc.items.find(({ request }: Doc) => request === asked.request)
  expect(listed.signed.by).toBe('lee@acme.example')
  const { items } = (await send('GET', `/v1/ledger?about=${acme.connection}&limit=1000`)).doc
  expect(items.filter(({ what, by }: Doc) => what === 'waiver asked for' && by === 'kim@acme.example')).toHaveLength(1)
})

test('a request is signed once: by one of two who sign at once, and after a crash right behind the signing', async () => {
  const { request } = await furnish(world, 'hooli')
  const lee = world.as(world.token('hooli', ['approver'], { person: 'lee@hooli.example' }))
  const sign = `/v1/waivers/requests/${request}/sign`
  const both = await Promise.all([1, 2].map(() => lee('POST', sign, { why: 'seen' })))
  expect(both.map(({ status, doc }) => doc.code ?? status).sort()).toEqual([201, 'certify/waiver'])
  // What a process leaves that dies when the waiver is stored, and before it has done anything else.
  const desk = new DatabaseSync(join(world.dir, 'tenants', 'hooli', 'desk.db'))
  desk.prepare('UPDATE waiver_request SET signed_by = NULL, signed_at = NULL WHERE request = ?').run(request)
  desk.close()
  expect((await lee('POST', sign, { why: 'again' })).doc.code).toBe('certify/waiver')
  const [listed] = (await lee('GET', '/v1/waivers/requests')).doc.items
  expect(listed).toMatchObject({ request, signed: { by: 'lee@hooli.example' } })
  expect((await lee('GET', '/v1/waivers')).doc).toHaveLength(1)
})
