import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { judgeAssertion, type LaterIntent } from '../../runtime/judge/assertion.ts'
import { canonicalPlan } from '../../runtime/judge/canonical-plan.ts'
import { PLAN_THRESHOLDS, type PlanFacts, planBrakes } from '../../runtime/judge/plan-brakes.ts'
import type { Assertion, PlanItem } from '../../runtime/write-types.ts'
import { at } from './outcome-sample.ts'

const item = (id: string | null, more: Partial<PlanItem> = {}): PlanItem => ({
  connection: 'acme',
  action: 'deactivate_account',
  id,
  input: {},
  bound: {},
  destructive: true,
  lane: 'leaver',
  person: null,
  change: 'active → inactive',
  ...more,
})
const items = (n: number, more: Partial<PlanItem> = {}) => Array.from({ length: n }, (_, i) => item(`u${i}`, more))
const FACTS: PlanFacts = {
  population: 9000,
  verdict: 'complete',
  privileged: ['root', 'u1', 'a', 'b'],
  own_id: 'bot',
  protected_ids: ['glass'],
}
const HR = { name: 'hr', records: 9000, complete: true }
const brakes = (list: readonly PlanItem[], more: Partial<PlanFacts> = {}, source: typeof HR | null = HR) =>
  planBrakes({ items: list, facts: { acme: { ...FACTS, ...more } }, source }).map((one) => one.brake)

describe('brakes over a plan, on by default', () => {
  test.each([
    ['one leaver', brakes(items(1)), []],
    ['five leavers of nine thousand', brakes(items(5)), []],
    [
      'hostile 17: 12 of 9,000 left in the feed',
      brakes(items(8988), { privileged: null }, { ...HR, records: 12 }),
      ['mass_count', 'mass_share'],
    ],
    ['many by number, few by share', brakes(items(51)), ['mass_count']],
    ['more than a tenth', brakes(items(12), { population: 100 }), ['mass_share']],
    ['half of a small tenant', brakes(items(3), { population: 6 }), ['mass_share']],
    ['two of six', brakes(items(2), { population: 6 }), []],
    ['everybody', brakes(items(4), { population: 4 }), ['everybody']],
    ['of how many is not known', brakes(items(6), { population: null }), ['mass_share']],
    ['an empty source', brakes(items(1), {}, { ...HR, records: 0 }), ['zero_source']],
    ['an incomplete source', brakes(items(1), {}, { ...HR, complete: false }), ['incomplete_source']],
    ['an empty source that takes nothing', brakes(items(3, { destructive: false }), {}, { ...HR, records: 0 }), []],
    ['a target that was not read whole', brakes(items(2), { verdict: 'incomplete' }), ['unproven_target']],
    ['the same for people named by hand', brakes(items(2), { verdict: 'incomplete' }, null), []],
    ['one privileged of four', brakes([item('root')]), []],
    ['two privileged of four', brakes([item('root'), item('a')]), ['privileged']],
    ['the last privileged one', brakes([item('root')], { privileged: ['root'] }), ['privileged']],
    ['its own account', brakes([item('bot', { destructive: false })]), ['own_account']],
    ['a protected one', brakes([item('glass', { destructive: false })]), ['protected']],
    ['several changes of one object count once', brakes([...items(3), ...items(3), ...items(3)], { population: 40 }), []],
    [
      'a connection nobody knows',
      planBrakes({ items: items(6, { connection: 'x' }), facts: {}, source: HR }).map((one) => one.brake),
      ['mass_share', 'unproven_target'],
    ],
  ])('%s', (_, held, expected) => expect(held).toEqual(expected))

  test('more takings never release a brake', () => {
    fc.assert(
      fc.property(fc.nat(120), fc.nat(120), fc.integer({ min: 1, max: 300 }), (n, more, population) => {
        const some = brakes(items(n), { population, privileged: null })
        const all = brakes(items(n + more), { population, privileged: null })
        if (some.length > 0) expect(all.length).toBeGreaterThan(0)
      }),
    )
  })
  test('every brake says why, and the thresholds can be raised but not left out', () => {
    const held = planBrakes({ items: items(51), facts: { acme: FACTS }, source: null })
    expect(held[0]?.because).toBe('acme: 51 objects lose something, more than 50')
    expect(
      planBrakes({ items: items(51), facts: { acme: FACTS }, source: null, thresholds: { ...PLAN_THRESHOLDS, count: 60 } }),
    ).toEqual([])
  })
})

