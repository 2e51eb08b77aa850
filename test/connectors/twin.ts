/**
 * A loopback target that speaks as one vendor does. Its records are the official description's own shapes with a few values of ours laid
 * over; every request is held against that description before it is answered. Pages are cut to two rows, so that every list has several.
 */
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Asked, Official } from './official.ts'

export type Values = { readonly [key: string]: unknown }
export type Params = { readonly [name: string]: string }
export type Reply = { readonly status?: number; readonly headers?: { readonly [name: string]: string }; readonly body: unknown }

export type Endpoint = {
  readonly host: string
  readonly path: string
  readonly method?: Asked['method']
  /** Asked at each request; false: the next endpoint of this path answers. */
  readonly when?: () => boolean
} /** A list: `at` is the key of the records, '' where the body is the list. Null: 404. */ & (
  | { readonly list: (params: Params, query: URLSearchParams) => readonly Values[] | null; readonly at: string }
  /** One object. Null: 404. */
  | { readonly one: (params: Params) => Values | null }
  | { readonly answer: (asked: Asked, params: Params) => Reply }
)

export type Vendor = {
  /** Host → its description; null where there is none, and why its requests are right stands at the endpoint. */
  readonly hosts: { readonly [host: string]: Official | null }
  readonly endpoints: readonly Endpoint[]
  /** Cuts a page out of `rows` as this vendor does. `url` is the request's own, at the twin. */
  readonly page: (rows: readonly unknown[], at: string, url: URL) => Reply
  /** Requests that the reduced description leaves out: method and path pattern → where they are described. */
  readonly elsewhere: { readonly [request: string]: string }
}

export type Twin = {
  readonly origin: string
  /** Every origin of the vendor in a text becomes this server, the host kept as the first segment of the path. */
  readonly redirect: (text: string) => string
  readonly asked: readonly (Asked & { readonly host: string; readonly endpoint: string | null })[]
  readonly objections: readonly string[]
  readonly elsewhere: ReadonlySet<string>
  /** Requests that no endpoint here knows. */
  readonly strangers: readonly string[]
  readonly close: () => Promise<void>
}

export const PAGE = 2

export async function startTwin(vendor: Vendor): Promise<Twin> {
  const asked: (Asked & { host: string; endpoint: string | null })[] = []
  const objections: string[] = []
  const strangers: string[] = []
  const elsewhere = new Set<string>()
  const server = createServer((request, response) => {
    read(request)
      .then((body) => {
        const url = new URL(request.url ?? '/', origin())
        const [, host = '', path = ''] = /^\/@([^/]+)(\/.*)$/.exec(url.pathname) ?? []
        const one = {
          method: request.method ?? 'GET',
          path: decodeURIComponent(path),
          query: url.searchParams,
          headers: headersOf(request),
          body,
        }
        const found = find(vendor, host, one)
        asked.push({ ...one, host, endpoint: found?.endpoint.path ?? null })
        const where = `${one.method} ${host}${path}${url.search}`
        const named = found === null ? '' : `${one.method} ${found.endpoint.path}`
        if (Object.hasOwn(vendor.elsewhere, named)) elsewhere.add(named)
        else {
          const objection = vendor.hosts[host]?.objection(one) ?? (vendor.hosts[host] === undefined ? 'no such host' : null)
          if (objection !== null) objections.push(`${where}: ${objection}`)
        }
        const reply =
          found === null ? { status: 404, body: { error: 'stranger' } } : answer(vendor, found.endpoint, found.params, one, url)
        if (found === null) strangers.push(where)
        response.writeHead(reply.status ?? 200, { 'content-type': 'application/json', ...reply.headers })
        response.end(JSON.stringify(reply.body))
      })
      .catch((fault: unknown) => {
        // A fault of the twin itself must fail the test, not hang it.
        objections.push(`the twin failed: ${String(fault)}`)
        response.destroy()
      })
  })
  const origin = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: origin(),
    redirect: (text) =>
      text.replaceAll(/https:\/\/(\{[a-z_]+\}|[a-z0-9.-]+)/g, (whole, host: string) =>
        isTarget(vendor, host) ? `${origin()}/@${host}` : whole,
      ),
    asked,
    objections,
    elsewhere,
    strangers,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

const isTarget = (vendor: Vendor, host: string): boolean => host.startsWith('{') || Object.hasOwn(vendor.hosts, host)

function find(vendor: Vendor, host: string, asked: Asked): { readonly endpoint: Endpoint; readonly params: Params } | null {
  for (const endpoint of vendor.endpoints) {
    if (endpoint.host !== host || (endpoint.method ?? 'GET') !== asked.method) continue
    const names = [...endpoint.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] as string)
    const pattern = new RegExp(`^${endpoint.path.replaceAll(/[.$]/g, '\\$&').replaceAll(/\{\w+\}/g, '([^/]+)')}$`)
    const match = pattern.exec(asked.path)
    if (match !== null && endpoint.when?.() !== false)
      return { endpoint, params: Object.fromEntries(names.map((name, index) => [name, match[index + 1] as string])) }
  }
  return null
}

function answer(vendor: Vendor, endpoint: Endpoint, params: Params, asked: Asked, url: URL): Reply {
  if ('answer' in endpoint) return endpoint.answer(asked, params)
  const sample = vendor.hosts[endpoint.host]?.sample(asked.method, asked.path)
  const gone = { status: 404, body: { error: 'not found' } }
  if ('one' in endpoint) {
    const values = endpoint.one(params)
    return values === null ? gone : { body: over(sample, values) }
  }
  const values = endpoint.list(params, url.searchParams)
  if (values === null) return gone
  const list = endpoint.at === '' ? sample : (sample as Values | undefined)?.[endpoint.at]
  const item = Array.isArray(list) ? (list[0] as unknown) : undefined
  return vendor.page(
    values.map((one) => over(item, one)),
    endpoint.at,
    url,
  )
}

/** Values laid over a sample, objects into objects; a value of undefined takes the sample's away. */
export function over(sample: unknown, values: unknown): unknown {
  if (!isObject(sample) || !isObject(values)) return values
  const out: { [key: string]: unknown } = { ...sample }
  for (const [key, value] of Object.entries(values)) {
    if (value === undefined) delete out[key]
    else out[key] = over(out[key], value)
  }
  return out
}

const isObject = (value: unknown): value is Values => typeof value === 'object' && value !== null && !Array.isArray(value)

function headersOf(request: IncomingMessage): { readonly [name: string]: string } {
  return Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}
