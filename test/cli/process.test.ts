/** The real program in a process of its own: signals, streams, colours, pipes. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { population } from '../targets/population.ts'
import { startTarget, type Target } from '../targets/server.ts'

let dir: string
let slow: Target

beforeAll(async () => {
  slow = await startTarget({
    dialect: 'cursor',
    population: population({ n: 900, seed: 6, ids: 'prefixed', groups: 2 }),
    latency_ms: 30,
  })
})
afterAll(() => slow.close())
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'rollcall-process-'))
  return () => rmSync(dir, { recursive: true, force: true })
})

type Ended = { readonly code: number | null; readonly signal: string | null; readonly out: string; readonly err: string }

function start(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): { readonly child: ChildProcess; readonly ended: Promise<Ended> } {
  const child = spawn(process.execPath, ['cli/main.ts', ...args], {
    env: { PATH: process.env['PATH'], HOME: dir, TOKEN: slow.token, ROLLCALL_STORE: join(dir, 'store'), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  let err = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    out += text
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    err += text
  })
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal, out, err }) as Ended)
  return { child, ended }
}

const run = (args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Ended> => start(args, env).ended
const syncArgs = () => [
  'sync',
  '--connector',
  'test/connectors-for-tests/cursor.yaml',
  '--set',
  `url=${slow.url}`,
  '--secret',
  'token=env:TOKEN',
  '--allow-private',
  '--json',
]

/** Resolves when the target has been asked for that many pages more. */
async function pages(n: number): Promise<void> {
  const from = slow.requests.length
  while (slow.requests.length < from + n) await new Promise((done) => setTimeout(done, 5))
}

describe('the program', () => {
  test('knows its version, its commands and a slip of the finger', async () => {
    const [version, help, slip] = await Promise.all([run(['--version']), run(['--help']), run(['snyc'])])
    expect(version).toMatchObject({ code: 0, out: expect.stringMatching(/^rollcall \d/), err: '' })
    expect(help).toMatchObject({ code: 0, out: expect.stringContaining('gate closed') })
    expect(slip).toMatchObject({ code: 2, out: '', err: expect.stringContaining('did you mean `sync`?') })
  })

  test('writes no colour into a pipe, nor warnings of its own', async () => {
    const { code, out, err } = await run(['validate', 'connectors/scim2.yaml'], { FORCE_COLOR: '1', TERM: 'xterm-256color' })
    expect([code, err]).toEqual([0, ''])
    expect(out).not.toContain('\u001b')
  })

  test('survives a reader that goes away', async () => {
    const { child, ended } = start(['explain'])
    child.stdout?.destroy()
    expect((await ended).code).toBe(0)
  })
})

/** A way to the target that can be shut: a sync behind it is under way for as long as a test wants. */
async function doorTo(url: string): Promise<{ url: string; shut: () => Promise<void>; open: () => void }> {
  let way = Promise.resolve()
  let open = (): void => undefined
  let knock = (): void => undefined
  const server = createServer(async (asked, answer) => {
    knock()
    await way
    const { headers } = asked
    const answered = await fetch(`${url}${asked.url}`, { headers: { authorization: headers.authorization ?? '' } })
    answer.writeHead(answered.status, { 'content-type': answered.headers.get('content-type') ?? '' })
    answer.end(Buffer.from(await answered.arrayBuffer()))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    shut: () => {
      way = new Promise((done) => {
        open = done
      })
      return new Promise((done) => {
        knock = done
      })
    },
    open: () => open(),
  }
}

describe('a sync that is stopped', () => {
  test('while the target makes it wait for minutes pauses at once', async () => {
    const waiting = createServer((_, response) => response.writeHead(429, { 'retry-after': '300' }).end())
    await once(waiting.listen(0, '127.0.0.1'), 'listening')
    const { port } = waiting.address() as AddressInfo
    const { child, ended } = start([
      ...syncArgs().map((arg) => (arg.startsWith('url=') ? `url=http://127.0.0.1:${port}` : arg)),
      '--progress',
    ])
    await new Promise<void>((done) => child.stderr?.on('data', (text: string) => text.includes('waiting') && done()))
    const from = Date.now()
    child.kill('SIGINT')
    expect(await ended).toMatchObject({ code: 3, err: expect.stringMatching(/waiting 5 min until .*Z: /) })
    expect(Date.now() - from).toBeLessThan(5000)
    waiting.close()
  }, 60_000)

  test.each(['SIGINT', 'SIGTERM'] as const)(
    'by %s pauses with exit 3 and one document; the same command ends it, whole',
    async (signal) => {
      const { child, ended } = start(syncArgs())
      await pages(4)
      child.kill(signal)
      const paused = await ended
      expect(paused).toMatchObject({ code: 3, signal: null, err: expect.stringContaining('once more stops at once') })
      const doc = JSON.parse(paused.out)
      expect(doc).toMatchObject({ version: 1, state: 'paused', resumed: 0 })
      const before = slow.requests.filter((path) => path.startsWith('/api/users?limit=100')).length
      const again = await run(syncArgs())
      expect(again.code).toBe(0)
      expect(JSON.parse(again.out)).toMatchObject({
        sync: doc.sync,
        resumed: 1,
        streams: { users: { verdict: 'complete', records: 900, created: 900 } },
      })
      // Fewer pages than a whole read: it went on where it stopped.
      const after = slow.requests.filter((path) => path.startsWith('/api/users?limit=100')).length
      expect(after - before).toBeLessThan(9)
    },
    60_000,
  )

  test('by two signals in a row ends, and loses nothing', async () => {
    const { child, ended } = start(syncArgs())
    await pages(4)
    child.kill('SIGINT')
    child.kill('SIGTERM')
    const gone = await ended
    // Paused already when the second came, or ended by it.
    expect([3, 'SIGINT', 'SIGTERM']).toContain(gone.code ?? gone.signal)
    const again = await run(syncArgs())
    expect(JSON.parse(again.out)).toMatchObject({ resumed: 1, streams: { users: { verdict: 'complete', records: 900 } } })
  }, 60_000)

  test('is looked at by another process while it runs; a second sync is refused with exit 3, and the first goes on', async () => {
    const door = await doorTo(slow.url)
    const args = syncArgs().map((arg) => (arg.startsWith('url=') ? `url=${door.url}` : arg))
    const { connection } = JSON.parse((await run(args)).out)
    const knocked = door.shut()
    const first = start(args)
    await knocked
    const [status, connections, actions, second] = await Promise.all([
      run(['status', '--json']),
      run(['connections', '--json']),
      run(['actions', '--json']),
      run(args),
    ])
    expect([status.code, connections.code, actions.code]).toEqual([0, 0, 0])
    const check = start(['check', connection, '--json'])
    door.open()
    expect((await check.ended).code).toBe(0)
    expect(JSON.parse(status.out).connections[0]).toMatchObject({
      sync: { sync: 2, state: 'running' },
      streams: { users: { sync: 1, verdict: 'complete', records: 900 } },
    })
    expect(second).toMatchObject({ code: 3, err: expect.stringContaining('error[store/locked]') })
    expect(JSON.parse((await first.ended).out)).toMatchObject({ sync: 2, state: 'finished' })
  }, 60_000)
})
