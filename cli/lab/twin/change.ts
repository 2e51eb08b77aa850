/** One part of one record, from one state to another. Plain data, so that copies of a world, delays and undoings all play the same. */
import { at, put } from './path.ts'
import type { Change, Entry, World } from './types.ts'

export type { Change } from './types.ts'

/** Whether anything changed. */
export function applyChange(world: World, change: Change): boolean {
  const entry = entryOf(world, change.of, idOf(change))
  switch (change.do) {
    case 'put':
      if (entry !== undefined) return false
      world.put(change.of, { ...change.entry })
      return true
    case 'drop':
      if (entry === undefined) return false
      world.remove(change.of, change.id)
      return true
    case 'set': {
      if (entry === undefined || same(at(entry.native, change.path), change.to)) return false
      // Copies of a world share what is in their records.
      entry.native = structuredClone(entry.native)
      put(entry.native, change.path, change.to)
      return true
    }
  }
}

/** What takes it back; null where it would change nothing. */
export function inverseOf(world: World, change: Change): Change | null {
  const entry = entryOf(world, change.of, idOf(change))
  if (change.do === 'put') return entry === undefined ? { do: 'drop', of: change.of, id: change.entry.id } : null
  if (entry === undefined) return null
  return change.do === 'drop'
    ? { do: 'put', of: change.of, entry: { ...entry } }
    : { ...change, to: at(entry.native, change.path) }
}

/** A record goes with everything that ties it to others, those first: each can be taken back by itself. */
export function dropsOf(world: World, of: string, id: string): readonly Change[] {
  const tied = [...world.collections].flatMap(([name, entries]) =>
    [...entries.values()].flatMap((entry): Change[] =>
      name !== of && Object.values(entry.links).includes(id) ? [{ do: 'drop', of: name, id: entry.id }] : [],
    ),
  )
  return [...tied, { do: 'drop', of, id }]
}

/** Which record it is about. */
export const idOf = (change: Change): string => (change.do === 'put' ? change.entry.id : change.id)
export const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)
export const entryOf = (world: World, of: string, id: string): Entry | undefined => {
  const entries = world.collections.get(of)
  if (entries === undefined) throw new Error(`the twin has no collection ${of}`)
  return entries.get(id)
}
