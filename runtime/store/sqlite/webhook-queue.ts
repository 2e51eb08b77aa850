import { Failure } from '../../errors.ts'
import type { Delivery, DeliveryState, EventType, Webhook } from '../../levels-types.ts'
import type { Told } from '../levels-port.ts'
import { jsonText } from '../text.ts'
import { type Tried, WAITING_MOST } from '../webhook-port.ts'
import type { Cells, Database } from './database.ts'
import { note, OURSELVES } from './ledger.ts'

/** Inside the transaction of what it tells of: the entry, and the message to whoever listens. True: somebody is to be told. */
export function tell(db: Database, { entry, message }: Told): boolean {
  const ledger = note(db, entry)
  if (message === null) return false
  const connection = typeof message.data['connection'] === 'string' ? message.data['connection'] : null
  const to = webhooksOf(db).filter((webhook) => listens(webhook, message.type, connection))
  if (to.length === 0) return false
  const n = write(db, { ...message, at: entry.at, connection, ledger })
  for (const { webhook } of to) queue(db, webhook, n, entry.at)
  return true
}

export const webhooksOf = (db: Database): readonly Webhook[] =>
  db.all('SELECT body FROM webhook ORDER BY webhook').map(([body]) => JSON.parse(body as string) as Webhook)

const listens = ({ enabled, types, connections }: Webhook, type: EventType, connection: string | null): boolean =>
  enabled &&
  (types.length === 0 || types.includes(type)) &&
  (connections.length === 0 || (connection !== null && connections.includes(connection)))

type Message = NonNullable<Told['message']> & {
  readonly at: string
  readonly connection: string | null
  readonly ledger: number
}

/** The form of Standard Webhooks: `type`, `timestamp`, `data`. */
export function write(db: Database, { message, type, at, connection, ledger, data }: Message): number {
  const body = jsonText({ type, timestamp: at, data: { ...data, ledger } })
  const row = db.one(
    'INSERT INTO webhook_message (message, at, type, connection, body) VALUES ($1, $2, $3, $4, $5) RETURNING n',
    ...[message, at, type, connection, body],
  )
  return row?.[0] as number
}

export function queue(db: Database, webhook: string, n: number, at: string): void {
  const now = Date.parse(at)
  db.run(
    "INSERT INTO webhook_delivery (webhook, n, state, tries, began_at, next_at, last) VALUES ($1, $2, 'waiting', 0, $3, $3, '[]')",
    ...[webhook, n, now],
  )
  const waiting = db.one("SELECT count(*) FROM webhook_delivery WHERE webhook = $1 AND state = 'waiting'", webhook)?.[0] as number
  if (waiting <= WAITING_MOST) return
  const [oldest] = db.one("SELECT min(n) FROM webhook_delivery WHERE webhook = $1 AND state = 'waiting'", webhook) as Cells
  giveUp(db, webhook, oldest as number, at, `more than ${WAITING_MOST} wait for it`)
}

/** No further try by itself; a person may ask for one. */
export function giveUp(db: Database, webhook: string, n: number, at: string, because: string): void {
  db.run("UPDATE webhook_delivery SET state = 'dead', next_at = NULL WHERE webhook = $1 AND n = $2", webhook, n)
  const message = db.one('SELECT message FROM webhook_message WHERE n = $1', n)?.[0] as string
  note(db, {
    at,
    by: OURSELVES,
    what: 'webhook delivery given up',
    about: `webhook ${webhook}`,
    from: OURSELVES,
    why: because,
    detail: { message, because },
  })
}

const KEPT_TRIES = 20

export function tried(db: Database, { webhook, message, at, status, because, ms, state, next_at }: Tried): void {
  const row = db.one(
    `SELECT d.n, d.last FROM webhook_delivery d JOIN webhook_message m ON m.n = d.n
     WHERE d.webhook = $1 AND m.message = $2 AND d.state = 'waiting'`,
    webhook,
    message,
  )
  if (row === undefined) return
  const last = [...(JSON.parse(row[1] as string) as Delivery['last']), { at, status, because, ms }].slice(-KEPT_TRIES)
  db.run(
    'UPDATE webhook_delivery SET state = $3, tries = tries + 1, next_at = $4, last = $5 WHERE webhook = $1 AND n = $2',
    ...[webhook, row[0] as number, state, next_at, jsonText(last)],
  )
  if (state === 'dead') giveUp(db, webhook, row[0] as number, at, because)
}

const DELIVERY = `SELECT d.webhook, m.message, m.type, m.connection, m.at, d.state, d.tries, d.next_at, d.last, m.body
  FROM webhook_delivery d JOIN webhook_message m ON m.n = d.n`

export function deliveries(
  db: Database,
  webhook: string,
  { state, after, limit }: { readonly state?: DeliveryState; readonly after?: string; readonly limit: number },
): readonly Delivery[] {
  const from =
    after === undefined ? null : (db.one('SELECT n FROM webhook_message WHERE message = $1', after)?.[0] as number | undefined)
  return db
    .all(
      `${DELIVERY} WHERE d.webhook = $1 AND ($2 IS NULL OR d.state = $2) AND ($3 IS NULL OR d.n < $3) ORDER BY d.n DESC LIMIT $4`,
      ...[webhook, state ?? null, from ?? null, limit],
    )
    .map(deliveryFrom)
}

/** Throws `store/not-found`. */
export function delivery(db: Database, webhook: string, message: string): Delivery & { readonly body: string } {
  const row = db.one(`${DELIVERY} WHERE d.webhook = $1 AND m.message = $2`, webhook, message)
  if (row === undefined) throw new Failure('store/not-found', message, `webhook ${webhook} has no delivery ${message}`)
  return { ...deliveryFrom(row), body: row[9] as string }
}

function deliveryFrom([webhook, message, type, connection, made_at, state, tries, next_at, last]: Cells): Delivery {
  return {
    ...{ message, webhook, type, connection, made_at, state, tries },
    next_at: next_at === null ? null : new Date(next_at as number).toISOString(),
    last: JSON.parse(last as string),
  } as Delivery
}
