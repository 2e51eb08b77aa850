import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, test } from 'vitest'
import type { Store } from '../../runtime/store/port.ts'
import { openStore } from '../../runtime/store/sqlite/open.ts'
import { AT, allChanges, collect, PAGES, ROWS, replay, rowsOf } from './fixture.ts'

const KILLS = 32
const CHILD = join(import.meta.dirname, 'sync-forever.ts')

type Said = { published: number; sync: number; page: number }

test(`a process killed at ${KILLS} random moments has lost and doubled nothing that it had acknowledged`, {
  timeout: 180_000,
}, async () => {
  const dir = await mkdtemp(join(tmpdir(), 'rollcall-kill-'))
  const said: Said = { published: 0, sync: 0, page: -1 }
  let resumed = 0
  for (let kill = 0; kill < KILLS; kill++) {
    await runAndKill(dir, said, Math.floor(Math.random() * PAGES * 2), Math.random() * 4)
    const store = await openStore(dir)
    try {
      resumed += await check(store, said)
    } finally {
      await store.close()
    }
  }
  await rm(dir, { recursive: true })
  // The kills must have hit reads in the middle, or this test shows nothing.
  expect(resumed).toBeGreaterThan(KILLS / 4)
  expect(said.published).toBeGreaterThan(3)
})

/**
 * Kills it with SIGKILL some milliseconds after it has said so many things; notes the last ones. By milliseconds alone a loaded
 * machine would be killed before it reads, or a fast one between its syncs.
 */
async function runAndKill(dir: string, said: Said, after_lines: number, after_ms: number): Promise<void> {
  const child: ChildProcess = spawn(process.execPath, [CHILD, dir], { stdio: ['ignore', 'pipe', 'pipe'] })
  const errors: string[] = []
  child.stderr!.on('data', (text) => errors.push(String(text)))
  const over = new Promise<NodeJS.Signals | null>((resolve) => child.on('exit', (_, signal) => resolve(signal)))
  let lines = 0
  for await (const line of createInterface({ input: child.stdout! })) {
    const [what, sync, page] = line.split(' ')
    if (lines++ === after_lines) setTimeout(() => child.kill('SIGKILL'), after_ms)
    if (what === 'published') said.published = Number(sync)
    if (what === 'page') Object.assign(said, { sync: Number(sync), page: Number(page) })
  }
  const signal = await over
  expect(signal, errors.join('')).toBe('SIGKILL')
}

/** 1 if the kill left a read in the middle. */
async function check(store: Store, said: Said): Promise<number> {
  const [last] = await store.syncs('acme', 1)
  if (last === undefined) return 0
  const snapshots = await store.snapshots('acme')
  const published = snapshots[0]?.latest.sync ?? 0
  // Acknowledged is there; at most the one step after it, whose word was cut off.
  expect(published).toBeGreaterThanOrEqual(said.published)
  expect(published).toBeLessThanOrEqual(said.published + 1)

  const changes = await allChanges(store)
  expect(changes.map(({ seq }) => seq)).toEqual(changes.map((_, i) => i + 1))
  const expected = new Map(
    published === 0 ? [] : pagesUpTo(published, PAGES).map(({ id, fields }) => [id, JSON.parse(fields).is]),
  )
  expect(replay(changes)).toEqual(expected)
  const records = await store.records('acme', 'users', { which: 'complete', after: 0, limit: 10_000 })
  expect(records.map(({ id }) => id).sort()).toEqual([...expected.keys()].sort())

  // What was seen now counts as said: the next kill may cut off one more word, and must not lose this.
  said.published = published
  if (last.state !== 'running') return 0
  const { sync } = await store.beginSync('acme', 'print', AT)
  const session = await store.read(sync, 'acme', 'users')
  const pages = await collect(session.pages())
  expect(pages.map(({ no }) => no)).toEqual(pages.map((_, i) => i))
  const acknowledged = said.sync === sync ? said.page + 1 : 0
  expect(pages.length).toBeGreaterThanOrEqual(acknowledged)
  expect(pages.length).toBeLessThanOrEqual(acknowledged + 1)
  expect(await session.inStore()).toBe(pages.length * ROWS)
  const stored = await session.records(0, 10_000)
  const wanted = pagesUpTo(sync, pages.length).map(({ id, fields }) => `${id} ${fields}`)
  expect(stored.map(({ id, fields }) => `${id} ${JSON.stringify(fields)}`).sort()).toEqual(wanted.sort())
  Object.assign(said, { sync, page: pages.length - 1 })
  return pages.length > 0 && pages.length < PAGES ? 1 : 0
}

const pagesUpTo = (sync: number, pages: number) => Array.from({ length: pages }, (_, no) => rowsOf(sync, no)).flat()
