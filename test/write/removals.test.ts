/** The rolling brake through the engine and the store: many single removals are a mass removal, however they come. */
import { afterEach, expect, test } from 'vitest'
import { PLAN_THRESHOLDS } from '../../runtime/judge/plan-brakes.ts'
import { approvalHash, REMOVAL_LIMITS } from '../../runtime/judge/rolling-brake.ts'
import { drain, runIntent } from '../../runtime/write/engine.ts'
import { openLab, type SmallLab } from './lab.ts'
import { type SmallTarget, smallTarget, user } from './target.ts'

const open: { close: () => Promise<void> }[] = []
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close()
})

/** Nobody has read this target: more than three objects are many. */
const limits = (window_ms: number) => ({ window_ms, thresholds: { ...PLAN_THRESHOLDS, few: 3 } })
async function both(window_ms = REMOVAL_LIMITS.window_ms): Promise<{ it: SmallTarget; lab: SmallLab }> {
  const it = await smallTarget()
  for (let n = 0; n < 20; n++) it.users.set(`x${n}`, { ...user(1), id: `x${n}`, userName: `x${n}@acme.example` })
  const lab = await openLab(it.url, undefined, { removals: limits(window_ms) })
  open.push(it, lab)
  return { it, lab }
}
const gone = (it: SmallTarget) => it.effects.filter((effect) => effect.startsWith('deactivate'))
const brakeOf = async (lab: SmallLab, intent: string) => {
  const last = (await lab.store.intent(intent))?.events.at(-1)
  return last?.kind === 'held' ? last : null
}

test('ten at once: three leave, whatever the order and however many go at the same time; the others are held and say why', async () => {
  const { it, lab } = await both()
  it.latency_ms = 3
  const asked: string[] = []
  for (let n = 0; n < 10; n++) asked.push(await lab.ask('deactivate_account', `x${n}`))
  const drained = await drain(lab.ctx, { concurrency: 10 })
  expect([drained.done, drained.put_aside, gone(it).length]).toEqual([3, 7, 3])
  const held = (await Promise.all(asked.map((intent) => brakeOf(lab, intent)))).filter((one) => one !== null)
  expect(held.map((one) => one.brake)).toEqual(Array(7).fill('rolling_share'))
  expect(held[0]?.because).toMatch(
    /^within 1 h, this one with them, small: 4 objects lose something, and of how many is not known/,
  )
  expect(held[0]?.because).toMatch(/Somebody other than anna .* `rollcall approve [0-9a-f]{64} --by NAME`/)
})

test('one after the other, by several processes: the count is the store’s', async () => {
  const { it, lab } = await both()
  for (let n = 0; n < 3; n++)
    expect((await runIntent(lab.ctx, await lab.ask('deactivate_account', `x${n}`)))?.is).toBe('verified')
  const again = { ...lab.ctx }
  expect(await runIntent(again, await lab.ask('deactivate_account', 'x3'))).toBeNull()
  // More of an object that lost something already is no other object, and what takes nothing is not counted.
  expect((await runIntent(again, await lab.ask('remove_license', 'x2')))?.is).toBe('verified')
  expect((await runIntent(again, await lab.ask('update_account', 'x7', { input: { title: 'Boss' } })))?.is).toBe('verified')
  expect(gone(it)).toHaveLength(3)
})

test('what was refused or withdrawn took nothing', async () => {
  const { it, lab } = await both()
  it.lie = ({ path }) => (path.startsWith('/users/x0/deactivate') ? { apply: false, answer: { status: 403 } } : null)
  expect((await runIntent(lab.ctx, await lab.ask('deactivate_account', 'x0')))?.facets[0]?.is).toBe('refuted')
  it.lie = (request) =>
    request.path.startsWith('/users/x1') && request.method !== 'GET' ? { apply: false, answer: { status: 403 } } : null
  expect((await runIntent(lab.ctx, await lab.ask('remove_license', 'x9')))?.is).toBe('verified')
  const asked = await lab.ask('deactivate_account', 'x5')
  const event = { kind: 'cancelled', at: new Date().toISOString(), by: 'anna', because: 'not wanted' } as const
  await lab.store.append(asked, event, { by: 'anna', what: 'cancelled' })
  expect((await runIntent(lab.ctx, await lab.ask('deactivate_account', 'x2')))?.is).toBe('verified')
})

