/**
 * A thousand secrets with one mark in each, in every place where a secret can be; a target that echoes whatever it gets, in every form; real syncs,
 * checks and changes through the served API. Then every byte that was kept, logged or answered is searched for the mark.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { unzipSync } from 'fflate'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ROUTES } from '../../runtime/api/routes/index.ts'
import { pathOf } from '../api/samples.ts'
import { everyRole, furnish, openWorld, type Send, until, type World } from '../api/world.ts'

const MARK = 'cNry7Qx9Zt'
let planted = 0
/** With characters that each encoding writes in another way. */
const plant = (what: string): string => `${MARK}/${what}+${(++planted).toString(36)}="&<${'k3'.repeat(6)}`
/** What a header or a cookie can carry. */
const plantPlain = (what: string): string => `${MARK}-${what}-${(++planted).toString(36)}-${'k3'.repeat(6)}`

const FORMS: readonly (readonly [string, string])[] = [
  ['as it is', MARK],
  ['in lower case', MARK.toLowerCase()],
  ['in upper case', MARK.toUpperCase()],
  ['hex', Buffer.from(MARK).toString('hex')],
  ['percent-encoded', [...MARK].map((c) => `%${c.charCodeAt(0).toString(16)}`).join('')],
  ['JSON-escaped', [...MARK].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')],
  ...[0, 1, 2].map((n) => {
    const whole = Buffer.concat([Buffer.alloc(n), Buffer.from(MARK)])
      .toString('base64')
      .replace(/=+$/, '')
    return [`base64, ${n} bytes in`, whole.slice(Math.ceil((n * 8) / 6), Math.floor(((n + MARK.length) * 8) / 6))] as const
  }),
]

function leaksIn(bytes: Buffer | string, where: string): readonly string[] {
  const buffer = typeof bytes === 'string' ? Buffer.from(bytes) : bytes
  return FORMS.flatMap(([name, form]) => {
    const at = buffer.indexOf(form)
    return at < 0 ? [] : [`${where}: ${name}: …${buffer.subarray(Math.max(0, at - 60), at + 40).toString('latin1')}…`]
  })
}

// ---------------------------------------------------------------- a target that echoes

const SIGN_IN = ['bearer', 'header', 'basic', 'query', 'login', 'client', 'refresh'] as const
const CONNECTOR = `
connector: canary
version: 1
title: Canary
source: [{ url: https://x.example/docs, read: 2026-11-21 }]
settings:
  url: { type: url }
  sign_in: { type: text, options: [${SIGN_IN.join(', ')}] }
  one: { type: secret }
  two: { type: secret }
  three: { type: secret }
  hook: { type: secret, required: false }
base_url: "{url}"
auth:
  kind: choose
  by: sign_in
  options:
    bearer: { kind: bearer, token: "{one}" }
    header: { kind: header, name: X-Key, value: "SSWS {one}" }
    basic: { kind: basic, username: "{two}", password: "{one}" }
    query: { kind: query, name: api_key, value: "{one}" }
    login: { kind: login, request: POST /login, body: { kind: json, value: { user: "{two}", password: "{one}" } }, cookie: sid }
    client: { kind: oauth2_client_credentials, token_url: "{url}/token", client_id: "{two}", client_secret: "{one}" }
    refresh: { kind: oauth2_refresh, token_url: "{url}/token", client_id: "{two}", client_secret: "{three}", refresh_token: "{one}", rotates: true }
limits: { concurrent: 2, attempts: 1, timeout_ms: 3000 }
streams:
  users:
    is: account
    list: GET /users
    pages: { kind: next_url, path: next, end: null_or_absent }
    records: data
    id: id
    get: GET /users/{id}
    fields: { userName: login, displayName: name, active: "= on", title: title }
    prove: [{ kind: second_pass, query: { limit: "2" } }]
  groups: { is: group, list: GET /groups, pages: { kind: link, end: no_next }, records: "[]", id: id, fields: { displayName: name } }
feeds:
  log:
    from: { kind: events, at: at }
    list: GET /users?since={since}
    pages: { kind: none }
    records: data
    id: id
    names: [{ stream: users, id: login }]
webhook:
  verify: { kind: shared_header, header: x-hook, secret: "Hook {hook}" }
  challenge: { kind: text, query: token }
  names: [{ stream: users, id: user }]
actions:
  deactivate_account:
    on: users
    does: { account: inactive }
    send: "POST /users/{id}/off"
    verify: [{ facet: account, probe: { kind: state, expect: "= record.on == false" }, every: 1s, within: 3s }]
`

/** Everything that came with the request, decoded where it was packed, in each form a program may write it. */
function echoOf(q: http.IncomingMessage, body: string): readonly string[] {
  const said = [
    ...Object.entries(q.headers).flatMap(([name, value]) =>
      /^(?:authorization|x-key|cookie)$/.test(name) ? [String(value)] : [],
    ),
    body,
  ]
  const basic = /^Basic (\S+)/.exec(q.headers.authorization ?? '')?.[1]
  if (basic !== undefined) said.push(Buffer.from(basic, 'base64').toString())
  const url = new URL(q.url ?? '/', 'http://x')
  said.push(...url.searchParams.values(), ...new URLSearchParams(body).values())
  const bare = said.filter((text) => text !== '').map((text) => text.replace(/^(?:Bearer|SSWS|Basic|sid=) ?/, ''))
  return bare.flatMap((text) => [
    text,
    encodeURIComponent(text),
    Buffer.from(text).toString('base64'),
    Buffer.from(`x:${text}`).toString('base64url'),
    JSON.stringify(text).slice(1, -1),
    text.replace(/["&'+<>]/g, (c) => `\\u00${c.charCodeAt(0).toString(16).toUpperCase()}`),
    Buffer.from(text).toString('hex'),
  ])
}

let rotated = 0
let changes = 0
async function echoer(): Promise<{ url: string; asked: () => number; close: () => Promise<void> }> {
  let asked = 0
  const server = http.createServer((q, r) => {
    const parts: Buffer[] = []
    q.on('data', (part: Buffer) => parts.push(part))
    q.on('end', () => {
      asked++
      const [, n = '0', ...rest] = (q.url ?? '').split('?')[0]!.split('/')
      const path = `/${rest.join('/')}`
      const echo = echoOf(q, Buffer.concat(parts).toString())
      const all = echo.join(' | ')
      const send = (status: number, body: unknown, headers: http.OutgoingHttpHeaders = {}): void => {
        // Every answer sets a session of its own.
        const cookie = `sid=${plantPlain('cookie')}; Path=/`
        r.writeHead(status, {
          'content-type': 'application/json',
          'set-cookie': cookie,
          'x-request': encodeURIComponent(echo[0] ?? ''),
          ...headers,
        })
        r.end(typeof body === 'string' ? body : JSON.stringify(body))
      }
      const variant = Math.floor(Number(n.slice(1)) / SIGN_IN.length)
      if (path === '/login') return send(200, { ok: true, echo: all })
      if (path === '/token' && variant % 5 === 4) return send(400, { error: 'invalid_request', error_description: `no: ${all}` })
      if (path === '/token') {
        const refresh_token = variant % 2 === 0 ? { refresh_token: plantPlain(`rotated${++rotated}`) } : {}
        return send(200, {
          access_token: plantPlain('access'),
          id_token: plantPlain('id'),
          expires_in: 3600,
          echo: all,
          ...refresh_token,
        })
      }
      if (path === '/groups') {
        const link = `<http://127.0.0.1:1/groups?api_key=${encodeURIComponent(echo[0] ?? '')}>; rel="next"`
        return send(200, [{ id: 'g1', name: all }], variant % 3 === 0 ? { link } : {})
      }
      if (path.endsWith('/off')) changes++
      if (path.endsWith('/off')) return send(variant % 2 === 0 ? 200 : 422, { message: all.slice(0, 900), on: true })
      if (path !== '/users')
        return send(variant % 2 === 0 ? 404 : 200, { id: 'u1', login: all, name: all, on: true, message: all })
      switch (variant % 10) {
        case 0:
          return send(200, { data: [{ id: 'u1', login: 'a', name: all, on: true, title: echo.at(-1) }], next: null })
        case 1:
          return send(200, {
            data: echo.map((text, i) => ({ id: `${text}${i}`, login: text, name: text, on: true })),
            next: null,
          })
        case 2:
          return send(200, {
            data: [{ login: all, name: all, [all]: 1 }, { id: { x: all } }, { id: 'u2', login: 'b', on: all }],
            next: null,
          })
        case 3:
          return send(200, {
            data: [{ id: 'u1', login: 'a', on: true }],
            next: `${n}?api_key=${echo[1]}&cursor=${echo[2]}&page=${asked}`,
          })
        case 4:
          return send(400, { message: `${'x'.repeat(140)}${all}` })
        case 5:
          return send(500, { error: { message: all } })
        case 6:
          return send(401, { error: all })
        case 7:
          return send(302, '', {
            location: `https://${/^[\w-]{1,60}$/.test(echo[0] ?? '') ? echo[0] : 'x'}.evil.example/${encodeURIComponent(all)}`,
          })
        case 8:
          return send(200, `{"data": [{"id": "u1", "login": ${JSON.stringify(all)}`)
        default:
          return send(200, `<!doctype html><title>${all}</title>`, {
            'content-type': `text/html; x="${encodeURIComponent(echo[0] ?? '')}"`,
          })
      }
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: () => asked,
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
}

// ---------------------------------------------------------------- the house

const CONNECTIONS = 105
let world: World
let send: Send
let target: Awaited<ReturnType<typeof echoer>>
beforeAll(async () => {
  target = await echoer()
  world = await openWorld({ env: { ROLLCALL_OIDC_CANARY: plant('oidc') } })
  send = everyRole(world, 'acme')
}, 60_000)
afterAll(async () => {
  await world.close()
  await target.close()
})

/** Everything kept, closed, and the zip opened: what is packed cannot be searched. */
async function proofOf(certification: string, ask: Send): Promise<{ readonly [file: string]: Uint8Array }> {
  const path = `/v1/certifications/${certification}`
  const { items } = (await ask('GET', `${path}/items?limit=1000`)).doc
  const decisions = items.map(({ id }: { readonly id: string }) => ({ id, is: 'keep' }))
  await ask('POST', `${path}/decisions`, { decisions, why: 'reviewed' })
  const closed = await ask('POST', `${path}/close`, { why: 'all decided' })
  expect(closed.status, closed.text).toBe(200)
  const headers = { authorization: `Bearer ${world.token('acme', ['auditor'])}` }
  const proof = await world.app.request(`${path}/proof`, { headers })
  return unzipSync(new Uint8Array(await proof.arrayBuffer()))
}

/** Of the target's own program: what comes to an address holds its secret, in every place that is not looked at. */
async function told(ask: Send, name: string, secret: string, answers: string[]): Promise<void> {
  const made = await ask('POST', `/v1/connections/${name}/inbound`)
  const { pathname } = new URL(made.doc.text)
  const wrong = plantPlain('forged')
  const messages = [
    [`Hook ${secret}`, '', { user: 'u1', secret, note: `Hook ${secret}`, [secret]: secret }],
    [`Hook ${wrong}`, '', { user: wrong, [wrong]: wrong }],
    [wrong, `?x=${wrong}`, { user: wrong }],
    [`Hook ${secret}`, `?token=a&token=${secret}`, { user: 'u1' }],
  ] as const
  const codes = []
  for (const [header, query, body] of messages) {
    const headers = {
      'content-type': 'application/json',
      'x-hook': header,
      authorization: `Bearer ${wrong}`,
      cookie: `x=${wrong}`,
    }
    const got = await world.app.request(`${pathname}${query}`, { method: 'POST', headers, body: JSON.stringify(body) })
    answers.push(`POST inbound → ${got.status} ${JSON.stringify([...got.headers])} ${await got.text()}`)
    codes.push(got.status)
  }
  expect(codes).toEqual([200, 401, 401, 400])
  await ask('POST', `/v1/connections/${name}/watch`)
  await ask('POST', `/v1/connections/${name}/watch`)
}

test('a thousand planted secrets are in nothing that is kept, logged or answered', async () => {
  const answers: string[] = []
  const ask = async (...args: Parameters<Send>): ReturnType<Send> => {
    const got = await send(...args)
    answers.push(`${args[0]} ${args[1]} → ${got.status} ${JSON.stringify([...got.headers])} ${got.text}`)
    return got
  }
  const acme = await furnish(world, 'acme')
  const made = await ask('POST', '/v1/connectors', CONNECTOR)
  expect(made.text, made.text).toContain('canary')
  // What furnishing stopped, so that changes are really sent.
  await ask('POST', '/v1/stops/lift', { scope: '*', why: 'test' })
  const running: { name: string; sync: string }[] = []
  for (let n = 0; n < CONNECTIONS; n++) {
    const name = `canary-${n}`
    const secrets = { one: plant('one'), two: plant('two'), three: plant('three'), hook: plantPlain('hook') }
    const plain = n % SIGN_IN.length
    // A header carries no quotes by every client; the others come as they are.
    if (plain < 2) secrets.one = plantPlain('one')
    const settings = { url: `${target.url}/c${n}`, sign_in: SIGN_IN[plain] }
    const got = await ask('POST', '/v1/connections', {
      name,
      connector: 'canary',
      settings,
      secrets,
      allow_private: true,
      owner: 'Kim',
    })
    expect(got.status, got.text).toBe(201)
    await ask('POST', `/v1/connections/${name}/check`)
    if (n % 3 === 0) await told(ask, name, secrets.hook, answers)
    const { doc } = await ask('POST', `/v1/connections/${name}/syncs`, {})
    running.push({ name, sync: String(doc.sync) })
    if (n % 10 === 0) {
      // Mistakes of a caller: the secret in the wrong place, in a body that breaks off, in the path, the query and a header.
      const wrong = plant('wrong')
      await ask('POST', '/v1/connections', {
        name: 'x',
        connector: 'canary',
        settings: { one: wrong },
        secrets: { nope: wrong },
        token: wrong,
      })
      await ask('POST', '/v1/connections', `{"secrets":{"one":"${wrong}`, { 'content-type': 'application/json' })
      await ask('PATCH', `/v1/connections/${name}`, { secrets: { one: { from: 'env', name: wrong } } })
      await ask('GET', `/v1/connections?token=${encodeURIComponent(wrong)}`)
      await world.as(plantPlain('token'))('GET', '/v1/tenant')
      await ask(
        'POST',
        `/v1/connections/${name}/actions`,
        { action: 'deactivate_account', id: 'u1', why: 'test' },
        { 'idempotency-key': `k-${n}` },
      )
      await ask('PATCH', `/v1/connections/${name}`, { secrets: { three: plant('replaced') } })
    }
  }
  for (const { name, sync } of running)
    await until(
      async () =>
        ['finished', 'failed', 'aborted'].includes((await send('GET', `/v1/connections/${name}/syncs/${sync}`)).doc.state),
      60_000,
    )

  const reads = ROUTES.filter(({ method, realm }) => method === 'GET' && realm === 'tenant')
  for (const route of reads) await ask('GET', pathOf(route, acme))
  for (const { name, sync } of running) {
    const mine = { ...acme, connection: name, connector: 'canary', sync }
    for (const stream of sync.endsWith('7') ? ['users', 'groups'] : ['users'])
      for (const route of reads.filter(({ path }) => path.includes('{connection}')))
        await ask('GET', pathOf(route, { ...mine, stream }))
  }
  for (const path of ['/metrics', '/v1/metrics', '/openapi.json', '/docs', '/v1/ledger?limit=1000', '/v1/actions', '/v1/changes'])
    await ask('GET', path)
  const proof = await proofOf(acme.certification, ask)
  expect(Object.keys(proof).length).toBeGreaterThan(5)
  // So that what waits in memory is written too.
  const files = readdirSync(world.dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const found = [
    ...files.flatMap((file) => leaksIn(readFileSync(join(file.parentPath, file.name)), file.name)),
    ...world.logs.flatMap((line) => leaksIn(line, 'log')),
    ...Object.entries(proof).flatMap(([name, bytes]) => leaksIn(Buffer.from(bytes), `proof ${name}`)),
    // What the caller itself wrote into the address of a request is told back to nobody, and neither is the rest.
    ...answers.flatMap((text) => leaksIn(text.replace(/^\S+ \S+ /, ''), text.slice(0, 60))),
  ]
  const bytes = files.reduce((sum, file) => sum + readFileSync(join(file.parentPath, file.name)).length, 0)
  console.log(
    `canaries: ${planted} secrets planted over ${CONNECTIONS} connections, ${target.asked()} requests of ours echoed; ${files.length} files (${bytes} bytes), ${answers.length} answers and ${world.logs.length} log lines searched in ${FORMS.length} forms, ${found.length} found`,
  )
  expect(found.slice(0, 20)).toEqual([])
  expect(planted).toBeGreaterThanOrEqual(1_000)
  expect([rotated > 5, changes > 3]).toEqual([true, true])
}, 300_000)

test('the search finds each form, wherever it lies', () => {
  for (const [name, form] of FORMS) {
    writeFileSync(join(world.dir, 'planted'), `some bytes ${form} and more`)
    expect(leaksIn(readFileSync(join(world.dir, 'planted')), 'planted').length, name).toBeGreaterThan(0)
  }
})
