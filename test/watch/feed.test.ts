/** R29: a feed with holes, doubles, out of order, late, endless, cut, in HTML. It names whom to look at; what it says is never taken for state. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Sighting } from '../../runtime/watch-types.ts'
import type { Reply } from '../journeys/lab.ts'
import { type Event, type FeedWord, type Lab, MIN, SMUGGLED, watchLab, worth } from './lab.ts'

const BOTH: readonly FeedWord[] = ['events', 'delta']

async function begun(feeds: readonly FeedWord[] = ['events'], more: Parameters<typeof watchLab>[0] = {}): Promise<Lab> {
  const lab = await watchLab({ ...more, feeds })
  await lab.watch()
  lab.pass(MIN)
  await lab.sync()
  lab.pass(MIN)
  return lab
}

/** What is known of whom in the end, without when and how often it was looked at. */
function known(seen: readonly Sighting[]): readonly string[] {
  const last = new Map(seen.map((one) => [one.id, `${one.id} ${one.shows} ${JSON.stringify(one.fields)} ${one.is}`]))
  return [...last.values()].sort()
}

describe('first of all', () => {
  test.each(BOTH)('%s: the first poll names nobody, whatever is listed before its position', async (word) => {
    const lab = await watchLab({ feeds: [word] })
    for (let n = 1; n <= 9; n++) lab.change(`u${n}`, { on: false })
    if (word === 'delta')
      lab.world.lie = ({ path, query }) => (path === '/delta' && query['mark'] === undefined ? all(query) : undefined)
    const watched = await lab.watch()
    expect([watched.polls[0]?.is, watched.polls[0]?.touched, watched.looked.looks]).toEqual(['told', 0, 0])
    expect(lab.target.asked.filter(({ path }) => path.startsWith('/users/'))).toEqual([])
    expect(worth(watched)).toMatch(/^untested/)

    function all(query: { readonly [name: string]: string }): Reply {
      const from = Number(query['after'] ?? 0)
      const data = lab.world.delta.slice(from, from + 4).map((id) => ({ id }))
      return { body: from + 4 < lab.world.delta.length ? { data, next: String(from + 4) } : { data, next: null, mark: '9' } }
    }
  })

  test.each(BOTH)('%s: whoever is named over several pages is looked at once each', async (word) => {
    const lab = await begun([word])
    for (let n = 1; n <= 9; n++) lab.change(`u${n}`, { on: false })
    lab.change('u1', { on: false })
    lab.pass(MIN)
    const watched = await lab.watch()
    expect([watched.polls[0]?.pages, watched.polls[0]?.items, watched.polls[0]?.touched]).toEqual([3, 10, 9])
    expect(watched.looked).toMatchObject({ looks: 9, alive: 9, changed: 9, stopped: null })
    expect((await lab.seen('u1')).map(({ is, moved, cause }) => [is, moved, cause])).toEqual([
      ['changed', ['active'], { by: 'feed', feed: word }],
    ])
  })

  test.each(BOTH)('%s: --once twice does nothing twice', async (word) => {
    const lab = await begun([word])
    lab.change('u1', { on: false })
    lab.pass(MIN)
    await lab.watch()
    const asked = lab.target.asked.filter(({ path }) => path.startsWith('/users/')).length
    const again = await lab.watch()
    expect(lab.target.asked.filter(({ path }) => path.startsWith('/users/')).length).toBe(asked)
    expect([again.polls[0]?.fresh, again.polls[0]?.touched, again.looked.looks]).toEqual([0, 0, 0])
    expect(await lab.seen()).toHaveLength(1)
  })
})

