/** What was sent to us. */
import { expect, test } from 'vitest'
import { BY_WEBHOOK, min, users, type WatchHarness } from './watch-fixture.ts'

export function arrivalContract(at: WatchHarness): void {
  const arrived = (id: string, minute: number, until: number, ...touched: readonly string[]) =>
    at.store.arrived('acme', { id, until: min(until), at: min(minute), touched: users(...touched) })

  test('a message is taken once, with whom it names in one step; the same again names nobody', async () => {
    expect(await arrived('m1', 1, 10, 'a', 'b')).toBe(true)
    await at.reopen()
    expect(await arrived('m1', 2, 10, 'a', 'c')).toBe(false)
    expect(await arrived('m2', 3, 10)).toBe(true)
    expect(await at.store.touched('acme', { limit: 9, tries_below: 5 })).toMatchObject([
      { id: 'a', cause: BY_WEBHOOK, named_at: min(1), named: 1 },
      { id: 'b', named: 1 },
    ])
    expect(await at.store.arrivals('acme', 9)).toEqual([
      { seq: 3, at: min(3), is: 'taken', because: 'named 0', touched: 0 },
      { seq: 2, at: min(2), is: 'again', because: 'it was here before', touched: 0 },
      { seq: 1, at: min(1), is: 'taken', because: 'named 2', touched: 2 },
    ])
    expect(await at.store.arrivals('acme', 1)).toMatchObject([{ seq: 3 }])
  })

  test('of two of one message that come at once one is taken', async () => {
    const both = await Promise.all([arrived('m', 1, 10, 'a'), arrived('m', 1, 10, 'a')])
    expect(both).toEqual([true, false])
    expect(await at.store.touched('acme', { limit: 9, tries_below: 5 })).toMatchObject([{ id: 'a', named: 1 }])
  })

  test('a message is known until its time, of its connection alone', async () => {
    expect(await arrived('m', 1, 10)).toBe(true)
    expect(await arrived('m', 9.9, 20)).toBe(false)
    expect(await arrived('m', 10, 20)).toBe(true)
    expect(await arrived('m', 11, 20)).toBe(false)
    expect(await at.store.arrived('other', { id: 'm', until: min(20), at: min(11), touched: [] })).toBe(true)
  })

  test('refusals are counted and told with their code; of them and of the others the newest 1,000 are kept', async () => {
    for (let n = 0; n < 3; n++) await arrived(`m${n}`, n, 999)
    await arrived('m0', 4, 999)
    for (let n = 0; n < 1002; n++) await at.store.refused('acme', `webhook/signature ${n}`, min(5))
    await at.reopen()
    const all = await at.store.arrivals('acme', 9999)
    expect(all).toHaveLength(1004)
    expect(all[0]).toEqual({ seq: 1006, at: min(5), is: 'refused', because: 'webhook/signature 1001', touched: 0 })
    expect(all[999]).toMatchObject({ because: 'webhook/signature 2' })
    expect(all.slice(1000).map(({ is }) => is)).toEqual(['again', 'taken', 'taken', 'taken'])
    for (let n = 0; n < 1002; n++) await arrived(`n${n}`, 6, 7)
    const after = await at.store.arrivals('acme', 9999)
    expect(after.filter(({ is }) => is === 'refused')).toHaveLength(1000)
    expect(after.filter(({ is }) => is !== 'refused')).toHaveLength(1000)
    expect(await at.store.arrivalCounts('acme')).toEqual({ taken: 1005, again: 1, refused: 1002 })
    expect(await at.store.arrivalCounts('nobody')).toEqual({ taken: 0, again: 0, refused: 0 })
    expect(await at.store.arrivals('nobody', 9)).toEqual([])
  })
}
