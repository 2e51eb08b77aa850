/** Many single commands within an hour: the brake of plans holds them together, and says how it is let go. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { EXIT } from '../../cli/io.ts'
import { type LeaverLab, openLeaverLab, WHO } from './leaver-lab.ts'

let lab: LeaverLab
beforeAll(async () => {
  lab = await openLeaverLab()
})
afterAll(() => lab.close())

const id = (n: number) => lab.id(lab.scim, `user${n}@acme.example`)
const active = (n: number) => lab.scim.worlds()[0]!.people.get(id(n))!.phase === 'active'
const deactivate = (n: number) => lab.w.json('apply', 'scim', 'deactivate_account', '--id', id(n), ...WHO)

test('the sixth of twelve people within an hour is held, with the numbers and the way on; nothing is sent', {
  timeout: 60_000,
}, async () => {
  for (let n = 0; n < 5; n++) expect((await deactivate(n)).doc.outcome.is).toBe('verified')
  const sent = lab.scim.mutations().length
  const { exit, doc } = await deactivate(5)
  expect([exit, lab.scim.mutations().length, active(5)]).toEqual([EXIT.gate, sent, true])
  expect(doc.outcome.because).toMatch(/rolling_share: within 1 h, this one with them, scim: 6 of 12 accounts lose something/)
  expect(doc.outcome.because).toMatch(/Somebody other than Kim Park .*rollcall approve [0-9a-f]{64}/)
})

test('the same approval as of plans lets exactly this one go', { timeout: 60_000 }, async () => {
  const { doc } = await deactivate(5)
  const hash = /approve ([0-9a-f]{64})/.exec(doc.outcome.because)?.[1] as string
  expect((await lab.w.run('approve', hash, '--by', 'kim park')).exit).toBe(EXIT.fine)
  expect((await deactivate(5)).exit).toBe(EXIT.gate)
  expect((await lab.w.run('approve', hash, '--by', 'Lee')).exit).toBe(EXIT.fine)
  const went = await deactivate(5)
  expect([went.exit, went.doc.outcome.is, active(5)]).toEqual([EXIT.fine, 'verified', false])
  expect((await deactivate(6)).exit).toBe(EXIT.gate)
})

test('a leaver is not lost in it: the report says held, by what, and what is to be done; then it goes', {
  timeout: 60_000,
}, async () => {
  const offboard = () => lab.w.json('offboard', 'user7@acme.example', '--only', 'scim', ...WHO)
  const { exit, doc } = await offboard()
  const [account] = doc.accounts[0].facets
  expect([exit, doc.slo.propagated, account.facet, account.is]).toEqual([EXIT.gate, 'missed', 'account', 'held'])
  expect(account.because).toMatch(/held by rolling_share: within 1 h/)
  expect(account.next_steps.join()).toMatch(/`rollcall approve [0-9a-f]{64} --by NAME`; then the same command again/)
  const text = (await lab.w.run('offboard', 'user7@acme.example', '--only', 'scim', ...WHO)).out
  expect(text).toMatch(/held {2}.*rolling_share/)
  // One approval for the whole leaver: of the list, as of a plan.
  const hash = /approve ([0-9a-f]{64})/.exec(account.next_steps.join())?.[1] as string
  expect(hash).toBe(doc.plan)
  await lab.w.run('approve', hash, '--by', 'Lee')
  const went = await offboard()
  const is = Object.fromEntries(
    went.doc.accounts[0].facets
      .filter((one: { is: string }) => one.is !== 'unproven')
      .map((one: { facet: string; is: string }) => [one.facet, one.is]),
  )
  expect([is['account'], is['groups'], active(7)]).toEqual(['verified', 'verified', false])
})
