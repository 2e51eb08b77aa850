/** Histories, their audit, and the numbers over them. */
import { expect, test } from 'vitest'
import { folded } from '../../runtime/store/intent-state.ts'
import { type IntentEvent, type IntentState, OUTCOMES, type OutcomeIs } from '../../runtime/write-types.ts'
import { failsWith, type Harness } from './write-contract.ts'
import { answered, approved, cancelled, held, intent, look, looked, outcome, sending, time, US } from './write-fixture.ts'

export function historyContract(at: Harness): void {
  test('the history is kept in order, its state is the fold over it, and each event has its audit entry', async () => {
    const one = intent()
    await at.store.request([one])
    const steps: readonly (readonly [IntentEvent, IntentState])[] = [
      [held(), 'held'],
      [approved(), 'approved'],
      [look('before'), 'approved'],
      [looked(), 'looked'],
      [sending(), 'sending'],
      [answered('lost'), 'lost'],
      [look('after'), 'looking'],
      [sending(time(1), 2), 'sending'],
      [answered('refused'), 'refused'],
      [answered('accepted'), 'accepted'],
      [look('after'), 'looking'],
      [outcome('verified'), 'done'],
      [look('recheck'), 'done'],
      [outcome('reverted'), 'done'],
    ]
    for (const [i, [event, state]] of steps.entries()) {
      await at.store.append(one.intent, event, { by: 'engine', what: `step ${i}` })
      const row = (await at.store.intent(one.intent))!
      expect([event.kind, row.state, folded(row.events).state]).toEqual([event.kind, state, state])
    }
    await at.reopen()
    const row = (await at.store.intent(one.intent))!
    expect(row.events.slice(1)).toEqual(steps.map(([event]) => event))
    expect(row.outcome).toBe('reverted')
    const audit = await at.store.audit({ after: 1, limit: 99, about: one.intent })
    expect(audit.map(({ what }) => what)).toEqual(steps.map((_, i) => `step ${i}`))
    expect(audit.map(({ detail }) => detail['event'])).toEqual(steps.map(([event]) => event.kind))
    expect(audit.map(({ seq }) => seq)).toEqual(steps.map((_, i) => i + 2))
    // The audit tells what was done and shown, never a record.
    expect(JSON.stringify(audit)).not.toContain('secret')
  })

  /** What each outcome still takes, of a recheck, every outcome, and the rest. */
  const STILL: { readonly [is in OutcomeIs]: readonly string[] } = {
    verified: ['recheck', 'reverted'],
    partial: ['recheck', 'reverted', 'verified'],
    refuted: ['recheck', 'reverted', 'verified', 'partial'],
    reverted: ['recheck', 'verified'],
    rejected: ['recheck'],
    unverifiable: ['recheck'],
    cancelled: [],
    unknown: ['recheck', ...OUTCOMES, 'looked', 'sending', 'answered', 'look', 'held', 'approved', 'cancelling'],
    pending: ['recheck', ...OUTCOMES, 'looked', 'sending', 'answered', 'look', 'held', 'approved', 'cancelling'],
  }
  const EVENTS: readonly (readonly [string, IntentEvent])[] = [
    ['recheck', look('recheck')],
    ...OUTCOMES.map((is) => [is, outcome(is)] as const),
    ['looked', looked()],
    ['sending', sending()],
    ['answered', answered('accepted')],
    ['look', look('after')],
    ['held', held()],
    ['approved', approved()],
    ['cancelling', cancelled()],
  ]
  test.each(OUTCOMES)('after %s the history takes exactly what may follow', async (is) => {
    const taken: string[] = []
    for (const [name, event] of EVENTS) {
      const one = intent()
      await at.store.request([one])
      await at.store.append(one.intent, outcome(is), US)
      const before = [await at.store.intent(one.intent), await at.store.audit({ after: 0, limit: 999 })]
      const refused = await at.store.append(one.intent, event, US).then(
        () => null,
        (error: { code: string }) => error.code,
      )
      if (refused === null) taken.push(name)
      else {
        expect([name, refused]).toEqual([name, 'store/ended'])
        expect([await at.store.intent(one.intent), await at.store.audit({ after: 0, limit: 999 })]).toEqual(before)
      }
    }
    expect(taken.sort()).toEqual([...STILL[is]].sort())
  })

  test('what was sent can not be cancelled, in whatever words, and what was not can', async () => {
    const [sent, unsent] = [intent(), intent()]
    await at.store.request([sent, unsent])
    await at.store.append(sent.intent, sending(), US)
    await at.store.append(sent.intent, answered('lost'), US)
    for (const event of [cancelled(), outcome('cancelled')])
      await expect(at.store.append(sent.intent, event, US)).rejects.toEqual(failsWith('store/sent'))
    await at.store.append(unsent.intent, cancelled(), US)
    expect(await at.store.intent(unsent.intent)).toMatchObject({ state: 'done', outcome: 'cancelled' })
    await expect(at.store.append('nobody', sending(), US)).rejects.toEqual(failsWith('store/not-found'))
  })

  test('audit numbers have no hole though steps were refused in between, and pages go on where they stopped', async () => {
    const one = intent()
    await at.store.request([one])
    await at.store.append(one.intent, outcome('rejected'), US)
    for (let i = 0; i < 3; i++) {
      await expect(at.store.append(one.intent, sending(), US)).rejects.toEqual(failsWith('store/ended'))
      await expect(at.store.request([intent(), { ...one, key: 'x' }])).rejects.toEqual(failsWith('store/intent-exists'))
      await at.reopen()
      await at.store.request([intent()])
    }
    const seqs = async (after: number, limit: number) => (await at.store.audit({ after, limit })).map(({ seq }) => seq)
    expect(await seqs(0, 99)).toEqual([1, 2, 3, 4, 5])
    expect(await seqs(2, 2)).toEqual([3, 4])
    expect(await seqs(5, 2)).toEqual([])
  })

  test('metrics: times from the first sending to verified, rates of what was judged, debt by age, nothing divided by nothing', async () => {
    const none = await at.store.metrics('nobody', time(0))
    expect(none).toMatchObject({ refuted_rate: null, reverted_rate: null, unknown: 0, unfinished: 0, overdue: 0 })
    expect(none.time_to_verified).toEqual({ count: 0, p50_ms: null, p95_ms: null })
    const finish = async (is: OutcomeIs, at_ms: number, sent_ms: number | null = 0) => {
      const one = intent({ due_at: time(50) })
      await at.store.request([one])
      if (sent_ms !== null) await at.store.append(one.intent, sending(time(sent_ms)), US)
      if (sent_ms !== null) await at.store.append(one.intent, sending(time(sent_ms + 1), 2), US)
      await at.store.append(one.intent, outcome(is, time(at_ms)), US)
      return one.intent
    }
    for (let i = 1; i <= 20; i++) await finish('verified', 100 * i)
    await finish('verified', 7, null)
    const undone = await finish('verified', 5000)
    await at.store.append(undone, outcome('reverted', time(9000)), US)
    await finish('refuted', 10)
    await finish('refuted', 10)
    await finish('unverifiable', 1000)
    await finish('unverifiable', 3000)
    await finish('unknown', 10)
    await at.store.request([intent({ due_at: time(1) }), intent({ connection: 'other' })])
    const metrics = await at.store.metrics('acme', time(5000))
    expect(metrics).toEqual({
      connection: 'acme',
      outcomes: {
        verified: 21,
        partial: 0,
        refuted: 2,
        rejected: 0,
        pending: 0,
        unverifiable: 2,
        unknown: 1,
        cancelled: 0,
        reverted: 1,
      },
      time_to_verified: { count: 21, p50_ms: 1100, p95_ms: 2000 },
      refuted_rate: 2 / 24,
      reverted_rate: 1 / 22,
      unverifiable_debt: { count: 2, oldest_at: time(1000), age_ms: 6000 },
      unknown: 1,
      unfinished: 1,
      overdue: 2,
    })
  })
}
