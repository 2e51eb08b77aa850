/** The judge of outcomes over all inputs: what it may never say, whatever a target answers and shows. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { joinFacets, judgeFacet, NEGATIVE } from '../../runtime/judge/facet.ts'
import { judgeOutcome, OUTCOME_RULES } from '../../runtime/judge/outcome.ts'
import { judgeRecheck, recheckedOutcome } from '../../runtime/judge/recheck.ts'
import { probe } from '../../runtime/kinds/probe/index.ts'
import type { Action } from '../../runtime/types.ts'
import { type IntentEvent, type Look, OUTCOMES, type Outcome } from '../../runtime/write-types.ts'
import { action, answered, at, intent, look, looked, lookOf, RECORD, requested, sending, step, verify } from './outcome-sample.ts'

type Symbol_ = readonly [shows: Look['shows'], control: Look['control']]
const SYMBOLS: readonly Symbol_[] = [
  ['asked', 'alive'],
  ['asked', null],
  ['asked', 'not_alive'],
  ['other', null],
  ['other', 'not_alive'],
  ['gone', 'alive'],
  ['gone', null],
  ['unanswered', null],
]
const SEQUENCES = [0, 1, 2, 3, 4].flatMap((length) => sequences(length))
function sequences(length: number): readonly (readonly Symbol_[])[] {
  return length === 0 ? [[]] : sequences(length - 1).flatMap((rest) => SYMBOLS.map((one) => [...rest, one]))
}

const ANSWERS = ['accepted', 'refused', 'lost', 'none'] as const
const PROBES = ['state', 'gone'] as const

/** Written apart from the judge: what a look is worth. */
function worth(probe: string, [shows, control]: Symbol_): boolean | null {
  if (shows === 'unanswered') return null
  if (shows === 'gone') return control === 'alive' ? false : null
  if (shows === 'other') return probe === 'state' && control === 'not_alive' ? null : false
  if (probe === 'gone') return control === 'alive' ? true : null
  return control === 'not_alive' ? null : true
}

const historyOf = (answer: (typeof ANSWERS)[number], symbols: readonly Symbol_[], first_s: number): readonly IntentEvent[] => [
  requested,
  looked(1),
  sending(2),
  ...(answer === 'none' ? [] : [answered(3, answer)]),
  ...symbols.map(([shows, control], i) => look(first_s + i * 5, shows, { control })),
]

describe('over every answer, every four looks, every control, before and after the deadline', () => {
  for (const probe of PROBES) {
    for (const agree of [1, 2, 3]) {
      test(`${probe}, ${agree} must agree`, () => {
        const of = action({ verify: [verify('account', probe, { agree })], idempotency: 'none' })
        const seen = new Set<string>()
        for (const answer of ANSWERS) {
          for (const symbols of SEQUENCES) {
            for (const over of [false, true]) {
              const events = historyOf(answer, symbols, over ? 58 : 4)
              const now = at(over ? 90 : 30)
              const outcome = judgeOutcome({ action: of, intent: intent(), events, now })
              const usable = symbols.map((one) => worth(probe, one)).filter((one) => one !== null)
              const tail = usable.slice(-agree)
              const agreed = tail.length === agree && tail.every((one) => one)
              const says = `${answer} ${symbols.join(' ')} ${over}: ${outcome?.is} ${outcome?.because}`
              seen.add(outcome?.is ?? 'null')
              if (outcome === null) {
                if (over && !(usable.at(-1) && !agreed)) expect.fail(`undecided after the deadline: ${says}`)
                continue
              }
              if (outcome.is === 'verified' && !agreed) expect.fail(says)
              if (agreed && !over && outcome.is !== 'verified') expect.fail(says)
              if (usable.length === 0 && outcome.is !== 'unknown') expect.fail(`nothing was seen: ${says}`)
              if (outcome.is === 'refuted' && answer !== 'accepted') expect.fail(`refuted means that it was accepted: ${says}`)
              if (outcome.is === 'rejected' && (answer === 'accepted' || !usable.includes(false))) expect.fail(says)
              if (outcome.is !== 'verified' && outcome.next_steps.length === 0) expect.fail(`no next step: ${says}`)
              if (!OUTCOMES.includes(outcome.is) || outcome.rules !== OUTCOME_RULES) expect.fail(says)
              if (!over && outcome.is !== 'verified' && !(answer === 'refused' && outcome.is === 'rejected'))
                expect.fail(`too early: ${says}`)
              if (outcome.because === '' || outcome.because.includes('undefined')) expect.fail(says)
            }
          }
        }
        expect([...seen].sort()).toEqual(['null', 'refuted', 'rejected', 'unknown', 'verified'])
      })
    }
  }

  test('a look more that could not see changes nothing that was shown; one that contradicts is never verified', () => {
    const of = action({ verify: [verify('account')], idempotency: 'none' })
    for (const symbols of SEQUENCES.filter((one) => one.length < 4)) {
      const judged = (more: readonly Symbol_[]) =>
        judgeOutcome({ action: of, intent: intent(), events: historyOf('accepted', [...symbols, ...more], 4), now: at(30) })?.is
      const before = judged([])
      expect(judged([['unanswered', null]])).toBe(before)
      expect(judged([['asked', 'not_alive']])).toBe(before)
      expect(judged([['other', null]])).not.toBe('verified')
      if (before === 'verified') expect(judged([['asked', null]])).toBe('verified')
    }
  })
})

