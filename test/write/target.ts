/** A small target that remembers: users, sessions, and what truly happened. It lies only as told, and knows nothing of runtime/. */
import http from 'node:http'
import type { AddressInfo } from 'node:net'

export type User = {
  id: string
  userName: string
  createdAt: string
  active: boolean
  title: string
  sessions: number
  groups: string[]
  seat: boolean
}
export type Request = {
  readonly method: string
  readonly path: string
  readonly body: Record<string, unknown>
  readonly at: number
}

export type SmallTarget = {
  readonly url: string
  readonly users: Map<string, User>
  readonly requests: Request[]
  /** Writes that changed something. */
  readonly effects: string[]
  /** Called for every request; what it returns replaces the answer. `drop`: the connection is cut; `apply`: whether the write is done. */
  lie: (request: Request, n: number) => Lie | null
  latency_ms: number
  readonly mutations: () => readonly Request[]
  readonly close: () => Promise<void>
}
export type Lie = {
  readonly apply: boolean
  readonly answer: 'drop' | { readonly status: number; readonly body?: unknown; readonly headers?: http.OutgoingHttpHeaders }
}

const CREATED = '2024-01-01T00:00:00Z'
export const user = (n: number): User => ({
  id: `u${n}`,
  userName: `user${n}@acme.example`,
  createdAt: CREATED,
  active: true,
  title: 'Engineer',
  sessions: 2,
  groups: [],
  seat: true,
})

