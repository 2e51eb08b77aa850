import type { Http } from '../runtime/http/open.ts'
import type { Flags } from './args.ts'
import {
  type CONNECTION,
  guardedIo,
  openTheHttp,
  readingStore,
  refuseConnectionFlags,
  storeDir,
  storedTarget,
  type Target,
  targetFrom,
  withStore,
} from './compose.ts'
import type { Io } from './io.ts'
import { openAsking } from './vault.ts'

type TargetFlags = Flags<typeof CONNECTION> & { readonly store: string | undefined }

/** A target ready to be asked: a stored connection by name, or one made from flags, which leaves nothing behind unless --store says so. */
export async function withTarget<T>(
  name: string | undefined,
  flags: TargetFlags,
  io: Io,
  work: (target: Target, http: Http, io: Io) => Promise<T>,
  what: string,
): Promise<T> {
  if (name !== undefined) {
    refuseConnectionFlags(flags, name)
    const stored = await readingStore(flags.store, io, (store) => storedTarget(store, name, io))
    // Beside a sync under way: what signing in keeps lies in a file that several processes may write.
    return ask(stored, storeDir(flags.store, io))
  }
  const target = await targetFrom(flags, null, io)
  if (flags.store === undefined) return ask(target, null)
  return withStore(flags.store, io, true, () => ask(target, storeDir(flags.store, io)))

  async function ask(asked: Target, dir: string | null): Promise<T> {
    const asking = openAsking(asked, io, { what, dir, store: null })
    const guarded = await guardedIo(asked.connection, io)
    const onWait = (wait: { readonly why: string; readonly until: string }): void =>
      guarded.err(`waiting until ${wait.until}: ${wait.why}\n`)
    const http = await openTheHttp(asked, io, { asking, allow_private: flags['allow-private'], onWait })
    try {
      return await work(asked, http, guarded)
    } finally {
      await http.close()
    }
  }
}
