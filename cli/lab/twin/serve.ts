/** A twin on loopback. The server lives as long as the worker; a twin is put on stage for one run. */
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Connector, Json } from '../../../runtime/types.ts'
import type { Clock } from '../clock.ts'
import { seeded } from '../random.ts'
import type { Exchange } from '../types.ts'
import { answer, fits, type Inside } from './answer.ts'
import { newKey, openGate, secretsFor } from './auth.ts'
import { type Dialect, find, redirected } from './dialect.ts'
import { errorAnswer } from './errors.ts'
import { limitHeaders, waitHeaders } from './limits.ts'
import { whenHolds } from './match.ts'
import { at } from './path.ts'
import { render, scopeOf } from './template.ts'
import type { Answer, Ask, EndpointSpec, Hooks, Twin, World } from './types.ts'
import { createWorld } from './world.ts'

export type Stage = {
  readonly origin: string
  /** Who answers from now on. */
  readonly on: (play: ((request: Asked) => Answer) | null) => void
  readonly key: () => string
  readonly close: () => Promise<void>
}
export type Asked = {
  readonly method: string
  readonly url: string
  readonly headers: { readonly [name: string]: string }
  readonly body: string
}

export async function openStage(): Promise<Stage> {
  let play: ((request: Asked) => Answer) | null = null
  let key: string | null = null
  const server = createServer((request, response) => {
    read(request)
      .then((body) => {
        const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
        send(response, play === null ? null : play({ method: request.method ?? 'GET', url: request.url ?? '/', headers, body }))
      })
      // A fault of the twin itself is no answer of a target: the run ends as an error.
      .catch((fault: unknown) => response.destroy(fault instanceof Error ? fault : new Error(String(fault))))
  })
  server.keepAliveTimeout = 60_000
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    on: (next) => {
      play = next
    },
    key: () => (key ??= newKey()),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function send(response: ServerResponse, said: Answer | null): void {
  // The client's patience ends it.
  if (said?.cut === 'hang') return
  if (said === null || said.cut === 'before') {
    response.destroy()
    return
  }
  const bytes = Buffer.from(said.text)
  response.writeHead(
    said.status,
    said.status === 204 ? said.headers : { ...said.headers, 'content-length': String(bytes.length) },
  )
  if (said.cut !== 'body') {
    response.end(said.status === 204 ? undefined : bytes)
    return
  }
  response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => response.destroy())
}

export type TwinOptions = {
  readonly dialect: Dialect
  readonly stage: Stage
  readonly clock: Clock
  readonly seed: number
  /** Accounts at the beginning. */
  readonly population: number
  /** Rows of a page, where the connector asks for its own full page. */
  readonly page_size: number
  /** Told of every exchange, in order. */
  readonly onExchange?: (exchange: Exchange) => void
}

