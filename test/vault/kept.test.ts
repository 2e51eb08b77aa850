import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openVaultFile } from '../../runtime/control/vault-file.ts'
import { type OauthServer, startOauth } from './oauth-server.ts'
import { openWorker } from './worker.ts'

const KEY = randomBytes(32).toString('base64')
let dir = ''
let server: OauthServer
const children: ChildProcess[] = []

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'rollcall-kept-'))
  server = await startOauth('refresh-0')
})
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  await server.close()
  rmSync(dir, { recursive: true, force: true })
})

type Process = { readonly child: ChildProcess; readonly ready: Promise<void>; readonly said: Promise<{ [what: string]: number }> }

function begin(rounds: number, lease_ms = 1000): Process {
  const args = ['test/vault/worker.ts', dir, server.url, KEY, String(lease_ms), String(rounds)]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  let out = ''
  const ready = Promise.withResolvers<void>()
  const said = Promise.withResolvers<{ [what: string]: number }>()
  child.stdout.on('data', (chunk) => {
    out += chunk
    if (out.includes('ready')) ready.resolve()
  })
  child.on('close', () => said.resolve(JSON.parse(out.split('\n')[1] || '{}')))
  return { child, ready: ready.promise, said: said.promise }
}

const until = async (is: () => boolean): Promise<void> => {
  for (let i = 0; i < 500 && !is(); i++) await new Promise((done) => setTimeout(done, 10))
  expect(is()).toBe(true)
}

describe('two real processes over one rotating refresh token', () => {
  test('ask for one token; neither uses a refresh token twice, while the target ends access tokens again and again', async () => {
    server.next.slow_ms = 60
    const two = [begin(12), begin(12)]
    server.next.end_after = 12
    const said = await Promise.all(two.map((one) => one.said))
    // A call may meet two ends in a row: that is the target's doing and no failure to sign in.
    for (const counts of said) expect(Object.keys(counts).filter((what) => !['ok', 'refused'].includes(what))).toEqual([])
    expect(said.reduce((n, one) => n + (one['ok'] ?? 0), 0)).toBeGreaterThan(90)
    expect(server.reused()).toBe(0)
    console.log(
      `two processes: ${server.calls.good} calls, ${server.asked()} token requests, ${server.reused()} refresh tokens used twice`,
    )
  }, 60_000)

  test('that begin at once make one token request', async () => {
    server.next.slow_ms = 300
    const three = [begin(1), begin(1), begin(1)]
    const said = await Promise.all(three.map((one) => one.said))
    expect(said).toEqual([{ ok: 5 }, { ok: 5 }, { ok: 5 }])
    expect([server.asked(), server.reused()]).toEqual([1, 0])
  }, 60_000)

  test('without the lease the same two end the family: the check can fail', async () => {
    server.next.slow_ms = 300
    const [a, b] = [openWorker(dir, server.url, KEY, 1000), openWorker(dir, server.url, KEY, 1000)]
    const bare = (worker: typeof a) => {
      const { alone: _, ...kept } = worker.file.kept('acme', server.url, {
        seal: async (_place, value) => value.reveal(),
        open: async () => {
          throw new Error('nothing is kept')
        },
        renew: async () => '',
      })
      return kept
    }
    const { openTokens } = await import('../../runtime/http/token.ts')
    const options = {
      kind: 'oauth2_refresh',
      token_url: `${server.url}/token`,
      client_id: 'c',
      refresh_token: 'refresh-0',
      rotates: true,
    }
    const sign = (worker: typeof a) =>
      openTokens({
        kind: 'oauth2_refresh',
        options,
        view: async () => ({ base_url: '', render: (text) => text, setting: () => null, kept: {}, now_ms: Date.now() }),
        fetchToken: async (ask) => {
          const answer = await fetch(ask.url, { method: 'POST', headers: ask.headers, body: ask.body?.text ?? null })
          return { status: answer.status, headers: {}, body: await answer.json() }
        },
        kept: { ...bare(worker), read: async () => ({}) },
        now: Date.now,
      }).get()
    await Promise.all([sign(a), sign(b)])
    expect(server.reused()).toBeGreaterThan(0)
    a.close()
    b.close()
  })

  test('one is killed (-9) while it holds the lease, after the target rotated: the other waits its turn, and the grace of the target is used', async () => {
    server.next.slow_ms = 1500
    server.next.grace = true
    const one = begin(1, 800)
    await one.ready
    await until(() => server.asked() === 1)
    one.child.kill('SIGKILL')
    server.next.slow_ms = 0
    const other = begin(1, 800)
    expect(await other.said).toEqual({ ok: 5 })
    // The token of the lost answer once more, and no third request.
    expect(server.asked()).toBe(2)
  }, 30_000)

  test('no token lies unsealed in a file, nor the first one', async () => {
    const one = begin(3)
    await one.said
    const bytes = Buffer.concat(readdirSync(dir).map((name) => readFileSync(join(dir, name)))).toString('latin1')
    for (const token of ['refresh-0', server.alive(), 'access-1']) expect(bytes).not.toContain(token)
    expect(bytes).toContain('refresh_token:')
  })
})

