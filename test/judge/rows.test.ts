/** The reading rows of faults.md, as the facts they leave behind, judged with the real words. */
import { describe, expect, test } from 'vitest'
import { judgeAbsence } from '../../runtime/judge/absence.ts'
import { scopeFindings } from '../../runtime/judge/scope.ts'
import { type ClosureFacts, closureFindings } from '../../runtime/judge/structure.ts'
import { DEFAULT_THRESHOLDS } from '../../runtime/judge/thresholds.ts'
import { type JudgeInput, judge, RULES_VERSION } from '../../runtime/judge/verdict.ts'
import type { Finding, Gap, ReadFacts, Verdict } from '../../runtime/types.ts'
import {
  AT,
  BY_OFFSET,
  countedAs,
  declared,
  framed,
  HONEST,
  honestTotal,
  inputOf,
  passed,
  probed,
  say,
  secondPass,
  TOTAL,
  verdictOf,
} from './sample.ts'

const gap = (code: string, because: string, partition = ''): Gap => ({
  stream: 'users',
  partition,
  code,
  where: 'GET /users',
  because,
  at: AT,
})
const broken = (code: string, because: string) => ({
  gaps: [gap(code, because)],
  broken: [{ partition: '', code, because }],
  ended: 0,
  marks: [],
})
const read = (more: Partial<ReadFacts>, of: ReadFacts = HONEST): ReadFacts => ({ ...of, ...more })
const rows = (count: number) => ({
  fetched: count,
  stored: count,
  in_store: count,
  filled: { userName: count, active: count, email: count },
})
const edges = (more: Partial<ClosureFacts[number]>): ClosureFacts => [
  { field: 'account', refers: ['users'], edges: 50, dangling: 1, alive: [], gone: 0, unanswered: 0, unasked: 0, ...more },
]
const BASE = { baseline: { stored: 1000, filled: { userName: 1000, active: 1000, email: 990 } } }

const CHILDLESS = read({
  ...rows(0),
  pages: 0,
  partitions: 0,
  ended: 0,
  marks: [],
  parents: [{ stream: 'groups', verdict: 'complete' }],
})

type Row = [
  row: string,
  is: Verdict['is'],
  says: RegExp,
  facts: ReadFacts,
  findings: readonly Finding[],
  more?: Partial<JudgeInput>,
]

