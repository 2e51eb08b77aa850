/** What happened in a world, in order and with its instant: what feeds tell of, truly or not. */
import { applyChange, dropsOf, entryOf, idOf } from './change.ts'
import type { Change, Entry, Happened, History, World } from './types.ts'

export function openHistory(world: World, now: () => number): History {
  const happened: Happened[] = []
  function act(changes: readonly Change[]): void {
    for (const change of changes) {
      const { of } = change
      const id = idOf(change)
      const before = entryOf(world, of, id)
      if (!applyChange(world, change)) continue
      // As it is now; what is gone as it was last.
      const entry = (entryOf(world, of, id) ?? before) as Entry
      const what = change.do === 'put' ? 'created' : change.do === 'drop' ? 'deleted' : 'updated'
      happened.push({ no: happened.length + 1, at_ms: now(), what, of, id, entry: { ...entry } })
    }
  }
  return { happened, act, drop: (of, id) => act(dropsOf(world, of, id)) }
}