const two = (more: Partial<Action> = {}) =>
  action({
    does: { account: 'inactive', sessions: 'revoked' },
    steps: [step('off', ['account', 'sessions'])],
    verify: [verify('account'), verify('account', 'not_listed'), verify('sessions', 'empty'), verify('sessions', 'residual')],
    idempotency: 'none',
    ...more,
  })

describe('several facets, several verifies, bystanders, jobs, invitations', () => {
  // Mostly honest, else nothing would ever be verified and the law never asked.
  const honest = fc.constant(SYMBOLS[0]!)
  const symbol = fc.oneof({ weight: 8, arbitrary: honest }, { weight: 1, arbitrary: fc.constantFrom(...SYMBOLS) })
  const mostly = (usual: string, other: string) => fc.nat(30).map((n) => (n === 0 ? other : usual))
  const record = fc.option(
    fc.record({
      userName: mostly('ada', 'bob'),
      active: fc.boolean(),
      department: mostly('R&D', ''),
      updatedAt: fc.constantFrom('1', '2'),
    }),
    { nil: null },
  )
  const looks = fc.array(fc.tuple(fc.nat(3), symbol, record), { maxLength: 24 })
  const answers = fc.constantFrom<readonly IntentEvent[]>(
    [],
    [answered(3, 'accepted')],
    [answered(3, 'refused')],
    [answered(3, 'lost')],
    [answered(3, 'refused', { status: 502 })],
    [answered(3, 'accepted', { job: 'J' })],
    [answered(3, 'accepted', { job: 'J' }), answered(4, 'accepted', { job: null })],
    [answered(3, 'accepted', { job: 'J' }), answered(4, 'refused')],
    [answered(3, 'accepted', { invited: true })],
  )
  const job = { id: 'id', poll: action().steps[0]!.send, done: '= true', failed: null, every_s: 5, within_s: 300 }
  const actions = fc.constantFrom(
    two(),
    two({ job }),
    two({ invitation: { when: '= true', expires_s: 600 } }),
    two({ may_change: null }),
  )
  const FACET = ['account', 'account', 'sessions', 'sessions'] as const

  test('a path whose `when` was false before is waited for by nobody, keeps nothing back, and is named as missing', () => {
    const of = action({ verify: [verify('account'), verify('account', 'state', { when: '= false' })] })
    const judged = (silent: readonly number[], more: readonly IntentEvent[] = []) => {
      const before = looked(0, silent.length === 0 ? {} : { silent })
      const shown = [6, 12].map((s) => look(s, 'asked'))
      const events = [requested, before, sending(1), answered(2, 'accepted'), ...shown, ...more]
      return judgeOutcome({ action: of, intent: intent(), events, now: at(13) })
    }
    expect(judged([])).toBeNull()
    expect(judged([1])).toMatchObject({ is: 'verified', because: expect.stringContaining('rests on one path') })
    // Looked at once more before it left, and the path shows it now: it is waited for again.
    const twice = [
      requested,
      looked(0, { silent: [1] }),
      looked(0.5),
      sending(1),
      answered(2, 'accepted'),
      look(6, 'asked'),
      look(12, 'asked'),
    ]
    expect(judgeOutcome({ action: of, intent: intent(), events: twice, now: at(13) })).toBeNull()
    const found = judged([1])!
    const again = [70, 80].map((s) => lookOf(s, 'other', { verify: 1, phase: 'recheck' }))
    const alone = [70, 80].map((s) => lookOf(s, 'asked', { phase: 'recheck' }))
    expect(judgeRecheck(found, [...alone, ...again], of.verify, [1])).toBe('stands')
    expect(judgeRecheck(found, [...alone, ...again], of.verify, [])).toBe('reverted')
  })

  test('verified only if every verify of every facet is shown, and nothing else moved', () => {
    const seen = new Map<string, number>()
    fc.assert(
      fc.property(actions, answers, looks, fc.constantFrom(20, 130, 700), (of, answer, list, now_s) => {
        const events = [
          requested,
          looked(1),
          sending(2),
          ...answer,
          ...list.map(([n, [shows, control], record], i) =>
            look(5 + i * 5, shows, { verify: n, facet: FACET[n]!, control, record }),
          ),
        ]
        const situation = { action: of, intent: intent(), events, now: at(now_s) }
        const outcome = judgeOutcome(situation)
        expect(judgeOutcome(structuredClone(situation))).toEqual(outcome)
        const is = outcome?.is ?? 'null'
        seen.set(is, (seen.get(is) ?? 0) + 1)
        if (outcome === null) return
        if (outcome.is !== 'verified') expect(outcome.next_steps.length).toBeGreaterThan(0)
        expect(outcome.facets.map((one) => one.facet)).toEqual(['account', 'sessions'])
        if (outcome.is === 'pending') expect(Date.parse(outcome.expires_at ?? '')).toBeGreaterThan(Date.parse(situation.now))
        if (outcome.is === 'partial') {
          expect(outcome.facets.some((one) => one.is === 'verified')).toBe(true)
          expect(outcome.facets.some((one) => one.is !== 'verified') || outcome.moved.length > 0).toBe(true)
        }
        if (outcome.is !== 'verified') return
        for (const n of [0, 1, 2]) {
          const kind = of.verify[n]!.probe.kind === 'state' ? 'state' : 'gone'
          const usable = list
            .filter(([m]) => m === n)
            .map(([, one]) => worth(kind, one))
            .filter((one) => one !== null)
          expect(usable.slice(-2)).toEqual([true, true])
        }
        const records = list.flatMap(([, , one]) => (one === null ? [] : [one]))
        expect(records.every((one) => one.userName === 'ada')).toBe(true)
        if (of.may_change !== null) expect(records.every((one) => one.department === 'R&D')).toBe(true)
      }),
      { numRuns: 5000, seed: 1 },
    )
    // The law was asked something.
    for (const is of ['null', 'verified', 'partial', 'refuted', 'rejected', 'pending', 'unknown'])
      expect(seen.get(is) ?? 0).toBeGreaterThan(5)
  })

  test('honest looks at all of them are verified, and one moved field is an alarm', () => {
    const shown = (record: typeof RECORD | null) =>
      [0, 1].flatMap((i) =>
        [0, 1, 2, 3].map((n) =>
          look(5 + i * 5, 'asked', {
            verify: n,
            facet: FACET[n]!,
            control: 'alive',
            record: n === 0 ? record : null,
            rung: n === 2 ? 4 : null,
          }),
        ),
      )
    const of = (record: typeof RECORD | null, more: Partial<Action> = {}) =>
      judgeOutcome({
        action: two(more),
        intent: intent(),
        events: [requested, looked(1), sending(2), answered(3, 'accepted'), ...shown(record)],
        now: at(20),
      })
    const fine = of({ ...RECORD, active: false, updatedAt: '2' })
    expect(fine).toMatchObject({ is: 'verified', bystanders: 'unchanged', next_steps: [], changed: true })
    expect(fine?.facets[1]).toMatchObject({ facet: 'sessions', is: 'verified', rung: 4 })
    const moved = of({ ...RECORD, active: false, department: '' })
    expect(moved).toMatchObject({ is: 'partial', bystanders: 'changed', moved: ['department'] })
    expect(moved?.next_steps.length).toBeGreaterThan(0)
    expect(of({ ...RECORD, department: '' }, { may_change: null })).toMatchObject({ is: 'verified', bystanders: 'unchecked' })
    expect(of({ ...RECORD, userName: 'bob' }, { may_change: null })).toMatchObject({ is: 'partial', moved: ['userName'] })
    expect(of({ ...RECORD, userName: 'bob' }, { may_change: ['userName'] })).toMatchObject({ is: 'partial', moved: ['userName'] })
    expect(of({ ...RECORD, department: '' }, { may_change: ['department'] })).toMatchObject({ is: 'verified' })
    expect(of(null)).toMatchObject({ is: 'verified', bystanders: 'unchecked' })
  })
})

