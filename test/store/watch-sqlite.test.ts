/** The store of watching in SQLite: the contract, the format, a reader beside it, how much it takes. */
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openStore } from '../../runtime/store/sqlite/open.ts'
import { SCHEMA_VERSION } from '../../runtime/store/sqlite/schema.ts'
import { allChanges, told } from './fixture.ts'
import { watchContract } from './watch-contract.ts'
import { advance, agreement, BY_LOG, min, readAt, sighting, users } from './watch-fixture.ts'

watchContract('node:sqlite', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-watch-'))
  let store = await openStore(folder)
  return {
    store,
    reopen: async () => {
      await store.close()
      store = await openStore(folder)
      return store
    },
    drop: async () => {
      await store.close()
      await rm(folder, { recursive: true })
    },
  }
})

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'rollcall-watch-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))
const file = () => join(dir, 'rollcall.db')

test('a store of format 7 is brought to this format in place, keeps all it had, and can be watched', async () => {
  const old = new DatabaseSync(file())
  old.function('fold', { deterministic: true }, (text) => String(text).toLowerCase())
  old.exec(readFileSync(join(import.meta.dirname, 'format-7.sql'), 'utf8'))
  expect(old.prepare('PRAGMA user_version').get()).toEqual({ user_version: 7 })
  old.close()
  const store = await openStore(dir, { create: false })
  expect(await store.connection('acme')).toMatchObject({ name: 'acme', connector: 'okta' })
  expect(await store.kept('acme')).toEqual({ refresh: 'r1' })
  expect(told(await allChanges(store))).toEqual(['created a', 'created b', 'updated a', 'created c', 'vanished b'])
  expect(await store.intent('01JZ0000000000000000000001')).not.toBeNull()
  expect(await store.feeds('acme')).toEqual([])
  await store.advance('acme', advance(null, 1, { touched: users('a') }))
  // Of what the older program had written.
  expect(await store.movedFields('acme', 3)).toEqual(['is'])
  await store.close()
  const raw = new DatabaseSync(file(), { readOnly: true })
  expect(raw.prepare('PRAGMA user_version').get()).toEqual({ user_version: SCHEMA_VERSION })
  raw.close()
})

test('a reader beside the process that watches is told all of it as it was when it opened, and writes nothing', async () => {
  const store = await openStore(dir)
  await store.advance('acme', advance(null, 1, { touched: users('a', 'b') }))
  await store.saw('acme', sighting('a', 2), { named: 1, again: false })
  const beside = await openStore(dir, { read_only: true })
  await store.advance('acme', advance(1, 3, { touched: users('c') }))
  const shown = async () => [
    (await beside.feeds('acme'))[0]?.position,
    (await beside.touched('acme', { limit: 9, tries_below: 5 })).map(({ id }) => id),
    (await beside.sightings('acme', { after: 0, limit: 9 })).map(({ id }) => id),
    await beside.arrivalCounts('acme'),
  ]
  expect(await shown()).toEqual([{ at: min(1) }, ['b'], ['a'], { taken: 0, again: 0, refused: 0 }])
  await expect(beside.touch('acme', BY_LOG, users('x'), min(4))).rejects.toThrow()
  await expect(beside.advance('acme', advance(1, 4))).rejects.toThrow()
  await beside.close()
  expect((await store.touched('acme', { limit: 9, tries_below: 5 })).map(({ id }) => id)).toEqual(['b', 'c'])
  await store.close()
})

test('100,000 records and events of one poll are taken in one step in under 10 seconds, known again and counted', {
  timeout: 120_000,
}, async () => {
  const store = await openStore(dir)
  const ids = Array.from({ length: 100_000 }, (_, i) => `${(i * 7919) % 100_003}-0f3a-4b8c`)
  const events = ids.map((id) => ({ id: `event ${id}`, at: min(1) }))
  const timed = async (work: () => Promise<unknown>): Promise<number> => {
    const began = performance.now()
    await work()
    return performance.now() - began
  }
  const times = {
    first: await timed(() => store.advance('acme', advance(null, 1, { touched: users(...ids), events }))),
    again: await timed(() => store.advance('acme', advance(1, 2, { touched: users(...ids), events }))),
    known: await timed(() =>
      store.newEvents(
        'acme',
        'log',
        events.map(({ id }) => id),
      ),
    ),
    named: await timed(() => store.namedSince('acme', 'log', 'users', min(0), ids)),
    counts: await timed(() => store.touchedCounts('acme', 5)),
    next: await timed(() => store.touched('acme', { limit: 100, tries_below: 5 })),
    saw: await timed(() =>
      Promise.all(ids.slice(0, 1000).map((id) => store.saw('acme', sighting(id, 3), { named: 2, again: false }))),
    ),
  }
  if (process.env['CI'] === undefined && process.env['ROLLCALL_TIMES'] !== undefined) console.log(times)
  expect(await store.touchedCounts('acme', 5)).toMatchObject({ waiting: 99_000 })
  expect(await store.newEvents('acme', 'log', ['event x', ...events.map(({ id }) => id)])).toEqual(['event x'])
  // Some 8 times of what it takes here, so that a loaded machine does not fail it and a walk over all rows for each one does.
  expect(Math.max(times.first, times.again)).toBeLessThan(10_000)
  await store.close()
})

