/** A third-party application in which real people sign in: a leaver is out only when the sessions are, and Rollcall says so and no more. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { loadConnector } from '../../runtime/spec/load.ts'
import type { Connector } from '../../runtime/types.ts'
import type { Outcome } from '../../runtime/write-types.ts'
import { openRunner, type Runner } from '../connectors/run.ts'
import { type BetterAuth, type Person, startBetterAuth } from './better-auth.ts'

const CACHE_S = 60
const FILE = join(import.meta.dirname, 'better-auth.yaml')

const plain: { app?: BetterAuth; cached?: BetterAuth } = {}
const closing: (() => Promise<void>)[] = []

beforeAll(async () => {
  const [app, cached] = await Promise.all([startBetterAuth(), startBetterAuth(CACHE_S)])
  Object.assign(plain, { app, cached })
  // Somebody who stays: what is not there any more counts beside a record that is.
  for (const one of [app, cached]) await one.provision('hr', await one.person('grace@acme.example'))
})
afterAll(() => Promise.all([plain.app?.stop(), plain.cached?.stop()]))
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

type Place = { readonly app: BetterAuth; readonly ada: Person; readonly open: () => Promise<Runner> }

async function place(name: string, cache: 'plain' | 'cached' = 'plain'): Promise<Place> {
  const app = (cache === 'cached' ? plain.cached : plain.app) as BetterAuth
  return {
    app,
    ada: await app.person(`${name}@acme.example`),
    async open() {
      const { connector, diagnostics } = loadConnector(readFileSync(FILE, 'utf8'), FILE)
      if (connector === null) throw new Error(JSON.stringify(diagnostics))
      const runner = await openRunner(connector as Connector, { url: app.url, email: app.admin.email }, null, app.admin)
      closing.push(runner.close)
      const { result } = await runner.run()
      expect(result.streams['accounts']?.verdict.is).toBe('complete')
      return runner
    },
  }
}

const facet = (outcome: Outcome, name: string) => outcome.facets.find((one) => one.facet === name)

test('a ban is verified by the sessions it ended: the browser is out, and cannot come back', async () => {
  const { app, ada, open } = await place('ban')
  const browser = await app.signIn(ada)
  const runner = await open()
  expect(await app.isIn(browser)).toBe(true)
  const { outcome, looks } = await runner.change('deactivate_account', ada.id)
  expect([outcome.is, outcome.bystanders]).toEqual(['verified', 'unchanged'])
  expect([facet(outcome, 'account')?.is, facet(outcome, 'sessions')?.is, facet(outcome, 'sessions')?.rung]).toEqual([
    'verified',
    'verified',
    4,
  ])
  expect(
    looks.filter((look) => look.facet === 'sessions' && look.shows === 'asked').every((look) => look.control === 'alive'),
  ).toBe(true)
  expect(await app.isIn(browser)).toBe(false)
  await expect(app.signIn(ada)).rejects.toThrow(/BANNED_USER/)
})

test('SCIM says inactive and the session lives: partial, and sessions are named', async () => {
  const { app, ada, open } = await place('two-sources')
  const id = await app.provision('hr', ada)
  await app.provision('contractors', ada)
  const browser = await app.signIn(ada)
  const runner = await open()
  const { outcome, events } = await runner.change('custom_deprovision', id)
  expect(events.find((event) => event.kind === 'answered')).toMatchObject({ result: 'accepted', status: 200 })
  expect([outcome.is, facet(outcome, 'account')?.is, facet(outcome, 'sessions')?.is]).toEqual(['partial', 'verified', 'refuted'])
  expect(await app.isIn(browser)).toBe(true)
})

test('SCIM says inactive and no other source says active: verified, and the browser is out', async () => {
  const { app, ada, open } = await place('one-source')
  const id = await app.provision('hr', ada)
  const browser = await app.signIn(ada)
  const runner = await open()
  const { outcome } = await runner.change('custom_deprovision', id)
  expect([outcome.is, facet(outcome, 'sessions')?.rung]).toEqual(['verified', 4])
  expect(await app.isIn(browser)).toBe(false)
})

test('the list of sessions is empty and a browser is let in from its signed cookie: the residual time covers it', async () => {
  const { app, ada, open } = await place('cached', 'cached')
  const browser = await app.signIn(ada)
  const runner = await open()
  const { outcome } = await runner.change('deactivate_account', ada.id)
  // Rung 4 is not rung 5: the list is empty, the browser is in. Never said to be out before `residual_until`.
  expect([facet(outcome, 'sessions')?.rung, await app.isIn(browser)]).toEqual([4, true])
  expect(Date.parse(outcome.residual_until ?? '')).toBeGreaterThan(Date.now() + CACHE_S * 1_000)
})

test('sessions are ended and the person signs in again: that is no breach of what was asked', async () => {
  const { app, ada, open } = await place('again')
  const browser = await app.signIn(ada)
  const runner = await open()
  const { outcome } = await runner.change('revoke_sessions', ada.id)
  expect([outcome.is, await app.isIn(browser)]).toEqual(['verified', false])
  expect(await app.isIn(await app.signIn(ada))).toBe(true)
})

test('the ban lifted behind our back is reverted at the next recheck', async () => {
  const { ada, open } = await place('unbanned')
  const runner = await open()
  const banned = await runner.change('deactivate_account', ada.id)
  const other = await open()
  await other.change('reactivate_account', ada.id)
  const later = await runner.later(3_700_000)
  expect([banned.outcome.is, later.map(({ outcome }) => outcome.is)]).toEqual(['verified', ['reverted']])
})
