/** What is worked on next. */
import { expect, test } from 'vitest'
import type { Lane } from '../../runtime/types.ts'
import type { Harness } from './write-contract.ts'
import { answered, approved, cancelled, facetsOf, held, intent, look, outcome, sending, time, US } from './write-fixture.ts'

export function queueContract(at: Harness): void {
  const next = async (connection = 'acme') => (await at.store.next(connection, facetsOf))?.intent.intent ?? null
  const all = async () => {
    const names: string[] = []
    for (let name = await next(); name !== null; name = await next()) names.push(name)
    return names
  }

  test('leavers first, then by lane, then the oldest, whenever they came', async () => {
    const of = (lane: Lane, ms: number) => intent({ lane, made_at: time(ms), id: `${lane} ${ms}` })
    const ones = [
      of('backfill', 0),
      of('sync', 1),
      of('joiner', 9),
      of('joiner', 3),
      of('mover', 5),
      of('leaver', 8),
      of('leaver', 7),
    ]
    await at.store.request(ones)
    const [first, second] = [await next(), await next()]
    const late = of('leaver', 1)
    await at.store.request([late])
    expect([first, second, ...(await all())]).toEqual(
      [6, 5, null, 4, 3, 2, 1, 0].map((i) => (i === null ? late : ones[i]!).intent),
    )
  })

  test('it comes with its history, to one asker only, until it is released, held or over', async () => {
    const one = intent()
    await at.store.request([one])
    expect(await at.store.next('acme', facetsOf)).toEqual(await at.store.intent(one.intent))
    expect(await next()).toBeNull()
    await at.store.append(one.intent, sending(), US)
    expect(await next()).toBeNull()
    await at.store.release(one.intent)
    expect(await next()).toBe(one.intent)
    await at.store.append(one.intent, held(), US)
    expect(await next()).toBeNull()
    await at.store.append(one.intent, approved(), US)
    expect(await next()).toBe(one.intent)
    await at.store.append(one.intent, outcome('unknown'), US)
    expect(await next()).toBeNull()
    // Looked at again later, and no wiser: it takes no turn from others. Sent again, it is work until the next outcome.
    await at.store.append(one.intent, look('after'), US)
    expect(await next()).toBeNull()
    await at.store.append(one.intent, sending(), US)
    expect(await next()).toBe(one.intent)
    await at.store.append(one.intent, outcome('verified'), US)
    await at.store.append(one.intent, look('recheck'), US)
    await at.store.release(one.intent)
    await at.store.release('nobody')
    expect(await next()).toBeNull()
  })

  test('one in flight a native id and facet; other facets, ids and connections are free', async () => {
    const first = intent({ action: 'deactivate_account', lane: 'leaver' })
    const [same, other, elsewhere, far] = [
      intent({ action: 'reactivate_account', lane: 'leaver' }),
      intent({ action: 'revoke' }),
      intent({ action: 'reactivate_account', id: 'b' }),
      intent({ action: 'reactivate_account', connection: 'other' }),
    ]
    await at.store.request([first, same, other, elsewhere, far])
    expect(await all()).toEqual([first.intent, other.intent, elsewhere.intent])
    expect(await next('other')).toBe(far.intent)
    await at.store.append(first.intent, outcome('refuted'), US)
    expect(await all()).toEqual([same.intent])
  })

  test('of many changes of one object each has its turn, past those that were withdrawn or held', async () => {
    const ones = Array.from({ length: 6 }, () => intent())
    const names = ones.map((one) => one.intent)
    await at.store.request(ones)
    expect(await all()).toEqual([names[0]])
    await at.store.append(names[1]!, cancelled(), US)
    await at.store.append(names[2]!, held(), US)
    await at.store.append(names[0]!, outcome('verified'), US)
    expect(await all()).toEqual([names[3]])
    await at.store.append(names[2]!, approved(), US)
    await at.store.release(names[3]!)
    expect(await all()).toEqual([names[2]])
    await at.store.append(names[2]!, outcome('verified'), US)
    expect(await all()).toEqual([names[3]])
    await at.store.append(names[3]!, outcome('verified'), US)
    expect(await all()).toEqual([names[4]])
    await at.store.append(names[4]!, outcome('verified'), US)
    expect(await all()).toEqual([names[5]])
  })

  test('creates are one at a time a person; an action without facets meets every other of its object', async () => {
    const create = (person: string | null) => intent({ action: 'create_account', id: null, person })
    const ones = [create('ann'), create('ann'), create('bob'), create(null), create(null)]
    await at.store.request(ones)
    expect(await all()).toEqual([0, 2, 3, 4].map((i) => ones[i]!.intent))
    const [strange, grant] = [intent({ action: 'custom_unknown' }), intent()]
    await at.store.request([strange, grant])
    expect(await all()).toEqual([strange.intent])
    await at.store.append(strange.intent, outcome('verified'), US)
    expect(await all()).toEqual([grant.intent])
  })

  test('what a dead process left in flight stands in the way of its object, and is given first, whatever its lane', async () => {
    const left = intent({ lane: 'backfill', action: 'reactivate_account' })
    await at.store.request([left, intent({ lane: 'leaver', id: 'z' })])
    await at.store.append(left.intent, sending(), US)
    await at.store.append(left.intent, answered('lost'), US)
    await at.reopen()
    const leaver = intent({ lane: 'leaver', action: 'deactivate_account', made_at: time(-9) })
    await at.store.request([leaver])
    expect(await next()).toBe(left.intent)
    expect(await next()).not.toBe(leaver.intent)
    expect(await next()).toBeNull()
    // Unknown stays unknown; the leaver does not wait for more.
    await at.store.append(left.intent, outcome('unknown'), US)
    expect(await next()).toBe(leaver.intent)
  })

  test('claims die with the process', async () => {
    const one = intent()
    await at.store.request([one])
    expect(await next()).toBe(one.intent)
    await at.reopen()
    expect(await next()).toBe(one.intent)
  })

  test('a leaver frees the object of what it cancels under the hands of another', async () => {
    const grant = intent()
    await at.store.request([grant])
    expect(await next()).toBe(grant.intent)
    const leaver = intent({ lane: 'leaver', action: 'custom_unknown' })
    await at.store.request([leaver])
    expect(await next()).toBe(leaver.intent)
  })

  test.each(['*', 'acme'])('nothing is given under the kill switch %s; afterwards all of it is', async (scope) => {
    const one = intent()
    await at.store.request([one, intent({ connection: 'other' })])
    await at.store.stop({ scope, by: 'ann', why: 'wrong feed', at: time(0) })
    await at.reopen()
    expect(await next()).toBeNull()
    expect((await next('other')) === null).toBe(scope === '*')
    await at.store.go(scope, 'ann', time(1), 'mended')
    expect(await next()).toBe(one.intent)
  })

  test('a removed connection has nothing to do for a later one of its name', async () => {
    await at.store.request([intent()])
    await at.store.removeConnection('acme', { by: 'test', at: '2026-01-01T00:00:00Z' })
    expect(await next()).toBeNull()
    expect(await next('nobody')).toBeNull()
    const one = intent()
    await at.store.request([one])
    expect(await all()).toEqual([one.intent])
  })

  test('waiting counts by lane, held apart, in flight what is claimed or was sent', async () => {
    const none = { leaver: 0, mover: 0, joiner: 0, sync: 0, backfill: 0, held: 0, in_flight: 0 }
    expect(await at.store.waiting('acme')).toEqual(none)
    const ones = Array.from({ length: 6 }, (_, i) => intent({ id: `${i}`, lane: i < 4 ? 'mover' : 'sync' }))
    await at.store.request([...ones, intent({ lane: 'leaver', connection: 'other' })])
    expect(await next()).toBe(ones[0]!.intent)
    await at.store.append(ones[5]!.intent, sending(), US)
    await at.store.append(ones[0]!.intent, sending(), US)
    expect(await next()).toBe(ones[1]!.intent)
    await at.store.append(ones[2]!.intent, held(), US)
    expect(await at.store.waiting('acme')).toEqual({ ...none, mover: 1, sync: 1, held: 1, in_flight: 3 })
  })
}
