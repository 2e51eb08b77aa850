/** What every part of watching is given. */
import { type Names, settingNames } from '../record/request.ts'
import type { Store } from '../store/port.ts'
import type { WatchStore } from '../store/watch-port.ts'
import type { Connection, Connector, Send } from '../types.ts'

export type WatchContext = {
  readonly connector: Connector
  readonly connection: Connection
  readonly store: Store & WatchStore
  readonly send: Send
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Aborting ends what is under way; nothing that was not answered is written down. */
  readonly signal: AbortSignal | undefined
}

export const iso = (ms: number): string => new Date(ms).toISOString()

export const namesOf = ({ connection }: Pick<WatchContext, 'connection'>): Names => settingNames(connection.settings)
