/** A stateful target on loopback that speaks one dialect, and lies as told. Shares no code with runtime/. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Page, Reply, Spot, Want } from './dialect.ts'
import { START } from './dialect.ts'
import { DIALECTS, type DialectName } from './dialects.ts'
import { FAULTS, type Fault, type FaultName, type FaultOptions, type Faults, type Struck, sameSpot } from './faults.ts'
import { type Population, seeded } from './population.ts'
import { cutPage, fire, type State, seen, shown } from './view.ts'

export type TargetOptions = {
  readonly dialect: DialectName
  readonly population: Population
  readonly faults?: Faults
  readonly seed?: number
  /** Most records a page holds. */
  readonly page_max?: number
  readonly latency_ms?: number
}

export type Target = {
  readonly url: string
  readonly token: string
  readonly population: Population
  /** Path and query of each request, in order. */
  readonly requests: readonly string[]
  readonly fired: { readonly [name in FaultName]?: number }
  /** Requests this target does not know. A test with any has failed. */
  readonly unexpected: readonly string[]
  readonly refused_tokens: () => number
  /** Whom the target hides for good, by id. */
  readonly hidden: () => ReadonlySet<string>
  /** From now on. */
  readonly lie: (faults: Faults) => void
  readonly close: () => Promise<void>
}

