import { describe, expect, test } from 'vitest'
import { approvalHash, isHeldByRolling, REMOVAL_LIMITS, rollingBrake } from '../../runtime/judge/rolling-brake.ts'
import type { IntentEvent } from '../../runtime/write-types.ts'
import { at, intent } from './outcome-sample.ts'

const taken = (n: number): readonly string[] => Array.from({ length: n }, (_, index) => `t${index}`)
const brake = (n: number, population: number | null, privileged: readonly string[] | null = null, id: string | null = 'u1') =>
  rollingBrake(intent({ id }), taken(n), { population, privileged }, REMOVAL_LIMITS)

describe('what was taken within the hour, this one with it', () => {
  test.each<[number, number | null, string | null]>([
    [0, null, null],
    [0, 1, null],
    [4, null, null],
    [5, null, 'rolling_share'],
    [1, 2, 'rolling_everybody'],
    [4, 12, null],
    [5, 12, 'rolling_share'],
    [49, 100_000, null],
    [50, 100_000, 'rolling_count'],
    [10, 120, null],
    [12, 120, 'rolling_share'],
  ])('%i others of %s: %s', (n, population, is) => {
    expect(brake(n, population)?.brake ?? null).toBe(is)
  })

  test('the numbers are said', () => {
    expect(brake(12, 120)?.because).toBe(
      'within 1 h, this one with them, acme: 13 of 120 accounts lose something, more than 10 %',
    )
  })

  test('the second privileged one of few is held, a first one alone is not asked here', () => {
    expect(brake(1, 10_000, ['u1', 't0', 'x', 'y', 'z'])?.brake).toBe('rolling_privileged')
    expect(brake(1, 10_000, ['u1', 'x', 'y', 'z'])).toBeNull()
    expect(brake(0, 10_000, ['u1'])).toBeNull()
  })

  test('a create that takes (a custom one) is an object of its own', () => {
    expect(brake(5, null, null, null)?.brake).toBe('rolling_share')
  })
})

test('an approval is bound to the list that it came from, else to the change itself', () => {
  expect(approvalHash({ plan: 'abc/01RUN', key: 'k' })).toBe('abc')
  expect(approvalHash({ plan: null, key: 'k' })).toBe('k')
})

test('held by it until somebody approves', () => {
  const held = (brake: string): IntentEvent => ({ kind: 'held', at: at(1), brake, because: 'x' })
  const approved: IntentEvent = { kind: 'approved', at: at(2), by: 'Bob', hash: 'h' }
  expect(isHeldByRolling([held('rolling_count')])).toBe(true)
  expect(isHeldByRolling([held('rolling_count'), approved])).toBe(false)
  expect(isHeldByRolling([held('rolling_count'), approved, held('identity')])).toBe(false)
  expect(isHeldByRolling([held('protected')])).toBe(false)
  expect(isHeldByRolling([])).toBe(false)
})
