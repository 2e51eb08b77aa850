/** Rounds of watching in a served tenant: how many at once, one at a time a connection, at one pace with everything else that asks its target. */
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTarget, targetOf } from '../../runtime/api/targets.ts'
import { yaml } from '../hostile/inbound-world.ts'
import { type Doc, everyRole, openWorld, type Send, until, type World } from './world.ts'

type Asked = { readonly of: string; readonly path: string; readonly at: number }
let world: World
let send: Send
let server: http.Server
let url = ''
let slow_ms = 0
const asked: Asked[] = []
const open = new Map<string, number>()
let most = 0
let most_of_one = 0
beforeAll(async () => {
  server = http.createServer((q, r) => {
    const [, of = '', ...rest] = (q.url ?? '').split('?', 1)[0]!.split('/')
    const path = rest.join('/')
    asked.push({ of, path, at: performance.now() })
    if (path === 'events') {
      open.set(of, (open.get(of) ?? 0) + 1)
      most = Math.max(most, [...open.values()].filter((n) => n > 0).length)
      most_of_one = Math.max(most_of_one, ...open.values())
    }
    setTimeout(() => {
      if (path === 'events') open.set(of, (open.get(of) ?? 1) - 1)
      r.writeHead(200, { 'content-type': 'application/json' })
      r.end(JSON.stringify(path.startsWith('users/') ? { id: 'u1', login: 'a', on: true } : []))
    }, slow_ms)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  world = await openWorld()
  send = everyRole(world, 'acme')
  await send('POST', '/v1/connectors', yaml('standard'))
  const paced = yaml('standard')
    .replace('told-standard', 'told-paced')
    .replace('concurrent: 4', 'concurrent: 4, requests_per_minute: 240')
  await send('POST', '/v1/connectors', paced)
}, 30_000)
afterAll(async () => {
  await world.close()
  server.closeAllConnections()
  await new Promise((done) => server.close(done))
})

async function connect(name: string, connector = 'told-standard'): Promise<string> {
  const made = { name, connector, settings: { url: `${url}/${name}` }, secrets: { token: 'x' }, allow_private: true }
  const got = await send('POST', '/v1/connections', made)
  if (got.status !== 201) throw new Error(got.text)
  // The first round takes a position and asks nobody.
  await send('POST', `/v1/connections/${name}/watch`)
  return name
}

test('at most four connections of a tenant at once, each one round at a time', async () => {
  const names = []
  for (let i = 0; i < 9; i++) names.push(await connect(`many-${i}`))
  ;[slow_ms, most, most_of_one] = [150, 0, 0]
  const rounds = await Promise.all(
    [...names, ...names].map(async (name) => (await send('POST', `/v1/connections/${name}/watch`)).doc as Doc),
  )
  slow_ms = 0
  expect(rounds.every(({ polls }) => polls[0].is === 'told')).toBe(true)
  expect([most, most_of_one]).toEqual([4, 1])
  // Who asks while a round is under way is told of that one.
  for (const name of names)
    expect(new Set(rounds.filter(({ connection }) => connection === name).map(({ at }) => at)).size).toBe(1)
}, 30_000)

test('whatever asks one target at once keeps its declared pace together, and of another target has its own', async () => {
  const [one, two] = [await connect('paced', 'told-paced'), await connect('paced-too', 'told-paced')]
  const room = await world.house.room('acme')
  const act = { at: new Date().toISOString(), by: 'kim', from: 'test', why: 'test' }
  const from = asked.length
  const opened = await Promise.all(
    (
      [
        ['sync', one],
        ['watch', one],
        ['changes', one],
        ['watch', two],
      ] as const
    ).map(async ([what, name]) => {
      const target = await targetOf(world.house, room, name)
      return { name, http: openTarget(world.house, room, target, { act, what }) }
    }),
  )
  const request = (name: string) =>
    ({
      method: 'GET',
      headers: {},
      body: null,
      decode: { kind: 'json' },
      expect: [],
      where: '',
      url: `${url}/${name}/users`,
    }) as const
  const many = opened.flatMap(({ name, http }) => Array.from({ length: 4 }, () => http.send(request(name), { lane: 'sync' })))
  expect((await Promise.all(many)).map(({ kind }) => kind)).toEqual(Array(16).fill('answer'))
  for (const { http } of opened) await http.close()
  // 240 a minute are four or five in any second, and three paces would be twelve; a busy machine hands some on late.
  const densest = (name: string): number => {
    const mine = asked.slice(from).filter(({ of }) => of === name)
    return Math.max(...mine.map(({ at }) => mine.filter((other) => other.at >= at && other.at < at + 950).length))
  }
  console.log(
    `pace: of 240 a minute ${densest(one)} in the densest 950 ms of three that ask at once, ${densest(two)} of another's`,
  )
  expect(densest(one)).toBeLessThanOrEqual(7)
  const paceOf = async (name: string) => room.paces.of(await targetOf(world.house, room, name))
  expect(await paceOf(one)).toBe(await paceOf(one))
  expect(await paceOf(two)).not.toBe(await paceOf(one))
}, 30_000)

test('a round that lasts is told as being under way', async () => {
  const name = await connect('lasting')
  slow_ms = 1_000
  const from = asked.length
  const round = send('POST', `/v1/connections/${name}/watch`)
  await until(async () => asked.slice(from).some(({ of }) => of === name))
  slow_ms = 0
  expect((await send('GET', `/v1/connections/${name}/watch`)).doc.under_way).toBe(true)
  expect((await round).status).toBe(200)
  expect((await send('GET', `/v1/connections/${name}/watch`)).doc).toMatchObject({
    under_way: false,
    feeds: [{ is: 'untested' }],
  })
}, 30_000)

test('the end of the server breaks off what is under way, and nothing of it is written down', async () => {
  const other = await openWorld({ watch_ms: 1_000 })
  const ask = everyRole(other, 'acme')
  await ask('POST', '/v1/connectors', yaml('standard'))
  const settings = { url: `${url}/ending` }
  await ask('POST', '/v1/connections', {
    name: 'ending',
    connector: 'told-standard',
    settings,
    secrets: { token: 'x' },
    allow_private: true,
  })
  await ask('POST', '/v1/connections/ending/watch')
  slow_ms = 20_000
  const from = asked.length
  // By itself.
  await until(async () => asked.slice(from).some(({ of }) => of === 'ending'))
  slow_ms = 0
  const { feeds } = (await ask('GET', '/v1/connections/ending/watch')).doc
  const { store } = await other.house.room('acme')
  const began = performance.now()
  let left: unknown = null
  const closed = store.close
  const looked = async (): Promise<void> => {
    left = await store.feeds('ending')
    await closed()
  }
  Object.assign(store, { close: looked })
  await other.close()
  expect(performance.now() - began).toBeLessThan(5_000)
  expect(left).toMatchObject([{ failed: null, asked_at: feeds[0].asked_at }])
}, 30_000)

test('a feed that is refused is told as failed, with why; the next round that is answered clears it', async () => {
  const name = await connect('refused')
  const { doc } = await send('PATCH', `/v1/connections/${name}`, {
    settings: { url: 'http://127.0.0.1:1' },
    secrets: { token: 'x' },
  })
  expect(doc.name).toBe(name)
  const broken = (await send('POST', `/v1/connections/${name}/watch`)).doc
  expect(broken.polls[0]).toMatchObject({ is: 'failed', because: expect.stringMatching(/./) })
  expect(broken.feeds[0].is).toBe('failed')
  await send('PATCH', `/v1/connections/${name}`, { settings: { url: `${url}/${name}` }, secrets: { token: 'x' } })
  expect((await send('POST', `/v1/connections/${name}/watch`)).doc.feeds[0].is).toBe('untested')
}, 30_000)

test('sightings go on from a cursor, of one record too; a cursor of another list is refused', async () => {
  const name = await connect('seen')
  const room = await world.house.room('acme')
  const ids = Array.from({ length: 5 }, (_, i) => ({ stream: 'users', id: `u${i}` }))
  await room.store.touch(name, { by: 'webhook' }, ids, new Date().toISOString())
  await send('POST', `/v1/connections/${name}/watch`)
  const seen: number[] = []
  let query = 'limit=2'
  for (;;) {
    const { items, next } = (await send('GET', `/v1/connections/${name}/sightings?${query}`)).doc
    seen.push(...items.map(({ seq }: Doc) => seq))
    if (next === null) break
    query = `limit=2&cursor=${next}`
  }
  expect(seen).toEqual([1, 2, 3, 4, 5])
  const one = (await send('GET', `/v1/connections/${name}/sightings?stream=users&id=u3`)).doc
  expect(one.items.map(({ id }: Doc) => id)).toEqual(['u3'])
  expect((await send('GET', `/v1/connections/${name}/sightings?id=u3`)).doc.code).toBe('api/input')
  const cursor = query.split('cursor=')[1]
  expect((await send('GET', `/v1/connections/${name}/sightings?stream=users&cursor=${cursor}`)).doc.code).toBe('api/cursor')
})
