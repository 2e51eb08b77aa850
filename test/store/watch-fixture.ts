import type { Store } from '../../runtime/store/port.ts'
import type { NewSighting, WatchStore } from '../../runtime/store/watch-port.ts'
import type { Advance, FeedAgreement } from '../../runtime/watch-types.ts'
import { commit, published, row } from './fixture.ts'

export type Watched = Store & WatchStore
export type WatchOpened = {
  readonly store: Watched
  readonly reopen: () => Promise<Watched>
  readonly drop: () => Promise<void>
}
export type WatchHarness = { store: Watched; readonly reopen: () => Promise<void> }

const T0 = Date.parse('2026-05-01T00:00:00.000Z')
/** So many minutes after the beginning. */
export const min = (minutes: number): string => new Date(T0 + minutes * 60_000).toISOString()

export const users = (...ids: readonly string[]) => ids.map((id) => ({ stream: 'users', id }))
export const BY_LOG = { by: 'feed', feed: 'log' } as const
export const BY_WEBHOOK = { by: 'webhook' } as const

/** A poll of the feed `log` that learned nothing but its next position, unless said otherwise. */
export const advance = (from: number | null, to: number, more: Partial<Advance> = {}): Advance => ({
  feed: 'log',
  streams: ['users'],
  from: from === null ? null : { at: min(from) },
  to: { at: min(to) },
  at: min(to),
  told_until: min(to - 10),
  events: [],
  forget_before: null,
  touched: [],
  hole: null,
  ...more,
})

export const sighting = (id: string, at: number, more: Partial<NewSighting> = {}): NewSighting => ({
  stream: 'users',
  id,
  at: min(at),
  cause: BY_LOG,
  named_at: min(at - 1),
  shows: 'alive',
  because: 'it answered',
  fields: { name: id },
  is: 'changed',
  moved: ['name'],
  ...more,
})

export const agreement = (between: readonly [number, number], more: Partial<FeedAgreement> = {}): FeedAgreement => ({
  feed: 'log',
  stream: 'users',
  between,
  compared_to: 7,
  is: 'agrees',
  because: 'test',
  changes: 0,
  named: 0,
  skipped: [],
  began_at: min(0),
  at: min(0),
  ...more,
})

/** A whole read that began then. */
export async function readAt(
  store: Store,
  minute: number,
  streams: readonly string[] = ['users'],
  is: 'complete' | 'unproven' = 'complete',
): Promise<number> {
  const { sync } = await store.beginSync('acme', 'print', min(minute))
  for (const stream of streams) {
    const session = await store.read(sync, 'acme', stream)
    await commit(session, 1, [row('a', minute)])
    await store.publish(sync, 'acme', published(session, is, { stream }))
  }
  await store.endSync(sync, 'finished', null, min(minute + 1))
  return sync
}
