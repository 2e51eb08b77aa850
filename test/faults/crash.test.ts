/**
 * kill -9 at random moments of a sync, resumed by the same command: nothing lost, nothing doubled, little asked again.
 * ROLLCALL_KILLS=200 for the full run, ROLLCALL_SEED for other moments.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openStore } from '../../runtime/store/sqlite/open.ts'
import { DIALECTS } from '../targets/dialects.ts'
import { population, seeded } from '../targets/population.ts'
import { startTarget, type Target } from '../targets/server.ts'
import { storedChanges, storedRecords } from './invoke.ts'
import { connectorOf, type Stored, syncArgs } from './run.ts'

const KILLS = Number(process.env['ROLLCALL_KILLS'] ?? 20)
const SEED = Number(process.env['ROLLCALL_SEED'] ?? 11)
const CLI = fileURLToPath(new URL('../../cli/main.ts', import.meta.url))
const N = 1_200

/** Pages that may be under way when the process dies: one ahead and one unsaved in each list read at the same time (`concurrent: 6`). */
const REPEATED_PER_KILL = 8

let target: Target
const dirs: string[] = []

beforeAll(async () => {
  target = await startTarget({
    dialect: 'cursor',
    seed: SEED,
    latency_ms: 12,
    population: population({ n: N, seed: SEED, ids: DIALECTS.cursor.ids }),
  })
})
afterAll(async () => {
  await target.close()
  for (const dir of dirs) rmSync(dir, { recursive: true, force: true })
})

describe(`kill -9 at ${KILLS} random moments`, () => {
  test(
    'loses and doubles nothing, and asks little again',
    async () => {
      // The first run of a fresh clone fills Node's compile cache; moments measured on it would fall after the end of the others.
      await uninterrupted()
      const whole = await uninterrupted()
      const random = seeded(SEED)
      let kills = 0
      let while_reading = 0
      let again = 0
      while (kills < KILLS) {
        const dir = newDir()
        const from = target.requests.length
        let killed = 0
        for (;;) {
          const child = start(dir)
          const ended = killed >= 8 || kills >= KILLS ? await exit(child) : await exitOrKill(child, 60 + random() * whole.ms)
          if (ended === 'killed') {
            killed++
            kills++
            continue
          }
          expect(ended.code, ended.stderr).toBe(0)
          break
        }
        const asked = target.requests.slice(from)
        if (asked.length > whole.requests) while_reading++
        const pages = asked.filter((request) => LIST_PAGE.test(request))
        // A process killed between the end of its sync and its own end lost nothing: the same command then begins a new sync.
        const whole_again = ((await finishedSyncs(dir)) - 1) * whole.pages
        const repeated = pages.length - new Set(pages).size - whole_again
        expect(repeated, `pages asked again after ${killed} kills`).toBeLessThanOrEqual(killed * REPEATED_PER_KILL)
        again += repeated
        expect(new Set(pages).size).toBe(whole.pages)
        const stored = await storedRecords(dir)
        expect(asText(stored)).toEqual(whole.records)
        await expectOneCreationEach(dir, stored)
      }
      expect(target.unexpected).toEqual([])
      expect(again, 'pages asked again, all kills together').toBeLessThanOrEqual(2 * kills)
      // Moments that all fall before the first or after the last request would prove nothing.
      expect(while_reading).toBeGreaterThan(0)
    },
    30_000 + KILLS * 5_000,
  )
})

test('a second process on the same store gets exit code 3 and store/locked, and the first goes on', async () => {
  const dir = newDir()
  // Slow enough that the first is still at it when the second has started, on a busy machine too.
  const slow = await startTarget({
    dialect: 'cursor',
    seed: SEED,
    latency_ms: 250,
    population: population({ n: N, seed: SEED, ids: DIALECTS.cursor.ids }),
  })
  try {
    const first_ended = exit(start(dir, slow))
    while (slow.requests.length === 0) await sleep(5)
    const second = await exit(start(dir, slow))
    expect(second.code).toBe(3)
    expect(`${second.stdout}${second.stderr}`).toContain('store/locked')
    const ended = await first_ended
    expect(ended.code, ended.stderr).toBe(0)
    expect((await storedRecords(dir))['users']).toHaveLength(N)
  } finally {
    await slow.close()
  }
})

/** The main reading's list pages; the second pass and the probes use other limits. */
const LIST_PAGE = /^GET \/api\/(users|groups|groups\/[^/]+\/members)\?limit=100(&|$)/

async function finishedSyncs(dir: string): Promise<number> {
  const store = await openStore(dir)
  try {
    const syncs = await Promise.all((await store.connections()).map((one) => store.syncs(one.name, 100)))
    return syncs.flat().filter((one) => one.state === 'finished').length
  } finally {
    await store.close()
  }
}

async function uninterrupted() {
  const dir = newDir()
  const from = target.requests.length
  const began = performance.now()
  const ended = await exit(start(dir))
  const ms = performance.now() - began
  expect(ended.code, ended.stderr).toBe(0)
  const asked = target.requests.slice(from)
  const stored = await storedRecords(dir)
  expect(stored['users']).toHaveLength(N)
  return { ms, requests: asked.length, pages: asked.filter((request) => LIST_PAGE.test(request)).length, records: asText(stored) }
}

async function expectOneCreationEach(dir: string, stored: Stored): Promise<void> {
  const created = new Map<string, number>()
  for (const change of await storedChanges(dir)) {
    expect(change.kind).toBe('created')
    const key = `${change.stream} ${change.id}`
    created.set(key, (created.get(key) ?? 0) + 1)
  }
  const records = Object.entries(stored).flatMap(([stream, rows]) => rows.map((row) => `${stream} ${row.id}`))
  expect(new Set(records).size).toBe(records.length)
  expect([...created.values()].every((times) => times === 1)).toBe(true)
  expect([...created.keys()].sort()).toEqual(records.sort())
}

const asText = (stored: Stored) =>
  Object.fromEntries(
    Object.entries(stored).map(([stream, rows]) => [stream, rows.map((row) => JSON.stringify([row.id, row.fields])).sort()]),
  )

function newDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'rollcall-crash-'))
  dirs.push(dir)
  return dir
}

function start(dir: string, at: Target = target): ChildProcess {
  return spawn(process.execPath, [CLI, ...syncArgs(connectorOf('cursor'), at, dir, true)], {
    env: { PATH: process.env['PATH'], ROLLCALL_TEST_TOKEN: at.token, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string }

function exit(child: ChildProcess): Promise<Ended> {
  let stdout = ''
  let stderr = ''
  child.stdout?.on('data', (chunk) => {
    stdout += chunk
  })
  child.stderr?.on('data', (chunk) => {
    stderr += chunk
  })
  return new Promise((done, failed) => {
    child.on('error', failed)
    child.on('close', (code) => done({ code, stdout, stderr }))
  })
}

async function exitOrKill(child: ChildProcess, ms: number): Promise<Ended | 'killed'> {
  let killed = false
  const timer = setTimeout(() => {
    killed = child.exitCode === null && child.kill('SIGKILL')
  }, ms)
  const ended = await exit(child)
  clearTimeout(timer)
  return killed && ended.code === null ? 'killed' : ended
}

const sleep = (ms: number) => new Promise((done) => setTimeout(done, ms))
