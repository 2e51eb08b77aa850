import { newId } from '../../control/token.ts'
import { Failure } from '../../errors.ts'
import { DELIVERY_STATES, type DeliveryState, EVENT_TYPES, type EventType, type Webhook } from '../../levels-types.ts'
import { openNewId } from '../../write/new-id.ts'
import { after, isText, limitOf, pageOf } from '../pages.ts'
import { sealedAs } from '../post.ts'
import { flag, id12, list, name, object, oneOf, PAGING, page, ref, text } from '../schemas.ts'
import type { Answer, Ask, Route, Schema } from '../types.ts'
import { addressOf, deliveryOf, deliveryShown, sealed, shown, webhookOf } from '../webhook-parts.ts'
import { ADMINS } from './parts.ts'

const BASE = { area: 'webhooks', realm: 'tenant', reach: 'whole' } as const
/** An address may hold a secret in its path, so not everybody sees it. */
const READS = ['operator', 'auditor', 'admin'] as const
const TRIES = ['operator', 'admin'] as const
const WEBHOOK = { webhook: { ...id12, description: 'a webhook' } }
const DELIVERY = {
  ...WEBHOOK,
  message: { type: 'string', pattern: '^msg_[0-9A-HJKMNP-TV-Z]{26}$', description: '`webhook-id` of what was sent' } as Schema,
}
const LISTENS = {
  'title?': text('what it is for', { maxLength: 200 }),
  'types?': list(oneOf(EVENT_TYPES), { maxItems: EVENT_TYPES.length, uniqueItems: true, description: 'none: all of them' }),
  'connections?': list(name('a connection'), { maxItems: 1000, uniqueItems: true, description: 'none: every connection' }),
}
const SECRET = text('`whsec_` and 24 to 64 bytes in base64; absent: one is made and shown this once', { maxLength: 200 })
const MOST = 50
const HOUR_MS = 3_600_000

type Listens = { readonly title?: string; readonly types?: readonly EventType[]; readonly connections?: readonly string[] }
const messageId = ({ house }: Ask): string => `msg_${openNewId(house.now)()}`

