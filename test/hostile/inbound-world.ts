/** A target that tells of itself, two tenants that watch it, and somebody who writes to their addresses. */
import { createHmac, randomBytes } from 'node:crypto'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'
import { ROLES } from '../../runtime/control/types.ts'
import { type Doc, openWorld, type Send, until, type World } from '../api/world.ts'

export type Told = {
  readonly url: string
  /** Paths that were asked for. */
  readonly asked: string[]
  readonly users: Map<string, { readonly id: string; readonly login: string; readonly on: boolean }>
  readonly events: { readonly no: string; readonly at: string; readonly user: string }[]
  readonly close: () => Promise<void>
}

export async function startTarget(people = 12): Promise<Told> {
  const asked: string[] = []
  const events: { no: string; at: string; user: string }[] = []
  const users = new Map(
    Array.from({ length: people }, (_, i) => [`u${i}`, { id: `u${i}`, login: `login${i}`, on: true }] as const),
  ) as Told['users']
  const server = http.createServer((q, r) => {
    asked.push(`${q.method} ${q.url}`)
    const path = (q.url ?? '').split('?', 1)[0] ?? ''
    const one = /^\/users\/([^/]+)$/.exec(path)?.[1]
    const found = one === undefined ? undefined : users.get(decodeURIComponent(one))
    const body = path === '/users' ? [...users.values()] : path === '/events' ? events : found
    r.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' })
    r.end(JSON.stringify(body ?? { error: 'not found' }))
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    users,
    events,
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
}

export const VERIFY = {
  standard: '{ kind: standard_webhooks, secret: "{hook}" }',
  signed: '{ kind: hmac, header: x-signature, prefix: "sha256=", secret: "{hook}" }',
  timed: '{ kind: hmac, header: x-signature, secret: "{hook}", over: "{id}.{timestamp}.{body}", id: x-id, timestamp: x-time }',
  header: '{ kind: shared_header, header: x-hook, secret: "{hook}" }',
  body: '{ kind: shared_body, path: "value[*].clientState", secret: "{hook}" }',
} as const
export type Kind = keyof typeof VERIFY

export const yaml = (kind: Kind): string => `
connector: told-${kind}
version: 1
title: Told
source: [{ url: https://x.example/docs, read: 2026-11-21 }]
settings:
  url: { type: url }
  token: { type: secret }
  hook: { type: secret, required: false }
base_url: "{url}"
auth: { kind: bearer, token: "{token}" }
limits: { concurrent: 4, attempts: 1, timeout_ms: 2000 }
streams:
  users:
    is: account
    list: GET /users
    pages: { kind: none }
    records: "[]"
    id: id
    get: GET /users/{id}
    fields: { userName: login, active: "= on" }
feeds:
  log:
    from: { kind: events, at: at, overlap: 10m }
    list: GET /events?since={since}&until={until}
    pages: { kind: none }
    records: "[]"
    id: "no"
    names: [{ stream: users, id: user }]
webhook:
  title: Hook
  verify: ${VERIFY[kind]}
  challenge: ${kind === 'body' ? '{ kind: text, query: validationToken }' : '{ kind: json, header: x-challenge, path: verification }'}
  records: ${kind === 'body' ? 'value' : '"[]"'}
  names: [{ stream: users, id: id }]
  polls: [log]
`

export const secretOf = (kind: Kind): string =>
  kind === 'standard' ? `whsec_${randomBytes(32).toString('base64')}` : `hook-${randomBytes(18).toString('base64url')}`

export type Headers_ = { readonly [name: string]: string }
let ids = 0
/** As the target would send it. */
export function signed(kind: Kind, secret: string, body: string, at: number, id = `msg_${++ids}`): Headers_ {
  const json = { 'content-type': 'application/json' }
  const time = String(Math.floor(at / 1000))
  const hmac = (text: string): string => createHmac('sha256', secret).update(text).digest('hex')
  switch (kind) {
    case 'standard': {
      // By somebody else's program.
      const signature = new Webhook(secret).sign(id, new Date(Number(time) * 1000), body)
      return { ...json, 'webhook-id': id, 'webhook-timestamp': time, 'webhook-signature': signature }
    }
    case 'signed':
      return { ...json, 'x-signature': `sha256=${hmac(body)}` }
    case 'timed':
      return { ...json, 'x-signature': hmac(`${id}.${time}.${body}`), 'x-id': id, 'x-time': time }
    case 'header':
      return { ...json, 'x-hook': secret }
    case 'body':
      return json
  }
}

export type Got = { readonly status: number; readonly headers: Headers; readonly text: string; readonly doc: Doc }
export type Seat = {
  readonly tenant: string
  readonly name: string
  readonly kind: Kind
  readonly secret: string
  /** Path of its address. */
  path: string
  readonly send: Send
}

export type Inbound = {
  readonly world: World
  /** Nobody is looked at before somebody asks for it. */
  readonly quiet: (tenant: string) => Promise<void>
  readonly target: Told
  readonly now: { ms: number }
  readonly seat: (tenant: string, kind: Kind, more?: { readonly secret?: string | null; readonly name?: string }) => Promise<Seat>
  readonly post: (
    path: string,
    body: string | Uint8Array | undefined,
    headers: Headers_,
    more?: { readonly from?: string; readonly method?: string },
  ) => Promise<Got>
  /** As the target sends it. */
  readonly tell: (seat: Seat, body: string) => Promise<Got>
  readonly state: (seat: Seat) => Promise<Doc>
  readonly close: () => Promise<void>
}

export async function openInbound(more: Parameters<typeof openWorld>[0] = {}): Promise<Inbound> {
  const target = await startTarget()
  const now = { ms: Date.now() }
  const world = await openWorld({ now: () => now.ms, ...more })
  let seats = 0
  const post: Inbound['post'] = async (path, body, headers, { from = '198.51.100.1', method = 'POST' } = {}) => {
    const init = { method, headers, ...(body === undefined ? {} : { body: body as string }) }
    const response = await world.app.request(path, init, { incoming: { url: path, socket: { remoteAddress: from } } })
    const text = await response.text()
    return { status: response.status, headers: response.headers, text, doc: parsed(text) }
  }
  return {
    world,
    target,
    now,
    post,
    async quiet(tenant) {
      const room = await world.house.room(tenant)
      Object.assign(room, { watching: { ...room.watching, soon: () => undefined } })
    },
    async seat(tenant, kind, { secret = secretOf(kind), name = `told-${kind}-${++seats}` } = {}) {
      const send = world.as(world.token(tenant, ROLES, { person: `all@${tenant}.example`, ms: 30 * 86_400_000 }))
      const uploaded = await send('POST', '/v1/connectors', yaml(kind))
      if (uploaded.status !== 201 && uploaded.status !== 200) throw new Error(uploaded.text)
      const made = await send('POST', '/v1/connections', {
        name,
        connector: `told-${kind}`,
        settings: { url: target.url },
        secrets: { token: 'target-token', ...(secret === null ? {} : { hook: secret }) },
        allow_private: true,
      })
      if (made.status !== 201) throw new Error(made.text)
      const { text } = (await send('POST', `/v1/connections/${name}/inbound`)).doc
      return { tenant, name, kind, secret: secret ?? '', path: new URL(text).pathname, send }
    },
    tell: (seat, body) => post(seat.path, body, signed(seat.kind, seat.secret, body, now.ms)),
    state: async ({ send, name }) => (await send('GET', `/v1/connections/${name}/watch`)).doc,
    async close() {
      await world.close()
      await target.close()
    },
  }
}

export async function synced({ send, name }: Seat): Promise<void> {
  const { sync } = (await send('POST', `/v1/connections/${name}/syncs`, {})).doc
  await until(async () => (await send('GET', `/v1/connections/${name}/syncs/${sync}`)).doc.state === 'finished')
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
