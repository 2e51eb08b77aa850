/** Each word of prove, answer by answer: what holds, what confirms, what refutes, and what says nothing. */
import { describe, expect, test } from 'vitest'
import type { DeclaredTotal, ProofAnswer } from '../../runtime/kinds/kind.ts'
import { prove } from '../../runtime/kinds/prove/index.ts'
import type { Finding, KindOptions, ReadFacts } from '../../runtime/types.ts'
import { countedAs, declared, framed, HONEST, NO_TOTAL, passed, probed, say, TOTAL } from '../judge/sample.ts'

const read = (more: Partial<ReadFacts>): ReadFacts => ({ ...HONEST, ...more })
const confirms = (finding: Finding) => (finding.confirms ? 'confirms' : finding.result)

describe('total', () => {
  type Row = [name: string, total: string, probe: string, told: DeclaredTotal, answer: ProofAnswer | null, facts?: ReadFacts]
  const rows: readonly Row[] = [
    ['equal, probed, many pages', 'confirms', 'holds', declared(1000), probed(1000)],
    ['equal, the probe asks for none', 'confirms', 'holds', declared(1000), probed(1000, 0)],
    ['equal, the server ignores the size', 'confirms', 'holds', declared(1000), probed(1000, 100)],
    ['equal, one page', 'holds', 'holds', declared(1000), probed(1000), read({ pages: 1 })],
    ['equal, one page a partition', 'holds', 'missing', declared(1000), probed(10), read({ pages: 10, partitions: 10 })],
    ['equal, the probe failed', 'holds', 'missing', declared(1000), probed(null, 0, 'http/timeout')],
    ['equal, the probe was not asked', 'holds', 'missing', declared(1000), null],
    ['equal, the probed answer has no total', 'holds', 'missing', declared(1000), probed(null)],
    ['equal, the total was another when probed', 'holds', 'missing', declared(1000), probed(1003)],
    [
      'equal, and just where search indexes stop',
      'holds',
      'holds',
      declared(10_000),
      probed(10_000),
      read({ fetched: 10_000, stored: 10_000, pages: 100 }),
    ],
    ['the total follows the page size: disqualified, not refuting', 'missing', 'missing', declared(100), probed(1)],
    ['the total follows the page size and happens to be equal', 'missing', 'missing', declared(1000), probed(1)],
    ['one record in all', 'holds', 'missing', declared(1), probed(1), read({ fetched: 1, stored: 1, pages: 1 })],
    ['too many declared', 'refutes', 'holds', declared(1001), probed(1001)],
    ['too few declared', 'refutes', 'holds', declared(999), probed(999)],
    ['differs, unprobed', 'refutes', 'missing', declared(999), null],
    ['moved while reading', 'missing', 'holds', declared(1001, { moved: true }), probed(1001)],
    ['moved while reading, and since', 'missing', 'missing', declared(1001, { moved: true }), probed(1002)],
    ['none declared', 'missing', 'missing', NO_TOTAL, probed(1000)],
    ['only the first page declared it', 'confirms', 'holds', declared(1000, { missing: 9 }), probed(1000)],
    [
      'of several lists some pages declared none',
      'missing',
      'holds',
      declared(1000, { missing: 1 }),
      probed(1000),
      read({ pages: 10, partitions: 2 }),
    ],
    ['no count', 'missing', 'holds', declared(1000, { broken: 'a text' }), probed(1000)],
    [
      'repeated and stitched rows are not counted',
      'confirms',
      'holds',
      declared(1000),
      probed(1000),
      read({ fetched: 1011, repeated: 2, stitched: 9 }),
    ],
    [
      'filtered and quarantined rows are',
      'confirms',
      'holds',
      declared(1000),
      probed(1000),
      read({ stored: 990, filtered: { bots: 9 }, quarantined: { 'field/type': 1 } }),
    ],
  ]
  test.each<Row>(rows)('%s: %s', (_name, total, probe, told, answer, facts = HONEST) => {
    const [first, second, ...more] = say(TOTAL, facts, answer === null ? [] : [answer], told)
    expect([first?.check, second?.check, more.length]).toEqual(['total', 'total_probe', 0])
    expect([confirms(first!), confirms(second!)]).toEqual([total, probe])
  })

  test('asks for the probe as texts, and only where one is declared', () => {
    expect(prove['total']!.asks(TOTAL)).toEqual([{ ask: 'list_once', query: { limit: '1' }, when: 'after' }])
    expect(prove['total']!.asks({ kind: 'total', path: 'total' })).toEqual([])
    expect(say({ kind: 'total', path: 'total' }, HONEST, [], declared(1000)).map(confirms)).toEqual(['holds', 'missing'])
  })
})

