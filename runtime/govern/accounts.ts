/** Accounts as the last snapshots show them, over connections. Reading only; what a snapshot cannot show is said beside them. */
import type { Store } from '../store/port.ts'
import type { Connection, Connector, JsonObject, StoredRecord, Verdict } from '../types.ts'

/** A connection and what it can do. `connector` null: its file is gone or no longer valid. */
export type Side = { readonly connection: Connection; readonly connector: Connector | null }

export type AccountRef = { readonly connection: string; readonly stream: string; readonly id: string }
export type Account = AccountRef & { readonly fields: JsonObject }

/** Where people may have accounts that the list does not show. */
export type Unproven = {
  readonly connection: string
  /** `''`: the connection as a whole. */
  readonly stream: string
  readonly of: 'accounts' | 'grants'
  readonly verdict: Verdict['is'] | 'never read'
  readonly because: string
}

export const refText = ({ connection, stream, id }: AccountRef): string => `${connection}/${stream}/${id}`

/** One record as last seen, in the newest snapshot or, where that has it not, in the last complete one. */
export async function recordOf(store: Store, { connection, stream, id }: AccountRef): Promise<StoredRecord | null> {
  for (const which of ['latest', 'complete'] as const) {
    const [record] = await store.records(connection, stream, { which, after: 0, limit: 1, id })
    if (record !== undefined) return record
  }
  return null
}

/** The streams of accounts of each side; of one without a connector, those that its snapshots call so. */
export async function accountStreams(store: Store, side: Side): Promise<readonly string[]> {
  if (side.connector !== null)
    return Object.values(side.connector.streams).flatMap((stream) => (stream.is === 'account' ? [stream.name] : []))
  const snapshots = await store.snapshots(side.connection.name)
  return snapshots.flatMap(({ latest }) => (latest.facts.is === 'account' ? [latest.stream] : []))
}

/** What stands between these snapshots and "all accounts, and all that they hold". */
export async function unprovenOf(store: Store, side: Side): Promise<readonly Unproven[]> {
  const connection = side.connection.name
  const snapshots = await store.snapshots(connection)
  const accounts = await accountStreams(store, side)
  const grants = Object.values(side.connector?.streams ?? {}).flatMap((stream) => (stream.is === 'grant' ? [stream.name] : []))
  const because = 'its connector cannot be read: nothing can be done there'
  const lost: readonly Unproven[] =
    side.connector === null ? [{ connection, stream: '', of: 'accounts', verdict: 'unproven', because }] : []
  const doubts = (streams: readonly string[], of: Unproven['of']) =>
    streams.flatMap((stream): readonly Unproven[] => {
      const found = snapshots.find(({ latest }) => latest.stream === stream)
      if (found === undefined) return [{ connection, stream, of, verdict: 'never read', because: 'no sync has read it' }]
      const { verdict, at } = found.latest
      return verdict.is === 'complete'
        ? []
        : [{ connection, stream, of, verdict: verdict.is, because: `${verdict.because} (${at})` }]
    })
  return [...lost, ...doubts(accounts, 'accounts'), ...doubts(grants, 'grants')]
}
