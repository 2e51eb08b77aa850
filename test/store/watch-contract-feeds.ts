/** Positions, events and holes. */
import { expect, test } from 'vitest'
import type { Hole } from '../../runtime/watch-types.ts'
import { advance, min, readAt, users, type WatchHarness } from './watch-fixture.ts'

const ENDED = expect.objectContaining({ code: 'store/ended' })
const hole = (from: number, to: number | null, because = 'position refused'): Hole => ({
  feed: 'log',
  from: min(from),
  to: to === null ? null : min(to),
  because,
})

export function feedContract(at: WatchHarness): void {
  const log = async () => (await at.store.feeds('acme')).find(({ feed }) => feed === 'log')

  test('a poll is durable whole: position, what it told, events, whom to look at', async () => {
    expect(await at.store.feeds('acme')).toEqual([])
    await at.store.advance('acme', advance(null, 1))
    await at.store.advance('acme', advance(1, 2, { events: [{ id: 'e1', at: min(2) }], touched: users('a') }))
    await at.reopen()
    expect(await at.store.feeds('acme')).toEqual([
      {
        feed: 'log',
        position: { at: min(2) },
        since: min(1),
        asked_at: min(2),
        told_until: min(-8),
        failed: null,
        holes: [],
        agreements: [],
      },
    ])
    expect(await at.store.knownEvents('acme', 'log', min(0), min(9))).toEqual(['e1'])
    expect(await at.store.touched('acme', { limit: 9, tries_below: 5 })).toHaveLength(1)
    expect(await at.store.namedSince('acme', 'log', 'users', min(2), ['a'])).toEqual(['a'])
  })

  test('a poll that began at another position than the one that stands writes nothing', async () => {
    const more = { events: [{ id: 'e', at: min(5) }], touched: users('a'), hole: hole(1, 5), told_until: min(99), at: min(99) }
    await expect(at.store.advance('acme', advance(3, 5, more))).rejects.toEqual(ENDED)
    await at.store.advance('acme', advance(null, 1))
    const before = await at.store.feeds('acme')
    for (const from of [null, 0, 2]) await expect(at.store.advance('acme', advance(from, 5, more))).rejects.toEqual(ENDED)
    expect(await at.store.feeds('acme')).toEqual(before)
    expect(await at.store.knownEvents('acme', 'log', min(0), min(99))).toEqual([])
    expect(await at.store.touched('acme', { limit: 9, tries_below: 5 })).toEqual([])
    expect(await at.store.namedSince('acme', 'log', 'users', min(0), ['a'])).toEqual([])
  })

  test('of two polls that began at one position one is taken; the order of a position’s keys is no difference', async () => {
    await at.store.advance('acme', advance(null, 1, { to: { a: 1, b: { c: 1, d: [1, { e: 1, f: 2 }] } } }))
    const from = { b: { d: [1, { f: 2, e: 1 }], c: 1 }, a: 1 }
    const both = await Promise.allSettled(
      ['one', 'two'].map((id) => at.store.advance('acme', advance(null, 2, { from, touched: users(id) }))),
    )
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
    expect((await at.store.touched('acme', { limit: 9, tries_below: 5 })).map(({ id }) => id)).toEqual(['one'])
  })

  test('a poll without an answer is told and the position stands; the next answer takes it back', async () => {
    await at.store.failed('acme', 'log', 'refused with 503', min(1))
    expect(await log()).toMatchObject({
      position: null,
      since: null,
      asked_at: min(1),
      told_until: null,
      failed: 'refused with 503',
    })
    await at.store.advance('acme', advance(null, 2))
    await at.store.failed('acme', 'log', 'no answer', min(3))
    expect(await log()).toMatchObject({
      position: { at: min(2) },
      since: min(2),
      asked_at: min(3),
      told_until: min(-8),
      failed: 'no answer',
    })
    await at.store.advance('acme', advance(2, 4))
    expect(await log()).toMatchObject({ position: { at: min(4) }, since: min(2), asked_at: min(4), failed: null })
  })

  test('feeds and connections are apart; names come in order', async () => {
    const both = { events: [{ id: 'e', at: min(1) }], touched: users('a') }
    await at.store.advance('acme', advance(null, 1, { ...both, feed: 'z' }))
    await at.store.advance('acme', advance(null, 2, { feed: 'a' }))
    await at.store.advance('other', advance(null, 3, { feed: 'z' }))
    expect((await at.store.feeds('acme')).map(({ feed, asked_at }) => [feed, asked_at])).toEqual([
      ['a', min(2)],
      ['z', min(1)],
    ])
    for (const [connection, feed] of [
      ['acme', 'a'],
      ['other', 'z'],
      ['nobody', 'z'],
    ] as const) {
      expect(await at.store.newEvents(connection, feed, ['e'])).toEqual(['e'])
      expect(await at.store.knownEvents(connection, feed, min(0), min(9))).toEqual([])
      expect(await at.store.namedSince(connection, feed, 'users', min(0), ['a'])).toEqual([])
    }
    expect(await at.store.newEvents('acme', 'z', ['e'])).toEqual([])
    expect(await at.store.touched('other', { limit: 9, tries_below: 5 })).toEqual([])
    expect(await at.store.feeds('nobody')).toEqual([])
  })

  test('of events those not known are new, each once; what is older than the overlap is forgotten', async () => {
    const events = [1, 2, 3, 4].map((n) => ({ id: `e${n}`, at: min(n) }))
    await at.store.advance('acme', advance(null, 4, { events }))
    expect(await at.store.newEvents('acme', 'log', ['x', 'e2', 'x', 'y', 'e1'])).toEqual(['x', 'y'])
    expect(await at.store.knownEvents('acme', 'log', min(2), min(3))).toEqual(['e2', 'e3'])
    await at.store.advance('acme', advance(4, 5, { events: [{ id: 'e3', at: min(9) }], forget_before: min(3) }))
    expect(await at.store.newEvents('acme', 'log', ['e1', 'e2', 'e3', 'e4'])).toEqual(['e1', 'e2'])
    // Told again is no other event: its instant stays.
    expect(await at.store.knownEvents('acme', 'log', min(0), min(99))).toEqual(['e3', 'e4'])
  })

  test('instants are compared as instants, however they are written', async () => {
    await at.store.advance('acme', advance(null, 1, { events: [{ id: 'e', at: '2026-05-01T02:30:00+02:00' }] }))
    expect(await at.store.knownEvents('acme', 'log', min(29), min(31))).toEqual(['e'])
    expect(await at.store.knownEvents('acme', 'log', min(31), min(999))).toEqual([])
  })

  test('a hole stands until a complete read of every stream that the feed names began after it', async () => {
    const streams = ['users', 'groups']
    await at.store.advance('acme', advance(null, 1, { streams }))
    await at.store.advance('acme', advance(1, 20, { streams, hole: hole(1, 20) }))
    expect(await log()).toMatchObject({ holes: [hole(1, 20)], since: min(20) })
    await readAt(at.store, 15, streams)
    await readAt(at.store, 25, ['users'])
    await readAt(at.store, 26, streams, 'unproven')
    await at.reopen()
    expect((await log())?.holes).toEqual([hole(1, 20)])
    await at.store.advance('acme', advance(20, 30, { streams }))
    expect((await log())?.holes).toEqual([hole(1, 20)])
    await readAt(at.store, 31, ['groups'])
    expect(await log()).toMatchObject({ holes: [], since: min(20) })
    await at.store.advance('acme', advance(30, 40, { streams }))
    expect(await log()).toMatchObject({ holes: [], since: min(20) })
  })

  test('a hole of a feed that names no stream is not mended by any read', async () => {
    await at.store.advance('acme', advance(null, 1, { streams: [], hole: hole(0, 1) }))
    await readAt(at.store, 5)
    expect((await log())?.holes).toEqual([hole(0, 1)])
  })

  test('a hole without an end stays open over reads and ends with the next poll that has none', async () => {
    await at.store.advance('acme', advance(null, 1))
    await at.store.advance('acme', advance(1, 2, { hole: hole(1, null, 'more than 1,000 pages') }))
    await readAt(at.store, 3)
    expect(await log()).toMatchObject({ holes: [hole(1, null, 'more than 1,000 pages')], since: null })
    await at.store.advance('acme', advance(2, 4, { hole: hole(2, 4, 'another') }))
    expect(await log()).toMatchObject({ since: null })
    await at.store.advance('acme', advance(4, 5))
    expect(await log()).toMatchObject({
      holes: [hole(1, 5, 'more than 1,000 pages'), hole(2, 4, 'another')],
      since: min(5),
    })
  })

  test('a hole that goes on at every poll is one hole that grows', async () => {
    await at.store.advance('acme', advance(null, 1))
    for (const n of [2, 3, 4]) await at.store.advance('acme', advance(n - 1, n, { hole: hole(n - 1, n) }))
    await at.store.advance('acme', advance(4, 8, { hole: hole(6, 8) }))
    await at.store.advance('acme', advance(8, 9, { hole: hole(8, 9, 'forgot 3 events') }))
    expect((await log())?.holes).toEqual([hole(1, 4), hole(6, 8), hole(8, 9, 'forgot 3 events')])
    expect((await log())?.since).toBe(min(9))
  })

  test('past 100 holes the two oldest are one that spans both: none is forgotten', async () => {
    await at.store.advance('acme', advance(null, 0))
    for (let n = 0; n < 103; n++) await at.store.advance('acme', advance(n, n + 1, { hole: hole(n, n + 0.5) }))
    const holes = (await log())?.holes ?? []
    expect(holes).toHaveLength(100)
    expect(holes[0]).toMatchObject({ from: min(0), to: min(3.5) })
    expect(holes[1]).toEqual(hole(4, 4.5))
    expect(holes.at(-1)).toEqual(hole(102, 102.5))
  })
}
