/** Several paths to one facet: one of them hours behind, one that says another thing; and steps that only a later look shows. */
import { describe, expect, test } from 'vitest'
import { isSlow, windowOf } from '../../runtime/judge/slow.ts'
import type { Action } from '../../runtime/types.ts'
import type { IntentEvent } from '../../runtime/write-types.ts'
import { action, at, intent, run, step, verify, type World } from '../judge/outcome-sample.ts'

const HOURS = 36 * 3600
const accepted = () => ({ result: 'accepted' }) as const
/** The record itself, and a search index that may be hours behind. */
const searched = (more: Partial<Action> = {}): Action =>
  action({ verify: [verify('account'), verify('account', 'listed', { within_s: HOURS })], ...more })
/** `verify` 0 is the record, 1 the search. */
const shown = (record: (s: number) => boolean, search: (s: number) => boolean): World => ({
  answer: accepted,
  look: ({ verify: n, s }) => ({ shows: (n === 0 ? record(s) : n === 1 ? search(s) : true) ? 'asked' : 'other' }),
})
const outcomes = (of: Action, world: World, until_s = 40 * 3600) =>
  run(of, intent(), world, until_s).outcomes.map((one) => one.is)

describe('a path that is hours behind', () => {
  test('is one with a long window beside a shorter one of the same facet', () => {
    const of = searched()
    expect([0, 1].map((index) => isSlow(of, index))).toEqual([false, true])
    expect(windowOf(of)).toBe(60)
    expect(isSlow(action({ verify: [verify('account', 'listed', { within_s: HOURS })] }), 0)).toBe(false)
    expect(isSlow(action({ verify: [verify('account'), verify('sessions', 'listed', { within_s: HOURS })] }), 1)).toBe(false)
  })

  test('that agrees at once is not waited for', () => {
    const ran = run(
      searched(),
      intent(),
      shown(
        () => true,
        () => true,
      ),
    )
    expect(ran.outcomes.map((one) => one.is)).toEqual(['verified'])
    expect(ran.s).toBeLessThan(30)
  })

  test('W16: what the record shows and the search never does is pending until its time is over, then refuted, and verified at no time', () => {
    const ran = run(
      searched(),
      intent(),
      shown(
        () => true,
        () => false,
      ),
      40 * 3600,
    )
    expect(ran.outcomes.map((one) => one.is)).toEqual(['pending', 'refuted'])
    expect(ran.outcomes[0]?.expires_at?.slice(0, 16)).toBe(at(HOURS).slice(0, 16))
  })

  test('that agrees after two hours verifies then', () => {
    expect(
      outcomes(
        searched(),
        shown(
          () => true,
          (s) => s > 7200,
        ),
      ),
    ).toEqual(['pending', 'verified'])
  })

  test('makes no refutation wait: the record shows the old state at its deadline', () => {
    const ran = run(
      searched(),
      intent(),
      shown(
        () => false,
        () => false,
      ),
    )
    expect(ran.outcomes.map((one) => one.is)).toEqual(['refuted'])
    expect(ran.s).toBeLessThan(120)
  })

  test('makes nobody wait who cannot see the record: that is unknown, and soon', () => {
    const ran = run(searched(), intent(), { answer: accepted, look: () => ({ shows: 'unanswered' }) }, 3600)
    expect(ran.outcomes.map((one) => one.is)).toEqual(['unknown'])
  })

  test('keeps no step back that takes access away, and every step back that deletes', () => {
    const world = shown(
      () => true,
      () => false,
    )
    const out = searched({
      does: { account: 'inactive', sessions: 'revoked' },
      steps: [step('off', ['account']), step('out', ['sessions'])],
      verify: [...searched().verify, verify('sessions')],
    })
    expect(run(out, intent(), world, 60).sent).toEqual(['off 1', 'out 1'])
    const away = searched({
      does: { account: 'inactive', data: 'held' },
      steps: [step('off', ['account']), step('move', ['data'])],
      verify: [...searched().verify, verify('data')],
    })
    expect(run(away, intent(), world, 40 * 3600).sent).toEqual(['off 1'])
  })

  test('keeps no second try back: a lost answer, and the record shows the old state at its deadline', () => {
    const ran = run(
      searched(),
      intent(),
      {
        answer: ({ attempt }) => ({ result: attempt === 1 ? 'lost' : 'accepted' }),
        look: ({ sent }) => ({ shows: sent > 1 ? 'asked' : 'other' }),
      },
      600,
    )
    expect(ran.sent).toEqual(['off 1', 'off 2'])
    expect(ran.outcomes.map((one) => one.is)).toEqual(['verified'])
  })
})

