/**
 * The bench's loopback target, a process of its own: SCIM users of 681 bytes, made on the fly; parents with members behind a latency;
 * a list under a hard rate limit; users that can be changed. Knows nothing of Rollcall. → {kind:'stats'} ← {kind:'stats', …}
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

const RECORD_BYTES = 681
const users = Number(process.argv[2] ?? 200_000)
const latency_ms = Number(process.argv[3] ?? 0)
const permitted_per_s = Number(process.argv[4] ?? 0)

const stats = { requests: 0, refused: 0, first_ms: 0, last_ms: 0, busiest_second: 0 }
const recent: number[] = []
/** What was changed, by the place of the user; and when a user was first asked for by id, in ms since 1970. */
const changed = new Map<number, { active?: boolean; title?: string }>()
const asked = new Map<number, number>()

function idOf(index: number): string {
  // Spread over the key space like a random uuid, yet the same in every run.
  const mixed = (Math.imul(index + 1, 2654435761) >>> 0).toString(16).padStart(8, '0')
  return `${mixed}-7f76-453a-919d-${String(index).padStart(12, '0')}`
}

function record(index: number): string {
  const id = idOf(index)
  const base = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"${id}","externalId":"E${index}","userName":"user${index}@acme.example","name":{"givenName":"Given${index}","familyName":"Family${index % 9973}"},"displayName":"Given${index} Family${index % 9973}","title":"${changed.get(index)?.title ?? 'Engineer'}","active":${changed.get(index)?.active ?? index % 17 !== 0},"userType":"${index % 50 === 0 ? 'Service' : 'Employee'}","emails":[{"value":"user${index}@acme.example","type":"work","primary":true}],"phoneNumbers":[{"value":"+1 555 ${String(index).padStart(7, '0')}","type":"work"}],"meta":{"resourceType":"User","created":"2024-01-01T00:00:00Z","lastModified":"2024-06-01T00:00:00Z"},"note":"`
  return `${base}${'x'.repeat(Math.max(0, RECORD_BYTES - base.length - 2))}"}`
}

function listUsers(from: number, count: number): string {
  const last = Math.min(users, from + count)
  let resources = ''
  for (let index = from; index < last; index++) resources += (index === from ? '' : ',') + record(index)
  return `{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":${users},"startIndex":${from + 1},"itemsPerPage":${last - from},${last < users ? `"nextIndex":${last + 1},` : ''}"Resources":[${resources}]}`
}

const server = createServer((request, response) => {
  const now = performance.now()
  if (stats.requests === 0) stats.first_ms = now
  stats.requests++
  stats.last_ms = now
  while (recent.length > 0 && (recent[0] as number) <= now - 1000) recent.shift()
  recent.push(now)
  stats.busiest_second = Math.max(stats.busiest_second, recent.length)
  if (permitted_per_s > 0 && recent.length > Math.ceil(permitted_per_s * 1.02) + 1) {
    stats.refused++
    response.writeHead(429, { 'retry-after': '1' }).end()
    return
  }
  const url = new URL(request.url as string, 'http://x')
  if (latency_ms > 0) setTimeout(() => answer(url, request, response), latency_ms)
  else answer(url, request, response)
})

function answer(url: URL, request: IncomingMessage, response: ServerResponse): void {
  const json = (text: string): void => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
    response.end(text)
  }
  const startIndex = Number(url.searchParams.get('startIndex') ?? 1)
  const count = Math.min(200, Number(url.searchParams.get('count') ?? 200))
  const children = /^\/Groups\/([^/]+)\/members$/.exec(url.pathname)
  const one = /^\/Users\/[^/]+-0*(\d+)$/.exec(url.pathname)
  const named = /^userName eq "user(\d+)@/.exec(url.searchParams.get('filter') ?? '')
  if (one !== null) oneUser(Number(one[1]), request, response, json)
  else if (named !== null) json(`{"totalResults":1,"startIndex":1,"itemsPerPage":1,"Resources":[${record(Number(named[1]))}]}`)
  else if (url.pathname === '/asked') json(JSON.stringify([...asked]))
  else if (url.pathname === '/Users') json(listUsers(startIndex - 1, count))
  else if (children !== null)
    json(JSON.stringify({ members: [{ value: `m-${children[1]}-1` }, { value: `m-${children[1]}-2` }] }))
  else if (url.pathname === '/Groups')
    json(JSON.stringify({ groups: Array.from({ length: users }, (_, index) => ({ id: `g${index}`, name: `Group ${index}` })) }))
  else response.writeHead(404).end()
}

function oneUser(index: number, request: IncomingMessage, response: ServerResponse, json: (text: string) => void): void {
  if (!asked.has(index)) asked.set(index, Date.now())
  if (request.method !== 'PATCH') json(record(index))
  else change(index, request, response)
}

function change(index: number, request: IncomingMessage, response: ServerResponse): void {
  text(request).then(
    (body) => {
      const { Operations } = JSON.parse(body) as { Operations: { path: 'active' | 'title'; value: never }[] }
      for (const { path, value } of Operations) changed.set(index, { ...changed.get(index), [path]: value })
      response.writeHead(204).end()
    },
    () => response.destroy(),
  )
}

server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => process.send?.({ kind: 'ready', port: (server.address() as AddressInfo).port }))
process.on('message', () => process.send?.({ kind: 'stats', ...stats }))
process.on('disconnect', () => process.exit(0))