const ROWS: readonly Row[] = [
  [
    'honest, total probed',
    'complete',
    /^complete · 1,000 records · cursor ended · total matched$/,
    HONEST,
    honestTotal(HONEST, 1000),
  ],
  ['honest, second pass', 'complete', /second pass equal/, HONEST, secondPass(HONEST)],
  ['honest, by offset', 'complete', /total matched/, BY_OFFSET, honestTotal(BY_OFFSET, 1000)],
  ['honest, and nothing to prove it', 'unproven', /^unproven · nothing independent of the list confirms it$/, HONEST, []],
  [
    'R1 last page withheld, cursor null, total true',
    'incomplete',
    /declares 1,000 records, 900 came/,
    read(rows(900)),
    say(TOTAL, read(rows(900)), [probed(1000)], declared(1000)),
  ],
  ['R1 last page withheld, nothing else known', 'unproven', /nothing independent/, read(rows(900)), []],
  [
    'R2 rows dropped, total true',
    'incomplete',
    /declares 1,000 records, 997 came/,
    read(rows(997)),
    say(TOTAL, read(rows(997)), [probed(1000)], declared(1000)),
  ],
  [
    'R2 rows dropped at random, second pass',
    'incomplete',
    /two passes differ/,
    read(rows(997)),
    secondPass(read(rows(997)), passed(996, ['a', 'b'], ['c'])),
  ],
  [
    'R2 as many dropped in both passes, others',
    'incomplete',
    /two passes differ/,
    read(rows(997)),
    secondPass(read(rows(997)), passed(997, ['a', 'b'], ['c', 'd'])),
  ],
  [
    'R3 rows dropped and totals lowered: known ids alive',
    'incomplete',
    /1 id of the last snapshot is alive by id and not in the list: u7/,
    read(rows(999)),
    [
      ...honestTotal(read(rows(999)), 999),
      ...say({ kind: 'by_id' }, read(rows(999)), [framed({ in_read: 999, absent: 1, alive: ['u7'] })]),
    ],
  ],
  [
    'R4 total overstated',
    'incomplete',
    /declares 1,200 records, 1,000 came/,
    HONEST,
    say(TOTAL, HONEST, [probed(1200)], declared(1200)),
  ],
  [
    'R4 total overstated and moving',
    'unproven',
    /unstable|nothing independent/,
    HONEST,
    say(TOTAL, HONEST, [probed(1200)], declared(1200, { moved: true })),
  ],
  [
    'R5 total understated',
    'incomplete',
    /declares 800 records, 1,000 came/,
    HONEST,
    say(TOTAL, HONEST, [probed(800)], declared(800)),
  ],
  ['R6 total is the page length', 'unproven', /nothing independent/, HONEST, say(TOTAL, HONEST, [probed(1)], declared(100))],
  [
    'R6 total is the page length, and a second pass settles it',
    'complete',
    /second pass equal/,
    HONEST,
    [...say(TOTAL, HONEST, [probed(1)], declared(100)), ...secondPass(HONEST)],
  ],
  [
    'R6 one page, total 80 of a page of 80',
    'unproven',
    /nothing independent/,
    read({ ...rows(80), pages: 1 }),
    say(TOTAL, read({ ...rows(80), pages: 1 }), [probed(1)], declared(80)),
  ],
  [
    'R7 page repeated',
    'incomplete',
    /came twice/,
    read({ fetched: 1100, repeated: 100, same_bodies: 1, pages: 11, samples: { repeated: ['u1', 'u2'], quarantined: [] } }),
    secondPass(HONEST),
  ],
  [
    'R7 page repeated instead of another',
    'incomplete',
    /came twice/,
    read({ ...rows(900), fetched: 1000, repeated: 100, same_bodies: 1 }),
    [],
  ],
  [
    'R8 cursor loop',
    'incomplete',
    /runs in a circle \(read\/loop\)/,
    read(broken('read/loop', 'the list runs in a circle')),
    secondPass(HONEST),
  ],
  [
    'R9 endless empty pages',
    'incomplete',
    /read\/endless/,
    read(broken('read/endless', 'the list goes on without new records')),
    secondPass(HONEST),
  ],
  [
    'R10 cursor expired mid-run',
    'incomplete',
    /http\/restart/,
    read(broken('http/restart', 'page 4: the cursor expired')),
    secondPass(HONEST),
  ],
  [
    'R11 deleted while paging by offset',
    'incomplete',
    /rows shifted/,
    read({ ...rows(998), fetched: 1006, stitched: 8, stitches: { held: 8, differed: 1 } }, BY_OFFSET),
    [],
  ],
  [
    'R11 the same without stitching, order held over the hole',
    'unproven',
    /not checked for shifted rows/,
    read({ ...rows(998), stitched: 0, stitches: { held: 0, differed: 0 }, order: { held: 10, violated: 0 } }, BY_OFFSET),
    say({ kind: 'canaries' }, HONEST, [{ ask: 'has', asked: 2, absent: [], failed: null }]),
  ],
  [
    'R12 inserted while paging by offset',
    'incomplete',
    /rows moved between pages/,
    read({ fetched: 1010, repeated: 1 }, BY_OFFSET),
    [],
  ],
  ['R13 page clamp: 20 pages for 10', 'complete', /total matched/, read({ pages: 20 }), honestTotal(HONEST, 1000)],
  ['R14 short page in the middle', 'complete', /total matched/, read({ pages: 11 }), honestTotal(HONEST, 1000)],
  [
    'R15 empty pages, each with a next',
    'complete',
    /total matched/,
    read({ pages: 14, longest_empty_run: 3 }),
    honestTotal(HONEST, 1000),
  ],
  ['R16 200 {ok:false}', 'incomplete', /page 4: .*\(http\/expect\)/, read(broken('http/expect', 'page 4: ok is not true')), []],
  [
    'R17 200 HTML',
    'incomplete',
    /^incomplete · users, page 4: HTML instead of JSON \(decode\/html\)/,
    read(broken('decode/html', 'page 4: HTML instead of JSON')),
    [],
  ],
  ['R18 cut JSON', 'incomplete', /decode\/cut/, read(broken('decode/cut', 'page 4: the JSON is cut')), []],
  ['R19 many requests for one page', 'complete', /total matched/, read({ requests: 400 }), honestTotal(HONEST, 1000)],
  [
    'R21 403 on one parent',
    'incomplete',
    /group=g7, page 1: forbidden \(http\/forbidden\)/,
    read({ partitions: 10, ended: 9, broken: [], gaps: [gap('http/forbidden', 'page 1: forbidden', 'group=g7')] }),
    [],
  ],
  ['R23 stale replica page: ids twice', 'incomplete', /came twice/, read({ ...rows(900), fetched: 1000, repeated: 100 }), []],
  [
    'R23 stale index: count differs',
    'incomplete',
    /counts 1,003 records before and after the read, 1,000 came/,
    HONEST,
    say({ kind: 'count', request: 'GET /c', path: '[]' }, HONEST, [countedAs(1003, 1003)]),
  ],
  [
    'R24 edge to a live unknown node: the nodes',
    'incomplete',
    /alive and not in users: u9/,
    HONEST,
    [...secondPass(HONEST), ...closureFindings(edges({ alive: ['u9'] }), 'node')],
  ],
  [
    'R24 edge to a live unknown node: the edges',
    'unproven',
    /alive and not in users: u9/,
    HONEST,
    [...secondPass(HONEST), ...closureFindings(edges({ alive: ['u9'] }), 'edge')],
  ],
  [
    'R24 edge to a deleted node',
    'complete',
    /second pass equal/,
    HONEST,
    [...secondPass(HONEST), ...closureFindings(edges({ gone: 1 }), 'edge')],
  ],
  [
    'R24 edge to a node that cannot be asked for',
    'unproven',
    /could not be asked for/,
    HONEST,
    [...secondPass(HONEST), ...closureFindings(edges({ unasked: 1 }), 'edge')],
  ],
  // GitHub's members have no path by id: a hidden member whom a team names is neither alive nor gone.
  [
    'R24 edge to a node that cannot be asked for: the nodes',
    'unproven',
    /could not be asked for/,
    HONEST,
    [...secondPass(HONEST), ...closureFindings(edges({ unanswered: 1 }), 'node')],
  ],
  [
    'R25 a field vanished',
    'incomplete',
    /gone: email/,
    read({ ...BASE, filled: { userName: 1000, active: 1000, email: 0 } }),
    secondPass(HONEST),
  ],
  [
    'R25 a required field is empty in one record',
    'incomplete',
    /required fields are empty: userName/,
    read({ filled: { userName: 999, active: 1000 } }),
    secondPass(HONEST),
  ],
  ['R25 a field below its floor', 'incomplete', /email 99 % of 99.5 %/, read({ floor: { email: 0.995 } }), secondPass(HONEST)],
  ['R25 a field at its floor', 'complete', /./, read({ floor: { email: 0.99 } }), secondPass(HONEST)],
  [
    'R25 a field fell by half: odd, held',
    'complete',
    /removals held: .*email from 99 % to 50 %/,
    read({ ...BASE, filled: { userName: 1000, active: 1000, email: 500 } }),
    secondPass(HONEST),
  ],
  [
    'R26 default filter hides suspended: canary missing',
    'incomplete',
    /missing from the list: suspended-1/,
    HONEST,
    say({ kind: 'canaries' }, HONEST, [{ ask: 'has', asked: 2, absent: ['suspended-1'], failed: null }]),
  ],
  ['R27 ids that differ by case', 'incomplete', /by case alone: Bob/, read({ case_twins: ['Bob'] }), secondPass(HONEST)],
  [
    'R27 an id reused with other content',
    'incomplete',
    /id\/conflict 1/,
    read({ ...rows(999), fetched: 1000, quarantined: { 'id/conflict': 1 } }),
    secondPass(read(rows(999))),
  ],
  [
    'R31 mapping error on one row',
    'incomplete',
    /1 record was kept aside \(field\/type 1\): u5/,
    read({ ...rows(999), fetched: 1000, quarantined: { 'field/type': 1 }, samples: { repeated: [], quarantined: ['u5'] } }),
    secondPass(read(rows(999))),
  ],
  ['R32 a row lost after the wire', 'incomplete', /the store has 999/, read({ in_store: 999 }), secondPass(HONEST)],
  ['a row unaccounted for', 'incomplete', /1 row is unaccounted for/, read({ fetched: 1001 }), secondPass(HONEST)],
  [
    'filtered rows count for the total of the list',
    'complete',
    /total matched/,
    read({ ...rows(990), fetched: 1000, filtered: { bots: 10 } }),
    honestTotal(read({ ...rows(990), fetched: 1000, filtered: { bots: 10 } }), 1000),
  ],
  [
    'R33 a true layoff of 30 %',
    'complete',
    /removals held: 300 of 1000/,
    read({ ...rows(700), ...BASE }),
    secondPass(read(rows(700))),
  ],
  [
    'R33 as many joined as left: seen by ids',
    'complete',
    /removals held: 300 of 1000/,
    read(BASE),
    secondPass(HONEST),
    { absent: { base: 1000, count: 300, left_behind: null } },
  ],
  [
    'R33 edges of people who left',
    'complete',
    /removals held: 300 of 1000/,
    read({ ...rows(700), ...BASE }),
    secondPass(read(rows(700))),
    { absent: { base: 1000, count: 300, left_behind: { looked_at: 100, live: 20 } } },
  ],
  [
    'filed 3 edges of people who are there gone by the mass, in both passes',
    'unproven',
    /still there are gone by the mass/,
    read({ ...rows(700), ...BASE }),
    secondPass(read(rows(700))),
    { absent: { base: 1000, count: 300, left_behind: { looked_at: 100, live: 80 } } },
  ],
  [
    'R34 a busy tenant, passes equal',
    'complete',
    /second pass equal/,
    HONEST,
    [...say(TOTAL, HONEST, [probed(1001)], declared(1001, { moved: true })), ...secondPass(HONEST)],
  ],
  [
    'R34 a moving tenant, known ids only',
    'unproven',
    /^unproven · unstable: the count moved from 999 to 1,001/,
    HONEST,
    [
      ...say({ kind: 'count', request: 'GET /c', path: '[]' }, HONEST, [countedAs(999, 1001)]),
      ...say({ kind: 'by_id' }, HONEST, [framed({})]),
    ],
  ],
  ['0 records, Success: the classic lie, twice', 'unproven', /nothing independent/, read(rows(0)), secondPass(read(rows(0)))],
  [
    '0 records, and a counter beside the list says 0',
    'complete',
    /^complete · 0 records/,
    read({ ...rows(0), pages: 1 }),
    say({ kind: 'count', request: 'GET /c', path: '[]' }, read(rows(0)), [countedAs(0, 0)]),
  ],
  [
    '0 records where there were 5, and a counter beside the list says 0: an unprivileged credential sees the same',
    'unproven',
    /nothing independent/,
    read({ ...rows(0), pages: 1, baseline: { stored: 5, filled: {} } }),
    say({ kind: 'count', request: 'GET /c', path: '[]' }, read({ ...rows(0), baseline: { stored: 5, filled: {} } }), [
      countedAs(0, 0),
    ]),
  ],
  ['nothing below no parents', 'complete', /^complete · 0 records · there are no parents to read below$/, CHILDLESS, []],
  [
    'nothing below no parents, of which one stream is unproven',
    'unproven',
    /below roles, which is unproven/,
    read({ parents: [...CHILDLESS.parents, { stream: 'roles', verdict: 'unproven' }] }, CHILDLESS),
    [],
  ],
  ['nothing read at all', 'unproven', /`each` names no values/, read({ parents: [] }, CHILDLESS), []],
  [
    'two groups with the same one member',
    'complete',
    /second pass equal/,
    read({ partitions: 10, ended: 10, same_bodies: 4, is: 'grant', parents: [{ stream: 'groups', verdict: 'complete' }] }),
    secondPass(HONEST),
  ],
  ['stale', 'incomplete', /relied upon for 60 s/, HONEST, secondPass(HONEST), { fresh_for_s: 60 }],
  ['a clock that went back', 'unproven', /make no sense/, HONEST, secondPass(HONEST), { at: '2026-11-20T11:00:00Z' }],
  [
    'by_id of a void baseline',
    'unproven',
    /nothing independent/,
    HONEST,
    say({ kind: 'by_id' }, HONEST, [framed({})]),
    { fingerprint: { now: 'sha256:b', baseline: 'sha256:a' } },
  ],
  [
    'a drop against a void baseline is no drop',
    'complete',
    /second pass equal$/,
    read({ ...rows(100), ...BASE }),
    secondPass(read(rows(100))),
    { fingerprint: { now: 'sha256:b', baseline: 'sha256:a' }, absent: { base: 1000, count: 900, left_behind: null } },
  ],
]

