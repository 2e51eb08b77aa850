/** Behind TLS, as it is run: the cookie has the form that browsers bind to host, path and https. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getRequestListener } from '@hono/node-server'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Doc, everyRole, openWorld, type World } from './world.ts'

const folder = mkdtempSync(join(tmpdir(), 'rollcall-https-'))
const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
let world: World
let proxy: https.Server
let inner: http.Server
let origin = ''

/** TLS ends at a proxy of its own; the application behind it speaks http and hears of the client by a header. */
beforeAll(async () => {
  const options = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
  execFileSync('openssl', [...options, ...names, '-keyout', key, '-out', cert], { stdio: 'ignore' })
  proxy = https.createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (request, response) => {
    const { port } = inner.address() as AddressInfo
    const headers = { ...request.headers, 'x-forwarded-for': '203.0.113.9' }
    const passed = http.request({ port, method: request.method, path: request.url, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    request.pipe(passed)
  })
  await new Promise<void>((done) => proxy.listen(0, '127.0.0.1', done))
  origin = `https://localhost:${(proxy.address() as AddressInfo).port}`
  world = await openWorld({ public_url: origin, proxies: ['127.0.0.1'] })
  inner = http.createServer(getRequestListener(world.app.fetch as never))
  await new Promise<void>((done) => inner.listen(0, '127.0.0.1', done))
})
afterAll(async () => {
  for (const server of [proxy, inner]) {
    server.close()
    server.closeAllConnections()
  }
  await world.close()
  rmSync(folder, { recursive: true, force: true })
})

function ask(path: string, headers: { readonly [name: string]: string } = {}, method = 'GET', body = '') {
  return new Promise<{ status: number; headers: http.IncomingHttpHeaders; text: string }>((done, fail) => {
    const options = { method, ca: readFileSync(cert), headers }
    const request = https.request(`${origin}${path}`, options, (answer) => {
      let text = ''
      answer.on('data', (part) => {
        text += part
      })
      answer.on('end', () => done({ status: answer.statusCode ?? 0, headers: answer.headers, text }))
    })
    request.on('error', fail)
    request.end(body)
  })
}

/** A provider that logs anybody in: what it signs is checked elsewhere. */
async function loggedIn(): Promise<readonly string[]> {
  const { exportJWK, generateKeyPair, SignJWT } = await import('jose')
  const { privateKey, publicKey } = await generateKeyPair('RS256')
  const jwk = { ...(await exportJWK(publicKey)), kid: '1', use: 'sig' }
  let nonce = ''
  const server = http.createServer(async (request, response) => {
    const issuer = `http://${request.headers.host}`
    const claims = { sub: 'kim', email: 'kim@acme.example', email_verified: true, nonce }
    const token = () =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: 'RS256', kid: '1' })
        .setIssuer(issuer)
        .setAudience('rollcall')
        .setIssuedAt()
        .setExpirationTime('1m')
        .sign(privateKey)
    const bodies: { readonly [path: string]: () => Promise<object> } = {
      '/.well-known/openid-configuration': async () => ({
        ...{ issuer, authorization_endpoint: `${issuer}/auth`, token_endpoint: `${issuer}/token`, jwks_uri: `${issuer}/jwks` },
        ...{ response_types_supported: ['code'], subject_types_supported: ['public'] },
        id_token_signing_alg_values_supported: ['RS256'],
      }),
      '/jwks': async () => ({ keys: [jwk] }),
      '/token': async () => ({ access_token: 'a', token_type: 'Bearer', id_token: await token() }),
    }
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(await (bodies[request.url ?? ''] ?? (async () => ({})))()))
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const admin = everyRole(world, 'acme')
  const { idp } = (await admin('POST', '/v1/identity-providers', { issuer, client_id: 'rollcall' })).doc
  await admin('POST', '/v1/roles', { who: 'kim@acme.example', roles: ['operator'] })
  const begun = await ask(`/login/${idp}`)
  const asked = new URL(begun.headers.location ?? '').searchParams
  expect(asked.get('redirect_uri')).toBe(`${origin}/login/${idp}/callback`)
  nonce = asked.get('nonce') ?? ''
  const way = begun.headers['set-cookie']?.[0] ?? ''
  expect(way).toMatch(/; HttpOnly; SameSite=Lax; Max-Age=600; Secure$/)
  const done = await ask(`/login/${idp}/callback?code=x&state=${asked.get('state')}`, { cookie: way.split(';')[0] ?? '' })
  server.close()
  server.closeAllConnections()
  expect(done.status).toBe(200)
  return done.headers['set-cookie'] ?? []
}

test('over https the session is a __Host- cookie, and only that one counts; writes go with it', async () => {
  const set = (await loggedIn()).find((line) => line.includes('rollcall=') && !line.startsWith('rollcall_login'))
  // RFC 6265bis §4.1.3.2: Secure, Path=/, no Domain.
  expect(set).toMatch(/^__Host-rollcall=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=28800; Secure$/)
  const text = set?.split(';')[0]?.split('=')[1] ?? ''
  const cookie = `__Host-rollcall=${text}`
  const session = await ask('/v1/session', { cookie })
  expect([session.status, session.headers['strict-transport-security']]).toEqual([200, 'max-age=31536000'])
  for (const other of [`rollcall=${text}`, `${cookie}; ${cookie}`, `__host-rollcall=${text}`])
    expect((await ask('/v1/session', { cookie: other })).status).toBe(401)
  const { csrf } = JSON.parse(session.text) as Doc
  const write = (from: string) =>
    ask(
      '/v1/stops',
      { cookie, origin: from, 'x-csrf-token': csrf, 'content-type': 'application/json' },
      'POST',
      JSON.stringify({ why: 'x' }),
    )
  expect((await write(origin.replace('https:', 'http:'))).status).toBe(403)
  expect((await write(origin)).status).toBe(200)
  const out = await ask('/logout', { cookie, origin, 'x-csrf-token': csrf }, 'POST')
  expect(out.headers['set-cookie']).toEqual([expect.stringMatching(/^__Host-rollcall=; Path=\/; .*Max-Age=0; Secure$/)])
  expect((await ask('/v1/session', { cookie })).status).toBe(401)
})

test('the description names the cookie as it is here, and the ledger the client and not the proxy', async () => {
  const { components } = JSON.parse((await ask('/openapi.json')).text) as Doc
  expect(components.securitySchemes.session.name).toBe('__Host-rollcall')
  const { items } = (await everyRole(world, 'acme')('GET', '/v1/ledger?what=login')).doc
  expect(items[0].from).toBe('login 203.0.113.9')
})
