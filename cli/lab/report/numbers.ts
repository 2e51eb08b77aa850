/** What k of n lets one say. Pure. */
import type { Rate } from '../types.ts'

/** Two-sided 95 %. */
const Z = 1.959963984540054
const ONE_SIDED = 0.05

/**
 * Clopper–Pearson: the largest p at which k or fewer of n still happen with probability `alpha`. One-sided, exact.
 * Clopper & Pearson 1934, Biometrika 26:404; k = 0: 1 − alpha^(1/n), near 3/n for 5 % (Hanley & Lippman-Hand 1983, JAMA 249:1743).
 * 1 where n is 0: nothing was measured, so nothing is excluded.
 */
export function exactUpper(k: number, n: number, alpha = ONE_SIDED): number {
  if (n === 0 || k >= n) return 1
  if (k === 0) return -Math.expm1(Math.log(alpha) / n)
  let [low, high] = [k / n, 1]
  // 60 halvings: closer than a double can tell.
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2
    if (atMost(k, n, middle) > alpha) low = middle
    else high = middle
  }
  return high
}

/** By symmetry: what succeeds seen as what fails. 0 where n is 0. */
export function exactLower(k: number, n: number, alpha = ONE_SIDED): number {
  return n === 0 ? 0 : 1 - exactUpper(n - k, n, alpha)
}

/** P(X ≤ k) of n tries at p, 0 < p < 1; each term from the one before, in logarithms so that large n do not underflow. */
function atMost(k: number, n: number, p: number): number {
  const odds = Math.log(p) - Math.log1p(-p)
  let term = n * Math.log1p(-p)
  let sum = Math.exp(term)
  for (let i = 1; i <= k; i++) {
    term += Math.log((n - i + 1) / i) + odds
    sum += Math.exp(term)
  }
  return Math.min(1, sum)
}

/** Wilson's score interval, two-sided 95 %. Wilson 1927, JASA 22:209. All of 0…1 where n is 0. */
export function wilson(k: number, n: number): { readonly low: number; readonly high: number } {
  if (n === 0) return { low: 0, high: 1 }
  const share = k / n
  const scale = 1 + (Z * Z) / n
  const middle = (share + (Z * Z) / (2 * n)) / scale
  const half = (Z / scale) * Math.sqrt((share * (1 - share)) / n + (Z * Z) / (4 * n * n))
  // Exactly 0 and 1 at the ends, where rounding would leave a crumb.
  return { low: k === 0 ? 0 : Math.max(0, middle - half), high: k === n ? 1 : Math.min(1, middle + half) }
}

/** Of something that must never happen: exact one-sided 95 % bounds. */
export function rateOf(k: number, n: number): Rate {
  return { k, n, share: n === 0 ? null : k / n, low: exactLower(k, n), high: exactUpper(k, n) }
}

/** Of something that should happen: Wilson's interval. */
export function shareOf(k: number, n: number): Rate {
  return { k, n, share: n === 0 ? null : k / n, ...wilson(k, n) }
}
