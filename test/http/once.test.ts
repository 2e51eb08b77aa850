import { afterEach, expect, test } from 'vitest'
import type { Http } from '../../runtime/http/open.ts'
import { clock, connector, get, json, room, type Target, target } from './room.ts'

const open: { close: () => Promise<void> }[] = []
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close()
})
const kept = <T extends { close: () => Promise<void> }>(it: T): T => {
  open.push(it)
  return it
}

const LANE = { lane: 'leaver' } as const
const POST = { method: 'POST', where: 'POST /users' } as const

async function once(
  answer: Parameters<typeof target>[0],
  more: { readonly rotates?: boolean } = {},
): Promise<{ it: Target; http: Http }> {
  const it = kept(await target(answer))
  let asked = 0
  const auth = { kind: 'header', name: 'x-key', value: '{key}' }
  const settings = { key: { type: 'secret', required: true } } as const
  const { Secret } = await import('../../runtime/secret.ts')
  const secrets = async () => new Secret(more.rotates === true ? `key-number-${++asked}` : 'the-only-key')
  return { it, http: kept(room(connector(it.url, { auth, settings }), { ...clock(), secrets })) }
}

test.each([
  ['a 500', 500, 'lost', 'http/server-error'],
  ['a 429', 429, 'lost', 'http/rate-limited'],
  ['a 503 with a time', 503, 'lost', 'http/rate-limited'],
  ['a 409', 409, 'refused', 'http/refused'],
  ['a redirect', 307, 'refused', 'http/redirect'],
] as const)('%s of a write is told, and nothing is sent again', async (_, status, kind, code) => {
  const { it, http } = await once((_request, response) =>
    json(response, {}, status, { location: '/elsewhere', 'retry-after': '1' }),
  )
  const observation = await http.sendOnce(get(`${it.url}/users`, POST), LANE)
  expect(observation).toMatchObject({ kind, code, status, requests: 1 })
  expect(it.seen.length).toBe(1)
})

test('an answer that never comes is lost, and nothing is sent again', async () => {
  const { it, http } = await once((request) => request.socket.destroy())
  expect(await http.sendOnce(get(`${it.url}/users`, POST), LANE)).toMatchObject({ kind: 'lost', requests: 1 })
  expect(it.seen.length).toBe(1)
})

test('a write refused with 401 goes out once more with another credential, and only with another one', async () => {
  const { it, http } = await once(
    (request, response) => json(response, {}, request.headers['x-key'] === 'key-number-2' ? 200 : 401),
    {
      rotates: true,
    },
  )
  expect(await http.sendOnce(get(`${it.url}/users`, POST), LANE)).toMatchObject({ kind: 'answer' })
  expect(it.seen.length).toBe(2)
  const same = await once((_request, response) => json(response, {}, 401))
  expect(await same.http.sendOnce(get(`${same.it.url}/users`, POST), LANE)).toMatchObject({
    kind: 'refused',
    code: 'http/unauthorized',
  })
  expect(same.it.seen.length).toBe(1)
})

test('a GET that is sent once follows no redirect either', async () => {
  const { it, http } = await once((_request, response) => json(response, {}, 302, { location: '/elsewhere' }))
  expect(await http.sendOnce(get(`${it.url}/users`), LANE)).toMatchObject({ kind: 'refused', code: 'http/redirect' })
  expect(it.seen.length).toBe(1)
})

test('`ready` is awaited when its turn has come: where it rejects nothing leaves, and the slot is free again', async () => {
  const { it, http } = await once((_request, response) => json(response, {}))
  const stopped = new Error('stopped')
  const never = http.sendOnce(get(`${it.url}/users`, POST), { ...LANE, ready: () => Promise.reject(stopped) })
  await expect(never).rejects.toBe(stopped)
  expect(it.seen.length).toBe(0)
  const order: string[] = []
  const ready = async () => void order.push(`ready, ${it.seen.length} sent`)
  expect(await http.sendOnce(get(`${it.url}/users`, POST), { ...LANE, ready })).toMatchObject({ kind: 'answer' })
  expect([order, it.seen.length, http.stats().in_flight]).toEqual([['ready, 0 sent'], 1, 0])
})
