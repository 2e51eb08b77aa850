/** What every engine behind runtime/store/port.ts promises. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Store } from '../../runtime/store/port.ts'
import type { Connection } from '../../runtime/types.ts'
import { eventContract } from './contract-events.ts'
import { modelContract } from './contract-model.ts'
import { AT, collect, commit, published, row, syncOnce } from './fixture.ts'

export type Opened = {
  readonly store: Store
  /** Ends this process's use and opens the same data again. */
  readonly reopen: () => Promise<Store>
  readonly drop: () => Promise<void>
}

export type Harness = { store: Store; reopen: () => Promise<void> }

export function storeContract(name: string, open: () => Promise<Opened>): void {
  describe(name, () => {
    let opened: Opened
    const at: Harness = {
      store: undefined as unknown as Store,
      reopen: async () => {
        at.store = await opened.reopen()
      },
    }
    beforeEach(async () => {
      opened = await open()
      at.store = opened.store
    })
    afterEach(() => opened.drop())
    connectionContract(at)
    syncContract(at)
    readContract(at)
    questionContract(at)
    eventContract(at)
    modelContract(at)
  })
}

const CONNECTION: Connection = {
  name: 'acme',
  connector: 'okta',
  connector_file: 'okta.yaml',
  settings: { domain: 'acme.okta.com' },
  secrets: { token: { from: 'env', name: 'TOKEN' } },
  owner: null,
  attested: null,
  canaries: { users: ['1'] },
  allow_private: false,
  created_at: AT,
}

const ENDED = expect.objectContaining({ code: 'store/ended' })
const NOT_FOUND = expect.objectContaining({ code: 'store/not-found' })

function connectionContract(at: Harness): void {
  test('a connection comes back as it was put, replaced by a later one of its name, and goes when removed', async () => {
    expect(await at.store.connection('acme')).toBeNull()
    await at.store.putConnection({ ...CONNECTION, owner: 'first' })
    await at.store.putConnection(CONNECTION)
    await at.store.putConnection({ ...CONNECTION, name: 'a' })
    await at.reopen()
    expect(await at.store.connection('acme')).toEqual(CONNECTION)
    expect((await at.store.connections()).map(({ name }) => name)).toEqual(['a', 'acme'])
    await at.store.removeConnection('acme')
    expect(await at.store.connection('acme')).toBeNull()
    await expect(at.store.removeConnection('acme')).rejects.toEqual(NOT_FOUND)
  })

  test('a removed connection leaves its name nothing: no secret, sync or record; event numbers go on', async () => {
    await at.store.putConnection(CONNECTION)
    await at.store.keep('acme', 'refresh', 'r1')
    await syncOnce(at.store, [row('a'), row('b')])
    await at.store.removeConnection('acme')
    expect(await at.store.kept('acme')).toEqual({})
    expect(await at.store.syncs('acme', 9)).toEqual([])
    expect(await at.store.snapshots('acme')).toEqual([])
    await syncOnce(at.store, [row('c')])
    expect(await at.store.changes('acme', { after: 0, limit: 9 })).toMatchObject([{ seq: 3, kind: 'created', id: 'c' }])
  })

  test('kept values survive the process, one a name, apart by connection', async () => {
    await at.store.keep('acme', 'refresh', 'one')
    await at.store.keep('acme', 'refresh', 'two')
    await at.store.keep('other', 'refresh', 'three')
    await at.reopen()
    expect(await at.store.kept('acme')).toEqual({ refresh: 'two' })
    expect(await at.store.kept('nobody')).toEqual({})
  })
}

function syncContract(at: Harness): void {
  test('an unfinished sync is taken up again under the same fingerprint, and counts it', async () => {
    const first = await at.store.beginSync('acme', 'one', AT)
    expect(first).toMatchObject({ connection: 'acme', state: 'running', resumed: 0, ended_at: null })
    await at.reopen()
    expect(await at.store.beginSync('acme', 'one', 'later')).toEqual({ ...first, resumed: 1 })
    await at.store.endSync(first.sync, 'paused', 'asked to', 'noon')
    expect((await at.store.syncs('acme', 9))[0]).toMatchObject({ state: 'paused', because: 'asked to' })
    expect(await at.store.beginSync('acme', 'one', 'later')).toEqual({ ...first, resumed: 2 })
  })

  test('under another fingerprint the unfinished sync is abandoned and a new one begins', async () => {
    const first = await at.store.beginSync('acme', 'one', AT)
    const second = await at.store.beginSync('acme', 'two', 'later')
    expect(second.sync).toBeGreaterThan(first.sync)
    expect(await at.store.syncs('acme', 9)).toMatchObject([
      { sync: second.sync, state: 'running' },
      { sync: first.sync, state: 'abandoned', ended_at: 'later' },
    ])
    expect(await at.store.syncs('acme', 1)).toHaveLength(1)
  })

  test.each(['finished', 'failed', 'abandoned'] as const)(
    'a %s sync stays so, takes nothing more, and the next one is new',
    async (state) => {
      const { sync } = await at.store.beginSync('acme', 'one', AT)
      const session = await at.store.read(sync, 'acme', 'users')
      await at.store.endSync(sync, state, null, AT)
      await at.store.endSync(sync, state, null, AT)
      await expect(at.store.endSync(sync, 'paused', null, AT)).rejects.toEqual(ENDED)
      await expect(commit(session, 1, [row('a')])).rejects.toEqual(ENDED)
      await expect(at.store.publish(sync, 'acme', published(session, 'complete'))).rejects.toEqual(ENDED)
      expect((await at.store.beginSync('acme', 'one', AT)).sync).toBeGreaterThan(sync)
    },
  )

  test('notes are durable and the last word of a key counts', async () => {
    const { sync } = await at.store.beginSync('acme', 'one', AT)
    await at.store.note(sync, 'count', { before: 1 })
    await at.store.note(sync, 'count', { before: 2 })
    await at.store.note(sync, 'position', { at: 'x' })
    await at.reopen()
    expect(await at.store.notes(sync)).toEqual({ count: { before: 2 }, position: { at: 'x' } })
  })

  test('what is not there is said to be not there', async () => {
    const { sync } = await at.store.beginSync('acme', 'one', AT)
    await expect(at.store.note(sync + 1, 'a', {})).rejects.toEqual(NOT_FOUND)
    await expect(at.store.endSync(sync + 1, 'failed', null, AT)).rejects.toEqual(NOT_FOUND)
    await expect(at.store.read(sync + 1, 'acme', 'users')).rejects.toEqual(NOT_FOUND)
    await at.store.beginSync('other', 'one', AT)
    await expect(at.store.read(sync, 'other', 'users')).rejects.toEqual(NOT_FOUND)
    expect(await at.store.changes('nobody', { after: 0, limit: 1 })).toEqual([])
    expect(await at.store.records('nobody', 'users', { which: 'latest', after: 0, limit: 1 })).toEqual([])
  })
}

function readContract(at: Harness): void {
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

function questionContract(at: Harness): void {
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

  test('edges that name nobody are found: how many ids are named, how many of them are nobody's, which', async () => {
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
