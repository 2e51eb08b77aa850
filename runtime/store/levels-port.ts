/**
 * What the store remembers of service levels. Beside port.ts, the same rules: every method is one durable transaction. What is told (an
 * entry of the ledger, a message to webhooks) is written in the transaction of what it tells of.
 */
import type { NewEntry } from '../ledger/entry.ts'
import type { Alert, Control, EventType, Exception, ExceptionState, GateState, Span } from '../levels-types.ts'
import type { Json } from '../types.ts'
import type { Act } from './ledger-port.ts'

/** `data` of the message gets the entry's number beside it, `ledger`. */
export type Told = {
  readonly entry: NewEntry
  readonly message: {
    readonly message: string
    readonly type: EventType
    readonly data: { readonly [name: string]: Json }
  } | null
}

/** What one look at a connection changed. */
export type Round = {
  readonly connection: string
  readonly at: string
  /** Absent: as before; null: the connection is gone. */
  readonly gate?: GateState | null
  /** Whole rows: new ones, and those that changed. */
  readonly exceptions: readonly Exception[]
  readonly alerts: { readonly set: readonly Alert[]; readonly cleared: readonly Control[] }
  readonly told: readonly Told[]
}

/** Changes of a connection against a level. */
export type LateChanges = {
  /** Sent before the level's time and neither verified nor over in another known way. */
  readonly late: number
  /** Of those, how many take access away. */
  readonly taking: number
  readonly oldest: { readonly intent: string; readonly action: string; readonly sent_at: string } | null
  /** Verified in the window, and of them later than the level. */
  readonly verified: number
  readonly verified_late: number
  readonly p95_ms: number | null
  readonly newest_unverifiable: string | null
}

export type LevelsStore = {
  gateStates(): Promise<readonly GateState[]>
  /** Newest first, after (older than) an exception. */
  exceptions(filter: {
    readonly connection?: string
    readonly states?: readonly ExceptionState[]
    readonly after?: string
    readonly limit: number
  }): Promise<readonly Exception[]>
  exception(exception: string): Promise<Exception | null>
  /** The newest closed by a person, of one control of a connection. */
  lastClosedByHand(connection: string, control: Control): Promise<Exception | null>
  /** Overlapping what is after `since` (ms), ascending. */
  spans(connection: string, since: number): Promise<readonly Span[]>
  /**
   * Goes on with the last span of each control where it says the same and ended at most `gap_ms` ago, else begins a new one. A process's
   * death may cost the last of them: it is then time that nobody looked at.
   */
  watched(
    rounds: readonly {
      readonly connection: string
      readonly bad: readonly Control[]
      readonly at: number
      readonly gap_ms: number
    }[],
  ): Promise<void>
  alerts(): Promise<readonly Alert[]>
  lateChanges(
    connection: string,
    o: { readonly sent_before: string; readonly window_from: string; readonly level_ms: number },
  ): Promise<LateChanges>
  /** An exception that was closed meanwhile stays closed, and nothing is told of it. Answers whether anything is to be delivered. */
  settleRound(round: Round): Promise<boolean>
  /** Throws `store/not-found`, `levels/over` where it is closed. */
  actOnException(
    exception: string,
    change: (before: Exception) => Exception,
    told: (after: Exception, act: Act) => Told,
    act: Act,
  ): Promise<Exception>
}
