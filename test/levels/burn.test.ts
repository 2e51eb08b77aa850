import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { burning, burnRate, burnRules, cadenceOf, PERIOD_MS } from '../../runtime/judge/burn.ts'
import type { Span } from '../../runtime/levels-types.ts'

const MIN = 60_000
const HOUR = 60 * MIN
const NOW = 40 * 24 * HOUR
/** Bad in these stretches before now, good else; looked at for `seen` back. */
function spans(bad: readonly (readonly [from_ago: number, to_ago: number])[], seen = 35 * 24 * HOUR): readonly Span[] {
  const cuts = [...new Set([seen, 0, ...bad.flat()])].filter((ago) => ago <= seen).toSorted((a, b) => b - a)
  return cuts.slice(1).map((to, i) => {
    const from = cuts[i] as number
    return { control: 'freshness', from: NOW - from, until: NOW - to, bad: bad.some(([a, b]) => a >= from && b <= to) }
  })
}

describe('burn rates', () => {
  test.each([
    // objective 0.99: 14.4 times is 8.64 min of the last hour and 43.2 s of the last five minutes; 6 times is 21.6 min of six hours.
    ['nothing bad', [], null],
    ['all of the last ten minutes', [[10 * MIN, 0]], 'critical'],
    ['eight minutes: less than 2 % of the budget', [[8 * MIN, 0]], null],
    ['ten minutes, over since twenty', [[30 * MIN, 20 * MIN]], null],
    [
      '25 minutes two hours ago, and the last three',
      [
        [145 * MIN, 120 * MIN],
        [3 * MIN, 0],
      ],
      'high',
    ],
    ['the same, over since an hour', [[145 * MIN, 120 * MIN]], null],
    [
      'an hour of three days ago and the last five minutes',
      [
        [48 * HOUR, 47 * HOUR],
        [5 * MIN, 0],
      ],
      'info',
    ],
  ] as const)('%s → %s', (_, bad, severity) => {
    expect(burning(spans(bad), NOW, 5 * MIN, 0.99)?.severity ?? null).toBe(severity)
  })

  test('windows grow with the cadence, and each rule spends the same share of the budget as in the table', () => {
    for (const cadence of [5 * MIN, HOUR, 6 * HOUR])
      for (const [i, { long_ms, short_ms, factor }] of burnRules(cadence).entries()) {
        expect(short_ms).toBeCloseTo(long_ms / 12)
        const spends = (factor * long_ms) / PERIOD_MS
        if (factor > 1) expect(spends).toBeCloseTo([0.02, 0.05, 0.1][i] as number)
        else expect(spends).toBeGreaterThanOrEqual([0.02, 0.05, 0.1][i] as number)
      }
    expect(burnRules(0).map(({ factor }) => Math.round(factor * 10) / 10)).toEqual([14.4, 6, 1])
  })

  test('where a read comes once in a day, one that is an hour late is no alert, and two days without one are', () => {
    expect(burning(spans([[HOUR, 0]]), NOW, 24 * HOUR, 0.99)).toBe(null)
    expect(burning(spans([[48 * HOUR, 0]]), NOW, 24 * HOUR, 0.99)?.severity).toBe('critical')
  })

  test('of a window that nobody looked at for the most part nothing is said', () => {
    expect(burnRate(spans([[10 * MIN, 0]], 20 * MIN), NOW, HOUR, 0.99)).toBe(null)
    expect(burning(spans([[10 * MIN, 0]], 20 * MIN), NOW, 5 * MIN, 0.99)).toBe(null)
    expect(burnRate([], NOW, HOUR, 0.99)).toBe(null)
  })

  test('more bad time never burns slower, and all of it burns at one over the budget', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 60 }), (a, b) => {
        const [less, more] = [Math.min(a, b), Math.max(a, b)]
        const rate = (minutes: number) => burnRate(spans([[minutes * MIN, 0]]), NOW, HOUR, 0.99) as number
        return rate(less) <= rate(more) + 1e-9 && rate(60) > 99.9
      }),
    )
  })

  test('the cadence is the middle of the gaps between reads, between five minutes and a day', () => {
    const at = (hours: number): string => new Date(hours * HOUR).toISOString()
    expect(cadenceOf([])).toBe(HOUR)
    expect(cadenceOf([at(0), at(1), at(2), at(30)])).toBe(HOUR)
    expect(cadenceOf([at(2), at(0), at(1)])).toBe(HOUR)
    expect(cadenceOf([at(0), at(0.001), at(0.002)])).toBe(5 * MIN)
    expect(cadenceOf([at(0), at(100), at(200)])).toBe(24 * HOUR)
  })
})
