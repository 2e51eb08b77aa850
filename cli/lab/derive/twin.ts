/**
 * A twin file out of a connector alone: what can be played at once, what was assumed for it, and what only a person knows who has read the vendor's
 * pages. Every list of plain records can be; what a write does cannot.
 */
import type { Connector, RequestSpec } from '../../../runtime/types.ts'
import { put } from '../twin/path.ts'
import type { CollectionSpec, EndpointSpec, ErrorSpec, Native, StreamTruth, Template, TwinFile } from '../twin/types.ts'
import { holeless, keyOf, placeOf, type Settings, settingsOf } from './places.ts'
import { pathOf } from './record.ts'
import { satisfy } from './satisfy.ts'
import { type Derived, deriveStream } from './streams.ts'

export type DerivedTwin = {
  readonly file: TwinFile
  /** What was guessed, a line each. */
  readonly assumed: readonly string[]
}

/** `without`: streams that are known not to come out well, and why. */
export function deriveTwin(connector: Connector, without: { readonly [stream: string]: string } = {}): DerivedTwin {
  const settings = settingsOf(connector)
  const not_played: { [name: string]: string } = {}
  const streams = derivedStreams(connector, settings, without, not_played)
  const me = [...streams.keys()].find((name) => connector.streams[name]?.is === 'account')
  const endpoints = endpointsOf(connector, settings, streams, me)
  for (const action of Object.keys(connector.actions)) not_played[action] = 'what it does to the target is not in the connector'
  const collections = collectionsOf(connector, streams)
  const file: TwinFile = {
    twin: connector.connector,
    source: connector.source.map(({ url, read }) => ({
      url,
      read,
      says: 'what the connector says of it; nothing else was read',
    })),
    settings,
    ...(me === undefined || connector.whoami === null ? {} : { me }),
    collections,
    endpoints,
    streams: Object.fromEntries([...streams].map(([name, one]): readonly [string, StreamTruth] => [name, one.truth])),
    restricted: Object.fromEntries(connector.scope_proof.map(({ request }) => [keyOf(request, settings), 'forbidden' as const])),
    errors: errorsOf(connector),
    not_played,
  }
  return { file, assumed: assumptions(connector, streams) }
}

function derivedStreams(
  connector: Connector,
  settings: Settings,
  without: { readonly [stream: string]: string },
  not_played: { [name: string]: string },
): ReadonlyMap<string, Derived> {
  const gets = new Set(
    Object.values(connector.streams).flatMap((one) => (one.get === null ? [] : [holeless(keyOf(one.get, settings))])),
  )
  const streams = new Map<string, Derived>()
  const taken = new Set<string>()
  for (const name of connector.order) {
    const stream = connector.streams[name]
    if (stream === undefined) continue
    const told =
      without[name] === undefined
        ? deriveStream(stream, { connector, settings, played: new Set(streams.keys()), gets })
        : { because: without[name] }
    if ('because' in told) {
      not_played[name] = told.because
      continue
    }
    const [key] = told.endpoints[0] ?? []
    if (key !== undefined && taken.has(key))
      not_played[name] = `another stream is read with ${key}: what tells their answers apart is not in the connector`
    else streams.set(name, told)
    if (key !== undefined) taken.add(holeless(key))
  }
  return streams
}

function collectionsOf(connector: Connector, streams: ReadonlyMap<string, Derived>): { readonly [name: string]: CollectionSpec } {
  const shows = new Map<string, Native>()
  const show = (of: string, path: string, value: Template): void => {
    const laid = shows.get(of) ?? {}
    put(laid, path, value)
    shows.set(of, laid)
  }
  for (const { within } of streams.values())
    if (within !== null) shows.set(within.of, { ...shows.get(within.of), ...(within.show as Native) })
  // The parent's own number of what is below it is true.
  for (const [name] of streams) {
    const stream = connector.streams[name]
    const proof = stream?.prove.find(({ kind }) => kind === 'count_per_parent')
    const [variable = '', field = ''] = String(proof?.['path'] ?? '').split('.')
    const each = stream?.each[variable]
    const above = each?.from === 'stream' ? connector.streams[each.stream] : undefined
    const place = above === undefined ? null : placeOf(above, field)
    if (above !== undefined && place !== null && place !== '')
      show(above.name, place, { $count: name, where: { [variable]: '{id}' } })
  }
  return Object.fromEntries(
    [...streams].map(([name, { collection }]) => {
      const laid = shows.get(name)
      return [name, laid === undefined ? collection : { ...collection, show: laid }]
    }),
  )
}

