import { describe, expect, test } from 'vitest'
import type { Gate, GateReasonKind, Waiver } from '../../runtime/certify-types.ts'
import { differences } from '../../runtime/judge/exceptions.ts'
import { gateReason } from '../../runtime/judge/gate-reason.ts'
import { badControls, breaches, DEFAULT_LEVELS, type LevelFacts, levelsOf } from '../../runtime/judge/levels.ts'
import type { Breach, Exception } from '../../runtime/levels-types.ts'

const NOW = Date.parse('2026-11-21T12:00:00.000Z')
const ago = (s: number): string => new Date(NOW - s * 1000).toISOString()
const reason = (kind: GateReasonKind, bound = '1') =>
  gateReason(kind, { connection: 'acme', stream: 'users' }, bound, `it is ${kind}`, `settle ${kind}`)
const gateOf = (kinds: readonly GateReasonKind[]): Gate => ({
  is: 'deny',
  reasons: kinds.map((kind) => reason(kind)),
  waived: [],
  snapshots: [],
})

function facts(
  more: Partial<LevelFacts> = {},
  kinds: readonly GateReasonKind[] = [],
  stream: Partial<LevelFacts['streams'][number]> = {},
): LevelFacts {
  return {
    created_at: ago(30 * 86_400),
    gate: gateOf(kinds),
    streams: [
      {
        stream: 'users',
        certified: true,
        fresh_for_s: 3600,
        started_at: ago(60),
        read_at: ago(30),
        complete_at: ago(60),
        ...stream,
      },
    ],
    ...{ late: 0, taking: 0, oldest: null, verified: 0, verified_late: 0, p95_ms: null },
    debt: { count: 0, oldest_at: null, newest: null },
    now_ms: NOW,
    ...more,
  }
}
const told = (found: readonly Breach[]) => found.map(({ control, severity }) => `${control} ${severity}`)
const oldest = { intent: 'i1', action: 'deactivate_account', sent_at: ago(400) }

describe('levels', () => {
  test.each([
    ['all is well', facts(), []],
    ['stale by less than twice', facts({}, ['stale'], { started_at: ago(4000) }), ['freshness high']],
    ['stale by more than twice', facts({}, ['stale'], { started_at: ago(8000) }), ['freshness critical']],
    ['stale, and not certified', facts({}, ['stale'], { started_at: ago(8000), certified: false }), ['freshness info']],
    [
      'never read, made a minute ago',
      facts({ created_at: ago(60) }, ['never_read'], { started_at: null, read_at: null }),
      ['freshness info'],
    ],
    ['never read for a month', facts({}, ['never_read'], { started_at: null, read_at: null }), ['freshness critical']],
    ['incomplete', facts({}, ['incomplete']), ['completeness critical']],
    ['incomplete, and not certified', facts({}, ['incomplete'], { certified: false }), ['completeness info']],
    ['unproven', facts({}, ['unproven']), ['completeness high']],
    ['another credential since', facts({}, ['fingerprint']), ['completeness high']],
    ['removals are held', facts({}, ['hold']), ['completeness high']],
    ['can never be proven', facts({}, ['unprovable']), ['completeness info']],
    [
      'incomplete and stale',
      facts({}, ['incomplete', 'stale'], { started_at: ago(4000) }),
      ['freshness high', 'completeness critical'],
    ],
    ['a leaver not verified in time', facts({ late: 1, taking: 1, oldest }), ['time_to_verified critical']],
    ['a joiner not verified in time', facts({ late: 1, oldest }), ['time_to_verified high']],
    ['late but verified', facts({ verified: 9, verified_late: 1, p95_ms: 400_000 }), ['time_to_verified info']],
    ['a verified change is undone', facts({}, ['reverted']), ['time_to_verified critical']],
    ['nobody can look', facts({ debt: { count: 1, oldest_at: ago(60), newest: 'i9' } }), ['unverifiable_debt high']],
    [
      'nobody could look for a month',
      facts({ debt: { count: 1, oldest_at: ago(30 * 86_400), newest: 'i9' } }),
      ['unverifiable_debt critical'],
    ],
  ] as const)('%s', (_, given, wanted) => {
    const found = breaches(given, DEFAULT_LEVELS)
    expect(told(found)).toEqual(wanted)
    for (const { because, next_step, since } of found) {
      expect(because).not.toBe('')
      expect(next_step).not.toBe('')
      expect(Date.parse(since)).toBeLessThanOrEqual(NOW)
    }
  })

  test('what a connection declares counts: longer patience, another number, another time', () => {
    const patient = levelsOf({ incomplete_for_s: 3600, verified_within_s: 600, unverifiable_most: 2 })
    expect(breaches(facts({}, ['incomplete']), patient)).toEqual([])
    expect(told(breaches(facts({}, ['incomplete'], { complete_at: ago(4000) }), patient))).toEqual(['completeness critical'])
    // A hold is no question of time.
    expect(told(breaches(facts({}, ['hold']), patient))).toEqual(['completeness high'])
    expect(breaches(facts({ debt: { count: 2, oldest_at: ago(60), newest: 'i9' } }), patient)).toEqual([])
    expect(told(breaches(facts({ debt: { count: 3, oldest_at: ago(60), newest: 'i9' } }), patient))).toEqual([
      'unverifiable_debt high',
    ])
  })

  test('what a second person let stand is told, with until when, and burns no budget', () => {
    const of = reason('hold')
    const waiver: Waiver = {
      ...{ reason: of.id, kind: of.kind, connection: 'acme', stream: 'users', because: of.because },
      ...{ requested_by: 'kim', by: 'lee', why: 'x', at: ago(9), expires_at: '2026-12-01T00:00:00.000Z' },
    }
    const found = breaches(
      facts({ gate: { is: 'allow', reasons: [], waived: [{ reason: of, waiver }], snapshots: [] } }),
      DEFAULT_LEVELS,
    )
    expect(told(found)).toEqual(['completeness info'])
    expect(found[0]?.next_step).toContain('2026-12-01')
    expect(badControls(found)).toEqual([])
  })
})

