/** The command line, in process; and what it left in the store. */
import { dispatch } from '../../cli/dispatch.ts'
import type { Io } from '../../cli/io.ts'
import type { Store } from '../../runtime/store/port.ts'
import { openStore } from '../../runtime/store/sqlite/open.ts'
import type { Change } from '../../runtime/types.ts'
import type { Stored } from './run.ts'

export type Invoked = { readonly code: number; readonly stdout: string; readonly stderr: string }

export async function invoke(args: readonly string[], env: { readonly [name: string]: string }): Promise<Invoked> {
  const said = { out: '', err: '' }
  const io: Io = {
    out: (text) => {
      said.out += text
    },
    err: (text) => {
      said.err += text
    },
    env: { ROLLCALL_DEBUG: '1', ...env },
    now: Date.now,
    tty: false,
    color: false,
    width: Number.POSITIVE_INFINITY,
    onStop: () => () => undefined,
  }
  const code = await dispatch(args, io)
  return { code, stdout: said.out, stderr: said.err }
}

const PAGE = 5_000

/** Every record of every stream of the only connection, from the newest snapshots or from the last complete ones. */
export function storedRecords(dir: string, which: 'latest' | 'complete' = 'latest'): Promise<Stored> {
  return withStore(dir, async (store, connection) => {
    const snapshots = (await store.snapshots(connection)).filter((one) => which === 'latest' || one.complete !== null)
    const streams = snapshots.map(async ({ latest: { stream } }) => {
      const records = await all((after) => store.records(connection, stream, { which, after, limit: PAGE }))
      return [stream, records.map(({ id, fields }) => ({ id, fields }))] as const
    })
    return Object.fromEntries(await Promise.all(streams))
  })
}

export function storedChanges(dir: string): Promise<readonly Change[]> {
  return withStore(dir, (store, connection) => all((after) => store.changes(connection, { after, limit: PAGE })))
}

async function all<T extends { readonly seq: number }>(page: (after: number) => Promise<readonly T[]>): Promise<readonly T[]> {
  const rows: T[] = []
  for (let after = 0; ; ) {
    const some = await page(after)
    rows.push(...some)
    const last = some.at(-1)
    if (last === undefined) return rows
    after = last.seq
  }
}

async function withStore<T>(dir: string, look: (store: Store, connection: string) => Promise<T>): Promise<T> {
  const store = await openStore(dir, { create: false })
  try {
    const [only, ...more] = await store.connections()
    if (only === undefined || more.length > 0) throw new Error(`the store must have one connection, it has ${more.length + 1}`)
    return await look(store, only.name)
  } finally {
    await store.close()
  }
}
