/** Stopping and going on: what is stored is not asked again, what was called off is never taken for an answer. */
import { describe, expect, test } from 'vitest'
import {
  type Ask,
  connector,
  finding,
  ids,
  journey,
  type Options,
  page,
  people,
  type Reply,
  target,
  USERS,
  verdicts,
} from './lab.ts'

const COUNTED = { ...USERS, prove: [{ kind: 'count', request: 'GET /count', path: 'n' }, ...USERS.prove] }

/** 12 users by cursor of 3; `meanwhile` runs before each answer. */
const moving = (meanwhile: (ask: Ask) => Reply | undefined | Promise<Reply | undefined>) =>
  target(async (ask) => {
    const reply = await meanwhile(ask)
    if (reply !== undefined) return reply
    if (ask.path === '/count') return { body: { n: 12 } }
    return ask.path === '/users' ? { body: page(people(12), ask) } : null
  })

/** Stops the first sync when `when` says so, as Ctrl-C would. */
function stopping(when: (ask: Ask) => boolean) {
  let stop: () => void = () => undefined
  let stopped = false
  return {
    options: { onStop: (call) => (stop = call) } satisfies Options,
    meanwhile: (ask: Ask) => {
      if (!stopped && when(ask)) {
        stopped = true
        stop()
      }
      return undefined
    },
  }
}

const ALL = people(12)
  .map(({ id }) => id)
  .sort()

describe('a sync that was stopped', () => {
  test.each([
    ['while it reads', (ask: Ask) => ask.query['after'] === '9' && ask.query['limit'] === '3'],
    ['while it counts, before anything is read', (ask: Ask) => ask.path === '/count'],
    ['while it reads the second time', (ask: Ask) => ask.query['limit'] === '1' && ask.query['after'] === '4'],
  ])('%s says so with exit 3, and the next one ends complete with everybody once', async (_, when) => {
    const stop = stopping(when)
    const t = await moving(stop.meanwhile)
    const j = journey()
    const first = await j.sync(connector({ users: COUNTED }), t.url, stop.options)
    expect([first.exit, first.state, first.streams]).toEqual([3, 'paused', {}])
    const before = t.asked.length
    const second = await j.sync(connector({ users: COUNTED }), t.url)
    expect([second.exit, second.resumed, second.sync, verdicts(second)]).toEqual([0, 1, first.sync, { users: 'complete' }])
    expect(finding(second, 'users', 'count')?.result).toBe('holds')
    expect(ids(await j.records('users'))).toEqual(ALL)
    expect((await j.changes()).map(({ kind }) => kind)).toEqual(Array(12).fill('created'))
    expect(before).toBeGreaterThan(0)
  })

  test('asks for no page again but the ones under way, and not for the count of before', async () => {
    const stop = stopping((ask) => ask.query['after'] === '9' && ask.query['limit'] === '3')
    const t = await moving(stop.meanwhile)
    const j = journey()
    await j.sync(connector({ users: COUNTED }), t.url, stop.options)
    const before = t.asked.length
    await j.sync(connector({ users: COUNTED }), t.url)
    const again = t.asked.slice(before)
    const pages = again.filter((ask) => ask.query['limit'] === '3').map((ask) => ask.query['after'])
    expect(pages.length).toBeLessThanOrEqual(2)
    expect(pages).not.toContain(undefined)
    expect(again.filter((ask) => ask.path === '/count')).toHaveLength(1)
  })

  test.each([400, 404, 422])('and whose position is no longer valid a day later (%i) begins the list again', async (status) => {
    const stop = stopping((ask) => ask.query['after'] === '9')
    let day = 1
    const t = await target((ask) => {
      stop.meanwhile(ask)
      if (ask.path !== '/users') return null
      const [made, after] = (ask.query['after'] ?? `${day}.0`).split('.') as [string, string]
      if (Number(made) !== day) return { status, body: { message: 'invalid cursor' } }
      const { data, next } = page(people(12), { query: { ...ask.query, after } })
      if (day === 1 && after === '6') stop.meanwhile({ ...ask, query: { after: '9' } })
      return { body: { data, next: next === null ? null : `${day}.${next}` } }
    })
    const j = journey()
    const first = await j.sync(connector({ users: USERS }), t.url, stop.options)
    day = 2
    const second = await j.sync(connector({ users: USERS }), t.url)
    expect([first.exit, second.exit, second.resumed, verdicts(second)]).toEqual([3, 0, 1, { users: 'complete' }])
    expect((await j.changes()).map(({ kind }) => kind)).toEqual(Array(12).fill('created'))
  })

  test('while records are expanded keeps none of them aside', async () => {
    const stop = stopping((ask) => ask.path === '/users/u5/full')
    const t = await moving((ask) => {
      stop.meanwhile(ask)
      return /^\/users\/u\d+\/full$/.test(ask.path) ? { body: { title: 'T' }, after_ms: 20 } : undefined
    })
    const j = journey()
    const declared = connector({
      users: { ...USERS, expand: 'GET /users/{id}/full', fields: { ...USERS.fields, title: 'title' } },
    })
    expect((await j.sync(declared, t.url, stop.options)).exit).toBe(3)
    const second = await j.sync(declared, t.url)
    expect([second.exit, verdicts(second), second.streams['users']?.quarantined]).toEqual([0, { users: 'complete' }, {}])
    // Nor was anything begun again to make it so.
    expect(
      t.asked.filter((ask) => ask.path === '/users' && ask.query['limit'] === '3' && ask.query['after'] === undefined),
    ).toHaveLength(1)
  })

  test('while it judges publishes no called-off answer', async () => {
    const stop = stopping((ask) => ask.path === '/role')
    const t = await moving(async (ask) => {
      stop.meanwhile(ask)
      return ask.path === '/role' ? { body: { role: 'admin' }, after_ms: 30 } : undefined
    })
    const j = journey()
    const declared = connector(
      { users: USERS },
      { scope_proof: [{ request: 'GET /role', expect: "= body.role == 'admin'", shows: 'the token is an admin' }] },
    )
    const first = await j.sync(declared, t.url, { ...stop.options, attest: false })
    expect([first.exit, first.state]).toEqual([3, 'paused'])
    const second = await j.sync(declared, t.url, { attest: false })
    expect([second.exit, second.resumed, verdicts(second)]).toEqual([0, 1, { users: 'complete' }])
  })

  test('between two snapshots leaves the first as published, whatever the target has become', async () => {
    let count = 12
    const t = await target((ask) => {
      if (ask.path === '/count') return { body: { n: count } }
      if (ask.path === '/users') return { body: page(people(12), ask) }
      return ask.path === '/groups' ? { body: page([{ id: 'g', name: 'G' }], ask) } : null
    })
    const declared = connector({
      users: COUNTED,
      groups: { ...USERS, is: 'group', list: 'GET /groups?limit=3', fields: { displayName: 'name' } },
    })
    const j = journey()
    // The process dies between publishing users and publishing groups: the store is put where that leaves it.
    const run = await j.sync(declared, t.url)
    expect(run.exit).toBe(0)
    await j.open(async (store) => {
      const db = new (await import('node:sqlite')).DatabaseSync(`${j.dir}/rollcall.db`)
      db.exec(`UPDATE sync SET state = 'running', ended_at = NULL`)
      db.exec(`DELETE FROM snapshot WHERE stream = (SELECT stream FROM stream WHERE name = 'groups')`)
      db.close()
      expect((await store.snapshots('journey')).map(({ latest }) => latest.stream)).toEqual(['users'])
    })
    count = 40
    const asked = t.asked.length
    const again = await j.sync(declared, t.url)
    expect([again.exit, again.resumed, verdicts(again)]).toEqual([0, 1, { users: 'complete', groups: 'complete' }])
    expect(t.asked.slice(asked).some(({ path }) => path === '/users' || path === '/count')).toBe(false)
  })
})