test('of a removed connection nothing is kept of where its feeds stood and whom they named; what was seen stays', async () => {
  const store = await openStore(dir)
  const hole = { feed: 'log', from: min(0), to: min(1), because: 'x' }
  for (const connection of ['acme', 'other']) {
    await store.advance(connection, advance(null, 1, { touched: users('a'), events: [{ id: 'e', at: min(1) }], hole }))
    await store.putAgreement(connection, agreement([1, 1]))
    await store.saw(connection, sighting('b', 2), { named: 1, again: false })
    await store.arrived(connection, { id: 'm', until: min(9), at: min(1), touched: [] })
  }
  await store.removeConnection('acme', { by: 'test', at: min(3) })
  await store.close()
  const raw = new DatabaseSync(file(), { readOnly: true })
  const tables = raw.prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'watch_%'").all()
  const left = tables.map(({ name }) => [name, raw.prepare(`SELECT count(*) AS n FROM ${name}`).get()?.['n']])
  raw.close()
  expect(Object.fromEntries(left)).toEqual({
    ...{ watch_feed: 1, watch_event: 1, watch_naming: 1, watch_hole: 1, watch_agreement: 1, watch_waiting: 1, watch_message: 1 },
    ...{ watch_sighting: 2, watch_arrival: 2, watch_count: 2 },
  })
})

test('of a connection the sightings of the last 100,000 numbers are kept', async () => {
  const store = await openStore(dir)
  await store.saw('acme', sighting('a', 1), { named: 1, again: false })
  await store.saw('acme', sighting('b', 1), { named: 1, again: false })
  await store.close()
  const raw = new DatabaseSync(file())
  raw.exec('UPDATE watch_sighting SET seq = 100000 WHERE seq = 2')
  raw.close()
  const again = await openStore(dir)
  await again.saw('acme', sighting('c', 2), { named: 1, again: false })
  expect((await again.sightings('acme', { after: 0, limit: 9 })).map(({ seq }) => seq)).toEqual([100_000, 100_001])
  await again.close()
})

test('no statement of watching walks over a table or sorts what it found', async () => {
  const said = new Set<string>()
  const { prepare } = DatabaseSync.prototype
  DatabaseSync.prototype.prepare = function (sql) {
    said.add(sql)
    return prepare.call(this, sql)
  }
  try {
    await everyQuestion()
  } finally {
    DatabaseSync.prototype.prepare = prepare
  }
  const statements = [...said].filter((sql) => sql.includes('watch_'))
  expect(statements.length).toBeGreaterThan(35)
  const db = new DatabaseSync(file())
  const walks = statements.flatMap((sql) =>
    db
      .prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .all()
      .map(({ detail }) => String(detail))
      // What was given as JSON is walked over; so are the connections, where one of a removed one's name begins.
      .filter((detail) => /^SCAN (?!j\b|json_each\b|c\b|CONSTANT ROW)|TEMP B-TREE/.test(detail))
      .map((detail) => `${detail}: ${sql.replace(/\s+/g, ' ')}`),
  )
  db.close()
  expect(walks).toEqual([])
})

/** Every method of the port in each of its forms. */
async function everyQuestion(): Promise<void> {
  const store = await openStore(dir)
  const sync = await readAt(store, 0)
  const hole = { feed: 'log', from: min(0), to: min(1), because: 'x' }
  const more = { events: [{ id: 'e', at: min(1) }], touched: users('a', 'b', 'c'), forget_before: min(0) }
  await store.advance('acme', advance(null, 1, { ...more, hole }))
  for (let n = 1; n < 103; n++) await store.advance('acme', advance(n, n + 1, { ...more, hole: { ...hole, because: `${n}` } }))
  await store.advance('acme', advance(103, 104))
  await store.failed('acme', 'log', 'x', min(2))
  await store.putAgreement('acme', agreement([sync, sync]))
  await store.newEvents('acme', 'log', ['e'])
  await store.knownEvents('acme', 'log', min(0), min(1))
  await store.namedSince('acme', 'log', 'users', min(0), ['a'])
  await store.touched('acme', { limit: 1, tries_below: 5 })
  for (const [id, named, again] of [
    ['a', 999, true],
    ['b', 1, false],
    ['c', 999, false],
  ] as const)
    await store.saw('acme', sighting(id, 2), { named, again })
  await store.touchedCounts('acme', 1)
  for (const filter of [{}, { stream: 'users' }, { stream: 'users', id: 'a' }])
    await store.sightings('acme', { after: 0, limit: 1, ...filter })
  await store.lastSighting('acme')
  await store.movedFields('acme', 1)
  await store.arrived('acme', { id: 'm', until: min(9), at: min(1), touched: users('a') })
  await store.refused('acme', 'x', min(1))
  await store.arrivals('acme', 1)
  await store.arrivalCounts('acme')
  await store.feeds('acme')
  await store.removeConnection('acme', { by: 'test', at: min(0) }).catch(() => undefined)
  await store.close()
}
