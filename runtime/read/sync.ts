/**
 * One run over a connection: read every stream, parents first, prove, judge, publish.
 * Nothing is published before all streams are read: edges say what the lists of their nodes should hold.
 */
import { hash } from 'node:crypto'
import { Failure } from '../errors.ts'
import { webhookSecretNames } from '../http/credentials.ts'
import { compileStream } from '../record/compile.ts'
import { settingNames } from '../record/request.ts'
import { openWhoami } from '../record/whoami.ts'
import type { Store } from '../store/port.ts'
import type { Connection, Connector, ReadFacts } from '../types.ts'
import { concludeAll } from './conclude.ts'
import { type ReadOnce, readOnce, type StreamContext } from './read-once.ts'
import type { SyncOptions, SyncResult } from './run.ts'

export type { StreamResult, SyncOptions, SyncResult } from './run.ts'

/** Throws `Failure` for our own faults (store/…, spec/…); what the target does is in the verdicts. */
export async function sync(o: SyncOptions): Promise<SyncResult> {
  const at = () => new Date(o.now()).toISOString()
  const fingerprint = fingerprintOf(o.connector, o.connection)
  if (o.fresh === true) await abandon(o.store, o.connection.name, at())
  const row = await o.store.beginSync(o.connection.name, fingerprint, at())
  const ended = { sync: row.sync, resumed: row.resumed }
  try {
    const reads = await readAll(o, row.sync)
    const streams = reads === null ? null : await concludeAll({ ...o, sync: row.sync, fingerprint }, reads)
    if (streams === null) {
      await o.store.endSync(row.sync, 'paused', 'stopped on request', at())
      return { ...ended, state: 'paused', because: 'stopped on request; the same command goes on at the checkpoint', streams: {} }
    }
    await o.store.endSync(row.sync, 'finished', null, at())
    return { ...ended, state: 'finished', because: null, streams }
  } catch (error) {
    // The checkpoint stands: what failed here was ours (a full disk, a fault in the program), not the target's.
    const because = error instanceof Failure ? `${error.code}: ${error.message}` : 'an unexpected fault'
    await o.store.endSync(row.sync, 'paused', because, at()).catch(() => undefined)
    throw error
  }
}

async function abandon(store: Store, connection: string, at: string): Promise<void> {
  const [latest] = await store.syncs(connection, 1)
  if (latest?.state === 'running' || latest?.state === 'paused')
    await store.endSync(latest.sync, 'abandoned', 'a fresh sync was asked for', at)
}

/** Null when stopped on request. */
async function readAll(o: SyncOptions, sync: number): Promise<{ readonly [stream: string]: ReadOnce } | null> {
  const wanted = withParents(o.connector, o.only ?? o.connector.order)
  const names = settingNames(o.connection.settings)
  const baselines = new Map(
    (await o.store.snapshots(o.connection.name)).map(({ complete }) => [complete?.stream, complete?.facts ?? null]),
  )
  const whoami = openWhoami({ connector: o.connector, names, send: o.http.send, signal: o.signal })
  const done: Record<string, ReadOnce> = {}
  const reading = new Map<string, Promise<ReadOnce | null>>()
  const read = async (name: string): Promise<ReadOnce | null> => {
    const parents = await Promise.all(parentsOf(o.connector, name).map((parent) => reading.get(parent)))
    if (parents.some((parent) => parent === null) || o.signal?.aborted) return null
    const context: StreamContext = {
      connector: o.connector,
      compiled: compileStream(o.connector, name),
      names,
      send: o.http.send,
      now: o.now,
      signal: o.signal,
      store: o.store,
      sync,
      connection: o.connection.name,
      sessions: Object.fromEntries(Object.entries(done).map(([stream, once]) => [stream, once.session])),
      whoami,
      canaries: o.connection.canaries[name] ?? [],
      baseline: baselineOf(baselines.get(name) ?? null),
      off: o.off ?? [],
      listener: o.listener,
      onProgress: o.onProgress ?? (() => undefined),
    }
    const once = await readOnce(context)
    if (once !== null) done[name] = once
    return once
  }
  for (const name of wanted) reading.set(name, read(name))
  // Every read settles before any failure is thrown, so that none goes on writing behind our back.
  const settled = await Promise.allSettled(reading.values())
  for (const result of settled) if (result.status === 'rejected') throw result.reason
  return wanted.every((name) => done[name] !== undefined) ? done : null
}

function baselineOf(facts: ReadFacts | null): ReadFacts['baseline'] {
  return facts === null ? null : { stored: facts.stored, filled: facts.filled }
}

export function parentsOf(connector: Connector, name: string): readonly string[] {
  return Object.values(connector.streams[name]?.each ?? {}).flatMap((each) => (each.from === 'stream' ? [each.stream] : []))
}

/** In the connector's dependency order. */
function withParents(connector: Connector, names: readonly string[]): readonly string[] {
  const wanted = new Set<string>()
  const want = (name: string): void => {
    if (connector.streams[name] === undefined)
      throw new Failure('read/unknown-stream', `streams.${name}`, `connector ${connector.connector} has no stream ${name}`)
    for (const parent of parentsOf(connector, name)) want(parent)
    wanted.add(name)
  }
  names.forEach(want)
  return connector.order.filter((name) => wanted.has(name))
}

/** What two snapshots must share to be compared: declaration, settings, and which credential was used. Item 21. */
export function fingerprintOf(connector: Connector, connection: Connection): string {
  // A value that lies outside may change under its name: then it is another credential.
  const value = (name: string): string => (connection.seen?.[name] === undefined ? '' : `#${connection.seen[name].mark}`)
  const others = webhookSecretNames(connector)
  const secrets = Object.entries(connection.secrets)
    .filter(([name]) => !others.includes(name))
    .map(([name, ref]) => `${name}=${ref.from}:${ref.name}${value(name)}`)
  const text = JSON.stringify([connector.fingerprint, Object.entries(connection.settings).sort(), secrets.sort()])
  return `sha256:${hash('sha256', text, 'hex')}`
}
