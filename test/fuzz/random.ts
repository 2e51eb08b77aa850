/** Numbers that come again: a case is its kind, a seed and its number, so one line replays it. */

export type Random = {
  /** 0 ≤ x < 1. */
  readonly real: () => number
  /** 0 ≤ x < n, whole. */
  readonly below: (n: number) => number
  readonly chance: (share: number) => boolean
  readonly one: <T>(from: readonly T[]) => T
}

/** mulberry32 over a mix of both numbers, so that neighbours have nothing in common. */
export function randomOf(seed: number, n: number): Random {
  let state = (Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(n + 1, 0xc2b2ae35)) >>> 0
  const real = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
  for (let warm = 0; warm < 3; warm++) real()
  const below = (most: number): number => Math.floor(real() * most)
  return { real, below, chance: (share) => real() < share, one: (from) => from[below(from.length)] as (typeof from)[number] }
}
