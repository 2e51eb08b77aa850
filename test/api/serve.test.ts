import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { dispatch } from '../../cli/dispatch.ts'
import type { Io } from '../../cli/io.ts'
import { startWriteTarget } from '../targets/write-server.ts'
import { type Doc, until, YAML } from './world.ts'

let dir = ''
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'rollcall-serve-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

function io(said: { out: string; err: string }, more: Partial<Io> = {}): Io {
  return {
    out: (text) => {
      said.out += text
    },
    err: (text) => {
      said.err += text
    },
    env: { ROLLCALL_STORE: dir, ROLLCALL_KEY: randomBytes(32).toString('base64'), USER: 'kim' },
    now: Date.now,
    tty: false,
    color: false,
    width: Number.POSITIVE_INFINITY,
    onStop: () => () => undefined,
    ...more,
  }
}

async function run(
  ...args: readonly string[]
): Promise<{ readonly exit: number; readonly out: string; readonly err: string; readonly doc: Doc }> {
  const said = { out: '', err: '' }
  const exit = await dispatch(args, io(said))
  return { exit, ...said, doc: args.includes('--json') ? JSON.parse(said.out) : null }
}

async function served(work: (url: string) => Promise<void>): Promise<string> {
  const said = { out: '', err: '' }
  let stop: (() => void) | null = null
  const running = dispatch(
    ['serve', '--port', '0', '--key', 'env:ROLLCALL_KEY', '--allow-private', '--json'],
    io(said, {
      onStop: (end) => {
        stop = end
        return () => undefined
      },
    }),
  )
  await until(async () => said.out !== '' || said.err.includes('error'))
  try {
    await work(JSON.parse(said.out).url)
  } finally {
    ;(stop as (() => void) | null)?.()
    expect(await running).toBe(0)
  }
  return said.err
}

test('the first admin is made on the machine; a token made and revoked beside the server counts at once, and the ledger has it', async () => {
  expect((await run('tokens', 'create', '--tenant', 'acme', '--role', 'admin', '--for', 'kim', '--name', 'x')).exit).not.toBe(0)
  const first = await run(
    'tokens',
    'create',
    '--tenant',
    'acme',
    '--new-tenant',
    '--role',
    'admin',
    '--for',
    'kim',
    '--name',
    'first',
    '--json',
  )
  expect(first.exit).toBe(0)
  await served(async (url) => {
    const get = async (token: string, path: string): Promise<Doc> => {
      const response = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${token}` } })
      return { status: response.status, ...((await response.json()) as object) }
    }
    expect(await get(first.doc.text, '/v1/tenant')).toMatchObject({ status: 200, tenant: 'acme' })
    const second = await run(
      'tokens',
      'create',
      '--tenant',
      'acme',
      '--role',
      'viewer',
      '--for',
      'lee',
      '--name',
      'second',
      '--expires',
      '1h',
      '--json',
    )
    expect((await get(second.doc.text, '/v1/session')).roles).toEqual(['viewer'])
    expect((await run('tokens', 'revoke', second.doc.token.token, '--tenant', 'acme')).exit).toBe(0)
    expect((await get(second.doc.text, '/v1/session')).status).toBe(401)
    const { items } = await get(first.doc.text, '/v1/ledger')
    expect(items.map(({ what }: Doc) => what)).toEqual(['tenant made', 'token made', 'token made', 'token revoked'])
    expect(items.every(({ by }: Doc) => by === 'kim (account of this machine)')).toBe(true)
  })
  const { doc } = await run('tokens', 'list', '--tenant', 'acme', '--json')
  expect(doc.tokens).toHaveLength(2)
  expect(JSON.stringify(doc)).not.toContain(first.doc.text.slice(17))
})

test('what was begun before a restart is there after it; secrets and tokens are in no file; the command line reads beside the server', async () => {
  const target = await startWriteTarget({
    dialect: 'rest',
    clock: { now: Date.now, sleep: async () => undefined, advance: () => undefined },
    people: 30,
  })
  const { doc } = await run(
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
    'first',
    '--json',
  )
  const ask = async (url: string, method: string, path: string, body?: unknown): Promise<Doc> => {
    const headers = { authorization: `Bearer ${doc.text}`, 'content-type': 'application/json' }
    const response = await fetch(`${url}${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return response.status === 204 ? {} : await response.json()
  }
  const secret = `canary-${randomBytes(16).toString('hex')}`
  try {
    const log = await served(async (url) => {
      await ask(url, 'POST', '/v1/connectors', { yaml: YAML })
      const made = {
        name: 'main',
        connector: 'test-write-rest',
        settings: { url: target.url },
        secrets: { token: target.token },
        allow_private: true,
      }
      await ask(url, 'POST', '/v1/connections', made)
      await ask(url, 'POST', '/v1/connections', { ...made, name: 'canary', secrets: { token: secret } })
      const { sync } = await ask(url, 'POST', '/v1/connections/main/syncs', {})
      await until(async () => (await ask(url, 'GET', `/v1/connections/main/syncs/${sync}`)).state === 'finished')
      await ask(url, 'POST', '/v1/connections/canary/check')
      const beside = await run('records', 'main', 'users', '--store', join(dir, 'tenants', 'acme'), '--json')
      expect([beside.exit, beside.err]).toEqual([0, ''])
      const status = await run('status', 'main', '--store', join(dir, 'tenants', 'acme'), '--json')
      expect(status.doc.connections[0].streams.users.records).toBe(30)
    })
    const files = readdirSync(dir, { recursive: true, encoding: 'utf8' })
      .map((file) => join(dir, file))
      .filter((file) => statSync(file).isFile())
    const found = files.filter((file) => {
      const bytes = readFileSync(file)
      return [secret, target.token, doc.text, doc.text.slice(17)].some((text) => bytes.includes(text))
    })
    expect(found).toEqual([])
    expect(files.filter((file) => (statSync(file).mode & 0o077) !== 0 && /control|desk|rollcall\.db$|pem/.test(file))).toEqual([])
    expect(log).not.toContain(secret)
  } finally {
    await target.close()
  }
}, 30_000)

test('a wrong flag, a key that others may read and a port in use are told', async () => {
  expect((await run('serve', '--port', 'x')).exit).toBe(2)
  writeFileSync(join(dir, 'key'), randomBytes(32).toString('base64'), { mode: 0o644 })
  expect((await run('serve', '--port', '0', '--key', `file:${join(dir, 'key')}`)).err).toContain('vault/key')
  expect((await run('serve', '--port', '0', '--public-url', 'ftp://x')).err).toContain('--public-url')
  expect((await run('tokens', 'create', '--role', 'king', '--for', 'x', '--name', 'x')).err).toContain('viewer, operator')
  expect((await run('tokens', 'revoke', 'nobody')).exit).toBe(2)
})
