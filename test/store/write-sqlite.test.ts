/** What holds for changes in SQLite alone: the format, the append-only tables, a full disk, speed. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openStore } from '../../runtime/store/sqlite/open.ts'
import { SCHEMA_VERSION } from '../../runtime/store/sqlite/schema.ts'
import { LANES } from '../../runtime/types.ts'
import { allChanges, row, syncOnce, told } from './fixture.ts'
import { facetsOf, intent, outcome, sending, time, US } from './write-fixture.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'rollcall-write-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))
const file = () => join(dir, 'rollcall.db')

test('a store of format 1 is brought to this format in place and keeps all it had', async () => {
  const old = new DatabaseSync(file())
  old.exec(readFileSync(join(import.meta.dirname, 'format-1.sql'), 'utf8'))
  expect(old.prepare('PRAGMA user_version').get()).toEqual({ user_version: 1 })
  old.close()
  const store = await openStore(dir, { create: false })
  expect(await store.connection('acme')).toMatchObject({ name: 'acme', connector: 'okta' })
  expect(await store.kept('acme')).toEqual({ refresh: 'r1' })
  expect(told(await allChanges(store))).toEqual(['created a', 'created b', 'updated a', 'created c', 'vanished b'])
  await syncOnce(store, [row('a', 2), row('c'), row('d')])
  expect(told(await allChanges(store)).slice(5)).toEqual(['created d'])
  await store.request([intent()])
  expect(await store.next('acme', facetsOf)).not.toBeNull()
  await store.close()
  // The same tables and indexes as a new one has.
  const fresh = join(dir, 'fresh')
  await mkdir(fresh)
  await (await openStore(fresh)).close()
  const shape = (path: string) => {
    const db = new DatabaseSync(path, { readOnly: true })
    const found = db.prepare('SELECT type, name, sql FROM sqlite_master ORDER BY name').all()
    const version = db.prepare('PRAGMA user_version').get()
    db.close()
    return [version, found.map(({ type, name, sql }) => [type, name, String(sql).replace(/\s+/g, ' ')])]
  }
  expect(shape(file())).toEqual(shape(join(fresh, 'rollcall.db')))
  expect(shape(file())[0]).toEqual({ user_version: SCHEMA_VERSION })
})

test('no statement of the program changes or removes a row of the audit or of a history', () => {
  const folder = 'runtime/store/sqlite'
  const statements = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8').replace(/\s+/g, ' '))
  const forbidden = /(update( or \w+)?|delete from|replace into|drop table( if exists)?) "?(audit|intent_event)\b/i
  expect(statements.filter((text) => forbidden.test(text))).toEqual([])
  for (const text of ['UPDATE audit SET', 'update or ignore intent_event set', 'DELETE FROM audit', 'REPLACE INTO intent_event'])
    expect(forbidden.test(text)).toBe(true)
})

test('the database itself refuses to change or remove them', async () => {
  const store = await openStore(dir)
  await store.request([intent()])
  await store.close()
  const raw = new DatabaseSync(file())
  for (const table of ['audit', 'intent_event']) {
    expect(() => raw.exec(`DELETE FROM ${table}`)).toThrow('only appended to')
    expect(() => raw.exec(`UPDATE ${table} SET rowid = rowid + 1`)).toThrow('only appended to')
  }
  raw.close()
})

test('on a full disk neither the event nor its audit entry is stored, and the claim is as it was', async () => {
  await (await openStore(dir)).close()
  const small = await openStore(dir, { max_bytes: statSync(file()).size + 72_000 })
  const one = intent()
  await small.request([one])
  await small.next('acme', facetsOf)
  let stored = 0
  const full = { code: 'store/full' }
  for (;;) {
    const big = sending(time(0), 1, 'x'.repeat(2000))
    const error = await small.append(one.intent, big, US).then(
      () => null,
      (thrown: unknown) => thrown,
    )
    if (error === null) stored++
    else {
      expect(error).toMatchObject(full)
      break
    }
  }
  expect(stored).toBeGreaterThan(3)
  // Not even the outcome, and so it is still in flight.
  await expect(small.append(one.intent, sending(time(0), 1, 'x'.repeat(9000)), US)).rejects.toMatchObject(full)
  expect(await small.next('acme', facetsOf)).toBeNull()
  await small.close()
  const store = await openStore(dir)
  expect((await store.intent(one.intent))!.events).toHaveLength(1 + stored)
  expect(await store.audit({ after: 0, limit: 9999 })).toHaveLength(1 + stored)
  await store.append(one.intent, outcome('verified'), US)
  expect((await store.audit({ after: 1 + stored, limit: 9 })).map(({ seq }) => seq)).toEqual([2 + stored])
  await store.close()
})

test('20,000 changes are asked for at once, and the next one is found at once behind them (times are printed)', {
  timeout: 120_000,
}, async () => {
  const store = await openStore(dir)
  const bulk = Array.from({ length: 20_000 }, (_, i) =>
    intent({
      id: `u${i >> 2}`,
      lane: LANES[1 + (i % 4)]!,
      person: `p${i >> 2}`,
      made_at: time(0),
      due_at: time(i),
      plan: 'bulk',
    }),
  )
  const [began, cpu] = [performance.now(), process.cpuUsage()]
  await store.request(bulk)
  const took = performance.now() - began
  const used = process.cpuUsage(cpu)
  const times: number[] = []
  for (let i = 0; i < 2000; i++) {
    const start = performance.now()
    const row = await store.next('acme', facetsOf)
    times.push(performance.now() - start)
    if (row === null) throw new Error('nothing to do')
    // A third stays claimed: the queue must not pass over it again each time.
    if (i % 3 > 0) await store.append(row.intent.intent, outcome('verified'), US)
  }
  const leaver = intent({ lane: 'leaver', action: 'deactivate_account', id: 'u4999', person: 'p4999' })
  const start = performance.now()
  const [answer] = await store.request([leaver])
  expect((await store.next('acme', facetsOf))!.intent.intent).toBe(leaver.intent)
  const overtook = performance.now() - start
  expect(answer!.cancelled).toHaveLength(4)
  times.sort((a, b) => a - b)
  const ms = (n: number) => `${n.toFixed(3)} ms`
  console.log(
    `request of 20,000: ${(took / 1000).toFixed(2)} s (${((used.user + used.system) / 1e6).toFixed(2)} s of processor); next: p50 ${ms(times[1000]!)}, p99 ${ms(times[1980]!)}, most ${ms(times[1999]!)}; ` +
      `a leaver asked for, 4 grants cancelled, and given: ${ms(overtook)}`,
  )
  await store.close()
})
