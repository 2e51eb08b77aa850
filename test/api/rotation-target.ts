/** A target with a list of people whose valid credentials are in the test's hands: tokens, or client secrets that give tokens. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export const PEOPLE = 600
const PAGE = 20

export const BEARER = `connector: rotating
version: 1
title: Rotating
source:
  - { url: https://developer.acme.example/, read: 2026-11-21 }
settings:
  url: { type: url, label: Address }
  token: { type: secret, label: Token }
base_url: "{url}"
auth: { kind: bearer, token: "{token}" }
limits: { concurrent: 6, attempts: 3 }
whoami: { request: GET /me, id: id }
streams:
  users:
    is: account
    list: GET /users?limit=${PAGE}
    pages: { kind: cursor, from: next, into: { query: after }, end: "null" }
    records: data
    id: id
    get: GET /users/{id}
    fields: { userName: login, active: "= true" }
    prove:
      - { kind: total, path: total, probe: { query: { limit: 1 } } }
`
export const CLIENT = BEARER.replace('connector: rotating', 'connector: rotating-client').replace(
  'auth: { kind: bearer, token: "{token}" }',
  'auth: { kind: oauth2_client_credentials, token_url: "{url}/token", client_id: app, client_secret: "{token}" }',
)

export async function startRotating() {
  const valid = new Set<string>()
  /** Given out for client secrets. */
  let tokens = new Set<string>()
  let [n, refused, good] = [0, 0, 0]
  const used = new Map<string, number>()
  let latency_ms = 15
  const server = createServer(async (request, response) => {
    const send = (status: number, body: object) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    const url = new URL(request.url ?? '', 'http://x')
    await new Promise((done) => setTimeout(done, latency_ms))
    if (url.pathname === '/token') {
      let text = ''
      for await (const chunk of request) text += chunk
      const secret = new URLSearchParams(text).get('client_secret') ?? ''
      if (!valid.has(secret))
        return void send(401, { error: 'invalid_client', error_description: `bad ${secret}, ${encodeURIComponent(secret)}` })
      used.set(secret, (used.get(secret) ?? 0) + 1)
      const access_token = `issued-${++n}-${Math.random()}`
      tokens.add(access_token)
      return void send(200, { access_token, expires_in: 3600 })
    }
    const came = request.headers.authorization?.replace('Bearer ', '') ?? ''
    if (!valid.has(came) && !tokens.has(came)) {
      refused++
      // A target that tells what it got, as some do.
      return void send(401, { error: 'unauthorized', message: `no good: ${request.headers.authorization}`, came })
    }
    good++
    used.set(came, (used.get(came) ?? 0) + 1)
    if (url.pathname === '/me') return void send(200, { id: 'robot' })
    const person = (i: number) => ({ id: `u${i}`, login: `person${i}` })
    const one = /^\/users\/u(\d+)$/.exec(url.pathname)
    if (one !== null) return void send(200, person(Number(one[1])))
    const limit = Number(url.searchParams.get('limit') ?? PAGE)
    const from = Number(url.searchParams.get('after') ?? 0)
    const data = Array.from({ length: Math.min(limit, PEOPLE - from) }, (_, i) => person(from + i))
    send(200, { data, total: PEOPLE, next: from + limit < PEOPLE ? String(from + limit) : null })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** These are taken from now on, and no token given out before. */
    take: (...credentials: readonly string[]) => {
      valid.clear()
      for (const one of credentials) valid.add(one)
      tokens = new Set()
    },
    slow: (ms: number) => {
      latency_ms = ms
    },
    refused: () => refused,
    good: () => good,
    used: (credential: string) => used.get(credential) ?? 0,
    close: () =>
      new Promise<void>((done) => {
        server.closeAllConnections()
        server.close(() => done())
      }),
  }
}
