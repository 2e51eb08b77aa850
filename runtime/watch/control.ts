/** The positive control of a "gone": a record known to be alive, asked the same way in the same minute. truth.md, "Absence is never deletion". */
import type { AskById, Seen } from './by-id.ts'
import type { WatchContext } from './context.ts'

/** One that goes is no proof of lost permission: so many are asked before the control counts as failed. */
const TRIES = 3
const SAMPLE = 25
export const MINUTE_MS = 60_000

/**
 * `alive`: when it answered. `silent`: none of those known to be alive answered. `nobody`: none is known; there `gone` cannot be told from a
 * right that was lost.
 */
export type Control =
  | { readonly is: 'alive'; readonly at_ms: number }
  | { readonly is: 'silent'; readonly because: string }
  | { readonly is: 'nobody' }

export async function controlOf(
  { store, connection }: WatchContext,
  stream: string,
  ask: AskById,
  but: ReadonlySet<string>,
): Promise<Control> {
  let silent: Seen | null = null
  for (const id of await known(store, connection.name, stream, but)) {
    const seen = await ask(id)
    if (seen.shows === 'alive') return { is: 'alive', at_ms: seen.answered_ms }
    silent = seen
  }
  return silent === null ? { is: 'nobody' } : { is: 'silent', because: silent.because }
}

/** Of the last complete snapshot, else of the newest; active ones first: those a target deletes by itself last. */
async function known(
  store: WatchContext['store'],
  connection: string,
  stream: string,
  but: ReadonlySet<string>,
): Promise<readonly string[]> {
  for (const which of ['complete', 'latest'] as const) {
    const records = await store.records(connection, stream, { which, after: 0, limit: SAMPLE + but.size })
    const others = records.filter(({ id }) => !but.has(id))
    const active = others.filter(({ fields }) => fields['active'] !== false)
    const ids = [...active, ...others.filter((one) => !active.includes(one))].map(({ id }) => id)
    if (ids.length > 0) return ids.slice(0, TRIES)
  }
  return []
}
