/** A new credential of a connection of the command line: another reference, or another value where the secret is kept. */
import { Failure } from '../runtime/errors.ts'
import { begun, type Settled, settleRotation, unproved } from '../runtime/govern/rotation.ts'
import type { Checked } from '../runtime/read/check.ts'
import type { Connection } from '../runtime/types.ts'
import { type BothStores, guardedIo, openTheHttp, type Target } from './compose.ts'
import { actOf } from './inputs.ts'
import type { Io } from './io.ts'
import { lookAtSecrets } from './seen.ts'
import { settingsFrom } from './settings.ts'
import { openAsking } from './vault.ts'

type Where = { readonly dir: string; readonly allow_private: boolean }

/** Throws `cli/secret` where a new one cannot be read. */
export async function tryNewCredential(store: BothStores, target: Target, io: Io, where: Where): Promise<Settled> {
  return await settleRotation({
    connection: target.connection,
    at: () => new Date(io.now()).toISOString(),
    check: (secrets) => checkWith(store, { ...target, connection: { ...target.connection, secrets } }, io, where),
    change: async (work) => {
      const now = (await store.connection(target.connection.name)) ?? target.connection
      const changed = work(now)
      if (changed === null) return now
      const { seen } = await lookAtSecrets(changed.next, changed.next.seen ?? {}, io)
      const next = { ...changed.next, seen }
      await store.putConnection(next, actOf(io, changed.why))
      return next
    },
  })
}

/** The new references wait to be tried. Throws `cli/setting` for one that the connector does not have. */
export async function beginRotation(
  store: BothStores,
  { connector, connection }: Target,
  given: readonly string[],
  until: string,
  io: Io,
): Promise<Connection> {
  const only = Object.fromEntries(Object.entries(connector.settings).filter(([, { type }]) => type === 'secret'))
  const optional = Object.fromEntries(Object.entries(only).map(([name, setting]) => [name, { ...setting, required: false }]))
  const { secrets } = settingsFrom({ ...connector, settings: optional }, [], given)
  const act = actOf(io, `credential rotation begun (${Object.keys(secrets).join(', ')}): rollcall rotate`)
  const next = begun(connection, secrets, act.by, act.at, until)
  await store.putConnection(next, act)
  return next
}

/** Where the values were replaced where they lie. Null: they prove themselves and are known from now on; else why not. */
export async function takeInPlace(
  store: BothStores,
  target: Target,
  io: Io,
  where: Where,
): Promise<{ readonly changed: readonly string[]; readonly because: string | null }> {
  const { connection } = target
  const { seen, changed } = await lookAtSecrets(connection, connection.seen ?? {}, io)
  if (changed.length === 0) return { changed, because: null }
  const because = unproved(await checkWith(store, target, io, where))
  if (because !== null) return { changed, because }
  const act = actOf(
    io,
    'credential rotated: another value where the secret is kept; it was tried against the target and proved itself',
  )
  await store.enter({ ...act, what: 'credential changed', about: connection.name, detail: { secrets: changed } })
  await store.putConnection({ ...connection, seen, attested: null }, act)
  return { changed, because: null }
}

async function checkWith(store: BothStores, target: Target, io: Io, { dir, allow_private }: Where): Promise<Checked> {
  const [{ check }, { nearest }] = await Promise.all([import('../runtime/read/check.ts'), import('../runtime/spec/nearest.ts')])
  await guardedIo(target.connection, io)
  const http = await openTheHttp(target, io, { asking: openAsking(target, io, { what: 'rotate', dir, store }), allow_private })
  try {
    return await check(target, http, nearest)
  } finally {
    await http.close()
  }
}

/** Throws `cli/usage`. */
export function untilOf(span_ms: number, now_ms: number): string {
  if (span_ms > 90 * 86_400_000) throw new Failure('cli/usage', '--keep-old', '--keep-old takes at most 90d')
  return new Date(now_ms + span_ms).toISOString()
}
