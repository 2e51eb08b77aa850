/**
 * Changes, in a process of its own. Prints one JSON line.
 *   measure-writes.ts URL DIR CONNECTOR verify N     N deactivations asked for and worked off to their outcomes
 *   measure-writes.ts URL DIR CONNECTOR overtake N   a leaver asked for above a backlog of N changes that is being worked off
 */
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import got from 'got'
import { sync } from '../../runtime/read/sync.ts'
import type { WriteContext } from '../../runtime/write/context.ts'
import { drain, intentOf, requestChange } from '../../runtime/write/engine.ts'
import { measured } from './figures.ts'
import { openBench } from './open.ts'

const [url, dir, file, what, many] = process.argv.slice(2) as [string, string, string, 'verify' | 'overtake', string]
const LEAVERS = 20
const provenance = { by: 'bench', why: 'bench', from: 'bench', person: null }

const { store, http, connector, connection } = await openBench(url, dir, file)
await sync({ connector, connection, store, http, now: Date.now })
const people = await active(what === 'verify' ? Number(many) : Number(many) + LEAVERS)
const stop = new AbortController()
const ctx: WriteContext = {
  connector,
  connection,
  http,
  store,
  now: Date.now,
  sleep: (ms, signal) => sleep(ms, undefined, { signal }),
  signal: stop.signal,
  // Everybody leaves here, and nobody is asked.
  removals: null,
  newId: () => `${Date.now().toString(36).padStart(10, '0')}${randomBytes(8).toString('hex')}`,
}
await measured(what === 'verify' ? verify : overtake)
await http.close()
await store.close()

async function active(count: number): Promise<readonly string[]> {
  const ids: string[] = []
  for (let after = 0; ids.length < count; ) {
    const lot = await store.records('bench', 'users', { which: 'complete', after, limit: 1000 })
    if (lot.length === 0) throw new Error(`the target has ${ids.length} active users of ${count}`)
    ids.push(...lot.filter((record) => record.fields['active'] === true).map((record) => record.id))
    after = lot.at(-1)!.seq
  }
  return ids.slice(0, count)
}

async function verify(): Promise<object> {
  const before = http.stats().requests
  await store.request(
    await Promise.all(people.map((id) => intentOf(ctx, { action: 'deactivate_account', id, input: {}, provenance }))),
  )
  const { outcomes } = await drain(ctx)
  const verified = outcomes.filter(({ outcome }) => outcome.is === 'verified').length
  return { verified, requests: http.stats().requests - before }
}

async function overtake(): Promise<object> {
  const [leavers, others] = [people.slice(0, LEAVERS), people.slice(LEAVERS)]
  for (let from = 0; from < others.length; from += 1000) {
    const lot = others
      .slice(from, from + 1000)
      .map((id) => intentOf(ctx, { action: 'update_account', id, input: { title: 'Lead' }, lane: 'backfill', provenance }))
    await store.request(await Promise.all(lot))
  }
  const working = drain(ctx, { until: Date.now() + 600_000 })
  await sleep(500)
  const began = new Map<string, number>()
  for (const id of leavers) {
    began.set(id, Date.now())
    await requestChange(ctx, { action: 'deactivate_account', id, input: {}, provenance })
    await sleep(60)
  }
  await sleep(300)
  const waiting = (await store.waiting('bench'))['backfill'] ?? 0
  stop.abort()
  await working
  const asked = new Map((await got(`${url}/asked`).json()) as [number, number][])
  const took = leavers.map((id) => (asked.get(Number(id.slice(-12))) ?? Number.POSITIVE_INFINITY) - began.get(id)!)
  return { backlog: others.length, still_waiting: waiting, first_request_ms: took.toSorted((a, b) => a - b) }
}