describe('the hash of a plan', () => {
  const rests = { acme: { sync: 1, fingerprint: 'f' } }
  test('who wrote the keys in which order does not matter; any item, order or foundation does', () => {
    const list = [item('a', { input: { x: 1, y: [1, 2] } }), item('b')]
    const hash = canonicalPlan(list, rests)
    expect(hash).toMatch(/^[0-9a-f]{64}$/)
    const shuffled = list.map((one) => Object.fromEntries(Object.entries(one).reverse())) as unknown as PlanItem[]
    expect(canonicalPlan(shuffled, rests)).toBe(hash)
    const others = [
      canonicalPlan(list.toReversed(), rests),
      canonicalPlan(list.slice(1), rests),
      canonicalPlan([...list, item('c')], rests),
      canonicalPlan([item('a', { input: { x: 1, y: [2, 1] } }), item('b')], rests),
      canonicalPlan(list, { acme: { sync: 2, fingerprint: 'f' } }),
    ]
    expect(new Set([hash, ...others]).size).toBe(6)
  })
})

describe('what a leaver left behind', () => {
  const left = (claim: Assertion['claim']): Assertion => ({
    assertion: 1,
    connection: 'acme',
    stream: 'users',
    id: 'u1',
    intent: '01',
    claim,
    since: at(100),
    lifted_by: null,
    breached_at: null,
    suspect: null,
  })
  const seen = (record: { active: boolean; updatedAt?: string } | null, holds: readonly string[] | null = null, s = 200) => ({
    at: at(s),
    record,
    holds,
  })
  test.each([
    ['stays_inactive', seen({ active: false }), 'stands'],
    ['stays_inactive', seen({ active: true }), 'breached'],
    ['stays_inactive', seen(null), 'stands'],
    ['stays_inactive', seen({ active: true }, null, 99), 'stands'],
    ['holds_nothing', seen({ active: false }, []), 'stands'],
    ['holds_nothing', seen({ active: false }, null), 'stands'],
    ['holds_nothing', seen(null, ['admins']), 'breached'],
    ['stays_gone', seen(null), 'stands'],
    ['stays_gone', seen({ active: false }), 'breached'],
  ] as const)('%s, %j: %s', (claim, what, is) => expect(judgeAssertion(left(claim), what, []).is).toBe(is))

  test('the suspect is our own later intent where there is one, else the target with its time', () => {
    const ours = (action: LaterIntent['action'], s: number, outcome: LaterIntent['outcome'] = 'verified'): LaterIntent => ({
      intent: `i${s}`,
      action,
      made_at: at(s),
      provenance: { by: 'Bob', why: '', from: 'hr', person: null },
      outcome,
    })
    const suspect = (later: readonly LaterIntent[], updatedAt?: string) => {
      const judged = judgeAssertion(
        left('stays_inactive'),
        seen({ active: true, ...(updatedAt === undefined ? {} : { updatedAt }) }),
        later,
      )
      return judged.is === 'breached' ? judged.suspect : null
    }
    expect(suspect([ours('reactivate_account', 150)])).toContain('i150 (reactivate_account, verified), asked for by Bob from hr')
    expect(
      suspect([ours('reactivate_account', 50), ours('deactivate_account', 150), ours('grant', 160, 'cancelled')], '2026-11-21'),
    ).toBe('no intent of ours: somebody or something else at the target, changed at 2026-11-21')
    expect(suspect([])).toContain('the target tells no time of change')
  })
})