describe('a step that only a later one shows', () => {
  const two = action({
    name: 'revoke_tokens',
    does: { tokens: 'revoked' },
    steps: [step('tokens', ['tokens']), step('grants', ['tokens'])],
    verify: [verify('tokens', 'empty')],
  })
  const lostFirst = (all: (sent: readonly string[]) => boolean): World => {
    const sent: string[] = []
    return {
      answer: ({ step: name, attempt }) => {
        sent.push(`${name} ${attempt}`)
        return { result: name === 'tokens' && attempt === 1 ? 'lost' : 'accepted' }
      },
      look: () => ({ shows: all(sent) ? 'asked' : 'other', control: 'alive', rung: 4 }),
    }
  }

  test('and whose answer was lost does not keep the next one back, for that takes more away', () => {
    const ran = run(
      two,
      intent(),
      lostFirst((sent) => sent.includes('grants 1')),
    )
    expect(ran.sent).toEqual(['tokens 1', 'grants 1'])
    expect(ran.outcomes.map((one) => one.is)).toEqual(['verified'])
  })

  test('leaves once more where the looks at the deadline show the old state, and no third time', () => {
    const ran = run(
      two,
      intent(),
      lostFirst((sent) => sent.includes('tokens 2')),
    )
    expect(ran.sent).toEqual(['tokens 1', 'grants 1', 'tokens 2'])
    expect(ran.outcomes.map((one) => one.is)).toEqual(['verified'])
    const never = run(
      two,
      intent(),
      lostFirst(() => false),
    )
    expect(never.sent).toEqual(['tokens 1', 'grants 1', 'tokens 2'])
    expect(never.outcomes.map((one) => one.is)).toEqual(['refuted'])
  })

  test('leaves no second time where that could do more than the first', () => {
    const ran = run(
      { ...two, idempotency: 'none' },
      intent(),
      lostFirst(() => false),
    )
    expect(ran.sent).toEqual(['tokens 1', 'grants 1'])
  })
})

test('a step between that comes forty seconds late is seen soon after, not only when its time is over', () => {
  const of = action({
    name: 'delete_account',
    does: { account: 'absent' },
    verify: [verify('account', 'gone', { within_s: 300 })],
    steps: [step('off', [], { when: '= true' }), step('delete', ['account'])],
  })
  const ran = run(of, intent(), {
    answer: accepted,
    before: (s) => ({ skip: s > 40 ? ['off'] : [] }),
    look: () => ({ shows: 'asked', control: 'alive' }),
  })
  const sent = ran.events.find(
    (event): event is Extract<IntentEvent, { kind: 'sending' }> => event.kind === 'sending' && event.step === 'delete',
  )
  expect((Date.parse(sent?.at ?? '') - Date.parse(at(0))) / 1000).toBeLessThan(80)
})

test('a step between that was asked too often, and whose answer was lost then, is lost once: it is looked at, and leaves again', () => {
  const of = action({
    name: 'delete_account',
    does: { account: 'absent' },
    verify: [verify('account', 'gone')],
    steps: [step('off', [], { when: '= true' }), step('delete', ['account'])],
  })
  const off = { 1: { result: 'refused', status: 429 }, 2: { result: 'lost' } } as const
  let sent = 0
  const ran = run(of, intent(), {
    answer: ({ step: name, attempt }) => {
      sent++
      return name === 'off' && (attempt === 1 || attempt === 2) ? off[attempt] : { result: 'accepted' }
    },
    before: () => ({ skip: sent > 2 ? ['off'] : [] }),
    look: () => ({ shows: 'asked', control: 'alive' }),
  })
  expect(ran.sent).toEqual(['off 1', 'off 2', 'off 3', 'delete 1'])
  expect(ran.outcomes.map((one) => one.is)).toEqual(['verified'])
})
