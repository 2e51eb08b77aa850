/** The outbox of one tenant, with its secrets and through the guarded sockets. */
import type { Secret } from '../secret.ts'
import { openPost, type Post } from '../webhook-out/post.ts'
import { openGuardedFetch } from './guarded-fetch.ts'
import type { BothStores, House, Room } from './types.ts'

/** Where a webhook's secret is sealed: no connection has such a name. */
export const sealedAs = (webhook: string): string => `webhook/${webhook}`
/** Standard Webhooks asks for 15 to 30 s. */
const TIMEOUT_MS = 15_000
export const SECRET_FIELD = 'signing'

export function postOf(house: House, store: BothStores, room: () => Room): Post {
  const fetch = openGuardedFetch(house.allow_private)
  const opened = new Map<string, Secret>()
  return openPost({
    store,
    secret: async ({ webhook, url }, name) => {
      const known = opened.get(name)
      if (known !== undefined) return known
      const { origin } = new URL(url)
      const at = new Date(house.now()).toISOString()
      const entry = {
        at,
        by: 'rollcall',
        from: 'rollcall',
        why: 'a message waits for this webhook',
        what: 'secret used',
        about: `webhook ${webhook}`,
        detail: { secret: SECRET_FIELD, origin },
      }
      await store.enter(entry)
      const secret = await room().secrets.get(name, { connection: sealedAs(webhook), field: SECRET_FIELD, origin })
      opened.set(name, secret)
      return secret
    },
    send: async (url, headers, body, signal) => {
      const answer = await fetch(url, { method: 'POST', headers, body, signal, timeout_ms: TIMEOUT_MS })
      return { status: answer.status, retry_after_s: seconds(answer.headers.get('retry-after'), house.now()) }
    },
    now: house.now,
    dice: Math.random,
    log: (line) => house.log(`${room().tenant}: ${line}`),
  })
}

/** RFC 9110 §10.2.3: seconds, or a date. */
function seconds(text: string | null, now: number): number | null {
  if (text === null) return null
  if (/^\d{1,9}$/.test(text)) return Number(text)
  const at = Date.parse(text)
  return Number.isNaN(at) ? null : Math.max(0, (at - now) / 1000)
}