describe('R29', () => {
  /** The same things happen at the target; the feed tells them in some way, over three polls. */
  async function played(tell: (told: Event[], lab: Lab) => readonly Event[]): Promise<{ lab: Lab; holes: number }> {
    const lab = await begun()
    lab.world.lie = ({ path, query }) => {
      if (path !== '/events') return undefined
      const told = lab.world.log.filter(({ published }) => published >= query['since']! && published <= query['until']!)
      return { body: { data: tell(told, lab), next: null } }
    }
    for (const [n, id] of ['u1', 'u2', 'u3', 'u1', 'u4'].entries()) {
      lab.change(id, n === 4 ? null : { on: n === 3 })
      lab.pass(20_000)
    }
    for (let poll = 0; poll < 3; poll++) {
      await lab.watch()
      lab.pass(MIN)
    }
    return { lab, holes: (await lab.feed())?.holes.length ?? -1 }
  }

  const late = (told: Event[], lab: Lab) => told.filter(({ published }) => Date.parse(published) < lab.world.now - 90_000)
  test.each([
    ['doubled', (told: Event[]) => [...told, ...told]],
    ['out of order', (told: Event[]) => told.toReversed()],
    ['late', late],
    ['doubled, reversed and late', (told: Event[], lab: Lab) => [...late(told, lab), ...late(told, lab)].toReversed()],
  ])('%s: what is known of everybody in the end is the same, and there is no hole', async (_, tell) => {
    const honest = await played((told) => told)
    const lied = await played(tell)
    expect(known(await lied.lab.seen())).toEqual(known(await honest.lab.seen()))
    expect(known(await lied.lab.seen())).toHaveLength(4)
    expect([honest.holes, lied.holes]).toEqual([0, 0])
  })

  test('content is never state: an event that says "deactivated" about somebody active changes nothing', async () => {
    const lab = await begun()
    const before = await lab.store.lastChange('acme')
    lab.event('u5', { type: 'user.deactivated', on: false, target: { id: 'u5', on: false, login: 'nobody' } })
    lab.pass(MIN)
    const watched = await lab.watch()
    expect((await lab.seen('u5')).map(({ shows, fields, is }) => [shows, fields?.['active'], is])).toEqual([
      ['alive', true, 'as_stored'],
    ])
    expect(watched.looked.changed).toBe(0)
    expect(await lab.store.lastChange('acme')).toBe(before)
    const [record] = await lab.store.records('acme', 'users', { which: 'latest', after: 0, limit: 1, id: 'u5' })
    expect(record?.fields['active']).toBe(true)
  })

  test('an event that says "deactivated" about somebody deactivated changes no record, no snapshot and no change either: whole reads do that', async () => {
    const lab = await begun()
    const [before, snapshots] = [await lab.store.lastChange('acme'), JSON.stringify(await lab.store.snapshots('acme'))]
    lab.change('u5', { on: false })
    lab.pass(MIN)
    await lab.watch()
    expect((await lab.seen('u5'))[0]).toMatchObject({ is: 'changed', moved: ['active'], fields: { active: false } })
    expect([await lab.store.lastChange('acme'), JSON.stringify(await lab.store.snapshots('acme'))]).toEqual([before, snapshots])
  })

  test.each(['410', 'a rule that says restart'])(
    'gap: the position is refused with %s: a hole until now, a new beginning, and what follows is told',
    async (how) => {
      const lab = await begun(['delta'])
      // Held against nothing yet: what it skips in the hole is not held against that read.
      expect(worth(await lab.watch())).toMatch(/the first complete read since it is asked/)
      lab.change('u1', { on: false })
      lab.pass(MIN)
      const told_until = (await lab.feed())?.told_until
      const context =
        how === '410'
          ? lab.context
          : {
              ...lab.context,
              send: (async (...args) => {
                const got = await lab.context.send(...args)
                return got.kind === 'refused' && got.status === 410 ? { ...got, status: 400, code: 'http/restart' } : got
              }) as typeof lab.context.send,
            }
      const { watchOnce } = await import('../../runtime/watch/once.ts')
      lab.world.lie = ({ path, query }) => {
        if (path !== '/delta') return undefined
        if (query['mark'] !== undefined) return { status: 410, body: {} }
        return { body: { data: [{ id: 'u9' }], next: null, mark: String(lab.world.delta.length) } }
      }
      const watched = await watchOnce(context)
      // What the new beginning lists names nobody.
      expect(watched.polls[0]).toMatchObject({ is: 'hole', touched: 0 })
      expect(worth(watched)).toMatch(
        /^hole: what happened between 2026-.* may not have been told: the target no longer knows the position: .*; the next whole complete read ends that$/,
      )
      expect((await lab.feed())?.holes).toEqual([
        expect.objectContaining({ from: told_until, to: new Date(lab.world.now).toISOString() }),
      ])
      lab.world.lie = () => undefined
      lab.change('u2', { on: false })
      lab.pass(MIN)
      expect((await lab.watch()).polls[0]).toMatchObject({ is: 'told', touched: 1 })
      expect(await lab.seen('u1')).toEqual([])
      // The hole stands until a whole complete read that began after it: that one finds u1.
      expect(worth(await lab.watch())).toMatch(/^hole/)
      lab.pass(MIN)
      expect(await lab.sync()).toBe('complete')
      lab.pass(15 * MIN)
      expect(worth(await lab.watch())).toMatch(/^untested: users: the first complete read since it is asked/)
    },
  )

  test('a hole is not ended by a read that had begun before, nor by one that is not complete', async () => {
    const lab = await begun(['delta'])
    const polls: Promise<unknown>[] = []
    lab.world.lie = ({ path, query }) => {
      if (path === '/delta' && query['mark'] !== undefined) return { status: 410, body: {} }
      if (path === '/users' && polls.length === 0) polls.push(lab.watch())
      return undefined
    }
    lab.pass(MIN)
    expect(await lab.sync()).toBe('complete')
    await Promise.all(polls)
    lab.world.lie = () => undefined
    lab.pass(MIN)
    expect(worth(await lab.watch())).toMatch(/^hole/)
    lab.world.lie = ({ path, query }) =>
      path === '/users' && query['after'] !== undefined ? { status: 403, body: {} } : undefined
    for (let n = 41; n <= 60; n++) lab.world.people.set(`u${n}`, { id: `u${n}`, login: `p${n}@acme.example`, on: true })
    expect(await lab.sync()).toBe('incomplete')
    lab.world.lie = () => undefined
    lab.pass(MIN)
    expect(worth(await lab.watch())).toMatch(/^hole/)
    expect(await lab.sync()).toBe('complete')
    lab.pass(MIN)
    expect(worth(await lab.watch())).toMatch(/^untested/)
  })

  test('gap: events are older than the target keeps when they are asked for: a hole', async () => {
    const lab = await begun()
    lab.change('u1', { on: false })
    lab.pass(8 * 24 * 60 * MIN)
    const watched = await lab.watch()
    expect(watched.polls[0]).toMatchObject({ is: 'hole', touched: 0 })
    expect(worth(watched)).toMatch(/^hole: .* and the target keeps 7d/)
    lab.change('u2', { on: false })
    lab.pass(MIN)
    expect((await lab.watch()).polls[0]).toMatchObject({ is: 'told', touched: 1 })
  })

  test('gap: the feed forgot, within its overlap, what it had told: a hole', async () => {
    const lab = await begun()
    for (const id of ['u1', 'u2', 'u3']) lab.change(id, { on: false })
    lab.pass(MIN)
    expect((await lab.watch()).polls[0]).toMatchObject({ is: 'told', touched: 3 })
    lab.world.log.splice(0, 2)
    lab.pass(MIN)
    const watched = await lab.watch()
    expect(watched.polls[0]).toMatchObject({ is: 'hole', because: 'it forgot 2 events it had told', touched: 0 })
    expect(worth(watched)).toMatch(/^hole: .*: it forgot 2 events it had told/)
  })

  test('what leaves the overlap is not forgotten by the feed, nor is an event without a time', async () => {
    const lab = await begun()
    lab.change('u1', { on: false })
    lab.event('u2', { published: 'soon' })
    lab.world.lie = ({ path, query }) =>
      path === '/events'
        ? {
            body: {
              data: lab.world.log.filter(({ published }) => published >= query['since']! || published === 'soon'),
              next: null,
            },
          }
        : undefined
    lab.pass(MIN)
    expect((await lab.watch()).polls[0]).toMatchObject({ is: 'told', touched: 2 })
    lab.world.log.splice(1, 1)
    for (let n = 0; n < 15; n++) {
      lab.pass(MIN)
      expect((await lab.watch()).polls[0]).toMatchObject({ is: 'told', touched: 0 })
    }
  })

  test.each(BOTH)('%s: an endless feed ends, and is a hole; whom it named is looked at', async (word) => {
    const lab = await begun([word])
    lab.pass(MIN)
    let page = 0
    lab.world.lie = ({ path, query }) => {
      if (path !== '/events' && (path !== '/delta' || query['mark'] === undefined)) return undefined
      return {
        body: {
          data: [
            {
              id: `${word === 'events' ? 'e' : 'u'}${(++page % 40) + 1}`,
              about: `u${(page % 40) + 1}`,
              published: '2026-11-21T09:00:00Z',
            },
          ],
          next: `n${page}`,
        },
      }
    }
    const watched = await lab.watch()
    // Forty pages, and then the same ones: graph-docs#7311.
    expect(watched.polls[0]).toMatchObject({
      is: 'hole',
      because: '100 pages in a row were as one before them',
      pages: word === 'events' ? 140 : 141,
    })
    expect([worth(watched).slice(0, 4), watched.looked.looks]).toEqual(['hole', 40])
  })

  test('a feed that says something else on each page for ever ends as well, and 99 pages without an item are no end', async () => {
    const lab = await begun(['events'])
    lab.pass(MIN)
    let page = 0
    lab.world.lie = ({ path }) => {
      if (path !== '/events') return undefined
      page++
      const data = page < 100 ? [] : [{ id: `e${page}`, about: `u${(page % 40) + 1}`, published: '2026-11-21T09:00:00Z' }]
      return { body: { data, next: `n${page}` } }
    }
    expect((await lab.watch()).polls[0]).toMatchObject({ is: 'hole', because: 'it has no end within 1000 pages', pages: 1_000 })
  })

  test('a feed that runs in a circle is failed, and its position stands', async () => {
    const lab = await begun()
    lab.pass(MIN)
    const before = (await lab.feed())?.position
    lab.world.lie = ({ path, query }) =>
      path === '/events' ? { body: { data: [], next: query['after'] === 'a' ? 'b' : 'a' } } : undefined
    expect(worth(await lab.watch())).toBe('failed: its pages run in a circle')
    expect((await lab.feed())?.position).toEqual(before)
  })
})