describe('one facet', () => {
  test('every probe that finds something missing asks for a control, and the judge wants it alive; a count needs it for none only, a list to refute', () => {
    const controlled = Object.values(probe).filter((one) => {
      const ask = one.asks(one.example)
      return ask.ask !== 'nothing' && ask.control
    })
    expect(controlled.map((one) => one.kind).sort()).toEqual([...NEGATIVE, 'count', 'listed'].sort())
  })

  const times = (now: number, refused = false) => ({ sent_at: at(0), now: at(now), refused })
  const of = verify('sessions', 'moved', { agree: 2 })
  const seen = (s: number, shows: Look['shows'], more: Partial<Look> = {}) => lookOf(s, shows, { facet: 'sessions', ...more })

  test('looks too close to each other are one', () => {
    expect(judgeFacet(of, 'revoked', [seen(1, 'asked'), seen(3, 'asked')], times(10)).is).toBe('looking')
    expect(judgeFacet(of, 'revoked', [seen(1, 'asked'), seen(3, 'asked'), seen(6, 'asked')], times(10)).is).toBe('verified')
  })
  test('a flip begins the row anew', () => {
    const flips = [seen(1, 'asked'), seen(6, 'other'), seen(11, 'asked')]
    expect(judgeFacet(of, 'revoked', flips, times(12)).is).toBe('looking')
    expect(judgeFacet(of, 'revoked', [...flips, seen(16, 'asked')], times(17))).toMatchObject({
      is: 'verified',
      verified_at: at(16),
    })
  })
  test('what shows only after the look at the deadline came too late; where nobody could see before, it is verified late', () => {
    const late = [seen(70, 'asked'), seen(76, 'asked')]
    expect(judgeFacet(of, 'revoked', [seen(61, 'other'), ...late], times(80)).is).toBe('refuted')
    expect(judgeFacet(of, 'revoked', [seen(61, 'unanswered'), ...late], times(80))).toMatchObject({ is: 'verified' })
    expect(judgeFacet(of, 'revoked', [seen(61, 'unanswered')], times(62)).is).toBe('unknown')
  })
  test('looks before the write left count for nothing', () => {
    expect(judgeFacet(of, 'revoked', [seen(-9, 'asked'), seen(-3, 'asked')], times(1)).is).toBe('looking')
  })
  test('an inactive account proves no dead session', () => {
    const rung = (n: number | null) =>
      judgeFacet(of, 'revoked', [seen(1, 'asked', { rung: n }), seen(7, 'asked', { rung: n })], times(8))
    expect([rung(1).is, rung(2).is, rung(null).is]).toEqual(['unverifiable', 'verified', 'verified'])
  })
  test('until when access may last stands beside what is verified, and is never success by itself', () => {
    const residual = judgeFacet(
      verify('sessions', 'residual'),
      'revoked',
      [seen(1, 'asked', { residual_until: at(3600) })],
      times(2),
    )
    expect(residual).toMatchObject({ is: 'unverifiable', residual_until: at(3600) })
    const moved = judgeFacet(of, 'revoked', [seen(1, 'asked', { rung: 2 }), seen(7, 'asked', { rung: 2 })], times(8))
    expect(joinFacets([moved, residual])).toMatchObject({ is: 'verified', rung: 2, residual_until: at(3600) })
    expect(joinFacets([residual])).toMatchObject({ is: 'unverifiable' })
    const refuted = judgeFacet(of, 'revoked', [seen(1, 'other')], times(90))
    expect(joinFacets([moved, refuted, residual]).is).toBe('refuted')
  })
})

