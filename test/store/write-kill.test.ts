import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, test } from 'vitest'
import { folded } from '../../runtime/store/intent-state.ts'
import { openStore } from '../../runtime/store/sqlite/open.ts'

const KILLS = 24
const CHILD = join(import.meta.dirname, 'write-forever.ts')
const KINDS = ['requested', 'looked', 'sending', 'answered', 'look', 'outcome']

test(`a process killed at ${KILLS} random moments has lost no acknowledged event, and no event is without its audit entry`, {
  timeout: 180_000,
}, async () => {
  const dir = await mkdtemp(join(tmpdir(), 'rollcall-kill-'))
  const said = new Map<string, number>()
  let inTheMiddle = 0
  for (let kill = 0; kill < KILLS; kill++) {
    await runAndKill(dir, kill, said, Math.floor(Math.random() * 18), Math.random() * 4)
    const store = await openStore(dir)
    try {
      const rows = await store.intents({ limit: 100_000 })
      const audit = await store.audit({ after: 0, limit: 1_000_000 })
      expect(audit.map(({ seq }) => seq)).toEqual(audit.map((_, i) => i + 1))
      const audited = Map.groupBy(audit, ({ about }) => about)
      let unheard = 0
      for (const { intent, events, state, outcome } of rows) {
        expect(events.map(({ kind }) => kind)).toEqual(KINDS.slice(0, events.length))
        expect((audited.get(intent.intent) ?? []).map(({ what }) => what)).toEqual(events.map(({ kind }) => kind))
        expect({ state, outcome }).toEqual({ state: folded(events).state, outcome: folded(events).outcome })
        unheard += events.length - (said.get(intent.intent) ?? 0)
        if (events.length > 1 && events.length < KINDS.length) inTheMiddle++
      }
      expect(audited.size).toBe(rows.length)
      for (const [name, events] of said)
        expect(rows.find((row) => row.intent.intent === name)!.events.length).toBeGreaterThanOrEqual(events)
      // At most the one step whose word was cut off.
      expect(unheard).toBeLessThanOrEqual(1)
      for (const { intent, events } of rows) said.set(intent.intent, events.length)
    } finally {
      await store.close()
    }
  }
  await rm(dir, { recursive: true })
  // The kills must have hit histories in the middle, or this test shows nothing.
  expect(inTheMiddle).toBeGreaterThan(KILLS / 4)
})

/** After so many things it said, and some milliseconds: by time alone a loaded machine is killed before it begins. */
async function runAndKill(
  dir: string,
  run: number,
  said: Map<string, number>,
  after_lines: number,
  after_ms: number,
): Promise<void> {
  const child = spawn(process.execPath, [CHILD, dir, String(run)], { stdio: ['ignore', 'pipe', 'pipe'] })
  const errors: string[] = []
  child.stderr.on('data', (text) => errors.push(String(text)))
  const over = new Promise<NodeJS.Signals | null>((resolve) => child.on('exit', (_, signal) => resolve(signal)))
  let lines = 0
  for await (const line of createInterface({ input: child.stdout })) {
    const [name, events] = line.split(' ')
    if (lines++ === after_lines) setTimeout(() => child.kill('SIGKILL'), after_ms)
    if (name !== 'open') said.set(name!, Number(events))
  }
  expect(await over, errors.join('')).toBe('SIGKILL')
}