describe('an answer that is none', () => {
  const CASES: readonly [string, Reply, RegExp][] = [
    ['HTML', { headers: { 'content-type': 'text/html' }, body: '<!doctype html><html>Sign in</html>' }, /HTML page/],
    ['an error in 200', { body: { error: 'no', data: null } }, /`data` is null/],
    ['cut JSON', { headers: { 'content-type': 'application/json' }, body: '{"data":[{"id":"e1","about":"u1"' }, /JSON/],
    ['no list', { body: { data: { u1: true }, next: null } }, /is an object/],
    ['no end mark', { body: { data: [] } }, /next/],
    ['403', { status: 403, body: { message: 'scope' } }, /403/],
    ['500', { status: 500, body: {} }, /500/],
    [
      'a key twice',
      { headers: { 'content-type': 'application/json' }, body: '{"data":[{"id":"e1","about":"u1","about":"u2"}],"next":null}' },
      /twice/,
    ],
  ]
  test.each(CASES)(
    '%s: the feed is failed, its position stands, and nothing is missed when it answers again',
    async (_, reply, because) => {
      const lab = await begun()
      lab.change('u1', { on: false })
      lab.pass(MIN)
      const before = await lab.feed()
      lab.world.lie = ({ path }) => (path === '/events' ? reply : undefined)
      const watched = await lab.watch()
      expect(watched.polls[0]).toMatchObject({ is: 'failed', touched: 0 })
      expect(watched.feeds[0]).toMatchObject({ is: 'failed', because: expect.stringMatching(because) })
      expect(await lab.feed()).toMatchObject({ position: before?.position, told_until: before?.told_until, holes: [] })
      expect(await lab.seen()).toEqual([])
      lab.world.lie = () => undefined
      lab.pass(MIN)
      expect((await lab.watch()).polls[0]).toMatchObject({ is: 'told', touched: 1 })
      expect((await lab.feed())?.failed).toBeNull()
    },
  )

  test('a second page that does not come takes the first with it: all of it is asked for again', async () => {
    const lab = await begun()
    for (let n = 1; n <= 6; n++) lab.change(`u${n}`, { on: false })
    lab.pass(MIN)
    lab.world.lie = ({ path, query }) => (path === '/events' && query['after'] !== undefined ? { status: 500 } : undefined)
    expect((await lab.watch()).polls[0]).toMatchObject({ is: 'failed', pages: 1, touched: 0 })
    lab.world.lie = () => undefined
    expect((await lab.watch()).polls[0]).toMatchObject({ is: 'told', touched: 6 })
  })

  test('items of which nobody can say whom they are about are counted, and crash nothing', async () => {
    const lab = await begun()
    for (const about of [7, ['u1', 'u2'], null, [], { id: 'u3' }, true, '', 'x'.repeat(2_000), 'a\u0000b'])
      lab.event(about as string)
    for (const odd of [null, 5, 'text', [], [1]]) lab.world.log.push(odd as never)
    lab.world.lie = ({ path }) => (path === '/events' ? { body: { data: lab.world.log, next: null } } : undefined)
    lab.pass(MIN)
    const watched = await lab.watch()
    expect(watched.polls[0]).toMatchObject({ is: 'told', items: 14, touched: 3, unnamed: 5 })
    expect((await lab.seen()).map(({ id }) => id).sort()).toEqual(['7', 'u1', 'u2'])
  })
})

