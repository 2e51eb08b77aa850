/** What a feed is worth, over all that can be known of it. */
import { describe, expect, test } from 'vitest'
import {
  agreementOf,
  beginning,
  type Found,
  isPending,
  NOTHING_FOUND,
  plus,
  settledBy,
  tally,
  type WholeRead,
  whatToCompare,
  worthOf,
} from '../../runtime/judge/feed-agreement.ts'
import { CHANGE_KINDS, type Feed, TOLD_CHANGES } from '../../runtime/types.ts'
import type { FeedAgreement, FeedState } from '../../runtime/watch-types.ts'

const at = (minute: number): string => new Date(Date.parse('2026-11-21T09:00:00Z') + minute * 60_000).toISOString()

const FEED: Feed = {
  name: 'log',
  title: 'Log',
  from: { kind: 'events' },
  list: { method: 'GET', path: '/log', query: [], headers: {}, body: null, decode: { kind: 'json' }, expect: [] },
  pages: { kind: 'none' },
  records: '[]',
  empty: null,
  id: 'id',
  names: [{ stream: 'users', id: 'id', when: null }],
  tells: [...TOLD_CHANGES],
  silent_on: ['seen'],
}
const READ: WholeRead = { sync: 2, began_at: at(60), ended_at: at(61), fingerprint: 'f' }
const FIRST: FeedAgreement = beginning(FEED, 'users', { ...READ, sync: 1, began_at: at(10), ended_at: at(11) }, 40, at(20))
const STATE: FeedState = {
  feed: 'log',
  position: { until: at(80) },
  since: at(0),
  asked_at: at(80),
  told_until: at(70),
  failed: null,
  holes: [],
  agreements: [FIRST],
}
const found = (more: Partial<Found> = {}): Found => ({
  id: 'u1',
  kind: 'updated',
  named: false,
  moved: null,
  ...more,
})

describe('what is compared', () => {
  test.each<[string, Partial<FeedState> | null, Partial<WholeRead> | null, string | null, string]>([
    ['a newer whole read, told to its end', {}, {}, 'f', 'compare'],
    ['a feed that was never asked', null, {}, 'f', 'wait'],
    ['a feed with an open hole', { since: null }, {}, 'f', 'wait'],
    ['no complete read', {}, null, 'f', 'wait'],
    ['the same read again', {}, { sync: 1, began_at: at(10) }, 'f', 'wait'],
    ['a read whose end is not told yet', { told_until: at(60) }, {}, 'f', 'wait'],
    ['a read told to its very end', { told_until: at(61) }, {}, 'f', 'compare'],
    ['nothing compared before', { agreements: [] }, {}, null, 'begin'],
    [
      'nothing compared before, and the read had begun when the feed was first asked',
      { agreements: [], since: at(60) },
      {},
      null,
      'wait',
    ],
    ['a hole since the last comparison, and a read after it', { since: at(30) }, {}, 'f', 'begin'],
    ['a hole since the last comparison, and no read after it', { since: at(65) }, {}, 'f', 'wait'],
    ['another connector, or another credential', {}, {}, 'g', 'begin'],
    ['a sync that is no longer known', {}, {}, null, 'begin'],
    ['an agreement of another stream', { agreements: [{ ...FIRST, stream: 'groups' }] }, {}, null, 'begin'],
  ])('%s', (_, state, read, before, is) => {
    const newest = read === null ? null : { ...READ, ...read }
    expect(whatToCompare(state === null ? null : { ...STATE, ...state }, 'users', newest, before).is).toBe(is)
  })
})

describe('what a feed owes', () => {
  test('of every kind of change and every claim: what it claims to tell, and nothing of what left or came back', () => {
    const owes = { created: 'created', updated: 'updated', confirmed_deleted: 'deleted', vanished: null, returned: null }
    for (const kind of CHANGE_KINDS)
      for (const tells of [[], ...TOLD_CHANGES.map((one) => [one]), [...TOLD_CHANGES]]) {
        const owed = owes[kind] !== null && (tells as string[]).includes(owes[kind]) ? 1 : 0
        for (const named of [true, false]) {
          const counted = tally({ tells, silent_on: [] }, [found({ kind, named })])
          expect([counted.changes, counted.named, counted.skipped.length], `${kind} ${tells} ${named}`).toEqual([
            owed,
            named ? owed : 0,
            named ? 0 : owed,
          ])
        }
      }
  })

  test.each<[string, Partial<Found>, number]>([
    ['a field it is silent on', { moved: ['seen'] }, 0],
    ['that and another', { moved: ['seen', 'active'] }, 1],
    ['it is not known which', { moved: null }, 1],
    ['a deletion', { kind: 'confirmed_deleted' }, 1],
  ])('%s', (_, more, skipped) => {
    expect(tally(FEED, [found(more)]).skipped.length).toBe(skipped)
  })

  test('a record that changed twice is skipped once, and counted as it changed', () => {
    expect(tally(FEED, [found(), found()])).toEqual({ changes: 2, named: 0, skipped: ['u1'], doubtful: [], open: 0 })
  })

  test('who left the list unnamed is doubtful where the feed claims to tell of deletions; who came back is not', () => {
    for (const kind of ['vanished', 'returned'] as const)
      for (const tells of [[], ...TOLD_CHANGES.map((one) => [one]), [...TOLD_CHANGES]])
        for (const named of [true, false]) {
          const is = kind === 'vanished' && !named && (tells as string[]).includes('deleted')
          const counted = tally({ tells, silent_on: [] }, [found({ kind, named }), found({ kind, named })])
          expect([counted.doubtful, counted.open], `${kind} ${tells} ${named}`).toEqual(is ? [['u1'], 0] : [[], 2])
        }
  })
})