describe('the reading rows', () => {
  test.each<Row>(ROWS)('%s → %s', (_row, is, says, facts, findings, more) => {
    const verdict = verdictOf(facts, findings, more)
    expect({ is: verdict.is, because: verdict.because }).toMatchObject({ is, because: expect.stringMatching(says) })
    expect(verdict.rules).toBe(RULES_VERSION)
    expect(verdict.next_steps).toEqual([...new Set(verdict.next_steps)])
    if (is !== 'complete') expect(verdict.next_steps).not.toEqual([])
    expect(verdict.hold === null).toBe(!verdict.findings.some((finding) => finding.result === 'anomaly' && finding.class === 'E'))
  })
})

describe('R20 scope', () => {
  const scoped = (findings: readonly Finding[]) => judge(inputOf(HONEST, [...findings, ...secondPass(HONEST)]))
  const proof = (result: 'held' | 'refuted' | 'not_shown' | 'unanswered') => [
    {
      shows: 'the token is an administrator',
      where: 'GET /me',
      result,
      because: result === 'unanswered' ? 'http/timeout' : null,
    },
  ]
  const word = { by: 'Ada', at: '2026-11-01', until: '2027-01-01', reason: 'super admin role' }
  test.each([
    ['no proof, no word', 'unproven', scopeFindings([], null, AT)],
    ['the proof holds', 'complete', scopeFindings(proof('held'), null, AT)],
    ['the proof says no', 'incomplete', scopeFindings(proof('refuted'), null, AT)],
    ['the proof says no, whoever attests', 'incomplete', scopeFindings(proof('refuted'), word, AT)],
    ['the proof has no answer', 'unproven', scopeFindings(proof('unanswered'), null, AT)],
    ['attested', 'complete', scopeFindings([], word, AT)],
    ['attested, the proof has no answer', 'complete', scopeFindings(proof('unanswered'), word, AT)],
    ['the proof is not shown', 'unproven', scopeFindings(proof('not_shown'), null, AT)],
    ['attested, the proof is not shown', 'complete', scopeFindings(proof('not_shown'), word, AT)],
    ['attestation expired', 'unproven', scopeFindings([], { ...word, until: '2026-11-20' }, AT)],
    ['attestation from the future', 'unproven', scopeFindings([], { ...word, at: '2026-12-01' }, AT)],
    ['attestation without a name', 'unproven', scopeFindings([], { ...word, by: ' ' }, AT)],
    ['attestation without a date', 'unproven', scopeFindings([], { ...word, until: 'never' }, AT)],
  ] as const)('%s → %s', (_name, is, findings) => {
    expect(scoped(findings).is).toBe(is)
  })

  test('a verdict that rests on a person says so', () => {
    expect(scoped(scopeFindings([], word, AT)).because).toMatch(/scope attested by Ada$/)
  })
})