describe('a rotating refresh token', () => {
  test('whose answer was lost is asked for again with the one that is kept, and called dead only when it is still that one', async () => {
    const worker = openWorker(dir, server.url, KEY, 1000)
    server.next.lose = 1
    expect(await worker.call()).toBe('http/lost')
    // This target has no grace: the token is used up, and nobody has a later one.
    expect(await worker.call()).toBe('auth/invalid-grant')
    expect(server.asked()).toBe(2)
    worker.close()
  })

  test('that another process has rotated by now is read again, and lives', async () => {
    const [a, b] = [openWorker(dir, server.url, KEY, 1000), openWorker(dir, server.url, KEY, 1000)]
    for (let i = 0; i < 5; i++) {
      expect(await a.call()).toBe('ok')
      server.end()
      expect(await b.call()).toBe('ok')
      server.end()
    }
    expect(server.reused()).toBe(0)
    a.close()
    b.close()
  })

  test('a holder that slept through its lease does not write over the token of a later one', async () => {
    let now = Date.now()
    const clock = () => now
    const [slow, fast] = [openVaultFile(dir, clock, 1000), openVaultFile(dir, clock, 1000)]
    const worker = openWorker(dir, server.url, KEY, 1000, 'https://x', clock)
    const plain = {
      seal: async (_: unknown, value: { reveal(): string }) => value.reveal(),
      open: async () => {
        throw new Error('sealed')
      },
      renew: async () => '',
    }
    const woke = Promise.withResolvers<void>()
    const late = slow.kept('acme', 'https://x', plain).alone(async (kept) => {
      await woke.promise
      await kept.keep('refresh_token:x', 'old')
    })
    const refused = expect(late).rejects.toMatchObject({ code: 'auth/fenced' })
    now += 1001
    await fast.kept('acme', 'https://x', plain).alone((kept) => kept.keep('refresh_token:x', 'new'))
    woke.resolve()
    await refused
    for (const one of [slow, fast, worker]) one.close()
  })

  test('a holder that slept, and whose token is still the latest, keeps it: it exists nowhere else', async () => {
    let now = Date.now()
    const clock = () => now
    const [slow, fast] = [openWorker(dir, server.url, KEY, 1000, server.url, clock), openVaultFile(dir, clock, 1000)]
    const plain = {
      seal: async () => '',
      open: async () => {
        throw new Error('sealed')
      },
      renew: async () => '',
    }
    server.next.slow_ms = 200
    const calling = slow.call()
    await until(() => server.asked() === 1)
    now += 1001
    await fast.kept('acme', server.url, plain).alone(async () => undefined)
    expect(await calling).toBe('ok')
    slow.close()
    fast.close()
  })

  test('is not read for another host than the one it was kept for', async () => {
    const worker = openWorker(dir, server.url, KEY, 1000)
    expect(await worker.call()).toBe('ok')
    worker.close()
    const moved = openWorker(dir, server.url, KEY, 1000, 'https://evil.example')
    // It begins with the first token again, which is used up.
    expect(await moved.call()).toBe('auth/invalid-grant')
    moved.close()
  })
})