const breach = (more: Partial<Breach> = {}): Breach => ({
  ...{ control: 'freshness', stream: 'users', severity: 'high', because: 'old', evidence: {}, next_step: 'Run a sync.' },
  ...{ since: ago(60), bound: '1' },
  ...more,
})
const exception = (more: Partial<Exception> = {}): Exception => ({
  ...breach(),
  ...{ exception: 'E1', connection: 'acme', owner: null, data_owner: null, state: 'open', opened_at: ago(50) },
  ...{ acknowledged: null, closed: null },
  ...more,
})
const OWNERS = { owner: null, data_owner: null }
const diff = (found: readonly Breach[], open: readonly Exception[], byHand: readonly Exception[] = []) =>
  differences(found, { open, byHand, owners: OWNERS }, ago(0))

describe('exceptions', () => {
  test('a breach opens one, stays one, and closes it when it is gone', () => {
    expect(diff([breach()], []).opened).toHaveLength(1)
    expect(diff([breach()], [exception()])).toEqual({ opened: [], changed: [], closed: [] })
    expect(diff([], [exception()]).closed).toMatchObject([{ exception: 'E1', state: 'closed', closed: { by: null } }])
  })

  test('worse takes the acknowledgement away, milder keeps it; since when stays', () => {
    const known = exception({ state: 'acknowledged', acknowledged: { by: 'kim', at: ago(40), why: 'x' } })
    const [worse] = diff([breach({ severity: 'critical', since: ago(1) })], [known]).changed
    expect(worse).toMatchObject({ state: 'open', acknowledged: null, severity: 'critical', since: known.since })
    const [milder] = diff([breach({ severity: 'info' })], [known]).changed
    expect(milder).toMatchObject({ state: 'acknowledged', severity: 'info' })
  })

  test('what a person closed stays closed while it speaks of the same, and opens for one more', () => {
    const debt = breach({ control: 'unverifiable_debt', stream: '', bound: '1 i1' })
    const closed = exception({ ...debt, state: 'closed', closed: { by: 'lee', at: ago(5), because: 'seen in the console' } })
    expect(diff([debt], [], [closed]).opened).toEqual([])
    expect(diff([{ ...debt, bound: '2 i2' }], [], [closed]).opened).toHaveLength(1)
  })
})
