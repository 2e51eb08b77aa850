/**
 * What the store remembers of changes. Beside port.ts, the same rules: every method is one durable transaction.
 * No audit, no action: an event that lets a request leave (`sending`) and its audit entry are one transaction; if it fails nothing is sent.
 */
import type { Approval, Assertion, AuditEntry, Intent, IntentEvent, IntentState, KillSwitch, OutcomeIs } from '../write-types.ts'

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
  /** Not done, and due before this instant. */
  readonly overdue_at?: string
  readonly after?: string
  readonly limit: number
}

export type WriteStore = {
  /**
   * Durable, with its `requested` event and its audit entry. An unfinished intent with the same key is returned instead of a second one
   * (`made: false`). Leavers: in the same transaction every unfinished, unsent grant intent of the same person or native id is cancelled.
   */
  request(
    intents: readonly Intent[],
  ): Promise<readonly { readonly intent: string; readonly made: boolean; readonly cancelled: readonly string[] }[]>
  intent(id: string): Promise<IntentRow | null>
  /** Newest first. */
  intents(filter: IntentFilter): Promise<readonly IntentRow[]>
  /**
   * The next intent to work on: lanes leaver > mover > joiner > sync > backfill, then oldest first; none whose native id and facets
   * have one in flight, none held, none under a kill switch. Claimed for this process until `release` or an `outcome`.
   */
  next(connection: string, facetsOf: (action: string) => readonly string[]): Promise<IntentRow | null>
  release(intent: string): Promise<void>
  /**
   * Appends to the history; `audit` goes into the same transaction. Refuses (store/ended) after an outcome other than unknown or pending,
   * but for looks of the phase `recheck` and what they show: an outcome `reverted`, or a late `verified`.
   */
  append(intent: string, event: IntentEvent, audit: { readonly by: string; readonly what: string }): Promise<void>
  /** Waiting per lane, and in flight: for status and the overtaking bench. */
  waiting(connection: string): Promise<{ readonly [lane: string]: number }>

  assert(assertions: readonly Omit<Assertion, 'assertion' | 'lifted_by' | 'breached_at' | 'suspect'>[]): Promise<void>
  /** Standing ones, neither lifted nor breached. */
  assertions(connection: string): Promise<readonly Assertion[]>
  breach(assertion: number, at: string, suspect: string): Promise<void>
  lift(connection: string, stream: string, id: string, by: string): Promise<number>

  approve(approval: Omit<Approval, 'used_at'>): Promise<void>
  /** Valid, unused, by somebody other than `not_by`; marks it used in the same transaction. Null where there is none. */
  useApproval(hash: string, not_by: string, at: string): Promise<Approval | null>
  approvals(hash: string): Promise<readonly Approval[]>

  stop(killSwitch: KillSwitch): Promise<void>
  go(scope: string, by: string, at: string): Promise<void>
  killSwitches(): Promise<readonly KillSwitch[]>

  audit(options: { readonly after: number; readonly limit: number; readonly about?: string }): Promise<readonly AuditEntry[]>
}
