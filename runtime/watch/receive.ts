/**
 * One message that came to a connection's address: is it the target's, and whom does it name? It says nothing else: whoever it names is looked
 * at by id, so that what it claims, how late it is and how often it comes make no difference. Nothing of it is kept but the names and a digest.
 */
import { createHash } from 'node:crypto'
import { challenge } from '../kinds/challenge/index.ts'
import { json } from '../kinds/decode/json.ts'
import type { ChallengeAnswer } from '../kinds/kind.ts'
import { compilePath } from '../kinds/value/path.ts'
import { compileRecords } from '../kinds/value/records.ts'
import { verify_webhook } from '../kinds/verify-webhook/index.ts'
import type { WatchStore } from '../store/watch-port.ts'
import type { Connection, Connector, InboundWebhook, JsonObject } from '../types.ts'
import { iso } from './context.ts'
import { openNaming } from './naming.ts'

export const MOST_BYTES = 262_144

export type Incoming = {
  readonly connector: Connector
  readonly connection: Connection
  readonly store: Pick<WatchStore, 'arrived' | 'refused' | 'touch'>
  /** `secret` of `webhook.verify`, revealed. Null: it is not given, and nothing can be shown to be the target's. */
  readonly secret: string | null
  readonly method: 'GET' | 'POST'
  /** Names in lower case. */
  readonly headers: { readonly [name: string]: string }
  /** Decoded. */
  readonly query: { readonly [name: string]: string }
  /** The body, byte for byte. */
  readonly raw: Uint8Array
  readonly now: () => number
}

export type Reply = {
  readonly status: 200 | 202 | 400 | 401 | 404 | 413 | 415
  /** `nothing`: it is neither a message nor a challenge. */
  readonly is: 'challenge' | 'taken' | 'again' | 'refused' | 'nothing'
  /** A challenge that goes back. */
  readonly text?: string
  readonly json?: JsonObject
}

const NOTHING: Reply = { status: 404, is: 'nothing' }

/** Resolves when what it named is durable. */
export async function receive(incoming: Incoming): Promise<Reply> {
  const {
    connector,
    connection: { name, settings },
    store,
    now,
  } = incoming
  const { webhook } = connector
  if (webhook === null) return NOTHING
  const at = iso(now())
  const refused = async (status: Reply['status'], code: string): Promise<Reply> => {
    await store.refused(name, code, at)
    return { status, is: 'refused' }
  }
  const challenged = challengeOf(webhook, incoming)
  if (challenged !== null)
    return 'refused' in challenged ? await refused(400, 'inbound/challenge') : { status: 200, is: 'challenge', ...challenged }
  if (incoming.method !== 'POST') return NOTHING
  if (incoming.raw.length > MOST_BYTES) return await refused(413, 'inbound/too-large')
  if (!isJson(incoming.headers)) return await refused(415, 'inbound/media-type')

  const { secret, headers, raw } = incoming
  const word = verify_webhook[webhook.verify.kind]
  if (word === undefined || secret === null || secret === '') return await refused(401, 'inbound/secret')
  const body = parsed(raw)
  const verdict = word.verify(webhook.verify, { headers, raw, body, secret, now_ms: now() })
  if (!verdict.ok) return await refused(401, verdict.code)
  // A message of the target that says nothing readable.
  if (body === null) return await refused(400, 'inbound/body')
  const { touched } = openNaming(webhook.names)(itemsOf(webhook, body), { settings })
  const id = messageId(verdict.id, raw)
  // A second more: at the very end of the window it is still remembered.
  const until = iso(now() + (word.remembered_s(webhook.verify) + 1) * 1000)
  if (await store.arrived(name, { id, until, at, touched })) return { status: touched.length === 0 ? 202 : 200, is: 'taken' }
  // Where the bytes are not signed the target may well send the same ones for another change.
  if (!word.signs && touched.length > 0) await store.touch(name, { by: 'webhook' }, touched, at)
  return { status: 200, is: 'again' }
}

/** Null: it is none. */
function challengeOf(webhook: InboundWebhook, { headers, query }: Incoming): ChallengeAnswer | null {
  if (webhook.challenge === null) return null
  return challenge[webhook.challenge.kind]?.answer(webhook.challenge, { headers, query }) ?? null
}

/** RFC 8259, and RFC 6839 for what is built on it. What is packed is not unpacked: its bytes are what is signed and counted. */
function isJson(headers: Incoming['headers']): boolean {
  const [type = '', ...parameters] = (headers['content-type'] ?? '').split(';').map((part) => part.trim().toLowerCase())
  const charset = parameters
    .find((one) => one.startsWith('charset='))
    ?.slice('charset='.length)
    .replaceAll('"', '')
  const encoding = headers['content-encoding']?.trim().toLowerCase() ?? 'identity'
  return (
    /^application\/(?:json|[a-z0-9.-]+\+json)$/.test(type) &&
    (charset === undefined || charset === 'utf-8' || charset === 'utf8') &&
    (encoding === 'identity' || encoding === '')
  )
}

/** Null: no JSON, or none that may be looked into. */
function parsed(raw: Uint8Array): unknown {
  try {
    const decoded = json.decode({ kind: 'json' }, new TextDecoder('utf-8', { fatal: true }).decode(raw))
    return decoded.ok ? decoded.value : null
  } catch (error) {
    // No UTF-8.
    if (error instanceof TypeError) return null
    throw error
  }
}

/** An object is one item; where nothing is found it is about nobody. */
function itemsOf({ records }: InboundWebhook, body: unknown): readonly unknown[] {
  const found = compileRecords(records, 'null_or_absent')(body)
  if (found.ok) return found.records
  const one = records === '[]' ? body : compilePath(records)(body)
  return typeof one === 'object' && one !== null && !Array.isArray(one) ? [one] : []
}

/** Of an id and of bytes never the same. */
function messageId(id: string | null, raw: Uint8Array): string {
  const of = createHash('sha256')
  return id === null ? `bytes:${of.update(raw).digest('hex')}` : `id:${of.update(id).digest('hex')}`
}
