/** R28: a feed that does not tell everything. What it skipped is found by the whole reads, named, and looked at. */
import { expect, test } from 'vitest'
import { sync } from '../../runtime/read/sync.ts'
import type { Connector } from '../../runtime/types.ts'
import { watchOnce } from '../../runtime/watch/once.ts'
import { compiled, declared, type FeedWord, type Lab, MIN, watchLab, worth } from './lab.ts'

const BOTH: readonly FeedWord[] = ['events', 'delta']

/** Asked before the first whole read: what follows is held against it. */
async function begun(feeds: readonly FeedWord[], more: Parameters<typeof watchLab>[0] = {}): Promise<Lab> {
  const lab = await watchLab({ ...more, feeds })
  await lab.watch()
  lab.pass(MIN)
  expect(await lab.sync()).toBe('complete')
  lab.pass(15 * MIN)
  expect(worth(await lab.watch())).toMatch(/^untested: users: the first complete read since it is asked/)
  return lab
}

async function readBy(lab: Lab, connector: Connector): Promise<void> {
  const http = { ...lab.context, stats: () => null as never, sendOnce: null as never, close: async () => {} }
  await sync({ ...lab.context, connector, http, now: lab.context.now, signal: AbortSignal.any([]) })
}

/** So long that nothing comes late any more. */
async function readAgain(lab: Lab): Promise<string> {
  lab.pass(MIN)
  expect(await lab.sync()).toBe('complete')
  lab.pass(15 * MIN)
  return worth(await lab.watch())
}

test.each(BOTH)('R28 %s: a feed that names all that the reads find changed is steady', async (word) => {
  const lab = await begun([word])
  lab.change('u1', { on: false })
  lab.change('u41', {})
  lab.change('u2', null)
  expect(await readAgain(lab)).toBe('steady: users: it named all 3 that changed between the reads of sync 1 and 2')
})

test.each(BOTH)(
  'R28 %s: a feed that skips a record: the next whole read names it, the feed is skipped, and it is looked at',
  async (word) => {
    const lab = await begun([word])
    lab.change('u1', { on: false })
    lab.change('u7', { on: false }, false)
    expect(await readAgain(lab)).toBe('skipped: users: it did not name 1 of 2 that changed between the reads of sync 1 and 2: u7')
    expect((await lab.seen('u7')).map(({ shows, is }) => [shows, is])).toEqual([['alive', 'as_stored']])
    expect((await lab.feed())?.agreements[0]).toMatchObject({
      is: 'skipped',
      changes: 2,
      named: 1,
      skipped: ['u7'],
      between: [1, 2],
    })
  },
)

test('R28: a created and a deleted record that are skipped are named too', async () => {
  const lab = await begun(['events'])
  lab.change('u50', {}, false)
  lab.change('u3', null, false)
  expect(await readAgain(lab)).toMatch(/^skipped: users: it did not name 2 of 2 .*: (u50, u3|u3, u50)$/)
  expect((await lab.seen('u3')).map(({ shows, is }) => [shows, is])).toEqual([['gone', 'as_stored']])
})

test.each(BOTH)(
  'R28 %s: removals that the read holds back: a feed that told none of them is not called steady, and skipped once they are seen gone',
  async (word) => {
    const lab = await begun([word])
    lab.change('u1', { on: false })
    for (let n = 5; n <= 40; n++) lab.change(`u${n}`, null, false)
    expect(await readAgain(lab)).toMatch(
      /^skipped: users: it did not name 36 that left the list between the reads of sync 1 and 2: u\d+, u\d+, u\d+, …; gone: u\d+, u\d+, u\d+, …$/,
    )
    expect((await lab.seen('u5')).map(({ shows }) => shows)).toEqual(['gone'])
    // Held back still; nobody comes and tells it after all.
    expect(await readAgain(lab)).toMatch(/^skipped: .*; since then nothing changed that it tells$/)
  },
)

test('removals that the read holds back, and one who only left the list: nothing is skipped by who is alive', async () => {
  const lab = await begun(['events'])
  lab.change('u1', { on: false })
  for (let n = 5; n <= 40; n++) lab.change(`u${n}`, null)
  expect(await readAgain(lab)).toMatch(
    /^steady: users: it named all 1 that changed .*; 36 that left the list or came back to it are not counted$/,
  )
})

test('R28: once skipped it stays skipped where nothing changed since, and is steady again when it named what did', async () => {
  const lab = await begun(['events'])
  lab.change('u7', { on: false }, false)
  expect(await readAgain(lab)).toMatch(/^skipped/)
  expect(await readAgain(lab)).toMatch(/^skipped: .*u7; since then nothing changed that it tells$/)
  expect(await readAgain(lab)).toMatch(/^skipped: .*u7; since then nothing changed that it tells$/)
  lab.change('u8', { on: false })
  expect(await readAgain(lab)).toMatch(/^steady/)
})

test('a feed is not called steady where nothing changed that it could have told', async () => {
  const lab = await begun(['events'])
  expect(await readAgain(lab)).toMatch(/^untested: users: the first complete read .*; since then nothing changed that it tells$/)
})

test('what a feed does not claim to tell is not held against it: a field it is silent on, a kind of change', async () => {
  const lab = await begun(['events'], { more: { feed: { tells: ['created', 'updated'] } } })
  lab.change('u1', { seen: '2026-11-21T10:00:00Z' }, false)
  lab.change('u2', null, false)
  lab.change('u3', { login: 'other@acme.example' })
  expect(await readAgain(lab)).toBe('steady: users: it named all 1 that changed between the reads of sync 1 and 2')
  lab.change('u4', { seen: '2026-11-21T11:00:00Z', on: false }, false)
  expect(await readAgain(lab)).toMatch(/^skipped: .*: u4$/)
})