describe('looked at again', () => {
  const was = (is: Outcome['is'], facet: 'verified' | 'refuted'): Outcome => ({
    is,
    because: 'x',
    changed: true,
    facets: [
      {
        facet: 'account',
        asked: 'inactive',
        is: facet,
        because: 'x',
        rung: null,
        residual_until: null,
        looks: 2,
        verified_at: null,
      },
    ],
    id: 'u1',
    bystanders: 'unchanged',
    moved: [],
    bound_to: null,
    residual_until: null,
    expires_at: null,
    next_steps: [],
    rules: OUTCOME_RULES,
  })
  const again = (...shows: readonly Look['shows'][]) => shows.map((one, i) => lookOf(100 + i * 5, one, { phase: 'recheck' }))
  test.each([
    ['verified', ['asked', 'asked'], 'stands'],
    ['verified', ['other', 'other'], 'reverted'],
    ['verified', ['other'], 'looking'],
    ['verified', ['other', 'asked', 'asked'], 'stands'],
    ['verified', ['gone', 'gone'], 'looking'],
    ['verified', ['unanswered', 'unanswered', 'unanswered', 'unanswered', 'unanswered'], 'unseen'],
    ['refuted', ['asked', 'asked'], 'late_verified'],
    ['refuted', ['other', 'other'], 'stands'],
  ] as const)('%s, then %j: %s', (facet, shows, expected) => {
    expect(judgeRecheck(was(facet, facet), again(...shows), [verify('account')])).toBe(expected)
  })

  test('reverted because of one facet: another that no longer shows either is not left verified', () => {
    const one = (facet: 'account' | 'profile') => ({ ...was('verified', 'verified').facets[0]!, facet })
    const before = { ...was('verified', 'verified'), facets: [one('account'), one('profile')] }
    const of = action({ verify: [verify('account', 'state', { agree: 3 }), verify('profile', 'state', { agree: 2 })] })
    const at2 = (facet: 'account' | 'profile', n: number, shows: Look['shows']) =>
      [70, 80].map((s) => lookOf(s, shows, { facet, verify: n, phase: 'recheck', control: 'alive' }))
    const ended = (account: Look['shows']) =>
      recheckedOutcome(before, [...at2('account', 0, account), ...at2('profile', 1, 'other')], of, [])
    expect(ended('gone')?.facets.map(({ is, verified_at }) => [is, verified_at === null])).toEqual([
      ['unknown', true],
      ['refuted', true],
    ])
    // What still shows stays what it was, and so does what nobody could see.
    for (const shows of ['asked', 'unanswered'] as const) expect(ended(shows)?.facets[0]?.is).toBe('verified')
  })
})