function endpointsOf(
  connector: Connector,
  settings: Settings,
  streams: ReadonlyMap<string, Derived>,
  me: string | undefined,
): { readonly [key: string]: EndpointSpec } {
  const out: { [key: string]: EndpointSpec } = {}
  const once = (key: string, spec: EndpointSpec): void => {
    if (!Object.keys(out).some((known) => holeless(known) === holeless(key))) out[key] = spec
  }
  for (const { endpoints } of streams.values()) for (const [key, spec] of endpoints) once(key, spec)
  const { whoami } = connector
  if (whoami !== null && me !== undefined) {
    const place = pathOf(connector.streams[me]?.id[0]) ?? 'id'
    const path = pathOf(whoami.id)
    const answer: Native = satisfy([...connector.expect, ...whoami.request.expect], 'body')
    if (path !== null) put(answer, path, `{me.${place}}`)
    once(keyOf(whoami.request, settings), { answer: path === null ? '{me}' : answer })
  }
  // Several proofs may ask the same.
  const proofs = Map.groupBy(connector.scope_proof, ({ request }) => keyOf(request, settings))
  for (const [key, some] of proofs) {
    const answer = satisfy([...connector.expect, ...some.map(({ expect }) => expect)], 'body')
    const known = out[key]
    if (known !== undefined && 'answer' in known)
      out[key] = { ...known, answer: { ...(known.answer as Native), ...answer } } as EndpointSpec
    else once(key, { answer })
  }
  for (const [name] of streams)
    for (const proof of connector.streams[name]?.prove ?? []) {
      const [request, list] = [
        proof['request'] as unknown as RequestSpec | undefined,
        proof['list'] as unknown as RequestSpec | undefined,
      ]
      if (proof.kind === 'count' && request !== undefined && typeof proof['path'] === 'string') {
        const answer = satisfy([...connector.expect, ...request.expect], 'body')
        put(answer, proof['path'], { $count: name })
        once(keyOf(request, settings), { answer: proof['path'] === '[]' ? { $count: name } : answer })
      }
      if (list !== undefined && list !== null) once(keyOf(list, settings), { list: name, streams: [name] })
    }
  return out
}

const SAYS: { readonly [name: string]: readonly [status: number, says: string] } = {
  bad_request: [400, 'bad request'],
  unauthorized: [401, 'unauthorized'],
  forbidden: [403, 'forbidden'],
  not_found: [404, 'not found'],
  too_many: [429, 'too many requests'],
  server: [500, 'something went wrong'],
}

/** Plain ones; what the connector tells apart by an answer's words gets those words. */
function errorsOf(connector: Connector): TwinFile['errors'] {
  const errors: { [name: string]: ErrorSpec } = {}
  for (const [name, [status, says]] of Object.entries(SAYS)) errors[name] = { status, body: { error: says } }
  const ruled = (then: string, statuses: (status: number) => boolean) =>
    connector.responses.find((rule) => rule.then === then && rule.status.some(statuses))
  const restart = ruled('restart', () => true)
  if (restart !== undefined)
    errors['expired'] = { status: restart.status[0] ?? 410, body: worded(restart.when, 'this cursor has expired') }
  const quota = ruled('wait', (status) => status === 403)
  if (quota !== undefined) errors['quota'] = { status: 403, body: worded(quota.when, 'quota exceeded') }
  return errors
}

function worded(when: string | null, otherwise: string): Template {
  const body = when === null ? {} : satisfy([when], 'body')
  return Object.keys(body).length === 0 ? { error: otherwise } : body
}

function assumptions(connector: Connector, streams: ReadonlyMap<string, Derived>): readonly string[] {
  const untold = [...streams.values()].flatMap((one) => one.untold)
  const filtered = Object.values(connector.streams).filter(
    ({ name, list }) => streams.has(name) && list.query.some(([key]) => /filter|search|^q$/i.test(key)),
  )
  return [
    'errors have a status and a word; a vendor has words of its own (`errors`)',
    'ids are 16 hexadecimal digits, and texts are made up (`collections`)',
    ...(connector.scope_proof.length > 0
      ? ['a credential that may not see everybody is refused where the scope is proven (`restricted`)']
      : []),
    ...filtered.map(({ name }) => `${name}: a filter in its list is taken for everything (\`views\`)`),
    ...(untold.length === 0 ? [] : [`not held against a truth: ${untold.join(', ')} (\`streams\`: expressions and instants)`]),
  ]
}
