/** A connector and its twin file, put together: where each request goes, and how its answer is written. Compiled once, shared by every run. */
import type { Connector, Json, KindOptions, RequestSpec } from '../../../runtime/types.ts'
import { type Official, openOfficial } from '../official/open.ts'
import { capture, whenHolds } from './match.ts'
import { at } from './path.ts'
import { scopeOf, text } from './template.ts'
import type { EndpointSpec, PagesSpec, Template, TwinFile, When } from './types.ts'

type ListSpec = Extract<EndpointSpec, { readonly list: string }>

export type Served = {
  readonly spec: EndpointSpec
  /** Streams that are read here. */
  readonly streams: readonly string[]
  /** Streams of which it gives a count. */
  readonly counts: readonly string[]
  readonly list: {
    readonly at: string
    readonly pages: PagesSpec
    readonly total: string | { readonly header: string } | null
    readonly total_when: When | undefined
    readonly size: { readonly query?: string; readonly body?: string; readonly full: number } | null
  } | null
}
export type Endpoint = {
  /** `GET /Users/{id}` */
  readonly key: string
  readonly method: string
  /** `/@host/scim/v2/Users/{id}` */
  readonly path: string
  readonly segments: readonly string[]
  readonly served: readonly Served[]
}
export type Dialect = {
  /** `okta`, `scim2/microsoft`. */
  readonly name: string
  readonly connector: Connector
  readonly file: TwinFile
  /** With the vendor's own origins. */
  readonly settings: { readonly [name: string]: Json }
  readonly endpoints: readonly Endpoint[]
  /** Every request is held against it; null: no description is known, or none is here. */
  readonly official: Official | null
}

/** `openapi`: the folder of official descriptions, where there is one. */
export function openDialect(
  connector: Connector,
  file: TwinFile,
  variant: string | null = null,
  openapi: string | null = null,
): Dialect {
  const defaults = Object.entries(connector.settings).flatMap(([name, { default: value }]) =>
    value === undefined ? [] : [[name, value]],
  )
  const settings = {
    ...Object.fromEntries(defaults),
    ...file.settings,
    ...(variant === null ? {} : file.variants?.[variant]?.settings),
  }
  const base = String(text(connector.base_url, scopeOf({ ...settings, settings: settings as Json })) ?? '')
  const endpoints = Object.entries(file.endpoints).map(([key, specs]): Endpoint => {
    const [method = '', address = ''] = key.split(/ (.*)/s)
    const path = hostPath(/^https?:/.test(address) ? address : `${base}${address}`)
    const list = Array.isArray(specs) ? (specs as readonly EndpointSpec[]) : [specs as EndpointSpec]
    return {
      key,
      method,
      path,
      segments: path.split('/'),
      served: list.map((spec) => ({ spec, streams: spec.streams ?? [], counts: [], list: null })),
    }
  })
  const name = variant === null ? connector.connector : `${connector.connector}/${variant}`
  const official = openOfficial(file.official, settings, openapi)
  const known: Dialect = {
    name,
    connector,
    file,
    settings,
    endpoints: endpoints.toSorted((a, b) => literal(b) - literal(a)),
    official,
  }
  return {
    ...known,
    endpoints: known.endpoints.map((endpoint) => ({
      ...endpoint,
      served: endpoint.served.map((one) => complete(known, base, endpoint, one)),
    })),
  }
}

/** Paths with fewer holes go first: `/users/me` before `/users/{id}`. */
const literal = (endpoint: Endpoint) =>
  endpoint.segments.filter((segment) => !segment.includes('{')).length - endpoint.segments.length

/** The host as the first segment: one server plays every host of a vendor. */
export const hostPath = (url: string): string => url.replace(/^https?:\/\//, '/@')

/** The other way; each part decoded, but for a slash in it. */
export const vendorUrl = (path: string): string =>
  path
    .replace(/^\/@/, 'https://')
    .split('/')
    .map((part) => decoded(part).replaceAll('/', '%2F'))
    .join('/')
    .replace(/^https:%2F%2F|^https:\/\//, 'https://')

/** Every origin of a vendor in a text, turned to one server. */
export const redirect = (value: string, origin: string): string =>
  value.replaceAll(/https:\/\/(\{[a-z_]+\}|[a-zA-Z0-9.-]+)/g, `${origin}/@$1`)

export function redirected(value: unknown, origin: string): unknown {
  if (typeof value === 'string') return redirect(value, origin)
  if (Array.isArray(value)) return value.map((item) => redirected(item, origin))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, redirected(inner, origin)]))
}

