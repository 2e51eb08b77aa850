/** The law of this suite can fail: planted lies of a judge, over runs that really happened. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Outcome } from '../../runtime/write-types.ts'
import { writeNaively } from '../targets/write-naive.ts'
import { askOf } from './cases.ts'
import { type Changed, change, type Lab, openLab } from './lab.ts'
import { broken } from './law.ts'

let lab: Lab
beforeAll(async () => {
  lab = await openLab('rest')
})
afterAll(() => lab?.close())

const laws = (done: Changed) => broken(lab, done).map(({ law }) => law)
const believed = ({ outcome }: Changed): Outcome => ({
  ...outcome,
  is: 'verified',
  facets: outcome.facets.map((facet) => ({ ...facet, is: 'verified', verified_at: new Date(lab.clock.now()).toISOString() })),
})

test('a no-op that is called verified is false', async () => {
  lab.reset({ no_op: {} })
  const done = await change(lab, askOf(lab, 'revoke'))
  expect(laws(done)).toEqual([])
  expect(laws({ ...done, outcome: believed(done) })).toContain('FALSE VERIFIED')
})

test('verified beside a facet that is not, or without a facet, is false', async () => {
  lab.reset({ seat_kept: {} })
  const done = await change(lab, askOf(lab, 'deactivate_account'))
  expect(laws(done)).toEqual([])
  expect(laws({ ...done, outcome: { ...done.outcome, is: 'verified' } })).toContain('FALSE VERIFIED')
  expect(laws({ ...done, outcome: { ...done.outcome, is: 'verified', facets: [] } })).toContain('FALSE VERIFIED')
})

test('a create that is sent again blindly is a duplicate', async () => {
  lab.reset({ answer_lost: { times: 1 }, no_uniqueness: {} })
  const asked = askOf(lab, 'create_account')
  const done = await change(lab, asked)
  expect(laws(done)).toEqual([])
  await writeNaively(lab.target, asked)
  const again = await change(lab, askOf(lab, 'reactivate_account'))
  expect(laws(again)).toContain('DUPLICATE EFFECT')
})

test('a request that the target does not know is told', async () => {
  lab.reset({})
  const done = await change(lab, askOf(lab, 'reactivate_account'))
  await fetch(`${lab.target.url}/api/v1/nothing`, { headers: { authorization: `Bearer ${lab.target.token}` } })
  expect(laws(done)).toContain('UNEXPECTED REQUEST')
})
