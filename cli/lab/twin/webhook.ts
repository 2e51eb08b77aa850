/** What a target sends by itself, signed as the connector says it signs; written from the side of the sender, from the vendors' words. */
import { createHash, createHmac } from 'node:crypto'
import type { InboundWebhook, Json, KindOptions } from '../../../runtime/types.ts'
import { put, steps } from './path.ts'
import { render, text } from './template.ts'
import type { FeedItem, Native, WebhookSpec } from './types.ts'

export type Message = {
  readonly headers: { readonly [name: string]: string }
  readonly raw: Uint8Array
}
/** How a message is wrong, beside what it says. */
export type Wrong = 'forged' | 'other_secret' | 'unsigned'

export type Sender = {
  /** As whoever takes it knows it. */
  readonly secret: string
  /** Does a message hold when it was sent, so that an old one shows? */
  readonly dated: boolean
  /** Does it show anything of its bytes? */
  readonly signs: boolean
  readonly send: (message: {
    /** What tells it from another one. */
    readonly id: string
    readonly items: readonly FeedItem[]
    readonly at_ms: number
    readonly wrong?: Wrong
  }) => Message
}

const KEY = Buffer.from('the lab signs with this and no other').toString('base64')
const OTHER = Buffer.from('somebody else signs with this, always').toString('base64')

export function openSender(webhook: InboundWebhook, spec: WebhookSpec): Sender {
  const { verify } = webhook
  const said = (key: string) =>
    verify.kind === 'standard_webhooks' ? `whsec_${key}` : String(text(String(verify['secret'] ?? '{key}'), () => key) ?? '')
  return {
    secret: said(KEY),
    dated: verify.kind === 'standard_webhooks' || verify['timestamp'] !== undefined,
    signs: verify.kind === 'standard_webhooks' || verify.kind === 'hmac',
    send({ id, items, at_ms, wrong }) {
      const secret = said(wrong === 'other_secret' ? OTHER : KEY)
      const body = bodyOf(webhook, spec, items, at_ms)
      if (verify.kind === 'shared_body' && wrong !== 'unsigned')
        fill(body as Native, String(verify['path']), wrong === 'forged' ? `${secret.slice(0, -1)}!` : secret)
      const raw = Buffer.from(JSON.stringify(body))
      const own = wrong === 'unsigned' ? {} : signed(verify, { id, at_ms, raw, secret })
      const headers = { 'content-type': 'application/json', ...own }
      if (wrong !== 'forged' || verify.kind === 'shared_body') return { headers, raw }
      // Signed, and then something else was written: one bit of the signature, or of the secret, is not as it must be.
      return verify.kind === 'shared_header'
        ? { headers: { ...headers, [headerOf(verify)]: `${secret.slice(0, -1)}!` }, raw }
        : { headers, raw: Buffer.from(`${raw.toString()} `) }
    },
  }
}

function bodyOf(webhook: InboundWebhook, spec: WebhookSpec, items: readonly FeedItem[], at_ms: number): Json {
  const bodies = items.map((item) => item.body)
  // One event is the whole message.
  if (webhook.records === '[]') return bodies.length === 1 ? (bodies[0] as Json) : bodies
  const scope = (name: string): Json | undefined => (name === 'at' ? new Date(at_ms).toISOString() : undefined)
  const around = (render(spec.around ?? {}, { scope, random: null, lists: null }) ?? {}) as Native
  put(around, webhook.records, bodies)
  return around
}

/** `value[*].clientState`: in every item. */
function fill(body: Native, path: string, secret: string): void {
  const [list = '', rest] = path.split('[*].')
  if (rest === undefined) {
    put(body, list, secret)
    return
  }
  const items = steps(list).reduce<Json>((here, step) => (here as { readonly [key: string]: Json })[step] as Json, body)
  for (const item of items as readonly Json[]) put(item as Native, rest, secret)
}

const headerOf = (verify: KindOptions): string => String(verify['header']).toLowerCase()

function signed(
  verify: KindOptions,
  { id, at_ms, raw, secret }: { readonly id: string; readonly at_ms: number; readonly raw: Uint8Array; readonly secret: string },
): { readonly [name: string]: string } {
  const stamp = String(Math.floor(at_ms / 1000))
  switch (verify.kind) {
    case 'shared_header':
      return { [headerOf(verify)]: secret }
    case 'standard_webhooks': {
      const mac = createHmac('sha256', Buffer.from(secret.slice('whsec_'.length), 'base64'))
      mac.update(`${id}.${stamp}.`).update(raw)
      return { 'webhook-id': id, 'webhook-timestamp': stamp, 'webhook-signature': `v1,${mac.digest('base64')}` }
    }
    case 'hmac': {
      const mac = createHmac(String(verify['algorithm'] ?? 'sha256'), secret)
      const over = String(verify['over'] ?? '{body}')
      const [before = '', after = ''] = over.split('{body}')
      const filled = (part: string) => part.replaceAll('{id}', id).replaceAll('{timestamp}', stamp)
      mac.update(filled(before)).update(raw).update(filled(after))
      const digest = mac.digest(verify['encoding'] === 'base64' ? 'base64' : 'hex')
      return {
        [headerOf(verify)]: `${String(verify['prefix'] ?? '')}${digest}`,
        ...(verify['id'] === undefined ? {} : { [String(verify['id']).toLowerCase()]: id }),
        ...(verify['timestamp'] === undefined ? {} : { [String(verify['timestamp']).toLowerCase()]: stamp }),
      }
    }
    default:
      return {}
  }
}

/** The id of a message: the same for the same number of the same run. */
export const messageId = (run: string, no: number): string =>
  `msg_${createHash('sha256').update(`${run}/${no}`).digest('hex').slice(0, 24)}`
