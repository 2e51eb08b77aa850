/** Nothing gives a secret back: every route, every role, every header, the log, and every byte on the disk. */
import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openApi } from '../../runtime/api/app.ts'
import { ROUTES } from '../../runtime/api/routes/index.ts'
import type { Route } from '../../runtime/api/types.ts'
import { ROLES } from '../../runtime/control/types.ts'
import { formsOf } from '../../runtime/http/redact.ts'
import { BEARER, CLIENT, startRotating } from './rotation-target.ts'
import { pathOf, sample } from './samples.ts'
import { everyRole, furnish, type Got, type Objects, openWorld, type Send, until, type World } from './world.ts'

const ASCII = Array.from({ length: 94 }, (_, i) => String.fromCharCode(33 + i))
/** What a header can carry. */
const inHeader = fc.string({ unit: fc.constantFrom(...ASCII), minLength: 16, maxLength: 60 })
/** What a form can carry: anything. */
const inForm = fc.string({ unit: 'grapheme', minLength: 16, maxLength: 60 })
const distinct = (arbitrary: fc.Arbitrary<string>, n: number): readonly string[] =>
  fc.sample(arbitrary, n).map((text) => `${randomBytes(6).toString('base64url')}${text}`)

let world: World
let target: Awaited<ReturnType<typeof startRotating>>
let acme: Objects
let send: Send
const canaries: string[] = []
const got: { readonly where: string; readonly text: string }[] = []
const heard = (where: string, { text, headers }: Got): void =>
  void got.push({ where, text: `${text}\n${JSON.stringify([...headers])}` })

beforeAll(async () => {
  world = await openWorld()
  target = await startRotating()
  target.slow(0)
  acme = await furnish(world, 'acme')
  canaries.push(world.target.token)
  const plain = everyRole(world, 'acme')
  send = async (...given) => {
    const answer = await plain(...given)
    heard(`${given[0]} ${given[1]}`, answer)
    return answer
  }
  for (const yaml of [BEARER, CLIENT]) await send('POST', '/v1/connectors', yaml)
}, 60_000)
afterAll(async () => {
  await world.close()
  await target.close()
})

/** Each is entered, changed, tried, refused, taken, used and asked for again in this test; some are no good to the target, which says so. */
async function live(connector: string, name: string, values: readonly [string, string, string, string]): Promise<void> {
  const [first, second, third, wrong] = values
  canaries.push(...values)
  target.take(first, second, third)
  const at = `/v1/connections/${name}`
  const settings = { url: target.url }
  await send(
    'POST',
    '/v1/connections',
    { name, connector, settings, secrets: { token: wrong }, allow_private: true },
    { 'idempotency-key': name },
  )
  await send('POST', `${at}/check`)
  await send('PATCH', at, { secrets: { token: first } })
  await send('POST', `${at}/check`)
  await send('POST', `${at}/rotate`, { secrets: { token: wrong }, why: 'a wrong one' })
  expect((await send('POST', `${at}/rotate`, { secrets: { token: second }, why: 'the next' })).doc.is).toBe('proved')
  const { sync } = (await send('POST', `${at}/syncs`, {})).doc
  await until(async () => (await send('GET', `${at}/syncs/${sync}`)).doc.state === 'finished')
  // A form that is refused, with the value in it.
  await send('PATCH', at, { secrets: { nonsense: third } })
  await send('PATCH', at, { settings: { url: third } })
  // A name is shown: the blank keeps every value from being one.
  await send('POST', '/v1/connections', { name: `${third} `, connector, settings, secrets: { token: third } })
  await send('PATCH', at, { secrets: { token: third }, more: 1 })
  await send('POST', `${at}/rotate`, {
    secrets: { token: third },
    why: 'waits',
    until: new Date(Date.now() + 3_600_000).toISOString(),
  })
}

