/** A twin on loopback. The server lives as long as the worker; a twin is put on stage for one run. */
import { createHash } from 'node:crypto'
import type { Json } from '../../../runtime/types.ts'
import type { Clock } from '../clock.ts'
import { seeded } from '../random.ts'
import type { Exchange } from '../types.ts'
import { answer, fits, type Inside } from './answer.ts'
import { openGate, secretsFor } from './auth.ts'
import { type Dialect, find, redirected, vendorUrl } from './dialect.ts'
import { errorAnswer } from './errors.ts'
import { feedAnswer } from './feed.ts'
import { decode, enumerationOf, kindOf } from './hear.ts'
import { openHistory } from './history.ts'
import { limitHeaders, waitHeaders } from './limits.ts'
import { whenHolds } from './match.ts'
import { at } from './path.ts'
import type { Asked, Stage } from './stage.ts'
import { render, scopeOf } from './template.ts'
import type { Answer, Ask, EndpointSpec, Hooks, Named, Twin, World } from './types.ts'
import { createWorld, type WorldOptions } from './world.ts'

export { type Asked, openStage, type Stage } from './stage.ts'

export type TwinOptions = {
  readonly dialect: Dialect
  readonly stage: Stage
  readonly clock: Clock
  readonly seed: number
  /** Accounts at the beginning. */
  readonly population: number
  readonly crowd?: WorldOptions['crowd']
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
  const connector = stage.pointed(dialect.connector)
  const secrets = secretsFor(dialect.connector, stage.key)
  const gate = openGate(connector, settings, secrets)
  const { host } = new URL(stage.origin)
  const log = createHash('sha256')
  const fired: { [fault: string]: number } = {}
  const strangers: string[] = []
  const faults: string[] = []
  const named: Named[] = []
  /** By the answer under way. */
  let telling: readonly Named[] = []
  let requests = 0
  const official = { checked: 0, elsewhere: 0 }
  let hooks: readonly Hooks[] = []
  const world = createWorld({
    file,
    settings: dialect.settings,
    population: o.population,
    ...(o.crowd === undefined ? {} : { crowd: o.crowd }),
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
    history: openHistory(world, clock.now),
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
  const links = Object.entries(file.named_in_links ?? {})
  const inside: Inside = {
    ...view,
    lists: world.lists,
    get hooks() {
      return hooks
    },
    page_size: o.page_size,
    seen: new Map(),
    begun: new Map(),
    url: (ask, params) => {
      const query = new URLSearchParams(ask.query)
      for (const [name, value] of Object.entries(params)) query.set(name, value)
      return `${stage.origin}${renamed(ask.path, links)}${query.size === 0 ? '' : `?${query}`}`
    },
    stranger: (why) => void strangers.push(why),
  }

  function play(request: Asked): Answer {
    const ask = heard(request)
    const before = { ...fired }
    describe(request, ask)
    if (request.headers['host'] !== host) strangers.push(`${request.method} ${ask.path}: at a host that is not declared`)
    telling = []
    const made = answered(ask)
    const said = hooks.reduce((now, hook) => hook.answer?.(ask, now, inside) ?? now, made)
    if (said === made) named.push(...telling)
    // Token requests hold times and signatures that no seed decides.
    const asked = ask.kind === 'token' ? '' : `${request.url} ${request.body}`
    log.update(
      stage.placeless(
        `${request.method} ${asked}\n${said.status} ${said.cut ?? ''} ${JSON.stringify(said.headers)}\n${said.text}\n`,
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

  /** What the vendor does not describe is asked by nobody whom the vendor would answer. */
  function describe(request: Asked, ask: Ask): void {
    if (dialect.official === null) return
    const { method, path, query, body } = ask
    const type = request.headers['content-type'] ?? ''
    const held = dialect.official.hold({ method, url: vendorUrl(path), query, type, body })
    official[held.is]++
    for (const against of held.against)
      strangers.push(
        `${method} ${ask.endpoint === '' ? path : ask.endpoint.replace(/^\w+ /, '')}: not in the official description: ${against}`,
      )
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
    const said = 'feed' in ask.served.spec ? fed(ask, ask.served) : answer(from, ask, ask.served)
    return 'text' in said ? said : finished(ask, said)
  }

  function fed(ask: Ask, served: Parameters<typeof answer>[2]): ReturnType<typeof answer> {
    const told = feedAnswer(inside, ask, served)
    telling = told.names
    return told.answer
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
    url.pathname = renamed(
      url.pathname,
      links.map(([path, link]) => [link, path]),
    )
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
      kind: kindOf(spec, token),
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
    placeless: stage.placeless,
    settings,
    secrets,
    fired,
    requests: () => requests,
    strangers,
    named,
    checked: () => (dialect.official === null ? {} : { official: { ...official } }),
    lie: (next) => {
      hooks = next
    },
    log: () => log.copy().digest('hex'),
  }
}

/** The beginning of a path, as another name of the same has it. */
function renamed(path: string, names: readonly (readonly [from: string, to: string])[]): string {
  const [from, to] = names.find(([one]) => path === one || path.startsWith(`${one}/`)) ?? ['', '']
  return `${to}${path.slice(from.length)}`
}
