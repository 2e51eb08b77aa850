/** What a sync is given and what it gives. */
import type { Http } from '../http/open.ts'
import type { Snapshot, Store } from '../store/port.ts'
import type { Connection, Connector, Progress, ReadFacts, Verdict } from '../types.ts'
import type { Listener } from './evidence.ts'

export type SyncOptions = {
  readonly connector: Connector
  readonly connection: Connection
  readonly store: Store
  readonly http: Http
  readonly now: () => number
  /** Aborting pauses: pages under way are not stored, the checkpoint stands, the next sync goes on there. */
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: Progress) => void
  /** Only these streams and the ones they depend on. */
  readonly only?: readonly string[]
  /** Begin a new sync even where an unfinished one could be resumed. */
  readonly fresh?: boolean
  /**
   * Evidence checks to do without, to measure what each is worth: neither asked for nor judged. Only the lab gives any; the verdict
   * says so in `rules`, and the gate refuses it.
   */
  readonly off?: readonly string[]
  /** Hears what each verdict was judged from, to judge it again without some items. Only the lab listens; it changes nothing. */
  readonly listener?: Listener
}

export type StreamResult = {
  readonly verdict: Verdict
  readonly facts: ReadFacts
  readonly snapshot: Snapshot
  readonly vanished: number
  readonly confirmed_deleted: number
}

export type SyncResult = {
  readonly sync: number
  readonly resumed: number
  readonly state: 'finished' | 'paused'
  readonly because: string | null
  readonly streams: { readonly [name: string]: StreamResult }
}