function leaks(
  texts: readonly { readonly where: string; readonly text: string }[],
  skip: ReadonlySet<string> = new Set(),
): string[] {
  const found = new Set<string>()
  for (const canary of canaries)
    for (const form of formsOf(canary).filter((one) => one.length >= 12))
      for (const { where, text } of texts) if (!skip.has(where) && text.includes(form)) found.add(where)
  return [...found]
}

test('entered, refused, rotated and used: no answer, no header and no line of the log holds one', async () => {
  const bearers = distinct(inHeader, 24)
  const clients = distinct(inForm, 24)
  for (let i = 0; i < 6; i++) {
    await live('rotating', `b${i}`, bearers.slice(i * 4, i * 4 + 4) as [string, string, string, string])
    await live('rotating-client', `f${i}`, clients.slice(i * 4, i * 4 + 4) as [string, string, string, string])
  }
  expect(canaries.length).toBe(49)
  expect(leaks(got)).toEqual([])
}, 120_000)

test('every route, as every role: nothing of it', async () => {
  const asked = new Set<string>()
  for (const role of [...ROLES, null]) {
    const ask = role === null ? send : world.as(world.token('acme', [role]))
    for (const route of ROUTES)
      for (const connection of role === null ? [acme.connection, 'b0', 'f0'] : ['b0']) {
        const objects = { ...acme, connection }
        if (route.id === 'deleteConnection' || route.id === 'revokeToken') continue
        heard(`${role} ${route.id}`, await ask(route.method, pathOf(route, objects), sample(route, objects).body))
        asked.add(route.id)
      }
  }
  const installation = world.as(world.token(null, ['admin']))
  for (const route of ROUTES.filter(({ realm }) => realm === 'installation'))
    heard(`installation ${route.id}`, await installation(route.method, pathOf(route, acme), sample(route, acme).body))
  for (const path of ['/openapi.json', '/docs']) heard(path, await world.as(null)('GET', path))
  for (let after = 0; ; ) {
    const page = await send('GET', `/v1/ledger?limit=1000${after === 0 ? '' : `&after=${after}`}`)
    if ((page.doc.items?.length ?? 0) < 1000) break
    after = page.doc.items.at(-1).seq
  }
  expect(leaks(got)).toEqual([])
  expect(leaks([{ where: 'log', text: world.logs.join('\n') }])).toEqual([])
  console.log(`${canaries.length} secrets, ${asked.size} routes, ${got.length} answers: 0 hold one`)
}, 120_000)

test('no file of the folder holds one', () => {
  const files = walk(world.dir)
  const texts = files.map((file) => ({ where: file, text: readFileSync(file, 'latin1') }))
  // UTF-8 as bytes.
  const bytes = canaries.flatMap((canary) => [canary, ...formsOf(canary)]).map((form) => Buffer.from(form).toString('latin1'))
  const found = texts.filter(({ text }) => bytes.some((form) => form.length >= 12 && text.includes(form)))
  expect(found.map(({ where }) => where)).toEqual([])
  expect(files.length).toBeGreaterThan(5)
})

test('a route that gives one back is seen', async () => {
  const planted = ROUTES.map(
    (route): Route =>
      route.id === 'getConnection'
        ? {
            ...route,
            act: async () => ({
              status: 200,
              text: { type: 'text/plain', text: Buffer.from(`x${canaries[3]}`).toString('base64') },
            }),
            answers: { 200: 'text' },
          }
        : route,
  )
  const answer = await everyRole(world, 'acme')('GET', '/v1/connections/b0')
  expect(leaks([{ where: 'as it is', text: answer.text }])).toEqual([])
  const other = await world.as(world.token('acme', ['admin']), openApi(world.house, planted))('GET', '/v1/connections/b0')
  expect(leaks([{ where: 'planted', text: other.text }])).toEqual(['planted'])
})

const walk = (dir: string): readonly string[] =>
  readdirSync(dir).flatMap((name) => {
    const path = join(dir, name)
    return statSync(path).isDirectory() ? walk(path) : [path]
  })
