/** A loopback target with people, a log of events and a delta of them, each of which can lie; the real store and the engine beside it. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type Http, openHttp } from '../../runtime/http/open.ts'
import { sync } from '../../runtime/read/sync.ts'
import { Secret } from '../../runtime/secret.ts'
import { loadConnector } from '../../runtime/spec/load.ts'
import { openStore } from '../../runtime/store/sqlite/open.ts'
import type { Connection, Connector } from '../../runtime/types.ts'
import { type WatchContext, type Watched, type WatchOptions, watchOnce } from '../../runtime/watch/once.ts'
import type { FeedState, Sighting } from '../../runtime/watch-types.ts'
import { type Ask, type Declared, type Reply, type Target, target } from '../journeys/lab.ts'

export type Person = { readonly id: string; login: string; on: boolean; seen?: string; [more: string]: unknown }
export type Event = { readonly id: string; readonly published: string; readonly about: string | null; [more: string]: unknown }

export const MIN = 60_000
export const START = Date.parse('2026-11-21T09:00:00Z')
/** Stands in what the feed tells beside the ids, and may never be found again. */
export const SMUGGLED = 'smuggled-by-the-feed'

export type World = {
  readonly people: Map<string, Person>
  readonly log: Event[]
  /** Ids in the order they were touched: a delta's mark is an index. */
  readonly delta: string[]
  now: number
  /** Instead of the honest answer; undefined: the honest one. By path: `/events`, `/delta`, `/users`, `/users/{id}`. */
  lie: (ask: Ask) => Reply | undefined
}

const PAGE = 4

export function honest(world: World, ask: Ask): Reply | null {
  const { path, query } = ask
  const off = /^\/users\/(\w+)\/off$/.exec(path)?.[1]
  if (ask.method === 'POST' && off !== undefined && world.people.has(off)) {
    world.people.get(off)!.on = false
    return { body: {} }
  }
  const from = Number(query['after'] ?? 0)
  const rows = (all: readonly unknown[], size: number) => ({
    data: all.slice(from, from + size),
    next: from + size < all.length ? String(from + size) : null,
  })
  if (path === '/users') return { body: rows([...world.people.values()], Number(query['limit'] ?? 50)) }
  if (path.startsWith('/users/')) {
    const person = world.people.get(path.slice('/users/'.length))
    return person === undefined ? { status: 404, body: { message: 'no such user' } } : { body: person }
  }
  if (path === '/events') {
    const told = world.log.filter(({ published }) => published >= (query['since'] ?? '') && published <= (query['until'] ?? '~'))
    return {
      body: rows(
        told.toSorted((a, b) => (a.published < b.published ? -1 : 1)),
        PAGE,
      ),
    }
  }
  if (path === '/delta') {
    const mark = query['mark'] === undefined ? world.delta.length : Number(query['mark'])
    const page = rows(
      world.delta.slice(mark).map((id) => ({ id, state: SMUGGLED })),
      PAGE,
    )
    return { body: { ...page, ...(page.next === null ? { mark: String(world.delta.length) } : {}) } }
  }
  return null
}

export function people(world: World, count: number): void {
  for (let n = 1; n <= count; n++) world.people.set(`u${n}`, { id: `u${n}`, login: `person${n}@acme.example`, on: true })
}

export type FeedWord = 'events' | 'delta'

const FEEDS: { readonly [word in FeedWord]: Declared } = {
  events: {
    title: 'Log',
    from: { kind: 'events', at: 'published', overlap: '10m', kept: '7d' },
    list: 'GET /events?since={since}&until={until}',
    pages: { kind: 'cursor', from: 'next', into: { query: 'after' }, end: 'null' },
    records: 'data',
    id: 'id',
    names: [{ stream: 'users', id: 'about' }],
    silent_on: ['lastLoginAt'],
  },
  delta: {
    title: 'Delta',
    from: { kind: 'delta', start: 'GET /delta', position: 'mark' },
    list: 'GET /delta?mark={position}',
    pages: { kind: 'cursor', from: 'next', into: { query: 'after' }, end: 'null' },
    records: 'data',
    names: [{ stream: 'users', id: 'id' }],
  },
}

export const USERS: Declared = {
  is: 'account',
  list: 'GET /users?limit=50',
  pages: { kind: 'cursor', from: 'next', into: { query: 'after' }, end: 'null' },
  records: 'data',
  id: 'id',
  get: 'GET /users/{id}',
  fields: { userName: 'login', active: 'on', lastLoginAt: 'seen' },
  prove: [{ kind: 'second_pass', query: { limit: 20 } }],
}

/** A leaver: switched off, and looked at. */
export const ACTIONS: Declared = {
  deactivate_account: {
    title: 'Deactivate',
    on: 'users',
    does: { account: 'inactive' },
    send: 'POST /users/{id}/off',
    verify: [{ facet: 'account', probe: { kind: 'state', expect: '= record.on == false' }, within: '5s', agree: 1, every: '1s' }],
  },
}

