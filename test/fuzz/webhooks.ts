/**
 * What a sender of webhooks, honest or not, would post: signed envelopes with bodies of every kind, at every path that takes a body, at those
 * where a receiver could be, and at the address of a connection. What is not signed with its secret is refused with a known code, nobody is let
 * in and nothing changes; what is names somebody or nobody, or cannot be read, and changes nothing else.
 */
import { createHmac } from 'node:crypto'
import { ROUTES } from '../../runtime/api/routes/index.ts'
import { ERRORS } from '../../runtime/errors.ts'
import { sample } from '../api/samples.ts'
import { everyRole, furnish, type Objects, openWorld, type Send, type World } from '../api/world.ts'
import { bodyLike } from './bodies.ts'
import type { Case, End, Kind } from './kind.ts'
import { TEXTS } from './noise.ts'
import type { Random } from './random.ts'

const EVENTS = [
  '{"type":"user.deactivated","timestamp":"2026-11-21T06:00:00Z","data":{"id":"u1"}}',
  '{"eventType":"com.okta.event_hook","eventId":"1","data":{"events":[{"uuid":"1","eventType":"user.lifecycle.deactivate","target":[{"id":"00u1"}]}]}}',
  '{"value":[{"subscriptionId":"1","clientState":"x","changeType":"deleted","resource":"users/1","tenantId":"1"}]}',
  '{"action":"member_removed","membership":{"user":{"login":"kim","id":1}},"organization":{"id":1}}',
  '{"schemas":["urn:ietf:params:event:SCIM:Event"],"sub_id":{"format":"scim","uri":"/Users/1"},"events":{}}',
]
const TYPES = [
  'application/json',
  'application/json',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'text/plain',
  'application/cloudevents+json',
  'application/secevent+jwt',
  '',
  'application/json;charset=utf-7',
  'application/yaml',
]
const PATHS = [
  '/webhooks',
  '/v1/webhooks',
  '/v1/hooks/acme',
  '/webhooks/acme/dir',
  '/v1/events',
  '/v1/connections/dir-acme/webhook',
  '/',
]
/** Stands for the address. Few: each is written to disk. */
const ADDRESS = '{address}'
const AT_ADDRESS = 0.03
const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const POSTED = ROUTES.filter(({ method }) => method !== 'GET')

export async function openWebhooks(): Promise<Kind> {
  const world: World = await openWorld()
  const acme: Objects = await furnish(world, 'acme')
  const nobody = world.as(null)
  const viewer = world.as(world.token('acme', ['viewer']))
  const admin: Send = everyRole(world, 'acme')
  const entries = async (): Promise<string> => (await admin('GET', '/v1/ledger?limit=1')).text
  const connection = `/v1/connections/${acme.connection}`
  await admin('PATCH', connection, { secrets: { hook: SECRET } })
  const { pathname } = new URL((await admin('POST', `${connection}/inbound`)).doc.text)
  const room = await world.house.room('acme')
  // Whoever is named waits: the target of this world is not what is tried here.
  Object.assign(room, { watching: { ...room.watching, soon: () => undefined } })
  // The secret is opened once, and that is in the ledger.
  await nobody('POST', pathname, '{}', { 'content-type': 'application/json', ...signed('{}', 'first') })
  const before = await entries()
  const good = POSTED.map((route) => {
    const { body } = sample(route, acme)
    return typeof body === 'string' ? body : JSON.stringify(body ?? {})
  })
  return {
    name: 'webhooks',
    make(random) {
      const which = random.below(POSTED.length)
      const at = random.chance(0.7) ? (POSTED[which] as (typeof POSTED)[number]) : null
      const path =
        at === null
          ? random.one(PATHS)
          : at.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => acme[name as keyof Objects] ?? name)
      if (random.chance(AT_ADDRESS)) return told(random)
      const text = bodyLike(random, random.chance(0.7) ? random.one(EVENTS) : JSON.stringify({ event: good[which] }))
      return {
        text,
        about: { method: at?.method ?? 'POST', path, who: random.chance(0.5) ? 'nobody' : 'viewer', ...envelope(random, text) },
      }
    },
    async run({ text, about = {} }: Case): Promise<End> {
      const { method = 'POST', path = '/', who, right, ...given } = about
      if (path === ADDRESS) {
        const headers = right === undefined ? given : { 'content-type': 'application/json', ...signed(text, right) }
        return end(await nobody('POST', pathname, text, headers), right !== undefined)
      }
      const headers = given
      const got = await (who === 'viewer' ? viewer : nobody)(
        method,
        path,
        text === '' || method === 'GET' ? undefined : text,
        headers,
      )
      if (got.status < 400 || got.status >= 500) throw new Error(`${got.status} ${got.text.slice(0, 200)}`)
      if (!Object.hasOwn(ERRORS, got.doc?.code ?? '')) throw new Error(`no code: ${got.text.slice(0, 200)}`)
      if (who === 'nobody' && got.status === 403) throw new Error('a stranger was known')
      return 'refused'
    },
    async close() {
      const after = await entries()
      const faults = world.logs.filter((line) => line.includes('fault in rollcall'))
      await world.close()
      if (after !== before) throw new Error('a refused request changed the ledger')
      if (faults.length > 0) throw new Error(faults[0])
    },
  }
}

