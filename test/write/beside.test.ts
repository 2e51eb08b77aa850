/** What else moved on the object is asked for where no look at a facet reads the whole record. truth.md part 2, "bystanders"; W8. */
import { expect, test } from 'vitest'
import type { Action } from '../../runtime/types.ts'
import type { Look } from '../../runtime/write-types.ts'
import { action, intent, RECORD, run, verify, type World } from '../judge/outcome-sample.ts'

const grants = (more: Partial<Action> = {}): Action =>
  action({ name: 'grant', does: { groups: 'held' }, destructive: false, verify: [verify('groups')], may_change: [], ...more })
const target = (more: Partial<World> = {}): World => ({
  answer: () => ({ result: 'accepted' }),
  look: () => ({ shows: 'asked' }),
  beside: () => RECORD,
  ...more,
})
const played = (of: Action, world: World) => run(of, intent({ action: of.name }), world)
const count = (of: Action, world: World): number => played(of, world).acts.filter(({ act }) => act === 'look_beside').length

test('by a list alone nothing is known of the rest of the record: it is read once more, and what moved there is told', () => {
  const world = target({ beside: () => ({ ...RECORD, department: 'Sales' }) })
  const { outcomes, acts } = played(grants(), world)
  expect(outcomes).toMatchObject([{ is: 'partial', bystanders: 'changed', moved: ['department'] }])
  expect(acts.map(({ act }) => act).slice(-2)).toEqual(['look_beside', 'judge'])
  expect(played(grants(), target()).outcomes).toMatchObject([{ is: 'verified', bystanders: 'unchanged' }])
})

test('what it is bound to and is another one now is an alarm too', () => {
  const { outcomes } = played(grants(), target({ beside: () => ({ ...RECORD, userName: 'eve' }) }))
  expect(outcomes).toMatchObject([{ is: 'partial', moved: ['userName'] }])
})

test('nobody answers: asked once, and unchecked is what the outcome says', () => {
  const world = target({ beside: () => null })
  expect(played(grants(), world).outcomes).toMatchObject([{ is: 'verified', bystanders: 'unchecked' }])
  expect(count(grants(), world)).toBe(1)
})

test('not asked where a look read the record, where nothing may be held against it, or where the account is gone as asked', () => {
  const whole = { look: () => ({ shows: 'asked', record: RECORD }) satisfies Partial<Look> & Pick<Look, 'shows'> } as const
  expect(count(grants(), target(whole))).toBe(0)
  expect(count(grants({ may_change: null }), target())).toBe(0)
  const deletes = action({ name: 'delete_account', does: { account: 'absent' }, verify: [verify('account')] })
  expect(count(deletes, target())).toBe(0)
  expect(count(grants(), target({ before: () => ({ already: true }) }))).toBe(0)
})

test('nothing was let happen and something else moved: that is told as well', () => {
  const world = target({ look: () => ({ shows: 'other' }), beside: () => ({ ...RECORD, department: 'Sales' }) })
  expect(played(grants(), world).outcomes.at(-1)).toMatchObject({ is: 'refuted', bystanders: 'changed', moved: ['department'] })
})

test('what comes late is held against the record of the look that saw it come, and what was seen before says nothing of it', () => {
  const of = action({
    name: 'update_account',
    does: { profile: 'as_given' },
    may_change: [],
    recheck_s: [3600],
    verify: [verify('profile')],
  })
  const late = (record: typeof RECORD | null) =>
    target({ look: ({ phase }) => (phase === 'recheck' ? { shows: 'asked', record } : { shows: 'other', record: RECORD }) })
  const last = (record: typeof RECORD | null) =>
    run(of, intent({ action: 'update_account' }), late(record), 10_000).outcomes.at(-1)
  expect(last(RECORD)).toMatchObject({ is: 'verified', bystanders: 'unchanged', moved: [] })
  expect(last(null)).toMatchObject({ is: 'verified', bystanders: 'unchecked' })
  const moved = last({ ...RECORD, department: 'Sales' })
  expect(moved).toMatchObject({ is: 'partial', bystanders: 'changed', moved: ['department'] })
  expect(moved?.because).toContain('ALARM: department')
})

test('what another change of ours moved meanwhile is no alarm, and what it may not have moved still is', () => {
  const world = target({ beside: () => ({ ...RECORD, active: false, department: 'Sales' }), ours: ['active'] })
  expect(played(grants(), world).outcomes).toMatchObject([{ is: 'partial', moved: ['department'] }])
  const alone = target({ beside: () => ({ ...RECORD, active: false }), ours: ['active'] })
  expect(played(grants(), alone).outcomes).toMatchObject([{ is: 'verified', bystanders: 'unchanged' }])
})

test('what a look shows to have moved is asked about once, for it may be our own doing', () => {
  const look = () => ({ shows: 'asked', record: { ...RECORD, active: false } }) as const
  const ours = target({ look, ours: ['active'] })
  expect([count(grants(), ours), played(grants(), ours).outcomes]).toMatchObject([1, [{ is: 'verified' }]])
  const others = target({ look })
  expect([count(grants(), others), played(grants(), others).outcomes]).toMatchObject([1, [{ is: 'partial', moved: ['active'] }]])
})
