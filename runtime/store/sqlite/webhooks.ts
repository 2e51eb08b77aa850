import { Failure } from '../../errors.ts'
import { DELIVERY_STATES, type DeliveryState, type Webhook } from '../../levels-types.ts'
import { cleanText, jsonText } from '../text.ts'
import type { WebhookStore } from '../webhook-port.ts'
import type { Database } from './database.ts'
import { note } from './ledger.ts'
import { deliveries, delivery, queue, tried, webhooksOf, write } from './webhook-queue.ts'

export function openWebhooks(db: Database): WebhookStore {
  const one = (webhook: string): Webhook | null => {
    const row = db.one('SELECT body FROM webhook WHERE webhook = $1', cleanText(webhook))
    return row === undefined ? null : (JSON.parse(row[0] as string) as Webhook)
  }
  const mustBe = (webhook: string): Webhook => {
    const found = one(webhook)
    if (found === null) throw new Failure('store/not-found', webhook, `there is no webhook ${webhook}`)
    return found
  }
  return {
    webhooks: async () => webhooksOf(db),
    webhook: async (webhook) => one(webhook),
    putWebhook: async (webhook, what, act) =>
      db.join(() => {
        db.run(
          'INSERT INTO webhook (webhook, body) VALUES ($1, $2) ON CONFLICT (webhook) DO UPDATE SET body = excluded.body',
          webhook.webhook,
          jsonText(webhook),
        )
        // Of the address the origin alone: its path may be a secret.
        const { origin } = new URL(webhook.url)
        const { types, connections, enabled, because } = webhook
        note(db, { ...act, what, about: `webhook ${webhook.webhook}`, detail: { origin, types, connections, enabled, because } })
      }),
    removeWebhook: async (webhook, act) =>
      db.join(() => {
        if (one(webhook) === null) return false
        db.run('DELETE FROM webhook WHERE webhook = $1', webhook)
        db.run('DELETE FROM webhook_delivery WHERE webhook = $1', webhook)
        note(db, { ...act, what: 'webhook removed', about: `webhook ${webhook}`, detail: {} })
        return true
      }),
    send: async (webhook, message, act) =>
      db.join(() => {
        mustBe(webhook)
        const what = 'webhook message asked for'
        const ledger = note(db, { ...act, what, about: `webhook ${webhook}`, detail: { message: message.message } })
        queue(db, webhook, write(db, { ...message, at: act.at, connection: null, ledger }), act.at)
        return delivery(db, webhook, message.message)
      }),
    due: async (now, but, limit) =>
      webhooksOf(db)
        .filter(({ webhook, enabled }) => enabled && !but.has(webhook))
        .flatMap((webhook) => {
          const row = db.one(
            `SELECT m.message, m.body, d.tries, d.began_at FROM webhook_delivery d JOIN webhook_message m ON m.n = d.n
             WHERE d.webhook = $1 AND d.state = 'waiting' AND d.next_at <= $2 ORDER BY d.next_at, d.n LIMIT 1`,
            webhook.webhook,
            now,
          )
          if (row === undefined) return []
          const [message, body, tries, began_at] = row as [string, string, number, number]
          return [{ webhook, message, body, tries, began_at }]
        })
        .slice(0, limit),
    nextDue: async (but) =>
      webhooksOf(db)
        .filter(({ webhook, enabled }) => enabled && !but.has(webhook))
        .flatMap(({ webhook }) => {
          const row = db.one("SELECT min(next_at) FROM webhook_delivery WHERE webhook = $1 AND state = 'waiting'", webhook)
          return row?.[0] == null ? [] : [row[0] as number]
        })
        .reduce<number | null>((least, at) => (least === null || at < least ? at : least), null),
    tried: (given) => db.join(() => tried(db, given)),
    deliveries: async (webhook, filter) => deliveries(db, webhook, filter),
    delivery: async (webhook, message) => {
      try {
        return delivery(db, webhook, message)
      } catch (error) {
        if (error instanceof Failure && error.code === 'store/not-found') return null
        throw error
      }
    },
    redeliver: async (webhook, message, now, act) =>
      db.join(() => {
        delivery(db, webhook, message)
        db.run(
          `UPDATE webhook_delivery SET state = 'waiting', tries = 0, began_at = $3, next_at = $3
           WHERE webhook = $1 AND n = (SELECT n FROM webhook_message WHERE message = $2)`,
          ...[webhook, message, now],
        )
        note(db, { ...act, what: 'webhook redelivery asked for', about: `webhook ${webhook}`, detail: { message } })
        return delivery(db, webhook, message)
      }),
    counts: async () =>
      webhooksOf(db).map(({ webhook }) => {
        const rows = db.all('SELECT state, count(*) FROM webhook_delivery WHERE webhook = $1 GROUP BY state', webhook)
        const of = (state: DeliveryState): number => (rows.find(([is]) => is === state)?.[1] as number | undefined) ?? 0
        return {
          webhook,
          ...(Object.fromEntries(DELIVERY_STATES.map((state) => [state, of(state)])) as { [s in DeliveryState]: number }),
        }
      }),
    forget: async (before) => {
      // Asked at every sweep: they lie in the order of time, so the first one says whether there is anything to look for.
      const first = db.one('SELECT at FROM webhook_message ORDER BY n LIMIT 1')
      if (first === undefined || (first[0] as string) >= before) return 0
      return await db.join(() => {
        const old = `SELECT m.n FROM webhook_message m WHERE m.at < $1
          AND NOT EXISTS (SELECT 1 FROM webhook_delivery d WHERE d.n = m.n AND d.state = 'waiting') ORDER BY m.n LIMIT 1000`
        const rows = db.all(old, before)
        for (const [n] of rows) {
          db.run('DELETE FROM webhook_delivery WHERE n = $1', n as number)
          db.run('DELETE FROM webhook_message WHERE n = $1', n as number)
        }
        return rows.length
      })
    },
  }
}
