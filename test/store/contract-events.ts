/** Snapshots, what may be missing, and the event log. */
import { expect, test } from 'vitest'
import type { Harness } from './contract.ts'
import { AT, allChanges, commit, published, replay, row, syncOnce, told } from './fixture.ts'

export function eventContract(at: Harness): void {
  const a = row('a', 1)
  const b = row('b', 1)
  const c = row('c', 1)
  const shown = async (which: 'latest' | 'complete') =>
    (await at.store.records('acme', 'users', { which, after: 0, limit: 99 })).map(({ id, fields }) => `${id}${fields['is']}`)
  const reading = async (...rows: readonly ReturnType<typeof row>[]) => {
    const { sync } = await at.store.beginSync('acme', 'print', AT)
    const session = await at.store.read(sync, 'acme', 'users')
    await commit(session, 1, rows)
    return { sync, session }
  }

  test('the last complete snapshot is never overwritten by a lesser one', async () => {
    const best = await syncOnce(at.store, [a, b])
    const lesser = await syncOnce(at.store, [row('a', 2)], 'incomplete')
    await at.reopen()
    expect(await at.store.snapshots('acme')).toMatchObject([
      { latest: { sync: lesser, records: 1, verdict: { is: 'incomplete' } }, complete: { sync: best, records: 2 } },
    ])
    expect([await shown('latest'), await shown('complete')]).toEqual([['a2'], ['a1', 'b1']])
    const [old] = await at.store.records('acme', 'users', { which: 'complete', after: 0, limit: 9, id: 'a' })
    expect(old!.fields).toEqual({ is: 1 })
    expect(await at.store.records('acme', 'users', { which: 'complete', after: old!.seq, limit: 9, id: 'a' })).toEqual([])
  })

  test('where no snapshot is complete there is none to show as complete', async () => {
    await syncOnce(at.store, [a], 'unproven')
    expect((await at.store.snapshots('acme'))[0]!.complete).toBeNull()
    expect([await shown('latest'), await shown('complete')]).toEqual([['a1'], []])
  })

  test.each([
    { history: [], base: 0, absent: [] },
    { history: ['incomplete'], base: 0, absent: [] },
    { history: ['unproven'], base: 1, absent: ['0'] },
    { history: ['unproven', 'unproven'], base: 1, absent: ['1'] },
    { history: ['complete', 'unproven'], base: 1, absent: ['0', '1'] },
    { history: ['complete', 'incomplete'], base: 1, absent: ['0', '1'] },
    { history: ['incomplete', 'complete'], base: 1, absent: ['0', '1'] },
    { history: ['complete', 'incomplete', 'complete'], base: 1, absent: ['2'] },
  ] as const)(
    'after $history the base is the newest of the best, and nothing the log calls live is forgotten: $absent',
    async ({ history, base, absent }) => {
      // Snapshot i holds the one record i. Only a sync as good as the base before it may report what is missing.
      for (const [i, is] of history.entries())
        await syncOnce(at.store, [row(String(i))], is, { gone: is === 'incomplete' ? 'held' : 'vanished' })
      const { session } = await reading(a)
      const answer = await session.absent(99)
      expect(answer.base).toBe(base)
      expect(answer.ids).toEqual(absent)
      const live = [...replay(await allChanges(at.store)).keys()]
      if (base > 0) expect(answer.ids).toEqual(expect.arrayContaining(live))
    },
  )

  test('absent ids are ascending, counted in full and listed as far as asked', async () => {
    await syncOnce(
      at.store,
      Array.from({ length: 3000 }, (_, i) => row(`id-${String((i * 7) % 3000).padStart(4, '0')}`)),
    )
    const { session } = await reading(row('id-0001', 'changed'))
    expect(await session.absent(3)).toEqual({ count: 2999, base: 3000, ids: ['id-0000', 'id-0002', 'id-0003'] })
  })

  test('a record that only changed is not absent', async () => {
    await syncOnce(at.store, [a, b])
    const { session } = await reading(row('a', 2), b)
    expect(await session.absent(9)).toEqual({ count: 0, base: 2, ids: [] })
  })

  test('an account goes, is confirmed gone, and returns; each is said once', async () => {
    await syncOnce(at.store, [a, b])
    await syncOnce(at.store, [a], 'unproven')
    await syncOnce(at.store, [a], 'unproven')
    await syncOnce(at.store, [a], 'complete', { gone: 'confirmed' })
    await syncOnce(at.store, [a, b])
    await syncOnce(at.store, [a, row('b', 2)])
    expect(told(await allChanges(at.store))).toEqual([
      'created a',
      'created b',
      'vanished b',
      'confirmed_deleted b',
      'returned b',
      'updated b',
    ])
  })

  test('a removal that was held is not forgotten when the smaller snapshot becomes the base', async () => {
    await syncOnce(at.store, [a, b])
    await syncOnce(at.store, [a], 'complete', { gone: 'held' })
    const { session } = await reading(a)
    expect(await session.absent(9)).toEqual({ count: 1, base: 1, ids: ['b'] })
  })

  test('an account that only a lesser snapshot showed does not stay in the log for ever', async () => {
    await syncOnce(at.store, [a])
    await syncOnce(at.store, [a, c], 'incomplete')
    await syncOnce(at.store, [a])
    expect(told(await allChanges(at.store))).toEqual(['created a', 'created c', 'vanished c'])
  })

  test('what a failed sync stored is announced by the read that shows it, once and as what it is', async () => {
    await syncOnce(at.store, [a])
    const failed = await reading(row('a', 2), b, row('lost', 1))
    await at.store.endSync(failed.sync, 'failed', 'x', AT)
    await at.reopen()
    const last = await syncOnce(at.store, [row('a', 3), b])
    const changes = await allChanges(at.store)
    expect(told(changes)).toEqual(['created a', 'created b', 'updated a'])
    expect(changes.at(-1)).toMatchObject({ sync: last, fields: { is: 3 }, connection: 'acme', stream: 'users', at: AT })
    expect(replay(changes)).toEqual(
      new Map([
        ['a', 3],
        ['b', 1],
      ]),
    )
  })

  test('an absence that names nobody, or someone who is there, is refused and nothing is published', async () => {
    await syncOnce(at.store, [a])
    for (const id of ['a', 'nobody']) {
      const { sync, session } = await reading(a)
      const wrong = at.store.publish(sync, 'acme', published(session, 'complete', { absences: [{ id, confirmed: true }] }))
      await expect(wrong).rejects.toEqual(expect.objectContaining({ code: 'store/absence' }))
      expect(await allChanges(at.store)).toHaveLength(1)
      await at.store.endSync(sync, 'failed', null, AT)
    }
  })

  test('a consumer misses nothing when streams whose pages lie between each other are published at different moments', async () => {
    const { sync } = await at.store.beginSync('acme', 'print', AT)
    const users = await at.store.read(sync, 'acme', 'users')
    const groups = await at.store.read(sync, 'acme', 'groups')
    const grants = await at.store.read(sync, 'acme', 'grants')
    const seen: string[] = []
    let cursor = 0
    const follow = async () => {
      for (;;) {
        const next = await at.store.changes('acme', { after: cursor, limit: 2 })
        if (next.length === 0) return
        for (const change of next) {
          expect(change.seq).toBe(cursor + 1)
          cursor = change.seq
          seen.push(`${change.stream} ${change.id}`)
        }
      }
    }
    for (let no = 1; no <= 3; no++) {
      await commit(users, no, [row(`u${no}`)])
      await commit(groups, no, [row(`g${no}`)])
      await commit(grants, no, [row(`x${no}`)])
    }
    await at.store.publish(sync, 'acme', published(groups, 'complete', { stream: 'groups' }))
    await follow()
    await commit(users, 4, [row('u4')])
    await at.store.publish(sync, 'acme', published(grants, 'complete', { stream: 'grants' }))
    await follow()
    await at.store.publish(sync, 'acme', published(users, 'complete'))
    await follow()
    expect(seen).toEqual([
      'groups g1',
      'groups g2',
      'groups g3',
      'grants x1',
      'grants x2',
      'grants x3',
      'users u1',
      'users u2',
      'users u3',
      'users u4',
    ])
  })

  test('the log of one stream keeps its order and its numbers, from any cursor and in any step', async () => {
    for (let i = 0; i < 6; i++) {
      await syncOnce(at.store, [row('a', i), row(`n${i}`, i)], 'complete', { stream: 'users' })
      await syncOnce(at.store, [row('g', i)], 'complete', { stream: 'groups' })
    }
    await syncOnce(at.store, [row('elsewhere')], 'complete', { connection: 'other' })
    const all = await allChanges(at.store)
    expect(all.map(({ seq }) => seq)).toEqual(all.map((_, i) => i + 1))
    const users = all.filter(({ stream }) => stream === 'users')
    for (let after = 0; after <= all.length; after++) {
      for (const limit of [1, 3, 50]) {
        expect(await at.store.changes('acme', { after, limit })).toEqual(all.slice(after, after + limit))
        const expected = users.filter(({ seq }) => seq > after).slice(0, limit)
        expect(await at.store.changes('acme', { after, limit, stream: 'users' })).toEqual(expected)
      }
    }
  })
}
