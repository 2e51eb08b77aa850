/** What the write room needs from outside, and what it tells while it works. */
import type { Http } from '../http/open.ts'
import type { PlanFacts } from '../judge/plan-brakes.ts'
import type { RemovalLimits } from '../judge/rolling-brake.ts'
import type { Store } from '../store/port.ts'
import type { WriteStore } from '../store/write-port.ts'
import type { Connection, Connector } from '../types.ts'
import type { Intent, IntentEvent } from '../write-types.ts'

export type RemovalFacts = (stream: string) => Promise<Pick<PlanFacts, 'population' | 'privileged'>>

/** Told after the event is durable. */
export type WriteProgress = {
  readonly intent: string
  readonly action: string
  readonly id: string | null
  readonly event: IntentEvent
}

/** Moments at which a process may die; only tests listen. */
export type Boundary =
  | 'before_intent'
  | 'intent_durable'
  | 'sending'
  | 'sent'
  | 'answered'
  | 'recorded'
  | 'looked'
  | 'judged'
  | 'audited'

export type WriteContext = {
  readonly connector: Connector
  readonly connection: Connection
  readonly http: Http
  readonly store: Store & WriteStore
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Rejects with the signal's reason. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>
  readonly signal?: AbortSignal
  /** 26 characters, sortable by time. */
  readonly newId: () => string
  /** False: it needs the approval of a second person and has none. Absent: none is needed. */
  readonly approved?: (intent: Intent) => boolean | Promise<boolean>
  /** How much may be taken away in how long before a person is asked. Absent: the defaults. Null: whoever embeds the engine asks by itself. */
  readonly removals?: RemovalLimits | null
  /** What the rolling brake must know of a stream. Absent: read from the snapshots each time. */
  readonly removal_facts?: RemovalFacts
  readonly onProgress?: (progress: WriteProgress) => void
  readonly onBoundary?: (boundary: Boundary) => void | Promise<void>
}
