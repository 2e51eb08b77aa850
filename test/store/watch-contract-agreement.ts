/** What agreements are made of: namings, and which fields a change moved. */
import { expect, test } from 'vitest'
import { AT, allChanges, commit, published, row, syncOnce } from './fixture.ts'
import { advance, agreement, BY_LOG, min, users, type WatchHarness } from './watch-fixture.ts'

export function agreementContract(at: WatchHarness): void {
  const named = (from: number, ...ids: readonly string[]) => at.store.namedSince('acme', 'log', 'users', min(from), ids)

  test('a record counts as named from the moment on of its last naming', async () => {
    await at.store.advance('acme', advance(null, 5, { touched: users('a', 'b') }))
    await at.store.advance('acme', advance(5, 9, { touched: [...users('b', 'b'), { stream: 'groups', id: 'c' }] }))
    await at.reopen()
    expect(await named(5, 'a', 'b', 'c', 'x')).toEqual(['a', 'b'])
    expect(await named(6, 'a', 'b', 'c')).toEqual(['b'])
    expect(await named(9.1, 'a', 'b')).toEqual([])
    expect(await at.store.namedSince('acme', 'log', 'groups', min(9), ['b', 'c'])).toEqual(['c'])
  })

  test('what we touched by ourselves, and what a webhook touched, the feed did not name', async () => {
    await at.store.advance('acme', advance(null, 1))
    await at.store.touch('acme', BY_LOG, users('a'), min(2))
    await at.store.arrived('acme', { id: 'm', until: min(99), at: min(2), touched: users('b') })
    expect(await named(0, 'a', 'b')).toEqual([])
  })

  test('namings are kept until an agreement begins after them, of its feed and stream alone', async () => {
    const groups = { stream: 'groups', id: 'a' }
    const other = { feed: 'other', touched: users('a') }
    await at.store.advance('acme', advance(null, 5, { touched: [...users('a'), groups] }))
    await at.store.advance('acme', advance(null, 5, other))
    await at.store.advance('acme', advance(5, 8, { touched: users('b') }))
    await at.store.putAgreement('acme', agreement([1, 1], { began_at: min(7) }))
    expect(await named(0, 'a', 'b')).toEqual(['b'])
    await at.store.putAgreement('acme', agreement([1, 2], { began_at: min(9) }))
    expect(await named(0, 'a', 'b')).toEqual([])
    expect(await at.store.namedSince('acme', 'log', 'groups', min(0), ['a'])).toEqual(['a'])
    expect(await at.store.namedSince('acme', 'other', 'users', min(0), ['a'])).toEqual(['a'])
  })

  test('namings that no agreement ever compared are kept for 90 days', async () => {
    const days = (n: number) => n * 24 * 60
    await at.store.advance('acme', advance(null, 0, { touched: users('a') }))
    await at.store.advance('acme', advance(0, days(90), { touched: users('b') }))
    expect(await named(0, 'a', 'b')).toEqual(['a', 'b'])
    await at.store.advance('acme', advance(days(90), days(90) + 1))
    expect(await named(0, 'a', 'b')).toEqual(['b'])
  })

  test('of a feed and stream the newest agreement is kept; of a feed that was never asked none is', async () => {
    await at.store.advance('acme', advance(null, 1))
    const old = agreement([1, 1], { is: 'unknown' })
    const now = agreement([1, 2], { is: 'skipped', skipped: ['a'] })
    const groups = agreement([1, 2], { stream: 'groups' })
    for (const one of [old, groups, now]) await at.store.putAgreement('acme', one)
    await at.reopen()
    expect((await at.store.feeds('acme'))[0]?.agreements).toEqual([groups, now])
    const nowhere = expect.objectContaining({ code: 'store/not-found' })
    await expect(at.store.putAgreement('acme', agreement([1, 1], { feed: 'never' }))).rejects.toEqual(nowhere)
    await expect(at.store.putAgreement('nobody', old)).rejects.toEqual(nowhere)
    expect((await at.store.feeds('acme')).map(({ feed }) => feed)).toEqual(['log'])
  })

  test('the fields that an update moved are those that differ from the version told before, gone ones too', async () => {
    await syncOnce(at.store, [row('a', { name: 'A', mail: 'm', last: 1 }), row('b', { name: 'B' })])
    await syncOnce(at.store, [row('a', { name: 'A', last: 2, tags: ['x'] }), row('b', { name: 'B' }), row('c', { name: 'C' })])
    await syncOnce(at.store, [row('a', { name: 'A', last: 2, tags: ['y'] }), row('c', { name: 'C' })])
    await syncOnce(at.store, [row('a', { name: 'A', last: 2, tags: ['y'] }), row('b', { name: 'Z' }), row('c', { name: 'C' })])
    await at.reopen()
    const moved: unknown[] = []
    for (const { seq, kind, id } of await allChanges(at.store)) moved.push([kind, id, await at.store.movedFields('acme', seq)])
    expect(moved).toEqual([
      ['created', 'a', null],
      ['created', 'b', null],
      ['updated', 'a', ['last', 'tags', 'mail']],
      ['created', 'c', null],
      ['updated', 'a', ['tags']],
      ['vanished', 'b', null],
      ['returned', 'b', null],
    ])
    expect(await at.store.movedFields('acme', 8)).toBeNull()
    expect(await at.store.movedFields('acme', 0)).toBeNull()
    expect(await at.store.movedFields('nobody', 1)).toBeNull()
  })

  test('what a read stored that failed is no version told before; what comes later is seen by the same process', async () => {
    await syncOnce(at.store, [row('a', { name: 'A', last: 1 })])
    expect(await at.store.movedFields('acme', 1)).toBeNull()
    for (const last of [2, 3]) {
      const { sync } = await at.store.beginSync('acme', 'print', AT)
      await commit(await at.store.read(sync, 'acme', 'users'), 1, [row('a', { name: `never told ${last}`, last })])
      await at.store.endSync(sync, 'failed', 'x', AT)
    }
    await syncOnce(at.store, [row('a', { name: 'A', last: 4 })])
    expect(await at.store.movedFields('acme', 2)).toEqual(['last'])
    await syncOnce(at.store, [row('a', { name: 'B', last: 4 })])
    expect(await at.store.movedFields('acme', 3)).toEqual(['name'])
    await syncOnce(at.store, [row('a', { name: 'B', last: 5 })])
    expect(await at.store.movedFields('acme', 4)).toEqual(['last'])
    expect(await at.store.movedFields('acme', 2)).toEqual(['last'])
  })

  test('versions of several streams whose changes lie between each other are not taken for one another', async () => {
    for (const n of [1, 2, 3]) {
      const { sync } = await at.store.beginSync('acme', 'print', AT)
      for (const stream of ['users', 'groups']) {
        const session = await at.store.read(sync, 'acme', stream)
        await commit(session, 1, [row('a', { [`${stream}-${n}`]: 1 }), row('same', { is: 1 })])
        await at.store.publish(sync, 'acme', published(session, 'complete', { stream }))
      }
      await at.store.endSync(sync, 'finished', null, AT)
    }
    const updated = (await allChanges(at.store)).filter(({ kind }) => kind === 'updated')
    const moved = await Promise.all(updated.map(({ seq }) => at.store.movedFields('acme', seq)))
    expect(updated.map(({ stream }, i) => [stream, moved[i]])).toEqual([
      ['users', ['users-2', 'users-1']],
      ['groups', ['groups-2', 'groups-1']],
      ['users', ['users-3', 'users-2']],
      ['groups', ['groups-3', 'groups-2']],
    ])
  })
}
