/**
 * `POST|GET /v1/inbound/{key}`: where a target tells us whom to look at. Public: whoever asks shows nothing before the message itself does, so
 * that an answer says nothing but its status, and nothing of a body comes into a log or the ledger.
 */
import type { Hono } from 'hono'
import type { InboundAddress } from '../control/inbound.ts'
import { Failure } from '../errors.ts'
import { secretsNow } from '../govern/rotation.ts'
import type { Secret } from '../secret.ts'
import { OURSELVES } from '../store/sqlite/ledger.ts'
import { MOST_BYTES, type Reply, receive } from '../watch/receive.ts'
import { webhookSecret } from '../watch/secret.ts'
import { type Limit, openLimit } from './limit.ts'
import type { Env, From } from './login.ts'
import { problem, Wait } from './respond.ts'
import { originFor } from './targets.ts'
import type { House, Room, Target } from './types.ts'

const FORM = /^[A-Za-z0-9_-]{22}$/
/** To the letter what any other path gets that is not there. */
const NO_ROUTE = new Failure('api/no-route', '', 'there is no such path')
const SAID: { readonly [status: number]: Failure } = {
  400: new Failure('api/body', '', 'refused'),
  401: new Failure('api/inbound', '', 'refused'),
  404: NO_ROUTE,
  413: new Failure('api/too-large', '', 'refused'),
  415: new Failure('api/media-type', '', 'refused'),
}

export function openInboundRoute(app: Hono<Env>, house: House, strangers: Limit, fromOf: From): void {
  const keys = openLimit(house.limits)
  const secrets = openWebhookSecrets(house)

  async function answered(key: string, request: Request, from: string): Promise<Response> {
    const now_ms = house.now()
    // Only what is refused is counted for an address, so that a target that has much to tell is no stranger.
    const refusals_ms = strangers.look(from, now_ms)
    if (refusals_ms > 0) throw new Wait(refusals_ms)
    const address = FORM.test(key) ? house.control.inbound(key) : null
    const place = address === null ? null : await placeOf(house, address)
    if (address === null || place === null) {
      strangers.take(from, now_ms)
      return problem(NO_ROUTE)
    }
    const wait_ms = keys.take(`${address.tenant} ${address.connection}`, now_ms)
    if (wait_ms > 0) throw new Wait(wait_ms)
    const reply = await taken(place, request)
    if (reply.is === 'refused' || reply.is === 'nothing') strangers.take(from, now_ms)
    if (reply.is === 'taken' || reply.is === 'again') place.room.watching.soon(address.connection)
    return said(reply)
  }

  async function taken({ room, target }: Place, request: Request): Promise<Reply> {
    const { store } = room
    const { name } = target.connection
    const raw = await bytesOf(request)
    const query = queryOf(request)
    const at = new Date(house.now()).toISOString()
    if (raw === null || query === null) {
      await store.refused(name, raw === null ? 'inbound/too-large' : 'inbound/challenge', at)
      return { status: raw === null ? 413 : 400, is: 'refused' }
    }
    return await receive({
      connector: target.connector,
      connection: target.connection,
      store,
      secret: await secrets(room, target),
      method: request.method === 'POST' ? 'POST' : 'GET',
      headers: Object.fromEntries(request.headers),
      query,
      raw,
      now: house.now,
    })
  }

  app.on(['GET', 'POST'], '/v1/inbound/:key', async (c) => {
    try {
      return await answered(c.req.param('key') ?? '', c.req.raw, `inbound ${fromOf(c)}`)
    } catch (error) {
      if (error instanceof Wait) return problem(error)
      const code = error instanceof Failure ? error.code : error instanceof Error ? error.name : 'unknown'
      house.log(`a message that came in was not taken: ${code}`)
      // It comes again: whatever it was, it is no word about the message.
      return problem(new Failure('api/unexpected', '', 'not taken'))
    }
  })
}

type Place = { readonly room: Room; readonly target: Target }

/** Null: the connection is gone, or another one has its name, or it takes no messages any more. */
async function placeOf(house: House, { tenant, connection: name, created_at }: InboundAddress): Promise<Place | null> {
  const room = await house.room(tenant)
  const connection = await room.store.connection(name)
  if (connection === null || connection.created_at !== created_at) return null
  const connector = room.known(connection.connector)
  return connector.webhook === null ? null : { room, target: { connector, connection } }
}

/** What comes is counted, whatever length was declared. Null: too much. */
async function bytesOf(request: Request): Promise<Uint8Array | null> {
  if (Number(request.headers.get('content-length') ?? 0) > MOST_BYTES) return null
  if (request.body === null) return new Uint8Array()
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const part of request.body as unknown as AsyncIterable<Uint8Array>) {
    bytes += part.length
    if (bytes > MOST_BYTES) return null
    parts.push(part)
  }
  return Buffer.concat(parts)
}

/** Null: something is given twice, and two readers could take it for different things. */
function queryOf(request: Request): { readonly [name: string]: string } | null {
  const query: { [name: string]: string } = Object.create(null)
  for (const [name, value] of new URL(request.url).searchParams) {
    if (Object.hasOwn(query, name)) return null
    query[name] = value
  }
  return query
}

function said({ status, is, text, json }: Reply): Response {
  if (is === 'refused' || is === 'nothing') return problem(SAID[status] ?? NO_ROUTE)
  if (text !== undefined) return new Response(text, { status, headers: { 'content-type': 'text/plain; charset=utf-8' } })
  if (json === undefined) return new Response(null, { status })
  return new Response(JSON.stringify(json), { status, headers: { 'content-type': 'application/json' } })
}

/** One that did not open is tried again after this long: a flood of messages is no flood of entries in the ledger. */
const AGAIN_MS = 60_000

/** Opened once a process and secret, with its entry in the ledger before. */
function openWebhookSecrets(house: House): (room: Room, target: Target) => Promise<string | null> {
  const opened = new Map<string, { readonly at: number; readonly secret: Promise<Secret | null> }>()
  return async (room, { connector, connection }) => {
    const origin = originFor(connector, connection.settings)
    const refs = secretsNow(connection, house.now())
    return await webhookSecret(connector, connection.settings, async (field) => {
      const ref = refs[field]
      if (ref?.from !== 'vault') return null
      const key = JSON.stringify([room.tenant, connection.name, field, ref.name, origin])
      const before = opened.get(key)
      const found = before === undefined ? null : await before.secret
      if (found !== null) return found.reveal()
      if (before !== undefined && house.now() - before.at < AGAIN_MS) return null
      const secret = open(room, { connection: connection.name, field, origin }, ref.name)
      opened.set(key, { at: house.now(), secret })
      // Where the ledger takes nothing, nothing was opened, and the next message may try.
      secret.catch(() => opened.delete(key))
      return (await secret)?.reveal() ?? null
    })
  }

  /** Null: sealed for another host, or with a key that is not here. */
  async function open(
    { store, secrets }: Room,
    place: Parameters<Room['secrets']['get']>[1],
    name: string,
  ): Promise<Secret | null> {
    const { connection: about, field: secret, origin } = place
    const act = { at: new Date(house.now()).toISOString(), by: OURSELVES, from: OURSELVES, why: 'a message came in' }
    await store.enter({ ...act, what: 'secret used', about, detail: { secret, run: 'webhook', origin } })
    try {
      return await secrets.get(name, place)
    } catch (error) {
      if (error instanceof Failure && error.code.startsWith('vault/')) return null
      throw error
    }
  }
}
