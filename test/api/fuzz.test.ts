import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openChecks } from '../../runtime/api/input.ts'
import { ROUTES } from '../../runtime/api/routes/index.ts'
import { ERRORS, Failure } from '../../runtime/errors.ts'
import { pathOf, sample } from './samples.ts'
import { everyRole, furnish, type Objects, openWorld, type World } from './world.ts'

// With shrinking; 100,000 and more without it: test/fuzz.
const RUNS = Number(process.env['FUZZ'] ?? 10_000)
const WRITES = ROUTES.filter(({ body }) => body !== undefined && body !== 'yaml')

let world: World
let acme: Objects
beforeAll(async () => {
  world = await openWorld()
  acme = await furnish(world, 'acme')
}, 60_000)
afterAll(async () => world.close())

/** A good body with a part of it replaced: what gets past the first check. */
const near = fc
  .tuple(fc.nat(), fc.nat(), fc.jsonValue(), fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'tenant', 'id')))
  .map(([which, place, value, extra]) => {
    const route = WRITES[which % WRITES.length]!
    const body = structuredClone(sample(route, acme).body) as { [name: string]: unknown }
    const names = Object.keys(body)
    const name = place % 3 === 0 ? extra : (names[place % names.length] ?? extra)
    // Not by assignment: `__proto__` is to be a key like any other.
    Object.defineProperty(body, name, { value, enumerable: true, configurable: true, writable: true })
    return { route, text: JSON.stringify(body) }
  })
const far = fc
  .tuple(fc.nat(), fc.oneof(fc.json(), fc.string(), fc.string({ unit: 'binary' })))
  .map(([which, text]) => ({ route: WRITES[which % WRITES.length]!, text }))

test(`${RUNS} bodies: each is taken as described or refused with its place, and none is a fault`, () => {
  const checks = openChecks()
  const of = new Map(WRITES.map((route) => [route.id, checks(route)]))
  const counts = { taken: 0, refused: 0 }
  fc.assert(
    fc.property(fc.oneof(near, far), ({ route, text }) => {
      try {
        of.get(route.id)?.body(text, true)
        counts.taken++
      } catch (error) {
        counts.refused++
        if (!(error instanceof Failure) || !['api/body', 'api/input'].includes(error.code) || error.where === '') throw error
      }
    }),
    { numRuns: RUNS },
  )
  console.log(`API bodies: ${RUNS} cases, ${counts.taken} taken, ${counts.refused} refused, 0 crashes`)
  expect(({} as { readonly x?: unknown }).x).toBeUndefined()
  expect(counts.taken).toBeGreaterThan(0)
}, 120_000)

test('through the whole application: every answer is a success or a problem with a known code, and none is our own fault', async () => {
  const send = everyRole(world, 'acme')
  await fc.assert(
    fc.asyncProperty(fc.oneof(near, far), async ({ route, text }) => {
      if (route.realm !== 'tenant') return
      const got = await send(route.method, pathOf(route, acme), text === '' ? ' ' : text, { 'content-type': 'application/json' })
      if (got.status >= 500 && got.status !== 502) throw new Error(`${route.id} ${text}: ${got.text}`)
      if (got.status >= 400 && !(got.doc.code in ERRORS)) throw new Error(`${route.id} ${text}: ${got.text}`)
    }),
    { numRuns: Math.min(1500, RUNS) },
  )
  expect(world.logs.filter((line) => line.includes('fault in rollcall'))).toEqual([])
}, 120_000)
