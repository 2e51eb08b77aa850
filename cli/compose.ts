/** Connector + connection + store + HTTP → ready to read. The rooms are imported when needed: most commands need few of them. */
import { hash } from 'node:crypto'
import { Failure } from '../runtime/errors.ts'
import type { Http } from '../runtime/http/open.ts'
import { didYouMean } from '../runtime/spec/nearest.ts'
import type { Store } from '../runtime/store/port.ts'
import type { Connection, Connector } from '../runtime/types.ts'
import type { FlagSpecs, Flags } from './args.ts'
import { type ConnectorFile, findConnector, readConnector } from './connector-file.ts'
import { GuidedFailure } from './failure.ts'
import type { Io } from './io.ts'
import { readSecret } from './secrets.ts'
import { settingsFrom } from './settings.ts'
import type { BothStores, Target } from './target.ts'
import { safe } from './text.ts'
import { type Asking, takeUpUnsaid } from './vault.ts'

export type { BothStores, Target } from './target.ts'

/** What a connection is made of, on the command line. */
export const CONNECTION = {
  connector: { type: 'string', value: 'FILE|NAME', about: 'a connector file, or the name of one that comes along' },
  set: { type: 'string', multiple: true, value: 'KEY=VALUE', about: 'a setting; several times' },
  secret: {
    type: 'string',
    multiple: true,
    value: 'NAME=REF',
    about: 'where a secret is found: env:VARIABLE or file:PATH, never the value',
  },
  'allow-private': { type: 'boolean', about: 'the target may be on a private network, over plain http' },
} as const satisfies FlagSpecs

type ConnectionFlags = Flags<typeof CONNECTION>

export const storeDir = (given: string | undefined, io: Io): string => given ?? (io.env['ROLLCALL_STORE'] || '.rollcall')

/** `create: false`: throws `store/not-found` where there is no store yet. */
export async function openTheStore(given: string | undefined, io: Io, create: boolean): Promise<BothStores> {
  const [{ openStore }, { takeUp, withStops }] = await Promise.all([
    import('../runtime/store/sqlite/open.ts'),
    import('../runtime/control/stop-mail.ts'),
  ])
  const dir = storeDir(given, io)
  const store = await guided(openStore(dir, { create }))
  await takeUp(dir, store)
  await takeUpUnsaid(dir, io, store)
  return withStops(dir, store)
}

/** Says what to do where there is no store. */
async function guided(opening: Promise<BothStores>): Promise<BothStores> {
  try {
    return await opening
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'store/not-found') throw error
    throw new GuidedFailure(
      error,
      'Name the store with --store DIR or ROLLCALL_STORE, or begin with `rollcall connect`, which makes one.',
    )
  }
}

/** Opens, works, and closes whatever happens. */
export async function withStore<T>(
  given: string | undefined,
  io: Io,
  create: boolean,
  work: (store: BothStores) => Promise<T>,
): Promise<T> {
  return await closing(await openTheStore(given, io, create), work)
}

/** For commands that only show: works beside a process that has the store, and shows what was published by now. */
export async function readingStore<T>(given: string | undefined, io: Io, work: (store: BothStores) => Promise<T>): Promise<T> {
  const [{ openStore }, { ordersWaiting, withStopsShown }] = await Promise.all([
    import('../runtime/store/sqlite/open.ts'),
    import('../runtime/control/stop-mail.ts'),
  ])
  const dir = storeDir(given, io)
  const orders = ordersWaiting(dir)
  return await closing(withStopsShown(orders, await guided(openStore(dir, { read_only: true }))), work)
}

async function closing<T>(store: BothStores, work: (store: BothStores) => Promise<T>): Promise<T> {
  try {
    return await work(store)
  } finally {
    await store.close()
  }
}

/** The stored connection and its connector as it is now. Throws `cli/connection` with the nearest name. */
export async function storedTarget(store: Store, name: string, io: Io): Promise<Target> {
  const connection = await storedConnection(store, name)
  return { connector: await readConnector(findConnector(connection.connector_file), io.color), connection }
}

/** The connector of a stored connection, or null where its file is gone or no longer valid: what was read can be shown without it. */
export async function storedConnector(connection: Connection, io: Io): Promise<Connector | null> {
  try {
    return await readConnector(findConnector(connection.connector_file), false)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    io.err(
      `note: the connector of ${safe(connection.name)} cannot be read, so its streams and their freshness are not known: ${error.message}\n`,
    )
    return null
  }
}