export function find(
  endpoints: readonly Endpoint[],
  method: string,
  path: string,
): { readonly endpoint: Endpoint; readonly params: { readonly [name: string]: string } } | null {
  const parts = path.split('/')
  for (const endpoint of endpoints) {
    if (endpoint.method !== method || endpoint.segments.length !== parts.length) continue
    let params: { readonly [name: string]: string } | null = {}
    for (const [place, segment] of endpoint.segments.entries()) {
      const part = parts[place] as string
      const found = segment.includes('{') ? capture(segment, part) : segment === decoded(part) ? {} : null
      if (found === null) {
        params = null
        break
      }
      params = { ...params, ...found }
    }
    if (params !== null)
      return { endpoint, params: Object.fromEntries(Object.entries(params).map(([name, value]) => [name, decoded(value)])) }
  }
  return null
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

/** What the connector says of the list that this endpoint serves. */
function complete(known: Dialect, base: string, endpoint: Endpoint, served: Served): Served {
  const { connector } = known
  const asked = (request: RequestSpec) => asksFor(known, base, endpoint, served, request)
  const readers = Object.values(connector.streams).filter((stream) => asked(stream.list))
  const seconds = Object.values(connector.streams).filter((stream) =>
    stream.prove.some((proof) => 'list' in proof && proof['list'] !== null && asked(proof['list'] as unknown as RequestSpec)),
  )
  const streams = [...new Set([...served.streams, ...readers.map((one) => one.name), ...seconds.map((one) => one.name)])]
  const counts = Object.values(connector.streams)
    .filter((stream) => stream.prove.some((proof) => proof.kind === 'count' && asked(proof['request'] as unknown as RequestSpec)))
    .map((stream) => stream.name)
  if ('feed' in served.spec) return { ...served, streams: [`feed:${served.spec.feed}`], list: feedList(connector, served.spec) }
  if (!('list' in served.spec)) return { ...served, streams, counts }
  const spec = served.spec as ListSpec
  const reader =
    readers[0] ?? seconds[0] ?? (spec.streams === undefined ? undefined : connector.streams[spec.streams[0] as string])
  const pages: PagesSpec = spec.pages ?? (reader === undefined ? { kind: 'none' } : (reader.pages as PagesSpec))
  const proof = reader?.prove.find((one) => one.kind === 'total')
  const declared = (proof?.['path'] ?? (proof?.['header'] === undefined ? null : { header: proof['header'] })) as
    | string
    | { header: string }
    | null
  const total = spec.total === false ? null : (spec.total ?? declared)
  return {
    spec,
    streams,
    counts,
    list: {
      at: spec.at ?? (reader?.records ?? '[]').replace(/\[\*\].*$/, ''),
      pages,
      // scim and the paging words that end at a total write it themselves.
      total: total === null || total === pages['total'] || pages.kind.startsWith('scim_') ? null : total,
      total_when: spec.total_when,
      size: spec.size ?? (reader === undefined ? null : sizeOf(reader.list, reader.pages, reader.prove)),
    },
  }
}

function feedList(connector: Connector, spec: Extract<EndpointSpec, { readonly feed: string }>): Served['list'] {
  const feed = connector.feeds[spec.feed]
  if (feed === undefined) throw new Error(`the connector has no feed ${spec.feed}`)
  return {
    at: feed.records,
    pages: spec.pages ?? (feed.pages as PagesSpec),
    total: null,
    total_when: undefined,
    size: spec.size ?? sizeOf(feed.list, feed.pages, []),
  }
}

const SIZES = ['limit', 'per_page', '$top', 'maxResults', 'count', 'pageSize', 'page_size', 'size', 'first', 'results']

function sizeOf(
  list: RequestSpec,
  pages: KindOptions,
  prove: readonly KindOptions[],
): { readonly query?: string; readonly body?: string; readonly full: number } | null {
  if (pages.kind === 'scim_index' || pages.kind === 'scim_cursor') return { query: 'count', full: Number(pages['count'] ?? 100) }
  const size = pages['size'] as { readonly query?: string; readonly body?: string; readonly rows: number } | undefined
  if (size?.query !== undefined) return { query: size.query, full: size.rows }
  if (size?.body !== undefined) return { body: size.body, full: size.rows }
  const found = list.query.find(([name, value]) => SIZES.includes(name) && /^\d+$/.test(String(value)))
  if (found !== undefined) return { query: found[0], full: Number(found[1]) }
  // A list that says no size gets the target's own, and a second pass half of it: the same pages twice would show nothing.
  const second = prove
    .flatMap((proof) => Object.entries(proof['query'] ?? {}))
    .find(([name, value]) => SIZES.includes(name) && Number(value) > 1)
  return second === undefined ? null : { query: second[0], full: 2 * Number(second[1]) }
}

/** Would this declared request come here? Holes in it stand for any text. */
function asksFor(known: Dialect, base: string, endpoint: Endpoint, served: Served, request: RequestSpec): boolean {
  const path = hostPath(/^https?:/.test(request.path) ? request.path : `${base}${request.path}`)
  const filled = path.replaceAll(/\{([^{}]+)\}/g, (_, name: string) => String(known.settings[name] ?? '0x0'))
  const found = find(known.endpoints, request.method, filled)
  if (found?.endpoint.key !== endpoint.key) return false
  const first = served.spec.when === undefined || whenHolds(served.spec.when, sample(request)) !== null
  if (!first) return false
  // The first that matches answers.
  return found.endpoint.served.find((one) => whenHolds(one.spec.when, sample(request)) !== null)?.spec === served.spec
}

function sample(request: RequestSpec) {
  const body: Json = request.body === null ? null : ((request.body['value'] ?? (request.body as unknown as Json)) as Template)
  return scopeOf({
    query: (rest) => {
      const found = request.query.find(([name]) => name === rest)
      return found === undefined ? undefined : String(found[1])
    },
    body: (rest) => at(body, rest),
    header: (rest) => Object.entries(request.headers).find(([name]) => name.toLowerCase() === rest.toLowerCase())?.[1],
  })
}
