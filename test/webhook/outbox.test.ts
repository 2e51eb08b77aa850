import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Webhook } from '../../runtime/levels-types.ts'
import type { Told } from '../../runtime/store/levels-port.ts'
import { openStore } from '../../runtime/store/sqlite/open.ts'
import { WAITING_MOST } from '../../runtime/store/webhook-port.ts'
import { newWebhookSecret } from '../../runtime/webhook-out/sign.ts'
import { openNewId } from '../../runtime/write/new-id.ts'
import { startReceiver, verified } from './receiver.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'rollcall-outbox-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const newId = openNewId(Date.now)
const act = { at: new Date().toISOString(), by: 'test', from: null, why: null }
const hook = (webhook: string, url: string, more: Partial<Webhook> = {}): Webhook => ({
  ...{ webhook, url, title: '', types: [], connections: [], enabled: true, because: null },
  ...{ secrets: [{ name: 's', made_at: act.at, until: null }], made_at: act.at, made_by: 'test' },
  ...more,
})
const told = (connection: string): Told => ({
  entry: { ...act, what: 'gate changed', about: connection, detail: {} },
  message: { message: `msg_${newId()}`, type: 'gate.changed', data: { connection, is: 'deny' } },
})
const round = (connection: string, all: readonly Told[]) => ({
  connection,
  at: act.at,
  exceptions: [],
  alerts: { set: [], cleared: [] },
  told: all,
})

test('a process killed -9 while an answer is out: the next one sends the same message with the same id, at least once, and none is lost', async () => {
  const secret = newWebhookSecret().reveal()
  // Of the first process nothing is answered.
  let killed = false
  const receiver = await startReceiver(() => (killed ? 200 : 'hang'))
  const store = await openStore(dir)
  await store.putWebhook(hook('a', receiver.url), 'webhook registered', act)
  const all = ['acme', 'hr', 'okta'].map(told)
  expect(await store.settleRound(round('acme', all))).toBe(true)
  await store.close()
  const start = () => spawn(process.execPath, ['test/webhook/sender.ts', dir, secret], { stdio: 'inherit' })
  const first = start()
  await receiver.wait('gate.changed')
  first.kill('SIGKILL')
  await once(first, 'exit')
  killed = true
  const second = start()
  const ids = all.map(({ message }) => message?.message)
  const taken = () => receiver.came.slice(1).map(({ headers }) => headers['webhook-id'])
  for (let i = 0; i < 200 && taken().length < 3; i++) await new Promise((done) => setTimeout(done, 50))
  second.kill('SIGTERM')
  await once(second, 'exit')
  expect(taken()).toEqual(ids)
  expect(receiver.came[0]?.headers['webhook-id']).toBe(ids[0])
  for (const came of receiver.came) expect(verified(secret, came)).toMatchObject({ data: { is: 'deny' } })
  const after = await openStore(dir)
  expect((await after.deliveries('a', { limit: 10 })).map(({ state, tries }) => [state, tries])).toEqual([
    ['delivered', 1],
    ['delivered', 1],
    ['delivered', 1],
  ])
  await after.close()
  await receiver.close()
}, 30_000)

test('the message, its entry in the ledger and what it tells of are one transaction: where one of them fails there is none', async () => {
  const store = await openStore(dir)
  await store.putWebhook(hook('a', 'http://127.0.0.1:9/'), 'webhook registered', act)
  const size = await store.ledgerSize()
  const twice = told('acme')
  await expect(store.settleRound(round('acme', [twice, twice]))).rejects.toThrow()
  expect([await store.ledgerSize(), await store.deliveries('a', { limit: 10 })]).toEqual([size, []])
  await store.settleRound(round('acme', [twice]))
  const [only] = await store.deliveries('a', { limit: 10 })
  const body = JSON.parse((await store.delivery('a', only?.message ?? ''))?.body ?? '')
  expect([await store.ledgerSize(), body.data.ledger]).toEqual([size + 1, size + 1])
  await store.close()
})

test('a queue has an end: beyond it the oldest are given up, which the ledger says; other webhooks keep theirs', async () => {
  const store = await openStore(dir)
  await store.putWebhook(hook('a', 'http://127.0.0.1:9/'), 'webhook registered', act)
  await store.putWebhook(hook('b', 'http://127.0.0.1:9/', { types: ['webhook.test'] }), 'webhook registered', act)
  const all = Array.from({ length: WAITING_MOST + 7 }, () => told('acme'))
  await store.settleRound(round('acme', all))
  const [a, b] = await store.counts()
  expect(a).toEqual({ webhook: 'a', waiting: WAITING_MOST, delivered: 0, dead: 7 })
  expect(b).toEqual({ webhook: 'b', waiting: 0, delivered: 0, dead: 0 })
  const dead = (await store.deliveries('a', { state: 'dead', limit: 100 })).map(({ message }) => message)
  expect(new Set(dead)).toEqual(new Set(all.slice(0, 7).map(({ message }) => message?.message)))
  const given = await store.audit({ after: 0, limit: 1000, what: 'webhook delivery given up' })
  expect(given.map(({ detail }) => detail['message']).toSorted()).toEqual(dead.toSorted())
  await store.close()
})

test('what is delivered or dead is forgotten after its time, what waits never', async () => {
  const store = await openStore(dir)
  await store.putWebhook(hook('a', 'http://127.0.0.1:9/'), 'webhook registered', act)
  const [one, two] = [told('acme'), told('acme')]
  await store.settleRound(round('acme', [one, two]))
  const at = new Date().toISOString()
  const done = { webhook: 'a', message: one.message?.message ?? '', at, status: 200, because: 'taken', ms: 1, next_at: null }
  await store.tried({ ...done, state: 'delivered' })
  // Told once more by a process that was slow: no effect.
  await store.tried({ ...done, state: 'waiting', next_at: 5 })
  expect((await store.deliveries('a', { limit: 10 })).map(({ state, tries }) => [state, tries])).toEqual([
    ['waiting', 0],
    ['delivered', 1],
  ])
  expect(await store.forget(act.at)).toBe(0)
  expect(await store.forget('2999-01-01T00:00:00.000Z')).toBe(1)
  expect((await store.deliveries('a', { limit: 10 })).map(({ message }) => message)).toEqual([two.message?.message])
  await store.close()
})
