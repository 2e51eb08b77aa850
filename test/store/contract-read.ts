/** One attempt at one stream: pages, repeats, restarts, and what is visible when. */
import { expect, test } from 'vitest'
import type { Harness } from './contract.ts'
import { AT, collect, commit, published, row, syncOnce } from './fixture.ts'

const ENDED = expect.objectContaining({ code: 'store/ended' })

export function readContract(at: Harness): void {
  const begin = async (stream = 'users') => {
    const { sync } = await at.store.beginSync('acme', 'one', AT)
    return { sync, session: await at.store.read(sync, 'acme', stream) }
  }

  test('a page tells what became of its rows: stored, repeated, conflicting, on the page and across pages', async () => {
    const { sync, session } = await begin()
    const first = await commit(session, 1, [row('a', 1), row('b', 1), row('a', 1), row('b', 2)])
    expect(first).toEqual({ stored: 2, created: 2, updated: 0, repeated: ['a'], conflicting: ['b'] })
    const second = await commit(session, 2, [row('b', 1), row('a', 3), row('c', 1)])
    expect(second).toEqual({ stored: 1, created: 1, updated: 0, repeated: ['b'], conflicting: ['a'] })
    expect(await at.store.quarantine('acme', sync, 'users', 9)).toMatchObject([
      { reason: 'id/conflict', id: 'b', page: 1, raw: '{"is":2}' },
      { reason: 'id/conflict', id: 'a', page: 2, raw: '{"is":3}' },
    ])
    expect(await session.inStore()).toBe(3)
    expect((await session.records(0, 9)).map(({ id, fields }) => `${id}${fields['is']}`)).toEqual(['a1', 'b1', 'c1'])
  })

  test('the next read creates nothing that is known, updates what changed and keeps the number of what did not', async () => {
    await syncOnce(at.store, [row('a', 1), row('b', 1)])
    const before = await at.store.records('acme', 'users', { which: 'latest', after: 0, limit: 9 })
    const { session } = await begin()
    expect(await commit(session, 1, [row('b', 2), row('a', 1), row('c', 1)])).toMatchObject({ stored: 3, created: 1, updated: 1 })
    const now = await session.records(0, 9)
    expect(now.map(({ id }) => id)).toEqual(['a', 'b', 'c'])
    expect(now[0]).toEqual(before[0])
    expect(now[1]!.seq).toBeGreaterThan(before[1]!.seq)
  })

  test('nothing of a read is visible before it is published, and all of it after', async () => {
    await syncOnce(at.store, [row('a', 1)])
    const { sync, session } = await begin()
    await commit(session, 1, [row('a', 2), row('b', 1)])
    const shown = async () =>
      (await at.store.records('acme', 'users', { which: 'latest', after: 0, limit: 9 })).map(
        ({ id, fields }) => id + fields['is'],
      )
    expect(await shown()).toEqual(['a1'])
    expect(await at.store.records('acme', 'users', { which: 'latest', after: 0, limit: 9, id: 'a' })).toMatchObject([
      { fields: { is: 1 } },
    ])
    expect(await at.store.changes('acme', { after: 1, limit: 9 })).toEqual([])
    expect((await at.store.snapshots('acme'))[0]!.latest.sync).toBeLessThan(sync)
    const snapshot = await at.store.publish(sync, 'acme', published(session, 'unproven'))
    expect(snapshot).toMatchObject({
      connection: 'acme',
      stream: 'users',
      sync,
      records: 2,
      fingerprint: 'print',
      verdict: { is: 'unproven' },
    })
    expect(await shown()).toEqual(['a2', 'b1'])
    expect(await at.store.changes('acme', { after: 1, limit: 9 })).toHaveLength(2)
  })

  test('the page ledger, its loops and its set come back after a stop as they were', async () => {
    const { sync, session } = await begin()
    const gap = { stream: 'users', partition: 'g1', code: 'http/forbidden', where: 'GET /x', because: '403', at: AT }
    await commit(session, 1, [row('a', 1), row('b', 1)], { partition: 'g1', cursor: 'c', digest: 'd' })
    await commit(session, 2, [], { partition: 'g1', cursor: 'c2', digest: 'empty', gap })
    await commit(session, 1, [row('c', 1)], { partition: 'g2' })
    expect(await collect(session.pages())).toEqual([])
    await at.reopen()
    const again = await at.store.read(sync, 'acme', 'users')
    const pages = await collect(again.pages())
    expect(pages.map(({ partition, no }) => `${partition}/${no}`)).toEqual(['g1/1', 'g1/2', 'g2/1'])
    expect(pages[0]).toMatchObject({
      at: AT,
      cursor: 'c',
      digest: 'd',
      facts: { fetched: 2, stored: 2 },
      next: { kind: 'page', state: { no: 2 } },
      gap: null,
    })
    expect(pages[1]!.gap).toEqual(gap)
    expect([again.seenCursor('g1', 'c'), again.seenCursor('g2', 'c'), again.seenCursor('g1', 'new')]).toEqual([
      true,
      false,
      false,
    ])
    expect([again.seenBody('d'), again.seenBody('empty'), again.seenBody('new')]).toEqual([true, false, false])
    expect(await again.has(['a', 'c', 'z'])).toEqual([true, true, false])
    expect(await commit(again, 3, [row('b', 2), row('d', 1)], { partition: 'g1' })).toMatchObject({
      stored: 1,
      conflicting: ['b'],
    })
    expect(await again.inStore()).toBe(4)
    expect(await at.store.gaps('acme', sync)).toEqual([gap])
  })

  test('loops are seen at once, bodies only of pages with records', async () => {
    const { session } = await begin()
    await commit(session, 1, [row('a')], { cursor: 'c', digest: 'd' })
    await commit(session, 2, [], { cursor: 'c2', digest: 'e' })
    expect([session.seenCursor('', 'c'), session.seenCursor('', 'd'), session.seenBody('d'), session.seenBody('e')]).toEqual([
      true,
      false,
      true,
      false,
    ])
  })

  test('a page is stored once: the same number again is refused and changes nothing', async () => {
    const { session } = await begin()
    await commit(session, 1, [row('a')])
    await expect(commit(session, 1, [row('b')])).rejects.toEqual(expect.objectContaining({ code: 'store/page-exists' }))
    expect([await session.inStore(), await session.has(['b'])]).toEqual([1, [false]])
    expect(await commit(session, 2, [row('b')])).toMatchObject({ stored: 1, created: 1 })
  })

  test('a page whose row can not be made stores nothing', async () => {
    const { session } = await begin()
    const broken = session.commitPage([row('a')], [], () => {
      throw new Error('no page')
    })
    await expect(broken).rejects.toThrow('no page')
    expect([await session.inStore(), await session.has(['a'])]).toEqual([0, [false]])
  })

  test('a restart forgets the set and the loops, keeps the versions, and ends the attempt before', async () => {
    const { sync, session } = await begin()
    await commit(session, 1, [row('a', 1), row('b', 1)])
    const second = await session.restart('cursor expired')
    expect([session.attempt, second.attempt]).toEqual([1, 2])
    expect([await second.inStore(), await second.has(['a']), second.seenCursor('', 'cursor 1')]).toEqual([0, [false], false])
    await expect(commit(session, 2, [row('c')])).rejects.toEqual(ENDED)
    await expect(at.store.publish(sync, 'acme', published(session, 'complete'))).rejects.toEqual(ENDED)
    await expect(session.restart('again')).rejects.toEqual(ENDED)
    await at.reopen()
    const third = await at.store.read(sync, 'acme', 'users')
    expect([third.attempt, await collect(third.pages())]).toEqual([2, []])
    // Stored before and never announced: for the event log it is still created.
    expect(await commit(third, 1, [row('a', 1)])).toMatchObject({ stored: 1, created: 1 })
    expect((await at.store.publish(sync, 'acme', published(third, 'complete'))).records).toBe(1)
    expect(await at.store.changes('acme', { after: 0, limit: 9 })).toMatchObject([{ seq: 1, kind: 'created', id: 'a' }])
  })

  test('a published read changes no more, and asked again gives the snapshot that stands', async () => {
    const { sync, session } = await begin()
    await commit(session, 1, [row('a')])
    const first = await at.store.publish(sync, 'acme', published(session, 'complete'))
    await expect(commit(session, 2, [row('b')])).rejects.toEqual(ENDED)
    await expect(session.restart('x')).rejects.toEqual(ENDED)
    expect(await at.store.publish(sync, 'acme', published(session, 'incomplete'))).toEqual(first)
    expect(await at.store.changes('acme', { after: 0, limit: 9 })).toHaveLength(1)
    expect(await (await at.store.read(sync, 'acme', 'users')).has(['a'])).toEqual([true])
  })

  test('text that PostgreSQL refuses is stored in a form that every engine takes', async () => {
    const { sync, session } = await begin()
    const bad = { reason: 'schema/x', id: 'q\0', partition: '', page: 1, because: 'why\0', raw: `{"n":"\ud800"}` }
    await commit(session, 1, [row('nul\0', { name: 'a\0b\ud800c', 'k\0': ['\\u0000'] }), row('\udfff')], { quarantined: [bad] })
    const [first, second] = await session.records(0, 9)
    expect(first).toMatchObject({ id: 'nul\ufffd', fields: { name: 'a\ufffdb\ufffdc', 'k\ufffd': ['\\u0000'] } })
    expect(second!.id).toBe('\ufffd')
    expect(await session.has(['nul\0', '\udfff'])).toEqual([true, true])
    expect(await at.store.quarantine('acme', sync, 'users', 9)).toEqual([
      { ...bad, id: 'q\ufffd', because: 'why\ufffd', raw: '{"n":"\ufffd"}' },
    ])
  })

  test('a quarantined record is cut at 64 KB, between characters', async () => {
    const { sync, session } = await begin()
    await commit(session, 1, [], {
      quarantined: [{ reason: 'r', id: null, partition: 'p', page: 1, because: 'b', raw: `x${'é'.repeat(40_000)}` }],
    })
    const [kept] = await at.store.quarantine('acme', sync, 'users', 9)
    expect([Buffer.byteLength(kept!.raw), kept!.raw.endsWith('é'), kept!.id]).toEqual([65_535, true, null])
  })
}
