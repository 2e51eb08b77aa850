import type { LookupAddress } from 'node:dns'
import net from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { openAgents, type Resolve } from '../../runtime/http/agents.ts'
import { checkAddress, checkUrl, originOf } from '../../runtime/http/egress.ts'
import { clock, connector, get, json, LIMITS, room, type Target, target } from './room.ts'

const open: { close: () => unknown }[] = []
afterEach(async () => {
  for (const each of open.splice(0)) await each.close()
})
const opened = <T extends { close: () => unknown }>(it: T): T => {
  open.push(it)
  return it
}

/** faults.md, hostile 1, and every other spelling and range that is not global unicast. */
const NOT_PUBLIC = [
  '0.0.0.0',
  '0x7f000001',
  '2130706433',
  '127.1',
  '①②⑦.0.0.1',
  '[::]',
  '[::ffff:a9fe:a9fe]',
  '[64:ff9b::a9fe:a9fe]',
  'localhost.',
  '017700000001',
  '0177.0.0.1',
  '0x7f.1',
  '127.0.0.1.',
  '127.0.0.1',
  '127.255.255.254',
  '0.1.2.3',
  '10.0.0.1',
  '10.255.255.255',
  '100.64.0.1',
  '100.127.255.255',
  '169.254.169.254',
  '0xa9fea9fe',
  '2852039166',
  '169.254.0.1',
  '172.16.0.1',
  '172.31.255.255',
  '192.0.0.1',
  '192.0.0.192',
  '192.0.2.1',
  '192.88.99.1',
  '192.168.1.1',
  '3232235777',
  '198.18.0.1',
  '198.19.255.255',
  '198.51.100.7',
  '203.0.113.9',
  '224.0.0.1',
  '239.255.255.250',
  '240.0.0.1',
  '255.255.255.255',
  '[::1]',
  '[0:0:0:0:0:0:0:1]',
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
  '[::FFFF:10.0.0.1]',
  '[0:0:0:0:0:ffff:c0a8:0101]',
  '[::127.0.0.1]',
  '[::ffff:0:127.0.0.1]',
  '[64:ff9b::7f00:1]',
  '[64:ff9b:1::a00:1]',
  '[100::1]',
  '[2001::1]',
  '[2001:0:4136:e378:8000:63bf:3fff:fdd2]',
  '[2001:10::1]',
  '[2001:20::1]',
  '[2002:7f00:1::]',
  '[2002:a9fe:a9fe::1]',
  '[2001:db8::1]',
  '[3fff::1]',
  '[fc00::1]',
  '[fd00:ec2::254]',
  '[fdff::1]',
  '[fe80::1]',
  '[febf::1]',
  '[fec0::1]',
  '[ff02::1]',
  '[ff0e::1]',
  '[4000::1]',
  '[8000::1]',
  '[5f00::1]',
  'localhost',
  'LOCALHOST',
  'db.localhost',
  'ｌocalhost',
]

test.each(NOT_PUBLIC)('https://%s is not public, even where it is declared', (host) => {
  const url = `https://${host}/users`
  const verdict = checkUrl(url, [originOf(url) ?? ''], false)
  expect(verdict).toMatchObject({ ok: false, code: 'egress/not-public' })
})

test.each([
  '8.8.8.8',
  '1.1.1.1',
  '172.15.0.1',
  '172.32.0.1',
  '100.63.0.1',
  '100.128.0.1',
  '192.0.1.1',
  '198.17.0.1',
  '198.20.0.1',
  '223.255.255.255',
  '[2606:4700::1111]',
  '[2a00:1450:4001:82a::200e]',
  '[::ffff:8.8.8.8]',
  '[2001:4860:4860::8888]',
])('%s is public', (host) => {
  expect(checkUrl(`https://${host}/`, [originOf(`https://${host}`) ?? ''], false)).toMatchObject({ ok: true })
})

test.each(['10.1.2.3', '127.0.0.1', '172.16.5.5', '192.168.0.9', '100.64.1.1', '::1', 'fd12::5', '::ffff:10.0.0.1'])(
  '%s opens where the operator allows private targets',
  (address) => {
    expect(checkAddress(address, true)).toBeNull()
    expect(checkAddress(address, false)).toMatchObject({ code: 'egress/not-public' })
  },
)

test.each([
  '169.254.169.254',
  '::ffff:169.254.169.254',
  '100.100.100.200',
  '192.0.0.192',
  'fd00:ec2::254',
  'fd20:ce::254',
  'fe80::1',
  '224.0.0.1',
  '0.0.0.0',
  '::',
  '255.255.255.255',
  '64:ff9b::a00:1',
  '2002:a00:1::',
  '198.18.0.1',
  'no address',
  '',
])('%s is never opened, whatever the operator allows', (address) => {
  expect(checkAddress(address, true)).toMatchObject({ code: 'egress/not-public' })
})

test.each([
  ['https://other.example/users', 'egress/undeclared-origin'],
  ['https://api.acme.example:8443/users', 'egress/undeclared-origin'],
  ['https://api.acme.example.evil.example/', 'egress/undeclared-origin'],
  ['https://api.acme.example@evil.example/', 'egress/undeclared-origin'],
  ['https://user:pass@api.acme.example/', 'egress/undeclared-origin'],
  ['http://api.acme.example/', 'egress/not-https'],
  ['ftp://api.acme.example/', 'egress/not-https'],
  ['file:///etc/passwd', 'egress/not-https'],
  ['data:text/plain,x', 'egress/not-https'],
  ['/users', 'egress/undeclared-origin'],
  ['https://', 'egress/undeclared-origin'],
])('%s is refused: %s', (url, code) => {
  expect(checkUrl(url, ['https://api.acme.example'], false)).toMatchObject({ ok: false, code })
})

