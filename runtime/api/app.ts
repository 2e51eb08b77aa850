/**
 * The table of routes as an application. Deny by default, in this order: path → credential → rate → realm and role → input → reach →
 * idempotency key → If-Match → the route. Whatever goes wrong is one problem document.
 */
import { Hono } from 'hono'
import { Failure } from '../errors.ts'
import { openAddresses } from './client-address.ts'
import { fromOf as placeOf } from './from.ts'
import { openInboundRoute } from './inbound.ts'
import { type Check, MAX_BODY_BYTES, openChecks } from './input.ts'
import { type Limit, openLimit } from './limit.ts'
import { type Env, type From, openLogin } from './login.ts'
import { once } from './once.ts'
import { openDescription } from './openapi.ts'
import { openPages } from './page.ts'
import { failureOf } from './problems.ts'
import { etagOf, problem, respond, tagsOf, Wait } from './respond.ts'
import { ROUTES } from './routes/index.ts'
import type { Ask, House, Route, Who } from './types.ts'
import { type Asker, askerOf, cookieName, csrfOf, stillMay } from './who.ts'

/** Plain segments and nothing else: no escapes, so that no two readers can take the path for different things. */
const PLAIN_PATH = /^(?:\/|(?:\/[A-Za-z0-9_~:@-][A-Za-z0-9._~:@-]*|\/\.well-known)+)$/

const HEADERS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
}

export function openApi(house: House, routes: readonly Route[] = ROUTES): Hono<Env> {
  const app = new Hono<Env>({ strict: true })
  const checks = openChecks()
  const limit = openLimit(house.limits)
  const tenants = openLimit(house.tenant_limits)
  const strangers = openLimit(house.strangers)
  const server = { house, limit, tenants, strangers, routes }
  const addressOf = openAddresses(house.proxies)
  const fromOf: From = (c) => addressOf(c.env?.incoming?.socket?.remoteAddress, c.req.header('x-forwarded-for') ?? null)

  app.use(async (c, next) => {
    const raw = c.env?.incoming?.url ?? new URL(c.req.url).pathname
    if (!PLAIN_PATH.test(raw.split('?', 1)[0] as string))
      return problem(new Failure('api/path', '', 'the path has escapes, empty or dot segments'))
    await next()
    for (const [name, value] of Object.entries(HEADERS)) if (!c.res.headers.has(name)) c.res.headers.set(name, value)
    if (house.public_url.startsWith('https:')) c.res.headers.set('strict-transport-security', 'max-age=31536000')
    return undefined
  })
  app.onError((error) => problem(failureOf(error, house.log)))
  app.get('/healthz', (c) => c.json({ is: 'fine' }))
  app.get('/readyz', (c) =>
    house.closing.aborted || !house.control.ready()
      ? problem(new Failure('api/stopping', '', 'not ready'))
      : c.json({ is: 'ready' }),
  )
  openPages(app, openDescription(routes, cookieName(house)))
  openLogin(app, house, strangers, fromOf)
  openInboundRoute(app, house, strangers, fromOf)

  for (const route of routes) {
    const check = checks(route)
    app.on(route.method, [route.path.replaceAll(/\{(\w+)\}/g, ':$1')], async (c) => {
      try {
        return await answered(server, route, check, c.req.raw, c.req.param() as { [name: string]: string }, fromOf(c))
      } catch (error) {
        return problem(failureOf(error, house.log))
      }
    })
  }
  app.notFound((c) => {
    const allow = methodsOf(routes, new URL(c.req.url).pathname)
    if (allow.length === 0) return problem(new Failure('api/no-route', '', 'there is no such path'))
    return problem(new Failure('api/method', '', `this path takes ${allow.join(', ')}`), { allow: allow.join(', ') })
  })
  return app
}

function methodsOf(routes: readonly Route[], path: string): readonly string[] {
  const segments = path.split('/')
  const same = (route: Route): boolean => {
    const own = route.path.split('/')
    return own.length === segments.length && own.every((part, i) => part.startsWith('{') || part === segments[i])
  }
  return [...new Set(routes.filter(same).map(({ method }) => method))]
}

type Server = {
  readonly house: House
  readonly limit: Limit
  readonly tenants: Limit
  readonly strangers: Limit
  readonly routes: readonly Route[]
}

async function answered(
  server: Server,
  route: Route,
  check: Check,
  request: Request,
  params: { readonly [name: string]: string },
  from: string,
): Promise<Response> {
  const { house } = server
  const asker = entered(server, request, from)
  mayAsk(route, asker.who)
  check.params(params)
  const query = check.query(new URL(request.url))
  const body = await read(route, check, request)
  reaches(route, asker.who, params)
  const ask = await asked(house, asker, params, query, body, request)
  if (route.method === 'GET') return respond(house, route, check, await route.act(ask), request)
  return await once(house, route, asker.who, request, body, async () => {
    await holds(server, route, ask, request)
    const answer = await route.act(ask)
    // Whatever was changed may have changed a gate.
    if (asker.who.tenant !== null) ask.room.sweeps.soon()
    return respond(house, route, check, answer, request)
  })
}

