/** What the store remembers of webhooks: who is told, what, and how that went. Every method is one durable transaction. */
import type { Delivery, DeliveryState, EventType, Webhook } from '../levels-types.ts'
import type { Json } from '../types.ts'
import type { Act } from './ledger-port.ts'

/** One that is to be sent now. */
export type Due = {
  readonly webhook: Webhook
  readonly message: string
  readonly body: string
  readonly tries: number
  /** Of its first try, ms; of a redelivery, anew. */
  readonly began_at: number
}
export type Tried = {
  readonly webhook: string
  readonly message: string
  readonly at: string
  readonly status: number | null
  readonly because: string
  readonly ms: number
  readonly state: DeliveryState
  /** ms; null: no further one. */
  readonly next_at: number | null
}

/** Beyond this many waiting ones of one webhook the oldest are given up: a queue has an end. */
export const WAITING_MOST = 1_000

export type WebhookStore = {
  webhooks(): Promise<readonly Webhook[]>
  webhook(webhook: string): Promise<Webhook | null>
  /** With its entry in the ledger; `what` says what was done. */
  putWebhook(webhook: Webhook, what: string, act: Act): Promise<void>
  /** What waits for it goes too. False: there is none. */
  removeWebhook(webhook: string, act: Act): Promise<boolean>
  /** To this one alone, whatever it listens to. `store/not-found`. */
  send(
    webhook: string,
    message: { readonly message: string; readonly type: EventType; readonly data: { readonly [name: string]: Json } },
    act: Act,
  ): Promise<Delivery>
  /** The first that is due of each enabled webhook that is not among `but`; at most `limit`. */
  due(now: number, but: ReadonlySet<string>, limit: number): Promise<readonly Due[]>
  /** When the next one falls due, of those not among `but`; null: none waits. */
  nextDue(but: ReadonlySet<string>): Promise<number | null>
  /** `dead` is an entry of the ledger too. No effect where the webhook or the message is gone, or was delivered already. */
  tried(tried: Tried): Promise<void>
  /** Newest first, after (older than) a message. */
  deliveries(
    webhook: string,
    filter: { readonly state?: DeliveryState; readonly after?: string; readonly limit: number },
  ): Promise<readonly Delivery[]>
  delivery(webhook: string, message: string): Promise<(Delivery & { readonly body: string }) | null>
  /** From the beginning, with the same id. `store/not-found`. */
  redeliver(webhook: string, message: string, now: number, act: Act): Promise<Delivery>
  counts(): Promise<readonly ({ readonly webhook: string } & { readonly [state in DeliveryState]: number })[]>
  /** Messages older than this, none of whose deliveries waits, are forgotten. How many. */
  forget(before: string): Promise<number>
}
