/** What each evidence item is worth, over every read that counted: from what each hangs on, judged again and not played again. Pure. */
import { COSTLY, isCostly } from '../evidence.ts'
import type { Run } from '../types.ts'
import type { ItemWorth, Worth } from '../worth-types.ts'

/** Null where no read was judged again. `runs`: those that count. */
export function worthOf(runs: readonly Run[]): Worth | null {
  const reads = runs.filter((run) => run.side === 'read' && run.counts && run.asked !== undefined)
  if (reads.length === 0) return null
  const lies = reads.filter((run) => run.class === 'faulty')
  const controls = reads.filter((run) => run.class !== 'faulty')
  const honest = controls.filter((run) => run.said === 'complete')
  const named = new Set(reads.flatMap((run) => setsOf(run).flat()))
  const asked = COSTLY.filter((item) => reads.some((run) => run.asked?.includes(item)))
  const free = [...named].filter((item) => !isCostly(item)).sort()
  const escapes = reads.flatMap((run) => apart(run.escapes))
  const carries = reads.flatMap((run) => apart(run.carried_by))
  return {
    lies: lies.length,
    honest: honest.length,
    items: [...asked, ...free].map((item) => itemOf(item, { lies, controls, honest })),
    enough: { lies: fewestOf(asked, escapes), all: fewestOf(asked, [...escapes, ...carries]) },
  }
}

type Reads = { readonly lies: readonly Run[]; readonly controls: readonly Run[]; readonly honest: readonly Run[] }

function itemOf(item: string, { lies, controls, honest }: Reads): ItemWorth {
  const costs = isCostly(item)
  const spoke = (run: Run) => !costs || run.asked?.includes(item) === true
  const alone = (sets: Run['escapes']) => sets?.includes(item) === true
  const escaped = lies.filter((run) => alone(run.escapes))
  return {
    item,
    costs,
    lies: lies.filter(spoke).length,
    named: costs ? lies.filter((run) => run.named?.includes(item) === true).length : null,
    prevents: escaped.length,
    prevents_with: withOne(item, lies, 'escapes'),
    escapes: [...new Set(escaped.map(({ scenario }) => scenario))].sort((a, b) => a.localeCompare(b, 'en', { numeric: true })),
    moved: controls.filter((run) => alone(run.escapes)).length,
    honest: honest.filter(spoke).length,
    carries: honest.filter((run) => alone(run.carried_by)).length,
    carries_with: withOne(item, honest, 'carried_by'),
  }
}

const apart = (sets: Run['escapes'] = []): readonly (readonly string[])[] => sets.map((set) => set.split('+'))
const setsOf = (run: Run) => [...apart(run.escapes), ...apart(run.carried_by)]

/** With which other item, neither alone, and in how many reads; the most first. */
function withOne(item: string, runs: readonly Run[], of: 'escapes' | 'carried_by'): ItemWorth['prevents_with'] {
  const others = runs.flatMap((run) => {
    const pairs = apart(run[of]).filter((set) => set.length === 2 && set.includes(item))
    return pairs.map((pair) => pair.find((one) => one !== item) ?? item)
  })
  return [...Map.groupBy(others, (other) => other)]
    .map(([other, some]) => ({ with: other, reads: some.length }))
    .sort((a, b) => b.reads - a.reads || a.with.localeCompare(b.with, 'en'))
}

/** The fewest items that keep one of each of these sets, so that none is gone as a whole. All choices that are as small. */
function fewestOf(items: readonly string[], sets: readonly (readonly string[])[]): readonly (readonly string[])[] {
  const place = new Map(items.map((item, at) => [item, 1 << at]))
  // A set with an item that is always there is never gone as a whole.
  const whole = sets.filter((set) => set.every((item) => place.has(item)))
  const masks = new Set(whole.map((set) => set.reduce((mask, item) => mask | (place.get(item) ?? 0), 0)))
  const choices = Array.from({ length: 1 << items.length }, (_, kept) => kept)
    .filter((kept) => [...masks].every((mask) => (mask & kept) !== 0))
    .map((kept) => items.filter((_, at) => (kept & (1 << at)) !== 0))
  const least = Math.min(...choices.map(({ length }) => length))
  return choices.filter(({ length }) => length === least)
}

/**
 * The rule, for a full run: it costs, and over all reads it neither prevents (alone, or with one other that costs) nor carries. A lie that it
 * only names beside items that cost nothing needs it as little.
 */
export const shouldGo = (one: ItemWorth): boolean =>
  one.costs && one.prevents === 0 && one.moved === 0 && one.prevents_with.length === 0 && one.carries === 0