describe('absence', () => {
  const complete = verdictOf(HONEST, secondPass(HONEST))
  const judged = (base: number, absent: number, verdict = complete) =>
    judgeAbsence({ base, absent, verdict, thresholds: DEFAULT_THRESHOLDS })
  test.each([
    [1000, 0, false],
    [1000, 100, false],
    [1000, 101, true],
    [1000, 300, true],
    [50, 10, false],
    [50, 11, true],
    [12, 5, false],
    [12, 6, true],
    [3, 2, false],
    [3, 3, true],
    [1, 1, true],
    [0, 0, false],
  ])('of %i records %i gone: held %s', (base, absent, held) => {
    expect(judged(base, absent)).toEqual({ hold: held ? expect.any(String) : null, may_confirm: !held })
  })

  test('nothing is confirmed gone upon a read that is not complete', () => {
    expect(judged(1000, 1, verdictOf(HONEST, [])).may_confirm).toBe(false)
  })

  test('nothing is confirmed gone against a snapshot of another connector', () => {
    const changed = verdictOf(HONEST, secondPass(HONEST), { fingerprint: { now: 'b', baseline: 'a' } })
    expect(judged(1000, 1, changed)).toEqual({ hold: null, may_confirm: false })
  })
})

test('the first next step settles what refutes, before what is merely missing', () => {
  const verdict = verdictOf(read({ in_store: 999 }), [])
  expect(verdict.next_steps[0]).toMatch(/check the disk/)
  expect(verdict.next_steps.at(-1)).toMatch(/Declare a proof/)
})