/** Throws `api/signed-out`, `api/too-often`. */
function entered({ house, limit, tenants, strangers }: Server, request: Request, from: string): Asker {
  const asker = askerOf(house, request, from)
  const now_ms = house.now()
  const tenant = asker?.who.tenant ?? ''
  // What one credential was refused is not counted for its tenant: nobody keeps the others out.
  const wait_ms =
    asker === null ? strangers.take(from, now_ms) : limit.take(`${tenant} ${asker.who.token ?? asker.who.by}`, now_ms)
  const tenant_ms = wait_ms > 0 || asker === null || tenant === '' ? 0 : tenants.take(tenant, now_ms)
  if (wait_ms + tenant_ms > 0) throw new Wait(wait_ms + tenant_ms)
  if (asker === null) throw new Failure('api/signed-out', '', 'there is no valid credential')
  return asker
}

/** Throws `api/forbidden`. */
function mayAsk(route: Route, who: Who): void {
  const realm = who.tenant === null ? 'installation' : 'tenant'
  if (realm !== route.realm)
    throw new Failure(
      'api/forbidden',
      '',
      `this is for a credential of ${route.realm === 'tenant' ? 'a tenant' : 'the installation'}`,
    )
  if (!route.roles.some((role) => who.roles.has(role)))
    throw new Failure('api/forbidden', '', `this takes one of the roles ${route.roles.join(', ')}`)
}

/** Of tokens that are limited to connections. What is out of reach is not there. */
function reaches(route: Route, who: Who, params: { readonly [name: string]: string }): void {
  if (who.connections === null || route.reach === 'own') return
  if (route.reach === 'whole')
    throw new Failure('api/forbidden', '', 'this token is limited to some connections, and this is about the whole tenant')
  const name = params['connection'] ?? ''
  if (!who.connections.has(name)) throw new Failure('api/not-found', 'connection', `there is no connection ${name}`)
}

/** A connector comes as the text that it is, or as `{"yaml": …}` from clients that speak JSON only. */
async function read(route: Route, check: Check, request: Request): Promise<Ask['body']> {
  const type = (request.headers.get('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''
  const wanted = route.body === 'yaml' ? ['application/yaml', 'text/yaml', JSON_TYPE] : [JSON_TYPE]
  if (route.body !== undefined && !wanted.includes(type))
    throw new Failure('api/media-type', 'content-type', `this route takes ${wanted.join(', ')}`)
  return check.body(await limited(request), type === JSON_TYPE)
}
const JSON_TYPE = 'application/json'

/** A declared length may lie, so what comes is counted. */
async function limited(request: Request): Promise<string> {
  const tooLarge = () => new Failure('api/too-large', 'body', `more than ${MAX_BODY_BYTES} bytes are not read`)
  if (Number(request.headers.get('content-length') ?? 0) > MAX_BODY_BYTES) throw tooLarge()
  if (request.body === null) return ''
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const part of request.body as unknown as AsyncIterable<Uint8Array>) {
    bytes += part.length
    if (bytes > MAX_BODY_BYTES) throw tooLarge()
    parts.push(part)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(parts))
  } catch {
    throw new Failure('api/body', 'body', 'the body is no UTF-8')
  }
}

async function asked(
  house: House,
  asker: Asker,
  params: Ask['params'],
  query: Ask['query'],
  body: Ask['body'],
  request: Request,
): Promise<Ask> {
  const { who, session } = asker
  const at = new Date(house.now()).toISOString()
  const room = who.tenant === null ? null : await house.room(who.tenant)
  return {
    house,
    who,
    params,
    query,
    body,
    at,
    get room() {
      if (room === null) throw new Failure('api/forbidden', '', 'this credential is of no tenant')
      return room
    },
    act: (why) => ({ at, by: who.by, from: placeOf(who), why }),
    csrf: session === null ? null : csrfOf(session),
    still: () => stillMay(house, asker),
    last_event_id: request.headers.get('last-event-id'),
    signal: request.signal,
  }
}

/** RFC 9110 §13.1.1, against the ETag of the route that shows the object. */
async function holds({ house, routes }: Server, route: Route, ask: Ask, request: Request): Promise<void> {
  const wanted = request.headers.get('if-match')
  if (wanted === null || wanted === '*') return
  const shown = routes.find(({ id }) => id === route.if_match)
  if (shown === undefined) throw new Failure('api/precondition', 'if-match', 'this route has nothing to match')
  const { body } = await shown.act({ ...ask, house, room: ask.room, query: {}, body: null })
  if (!tagsOf(wanted).includes(etagOf(body)))
    throw new Failure('api/precondition', 'if-match', 'it was changed since, or was never so')
}
