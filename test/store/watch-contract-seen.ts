/** Whom to look at, and what looks showed. */
import { expect, test } from 'vitest'
import { row, syncOnce } from './fixture.ts'
import { advance, agreement, BY_LOG, BY_WEBHOOK, min, sighting, users, type WatchHarness } from './watch-fixture.ts'

const ALL = { limit: 99, tries_below: 5 }
const ACT = { by: 'test', at: '2026-01-01T00:00:00Z' }

export function seenContract(at: WatchHarness): void {
  const waiting = async () => (await at.store.touched('acme', ALL)).map(({ id }) => id)
  const see = (id: string, minute: number, looked: { readonly named: number; readonly again: boolean }) =>
    at.store.saw('acme', sighting(id, minute), looked)

  test('who is named waits, in the order of the naming, once, with how often and who named it first', async () => {
    await at.store.advance('acme', advance(null, 1, { touched: users('c', 'a', 'c') }))
    await at.store.touch('acme', BY_WEBHOOK, [...users('b', 'a'), { stream: 'groups', id: 'a' }], min(2))
    await at.store.touch('acme', BY_LOG, users('b'), min(3))
    await at.store.touch('other', BY_LOG, users('z'), min(0))
    await at.reopen()
    expect(await at.store.touched('acme', ALL)).toEqual([
      { stream: 'users', id: 'c', cause: BY_LOG, named_at: min(1), named: 2, tries: 0 },
      { stream: 'users', id: 'a', cause: BY_LOG, named_at: min(1), named: 2, tries: 0 },
      { stream: 'users', id: 'b', cause: BY_WEBHOOK, named_at: min(2), named: 2, tries: 0 },
      { stream: 'groups', id: 'a', cause: BY_WEBHOOK, named_at: min(2), named: 1, tries: 0 },
    ])
    expect((await at.store.touched('acme', { limit: 2, tries_below: 5 })).map(({ id }) => id)).toEqual(['c', 'a'])
    expect(await at.store.touched('nobody', ALL)).toEqual([])
  })

  test('a sighting comes back as it was given, numbered without a hole a connection, and ends the waiting of its record alone', async () => {
    await at.store.touch('acme', BY_LOG, [...users('a', 'b'), { stream: 'groups', id: 'a' }], min(1))
    const given = sighting('a', 2, { fields: { name: 'A', tags: ['x', null], more: { deep: 1 } } })
    expect(await at.store.saw('acme', given, { named: 1, again: false })).toEqual({ ...given, seq: 1 })
    const gone = sighting('x', 3, { shows: 'gone', fields: null, is: 'missing', moved: [], cause: BY_WEBHOOK })
    expect(await at.store.saw('acme', gone, { named: 1, again: false })).toEqual({ ...gone, seq: 2 })
    await at.store.saw('other', gone, { named: 1, again: false })
    await at.reopen()
    expect(await at.store.sightings('acme', { after: 0, limit: 9 })).toEqual([
      { ...given, seq: 1 },
      { ...gone, seq: 2 },
    ])
    expect(await at.store.lastSighting('acme')).toBe(2)
    expect((await at.store.touched('acme', ALL)).map(({ stream, id }) => `${stream} ${id}`)).toEqual(['users b', 'groups a'])
  })

  test('a look without an answer is one more try, in its place; those out of tries wait on, counted and named', async () => {
    await at.store.touch('acme', BY_LOG, users('a', 'b'), min(1))
    for (const minute of [2, 3]) await see('a', minute, { named: 1, again: true })
    expect(await at.store.touched('acme', ALL)).toMatchObject([
      { id: 'a', tries: 2, named_at: min(1), named: 1 },
      { id: 'b', tries: 0 },
    ])
    const tired = (tries_below: number) => at.store.touchedCounts('acme', tries_below)
    expect((await at.store.touched('acme', { limit: 9, tries_below: 2 })).map(({ id }) => id)).toEqual(['b'])
    expect(await tired(2)).toMatchObject({ waiting: 2, given_up: 1, samples: [{ id: 'a', tries: 2 }] })
    expect(await tired(3)).toEqual({ waiting: 2, given_up: 0, samples: [] })
    expect(await at.store.touchedCounts('nobody', 3)).toEqual({ waiting: 0, given_up: 0, samples: [] })
    // Named anew, it is tried anew.
    await at.store.touch('acme', BY_WEBHOOK, users('a'), min(4))
    expect(await at.store.touched('acme', { limit: 9, tries_below: 2 })).toMatchObject([
      { id: 'a', tries: 0, named: 2 },
      { id: 'b' },
    ])
  })

  test('who was named again while it was looked at waits on, at the end of the line and by what named it last', async () => {
    await at.store.touch('acme', BY_LOG, users('a', 'b', 'c'), min(1))
    await at.store.touch('acme', BY_WEBHOOK, users('a'), min(2))
    await see('a', 3, { named: 1, again: false })
    expect(await at.store.touched('acme', ALL)).toEqual([
      { stream: 'users', id: 'b', cause: BY_LOG, named_at: min(1), named: 1, tries: 0 },
      { stream: 'users', id: 'c', cause: BY_LOG, named_at: min(1), named: 1, tries: 0 },
      { stream: 'users', id: 'a', cause: BY_WEBHOOK, named_at: min(2), named: 1, tries: 0 },
    ])
    await see('a', 4, { named: 1, again: false })
    expect(await waiting()).toEqual(['b', 'c'])
    await at.store.touch('acme', BY_LOG, users('b', 'b'), min(5))
    await see('b', 6, { named: 3, again: false })
    expect(await waiting()).toEqual(['c'])
  })

  test('sightings are told ascending after a number, of a stream or of one record', async () => {
    const streams = ['users', 'groups', 'users', 'users', 'groups']
    const ids = ['a', 'a', 'b', 'a', 'b']
    for (const [i, stream] of streams.entries())
      await at.store.saw('acme', { ...sighting(ids[i]!, i), stream }, { named: 1, again: false })
    const told = async (more: {
      readonly after: number
      readonly limit: number
      readonly stream?: string
      readonly id?: string
    }) => (await at.store.sightings('acme', more)).map(({ seq }) => seq)
    expect(await told({ after: 0, limit: 9 })).toEqual([1, 2, 3, 4, 5])
    expect(await told({ after: 1, limit: 2 })).toEqual([2, 3])
    expect(await told({ after: 0, limit: 9, stream: 'users' })).toEqual([1, 3, 4])
    expect(await told({ after: 0, limit: 9, stream: 'users', id: 'a' })).toEqual([1, 4])
    expect(await told({ after: 1, limit: 9, id: 'a' })).toEqual([2, 4])
    expect(await told({ after: 5, limit: 9 })).toEqual([])
    expect(await at.store.sightings('nobody', { after: 0, limit: 9 })).toEqual([])
    expect(await at.store.lastSighting('nobody')).toBe(0)
  })

  test('of a record the newest 100 sightings are kept, of others none is lost by that', async () => {
    await see('b', 0, { named: 1, again: false })
    for (let n = 0; n < 103; n++) await see('a', n, { named: 1, again: false })
    await at.store.saw('acme', { ...sighting('a', 0), stream: 'groups' }, { named: 1, again: false })
    const kept = await at.store.sightings('acme', { after: 0, limit: 999 })
    expect(kept.map(({ seq }) => seq)).toEqual([1, ...Array.from({ length: 100 }, (_, i) => i + 5), 105])
    expect(await at.store.lastSighting('acme')).toBe(105)
  })

  test('a removed connection leaves its name nothing of watching; numbers of sightings go on', async () => {
    await syncOnce(at.store, [row('a', 1)])
    await syncOnce(at.store, [row('a', 2)])
    const events = [{ id: 'e', at: min(1) }]
    const hole = { feed: 'log', from: min(0), to: min(1), because: 'x' }
    await at.store.advance('acme', advance(null, 1, { touched: users('a'), events, hole }))
    await at.store.putAgreement('acme', agreement([1, 1]))
    await see('b', 2, { named: 1, again: false })
    await at.store.arrived('acme', { id: 'm', until: min(99), at: min(2), touched: [] })
    await at.store.refused('acme', 'x', min(2))
    await at.store.removeConnection('acme', ACT)
    const empty = async () => {
      expect(await at.store.feeds('acme')).toEqual([])
      expect(await waiting()).toEqual([])
      expect(await at.store.sightings('acme', { after: 0, limit: 9 })).toEqual([])
      expect(await at.store.knownEvents('acme', 'log', min(0), min(9))).toEqual([])
      expect(await at.store.newEvents('acme', 'log', ['e'])).toEqual(['e'])
      expect(await at.store.namedSince('acme', 'log', 'users', min(0), ['a'])).toEqual([])
      expect(await at.store.movedFields('acme', 2)).toBeNull()
      expect(await at.store.arrivals('acme', 9)).toEqual([])
      expect(await at.store.arrivalCounts('acme')).toEqual({ taken: 0, again: 0, refused: 0 })
    }
    await empty()
    await syncOnce(at.store, [row('x')])
    await empty()
    expect(await at.store.lastSighting('acme')).toBe(1)
    await at.store.advance('acme', advance(null, 3))
    expect((await at.store.feeds('acme'))[0]).toMatchObject({ since: min(3), holes: [], agreements: [] })
    expect((await see('c', 4, { named: 1, again: false })).seq).toBe(2)
    expect(await at.store.arrived('acme', { id: 'm', until: min(99), at: min(4), touched: [] })).toBe(true)
    expect((await at.store.sightings('acme', { after: 0, limit: 9 })).map(({ id }) => id)).toEqual(['c'])
  })

  test('names and fields that another engine would refuse are stored as text that every engine takes', async () => {
    const odd = 'a\0b\ud800'
    const event = { id: odd, at: min(1) }
    await at.store.advance('acme', advance(null, 1, { feed: odd, touched: [{ stream: odd, id: odd }], events: [event] }))
    await at.store.advance('acme', advance(1, 2, { feed: odd }))
    expect(await at.store.newEvents('acme', odd, [odd, 'x'])).toEqual(['x'])
    expect(await at.store.namedSince('acme', odd, odd, min(0), [odd])).toEqual([odd])
    const [one] = await at.store.touched('acme', ALL)
    expect(one?.id).toBe('a\ufffdb\ufffd')
    const seen = { ...sighting(odd, 2, { fields: { [odd]: odd } }), stream: odd }
    const stored = await at.store.saw('acme', seen, { named: 1, again: false })
    expect(stored.fields).toEqual({ 'a\ufffdb\ufffd': 'a\ufffdb\ufffd' })
    expect(await waiting()).toEqual([])
    expect(await at.store.sightings('acme', { after: 0, limit: 9, stream: odd, id: odd })).toEqual([stored])
  })
}