test.each([
  'https://API.acme.example/users',
  'https://api.acme.example:443/users',
  'https://api.acme.example./users',
  'https:\\\\api.acme.example\\users',
])('%s is the declared origin in another spelling', (url) => {
  expect(checkUrl(url, ['https://api.acme.example'], false)).toMatchObject({ ok: true })
})

// ---------------------------------------------------------------- sockets

const answers = (...rounds: readonly string[][]): { resolve: Resolve; asked: () => number } => {
  let n = 0
  const resolve: Resolve = (_name, done) => {
    const round = rounds[Math.min(n++, rounds.length - 1)] as string[]
    done(
      null,
      round.map((address): LookupAddress => ({ address, family: net.isIP(address) })),
    )
  }
  return { resolve, asked: () => n }
}
const welcome = async (): Promise<Target> => opened(await target((_request, response) => json(response, { ok: true })))

test('a name that leads to a private address is refused, and the target sees no connection', async () => {
  const server = await welcome()
  const url = `https://rebind.example:${server.port}`
  const http = opened(room(connector(url), { allow_private: false, ...answers(['127.0.0.1']) }))
  expect(await http.send(get(`${url}/users`), { lane: 'sync' })).toMatchObject({
    kind: 'lost',
    code: 'egress/not-public',
    requests: 1,
  })
  expect(server.seen).toHaveLength(0)
})

test('one bad answer among good ones refuses the name', async () => {
  const { resolve, asked } = answers(['93.184.216.34', '10.0.0.7'])
  const http = opened(room(connector('https://mixed.example'), { allow_private: false, resolve }))
  expect(await http.send(get('https://mixed.example/users'), { lane: 'sync' })).toMatchObject({
    kind: 'lost',
    code: 'egress/not-public',
  })
  expect(asked()).toBe(1)
})

test('a name that is re-pointed between two sockets is refused at the second, and resolved once a socket', async () => {
  const server = opened(await target((_request, response) => json(response, { ok: true }, 200, { connection: 'close' })))
  const url = `http://rebind.example:${server.port}`
  const { resolve, asked } = answers(['127.0.0.1'], ['169.254.169.254'])
  const http = opened(room(connector(url), { resolve }))
  expect(await http.send(get(`${url}/1`), { lane: 'sync' })).toMatchObject({ kind: 'answer' })
  expect(await http.send(get(`${url}/2`), { lane: 'sync' })).toMatchObject({ kind: 'lost', code: 'egress/not-public' })
  expect(asked()).toBe(2)
  expect(server.seen).toHaveLength(1)
})

test('a kept-alive socket is not resolved again', async () => {
  const server = await welcome()
  const url = `http://once.example:${server.port}`
  const { resolve, asked } = answers(['127.0.0.1'], ['169.254.169.254'])
  const http = opened(room(connector(url), { resolve }))
  for (const n of [1, 2, 3]) expect(await http.send(get(`${url}/${n}`), { lane: 'sync' })).toMatchObject({ kind: 'answer' })
  expect(asked()).toBe(1)
})

test.each(['http', 'https'] as const)(
  'the peer is judged again after connecting, before a byte is written (%s)',
  async (scheme) => {
    const server = await welcome()
    const { resolve } = answers(['93.184.216.34'])
    // A socket that ends up elsewhere than at the checked address: a transparent proxy, a kernel rule.
    const agents = opened(
      openAgents({ allow_private: false, resolve, connect: () => net.connect({ host: '127.0.0.1', port: server.port }) }),
    )
    const { get: ask } = scheme === 'http' ? await import('node:http') : await import('node:https')
    const error = await new Promise<Error>((done) =>
      ask(`${scheme}://elsewhere.example/`, { agent: agents[scheme] }).on('error', done),
    )
    expect(error).toMatchObject({ code: 'egress/not-public' })
    expect(server.seen).toHaveLength(0)
  },
)

test('a literal is judged too, though no name is looked up', async () => {
  const agents = opened(openAgents({ allow_private: false }))
  const { get: ask } = await import('node:https')
  const error = await new Promise<Error>((done) => {
    try {
      ask('https://127.0.0.1:1/', { agent: agents.https }).on('error', done)
    } catch (thrown) {
      done(thrown as Error)
    }
  })
  expect(error).toMatchObject({ code: 'egress/not-public' })
})

test('a next link to another origin is not asked, and nothing is sent', async () => {
  const server = await welcome()
  const other = await welcome()
  const http = opened(room(connector(server.url, { auth: { kind: 'bearer', token: 'abcdefgh' } })))
  expect(await http.send(get(`${other.url}/users?page=2`), { lane: 'sync' })).toMatchObject({
    kind: 'lost',
    code: 'egress/undeclared-origin',
    requests: 0,
  })
  expect(other.seen).toHaveLength(0)
})

test('a declared further origin is asked', async () => {
  const server = await welcome()
  const other = await welcome()
  const spec = connector(server.url, { origins: ['http://127.0.0.1:{port}'], limits: LIMITS })
  const http = opened(room(spec, { settings: { port: other.port }, ...clock() }))
  expect(await http.send(get(`${other.url}/file`), { lane: 'sync' })).toMatchObject({ kind: 'answer' })
})

test('a host with a trailing dot is asked by its plain name', async () => {
  const server = await target((request, response) => json(response, { host: request.headers.host }))
  opened(server)
  const { resolve } = answers(['127.0.0.1'])
  const http = opened(room(connector(`http://api.example:${server.port}`), { resolve }))
  const seen = await http.send(get(`http://api.example.:${server.port}/users`), { lane: 'sync' })
  expect(seen).toMatchObject({ kind: 'answer', body: { host: `api.example:${server.port}` } })
})