describe('the agreement', () => {
  const named = tally(FEED, [found({ named: true })])
  const skipped = tally(FEED, [found({ id: 'u2' })])
  test('one that skipped anything skipped, however much it named', () => {
    const many = [named, named, named, skipped].reduce(plus)
    expect(agreementOf(FIRST, READ, many, 50, at(80))).toMatchObject({
      is: 'skipped',
      changes: 4,
      named: 3,
      skipped: ['u2'],
      between: [1, 2],
      compared_to: 50,
      began_at: at(60),
    })
  })

  test('where nothing changed what was known stands: untested stays untested, skipped stays skipped, steady stays steady', () => {
    for (const before of [NOTHING_FOUND, named, skipped]) {
      const last = agreementOf(FIRST, READ, before, 50, at(80))
      const next = agreementOf(last, { ...READ, sync: 3, began_at: at(90) }, { ...NOTHING_FOUND, open: 4 }, 60, at(99))
      expect(next).toMatchObject({ is: last.is, skipped: last.skipped, between: [2, 3], compared_to: 60, began_at: at(90) })
      expect(agreementOf(next, { ...READ, sync: 4 }, NOTHING_FOUND, 60, at(99)).because).toBe(next.because)
    }
  })

  const left = tally(FEED, [found({ kind: 'vanished', id: 'u3' })])
  test('who left the list unnamed keeps it from agreeing, and from nothing else', () => {
    expect(agreementOf(FIRST, READ, plus(named, left), 50, at(80))).toMatchObject({
      is: 'unknown',
      skipped: ['u3'],
      changes: 1,
      named: 1,
    })
    expect(agreementOf(FIRST, READ, left, 50, at(80))).toMatchObject({ is: 'unknown', skipped: ['u3'], changes: 0 })
    expect(agreementOf(FIRST, READ, plus(skipped, left), 50, at(80))).toMatchObject({ is: 'skipped', skipped: ['u2'] })
    // What was skipped before is not made better by what is doubtful now.
    const before = agreementOf(FIRST, READ, skipped, 50, at(80))
    expect(agreementOf(before, { ...READ, sync: 3 }, left, 50, at(99))).toMatchObject({ is: 'skipped', skipped: ['u2'] })
  })

  test('one of them seen gone was skipped; alive ones show nothing of the others', () => {
    const pending = agreementOf(FIRST, READ, plus(named, left), 50, at(80))
    expect(isPending(pending)).toBe(true)
    expect(settledBy(pending, [])).toBeNull()
    expect(settledBy(pending, ['u3'])).toMatchObject({
      is: 'skipped',
      skipped: ['u3'],
      because: expect.stringMatching(/u3; gone: u3$/),
    })
    for (const other of [FIRST, agreementOf(FIRST, READ, named, 50, at(80)), agreementOf(FIRST, READ, skipped, 50, at(80))])
      expect([isPending(other), settledBy(other, ['u3'])]).toEqual([false, null])
  })

  test('what is not counted is said', () => {
    expect(agreementOf(FIRST, READ, { ...named, open: 2 }, 50, at(80)).because).toMatch(
      /; 2 that left the list or came back to it are not counted$/,
    )
  })

  test('ids of a few stand in it, not of thousands', () => {
    const all = Array.from({ length: 5_000 }, (_, n) => found({ id: `u${n}` }))
    const agreement = agreementOf(FIRST, READ, tally(FEED, all), 50, at(80))
    expect([agreement.skipped.length, agreement.because.length < 200, agreement.changes - agreement.named]).toEqual([
      10,
      true,
      5_000,
    ])
  })
})

describe('what it is worth', () => {
  const of = (is: FeedAgreement['is'], stream = 'users'): FeedAgreement => ({ ...FIRST, stream, is, because: `${is}!` })
  const hole = { feed: 'log', from: at(1), to: null, because: 'refused' }
  const both: Feed = { ...FEED, names: [...FEED.names, { stream: 'groups', id: 'id', when: null }] }
  test.each<[string, FeedState | null, string]>([
    ['never asked', null, 'untested'],
    ['asked in vain only', { ...STATE, position: null, failed: 'no' }, 'failed'],
    [
      'the worst first: no answer, and a hole, and skipped',
      { ...STATE, failed: 'no', holes: [hole], agreements: [of('skipped')] },
      'failed',
    ],
    ['a hole, and skipped', { ...STATE, holes: [hole], agreements: [of('skipped')] }, 'hole'],
    ['one skipped, one fine', { ...STATE, agreements: [of('agrees'), of('skipped', 'groups')] }, 'skipped'],
    ['one fine, one unknown', { ...STATE, agreements: [of('agrees'), of('unknown', 'groups')] }, 'untested'],
    ['one fine, one never', { ...STATE, agreements: [of('agrees')] }, 'untested'],
    ['both fine', { ...STATE, agreements: [of('agrees'), of('agrees', 'groups')] }, 'steady'],
  ])('%s', (_, state, is) => {
    expect(worthOf(both, state, {}).is).toBe(is)
  })
})
