/** What accounts hold, as the last snapshots show it: from every stream of grants that refers to them. */
import type { Store } from '../store/port.ts'
import type { Connector, Verdict } from '../types.ts'
import { eachRecord } from './each.ts'

export type Held = {
  /** The stream that says so. */
  readonly stream: string
  readonly account: string
  readonly entitlement: string
  /** Streams that the entitlement may be a record of; none: it is the record of no list. */
  readonly of: readonly string[]
}

export type Grants = {
  readonly held: readonly Held[]
  /** Streams of grants of this stream of accounts, and the verdict of their newest read; null: never read. */
  readonly streams: { readonly [stream: string]: Verdict['is'] | null }
}

/** Of the accounts of one stream. `of` null: of all of them. */
export async function grantsOf(
  store: Store,
  connector: Connector,
  connection: string,
  accounts: string,
  of: ReadonlySet<string> | null,
): Promise<Grants> {
  const snapshots = await store.snapshots(connection)
  const streams = Object.values(connector.streams).filter(
    (stream) => stream.is === 'grant' && (stream.refers['account'] ?? [accounts]).includes(accounts),
  )
  const held: Held[] = []
  for (const stream of streams)
    await eachRecord(store, connection, stream.name, ({ fields }) => {
      const { account, entitlement } = fields
      if (typeof account !== 'string' || typeof entitlement !== 'string') return
      if (of === null || of.has(account))
        held.push({ stream: stream.name, account, entitlement, of: stream.refers['entitlement'] ?? [] })
    })
  const verdictOf = (name: string) => snapshots.find(({ latest }) => latest.stream === name)?.latest.verdict.is ?? null
  return { held, streams: Object.fromEntries(streams.map(({ name }) => [name, verdictOf(name)])) }
}

/** Accounts that hold something the target calls privileged; null: no stream tells. */
export async function privilegedIds(store: Store, connector: Connector, connection: string): Promise<readonly string[] | null> {
  const telling = Object.values(connector.streams).filter(
    (stream) => stream.is === 'entitlement' && 'privileged' in stream.fields,
  )
  if (telling.length === 0) return null
  const privileged = new Set<string>()
  for (const stream of telling)
    await eachRecord(store, connection, stream.name, ({ id, fields }) => {
      if (fields['privileged'] === true) privileged.add(id)
    })
  const accounts = Object.values(connector.streams).filter((stream) => stream.is === 'account')
  const found = await Promise.all(accounts.map((stream) => grantsOf(store, connector, connection, stream.name, null)))
  return [
    ...new Set(found.flatMap(({ held }) => held.filter((one) => privileged.has(one.entitlement)).map((one) => one.account))),
  ]
}
