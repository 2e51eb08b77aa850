import type { Http } from '../runtime/http/open.ts'
import type { Flags } from './args.ts'
import {
  type CONNECTION,
  guardedIo,
  keptIn,
  keptNowhere,
  mayRotate,
  openTheHttp,
  readingStore,
  refuseConnectionFlags,
  storedTarget,
  type Target,
  targetFrom,
  withStore,
} from './compose.ts'
import type { Io } from './io.ts'

type TargetFlags = Flags<typeof CONNECTION> & { readonly store: string | undefined }

/** A target ready to be asked: a stored connection by name, or one made from flags, which leaves nothing behind unless --store says so. */
export async function withTarget<T>(
  name: string | undefined,
  flags: TargetFlags,
  io: Io,
  work: (target: Target, http: Http, io: Io) => Promise<T>,
): Promise<T> {
  if (name !== undefined) {
    refuseConnectionFlags(flags, name)
    const stored = await readingStore(flags.store, io, (store) => storedTarget(store, name, io))
    // Beside a sync under way, unless signing in may have something to keep.
    if (!mayRotate(stored.connector)) return ask(stored, keptNowhere(stored.connector))
    return withStore(flags.store, io, false, async (store) => ask(await storedTarget(store, name, io), keptIn(store, name)))
  }
  const target = await targetFrom(flags, null, io)
  if (flags.store === undefined) return ask(target, keptNowhere(target.connector))
  return withStore(flags.store, io, true, (store) => ask(target, keptIn(store, target.connection.name)))

  async function ask(asked: Target, kept: ReturnType<typeof keptIn>): Promise<T> {
    const guarded = await guardedIo(asked.connection, io)
    const onWait = (wait: { readonly why: string; readonly until: string }): void =>
      guarded.err(`waiting until ${wait.until}: ${wait.why}\n`)
    const http = await openTheHttp(asked, io, { kept, allow_private: flags['allow-private'], onWait })
    try {
      return await work(asked, http, guarded)
    } finally {
      await http.close()
    }
  }
}