const GROUPS = { stream: 'groups', verdict: 'complete' } as const
const perParent = (more: object): ProofAnswer => ({
  ask: 'per_parent',
  parents: 3,
  equal: 3,
  uncounted: 0,
  uncounted_empty: 0,
  differing: [],
  failed: null,
  ...more,
})
const has = (asked: number, absent: readonly string[], failed: string | null = null): ProofAnswer => ({
  ask: 'has',
  asked,
  absent,
  failed,
})
const EMPTY = read({ fetched: 0, stored: 0, pages: 1 })
const NO_LISTS = read({ fetched: 0, stored: 0, pages: 0, partitions: 0, parents: [GROUPS] })

const COUNT = { kind: 'count', request: 'GET /users/$count', path: '[]' }
const PER = { kind: 'count_per_parent', path: 'group.usersCount' }
const alike = (answer: ProofAnswer): ProofAnswer => (answer.ask === 'pass' ? { ...answer, alike: 1 } : answer)
const LEFT_OUT = { ...PER, absent: 'empty' }
const PASS = { kind: 'second_pass', query: { limit: 70 } }
const BY_ID = { kind: 'by_id' }
const TWO = { kind: 'two_path', stream: 'memberships', field: 'account' }
const OWN = { kind: 'known_account', id: 'whoami.id' }
const CANARY = { kind: 'canaries' }

test.each<[name: string, options: KindOptions, result: string, answer: ProofAnswer | null, facts?: ReadFacts]>([
  ['same before and after, as many came', COUNT, 'confirms', countedAs(1000, 1000)],
  ['filtered rows came too', COUNT, 'confirms', countedAs(1000, 1000), read({ stored: 900, filtered: { bots: 100 } })],
  ['same before and after, fewer came', COUNT, 'refutes', countedAs(1001, 1001)],
  ['same before and after, more came', COUNT, 'refutes', countedAs(999, 999)],
  ['moved', COUNT, 'missing', countedAs(999, 1000)],
  ['none before', COUNT, 'missing', countedAs(null, 1000)],
  ['failed', COUNT, 'missing', countedAs(1000, 1000, 'http/timeout')],
  ['not asked', COUNT, 'missing', null],
  ['none, and none came', COUNT, 'confirms', countedAs(0, 0), EMPTY],

  ['every parent agrees', PER, 'confirms', perParent({})],
  ['no less than each counts confirms nothing', { ...PER, at_least: true }, 'holds', perParent({})],
  [
    'less than one counts',
    { ...PER, at_least: true },
    'refutes',
    perParent({ equal: 2, differing: [{ parent: 'g1', counted: 5, read: 0 }] }),
  ],
  ['one differs', PER, 'refutes', perParent({ equal: 2, differing: [{ parent: 'g1', counted: 200, read: 100 }] })],
  ['one differs, unnamed', PER, 'refutes', perParent({ equal: 2 })],
  ['one without a count', PER, 'missing', perParent({ equal: 2, uncounted: 1 })],
  ['one without a count, and empty', PER, 'missing', perParent({ equal: 2, uncounted: 1, uncounted_empty: 1 })],
  [
    'one without a count, and empty, as is documented',
    LEFT_OUT,
    'confirms',
    perParent({ equal: 2, uncounted: 1, uncounted_empty: 1 }),
  ],
  ['one without a count, and members came', LEFT_OUT, 'missing', perParent({ equal: 2, uncounted: 1 })],
  [
    'none with a count: they are not given at all',
    LEFT_OUT,
    'missing',
    perParent({ equal: 0, uncounted: 3, uncounted_empty: 3 }),
  ],
  ['failed', PER, 'missing', perParent({ failed: 'not read' })],
  ['no parents: that is for the judge to believe', PER, 'holds', perParent({ parents: 0, equal: 0 }), NO_LISTS],

  ['equal', PASS, 'confirms', passed(1000)],
  ['one only the first time', PASS, 'refutes', passed(999, ['a'])],
  ['one only the second time', PASS, 'refutes', passed(1001, [], ['a'])],
  ['equal sizes, other ids', PASS, 'refutes', passed(1000, ['a'], ['b'])],
  ['did not end', PASS, 'missing', passed(400, [], [], 'decode/html')],
  ['said to be equal, but shorter', PASS, 'missing', passed(400)],
  ['equal, on the same pages', PASS, 'holds', alike(passed(1000))],
  ['both empty', PASS, 'holds', passed(0), EMPTY],
  ['both empty below no parents: that is for the judge to believe', PASS, 'holds', passed(0), NO_LISTS],

  ['all there', BY_ID, 'confirms', framed({})],
  ['one alive and not listed', BY_ID, 'refutes', framed({ in_read: 999, absent: 1, alive: ['u1'] })],
  ['one alive, the control not', BY_ID, 'refutes', framed({ in_read: 999, absent: 1, alive: ['u1'], control_alive: false })],
  ['absent ones gone, the control alive', BY_ID, 'confirms', framed({ in_read: 990, absent: 10, gone: 10 })],
  ['absent ones gone, the control too', BY_ID, 'missing', framed({ in_read: 990, absent: 10, gone: 10, control_alive: false })],
  ['absent ones gone, no control', BY_ID, 'missing', framed({ in_read: 990, absent: 10, gone: 10, control_alive: null })],
  ['one unanswered', BY_ID, 'missing', framed({ in_read: 990, absent: 10, gone: 9, unanswered: 1 })],
  ['some never asked', BY_ID, 'missing', framed({ in_read: 700, absent: 300, gone: 25 })],
  ['no frame', BY_ID, 'missing', framed({ frame: 0, in_read: 0 })],
  ['no way to ask', BY_ID, 'missing', framed({ failed: 'no get' })],
  ['a frame of few', BY_ID, 'holds', framed({ frame: 59, in_read: 59 })],
  ['a frame of enough', BY_ID, 'confirms', framed({ frame: 60, in_read: 60 })],
  ['a frame of few that is half of a small list', BY_ID, 'confirms', framed({ frame: 2, in_read: 2 }), read({ stored: 4 })],
  ['a frame that is gone as a whole', BY_ID, 'holds', framed({ frame: 5, in_read: 0, absent: 5, gone: 5 })],

  ['the other path names nobody else', TWO, 'confirms', framed({ frame: 600, in_read: 600 })],
  ['the other path names a live one more', TWO, 'refutes', framed({ frame: 601, in_read: 600, absent: 1, alive: ['u1'] })],
  ['the other path is empty', TWO, 'missing', framed({ frame: 0, in_read: 0 })],

  ['the own account is listed', OWN, 'holds', has(1, [])],
  ['the own account is not listed', OWN, 'refutes', has(1, ['me'])],
  ['the own account is not known', OWN, 'missing', has(0, [], 'no whoami')],

  ['all canaries listed', CANARY, 'confirms', has(2, [])],
  ['one canary missing', CANARY, 'refutes', has(2, ['c2'])],
  ['no canaries', CANARY, 'missing', has(0, [])],
  ['canaries not asked', CANARY, 'missing', null],
])('%s (%o): %s', (_name, options, result, answer, facts = HONEST) => {
  const [finding, ...more] = say(options, facts, answer === null ? [] : [answer])
  expect(more).toEqual([])
  expect(finding).toMatchObject({ check: options.kind, item: prove[options.kind]!.item, class: prove[options.kind]!.class })
  expect(confirms(finding!)).toBe(result)
})

