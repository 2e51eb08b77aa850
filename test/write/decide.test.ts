/** The state machine in a world with its own clock: the W table of faults.md, and what must never happen on any path. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Action } from '../../runtime/types.ts'
import { decide } from '../../runtime/write/decide.ts'
import {
  action,
  answered,
  at,
  beside,
  intent,
  look,
  looked,
  type Ran,
  RECORD,
  requested,
  run,
  sending,
  step,
  verify,
  type World,
} from '../judge/outcome-sample.ts'

const accepted = () => ({ result: 'accepted' }) as const
const lost = () => ({ result: 'lost' }) as const
const shows = (is: boolean) => ({ shows: is ? ('asked' as const) : ('other' as const) })
const create = (more: Partial<Action> = {}) =>
  action({
    name: 'create_account',
    does: { account: 'present' },
    destructive: false,
    before: null,
    bind: [],
    find: { request: action().steps[0]!.send, records: '[]', id: 'id', match: '= true' },
    idempotency: 'natural_key',
    steps: [step('off', ['account'])],
    ...more,
  })
const joiner = intent({ action: 'create_account', id: null, bound: {} })
const changer = intent({ action: 'update_account', input: { title: 'Boss', department: 'Sales' } })
const gone = { name: 'delete_account' as const, does: { account: 'absent' as const }, verify: [verify('account', 'gone')] }
const sessions = action({
  does: { account: 'inactive', sessions: 'revoked' },
  steps: [step('off', ['account']), step('out', ['sessions'])],
  verify: [verify('account'), verify('sessions', 'empty')],
})
const seats = action({
  does: { account: 'inactive', licenses: 'not_held' },
  steps: [step('off', ['account']), step('seat', ['licenses'])],
  verify: [verify('account'), verify('licenses', 'not_listed')],
})
const changesBoth = action({
  name: 'update_account',
  does: { profile: 'as_given' },
  steps: [step('off', ['profile'])],
  verify: [verify('profile')],
  may_change: null,
})
const rechecked = action({ recheck_s: [600, 3000] })
const job = { id: 'id', poll: action().steps[0]!.send, done: '= true', failed: null, every_s: 5, within_s: 600 }
const invitation = { when: '= true', expires_s: 3600 }

type Row = readonly [
  name: string,
  action: Action,
  world: World,
  outcomes: readonly string[],
  sent: readonly string[],
  also?: (ran: Ran) => void,
  until_s?: number,
]

const TABLE: readonly Row[] = [
  ['honest', action(), { answer: accepted, look: ({ sent }) => shows(sent > 0) }, ['verified'], ['off 1']],
  ['W1 2xx no-op', action(), { answer: accepted, look: () => shows(false) }, ['refuted'], ['off 1']],
  ['W2 applied before the deadline', action(), { answer: accepted, look: ({ s }) => shows(s > 40) }, ['verified'], ['off 1']],
  [
    'W2 applied after the deadline',
    rechecked,
    { answer: accepted, look: ({ s }) => shows(s > 90) },
    ['refuted', 'verified'],
    ['off 1'],
    (ran) => expect(ran.outcomes[1]?.because).toContain('late'),
  ],
  [
    'W3 applied, then reverted',
    rechecked,
    { answer: accepted, look: ({ s }) => shows(s < 300) },
    ['verified', 'reverted'],
    ['off 1'],
  ],
  [
    'W4 200 with an error body',
    action(),
    { answer: () => ({ result: 'refused', status: 200 }), look: () => shows(false) },
    ['rejected'],
    ['off 1'],
    (ran) => expect(ran.s).toBeLessThan(30),
  ],
  ['W5 timeout, applied', action(), { answer: lost, look: ({ sent }) => shows(sent > 0) }, ['verified'], ['off 1']],
  [
    'W6 timeout, not applied: once more, at the deadline, and then it is',
    action(),
    { answer: ({ sent }) => (sent === 1 ? { result: 'lost' } : { result: 'accepted' }), look: ({ sent }) => shows(sent > 1) },
    ['verified'],
    ['off 1', 'off 2'],
    (ran) => expect(ran.events.findLast((event) => event.kind === 'sending')!.at >= at(60)).toBe(true),
  ],
  ['W6 never applied: not a third time', action(), { answer: lost, look: () => shows(false) }, ['rejected'], ['off 1', 'off 2']],
  [
    'W6 with a stale replica just before the deadline: the old looks must agree before it is sent again',
    action({ verify: [verify('account', 'state', { agree: 3 })] }),
    {
      answer: ({ sent }) => ({ result: sent === 1 ? 'lost' : 'accepted' }),
      look: ({ s, sent }) => shows(sent > 1 || (s > 48 && s < 56)),
    },
    ['verified'],
    ['off 1', 'off 2'],
    (ran) => expect(ran.events.findLast((event) => event.kind === 'sending')!.at >= at(68)).toBe(true),
  ],
  [
    'W6 without idempotency: not even a second time',
    action({ idempotency: 'none' }),
    { answer: lost, look: () => shows(false) },
    ['rejected'],
    ['off 1'],
  ],
  [
    'W7 5xx, applied',
    action(),
    { answer: () => ({ result: 'refused', status: 503 }), look: ({ s }) => shows(s > 20) },
    ['verified'],
    ['off 1'],
  ],
  [
    'W8 another object answers',
    action(),
    { answer: accepted, look: () => ({ shows: 'other', record: { ...RECORD, userName: 'bob' } }) },
    ['refuted'],
    ['off 1'],
    (ran) => expect(ran.outcomes[0]).toMatchObject({ bystanders: 'changed', moved: ['userName'] }),
  ],
  [
    'W8 something else moved with it',
    action(),
    { answer: accepted, look: () => ({ shows: 'asked', record: { ...RECORD, active: false, department: '' } }) },
    ['partial'],
    ['off 1'],
    (ran) => expect(ran.outcomes[0]).toMatchObject({ bystanders: 'changed', moved: ['department'] }),
  ],
  [
    'W9 partial attributes',
    action({
      name: 'update_account',
      does: { profile: 'as_given', account: 'active' },
      steps: [step('off', ['profile', 'account'])],
      verify: [verify('profile'), verify('account')],
    }),
    { answer: accepted, look: ({ verify: n }) => shows(n === 1) },
    ['partial'],
    ['off 1'],
  ],
  ...(['accepted', 'lost'] as const).map(
    (result): Row => [
      `W9 one of two attributes (${result})`,
      changesBoth,
      { answer: () => ({ result }), look: () => ({ shows: 'other', record: { ...RECORD, title: 'Boss' } }) },
      ['partial'],
      result === 'lost' ? ['off 1', 'off 2'] : ['off 1'],
      (ran) => expect(ran.outcomes[0]?.because).toContain('title taken, department not'),
    ],
  ),
  [
    'W9 none of two attributes, one of which was so already',
    changesBoth,
    { answer: accepted, look: () => ({ shows: 'other', record: RECORD }) },
    ['refuted'],
    ['off 1'],
  ],
  [
    'W10 202, then the job fails',
    action({ job }),
    {
      answer: () => ({ result: 'accepted', status: 202, job: 'J' }),
      poll: (s) => (s > 30 ? { result: 'refused' } : { result: 'accepted', job: 'J' }),
      look: () => shows(false),
    },
    ['rejected'],
    ['off 1'],
  ],
  [
    'a job that ends well after a while',
    action({ job }),
    {
      answer: () => ({ result: 'accepted', status: 202, job: 'J' }),
      poll: (s) => ({ result: 'accepted', job: s > 100 ? null : 'J' }),
      look: ({ s }) => shows(s > 110),
    },
    ['pending', 'verified'],
    ['off 1'],
    (ran) => expect(ran.outcomes[0]?.expires_at).not.toBeNull(),
  ],
  [
    'a job that never ends, and did nothing',
    action({ job }),
    {
      answer: () => ({ result: 'accepted', status: 202, job: 'J' }),
      poll: (s) => (Math.round(s) % 2 === 0 ? { result: 'lost' } : { result: 'accepted', job: 'J' }),
      look: () => shows(false),
    },
    ['pending', 'refuted'],
    ['off 1'],
  ],
  [
    'W11 invitation only, never taken up',
    action({ invitation }),
    { answer: () => ({ result: 'accepted', invited: true }), look: () => shows(false) },
    ['pending', 'refuted'],
    ['off 1'],
    (ran) => expect(Date.parse(ran.outcomes[0]!.expires_at!) - Date.parse(at(0))).toBeGreaterThan(3_599_000),
    9000,
  ],
  [
    'W11 invitation taken up',
    action({ invitation }),
    { answer: () => ({ result: 'accepted', invited: true }), look: ({ s }) => shows(s > 1000) },
    ['pending', 'verified'],
    ['off 1'],
  ],
  [
    'an invitation whose answer was lost may be out: not rejected, and seen once it is taken up',
    action({ invitation, idempotency: 'none', recheck_s: [1800] }),
    { answer: lost, look: ({ s }) => shows(s > 1000) },
    ['unknown', 'verified'],
    ['off 1'],
  ],
  [
    'the same, refused when it was asked for once more',
    action({ invitation }),
    { answer: ({ sent }) => (sent === 1 ? { result: 'lost' } : { result: 'refused', status: 422 }), look: () => shows(false) },
    ['unknown'],
    ['off 1', 'off 2'],
  ],
  [
    'W12 inactive, sessions alive',
    sessions,
    { answer: accepted, look: ({ verify: n }) => shows(n === 0) },
    ['partial'],
    ['off 1', 'out 1'],
    (ran) =>
      expect(ran.outcomes[0]?.facets.map((one) => [one.is, one.rung])).toEqual([
        ['verified', null],
        ['refuted', 1],
      ]),
  ],
  ['W13 seat kept', seats, { answer: accepted, look: ({ verify: n }) => shows(n === 0) }, ['partial'], ['off 1', 'seat 1']],
  [
    'W14 lost create that was done: one object',
    create(),
    { answer: lost, find: (_, sent) => (sent > 0 ? 'u9' : null), look: () => shows(true) },
    ['verified'],
    ['off 1'],
    (ran) => expect(ran.outcomes[0]?.id).toBe('u9'),
  ],
  [
    'W14 lost create that the search shows late: one object',
    create(),
    { answer: lost, find: (s) => (s > 50 ? 'u9' : null), look: () => shows(true) },
    ['verified'],
    ['off 1'],
  ],
  [
    'lost create that was not done: the search finds nothing, once more',
    create(),
    { answer: lost, find: (_, sent) => (sent > 1 ? 'u9' : null), look: () => shows(true) },
    ['verified'],
    ['off 1', 'off 2'],
  ],
  [
    'a create that never shows',
    create(),
    { answer: accepted, find: () => null, look: () => shows(true) },
    ['refuted'],
    ['off 1'],
  ],
  [
    'a create of what is there already',
    create(),
    { answer: accepted, before: () => ({ found: 'u9', already: true }), look: () => shows(true) },
    ['verified'],
    [],
    (ran) => expect(ran.outcomes[0]).toMatchObject({ changed: false, id: 'u9' }),
  ],
  [
    'a create of what is there, and is otherwise',
    create(),
    { answer: accepted, before: () => ({ found: 'u9' }), look: () => shows(false) },
    ['rejected'],
    [],
  ],
  [
    'W15 replicas flip old, new, old',
    action({ verify: [verify('account', 'state', { agree: 3 })] }),
    { answer: accepted, look: ({ s }) => shows(s > 25 || Math.floor(s / 5) % 2 === 0) },
    ['verified'],
    ['off 1'],
    (ran) => expect(ran.s).toBeGreaterThan(30),
  ],
  [
    'W16 by id new, list old',
    action({ verify: [verify('account'), verify('account', 'not_listed')] }),
    { answer: accepted, look: ({ verify: n }) => shows(n === 0) },
    ['refuted'],
    ['off 1'],
  ],
  [
    'W17 right to look lost: 404 is not gone',
    action(gone),
    { answer: accepted, look: () => ({ shows: 'asked', control: 'not_alive' }) },
    ['unknown'],
    ['off 1'],
  ],
  [
    'W17 the right comes back, and it is gone',
    action(gone),
    { answer: accepted, look: ({ s }) => ({ shows: 'asked', control: s > 300 ? 'alive' : 'not_alive' }) },
    ['unknown', 'verified'],
    ['off 1'],
  ],
  [
    'W17 one look of a stale replica, and after it nobody can see: unknown, not looked at every few seconds for ever',
    action(gone),
    { answer: accepted, look: ({ s }) => (s < 2 ? { shows: 'other' } : { shows: 'asked', control: 'not_alive' }) },
    ['unknown'],
    ['off 1'],
    (ran) => expect(ran.events.filter((event) => event.kind === 'look').length).toBeLessThan(40),
  ],
  [
    'W17 the look at the deadline alone shows the old state, and after it nobody can see: unknown',
    action(),
    { answer: accepted, look: ({ s }) => (s > 55 && s < 62 ? { shows: 'other' } : { shows: 'unanswered' }) },
    ['unknown'],
    ['off 1'],
  ],
  [
    'W18 upstream re-adds',
    action({ ...gone, recheck_s: [600] }),
    { answer: accepted, look: ({ phase }) => (phase === 'recheck' ? shows(false) : { shows: 'asked', control: 'alive' }) },
    ['verified', 'reverted'],
    ['off 1'],
  ],
  [
    'W19 asked too often in the middle',
    sessions,
    {
      answer: ({ step: name, attempt }) =>
        name === 'out' && attempt < 3 ? { result: 'refused', status: 429 } : { result: 'accepted' },
      look: ({ verify: n, sent }) => ({ ...shows(n === 0 || sent > 3), control: 'alive' }),
    },
    ['verified'],
    ['off 1', 'out 1', 'out 2', 'out 3'],
  ],
  [
    'hostile 14: crash between effect and record',
    action(),
    { answer: () => ({ result: 'lost', because: 'crash' }), look: ({ sent }) => shows(sent > 0) },
    ['verified'],
    ['off 1'],
  ],
  [
    'refused, and yet it is so',
    action(),
    { answer: () => ({ result: 'refused' }), look: ({ sent }) => shows(sent > 0) },
    ['verified'],
    ['off 1'],
    (ran) => expect(ran.outcomes[0]?.because).toContain('and yet it is so'),
  ],
  [
    'so already',
    action(),
    { answer: accepted, before: () => ({ already: true }), look: () => shows(true) },
    ['verified'],
    [],
    (ran) => expect(ran.outcomes[0]?.changed).toBe(false),
  ],
  [
    'said to be so already, and a look contradicts',
    action(),
    { answer: accepted, before: () => ({ already: true }), look: ({ sent }) => shows(sent > 0) },
    ['verified'],
    ['off 1'],
    (ran) => expect(ran.outcomes[0]?.changed).toBe(true),
  ],
  [
    'no way to look',
    action({ verify: [], unverifiable: 'no read API' }),
    { answer: accepted, look: () => shows(true) },
    ['unverifiable'],
    ['off 1'],
  ],
  [
    'no way to look, and no answer: never sent again',
    action({ verify: [], unverifiable: 'no read API' }),
    { answer: lost, look: () => shows(true) },
    ['unknown'],
    ['off 1'],
  ],
  [
    'only residual: not success, with its time',
    action({ does: { sessions: 'revoked' }, steps: [step('off', ['sessions'])], verify: [verify('sessions', 'residual')] }),
    { answer: accepted, look: () => ({ shows: 'unanswered', residual_until: at(3600) }) },
    ['unverifiable'],
    ['off 1'],
    (ran) => expect(ran.outcomes[0]?.residual_until).toBe(at(3600)),
  ],
  [
    'two steps of one facet (Okta deletes in two): the second follows the first',
    action({ ...gone, steps: [step('off', ['account'], { when: '= true' }), step('delete', ['account'])] }),
    { answer: accepted, look: ({ sent }) => (sent > 1 ? { shows: 'asked', control: 'alive' } : { shows: 'other' }) },
    ['verified'],
    ['off 1', 'delete 1'],
  ],
  [
    'a step that the record makes needless is not sent',
    action({ ...gone, steps: [step('off', ['account'], { when: '= true' }), step('delete', ['account'])] }),
    { answer: accepted, before: () => ({ skip: ['off'] }), look: () => ({ shows: 'asked', control: 'alive' }) },
    ['verified'],
    ['delete 1'],
  ],
  [
    'a lost step between is looked at by its `when`, and then the next follows',
    action({ ...gone, steps: [step('off', ['account'], { when: '= true' }), step('delete', ['account'])] }),
    {
      answer: ({ step: name }) => (name === 'off' ? { result: 'lost' } : { result: 'accepted' }),
      before: (_, sent) => ({ skip: sent > 0 ? ['off'] : [] }),
      look: () => ({ shows: 'asked', control: 'alive' }),
    },
    ['verified'],
    ['off 1', 'delete 1'],
  ],
  [
    'disabling fails: sessions are ended all the same, for that takes access',
    sessions,
    {
      answer: ({ step: name }) => ({ result: name === 'off' ? 'refused' : 'accepted' }),
      look: ({ verify: n }) => ({ ...shows(n === 1), control: 'alive' }),
    },
    ['partial'],
    ['off 1', 'out 1'],
  ],
  [
    'nobody can see for a while in the middle: it is unknown, and then the next step goes on',
    sessions,
    { answer: accepted, look: ({ s }) => (s < 200 ? { shows: 'unanswered' } : { shows: 'asked', control: 'alive' }) },
    ['unknown', 'verified'],
    ['off 1', 'out 1'],
  ],
  [
    'data is not moved: nothing is deleted',
    action({
      does: { data: 'held', account: 'absent' },
      steps: [step('move', ['data']), step('delete', ['account'])],
      verify: [verify('data'), verify('account', 'gone')],
    }),
    { answer: accepted, look: () => shows(false) },
    ['refuted'],
    ['move 1'],
  ],
]

describe('the table of lies, run through the state machine', () => {
  test.each(TABLE.map((row) => ({ name: row[0], row })))('$name', ({ row }) => {
    const [, of, world, outcomes, sent, also, until_s] = row
    const what = of.name === 'create_account' ? joiner : of === changesBoth ? changer : intent()
    const ran = run(of, what, world, until_s ?? 3500)
    expect(ran.outcomes.map((one) => one.is)).toEqual(outcomes)
    expect(ran.sent).toEqual(sent)
    also?.(ran)
  })
})

const ask = (more: Partial<Parameters<typeof decide>[0]> & { events: Parameters<typeof decide>[0]['row']['events'] }) =>
  decide({ action: action(), row: { intent: intent(), events: more.events }, now: at(1), killed: null, approved: true, ...more })

describe('before anything is sent', () => {
  test('nothing is sent without a look before, and not on an old one', () => {
    expect(ask({ events: [requested] }).act).toBe('look_before')
    expect(ask({ events: [requested, looked(1)] }).act).toBe('send')
    expect(ask({ events: [requested, looked(1)], now: at(62) }).act).toBe('look_before')
  })
  test('a missing approval holds, an approval needs a look after it', () => {
    expect(ask({ events: [requested, looked(1)], approved: false })).toMatchObject({ act: 'hold', brake: 'approval' })
    const held = { kind: 'held', at: at(1), brake: 'approval', because: 'x' } as const
    const approved = { kind: 'approved', at: at(2), by: 'Bob', hash: 'h' } as const
    expect(ask({ events: [requested, looked(1), held] })).toMatchObject({ act: 'wait', until: null })
    expect(ask({ events: [requested, looked(1), held, approved], approved: false, now: at(2) }).act).toBe('look_before')
    expect(ask({ events: [requested, held, approved, looked(2)], approved: false, now: at(2) }).act).toBe('send')
  })
  test('a kill switch stops sending, and not looking', () => {
    expect(ask({ events: [requested, looked(1)], killed: 'incident' })).toMatchObject({ act: 'wait', until: null })
    expect(ask({ events: [requested, looked(1), sending(1)], killed: 'incident' }).act).toBe('look')
    const stopped = run(sessions, intent(), {
      answer: accepted,
      look: ({ verify: n }) => shows(n === 0),
      killed: (s) => (s > 2 ? 'x' : null),
    })
    expect(stopped.sent).toEqual(['off 1'])
    expect(stopped.end).toMatchObject({ act: 'wait', until: null })
  })
  test('no record, no identity: it is held', () => {
    expect(ask({ events: [requested, looked(1, { record: null })] })).toMatchObject({ act: 'hold', brake: 'identity' })
  })
  test('a look before without an answer is made again, ever later, and nothing is sent', () => {
    const blind = run(action(), intent(), { answer: accepted, before: () => null, look: () => shows(true) }, 600)
    expect(blind.sent).toEqual([])
    expect(blind.acts.length).toBeGreaterThan(10)
    expect(blind.acts.length).toBeLessThan(30)
  })
  test('a withdrawn intent is cancelled and nothing is sent; once sent it cannot be withdrawn', () => {
    const cancelled = { kind: 'cancelled', at: at(1), by: 'Ada', because: 'x' } as const
    expect(ask({ events: [requested, cancelled] })).toMatchObject({ act: 'judge', outcome: { is: 'cancelled' } })
    const withdrawn = ask({ events: [requested, looked(1), cancelled] })
    expect(withdrawn).toMatchObject({ act: 'judge', outcome: { is: 'cancelled', changed: false } })
    expect(withdrawn.act === 'judge' && withdrawn.outcome.next_steps).toHaveLength(1)
    expect(ask({ events: [requested, looked(1), sending(1), cancelled] }).act).toBe('look')
    const after = [requested, looked(1), sending(1), cancelled, look(2, 'asked'), look(8, 'asked'), beside(8)]
    expect(ask({ events: after, now: at(9) })).toMatchObject({ act: 'judge', outcome: { is: 'verified' } })
  })
})

describe('on every path', () => {
  const shown = fc.constantFrom('asked' as const, 'other' as const, 'gone' as const, 'unanswered' as const)
  const control = fc.constantFrom('alive' as const, 'not_alive' as const, null)
  const result = fc.constantFrom('accepted' as const, 'refused' as const, 'lost' as const)
  const status = fc.constantFrom(0, 200, 202, 403, 409, 429, 500)
  const found = fc.constantFrom('u9', null, null)
  const actions = fc.constantFrom(
    action(),
    sessions,
    seats,
    create(),
    create({ idempotency: 'none' }),
    action(gone),
    action({ idempotency: 'none' }),
    action({ job }),
    action({ invitation }),
    rechecked,
    action({ verify: [], unverifiable: 'x' }),
    action({ ...gone, steps: [step('off', ['account'], { when: '= true' }), step('delete', ['account'])] }),
  )
  const world = fc.record({
    looks: fc.array(fc.tuple(shown, control), { minLength: 1, maxLength: 12 }),
    answers: fc.array(
      fc.record({
        result,
        status,
        job: fc.constantFrom('J', null),
        invited: fc.boolean(),
        because: fc.constantFrom('x', 'crash'),
      }),
      {
        minLength: 1,
        maxLength: 6,
      },
    ),
    founds: fc.array(found, { minLength: 1, maxLength: 6 }),
    already: fc.boolean(),
    skip: fc.constantFrom<readonly string[]>([], ['off']),
  })
  type Random = typeof world extends fc.Arbitrary<infer Value> ? Value : never
  const worldOf = (random: Random): World => {
    let [l, a, f] = [0, 0, 0]
    const turn = <Value>(list: readonly Value[], n: number): Value => list[n % list.length]!
    return {
      look: () => {
        const [is, alive] = turn(random.looks, l++)
        return { shows: is, control: alive }
      },
      answer: () => turn(random.answers, a++),
      poll: () => turn(random.answers, a++),
      find: () => turn(random.founds, f++),
      before: () => ({ already: random.already, skip: random.skip }),
    }
  }

  test('it ends, sends each step at most as often as allowed, never again before a look, never after an end', () => {
    fc.assert(
      fc.property(actions, world, (of, random) => {
        const ran = run(of, of.find === null ? intent() : joiner, worldOf(random), 20_000)
        const places = ran.events.flatMap((event, place) => (event.kind === 'sending' ? [place] : []))
        for (const place of places) {
          const event = ran.events[place] as Extract<(typeof ran.events)[number], { kind: 'sending' }>
          const earlier = ran.events.slice(0, place)
          const before = earlier.findLastIndex((one) => one.kind === 'sending' && one.step === event.step)
          expect(earlier.some((one) => one.kind === 'looked')).toBe(true)
          expect(earlier.some((one) => one.kind === 'outcome' && !['unknown', 'pending'].includes(one.outcome.is))).toBe(false)
          if (before < 0) {
            expect(event.attempt).toBe(1)
            continue
          }
          const answer = earlier.findLast((one) => one.kind === 'answered')
          const throttled = answer?.kind === 'answered' && answer.status === 429 && answer.result === 'refused'
          expect(event.attempt).toBeLessThanOrEqual(6)
          expect(of.idempotency).not.toBe('none')
          const between = earlier.slice(before + 1)
          if (!throttled) expect(between.some((one) => one.kind === 'look' || one.kind === 'looked')).toBe(true)
          // No look since may have seen it done.
          const owner = of.verify.findIndex((one) => of.steps.find((s) => s.name === event.step)?.facets.includes(one.facet))
          const last = between.findLast(
            (one) => one.kind === 'look' && one.look.verify === owner && one.look.shows !== 'unanswered',
          )
          if (last?.kind === 'look' && last.look.shows === 'asked' && of.steps.length === 1)
            expect(last.look.control).not.toBe('alive')
        }
      }),
      { numRuns: 400 },
    )
  })

  test('a crash at any place goes on to the same end, and sends nothing twice that was looked at', () => {
    const honest: World = { answer: accepted, look: ({ sent }) => shows(sent > 0) }
    const whole = run(action(), intent(), honest)
    for (let cut = 1; cut <= whole.events.length; cut++) {
      const start = whole.events.slice(0, cut)
      const done = start.some((event) => event.kind === 'sending')
      const rest = run(action(), intent(), { answer: accepted, look: ({ sent }) => shows(done || sent > 0) }, 3600, start)
      expect(rest.sent).toEqual(done ? [] : ['off 1'])
      expect([...start, ...rest.events].findLast((event) => event.kind === 'outcome')).toMatchObject({
        outcome: { is: 'verified' },
      })
    }
  })

  test('the same history and instant give the same act', () => {
    fc.assert(
      fc.property(actions, world, fc.nat(60), (of, random, cut) => {
        const { events } = run(of, of.find === null ? intent() : joiner, worldOf(random), 400)
        const input = {
          action: of,
          row: { intent: intent(), events: events.slice(0, cut + 1) },
          now: at(50),
          killed: null,
          approved: true,
        }
        expect(decide(structuredClone(input))).toEqual(decide(input))
      }),
      { numRuns: 100 },
    )
  })

  test('looks of a refused step are few: it need not wait for the deadline', () => {
    const ran = run(action(), intent(), { answer: () => ({ result: 'refused' }), look: () => shows(false) })
    expect(ran.events.filter((event) => event.kind === 'look')).toHaveLength(2)
  })

  test('an outcome that is unknown is told once, and the looks go on', () => {
    const ran = run(action(), intent(), { answer: accepted, look: () => ({ shows: 'unanswered' }) }, 20_000)
    expect(ran.outcomes.map((one) => one.is)).toEqual(['unknown'])
    expect(ran.end.act).toBe('look')
  })
})

test('asked too often, for longer than the window lasts: it is sent again before any other step (found by the lab: W19)', () => {
  const events = [requested, looked(0), sending(1), answered(1, 'refused', { status: 429 }), look(70, 'other')]
  const at_70 = decide({ action: sessions, row: { intent: intent(), events }, now: at(70.1), killed: null, approved: true })
  expect(at_70).toMatchObject({ act: 'look', verify: [0], not_before: at(75) })
  const agreed = [...events, look(75.1, 'other')]
  const at_75 = decide({
    action: sessions,
    row: { intent: intent(), events: agreed },
    now: at(75.2),
    killed: null,
    approved: true,
  })
  expect(at_75).toEqual({ act: 'send', step: 'off', attempt: 2 })
})

test('asked too often: a look that shows the asked-for state from the beginning does not keep the step from being sent again (found by the lab: W19)', () => {
  const guarded = action({ verify: [verify('account'), verify('account')] })
  const looks = [1, 6].flatMap((s) => [look(s, 'other'), look(s, 'asked', { verify: 1 })])
  const events = [requested, looked(0), sending(1), answered(1, 'refused', { status: 429 }), ...looks]
  const act = decide({ action: guarded, row: { intent: intent(), events }, now: at(7), killed: null, approved: true })
  expect(act).toEqual({ act: 'send', step: 'off', attempt: 2 })
})

test.each([
  ['native_key', 'send'],
  ['natural_key', 'judge'],
] as const)('lost, one look shows the old state, another the asked-for one from the beginning: %s → %s', (idempotency, act) => {
  const guarded = action({ verify: [verify('account'), verify('account')], idempotency })
  const looks = [1, 30, 62, 67].flatMap((s) => [look(s, 'other'), look(s, 'asked', { verify: 1 })])
  const events = [requested, looked(0), sending(1), answered(1, 'lost'), ...looks, beside(67)]
  expect(decide({ action: guarded, row: { intent: intent(), events }, now: at(68), killed: null, approved: true }).act).toBe(act)
})

test('asked too often, then lost: what was asked too often counts as no loss (found by the lab: W19 with W6)', () => {
  const events = [requested, looked(0), sending(1), answered(1, 'refused', { status: 429 }), look(1, 'other'), look(6, 'other')]
  const again = [...events, sending(7, 'off', 2), answered(7, 'lost'), look(62, 'other'), look(67, 'other'), look(72, 'other')]
  const act = decide({ action: action(), row: { intent: intent(), events: again }, now: at(72.1), killed: null, approved: true })
  expect(act).toEqual({ act: 'send', step: 'off', attempt: 3 })
})

describe('a look before that never gets an answer', () => {
  const blind: World = { answer: accepted, look: () => shows(false), before: () => null }
  const leaver = intent({ due_at: at(300) })

  test('is told as unknown a window after the change was due, once, and goes on rarely', () => {
    const ran = run(action(), leaver, blind, 20_000)
    expect([ran.outcomes.map((one) => one.is), ran.sent]).toEqual([['unknown'], []])
    expect(ran.outcomes[0]).toMatchObject({
      changed: false,
      because: expect.stringMatching(/^nothing was sent: none of \d+ looks/),
    })
    expect(ran.outcomes[0]?.facets).toEqual([expect.objectContaining({ facet: 'account', is: 'unknown', looks: 0 })])
    const told = ran.events.find((event) => event.kind === 'outcome')!
    expect([Date.parse(told.at) >= Date.parse(at(360)), Date.parse(told.at) <= Date.parse(at(430))]).toEqual([true, true])
    expect(ran.end.act).toBe('look_before')
  })

  test('once it is answered the change is carried out, and the end of that is told', () => {
    const ran = run(
      action(),
      leaver,
      { ...blind, before: (s) => (s < 3000 ? null : {}), look: ({ sent }) => shows(sent > 0) },
      20_000,
    )
    expect([ran.outcomes.map((one) => one.is), ran.sent]).toEqual([['unknown', 'verified'], ['off 1']])
  })

  test('blind again after it was sent: told again', () => {
    const look = () => ({ shows: 'unanswered' as const })
    const ran = run(action(), leaver, { ...blind, before: (s) => (s < 3000 ? null : {}), look }, 20_000)
    expect([ran.outcomes.map((one) => one.is), ran.sent]).toEqual([['unknown', 'unknown'], ['off 1']])
  })
})

describe('two steps to delete, the first of them late', () => {
  const twice = action({ ...gone, steps: [step('off', [], { when: '= true' }), step('delete', ['account'])] })
  const world = (off_s: number): World => ({
    answer: accepted,
    before: (s) => (s < off_s ? {} : { skip: ['off'] }),
    look: ({ sent }) => ({ shows: sent > 1 ? 'asked' : 'other', control: 'alive' }),
  })
  const sentAt = (ran: Ran, name: string) =>
    ran.events.flatMap((event) =>
      event.kind === 'sending' && event.step === name ? [Date.parse(event.at) - Date.parse(at(0))] : [],
    )

  test('the second waits until the first is seen', () => {
    const ran = run(twice, intent(), world(20))
    expect(ran.sent).toEqual(['off 1', 'delete 1'])
    expect(sentAt(ran, 'delete')[0]).toBeGreaterThanOrEqual(20_000)
    expect(sentAt(ran, 'delete')[0]).toBeLessThan(35_000)
    expect(ran.outcomes.map((one) => one.is)).toEqual(['verified'])
  })

  test('a first step that is done at once costs one look and no waiting', () => {
    const ran = run(twice, intent(), world(0.12))
    expect(ran.sent).toEqual(['off 1', 'delete 1'])
    expect(sentAt(ran, 'delete')[0]).toBeLessThan(1_000)
  })

  test('one that is never seen is not waited for beyond its time', () => {
    const ran = run(twice, intent(), world(9_999))
    expect(ran.sent).toEqual(['off 1', 'delete 1'])
    expect(sentAt(ran, 'delete')[0]).toBeGreaterThanOrEqual(60_000)
    expect(sentAt(ran, 'delete')[0]).toBeLessThan(75_000)
  })
})

test('an answer that was lost is a loss whatever its status says: it is not sent again for ever (seed -1086634965)', () => {
  const ran = run(action(), intent(), { answer: () => ({ result: 'lost', status: 429 }), look: () => shows(false) }, 20_000)
  expect(ran.sent).toEqual(['off 1', 'off 2'])
})

test('a look that is due at the deadline comes before judging', () => {
  const events = [requested, looked(1), sending(1), look(2, 'other')]
  expect(ask({ events, now: at(90) })).toMatchObject({ act: 'look', not_before: at(7) })
})