export async function smallTarget(people = 5): Promise<SmallTarget> {
  const users = new Map(Array.from({ length: people }, (_, n) => [`u${n}`, user(n)]))
  const requests: Request[] = []
  const effects: string[] = []
  const server = http.createServer((incoming, response) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => {
      const text = Buffer.concat(chunks).toString()
      const body = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>)
      const request: Request = { method: incoming.method ?? '', path: incoming.url ?? '', body, at: performance.now() }
      requests.push(request)
      const lie = it.lie(request, requests.length)
      const truth = request.method === 'GET' || lie === null || lie.apply ? answer(it, request) : { status: 200, body: {} }
      const say = lie === null ? truth : lie.answer
      setTimeout(() => {
        if (say === 'drop') return void incoming.socket.destroy()
        response.writeHead(say.status, { 'content-type': 'application/json', ...('headers' in say ? (say.headers ?? {}) : {}) })
        response.end(JSON.stringify(say.body ?? {}))
      }, it.latency_ms)
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const it: SmallTarget = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    users,
    requests,
    effects,
    lie: () => null,
    latency_ms: 0,
    mutations: () => requests.filter((request) => request.method !== 'GET'),
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
  return it
}

function answer(it: SmallTarget, { method, path, body }: Request): { readonly status: number; readonly body?: unknown } {
  const [route = '', query = ''] = path.split('?')
  const [, kind, id = '', what] = route.split('/').map(decodeURIComponent)
  if (kind === 'me') return { status: 200, body: { id: 'u0' } }
  if (kind === 'seats') return seats(it, method, id)
  if (kind !== 'users') return { status: 500, body: { error: `unexpected ${method} ${path}` } }
  if (id === '' && method === 'GET') {
    const name = new URLSearchParams(query).get('userName')
    const users = [...it.users.values()].filter((one) => name === null || one.userName === name)
    return { status: 200, body: { users } }
  }
  if (id === '' && method === 'POST') {
    const made = { ...user(it.users.size + 100), ...(body as Partial<User>) }
    it.users.set(made.id, made)
    it.effects.push(`create ${made.userName}`)
    return { status: 201, body: made }
  }
  const found = it.users.get(id)
  if (found === undefined) return { status: 404, body: { error: 'not found' } }
  if (what === 'sessions' && method === 'GET')
    return { status: 200, body: { sessions: Array.from({ length: found.sessions }, (_, n) => ({ id: n })) } }
  if (what === 'deactivate') change(it, found, `deactivate ${id}`, found.active, () => (found.active = false))
  if (what === 'sessions' && method === 'DELETE') change(it, found, `end ${id}`, found.sessions > 0, () => (found.sessions = 0))
  if (what === 'points') change(it, found, `points ${id}`, true, () => {})
  if (what === undefined && method === 'PATCH') change(it, found, `patch ${id}`, true, () => Object.assign(found, body))
  if (what === undefined && method === 'DELETE') change(it, found, `delete ${id}`, true, () => it.users.delete(id))
  return { status: 200, body: found }
}

/** As Google's licences: by the user name, and the list knows no ids. */
function seats(it: SmallTarget, method: string, name: string): { readonly status: number; readonly body?: unknown } {
  const holding = [...it.users.values()].filter((one) => one.seat)
  if (method === 'GET') return { status: 200, body: { seats: holding.map(({ userName }) => ({ holder: userName })) } }
  const found = holding.find((one) => one.userName === name)
  if (found === undefined) return { status: 404, body: { error: 'not found' } }
  change(it, found, `unseat ${found.id}`, true, () => (found.seat = false))
  return { status: 204 }
}

function change(it: SmallTarget, _user: User, name: string, moves: boolean, apply: () => unknown): void {
  if (!moves) return
  apply()
  it.effects.push(name)
}

/** Short windows, so that real time will do. */
export const connectorText = (window: string, every: string): string => `
connector: small
version: 1
title: Small
source: [{ url: https://example.com/, read: 2026-11-21 }]
settings:
  url: { type: url, label: Address }
base_url: "{url}"
auth: { kind: none }
limits: { concurrent: 8, attempts: 2, timeout_ms: 2000 }
whoami: { request: GET /me, id: id }
streams:
  users:
    is: account
    list: GET /users
    pages: { kind: none }
    records: users
    id: id
    get: GET /users/{id}
    fields: { userName: userName, active: active, title: title, createdAt: createdAt }
  sessions:
    is: session
    each: { user: users }
    list: GET /users/{user.id}/sessions
    pages: { kind: none }
    records: sessions
    id: ["= user.id", id]
    fields: { account: "= user.id" }
actions:
  create_account:
    title: Create
    on: users
    does: { account: present }
    input: { userName: { type: text, required: true }, title: { type: text, required: false } }
    find: { request: "GET /users?userName={input.userName}", records: users, id: id, match: "= record.userName == input.userName" }
    send:
      request: POST /users
      body: { kind: json, value: { userName: "= input.userName", title: "= input.title", active: "= true" } }
    verify:
      - { facet: account, probe: { kind: state, expect: "= record.userName == input.userName" }, within: ${window}, agree: 2, every: ${every} }
  update_account:
    title: Change
    on: users
    does: { profile: as_given }
    input: { title: { type: text, required: true } }
    bind: [userName, createdAt]
    send: { request: "PATCH /users/{id}", body: { kind: json, value: { title: "= input.title" } } }
    verify:
      - { facet: profile, probe: { kind: state, expect: "= record.title == input.title" }, within: ${window}, agree: 2, every: ${every} }
    may_change: [title]
    recheck: [1h]
  deactivate_account:
    title: Deactivate
    on: users
    does: { account: inactive, sessions: revoked }
    bind: [userName, createdAt]
    already: "= !record.active"
    protect: [{ name: the owner, when: "= record.title == 'Owner'" }]
    steps:
      - { name: deactivate, facets: [account], send: "POST /users/{id}/deactivate" }
      - { name: sessions, facets: [sessions], send: "DELETE /users/{id}/sessions" }
    verify:
      - { facet: account, probe: { kind: state, expect: "= !record.active" }, within: ${window}, agree: 2, every: ${every} }
      - { facet: sessions, probe: { kind: empty, list: "GET /users/{id}/sessions", pages: { kind: none }, records: sessions }, within: ${window}, agree: 2, every: ${every} }
    may_change: [active]
    recheck: [1h]
  reactivate_account:
    title: Activate again
    on: users
    does: { account: active }
    bind: [userName, createdAt]
    already: "= record.active"
    send: { request: "PATCH /users/{id}", body: { kind: json, value: { active: true } } }
    verify:
      - { facet: account, probe: { kind: state, expect: "= record.active" }, within: ${window}, agree: 2, every: ${every} }
    may_change: [active]
  delete_account:
    title: Delete
    on: users
    does: { account: absent }
    bind: [userName, createdAt]
    send: DELETE /users/{id}
    verify:
      - { facet: account, probe: { kind: gone }, within: ${window}, agree: 2, every: ${every} }
  remove_license:
    title: Take the seat away
    on: users
    does: { licenses: not_held }
    bind: [userName, createdAt]
    steps:
      - { name: unseat, facets: [licenses], send: "DELETE /seats/{record.userName}", already_status: [404] }
    verify: # the list knows user names only: what it was before is asked of the look before
      - { facet: licenses, probe: { kind: not_listed, list: GET /seats, pages: { kind: none }, records: seats, match: "= record.holder == before.userName" }, within: ${window}, agree: 2, every: ${every} }
  custom_points:
    title: Give points, which nobody can count
    on: users
    does: { data: as_given }
    idempotency: none
    send: POST /users/{id}/points
    unverifiable: the target shows no points
`
