/**
 * The nouns of service levels. Imports the nouns of certifying only.
 *
 * level       what a connection promises: how fresh, how whole, how soon verified, how much that nobody can look at
 * control     the check of one level: `freshness`, `completeness`, `time_to_verified`, `unverifiable_debt`
 * breach      a level that does not hold now, with its evidence and what would settle it
 * exception   a breach that is remembered: open, acknowledged by a person, closed; since when, whose, in which ledger entry
 * span        a stretch of time in which a control held, or did not: what a burn rate is made of
 * alert       a budget of errors that burns too fast, over a long and a short window at once
 * sweep       one look at all of it: gates, breaches, alerts; what changed is stored and told
 */
import type { Gate, GateReasonKind } from './certify-types.ts'
import type { JsonObject } from './types.ts'

export const CONTROLS = ['freshness', 'completeness', 'time_to_verified', 'unverifiable_debt'] as const
export type Control = (typeof CONTROLS)[number]

/** Worst first. `info` tells and burns no budget. */
export const SEVERITIES = ['critical', 'high', 'info'] as const
export type Severity = (typeof SEVERITIES)[number]

export const EXCEPTION_STATES = ['open', 'acknowledged', 'closed'] as const
export type ExceptionState = (typeof EXCEPTION_STATES)[number]

export type Breach = {
  readonly control: Control
  /** `''`: of the whole connection. */
  readonly stream: string
  readonly severity: Severity
  readonly because: string
  readonly evidence: JsonObject
  readonly next_step: string
  /** When the level stopped holding, ISO. */
  readonly since: string
  /** What it speaks of: about something else, what a person said of it does not hold any more. */
  readonly bound: string
}

export type Exception = Breach & {
  readonly exception: string
  readonly connection: string
  readonly owner: string | null
  readonly data_owner: string | null
  readonly state: ExceptionState
  readonly opened_at: string
  readonly acknowledged: { readonly by: string; readonly at: string; readonly why: string } | null
  /** `by` null: the level holds again. */
  readonly closed: { readonly by: string | null; readonly at: string; readonly because: string } | null
}

/** Milliseconds since 1970, `[from, until)`. */
export type Span = { readonly control: Control; readonly from: number; readonly until: number; readonly bad: boolean }

export type Burn = {
  readonly severity: Severity
  readonly long_ms: number
  readonly short_ms: number
  /** Times the pace at which the budget would last for the period. */
  readonly factor: number
  readonly long: number
  readonly short: number
}
export type Alert = {
  readonly connection: string
  readonly control: Control
  readonly severity: Severity
  readonly since: string
  readonly burn: Burn
}

/** The gate as it was told last: of the certified streams, and of each stream alone, so that any scope's answer is in it. */
export type GateState = {
  readonly connection: string
  readonly is: Gate['is']
  readonly streams: { readonly [stream: string]: Gate['is'] }
  /** Kinds of reasons a stream: the same `is` for another reason is another answer. */
  readonly kinds: readonly { readonly stream: string; readonly kind: GateReasonKind }[]
}

export const EVENT_TYPES = [
  'gate.changed',
  'exception.opened',
  'exception.changed',
  'exception.closed',
  'alert.firing',
  'alert.resolved',
  'webhook.test',
] as const
export type EventType = (typeof EVENT_TYPES)[number]

// ---------------------------------------------------------------- who is told

export type Webhook = {
  readonly webhook: string
  readonly url: string
  readonly title: string
  /** Empty: all of them. */
  readonly types: readonly EventType[]
  /** Empty: every connection. */
  readonly connections: readonly string[]
  readonly enabled: boolean
  /** Why it is not enabled; null: it is. */
  readonly because: string | null
  /** Newest first; the older ones sign along until then, ISO. */
  readonly secrets: readonly { readonly name: string; readonly made_at: string; readonly until: string | null }[]
  readonly made_at: string
  readonly made_by: string
}

export const DELIVERY_STATES = ['waiting', 'delivered', 'dead'] as const
export type DeliveryState = (typeof DELIVERY_STATES)[number]

export type Delivery = {
  /** `webhook-id`: the same at every try. */
  readonly message: string
  readonly webhook: string
  readonly type: EventType
  readonly connection: string | null
  readonly made_at: string
  readonly state: DeliveryState
  readonly tries: number
  /** ISO; null: none any more. */
  readonly next_at: string | null
  /** The last ones. `status` null: no answer. */
  readonly last: readonly { readonly at: string; readonly status: number | null; readonly because: string; readonly ms: number }[]
}
