/**
 * What the store remembers of changes. Beside port.ts, the same rules: every method is one durable transaction.
 * No audit, no action: an event that lets a request leave (`sending`) and its audit entry are one transaction; if it fails nothing is sent.
 */
import type { Approval, Assertion, Intent, IntentEvent, IntentState, KillSwitch, OutcomeIs } from '../write-types.ts'

export type IntentRow = {
  readonly intent: Intent
  readonly events: readonly IntentEvent[]
  readonly state: IntentState
  readonly outcome: OutcomeIs | null
}

export type IntentFilter = {
  readonly connection?: string
  readonly person?: string
  readonly id?: string
  readonly states?: readonly IntentState[]
  readonly outcomes?: readonly OutcomeIs[]
  readonly plan?: string
  /** Due before this instant, and not over: not done, or done as `unknown` or `pending`. */
  readonly overdue_at?: string
  /** An intent of the page before: what was made before it. `store/not-found` where there is none. */
  readonly after?: string
  readonly limit: number
}

/** Of one connection, over its whole history. Rates are null where there is nothing to divide by. */
export type WriteMetrics = {
  readonly connection: string
  /** Intents by their last outcome. */
  readonly outcomes: { readonly [is in OutcomeIs]: number }
  /** From the first `sending` to `verified`; what was so already and was never sent does not count. Nearest rank. */
  readonly time_to_verified: { readonly count: number; readonly p50_ms: number | null; readonly p95_ms: number | null }
  /** Of those that looks could judge: verified, partial, refuted, reverted. */
  readonly refuted_rate: number | null
  /** Of those that were verified once: verified, reverted. */
  readonly reverted_rate: number | null
  /** Open control exceptions: how many, since when, and the sum of their ages (count × mean age). */
  readonly unverifiable_debt: { readonly count: number; readonly oldest_at: string | null; readonly age_ms: number }
  readonly unknown: number
  /** Not done, held ones with them. */
  readonly unfinished: number
  readonly overdue: number
}

/** For the ledger. `from`, `why`: where they are not those of the request. */
export type EventAct = { readonly by: string; readonly what: string; readonly from?: string; readonly why?: string }

export type WriteStore = {
  /**
   * Durable, with its `requested` event and its audit entry. An unfinished intent with the same key (`pending` counts as unfinished,
   * `unknown` does not: a deactivation may always be asked for again) is returned instead of a second one (`made: false`), and so is
   * the same intent asked for twice. Lane `leaver`: in the same transaction every unfinished (`unknown` counts), unsent intent that gives access (create,
   * reactivate, grant, set_license; other lanes) to the same person, in any connection, or to the same native id is cancelled.
   * All of the list or nothing. `store/too-large`: input or bound values over 64 KB; `store/intent-exists`: another one has that name.
   * Some 30 µs each and not interrupted: who asks for very many asks in lots of a thousand, so that leavers get in between.
   */
  request(
    intents: readonly Intent[],
  ): Promise<readonly { readonly intent: string; readonly made: boolean; readonly cancelled: readonly string[] }[]>
  intent(id: string): Promise<IntentRow | null>
  /** Newest first. Those of removed connections are left out; `intent` still knows them. */
  intents(filter: IntentFilter): Promise<readonly IntentRow[]>
  /**
   * The next intent to work on: lanes leaver > mover > joiner > sync > backfill, then oldest first; none whose native id and facets
   * have one in flight, none held, none under a kill switch. Claimed for this process until `release`, `held` or the end of it.
   * In flight: claimed here, or sent and unfinished (a process died). Where the latter stands in the way it is given first, whatever
   * its lane, so that it can be looked at. A create's object is its person. An action without facets meets every other of its object.
   */
  next(connection: string, facetsOf: (action: string) => readonly string[]): Promise<IntentRow | null>
  release(intent: string): Promise<void>
  /**
   * Appends to the history; `audit` goes into the same transaction. `unknown` and `pending` take everything. After any other outcome
   * (and `cancelled`) it refuses (`store/ended`) all but rechecks and what they show: verified, partial or refuted (a facet of it)
   * → reverted, refuted or partial → verified late, reverted → verified. `store/sent`: cancelled after something was sent.
   * A leaver may have cancelled what a caller is working on: `store/ended` at `sending` means that nothing is to be sent.
   * `store/stopped`: `sending` while a kill switch stands here.
   */
  append(intent: string, event: IntentEvent, audit: EventAct): Promise<void>
  /** Waiting per lane, `held`, and `in_flight` (claimed here, or sent and unfinished): for status and the overtaking bench. */
  waiting(connection: string): Promise<{ readonly [lane: string]: number }>
  metrics(connection: string, now: string): Promise<WriteMetrics>
  /**
   * Objects of its connection, beside its own, that lose something by intents that nobody approved: a request of them left at or after
   * `since` (and was not refused), or they stand before this one in the order of asking, neither held nor over. Whoever passes a limit on
   * this number last has counted all the others, however many go at once. Distinct, at most `limit`.
   */
  taken(intent: string, since: string, limit: number): Promise<readonly string[]>

  /** One that stands already for the same record and claim stays the only one. */
  assert(assertions: readonly Omit<Assertion, 'assertion' | 'lifted_by' | 'breached_at' | 'suspect'>[]): Promise<void>
  /** Standing ones, neither lifted nor breached. */
  assertions(connection: string): Promise<readonly Assertion[]>
  /** No effect on one that is breached or lifted already. */
  breach(assertion: number, at: string, suspect: string): Promise<void>
  /** How many stood. */
  lift(connection: string, stream: string, id: string, by: string, at: string): Promise<number>

  /** `from`: where whoever approves asked; `why`: in their words. */
  approve(approval: Omit<Approval, 'used_at'>, said?: { readonly from: string; readonly why: string }): Promise<void>
  /**
   * Valid, unused, by somebody other than `not_by` (the same by `personName` is the same person); marks it used in the same transaction.
   * Null where there is none.
   */
  useApproval(hash: string, not_by: string, at: string): Promise<Approval | null>
  approvals(hash: string): Promise<readonly Approval[]>

  /** The first stop of a scope stands, with whose it is; each is audited. `*` is everything of this store, which is one tenant. */
  /** `from`: where whoever stops asked. */
  stop(killSwitch: KillSwitch, from?: string): Promise<void>
  go(scope: string, by: string, at: string, why: string, from?: string): Promise<void>
  killSwitches(): Promise<readonly KillSwitch[]>
}
