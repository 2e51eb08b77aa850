/** An honest read of 1,000 accounts in ten pages by cursor, and how a test bends it. */

import { scopeFindings } from '../../runtime/judge/scope.ts'
import { DEFAULT_THRESHOLDS } from '../../runtime/judge/thresholds.ts'
import { type JudgeInput, judge } from '../../runtime/judge/verdict.ts'
import type { DeclaredTotal, ProofAnswer } from '../../runtime/kinds/kind.ts'
import { prove } from '../../runtime/kinds/prove/index.ts'
import type { Finding, KindOptions, ReadFacts, Verdict } from '../../runtime/types.ts'

export const AT = '2026-11-20T12:05:00.000Z'

export const HONEST: ReadFacts = {
  stream: 'users',
  is: 'account',
  attempt: 1,
  started_at: '2026-11-20T12:00:00.000Z',
  ended_at: '2026-11-20T12:04:00.000Z',
  pages: 10,
  partitions: 1,
  ended: 1,
  marks: ['cursor ended'],
  broken: [],
  gaps: [],
  more_gaps: 0,
  fetched: 1000,
  stored: 1000,
  stitched: 0,
  repeated: 0,
  filtered: {},
  quarantined: {},
  created: 1000,
  updated: 0,
  filled: { userName: 1000, active: 1000, email: 990 },
  stitches: { held: 0, differed: 0 },
  order: { held: 0, violated: 0 },
  same_bodies: 0,
  longest_empty_run: 0,
  samples: { repeated: [], quarantined: [] },
  case_twins: [],
  in_store: 1000,
  requests: 10,
  by_offset: false,
  parents: [],
  floor: {},
  required: ['userName', 'active'],
  baseline: null,
}

/** The same by offset: the last row of each page asked again. */
export const BY_OFFSET: ReadFacts = { ...HONEST, by_offset: true, fetched: 1009, stitched: 9, stitches: { held: 9, differed: 0 } }

export const SCOPE: readonly Finding[] = scopeFindings(
  [{ shows: 'the token may read roles', where: 'GET /roles', result: 'held', because: null }],
  null,
  AT,
)

export function inputOf(facts: ReadFacts, findings: readonly Finding[], more: Partial<JudgeInput> = {}): JudgeInput {
  return {
    facts,
    findings,
    at: AT,
    fresh_for_s: 86_400,
    fingerprint: { now: 'sha256:a', baseline: 'sha256:a' },
    absent: null,
    thresholds: DEFAULT_THRESHOLDS,
    ...more,
  }
}

export const NO_TOTAL: DeclaredTotal = { last: null, moved: false, missing: 10, broken: null }

export function declared(last: number, more: Partial<DeclaredTotal> = {}): DeclaredTotal {
  return { last, moved: false, missing: 0, broken: null, ...more }
}

/** Runs a word as the read room does. */
export function say(
  options: KindOptions,
  facts: ReadFacts,
  answers: readonly ProofAnswer[],
  total: DeclaredTotal = NO_TOTAL,
): readonly Finding[] {
  return prove[options.kind]!.assess(options, { facts, total }, answers)
}

export const TOTAL: KindOptions = { kind: 'total', path: 'total', probe: { query: { limit: 1 } } }
export const probed = (total: number | null, received = 1, failed: string | null = null): ProofAnswer => ({
  ask: 'list_once',
  total,
  received,
  failed,
})
export const countedAs = (before: number | null, after: number | null, failed: string | null = null): ProofAnswer => ({
  ask: 'count',
  before,
  after,
  failed,
})

export function passed(
  ids: number,
  only_first: readonly string[] = [],
  only_second: readonly string[] = [],
  failed: string | null = null,
): ProofAnswer {
  return {
    ask: 'pass',
    ids,
    only_first: only_first.length,
    only_second: only_second.length,
    samples: { only_first, only_second },
    tries: 1,
    alike: 0,
    failed,
  }
}

export function framed(more: Partial<Extract<ProofAnswer, { ask: 'by_id' }>>): ProofAnswer {
  return {
    ask: 'by_id',
    frame: 1000,
    in_read: 1000,
    absent: 0,
    alive: [],
    gone: 0,
    unanswered: 0,
    control_alive: true,
    failed: null,
    ...more,
  }
}

export const secondPass = (facts: ReadFacts, answer: ProofAnswer = passed(facts.stored)) =>
  say({ kind: 'second_pass', query: { limit: 70 } }, facts, [answer])
export const honestTotal = (facts: ReadFacts, rows: number) => say(TOTAL, facts, [probed(rows)], declared(rows))

export function verdictOf(facts: ReadFacts, findings: readonly Finding[], more: Partial<JudgeInput> = {}): Verdict {
  return judge(inputOf(facts, [...SCOPE, ...findings], more))
}