export async function storedConnection(store: Store, name: string): Promise<Connection> {
  const connection = await store.connection(name)
  if (connection !== null) return connection
  const names = (await store.connections()).map((c) => c.name)
  const hint =
    didYouMean(name, names) ??
    (names.length === 0 ? 'the store has none; `rollcall connect` makes one' : `the store has ${names.map(safe).join(', ')}`)
  throw new Failure('cli/connection', name, `there is no connection \`${safe(name)}\`; ${hint}`)
}

/** A connection made from flags, not stored. Without a name it gets one from connector and settings: the same command, the same connection. */
export async function targetFrom(flags: ConnectionFlags, name: string | null, io: Io): Promise<Target> {
  if (flags.connector === undefined)
    throw new Failure('cli/usage', 'connector', 'say which: a connection NAME, or --connector FILE')
  const file = findConnector(flags.connector)
  const connector = await readConnector(file, io.color)
  const { settings, secrets } = settingsFrom(connector, flags.set, flags.secret)
  const mark = hash('sha256', JSON.stringify(Object.entries(settings).sort()), 'hex').slice(0, 6)
  const connection: Connection = {
    name: name ?? `${connector.connector}-${mark}`,
    connector: connector.connector,
    connector_file: stored(file),
    settings,
    secrets,
    owner: null,
    attested: null,
    canaries: {},
    allow_private: flags['allow-private'],
    created_at: new Date(io.now()).toISOString(),
  }
  return { connector, connection }
}

const stored = (file: ConnectorFile): string => file.stored

/** Flags that make a connection have no say over a stored one: two truths would be one too many. */
export function refuseConnectionFlags(flags: ConnectionFlags, name: string): void {
  const given = [
    flags.connector === undefined ? null : '--connector',
    flags.set.length > 0 ? '--set' : null,
    flags.secret.length > 0 ? '--secret' : null,
  ]
  const used = given.filter((flag) => flag !== null)
  if (used.length === 0) return
  throw new Failure(
    'cli/usage',
    name,
    `${used.join(', ')} and the stored connection \`${safe(name)}\` contradict each other; change it with \`rollcall connect ${safe(name)} …\``,
  )
}

/** The HTTP room of a connection. `allow_private` from the flag counts for this run alone. */
export async function openTheHttp(
  target: Target,
  io: Io,
  more: {
    readonly asking: Asking
    readonly allow_private: boolean
    readonly onWait?: (wait: { readonly why: string; readonly until: string }) => void
  },
): Promise<Http> {
  const [{ openHttp }, { Secret }] = await Promise.all([import('../runtime/http/open.ts'), import('../runtime/secret.ts')])
  const { connector, connection } = target
  const http = openHttp({
    connector,
    settings: connection.settings,
    secrets: async (name) => {
      const ref = connection.secrets[name]
      if (ref === undefined)
        throw new Failure(
          'cli/secret',
          name,
          `secret \`${safe(name)}\` has no reference; add --secret ${safe(name)}=env:VARIABLE`,
        )
      await more.asking.used(name)
      return new Secret(readSecret(name, ref, io.env))
    },
    allow_private: connection.allow_private || more.allow_private,
    now: io.now,
    kept: more.asking.kept,
    ...(more.onWait === undefined ? {} : { onWait: more.onWait }),
  })
  return {
    ...http,
    async close() {
      await http.close()
      more.asking.close()
    },
  }
}

/**
 * Reads every secret that has a reference, so that a missing one is told before anything is sent (throws `cli/secret`); and gives an
 * Io that masks their values in whatever is printed, should a target echo them.
 */
export async function guardedIo(connection: Connection, io: Io): Promise<Io> {
  const { openRedact } = await import('../runtime/http/redact.ts')
  const redact = openRedact()
  for (const [name, ref] of Object.entries(connection.secrets)) {
    const value = readSecret(name, ref, io.env)
    // A short one is found by chance in names and numbers, and masking those would say what it is.
    if (value.length >= 8) redact.learn(value)
  }
  return { ...io, out: (text) => io.out(redact.text(text)), err: (text) => io.err(redact.text(text)) }
}
