/** What a server that is gone had begun to read: real processes, killed and stopped. */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { dispatch } from '../../cli/dispatch.ts'
import { targetOf } from '../../runtime/api/targets.ts'
import { type Doc, furnish, openWorld, until } from './world.ts'

const YAML = `connector: test-go-on
version: 1
title: Fake target whose pages can be held back
source:
  - { url: https://developer.acme.example/users, read: 2026-11-21 }
settings:
  url: { type: url, label: Address of the target }
  token: { type: secret, label: Token }
base_url: "{url}"
auth: { kind: bearer, token: "{token}" }
limits: { concurrent: 1, attempts: 1, timeout_ms: 60000 }
streams:
  users:
    is: account
    list: GET /users?limit=2
    pages: { kind: cursor, from: next, into: { query: after }, end: "null" }
    records: data
    id: id
    fields: { userName: login, active: "= true" }
    prove: [{ kind: second_pass, query: { limit: 3 } }]
  groups:
    is: group
    list: GET /groups?limit=2
    pages: { kind: cursor, from: next, into: { query: after }, end: "null" }
    records: data
    id: id
    fields: { displayName: login }
    prove: [{ kind: second_pass, query: { limit: 3 } }]
`
const PEOPLE = 10
const KEY = randomBytes(32).toString('base64')

let dir: string
let target: Server
let asked: string[]
/** From this path on nothing is answered, until it is let go. */
let hold: string | null
let held: (() => void)[]
let servers: ChildProcess[]
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'rollcall-go-on-'))
  ;[asked, hold, held, servers] = [[], null, [], []]
  target = createServer((request, response) => {
    const path = request.url ?? ''
    asked.push(path)
    const go = () => answer(path, response)
    if (hold !== null && path === hold) held.push(go)
    else go()
  }).listen(0, '127.0.0.1')
  await once(target, 'listening')
})
afterEach(async () => {
  for (const child of servers) child.kill('SIGKILL')
  target.closeAllConnections()
  await new Promise((done) => target.close(done))
  rmSync(dir, { recursive: true, force: true, maxRetries: 3 })
})

function answer(path: string, response: ServerResponse): void {
  const { searchParams } = new URL(path, 'http://x')
  const [after, limit] = [Number(searchParams.get('after') ?? 0), Number(searchParams.get('limit'))]
  const data = Array.from({ length: Math.min(limit, PEOPLE - after) }, (_, i) => ({
    id: `u${after + i}`,
    login: `l${after + i}`,
  }))
  const next = after + limit < PEOPLE ? String(after + limit) : null
  response.setHeader('content-type', 'application/json').end(JSON.stringify({ data, next }))
}

type Serving = { readonly child: ChildProcess; readonly ask: (method: string, path: string, body?: unknown) => Promise<Doc> }

