/** Numbers that look random and come again from the same seed (mulberry32). */
export type Random = () => number

export function seeded(seed: number): Random {
  let state = (seed ^ 0x9e3779b9) >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** A whole number from 0 to below `below`. */
export const upTo = (random: Random, below: number): number => Math.floor(random() * below)

/** `count` of them (fewer where there are fewer), in their own order. */
export function some<T>(random: Random, all: readonly T[], count: number): readonly T[] {
  const left = all.map((_, at) => at)
  const taken = new Set<number>()
  while (taken.size < Math.min(count, all.length)) taken.add(left.splice(upTo(random, left.length), 1)[0] as number)
  return all.filter((_, at) => taken.has(at))
}

/** One of them; the list is not empty. */
export const oneOf = <T>(random: Random, all: readonly T[]): T => all[upTo(random, all.length)] as T

/** Where in a list: the beginning, the end, the middle, or anywhere. */
export const shareOf = (random: Random): number => oneOf(random, [0, 1, 0.5, random()])
