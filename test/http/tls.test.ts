import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import https from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { clock, connector, get, json, listening, room, type Target } from './room.ts'

/** Node cannot sign a certificate by itself; without openssl on the machine these tests say so and are skipped. */
const folder = mkdtempSync(join(tmpdir(), 'rollcall-tls-'))
const made = ((): { key: string; cert: string } | null => {
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  try {
    const options = [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-days',
      '2',
      '-subj',
      '/CN=target.example',
    ]
    execFileSync(
      'openssl',
      [...options, '-addext', 'subjectAltName=DNS:target.example,IP:127.0.0.1', '-keyout', key, '-out', cert],
      { stdio: 'ignore' },
    )
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') }
  } catch {
    console.warn('openssl is not on this machine: the TLS tests are skipped')
    return null
  }
})()
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const open: { close: () => Promise<void> }[] = []
let server: Target
let sockets = 0
beforeAll(async () => {
  if (made === null) return
  const seen: IncomingMessage[] = []
  const secure = https.createServer({ key: made.key, cert: made.cert }, (q, r) => {
    seen.push(q)
    json(r, { host: q.headers.host })
  })
  secure.on('secureConnection', () => sockets++)
  server = await listening(secure, 'https', seen)
})
afterAll(async () => await server?.close())
afterEach(async () => {
  for (const each of open.splice(0)) await each.close()
})

const here = {
  resolve: (_name: string, done: (e: null, a: { address: string; family: number }[]) => void) =>
    done(null, [{ address: '127.0.0.1', family: 4 }]),
}
function roomFor(host: string, more: Parameters<typeof room>[1] = {}) {
  const url = `https://${host}:${server.port}`
  const http = room(connector(url), { ...clock(), ...here, ...(made === null ? {} : { ca: made.cert }), ...more })
  open.push(http)
  return { http, ask: (path: string) => http.send(get(`${url}${path}`), { lane: 'sync' }) }
}

test.skipIf(made === null)('TLS over the checked socket works, keeps its connection, and names the server', async () => {
  sockets = 0
  const { ask } = roomFor('target.example')
  for (let n = 0; n < 5; n++)
    expect(await ask(`/${n}`)).toMatchObject({ kind: 'answer', body: { host: `target.example:${server.port}` } })
  expect(sockets).toBe(1)
})

test.skipIf(made === null)('a private address is blocked over TLS too, by name and by literal', async () => {
  const before = server.seen.length
  for (const host of ['target.example', '127.0.0.1', 'localhost']) {
    expect(await roomFor(host, { allow_private: false }).ask('/')).toMatchObject({ kind: 'lost', code: 'egress/not-public' })
  }
  expect(server.seen).toHaveLength(before)
})

test.skipIf(made === null)(
  'a certificate that nobody vouches for, or for another name, is refused at the first try',
  async () => {
    expect(await roomFor('target.example', { ca: undefined as unknown as string }).ask('/')).toMatchObject({
      kind: 'lost',
      code: 'http/tls',
      requests: 1,
    })
    expect(await roomFor('other.example').ask('/')).toMatchObject({ kind: 'lost', code: 'http/tls', requests: 1 })
  },
)

test.skipIf(made === null)('http where https is spoken is a reset or no HTTP, never an answer', async () => {
  const url = `http://127.0.0.1:${server.port}`
  const http = room(connector(url), clock())
  open.push(http)
  expect(await http.send(get(`${url}/`), { lane: 'sync' })).toMatchObject({
    kind: 'lost',
    code: expect.stringMatching(/^http\/(reset|protocol)$/),
  })
})