export const webhooks: readonly Route[] = [
  {
    ...BASE,
    id: 'listWebhooks',
    method: 'GET',
    path: '/v1/webhooks',
    summary: 'Who is told when a gate, an exception or an alert changes',
    roles: READS,
    answers: { 200: list(ref('Webhook')) },
    codes: [],
    act: async ({ room }) => ({ status: 200, body: (await room.store.webhooks()).map(shown) }),
  },
  {
    ...BASE,
    id: 'createWebhook',
    method: 'POST',
    path: '/v1/webhooks',
    summary: 'Have an endpoint told, signed as Standard Webhooks has it. The secret is shown this once',
    roles: ADMINS,
    body: object({ url: text('where it is sent to', { minLength: 1, maxLength: 2000 }), ...LISTENS, 'secret?': SECRET }),
    answers: { 201: ref('NewWebhook') },
    shown_once: true,
    codes: ['webhook/url', 'webhook/secret', 'webhook/many', 'vault/key'],
    act: async (ask) => {
      const { room, who, at, act, body } = ask
      const {
        url: given,
        secret,
        title = '',
        types = [],
        connections = [],
      } = body as Listens & { readonly url: string; readonly secret?: string }
      const url = addressOf(ask, given)
      if ((await room.store.webhooks()).length >= MOST)
        throw new Failure('webhook/many', 'webhooks', `a tenant has ${MOST} at most`)
      const id = newId()
      return await room.secrets.inTurn(sealedAs(id), async () => {
        const { name: kept, text: once } = await sealed(ask, id, url, secret)
        const webhook: Webhook = {
          ...{ webhook: id, url, title, types, connections, enabled: true, because: null },
          secrets: [{ name: kept, made_at: at, until: null }],
          ...{ made_at: at, made_by: who.by },
        }
        await room.store.putWebhook(webhook, 'webhook registered', act('through the API'))
        return { status: 201, body: { webhook: shown(webhook), text: once }, headers: { location: `/v1/webhooks/${id}` } }
      })
    },
  },
  {
    ...BASE,
    id: 'getWebhook',
    method: 'GET',
    path: '/v1/webhooks/{webhook}',
    summary: 'One webhook; of its secrets only since when they are',
    roles: READS,
    params: WEBHOOK,
    answers: { 200: ref('Webhook') },
    codes: ['api/not-found'],
    act: async (ask) => ({ status: 200, body: shown(await webhookOf(ask)) }),
  },
  {
    ...BASE,
    id: 'changeWebhook',
    method: 'PATCH',
    path: '/v1/webhooks/{webhook}',
    summary: 'What it listens to, and whether. Its address stays: the secret is bound to it',
    roles: ADMINS,
    params: WEBHOOK,
    body: { ...object({ ...LISTENS, 'enabled?': flag('what happens while it is off is not told later') }), minProperties: 1 },
    answers: { 200: ref('Webhook') },
    if_match: 'getWebhook',
    codes: ['api/not-found'],
    act: async (ask) => {
      const before = await webhookOf(ask)
      const { enabled = before.enabled, ...given } = ask.body as Listens & { readonly enabled?: boolean }
      const because = enabled ? null : (before.because ?? `switched off by ${ask.who.by}`)
      const webhook: Webhook = { ...before, ...given, enabled, because }
      await ask.room.store.putWebhook(webhook, 'webhook changed', ask.act('through the API'))
      ask.room.post.wake()
      return { status: 200, body: shown(webhook) }
    },
  },
  {
    ...BASE,
    id: 'deleteWebhook',
    method: 'DELETE',
    path: '/v1/webhooks/{webhook}',
    summary: 'Tell it no more; what waits for it goes too',
    roles: ADMINS,
    params: WEBHOOK,
    answers: { 204: null },
    if_match: 'getWebhook',
    codes: ['api/not-found'],
    act: async (ask) => {
      const { webhook } = await webhookOf(ask)
      await ask.room.store.removeWebhook(webhook, ask.act('through the API'))
      ask.room.secrets.drop(sealedAs(webhook))
      return { status: 204 }
    },
  },
  {
    ...BASE,
    id: 'rotateWebhookSecret',
    method: 'POST',
    path: '/v1/webhooks/{webhook}/secret',
    summary: 'A new secret, shown this once. The old one signs along for `overlap_hours`: no delivery fails meanwhile',
    roles: ADMINS,
    params: WEBHOOK,
    body: object({
      'overlap_hours?': { type: 'integer', minimum: 0, maximum: 168, description: '24 where absent; 0: the old one leaked' },
      'secret?': SECRET,
    }),
    answers: { 200: ref('NewWebhook') },
    if_match: 'getWebhook',
    shown_once: true,
    codes: ['api/not-found', 'webhook/secret', 'vault/key'],
    act: async (ask) => {
      const { room, body } = ask
      const { overlap_hours = 24, secret } = body as { readonly overlap_hours?: number; readonly secret?: string }
      const { webhook } = await webhookOf(ask)
      return await room.secrets.inTurn(sealedAs(webhook), () => rotated(ask, overlap_hours, secret))
    },
  },
  {
    ...BASE,
    id: 'testWebhook',
    method: 'POST',
    path: '/v1/webhooks/{webhook}/test',
    summary: 'Send it a `webhook.test` now, whatever it listens to; the delivery says how that went',
    roles: TRIES,
    params: WEBHOOK,
    answers: { 202: ref('Delivery') },
    codes: ['api/not-found'],
    act: async (ask) => {
      const { room, act, who } = ask
      const { webhook } = await webhookOf(ask)
      const message = { message: messageId(ask), type: 'webhook.test', data: { webhook, by: who.by } } as const
      const delivery = await room.store.send(webhook, message, act('a test'))
      room.post.wake()
      return { status: 202, body: deliveryShown(delivery), headers: { location: placeOf(webhook, delivery.message) } }
    },
  },
  {
    ...BASE,
    id: 'listDeliveries',
    method: 'GET',
    path: '/v1/webhooks/{webhook}/deliveries',
    summary: 'What was sent to it, newest first: waiting, delivered, or dead (given up), and how each try went',
    roles: READS,
    params: WEBHOOK,
    query: { ...PAGING, state: oneOf(DELIVERY_STATES) },
    answers: { 200: page(ref('Delivery')) },
    codes: ['api/not-found', 'api/cursor'],
    act: async (ask) => {
      const { webhook } = await webhookOf(ask)
      const limit = limitOf(ask)
      const state = ask.query['state'] as DeliveryState | undefined
      const from = after(ask, 'deliveries', isText)
      const rows = await ask.room.store.deliveries(webhook, {
        limit: limit + 1,
        ...(state === undefined ? {} : { state }),
        ...(from === null ? {} : { after: from }),
      })
      return pageOf('deliveries', rows, limit, (row) => row.message, deliveryShown)
    },
  },
  {
    ...BASE,
    id: 'getDelivery',
    method: 'GET',
    path: '/v1/webhooks/{webhook}/deliveries/{message}',
    summary: 'One delivery with what is sent, each try with its status',
    roles: READS,
    params: DELIVERY,
    answers: { 200: object({ delivery: ref('Delivery'), body: text('exactly what is signed', { maxLength: 10_000_000 }) }) },
    codes: ['api/not-found'],
    act: async (ask) => {
      const { body, ...delivery } = await deliveryOf(ask)
      return { status: 200, body: { delivery: deliveryShown(delivery), body } }
    },
  },
  {
    ...BASE,
    id: 'redeliver',
    method: 'POST',
    path: '/v1/webhooks/{webhook}/deliveries/{message}/redeliver',
    summary: 'Send it once more, with the same `webhook-id`; dead ones too',
    roles: TRIES,
    params: DELIVERY,
    answers: { 202: ref('Delivery') },
    codes: ['api/not-found'],
    act: async (ask) => {
      const { webhook, message } = await deliveryOf(ask)
      const delivery = await ask.room.store.redeliver(webhook, message, ask.house.now(), ask.act('redelivery'))
      ask.room.post.wake()
      return { status: 202, body: deliveryShown(delivery), headers: { location: placeOf(webhook, message) } }
    },
  },
]

const placeOf = (webhook: string, message: string): string => `/v1/webhooks/${webhook}/deliveries/${message}`
const sooner = (a: string | null, b: string): string => (a !== null && a < b ? a : b)

async function rotated(ask: Ask, overlap_hours: number, secret: string | undefined): Promise<Answer> {
  const { room, at, act, house } = ask
  const before = await webhookOf(ask)
  const { name: kept, text: once } = await sealed(ask, before.webhook, before.url, secret)
  const until = new Date(house.now() + overlap_hours * HOUR_MS).toISOString()
  const [newest, ...older] = before.secrets
  const old = overlap_hours === 0 || newest === undefined ? [] : [{ ...newest, until: sooner(newest.until, until) }]
  const still = overlap_hours === 0 ? [] : older.filter((one) => one.until !== null && one.until > at)
  const webhook: Webhook = { ...before, secrets: [{ name: kept, made_at: at, until: null }, ...old, ...still].slice(0, 3) }
  await room.store.putWebhook(webhook, 'webhook secret rotated', act(`the old one signs along for ${overlap_hours} h`))
  room.secrets.drop(
    sealedAs(before.webhook),
    webhook.secrets.map((one) => one.name),
  )
  return { status: 200, body: { webhook: shown(webhook), text: once } }
}
