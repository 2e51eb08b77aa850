/** With each check switched off at least one lie escapes; else the check is dead and must go. */
import { expect, test } from 'vitest'
import { scopeFindings } from '../../runtime/judge/scope.ts'
import { closureFindings } from '../../runtime/judge/structure.ts'
import { type JudgeInput, judge } from '../../runtime/judge/verdict.ts'
import { prove } from '../../runtime/kinds/prove/index.ts'
import type { Finding, ReadFacts } from '../../runtime/types.ts'
import {
  AT,
  BY_OFFSET,
  countedAs,
  declared,
  framed,
  HONEST,
  inputOf,
  passed,
  probed,
  SCOPE,
  say,
  secondPass,
  TOTAL,
} from './sample.ts'

const proven = [...SCOPE, ...secondPass(HONEST)]
const lie = (more: Partial<ReadFacts>, of: ReadFacts = HONEST) => inputOf({ ...of, ...more }, proven)
const refuted = (findings: readonly Finding[]) => inputOf(HONEST, [...proven, ...findings])
const has = (absent: readonly string[]) => [{ ask: 'has', asked: 1, absent, failed: null } as const]
const counted = say({ kind: 'count', request: 'GET /c', path: '[]' }, BY_OFFSET, [countedAs(1000, 1000)])
const by_id = say({ kind: 'by_id' }, HONEST, [framed({})])
const expired = { by: 'Ada', at: '2026-01-01', until: '2026-02-01', reason: 'x' }

/** One input a check, whose verdict hangs on that check alone. */
const LIES: { readonly [check: string]: JudgeInput } = {
  gaps: lie({
    gaps: [
      {
        stream: 'users',
        partition: 'group=1',
        code: 'http/forbidden',
        where: 'GET /users',
        because: 'page 1: forbidden',
        at: AT,
      },
    ],
  }),
  terminal_page: lie({ ended: 0 }),
  unique_ids: lie({ fetched: 1001, repeated: 1 }),
  no_loop: lie({ same_bodies: 1 }),
  stitching: inputOf({ ...BY_OFFSET, stitches: { held: 8, differed: 1 } }, [...SCOPE, ...secondPass(BY_OFFSET)]),
  order: inputOf({ ...HONEST, order: { held: 9, violated: 1 } }, proven),
  conservation: lie({ fetched: 1001 }),
  ledger: lie({ in_store: 999 }),
  case_twins: lie({ case_twins: ['Bob'] }),
  parents: lie({ parents: [{ stream: 'groups', verdict: 'unproven' }] }),
  closure: refuted(
    closureFindings(
      [{ field: 'account', refers: ['users'], edges: 1, dangling: 1, alive: [], gone: 0, unanswered: 1, unasked: 0 }],
      'edge',
    ),
  ),
  named_by_edges: refuted(
    closureFindings(
      [{ field: 'account', refers: ['users'], edges: 1, dangling: 1, alive: ['u'], gone: 0, unanswered: 0, unasked: 0 }],
      'node',
    ),
  ),
  drop: lie({ baseline: { stored: 2000, filled: {} } }),
  fields: lie({ filled: { userName: 1, active: 1000 } }),
  field_fall: lie({ baseline: { stored: 1000, filled: { title: 500 } } }),
  freshness: inputOf(HONEST, proven, { fresh_for_s: 1 }),
  fingerprint: inputOf(HONEST, [...SCOPE, ...by_id], { fingerprint: { now: 'b', baseline: 'a' } }),
  scope_proof: refuted(scopeFindings([{ shows: 'admin', where: 'GET /me', result: 'refuted', because: null }], null, AT)),
  scope_attested: inputOf(HONEST, [...scopeFindings([], expired, AT), ...secondPass(HONEST)]),
  total: refuted(say(TOTAL, HONEST, [probed(1001)], declared(1001))),
  // A total that nobody probed may be an echo of the page length, and would confirm itself.
  total_probe: inputOf(HONEST, [...SCOPE, ...say({ kind: 'total', path: 'total' }, HONEST, [], declared(1000))]),
  count: refuted(say({ kind: 'count', request: 'GET /c', path: '[]' }, HONEST, [countedAs(1001, 1001)])),
  count_per_parent: refuted(
    say({ kind: 'count_per_parent', path: 'group.n' }, HONEST, [
      {
        ask: 'per_parent',
        parents: 1,
        equal: 0,
        uncounted: 0,
        uncounted_empty: 0,
        differing: [{ parent: 'g', counted: 2, read: 1 }],
        failed: null,
      },
    ]),
  ),
  second_pass: inputOf(HONEST, [...SCOPE, ...by_id, ...secondPass(HONEST, passed(1000, ['a'], ['b']))]),
  by_id: refuted(say({ kind: 'by_id' }, HONEST, [framed({ in_read: 999, absent: 1, alive: ['u'] })])),
  two_path: refuted(
    say({ kind: 'two_path', stream: 'seats', field: 'account' }, HONEST, [framed({ in_read: 999, absent: 1, alive: ['u'] })]),
  ),
  known_account: refuted(say({ kind: 'known_account', id: 'whoami.id' }, HONEST, has(['me']))),
  // No check of its own: the demand for one that does not come from the list.
  confirmation: inputOf(HONEST, SCOPE),
  canaries: refuted(say({ kind: 'canaries' }, HONEST, has(['c']))),
}

test.each(Object.keys(LIES))('without %s a verdict changes', (check) => {
  const input = LIES[check]!
  const seen = judge(input)
  const blind = judge({ ...input, off: [check] })
  expect([seen.is, seen.hold]).not.toEqual([blind.is, blind.hold])
  expect(blind.rules).toMatch(new RegExp(`without ${check}$`))
})

test('every word of prove, and every check that a judge can say, has its lie', () => {
  const said = Object.values(LIES).flatMap((input) => judge(input).findings.map((finding) => finding.check))
  expect(Object.keys(LIES)).toEqual(expect.arrayContaining([...Object.keys(prove), ...new Set(said)]))
})

test('an order counts for numbered pages only beside a size', () => {
  const unstitched = {
    ...BY_OFFSET,
    fetched: 1000,
    stitched: 0,
    stitches: { held: 0, differed: 0 },
    order: { held: 10, violated: 0 },
  }
  expect(judge(inputOf(unstitched, [...SCOPE, ...counted])).is).toBe('complete')
  expect(judge(inputOf(unstitched, [...SCOPE, ...by_id])).is).toBe('unproven')
  expect(judge({ ...inputOf(unstitched, [...SCOPE, ...counted]), off: ['order'] }).is).toBe('unproven')
})
