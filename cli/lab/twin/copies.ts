/** The truth in several copies: changes reach them when they are due, some are undone again, and every effect is written down. */
import type { Json } from '../../../runtime/types.ts'
import { applyChange, type Change, idOf, inverseOf } from './change.ts'
import type { World } from './types.ts'

/** A change that changed something, at the primary. */
export type Effected = {
  readonly at_ms: number
  readonly change: Change
  readonly by: 'request' | 'upstream'
  /** Number of the changing request it comes from; 0: none. */
  readonly request: number
}

export type Scheduled = {
  readonly by: Effected['by']
  readonly request: number
  readonly delay_ms: number
  /** Undone so long after it happened; null: it stays. */
  readonly undone_ms: number | null
  /** The copies follow the primary so much later each. */
  readonly lag_ms: number
}

export type Copies = {
  /** The primary first. */
  readonly worlds: readonly World[]
  readonly effects: readonly Effected[]
  /** What is due by now happens. */
  readonly tick: () => void
  readonly change: (changes: readonly Change[], how: Scheduled) => void
  readonly underway: () => number
  /** When the last thing that is on its way now will have happened; null: nothing is. */
  readonly settled_at: () => number | null
}

type Due = { readonly due_ms: number; readonly copy: number; readonly changes: readonly Change[] } & Omit<Scheduled, 'delay_ms'>

/** `onChange` is told the instant at which any copy has changed, after it did. */
export function openCopies(worlds: readonly World[], now: () => number, onChange: (at_ms: number) => void): Copies {
  const effects: Effected[] = []
  let due: Due[] = []

  const enact = (one: Due): void => {
    const world = worlds[one.copy] as World
    const undo: Change[] = []
    let moved = false
    for (const change of one.changes) {
      const back = inverseOf(world, change)
      if (!applyChange(world, change)) continue
      moved = true
      if (back !== null) undo.unshift(back)
      if (one.copy === 0) effects.push({ at_ms: one.due_ms, change, by: one.by, request: one.request })
    }
    if (moved) onChange(one.due_ms)
    if (one.undone_ms !== null && undo.length > 0)
      due.push({ ...one, due_ms: one.due_ms + one.undone_ms, changes: undo, by: 'upstream', request: 0, undone_ms: null })
  }
  const tick = (): void => {
    for (;;) {
      const next = due.filter((one) => one.due_ms <= now()).sort((a, b) => a.due_ms - b.due_ms)[0]
      if (next === undefined) return
      due = due.filter((one) => one !== next)
      enact(next)
    }
  }
  return {
    worlds,
    effects,
    tick,
    change: (changes, { delay_ms, ...how }) => {
      tick()
      const at = now() + delay_ms
      for (const copy of worlds.keys()) due.push({ ...how, changes, copy, due_ms: at + copy * how.lag_ms })
      tick()
    },
    underway: () => due.length,
    settled_at: () => due.reduce<number | null>((last, one) => Math.max(last ?? 0, one.due_ms + (one.undone_ms ?? 0)), null),
  }
}

/**
 * What our requests brought about more than once: the same record made, taken away or set alike twice, with nobody else undoing it in
 * between. What differs each time (an instant, a new key) counts by its place.
 */
export function duplicatesOf(
  effects: readonly Effected[],
  sameName: (entry: Change & { readonly do: 'put' }) => string,
  /** Which request it was: an instant that two different ones move (Okta deactivates whom it is to delete) each of them moved once. */
  line: (request: number) => string = () => '',
): readonly string[] {
  const seen = new Map<string, number>()
  const twice = new Set<string>()
  for (const { change, by, request } of effects) {
    const subject = `${change.of}/${idOf(change)}`
    if (by === 'upstream') {
      for (const key of seen.keys()) if (key.includes(subject)) seen.delete(key)
      continue
    }
    const key =
      change.do === 'put'
        ? `made ${sameName(change)}`
        : change.do === 'drop'
          ? `gone ${subject}`
          : `${subject} ${change.path} ${told(change.to)}${isInstant(change.to) ? ` by ${line(request)}` : ''}`
    seen.set(key, (seen.get(key) ?? 0) + 1)
    if ((seen.get(key) ?? 0) > 1) twice.add(key)
  }
  return [...twice]
}

/** An instant differs by when it is asked, and is the same effect. */
const told = (value: Json | undefined): string => (isInstant(value) ? 'an instant' : JSON.stringify(value ?? null))
export const isInstant = (value: Json | undefined): boolean => typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value)