test('a naming from before the last read is no naming of what changed after it', async () => {
  const lab = await begun(['events'])
  lab.change('u1', { on: false })
  lab.pass(MIN)
  await lab.watch()
  expect(await readAgain(lab)).toMatch(/^steady/)
  lab.change('u1', { on: true }, false)
  expect(await readAgain(lab)).toMatch(/^skipped: .*: u1$/)
})

test('nothing is compared as long as what the read saw may still be told late', async () => {
  const lab = await begun(['events'])
  lab.change('u1', { on: false }, false)
  lab.pass(MIN)
  await lab.sync()
  lab.pass(2 * MIN)
  expect(worth(await lab.watch())).toMatch(/^untested/)
  lab.event('u1', { published: new Date(lab.world.now - 5 * MIN).toISOString() })
  lab.pass(10 * MIN)
  expect(worth(await lab.watch())).toMatch(/^steady/)
})

test('a feed begun in the middle of a read is untested: that read may have seen what it never had to tell', async () => {
  const lab = await watchLab({ feeds: ['events'] })
  const begunInside: Promise<unknown>[] = []
  lab.world.lie = ({ path }) => {
    if (path === '/users' && begunInside.length === 0) begunInside.push(lab.watch())
    return undefined
  }
  await lab.sync()
  await Promise.all(begunInside)
  lab.pass(15 * MIN)
  expect(worth(await lab.watch())).toMatch(/^untested: users: no complete read began since/)
  // Not compared with the read that had begun: u1 changed between that and the next, and nobody has told.
  lab.change('u1', { on: false }, false)
  expect(await readAgain(lab)).toMatch(/^untested: users: the first complete read since it is asked/)
})

test('what another connector read differently is no change that a feed skipped', async () => {
  const lab = await begun(['events'])
  const connector = compiled(
    declared(['events'], { users: { fields: { userName: 'login', active: 'on', lastLoginAt: 'seen', title: 'login' } } }),
  )
  lab.pass(MIN)
  await readBy(lab, connector)
  lab.pass(15 * MIN)
  const watched = await watchOnce({ ...lab.context, connector })
  expect(worth(watched)).toMatch(/^untested: users: the first complete read since it is asked/)
  expect(watched.looked.looks).toBe(0)
})

test('nor what another connector read in between, and not whole', async () => {
  const lab = await begun(['events'])
  const other = compiled(
    declared(['events'], { users: { fields: { userName: 'login', active: 'on', lastLoginAt: 'seen', title: 'login' } } }),
  )
  for (let n = 41; n <= 60; n++) lab.world.people.set(`u${n}`, { id: `u${n}`, login: `p${n}@acme.example`, on: true })
  lab.world.lie = ({ path, query }) => (path === '/users' && query['after'] !== undefined ? { status: 403, body: {} } : undefined)
  await readBy(lab, other)
  lab.world.lie = () => undefined
  expect((await lab.store.changes('acme', { after: 40, limit: 100 })).map(({ kind }) => kind)).toContain('updated')
  expect(await readAgain(lab)).toMatch(/^untested: users: the first complete read since it is asked/)
})

test('who left the list unnamed, and of whom nobody can say what became: the feed is neither skipped nor steady', async () => {
  const lab = await begun(['events'])
  lab.change('u3', null, false)
  lab.world.lie = ({ path }) => (path === '/users/u3' ? { status: 403, body: {} } : undefined)
  lab.change('u4', { on: false })
  expect(await readAgain(lab)).toBe(
    'untested: users: it did not name 1 that left the list between the reads of sync 1 and 2: u3; whether they are gone looks will show',
  )
})

test('namings count from when the read of that stream began, not its sync', async () => {
  const lab = await begun(['events'])
  const asked: string[] = []
  const namedSince: typeof lab.store.namedSince = (connection, feed, stream, from, ids) => {
    asked.push(from)
    return lab.store.namedSince(connection, feed, stream, from, ids)
  }
  const [before] = await lab.store.snapshots('acme')
  lab.change('u1', { on: false })
  lab.pass(MIN)
  await lab.sync()
  lab.pass(15 * MIN)
  await watchOnce({ ...lab.context, store: { ...lab.store, namedSince } })
  expect(asked).toEqual([before?.complete?.facts.started_at])
})

test('what a newer, lesser read found is compared when a whole read follows, and not before', async () => {
  const lab = await begun(['events'], { people: 60 })
  lab.change('u1', { on: false })
  lab.pass(MIN)
  expect(await lab.sync()).toBe('complete')
  lab.change('u2', { on: false }, false)
  lab.world.lie = ({ path, query }) => (path === '/users' && query['after'] !== undefined ? { status: 403, body: {} } : undefined)
  lab.pass(MIN)
  expect(await lab.sync()).toBe('incomplete')
  lab.world.lie = () => undefined
  lab.pass(15 * MIN)
  expect(worth(await lab.watch())).toBe('steady: users: it named all 1 that changed between the reads of sync 1 and 2')
  expect(await readAgain(lab)).toBe('skipped: users: it did not name 1 of 1 that changed between the reads of sync 2 and 4: u2')
})

test('who was seen gone, is in the list again and was not named, is skipped', async () => {
  const lab = await begun(['events'])
  lab.change('u3', null)
  lab.pass(MIN)
  await lab.watch()
  expect(await readAgain(lab)).toMatch(/^steady/)
  lab.change('u3', {}, false)
  lab.change('u4', { on: false })
  expect(await readAgain(lab)).toMatch(/^skipped: users: it did not name 1 of 2 .*: u3$/)
  expect((await lab.store.changes('acme', { after: 40, limit: 100, stream: 'users' })).map(({ kind }) => kind).sort()).toEqual([
    'confirmed_deleted',
    'returned',
    'updated',
  ])
})
