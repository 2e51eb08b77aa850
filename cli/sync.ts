import { Failure } from '../runtime/errors.ts'
import type { Breach } from '../runtime/govern/standing.ts'
import { COMMON, type CommandSpec, type Flags, STORE } from './args.ts'
import { attested, canaries, SCOPE, unknownStream } from './attest.ts'
import { breachJson, breachLine } from './breach-text.ts'
import { command } from './command.ts'
import {
  type BothStores,
  CONNECTION,
  guardedIo,
  openTheHttp,
  refuseConnectionFlags,
  storeDir,
  storedTarget,
  type Target,
  targetFrom,
  withStore,
} from './compose.ts'
import { actOf } from './inputs.ts'
import type { Io } from './io.ts'
import { openProgress } from './progress.ts'
import { lookAtSecrets } from './seen.ts'
import { jsonLine, painter, safe } from './text.ts'
import { openAsking } from './vault.ts'

const spec = {
  name: 'sync',
  about:
    'Reads every stream of a connection, proves and judges each, and stores what was read with its verdict.\nExit 4 where a certified stream is not complete. Ctrl-C pauses at a checkpoint (exit 3): the same command goes on there.',
  words: '[NAME]',
  takes: [0, 1],
  flags: {
    ...CONNECTION,
    name: {
      type: 'string',
      value: 'NAME',
      about: 'with --connector: what to call the connection (default: made from connector and settings)',
    },
    stream: { type: 'string', multiple: true, value: 'STREAM', about: 'only this stream and what it depends on; several times' },
    ...SCOPE,
    fresh: { type: 'boolean', about: 'begin anew, even where a paused sync could go on' },
    progress: { type: 'boolean', about: 'show progress with --json too, as lines on stderr' },
    ...STORE,
    ...COMMON,
  },
  examples: [
    ['rollcall sync acme', 'a stored connection'],
    [
      'rollcall sync --connector okta --set domain=acme.okta.com --secret token=env:OKTA_TOKEN --store ./data --json',
      'in one go, for a program',
    ],
    [
      'rollcall sync acme --attest-scope "Kim Park, IAM: the token has the directory-reader role"',
      'with a dated statement of scope',
    ],
    ['rollcall sync acme --stream users --canary users=00u1suspended', 'one stream, and an account that must be in it'],
  ],
} as const satisfies CommandSpec

type SyncFlags = Flags<(typeof spec)['flags']>

export const run = command(spec, async ({ flags, words: [name] }, io) => {
  // Before the store is opened: a wrong flag or connector must not leave a store behind.
  const given = name === undefined ? await targetFrom(flags, flags.name ?? null, io) : null
  if (name !== undefined) refuseConnectionFlags(flags, name)
  if (given !== null) refuseUnknownStreams(given, flags)
  return withStore(flags.store, io, given !== null, async (store) => {
    const asked = given ?? (await withNewCredential(store, await storedTarget(store, name ?? '', io), flags, io))
    refuseUnknownStreams(asked, flags)
    const target = await prepared(store, asked, flags, io)
    return await read(store, target, flags, await guardedIo(target.connection, io))
  })
})

function refuseUnknownStreams({ connector }: Target, flags: SyncFlags): void {
  for (const stream of flags.stream) if (!Object.hasOwn(connector.streams, stream)) throw unknownStream(connector, stream)
}

/** One that waits is tried first; as long as it has not proved itself, the old one reads. */
async function withNewCredential(store: BothStores, target: Target, flags: SyncFlags, io: Io): Promise<Target> {
  if ((target.connection.rotation ?? null) === null) return target
  const { tryNewCredential } = await import('./rotate-credential.ts')
  try {
    const { is, because, connection } = await tryNewCredential(store, target, io, {
      dir: storeDir(flags.store, io),
      allow_private: flags['allow-private'],
    })
    io.err(
      is === 'waiting'
        ? `note: the new credential has not proved itself yet: ${safe(because ?? '')}\n`
        : 'note: the new credential is used now\n',
    )
    return { ...target, connection }
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    io.err(`note: the new credential could not be tried: ${error.message}\n`)
    return target
  }
}

/** What a person adds on the command line becomes part of the stored connection: the next sync rests on it too. */
async function prepared(store: BothStores, target: Target, flags: SyncFlags, io: Io): Promise<Target> {
  const before = (await store.connection(target.connection.name)) ?? target.connection
  const stated = attested(flags['attest-scope'], flags['attest-days'], io.now())
  const { seen, changed } = await lookAtSecrets(target.connection, before.seen ?? {}, io)
  if (changed.length > 0) {
    const act = actOf(io, 'rollcall sync found another value where the secret is kept')
    await store.enter({ ...act, what: 'credential changed', about: before.name, detail: { secrets: changed } })
    io.err(`note: ${changed.map(safe).join(', ')} has another value than before: what was read with it is no baseline any more\n`)
  }
  const connection = {
    ...before,
    ...target.connection,
    seen,
    owner: before.owner,
    created_at: before.created_at,
    // A statement about what a credential sees says nothing about another one.
    attested: stated ?? (changed.length > 0 ? null : before.attested),
    canaries: canaries(flags.canary, target.connector, before.canaries),
    protected: before.protected ?? {},
  }
  await store.putConnection(connection, actOf(io, 'rollcall sync'))
  return { connector: target.connector, connection }
}

async function read(store: BothStores, target: Target, flags: SyncFlags, io: Io) {
  const [{ sync }, { report }] = await Promise.all([import('../runtime/read/sync.ts'), import('./report.ts')])
  const quiet = flags.json && !flags.progress
  let stats: (() => ReturnType<typeof http.stats>) | null = null
  const progress = openProgress(io, quiet ? 'none' : io.tty && !flags.json ? 'terminal' : 'lines', () => stats?.() ?? null)
  const http = await openTheHttp(target, io, {
    asking: openAsking(target, io, { what: 'sync', dir: storeDir(flags.store, io), store }),
    allow_private: flags['allow-private'],
    onWait: (wait) => progress.on({ kind: 'wait', ...wait }),
  })
  stats = () => http.stats()
  const stop = new AbortController()
  const off = io.onStop(() => {
    stop.abort()
    io.err('stopping at the next checkpoint; once more stops at once\n')
  })
  try {
    const result = await sync({
      ...target,
      store,
      http,
      now: io.now,
      signal: stop.signal,
      onProgress: progress.on,
      ...(flags.stream.length > 0 ? { only: flags.stream } : {}),
      fresh: flags.fresh,
    })
    progress.end()
    const resume = 'the same command goes on where this one stopped'
    const breached = result.state === 'finished' ? await breaches(store, target, io) : []
    const { revertReasons } = await import('../runtime/govern/gate-of.ts')
    const reverted = await revertReasons(store, target.connector, target.connection.name, null)
    const said = report({ ...target, result, now_ms: io.now(), resume, reverted })
    const text = () => said.text(painter(io.color), io.width) + breached.map((one) => breachLine(one, io)).join('')
    io.out(flags.json ? jsonLine({ ...said.json, reverted: breached.map(breachJson) }) : text())
    return said.exit
  } finally {
    off()
    progress.end()
    await http.close()
  }
}

/** What this read shows to be undone of what was verified before. */
async function breaches(store: BothStores, { connector, connection }: Target, io: Io): Promise<readonly Breach[]> {
  const { checkStanding } = await import('../runtime/govern/standing.ts')
  return await checkStanding(store, connector, connection.name, new Date(io.now()).toISOString())
}
