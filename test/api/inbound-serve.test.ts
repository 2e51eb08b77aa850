/** `rollcall serve` as a process of its own: killed -9 right after it answered a message, and asking feeds by itself. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openStore } from '../../runtime/store/sqlite/open.ts'
import { secretOf, signed, startTarget, type Told, yaml } from '../hostile/inbound-world.ts'
import { type Doc, until } from './world.ts'

const dir = mkdtempSync(join(tmpdir(), 'rollcall-inbound-'))
const env = { ...process.env, ROLLCALL_KEY: randomBytes(32).toString('base64') }
const flags = ['--store', dir, '--json']
const secret = secretOf('standard')
let token = ''
let target: Told
let running: ChildProcess | null = null
beforeAll(async () => {
  target = await startTarget(60)
  const roles = ['admin', 'operator', 'author'].flatMap((role) => ['--role', role])
  const args = ['tokens', 'create', '--tenant', 'acme', '--new-tenant', ...roles, '--for', 'kim', '--name', 'x', ...flags]
  token = JSON.parse(spawnSync(process.execPath, ['cli/main.ts', ...args], { encoding: 'utf8', env }).stdout).text
}, 30_000)
afterAll(async () => {
  await killed()
  await target.close()
  rmSync(dir, { recursive: true, force: true, maxRetries: 5 })
})

async function serve(watch: string): Promise<string> {
  const args = ['cli/main.ts', 'serve', '--port', '0', '--key', 'env:ROLLCALL_KEY', '--allow-private', '--watch', watch, ...flags]
  running = spawn(process.execPath, args, { env })
  const [line] = (await once(running.stdout as NodeJS.ReadableStream, 'data')) as [Buffer]
  return JSON.parse(line.toString()).url
}
async function killed(): Promise<void> {
  if (running === null || running.exitCode !== null || running.signalCode !== null) return
  running.kill('SIGKILL')
  await once(running, 'exit')
}
async function ask(url: string, method: string, path: string, body?: unknown): Promise<Doc> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const answer = await fetch(`${url}${path}`, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
  return await answer.json()
}

test('killed -9 right after the 200 nothing is lost: who was named is looked at by the server that comes after', async () => {
  const first = await serve('0')
  await ask(first, 'POST', '/v1/connectors', { yaml: yaml('standard') })
  const secrets = { token: 'x', hook: secret }
  const made = { name: 'told', connector: 'told-standard', settings: { url: target.url }, secrets, allow_private: true }
  expect((await ask(first, 'POST', '/v1/connections', made)).name).toBe('told')
  const { text } = await ask(first, 'POST', '/v1/connections/told/inbound')
  const { pathname } = new URL(text)
  const asked = target.asked.length
  // As long as it takes to see that it asks nobody by itself.
  await new Promise((done) => setTimeout(done, 1_500))
  const named: string[] = []
  let url = first
  for (let kill = 0; kill < 4; kill++) {
    const ids = Array.from({ length: 10 }, (_, i) => `u${kill * 10 + i}`)
    const body = JSON.stringify(ids.map((id) => ({ id })))
    const { status } = await fetch(`${url}${pathname}`, {
      method: 'POST',
      body,
      headers: signed('standard', secret, body, Date.now()),
    })
    await killed()
    expect(status).toBe(200)
    named.push(...ids)
    const store = await openStore(join(dir, 'tenants', 'acme'))
    const waiting = (await store.touched('told', { limit: 100, tries_below: 5 })).map(({ id }) => id)
    await store.close()
    expect(waiting).toEqual(named)
    url = await serve(kill === 3 ? '1s' : '0')
  }
  // Off, it asked no feed.
  expect(target.asked.slice(asked).filter((line) => !line.includes('/users/'))).toEqual([])
  await until(async () => (await ask(url, 'GET', '/v1/connections/told/watch')).waiting === 0)
  const { items } = await ask(url, 'GET', '/v1/connections/told/sightings')
  expect(items.map(({ id, shows }: Doc) => `${id} ${shows}`).sort()).toEqual(named.map((id) => `${id} alive`).sort())
}, 60_000)

test('asked to, it asks the feed by itself, looks at whom it names, and stops at the end', async () => {
  await killed()
  const url = await serve('1s')
  await until(async () => (await ask(url, 'GET', '/v1/connections/told/watch')).feeds[0].asked_at !== null)
  target.events.push({ no: 'e1', at: new Date().toISOString(), user: 'u59' })
  await until(async () => {
    const { items } = await ask(url, 'GET', '/v1/connections/told/sightings?stream=users&id=u59')
    return items.length === 1 && items[0].cause.feed === 'log'
  })
  const before = (await ask(url, 'GET', '/v1/ledger?limit=1000&what=secret%20used')).items
  await new Promise((done) => setTimeout(done, 2_500))
  // Round after round with one sign-in and one entry.
  const after = (await ask(url, 'GET', '/v1/ledger?limit=1000&what=secret%20used')).items
  expect(after.length).toBe(before.length)
  expect(target.asked.filter((line) => line.includes('/events')).length).toBeGreaterThan(2)
  running?.kill('SIGTERM')
  const [code] = (await once(running as ChildProcess, 'exit')) as [number]
  expect(code).toBe(0)
  const ended = target.asked.length
  await new Promise((done) => setTimeout(done, 1_500))
  expect(target.asked.length).toBe(ended)
}, 60_000)