/** Puts a twin on stage. Its world is made from the seed alone. */
export function createTwin(o: TwinOptions): Twin {
  const { dialect, stage, clock } = o
  const { file } = dialect
  const settings = redirected(dialect.settings, stage.origin) as { readonly [name: string]: Json }
  const connector = pointed(dialect.connector, stage.origin)
  const secrets = secretsFor(dialect.connector, stage.key)
  const gate = openGate(connector, settings, secrets)
  const log = createHash('sha256')
  const fired: { [fault: string]: number } = {}
  const strangers: string[] = []
  const faults: string[] = []
  let requests = 0
  let hooks: readonly Hooks[] = []
  const world = createWorld({
    file,
    settings: dialect.settings,
    population: o.population,
    random: seeded(o.seed),
    now: clock.now,
    hides: (collection, entry) => hooks.some((hook) => hook.hides?.(collection, entry, 'list') === true),
  })
  const me = () => [...(world.collections.get(file.me ?? '')?.entries() ?? [])][0]?.[1]
  const random = seeded(o.seed + 77)
  const view = {
    connector,
    file,
    world,
    random,
    now: clock.now,
    fire: (fault: string) => {
      fired[fault] = (fired[fault] ?? 0) + 1
    },
    error: (what: Parameters<Twin['error']>[0], headers: { readonly [name: string]: string } = {}) =>
      errorAnswer(file, what, {
        ...(what === 'too_many'
          ? waitHeaders(connector, clock.now(), 1)
          : what === 'quota'
            ? {}
            : limitHeaders(connector, clock.now())),
        ...headers,
      }),
  }
  const inside: Inside = {
    ...view,
    lists: world.lists,
    get hooks() {
      return hooks
    },
    page_size: o.page_size,
    seen: new Map(),
    url: (ask, params) => {
      const query = new URLSearchParams(ask.query)
      for (const [name, value] of Object.entries(params)) query.set(name, value)
      return `${stage.origin}${ask.path}${query.size === 0 ? '' : `?${query}`}`
    },
    stranger: (why) => void strangers.push(why),
  }

  function play(request: Asked): Answer {
    const ask = heard(request)
    const before = { ...fired }
    const said = hooks.reduce((now, hook) => hook.answer?.(ask, now, inside) ?? now, answered(ask))
    // Token requests hold times and signatures that no seed decides.
    const asked = ask.kind === 'token' ? '' : `${request.url} ${request.body}`
    log.update(
      `${request.method} ${asked}\n${said.status} ${said.cut ?? ''} ${JSON.stringify(said.headers)}\n${said.text}\n`.replaceAll(
        stage.origin,
        '',
      ),
    )
    for (const hook of hooks) hook.after?.(ask, said, inside)
    o.onExchange?.({
      method: request.method,
      url: request.url,
      status: said.status,
      sent: request.body === '' || ask.kind === 'token' ? null : request.body,
      answer: ask.kind === 'token' ? '' : said.text,
      faults: Object.keys(fired).filter((name) => fired[name] !== before[name]),
    })
    return said
  }

  function answered(ask: Ask & { readonly served?: Parameters<typeof answer>[2] }): Answer {
    if (ask.kind === 'token') {
      const granted = gate.grant(ask)
      return granted === null
        ? inside.error('unauthorized')
        : finished(ask, { status: 200, headers: granted.headers, body: granted.body })
    }
    if (!gate.admits(ask)) {
      strangers.push(`${ask.method} ${ask.endpoint}: without the credential`)
      return inside.error('unauthorized')
    }
    if (ask.served === undefined) {
      strangers.push(`${ask.method} ${ask.path}`)
      return inside.error('not_found')
    }
    for (const hook of hooks) {
      const instead = hook.instead?.(ask, inside) ?? null
      if (instead !== null) return instead
    }
    let copy: World | null = null
    for (const hook of hooks) copy = hook.world?.(ask, inside) ?? copy
    const from = copy === null || ask.kind === 'write' ? inside : { ...inside, world: copy, lists: copy.lists }
    const said = answer(from, ask, ask.served)
    return 'text' in said ? said : finished(ask, said)
  }

  function finished(
    ask: Ask,
    said: { readonly status: number; readonly headers: Answer['headers']; readonly body: Json | undefined },
  ): Answer {
    let { body } = said
    for (const hook of hooks) if (body !== undefined) body = hook.body?.(ask, body, inside) ?? body
    const common = Object.entries(file.headers ?? {}).map(([name, value]) => [
      name.toLowerCase(),
      String(render(value, { scope: ask.scope, random: null, lists: null }) ?? ''),
    ])
    const headers = {
      ...(body === undefined ? {} : { 'content-type': file.content_type ?? 'application/json' }),
      ...limitHeaders(connector, clock.now()),
      ...Object.fromEntries(common),
      ...said.headers,
    }
    return { status: said.status, headers, text: body === undefined ? '' : JSON.stringify(body) }
  }

  function heard(request: Asked): Ask & { readonly served?: Parameters<typeof answer>[2] } {
    const url = new URL(request.url, stage.origin)
    const found = find(dialect.endpoints, request.method, url.pathname)
    const body = decode(request)
    const query = url.searchParams
    const params = found?.params ?? {}
    const scope = scopeOf({
      query: (rest) => query.get(rest) ?? undefined,
      header: (rest) => request.headers[rest.toLowerCase()],
      body: (rest) => at(body, rest),
      param: (rest) => params[rest],
      setting: settings as Json,
      me: (rest) => {
        const mine = me()
        return mine === undefined ? undefined : at(world.shown(file.me ?? '', mine), rest)
      },
      now: () => new Date(clock.now()).toISOString(),
      now_s: () => Math.floor(clock.now() / 1000),
      base: String(settings['url'] ?? stage.origin),
    })
    const served = found?.endpoint.served.find((one) => whenHolds(one.spec.when, scope) !== null && !passes(one.spec, scope))
    const token =
      gate.token !== null &&
      request.method === gate.token.method &&
      `${stage.origin}${url.pathname}` === gate.token.url.split('?')[0]
    const spec = served?.spec ?? null
    return {
      no: ++requests,
      method: request.method,
      endpoint: found?.endpoint.key ?? '',
      kind: token
        ? 'token'
        : spec === null
          ? 'stranger'
          : 'list' in spec
            ? 'list'
            : 'get' in spec
              ? 'get'
              : 'effects' in spec
                ? 'write'
                : 'answer',
      path: url.pathname,
      params,
      query,
      headers: request.headers,
      body,
      spec,
      collection: spec === null ? null : 'list' in spec ? spec.list : 'get' in spec ? spec.get : null,
      streams: served?.streams ?? [],
      counts: served?.counts ?? [],
      page: 1,
      enumeration: enumerationOf(request, url, served),
      scope,
      ...(served === undefined ? {} : { served }),
    }
  }

  const passes = (spec: EndpointSpec, scope: Ask['scope']): boolean =>
    'on' in spec && spec.on?.else === 'next' && fits(inside, spec.on, scope) !== null

  stage.on((request) => {
    try {
      return play(request)
    } catch (fault) {
      faults.push(fault instanceof Error ? (fault.stack ?? fault.message) : String(fault))
      strangers.push(`the twin failed: ${faults.at(-1)}`)
      throw fault
    }
  })
  return {
    ...view,
    origin: stage.origin,
    settings,
    secrets,
    fired,
    requests: () => requests,
    strangers,
    lie: (next) => {
      hooks = next
    },
    log: () => log.copy().digest('hex'),
  }
}