export function declared(
  words: readonly FeedWord[],
  more: { readonly feed?: Declared; readonly users?: Declared; readonly top?: Declared } = {},
): Declared {
  return {
    connector: 'watched',
    version: 1,
    title: 'Watched',
    source: [{ url: 'https://developer.acme.example/docs', read: '2026-11-20' }],
    base_url: '{url}',
    auth: { kind: 'none' },
    limits: { concurrent: 8, attempts: 1 },
    settings: { url: { type: 'url' } },
    streams: { users: { ...USERS, ...more.users } },
    feeds: Object.fromEntries(words.map((word) => [word, { ...FEEDS[word], ...more.feed }])),
    ...more.top,
  }
}

export function compiled(yaml: Declared): Connector {
  const { connector, diagnostics } = loadConnector(Buffer.from(JSON.stringify(yaml)), 'watched.yaml')
  if (connector === null) throw new Error(JSON.stringify(diagnostics))
  return connector
}

/** In memory where there is such a thing. */
export const newDir = (): string => mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'rollcall-watch-'))

export const connectionTo = (url: string): Connection => ({
  name: 'acme',
  connector: 'watched',
  connector_file: 'watched.yaml',
  settings: { url },
  secrets: {},
  owner: null,
  attested: { by: 'Kim Park', at: '2026-11-20T00:00:00Z', until: '2027-11-20T00:00:00Z', reason: 'the token reads all' },
  canaries: {},
  allow_private: true,
  created_at: '2026-11-20T00:00:00Z',
})

export type Opened = Awaited<ReturnType<typeof openStore>>

export type Lab = {
  readonly world: World
  readonly target: Target
  readonly dir: string
  readonly store: Opened
  readonly context: WatchContext
  /** Time passes. */
  readonly pass: (ms: number) => void
  /** Somebody changes at the target now; `tell`: the feeds tell of it. */
  readonly change: (id: string, to: Partial<Person> | null, tell?: boolean) => void
  readonly event: (about: string | null, more?: Partial<Event>) => Event
  /** A whole read, a minute long; its verdict. */
  readonly sync: () => Promise<string | undefined>
  readonly watch: (options?: WatchOptions) => Promise<Watched>
  readonly feed: (name?: string) => Promise<FeedState | undefined>
  readonly seen: (id?: string) => Promise<readonly Sighting[]>
}

export type LabOptions = {
  readonly people?: number
  readonly feeds?: readonly FeedWord[]
  readonly more?: Parameters<typeof declared>[1]
  readonly dir?: string
}

export async function watchLab(o: LabOptions = {}): Promise<Lab> {
  const world: World = { people: new Map(), log: [], delta: [], now: START, lie: () => undefined }
  for (let n = 1; n <= (o.people ?? 40); n++)
    world.people.set(`u${n}`, { id: `u${n}`, login: `person${n}@acme.example`, on: true })
  const played = await target((ask) => world.lie(ask) ?? honest(world, ask))
  const dir = o.dir ?? newDir()
  const store = await openStore(dir, { create: true })
  const connector = compiled(declared(o.feeds ?? ['events'], o.more))
  const connection = connectionTo(played.url)
  await store.putConnection(connection, { by: 'test', at: '2026-11-20T00:00:00Z' })
  const http: Http = openHttp({
    connector,
    settings: connection.settings,
    secrets: async () => new Secret(''),
    allow_private: true,
    now: Date.now,
    kept: { read: async () => ({}), keep: async () => {} },
  })
  onTestFinished(async () => {
    await http.close()
    await store.close().catch((error: Error) => {
      // A test may have closed it to hand it to another process.
      if (!error.message.includes('not open')) throw error
    })
    rmSync(dir, { recursive: true, force: true })
  })
  const now = () => world.now
  const context: WatchContext = { connector, connection, store, send: http.send, now, signal: undefined }
  let events = 0
  const event: Lab['event'] = (about, more = {}) => {
    const made = { id: `e${++events}`, published: new Date(world.now).toISOString(), about, state: SMUGGLED, ...more }
    world.log.push(made)
    return made
  }
  return {
    world,
    target: played,
    dir,
    store,
    context,
    event,
    pass: (ms) => {
      world.now += ms
    },
    change(id, to, tell = true) {
      const person = world.people.get(id) ?? { id, login: `${id}@acme.example`, on: true }
      if (to === null) world.people.delete(id)
      else world.people.set(id, { ...person, ...to })
      if (!tell) return
      event(id)
      world.delta.push(id)
    },
    async sync() {
      let asked = 0
      // Every request of it takes a little of the time of the world.
      const ticking: Http = {
        ...http,
        async send(...args) {
          world.now += ++asked <= 60 ? 1_000 : 0
          return await http.send(...args)
        },
      }
      const { streams } = await sync({ connector, connection, store, http: ticking, now })
      return streams['users']?.verdict.is
    },
    watch: (options = {}) => watchOnce(context, options),
    feed: async (name = (o.feeds ?? ['events'])[0]) => (await store.feeds('acme')).find(({ feed }) => feed === name),
    seen: async (id) =>
      store.sightings('acme', { after: 0, limit: 100_000, ...(id === undefined ? {} : { stream: 'users', id }) }),
  }
}

/** What a feed is worth, of the one that the lab has. */
export const worth = ({ feeds: [report] }: Watched): string => `${report?.is}: ${report?.because}`
