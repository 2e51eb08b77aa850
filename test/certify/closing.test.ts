/** Over every outcome a revocation can have: only `verified` lets a certification close. */
import { expect, test } from 'vitest'
import { type Closing, closingReasons } from '../../runtime/judge/closing.ts'
import { WAIVABLE } from '../../runtime/judge/gate-reason.ts'
import { OUTCOMES } from '../../runtime/write-types.ts'

const NOTHING: Closing = { certification: 'C', frozen: [], undecided: [], revocations: [] }
const at = { connection: 'acme', stream: 'users' }
const revocation = (outcome: (typeof OUTCOMES)[number] | null, intent: string | null = 'I') => ({
  ...at,
  intent,
  action: 'revoke',
  outcome,
})

test.each([...OUTCOMES, null])('a revocation that is %s', (outcome) => {
  const reasons = closingReasons({ ...NOTHING, revocations: [revocation(outcome)] })
  expect(reasons.map(({ kind }) => kind)).toEqual(
    outcome === 'verified' ? [] : [outcome === 'unverifiable' ? 'unverifiable' : 'revocation'],
  )
  expect(reasons.every(({ settle, because }) => settle !== '' && because.includes('I'))).toBe(true)
})

test('only what nobody can look at may be waived, and only as long as it is so', () => {
  const [reason] = closingReasons({ ...NOTHING, revocations: [revocation('unverifiable')] })
  const [other] = closingReasons({ ...NOTHING, revocations: [revocation('refuted')] })
  expect([WAIVABLE.has(reason!.kind), WAIVABLE.has(other!.kind), reason!.id === other!.id]).toEqual([true, false, false])
})

test.each([
  ['one not asked for', { revocations: [revocation(null, null)] }, 'not_asked'],
  ['one undecided', { undecided: [{ ...at, count: 1 }] }, 'undecided'],
  ['frozen under another credential', { frozen: [{ ...at, sync: 1, fingerprint: 'a', now: 'b' }] }, 'frozen'],
] as const)('%s: not closed, and never waived', (_name, more, kind) => {
  const [reason] = closingReasons({ ...NOTHING, ...more })
  expect([reason!.kind, WAIVABLE.has(reason!.kind), reason!.settle.includes('rollcall certify')]).toEqual([kind, false, true])
})

test('nothing in the way: no reason', () => {
  const frozen = [{ ...at, sync: 1, fingerprint: 'a', now: 'a' }]
  expect(closingReasons({ ...NOTHING, frozen, undecided: [{ ...at, count: 0 }], revocations: [revocation('verified')] })).toEqual(
    [],
  )
})