/** At the address: rightly signed or not. */
function told(random: Random): Case {
  const text = bodyLike(random, random.chance(0.5) ? random.one(EVENTS) : '[{"id":"u1"},{"id":7},{"id":["u2",null]}]')
  if (random.chance(0.5)) return { text, about: { path: ADDRESS, right: `msg_${random.below(1e9)}` } }
  return { text, about: { path: ADDRESS, ...envelope(random, text) } }
}

function signed(text: string, id: string): { readonly [name: string]: string } {
  const time = String(Math.floor(Date.now() / 1000))
  const key = Buffer.from(SECRET.slice('whsec_'.length), 'base64')
  const signature = createHmac('sha256', key).update(`${id}.${time}.${text}`).digest('base64')
  return { 'webhook-id': id, 'webhook-timestamp': time, 'webhook-signature': `v1,${signature}` }
}

const REFUSED: readonly number[] = [400, 401, 413, 415]

function end({ status, text, doc }: Awaited<ReturnType<Send>>, right: boolean): End {
  if (right && (status === 200 || status === 202)) return 'taken'
  // Of what is rightly signed and said to be JSON only what cannot be read, or is too long, is refused.
  if (!(right ? [400, 413] : REFUSED).includes(status)) throw new Error(`${status} ${text.slice(0, 200)}`)
  if (!Object.hasOwn(ERRORS, doc?.code ?? '') || doc.cause !== 'refused') throw new Error(`said too much: ${text.slice(0, 200)}`)
  return 'refused'
}

/** Signatures as senders make them, right in form, of a secret that is not ours; ids, times and digests that lie. */
function envelope(random: Random, text: string): { [name: string]: string } {
  const id = random.chance(0.8) ? `msg_${random.below(1e6)}` : plainHeader(random.one(TEXTS))
  const at = String(random.one([1_795_241_575, 0, -1, 9_999_999_999, Number.NaN, 1e21]))
  const sign = (what: string, how: 'base64' | 'hex'): string => createHmac('sha256', 'not ours').update(what).digest(how)
  const styles: readonly { [name: string]: string }[] = [
    { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': `v1,${sign(`${id}.${at}.${text}`, 'base64')}` },
    { 'webhook-id': `${id}.x`, 'webhook-timestamp': at, 'webhook-signature': Array(random.below(50)).fill('v1,AAAA').join(' ') },
    { 'x-hub-signature-256': `sha256=${sign(text, 'hex')}`, 'x-github-event': 'organization', 'x-github-delivery': id },
    { 'x-slack-signature': `v0=${sign(`v0:${at}:${text}`, 'hex')}`, 'x-slack-request-timestamp': at },
    { 'x-okta-verification-challenge': id },
    { authorization: plainHeader(random.one(TEXTS)) },
  ]
  const type = random.one(TYPES)
  return {
    ...random.one(styles),
    ...(type === '' ? {} : { 'content-type': type }),
    ...(random.chance(0.2) ? { 'idempotency-key': id } : {}),
  }
}

/** What a client may put into a header at all. */
const plainHeader = (text: string): string => text.replace(/[^\x20-\x7e]/g, '').trim()
