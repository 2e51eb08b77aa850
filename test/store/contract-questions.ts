/** What a read is asked once its pages are in. */
import { expect, test } from 'vitest'
import type { Harness } from './contract.ts'
import { AT, collect, commit, row } from './fixture.ts'

export function questionContract(at: Harness): void {
  const read = async (stream: string, rows: readonly ReturnType<typeof row>[]) => {
    const { sync } = await at.store.beginSync('acme', 'one', AT)
    const session = await at.store.read(sync, 'acme', stream)
    for (let from = 0, no = 1; from < rows.length; from += 200, no++) await commit(session, no, rows.slice(from, from + 200))
    return session
  }
  const many = (count: number) =>
    Array.from({ length: count }, (_, i) => row(`id-${String(i).padStart(5, '0')}`, { group: `g${i % 3}` }))

  test('records come in store order, after a number, as many as asked for', async () => {
    const session = await read('users', many(450))
    const got: string[] = []
    for (let after = 0; ; ) {
      const part = await session.records(after, 97)
      if (part.length === 0) break
      expect(part.length).toBeLessThanOrEqual(97)
      got.push(...part.map(({ id }) => id))
      after = part.at(-1)!.seq
    }
    expect(got).toEqual(many(450).map(({ id }) => id))
    expect(await session.records(0, 0)).toEqual([])
  })

  test('a sample is spread evenly over the read', async () => {
    const session = await read('users', many(1000))
    expect(await session.sample(4)).toEqual(['id-00000', 'id-00250', 'id-00500', 'id-00750'])
    expect(await session.sample(5000)).toHaveLength(1000)
    expect(await (await read('none', [])).sample(3)).toEqual([])
  })

  test('a second pass is compared as a set: order, repeats and page sizes do not matter', async () => {
    const session = await read('users', many(500))
    const same = session.startPass()
    const ids = many(500).map(({ id }) => id)
    await same.add(ids.toReversed())
    await same.add(ids.slice(0, 7))
    expect(await same.end()).toEqual({ ids: 500, only_first: 0, only_second: 0, samples: { only_first: [], only_second: [] } })
    const other = session.startPass()
    await other.add([...ids.slice(2), 'new-1', 'new-2', 'new-1'])
    expect(await other.end()).toEqual({
      ids: 500,
      only_first: 2,
      only_second: 2,
      samples: { only_first: ids.slice(0, 2), only_second: ['new-1', 'new-2'] },
    })
    expect(await session.inStore()).toBe(500)
  })

  test('edges that name nobody are found: how many ids are named, how many of those are no ids, which', async () => {
    const users = await read('users', [row('u1'), row('u2')])
    const admins = await read('admins', [row('7')])
    const edges = await read('grants', [
      row('1', { account: 'u1' }),
      row('2', { account: 'gone' }),
      row('3', { account: 'gone' }),
      row('4', { account: 7 }),
      row('5', { account: null }),
      row('6', { other: 1 }),
      row('7', { account: 'lost' }),
    ])
    expect(await edges.dangling('account', [users, admins], 9)).toEqual({ named: 4, dangling: 2, ids: ['gone', 'lost'] })
    expect(await edges.dangling('account', [users, admins], 1)).toEqual({ named: 4, dangling: 2, ids: ['gone'] })
    expect((await edges.dangling('account', [users], 9)).ids).toEqual(['7', 'gone', 'lost'])
  })

  test('records are counted per value of a field, beyond one lot of answers', async () => {
    const session = await read('grants', [
      ...many(1200),
      ...Array.from({ length: 2500 }, (_, i) => row(`x${i}`, { group: `h${i}` })),
      row('n', {}),
    ])
    const counts = new Map((await collect(session.countBy('group'))).map(({ value, count }) => [value, count]))
    expect([counts.size, counts.get('g0'), counts.get('g2'), counts.get('h2499')]).toEqual([2503, 400, 400, 1])
    expect(await collect(session.countBy("o'dd"))).toEqual([])
  })

  test('ids that differ by case alone are found, in any script', async () => {
    const session = await read('users', [row('Ann'), row('bob'), row('ann'), row('ÉVE'), row('éve'), row('Eve')])
    expect([...(await session.caseTwins(9))].sort()).toEqual(['Ann', 'ann', 'ÉVE', 'éve'].sort())
    expect(await session.caseTwins(2)).toHaveLength(2)
    expect(await (await read('other', [row('a'), row('B')])).caseTwins(9)).toEqual([])
  })
}