async function serve(token: string): Promise<Serving> {
  const child = spawn(
    process.execPath,
    [
      'cli/main.ts',
      'serve',
      '--port',
      '0',
      '--key',
      'env:ROLLCALL_KEY',
      '--allow-private',
      '--watch',
      '0',
      '--json',
      '--store',
      dir,
    ],
    { env: { ...process.env, ROLLCALL_KEY: KEY }, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  servers.push(child)
  let [out, err] = ['', '']
  child.stdout?.on('data', (text) => (out += String(text)))
  child.stderr?.on('data', (text) => (err += String(text)))
  await until(async () => {
    if (child.exitCode !== null) throw new Error(err)
    return out.includes('\n')
  }, 30_000)
  const { url } = JSON.parse(out)
  const ask = async (method: string, path: string, body?: unknown): Promise<Doc> => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const response = await fetch(`${url}${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return { ...((await response.json()) as object), status: response.status }
  }
  return { child, ask }
}

async function end(child: ChildProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  const over = once(child, 'exit')
  child.kill(signal)
  await over
}

/** A server whose sync of the users alone is cut off in the middle of the third page. */
async function midway(): Promise<{ readonly token: string; readonly first: Serving; readonly sync: number }> {
  let out = ''
  const env = { ROLLCALL_STORE: dir, USER: 'kim' }
  const io = {
    out: (text: string) => {
      out += text
    },
    err: () => undefined,
    env,
    now: Date.now,
    tty: false,
    color: false,
    width: 99,
    onStop: () => () => undefined,
  }
  await dispatch(
    [
      'tokens',
      'create',
      '--tenant',
      'acme',
      '--new-tenant',
      '--role',
      'admin',
      '--role',
      'author',
      '--for',
      'kim',
      '--name',
      'x',
      '--json',
    ],
    io,
  )
  const token = JSON.parse(out).text as string
  const first = await serve(token)
  const { port } = target.address() as AddressInfo
  expect(await first.ask('POST', '/v1/connectors', { yaml: YAML })).toMatchObject({ status: 201 })
  const settings = { url: `http://127.0.0.1:${port}` }
  const made = { name: 'main', connector: 'test-go-on', settings, secrets: { token: 'secret' }, allow_private: true }
  expect(await first.ask('POST', '/v1/connections', made)).toMatchObject({ status: 201 })
  hold = '/users?limit=2&after=4'
  const { sync } = await first.ask('POST', '/v1/connections/main/syncs', { streams: ['users'] })
  await until(async () => held.length === 1)
  return { token, first, sync }
}

const syncAt = ({ ask }: Serving, sync: number): Promise<Doc> => ask('GET', `/v1/connections/main/syncs/${sync}`)
const resumed = async ({ ask }: Serving): Promise<Doc> => (await ask('GET', '/v1/ledger?what=sync%20resumed')).items

for (const signal of ['SIGKILL', 'SIGTERM'] as const)
  test(`a sync that ${signal} cut off goes on at its checkpoint when the server is back, with what it was asked for, and the ledger says so`, async () => {
    const { token, first, sync } = await midway()
    await end(first.child, signal)
    hold = null
    const before = asked.length
    const second = await serve(token)
    await until(async () => (await syncAt(second, sync)).state === 'finished')
    expect(await syncAt(second, sync)).toMatchObject({ state: 'finished', resumed: 1 })
    // Pages that were stored are not asked for again, and the groups that nobody asked for are not read.
    const after = asked.slice(before)
    expect(after.filter((path) => path.includes('limit=2'))).toEqual([4, 6, 8].map((n) => `/users?limit=2&after=${n}`))
    expect(after.filter((path) => path.includes('groups'))).toEqual([])
    const entries = await resumed(second)
    expect(entries).toMatchObject([{ by: 'rollcall', from: 'rollcall', about: 'main', detail: { sync, streams: ['users'] } }])
    await end(second.child, 'SIGKILL')
    // One that is finished is not gone on with.
    const third = await serve(token)
    await new Promise((done) => setTimeout(done, 300))
    expect(await resumed(third)).toHaveLength(1)
    expect(asked.length - before).toBe(after.length)
  }, 60_000)

for (const [signal, what] of [
  ['SIGTERM', 'and whose server was stopped'],
  ['SIGKILL', 'and whose server was killed then'],
] as const)
  test(`a sync that a person paused, ${what}, is not gone on with before somebody asks, whether or not the pause was lifted`, async () => {
    const { token, first, sync } = await midway()
    await first.ask('POST', '/v1/connections/main/pause', { why: 'a window of theirs' })
    await until(async () => (await syncAt(first, sync)).state === 'paused')
    await end(first.child, signal)
    hold = null
    const before = asked.length
    const second = await serve(token)
    await second.ask('POST', '/v1/connections/main/resume', { why: 'it is over' })
    await end(second.child, signal)
    const third = await serve(token)
    await new Promise((done) => setTimeout(done, 300))
    expect((await syncAt(third, sync)).state).toBe('paused')
    expect([asked.length - before, await resumed(third)]).toEqual([0, []])
    expect((await third.ask('POST', '/v1/connections/main/syncs', { streams: ['users'] })).sync).toBe(sync)
    await until(async () => (await syncAt(third, sync)).state === 'finished')
  }, 60_000)

test('a sync that was killed before the pause reached it waits for somebody to lift the pause and ask', async () => {
  const { token, first, sync } = await midway()
  // The pause is written down, and the process dies before the sync has stopped.
  first.child.kill('SIGSTOP')
  const { openDesk } = await import('../../runtime/control/desk.ts')
  const desk = openDesk(join(dir, 'tenants', 'acme'), { beside: true })
  desk.pause({ connection: 'main', at: new Date().toISOString(), by: 'kim', why: 'a window of theirs' })
  desk.close()
  await end(first.child, 'SIGKILL')
  hold = null
  const before = asked.length
  const second = await serve(token)
  await until(async () => (await syncAt(second, sync)).state === 'paused')
  await second.ask('POST', '/v1/connections/main/resume', { why: 'it is over' })
  await end(second.child, 'SIGKILL')
  const third = await serve(token)
  await new Promise((done) => setTimeout(done, 300))
  expect((await syncAt(third, sync)).state).toBe('paused')
  expect([asked.length - before, await resumed(third)]).toEqual([0, []])
}, 60_000)

test('a sync that a person paused in the moment in which its server stops is paused by the person', async () => {
  const world = await openWorld()
  const because: unknown[] = []
  for (const tenant of ['acme', 'hooli'] as const) {
    const { connection } = await furnish(world, tenant)
    const room = await world.house.room(tenant)
    const number = await room.work.sync(await targetOf(world.house, room, connection), { only: null, fresh: true })
    // Before its first answer can have come.
    if (tenant === 'hooli') room.work.pauseSync(connection)
    await room.work.close()
    const row = await room.store.syncAt(connection, number)
    because.push([row?.state, row?.because])
  }
  expect(because).toEqual([
    ['paused', 'the server was stopped'],
    ['paused', 'stopped on request'],
  ])
  await world.close()
}, 60_000)

test('what was read under another connector or setting, and what takes its process with it again and again, does not go on by itself', async () => {
  const world = await openWorld()
  const { connection } = await furnish(world, 'acme')
  const { store, work } = await world.house.room('acme')
  const at = new Date().toISOString()
  const left = async (fingerprint: string, times: number): Promise<unknown> => {
    for (let n = 0; n < times; n++) await store.beginSync(connection, fingerprint, at)
    work.goOn()
    await until(async () => (await store.syncs(connection, 1))[0]?.state !== 'running')
    const [row] = await store.syncs(connection, 1)
    return [row?.state, row?.because]
  }
  expect(await left('another', 1)).toEqual(['paused', 'its connector, settings or credential were changed'])
  const [, known] = await store.syncs(connection, 2)
  expect(await left(known?.fingerprint ?? '', 11)).toEqual(['paused', 'it was cut off 10 times'])
  expect((await store.audit({ after: 0, limit: 9999, what: 'sync resumed' })).length).toBe(0)
  expect(world.logs.filter((line) => line.includes('does not go on by itself'))).toHaveLength(2)
  // One time less, and it goes on.
  const last = await store.syncs(connection, 1)
  await store.endSync(last[0]?.sync ?? 0, 'failed', null, at)
  expect(await left(known?.fingerprint ?? '', 10)).toEqual(['finished', null])
  expect((await store.audit({ after: 0, limit: 9999, what: 'sync resumed' })).length).toBe(1)
  await world.close()
}, 60_000)
