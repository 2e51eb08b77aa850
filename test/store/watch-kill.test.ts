import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, test } from 'vitest'
import { openStore } from '../../runtime/store/sqlite/open.ts'
import { min } from './watch-fixture.ts'

const KILLS = 12
const CHILD = join(import.meta.dirname, 'watch-forever.ts')

type Said = { polled: number; readonly seen: Map<number, string> }

test(`a process that watches, killed at ${KILLS} random moments, has lost no poll, nobody to look at and no sighting`, {
  timeout: 120_000,
}, async () => {
  const dir = await mkdtemp(join(tmpdir(), 'rollcall-watch-kill-'))
  const said: Said = { polled: 0, seen: new Map() }
  for (let kill = 0; kill < KILLS; kill++) {
    await runAndKill(dir, said, 2 + Math.floor(Math.random() * 40), Math.random() * 3)
    await check(dir, said)
  }
  await rm(dir, { recursive: true })
  expect(said.polled).toBeGreaterThan(KILLS)
  expect(said.seen.size).toBeGreaterThan(KILLS)
})

async function runAndKill(dir: string, said: Said, after_lines: number, after_ms: number): Promise<void> {
  const child = spawn(process.execPath, [CHILD, dir], { stdio: ['ignore', 'pipe', 'pipe'] })
  const errors: string[] = []
  child.stderr.on('data', (text) => errors.push(String(text)))
  const over = new Promise<NodeJS.Signals | null>((resolve) => child.on('exit', (_, signal) => resolve(signal)))
  let lines = 0
  for await (const line of createInterface({ input: child.stdout })) {
    if (lines++ === after_lines) setTimeout(() => child.kill('SIGKILL'), after_ms)
    const [what, n, id] = line.split(' ')
    if (what === 'polled') said.polled = Number(n)
    if (what === 'saw') said.seen.set(Number(n), id as string)
  }
  expect(await over, errors.join('')).toBe('SIGKILL')
}

async function check(dir: string, said: Said): Promise<void> {
  const store = await openStore(dir)
  const [log] = await store.feeds('acme')
  const polls = log?.position?.['n'] as number
  // Acknowledged is there; at most the one step after it, whose word was cut off.
  expect([said.polled, said.polled + 1]).toContain(polls)
  const known = await store.knownEvents('acme', 'log', min(0), min(polls + 9))
  expect(known).toHaveLength(polls)
  const sightings = await store.sightings('acme', { after: 0, limit: 100_000 })
  expect(sightings.map(({ seq }) => seq)).toEqual(sightings.map((_, i) => i + 1))
  for (const [seq, id] of said.seen) expect(sightings[seq - 1]?.id).toBe(id)
  expect(sightings.length - said.seen.size).toBeLessThanOrEqual(1)
  // Whoever was named was seen or waits, not both and not neither.
  const waiting = (await store.touched('acme', { limit: 100_000, tries_below: 5 })).map(({ id }) => id)
  const once = [...sightings.map(({ id }) => id), ...waiting].filter((id) => id !== 'all')
  const named = Array.from({ length: polls * 3 }, (_, i) => `p${1 + Math.floor(i / 3)}-${i % 3}`)
  expect(once.sort()).toEqual(named.sort())
  // What was seen now counts as said.
  said.polled = polls
  for (const { seq, id } of sightings) said.seen.set(seq, id)
  await store.close()
}
