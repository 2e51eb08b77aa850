/** `rollcall serve` as a process of its own, killed -9 while an endpoint holds its answer back, and started again. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startReceiver, verified } from './receiver.ts'

// biome-ignore lint/suspicious/noExplicitAny: a test looks into documents of every kind
type Doc = any

test('a gate that changed is told by the server that comes after the one that was killed, with nobody asking it anything', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'rollcall-killed-'))
  const env = { ...process.env, ROLLCALL_KEY: randomBytes(32).toString('base64') }
  const flags = ['--store', dir, '--json']
  const rollcall = (...args: readonly string[]) =>
    JSON.parse(spawnSync(process.execPath, ['cli/main.ts', ...args, ...flags], { encoding: 'utf8', env }).stdout)
  const { text: token } = rollcall(
    'tokens',
    'create',
    '--tenant',
    'acme',
    '--new-tenant',
    ...['admin', 'operator'].flatMap((role) => ['--role', role]),
    '--for',
    'kim',
    '--name',
    'x',
  )
  const running: ChildProcess[] = []
  const serve = async (): Promise<string> => {
    const child = spawn(
      process.execPath,
      ['cli/main.ts', 'serve', '--port', '0', '--key', 'env:ROLLCALL_KEY', '--allow-private', ...flags],
      { env },
    )
    running.push(child)
    const [line] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer]
    return JSON.parse(line.toString()).url
  }
  const receiver = await startReceiver(() => 'hang')
  try {
    const url = await serve()
    const ask = async (method: string, path: string, body?: unknown) => {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
      const answer = await fetch(`${url}${path}`, {
        method,
        headers,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      return { status: answer.status, doc: (await answer.json()) as Doc }
    }
    const made = await ask('POST', '/v1/webhooks', { url: receiver.url, types: ['gate.changed'] })
    expect(made.status).toBe(201)
    const settings = { url: 'http://127.0.0.1:9' }
    const connection = {
      name: 'dir',
      connector: 'scim2',
      settings: { ...settings },
      secrets: { token: 'not one' },
      allow_private: true,
    }
    const connected = await ask('POST', '/v1/connections', connection)
    expect(connected.status, JSON.stringify(connected.doc)).toBe(201)
    const { came } = await receiver.wait('gate.changed', ({ connection: of }) => of === 'dir')
    running[0]?.kill('SIGKILL')
    await once(running[0] as ChildProcess, 'exit')
    receiver.answer = () => 204
    await serve()
    for (let i = 0; i < 200 && receiver.came.length < 2; i++) await new Promise((done) => setTimeout(done, 50))
    const again = receiver.came.at(-1)
    expect(receiver.came.length).toBeGreaterThan(1)
    expect(again?.headers['webhook-id']).toBe(came.headers['webhook-id'])
    expect(again?.body).toBe(came.body)
    expect(verified(made.doc.text, again as never)).toMatchObject({
      type: 'gate.changed',
      data: { connection: 'dir', is: 'deny' },
    })
  } finally {
    for (const child of running) if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
    await receiver.close()
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 })
  }
}, 60_000)