test('a finding that does not hold never confirms and always says what settles it; one that holds settles nothing', () => {
  const answers: readonly (readonly ProofAnswer[])[] = [
    [],
    [probed(1), countedAs(1, 2), passed(1, ['a']), framed({ unanswered: 1 }), perParent({ equal: 0 }), has(1, ['x'])],
    [probed(1000), countedAs(1000, 1000), passed(1000), framed({}), perParent({}), has(1, [])],
  ]
  for (const word of Object.values(prove)) {
    for (const given of answers) {
      for (const finding of say(word.example, HONEST, given, declared(1000))) {
        expect(finding.confirms && (finding.result !== 'holds' || !word.can_confirm), `${finding.check} ${finding.result}`).toBe(
          false,
        )
        expect(finding.settle === null, `${finding.check} ${finding.result}`).toBe(finding.result === 'holds')
        expect(JSON.parse(JSON.stringify(finding))).toEqual(finding)
      }
    }
  }
})

test('the frame states its bound, about itself only', () => {
  const [finding] = say(BY_ID, HONEST, [framed({ frame: 100, in_read: 100 })])
  expect(finding?.because).toBe(
    '100 ids of the last snapshot are in the list: of the last snapshot at most 3 % is missing at 95 %',
  )
})

test('asks are plain data', () => {
  expect(prove['by_id']!.asks({ kind: 'by_id' })).toEqual([{ ask: 'by_id', of: 'last_snapshot', sample: 25 }])
  expect(prove['by_id']!.asks({ kind: 'by_id', of: 'memberships', sample: 5 })).toEqual([
    { ask: 'by_id', of: { stream: 'memberships', field: 'account' }, sample: 5 },
  ])
  expect(prove['two_path']!.asks(TWO)).toEqual([{ ask: 'by_id', of: { stream: 'memberships', field: 'account' }, sample: 100 }])
  expect(prove['count_per_parent']!.asks(PER)).toEqual([
    { ask: 'per_parent', variable: 'group', field: 'usersCount', at_least: false },
  ])
  expect(prove['second_pass']!.asks(PASS)).toEqual([{ ask: 'pass', query: { limit: '70' }, list: null }])
  expect(prove['known_account']!.asks(OWN)).toEqual([{ ask: 'has', ids: 'whoami' }])
  expect(prove['canaries']!.asks(CANARY)).toEqual([{ ask: 'has', ids: 'canaries' }])
})
