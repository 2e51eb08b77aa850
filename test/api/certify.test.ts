import { afterAll, beforeAll, expect, test } from 'vitest'
import { everyRole, furnish, type Objects, openWorld, type Send, type World } from './world.ts'

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
    requested_by: 'all@acme.example',
    until: new Date(Date.now() + 86_400_000).toISOString(),
    why: 'x',
  }
  expect((await send('POST', '/v1/waivers', mine)).doc.code).toBe('plan/own-approval')
  expect((await send('POST', '/v1/waivers', { ...mine, requested_by: 'somebody' })).doc.code).toBe('certify/waiver')
})