test('the approval of a second person lets exactly this change go, once; not one’s own', async () => {
  const { it, lab } = await both()
  for (let n = 0; n < 3; n++) await runIntent(lab.ctx, await lab.ask('deactivate_account', `x${n}`))
  const held = await lab.ask('deactivate_account', 'x3')
  const other = await lab.ask('deactivate_account', 'x4')
  await drain(lab.ctx)
  const { intent } = (await lab.store.intent(held))!
  const now = Date.now()
  const approve = (by: string) =>
    lab.store.approve({
      hash: approvalHash(intent),
      by,
      at: new Date(now).toISOString(),
      expires_at: new Date(now + 60_000).toISOString(),
      override: null,
    })
  await approve(' ANNA ')
  await drain(lab.ctx)
  expect(gone(it)).toHaveLength(3)
  await approve('Lee')
  const drained = await drain(lab.ctx)
  expect(drained.outcomes.map(({ intent, outcome }) => [intent, outcome.is])).toEqual([[held, 'verified']])
  expect((await lab.store.intent(held))?.events).toContainEqual(expect.objectContaining({ kind: 'approved', by: 'Lee' }))
  expect((await lab.store.intent(other))?.state).toBe('held')
  // Used up: asked for once more it is so already, and a new one of the same kind would wait again.
  expect((await lab.store.approvals(approvalHash(intent))).filter((one) => one.used_at === null).map((one) => one.by)).toEqual([
    ' ANNA ',
  ])
})

test('the window moves on', async () => {
  const { it, lab } = await both(400)
  for (let n = 0; n < 3; n++) await lab.ask('deactivate_account', `x${n}`)
  await drain(lab.ctx)
  await new Promise((done) => setTimeout(done, 450))
  expect((await runIntent(lab.ctx, await lab.ask('deactivate_account', 'x3')))?.is).toBe('verified')
  expect(gone(it)).toHaveLength(4)
})

test('what the window held goes on by itself once the window has moved on, as many as it lets go', async () => {
  const { it, lab } = await both(1_500)
  const asked: string[] = []
  for (let n = 0; n < 8; n++) asked.push(await lab.ask('deactivate_account', `x${n}`))
  await drain(lab.ctx)
  const lengths = () => Promise.all(asked.map(async (one) => (await lab.store.intent(one))?.events.length))
  const held = await lengths()
  // Not yet: nothing is added to the history of what still has to wait.
  await drain(lab.ctx)
  expect([gone(it).length, await lengths()]).toEqual([3, held])
  await new Promise((done) => setTimeout(done, 1_600))
  expect((await drain(lab.ctx)).outcomes.map(({ outcome }) => outcome.is)).toEqual(['verified', 'verified', 'verified'])
  expect([
    gone(it).length,
    (await Promise.all(asked.map((one) => brakeOf(lab, one)))).filter((one) => one !== null).length,
  ]).toEqual([6, 2])
})

test('a backlog that was stopped is no way around it: what is let go at once counts at once, whenever it was asked for', async () => {
  const { it, lab } = await both(400)
  await lab.store.stop({ scope: 'small', by: 'anna', why: 'x', at: new Date().toISOString() })
  for (let n = 0; n < 8; n++) await lab.ask('deactivate_account', `x${n}`)
  await new Promise((done) => setTimeout(done, 450))
  await lab.store.go('small', 'anna', new Date().toISOString(), 'mended')
  await drain(lab.ctx)
  expect(gone(it)).toHaveLength(3)
})