/** A copy that speaks with the twin: no rate and one request at a time, so that a seed decides the order of everything. */
export function pointed(connector: Connector, origin: string): Connector {
  const here = redirected(connector, origin) as Connector
  return { ...here, limits: { ...here.limits, requests_per_minute: null, concurrent: 1 } }
}

/** Endpoint, params and query, without what paging puts there. */
function enumerationOf(request: Asked, url: URL, served: Parameters<typeof answer>[2] | undefined): string {
  if (served?.list === undefined || served.list === null) return ''
  const { pages } = served.list
  const into = (pages['into'] ?? {}) as { readonly query?: string; readonly body?: string }
  const paging = new Set(['startIndex', 'cursor', into.query, typeof pages['param'] === 'string' ? pages['param'] : 'after'])
  const query = [...url.searchParams].filter(([name]) => !paging.has(name))
  // A cursor in a body is a part of it; a body with another one is the same enumeration.
  const body = into.body === undefined ? request.body : ''
  return `${request.method} ${url.pathname} ${JSON.stringify(query)} ${body}`
}

function decode(request: Asked): Json {
  if (request.body === '') return null
  const type = request.headers['content-type'] ?? ''
  if (type.includes('form-urlencoded')) return Object.fromEntries(new URLSearchParams(request.body))
  try {
    return JSON.parse(request.body) as Json
  } catch {
    return null
  }
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}
