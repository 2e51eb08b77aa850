import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { exactLower, exactUpper, rateOf, shareOf, wilson } from '../../cli/lab/report/numbers.ts'
import { policiesOf } from '../../cli/lab/report/policy-lines.ts'
import { lessThanYes } from '../../cli/lab/report/words.ts'
import type { LabReport, Played } from '../../cli/lab/types.ts'

describe('against published values', () => {
  // Newcombe 1998, Statistics in Medicine 17:857, table I: method 3 (score), method 5 (Clopper–Pearson), two-sided 95 %.
  test.each([
    [81, 263, 0.2553, 0.3662, 0.2527, 0.3676],
    [15, 148, 0.0624, 0.1605, 0.0578, 0.1617],
    [0, 20, 0, 0.1611, 0, 0.1684],
    [1, 29, 0.0061, 0.1718, 0.0009, 0.1776],
  ])('%i of %i', (k, n, score_low, score_high, exact_low, exact_high) => {
    const score = wilson(k, n)
    expect([score.low, score.high]).toEqual([expect.closeTo(score_low, 4), expect.closeTo(score_high, 4)])
    expect([exactLower(k, n, 0.025), exactUpper(k, n, 0.025)]).toEqual([
      expect.closeTo(exact_low, 4),
      expect.closeTo(exact_high, 4),
    ])
  })

  // Hanley & Lippman-Hand 1983, JAMA 249:1743: none of n excludes more than 3/n.
  test.each([
    [100, 0.0295],
    [5000, 0.000599],
    [14_000, 0.000214],
  ])('none of %i is at most %f, a little below 3/n', (n, high) => {
    expect(exactUpper(0, n)).toBeCloseTo(high, 4)
    expect(exactUpper(0, n)).toBeCloseTo(1 - 0.05 ** (1 / n), 12)
    expect(exactUpper(0, n)).toBeLessThan(3 / n)
  })
})

describe('at the ends', () => {
  test('nothing measured excludes nothing', () => {
    expect(rateOf(0, 0)).toEqual({ k: 0, n: 0, share: null, low: 0, high: 1 })
    expect(shareOf(0, 0)).toEqual({ k: 0, n: 0, share: null, low: 0, high: 1 })
  })
  test('all of n leaves 1 possible', () => {
    expect(rateOf(7, 7).high).toBe(1)
    expect(shareOf(7, 7).high).toBe(1)
  })
})

const kn = fc.integer({ min: 1, max: 3_000 }).chain((n) => fc.tuple(fc.integer({ min: 0, max: n }), fc.constant(n)))

test('an interval holds its share, and one more failure never lowers the bound', () => {
  fc.assert(
    fc.property(kn, ([k, n]) => {
      const rate = rateOf(k, n)
      expect(rate.low).toBeLessThanOrEqual(rate.share as number)
      expect(rate.high).toBeGreaterThanOrEqual(rate.share as number)
      const score = wilson(k, n)
      expect(score.low).toBeLessThanOrEqual(k / n)
      expect(score.high).toBeGreaterThanOrEqual(k / n)
      if (k < n) expect(exactUpper(k + 1, n)).toBeGreaterThan(rate.high - 1e-12)
    }),
    { numRuns: 100 },
  )
})

/** The bound is what it says: at it, so few failures happen one time in twenty. By an exact sum of another making. */
test.each([
  [1, 10],
  [3, 40],
  [12, 60],
])('at the bound of %i of %i that few happen with probability 0.05', (k, n) => {
  const p = exactUpper(k, n)
  let sum = 0
  for (let i = 0; i <= k; i++) {
    let ways = 1
    for (let j = 0; j < i; j++) ways = (ways * (n - j)) / (j + 1)
    sum += ways * p ** i * (1 - p) ** (n - i)
  }
  expect(sum).toBeCloseTo(0.05, 9)
})

test('beside other policies whatever is no plain yes is blocked, ours too; a report counts it apart', () => {
  const played = (said: string) => ({
    job: { side: 'write', off: [] },
    run: { class: 'odd', counts: true, said, false_success: false, false_block: false },
    policies: [{ policy: 'status code means success', class: 'odd', false_success: false, false_block: false }],
  })
  const lines = policiesOf(['verified', 'unknown', 'partial'].map(played) as unknown as readonly Played[])
  expect(lines.map(({ policy, false_block: { k, n } }) => [policy, k, n])).toEqual([
    ['Rollcall', 2, 3],
    ['status code means success', 0, 3],
  ])
  const cells = [
    { class: 'odd', said: { verified: 3, unknown: 2 } },
    { class: 'honest', said: { complete: 4, unproven: 1 } },
    { class: 'faulty', said: { incomplete: 9 } },
  ]
  const report = { cells, honest: { runs: 10 } } as unknown as LabReport
  expect(lessThanYes(report)).toEqual([['no lie, and no plain yes', '3 of 10: unknown 2, unproven 1']])
})