describe('what is not gone on with', () => {
  test('a changed connector begins a new sync; the old one is abandoned', async () => {
    const stop = stopping((ask) => ask.query['after'] === '6')
    const t = await moving(stop.meanwhile)
    const j = journey()
    const first = await j.sync(connector({ users: USERS }), t.url, stop.options)
    const second = await j.sync(connector({ users: { ...USERS, fields: { ...USERS.fields, title: 'login' } } }), t.url)
    expect([first.exit, second.exit, second.sync > first.sync, second.resumed]).toEqual([3, 0, true, 0])
    const syncs = await j.open((store, name) => store.syncs(name, 10))
    expect(syncs.map(({ state }) => state)).toEqual(['finished', 'abandoned'])
  })

  test('--fresh begins anew where the paused one could go on', async () => {
    const stop = stopping((ask) => ask.query['after'] === '6')
    const t = await moving(stop.meanwhile)
    const j = journey()
    await j.sync(connector({ users: USERS }), t.url, stop.options)
    const before = t.asked.length
    const second = await j.sync(connector({ users: USERS }), t.url, { args: ['--fresh'] })
    expect([second.exit, second.resumed]).toEqual([0, 0])
    expect(t.asked.slice(before)[0]?.query['after']).toBeUndefined()
    const states = (await j.open((store, name) => store.syncs(name, 10))).map(({ state }) => state)
    expect(states).toEqual(['finished', 'abandoned'])
    expect((await j.changes()).map(({ kind }) => kind)).toEqual(Array(12).fill('created'))
  })
})