describe('what is kept', () => {
  test.each(BOTH)('%s: no field of the feed reaches the store: ids and instants alone', async (word) => {
    const lab = await begun([word])
    for (let n = 1; n <= 6; n++) lab.change(`u${n}`, { on: false })
    lab.pass(MIN)
    const watched = await lab.watch()
    const bytes = Buffer.concat(readdirSync(lab.dir).map((file) => readFileSync(join(lab.dir, file))))
    expect([bytes.includes('u6'), bytes.includes(SMUGGLED)]).toEqual([true, false])
    expect(JSON.stringify(watched)).not.toContain(SMUGGLED)
  })

  test('two processes poll at once: one of them counts, and nobody is looked at twice or missed', async () => {
    const lab = await begun()
    for (let n = 1; n <= 6; n++) lab.change(`u${n}`, { on: false })
    lab.pass(MIN)
    const { pollFeed } = await import('../../runtime/watch/poll.ts')
    const feed = lab.context.connector.feeds['events']!
    const polls = await Promise.all([pollFeed(lab.context, feed), pollFeed(lab.context, feed), pollFeed(lab.context, feed)])
    expect(polls.map(({ is }) => is).sort()).toEqual(['overtaken', 'overtaken', 'told'])
    expect(await lab.store.touched('acme', { limit: 100, tries_below: 5 })).toHaveLength(6)
    expect((await lab.store.touched('acme', { limit: 100, tries_below: 5 })).every(({ named }) => named === 1)).toBe(true)
  })
})