export async function startTarget(options: TargetOptions): Promise<Target> {
  const state: State = {
    dialect: DIALECTS[options.dialect],
    population: options.population,
    random: seeded((options.seed ?? 1) + 77),
    page_max: options.page_max ?? 200,
    faults: {},
    hidden: new Map(),
    fired: {},
    requests: [],
    unexpected: [],
    refused: 0,
    marks: 0,
    valid_from: new Map(),
    enumerations: new Map(),
  }
  lie(state, options.faults ?? {})
  const token = `tok-${options.dialect}-${options.seed ?? 1}`
  const server = createServer((request, response) => {
    const send = () => write(response, answer(state, request, token, `http://${request.headers.host}`))
    if (options.latency_ms === undefined) send()
    else setTimeout(send, options.latency_ms)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token,
    population: state.population,
    requests: state.requests,
    fired: state.fired,
    unexpected: state.unexpected,
    refused_tokens: () => state.refused,
    hidden: () => new Set(state.hidden.keys()),
    lie: (faults) => lie(state, faults),
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
}

function lie(state: State, faults: Faults): void {
  state.faults = faults
  state.hidden = new Map()
  for (const name of Object.keys(faults) as FaultName[]) {
    const fault: Fault = FAULTS[name]
    state.fired[name] ??= 0
    for (const user of fault.hides?.who(state.population.users, faults[name]!, state.random) ?? []) {
      state.hidden.set(user.id, { deep: fault.hides!.deep, by: name })
    }
  }
}

function answer(state: State, request: IncomingMessage, token: string, base: string): Reply {
  const { dialect } = state
  state.requests.push(`${request.method} ${request.url}`)
  if (request.headers.authorization !== `Bearer ${token}`) {
    state.refused++
    return dialect.sayError(401, 'unauthorized', 'a valid token is needed')
  }
  const url = new URL(request.url ?? '/', base)
  const path = url.pathname.split('/').slice(1).map(decodeURIComponent)
  const query = new Map(url.searchParams)
  const doubled = query.size !== [...url.searchParams].length
  const want =
    request.method === 'GET' && !doubled
      ? dialect.hear({ path, query, headers: request.headers as { [name: string]: string } })
      : null
  if (want === null) {
    state.unexpected.push(`${request.method} ${request.url}`)
    return dialect.sayError(400, 'unexpected', 'this target did not expect that request')
  }
  switch (want.what) {
    case 'me':
      return dialect.sayMe(state.faults.restricted === undefined ? 'admin' : 'viewer')
    case 'get':
      return one(state, want)
    case 'count':
      return dialect.sayCount!(seen(state, want.list, want.of)?.length ?? 0)
    case 'list':
      return list(state, want, base)
  }
}

function one(state: State, want: Want & { what: 'get' }): Reply {
  const { dialect, population } = state
  if (want.list === 'groups') {
    const struck = strike(state, 'members', want.id, 1, false).find(([, fault]) => fault.instead !== undefined)
    const group = population.groups.find((group) => group.id === want.id)
    // Where members live in the group, a refusal of its members is a refusal of the group.
    if (group !== undefined && struck !== undefined && dialect.name === 'scim') return refuse(state, struck)
    return group === undefined
      ? dialect.sayError(404, 'notFound', 'no such group')
      : dialect.sayOne({ kind: 'group', group: shown(state, group) })
  }
  const user = population.users.find((user) => user.id === want.id)
  if (user === undefined || state.hidden.get(user.id)?.deep === true) return dialect.sayError(404, 'notFound', 'no such user')
  return dialect.sayOne({ kind: 'user', user })
}

function list(state: State, want: Want & { what: 'list' }, base: string): Reply {
  const { dialect } = state
  const rows = seen(state, want.list, want.of)
  if (rows === null) return dialect.sayError(404, 'notFound', 'no such group')
  if (dialect.steps === 'keyset' && !sameSpot(want.spot, START) && want.spot.mark < (state.valid_from.get(want.list) ?? 0))
    return dialect.sayError(410, 'expiredCursor', 'this cursor has expired')
  const key = `${want.list} ${want.of} ${want.limit}`
  const spots = enumeration(state, key, want.spot)
  const page = spots.findIndex((spot) => sameSpot(spot, want.spot)) + 1
  const honest = cutPage(state, rows, want, want.spot, Math.min(want.limit, state.page_max))
  const struck = strike(state, want.list, want.of, page, honest.next === null)

  let limit = Math.min(want.limit, state.page_max)
  for (const [name, fault, options] of struck) {
    const lower = fault.limit?.(limit, options) ?? limit
    if (lower < limit) fire(state, name)
    limit = lower
  }
  let now = cutPage(state, rows, want, want.spot, limit)
  const previous = spots[page - 2]
  const before = previous === undefined ? null : cutPage(state, rows, want, previous, limit)
  const at = (options: FaultOptions): Struck => {
    return { options, dialect, population: state.population, random: state.random, page, now, before, fresh: () => ++state.marks }
  }
  const refusal = struck.find(([, fault]) => fault.instead !== undefined)
  if (refusal !== undefined) {
    if (refusal[1].expires === true) state.valid_from.set(want.list, ++state.marks)
    fire(state, refusal[0])
    return refusal[1].instead!(at(refusal[2]), base)
  }
  for (const [name, fault, options] of struck) {
    if (fault.page === undefined) continue
    now = fault.page(at(options))
    fire(state, name)
  }
  let reply = dialect.say(now, base)
  for (const [name, fault, options] of struck) {
    if (fault.reply === undefined) continue
    reply = fault.reply(reply, at(options))
    fire(state, name)
  }
  for (const [name, fault, options] of struck) {
    if (fault.after === undefined) continue
    fault.after(at(options))
    fire(state, name)
  }
  return reply
}

type Strike = readonly [name: FaultName, fault: Fault, options: FaultOptions]

/** The faults that strike this page and have not fired often enough. */
function strike(state: State, list: Page['list'], of: string | null, page: number, last: boolean): Strike[] {
  return (Object.keys(state.faults) as FaultName[])
    .map((name): Strike => [name, FAULTS[name], state.faults[name]!])
    .filter(([name, fault, options]) => {
      if ((options.list ?? 'users') !== list) return false
      if (options.group !== undefined && state.population.groups[options.group]?.id !== of) return false
      if (options.page === 'last' && !last) return false
      if (typeof options.page === 'number' && (fault.onwards === true ? page < options.page : page !== options.page)) return false
      return (state.fired[name] ?? 0) < (options.times ?? Number.POSITIVE_INFINITY)
    })
}

function refuse(state: State, [name, fault, options]: Strike): Reply {
  fire(state, name)
  const nothing: Page = {
    list: 'members',
    of: null,
    rows: [],
    total: 0,
    index: 0,
    asked: 0,
    limit: 0,
    spot: START,
    next: null,
    last_page: 1,
  }
  const { dialect, population, random } = state
  return fault.instead!(
    { options, dialect, population, random, page: 1, now: nothing, before: null, fresh: () => ++state.marks },
    '',
  )
}

/** Asking for the start again starts a new enumeration; asking for a place again is a retry of that page. */
function enumeration(state: State, key: string, spot: Spot): Spot[] {
  const spots = sameSpot(spot, START) ? [] : (state.enumerations.get(key) ?? [])
  if (!spots.some((known) => sameSpot(known, spot))) spots.push(spot)
  state.enumerations.set(key, spots)
  return spots
}

function write(response: ServerResponse, reply: Reply): void {
  const body = Buffer.from(reply.body)
  response.writeHead(reply.status, { ...reply.headers, 'content-length': body.length })
  if (reply.cut !== true) {
    response.end(body)
    return
  }
  response.write(body.subarray(0, Math.floor(body.length / 2)), () => response.socket?.destroy())
}
