/**
 * kill -9 at each boundary of a write: what was acknowledged comes to an outcome, and nothing is done twice at the target.
 * ROLLCALL_KILLS=50 for the full run (seeds a boundary).
 */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { drain, requestChange } from '../../runtime/write/engine.ts'
import { newDir, openLab, PROVENANCE } from './lab.ts'
import { type SmallTarget, smallTarget, user } from './target.ts'

const SEEDS = Number(process.env['ROLLCALL_KILLS'] ?? 8)
const CHILD = join(import.meta.dirname, 'kill-child.ts')
const LATENCY_MS = 12

/** The eight of the issue, and the moment between `sending` being durable and the request leaving. */
const BOUNDARIES = [
  'before_intent',
  'intent_durable',
  'sending',
  'sent',
  'answered',
  'recorded',
  'looked',
  'judged',
  'audited',
] as const

/** Come up once a step. */
const STEPS: readonly string[] = ['sending', 'sent', 'answered', 'recorded']

let it: SmallTarget
beforeAll(async () => {
  it = await smallTarget()
  it.latency_ms = LATENCY_MS
})
afterAll(async () => await it.close())

type Scenario = { readonly action: string; readonly id: string | null; readonly input: { readonly [name: string]: string } }

function scenario(kind: number, name: string): Scenario {
  it.users.set(name, { ...user(1), id: name, userName: `${name}@acme.example` })
  if (kind === 0) return { action: 'create_account', id: null, input: { userName: `new-${name}@acme.example` } }
  if (kind === 1) return { action: 'deactivate_account', id: name, input: {} }
  if (kind === 3) return { action: 'remove_license', id: name, input: {} }
  return { action: 'custom_points', id: name, input: {} }
}

/** What it did at the target, each as often as it was done. */
const effectsOf = (name: string): readonly string[] =>
  it.effects.filter((effect) => effect.split(/[ @]/).some((word) => word === name || word === `new-${name}`))

const WANTED: { readonly [action: string]: (name: string) => readonly string[] } = {
  create_account: (name) => [`create new-${name}@acme.example`],
  deactivate_account: (name) => [`deactivate ${name}`, `end ${name}`],
  custom_points: (name) => [`points ${name}`],
  remove_license: (name) => [`unseat ${name}`],
}

const seen = { kills: 0, acknowledged: 0 }

test.each(BOUNDARIES)(
  'killed at %s: nothing acknowledged is lost, nothing is done twice',
  { timeout: 60_000 + SEEDS * 10_000 },
  async (boundary) => {
    const seeds = Array.from({ length: SEEDS }, (_, seed) => seed)
    const worker = async (): Promise<void> => {
      for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift()) await killAt(boundary, seed)
    }
    await Promise.all([worker(), worker(), worker()])
  },
)

async function killAt(boundary: (typeof BOUNDARIES)[number], seed: number): Promise<void> {
  const name = `${boundary}-${seed}`
  const wanted = { ...scenario(seed % 4, name), provenance: PROVENANCE }
  const dir = newDir()
  // The second step of a deactivation and the second look of everything are boundaries of their own.
  const repeats = boundary === 'looked' || (wanted.action === 'deactivate_account' && STEPS.includes(boundary))
  const nth = repeats ? 1 + (Math.floor(seed / 4) % 2) : 1
  const wait_ms = boundary === 'sent' ? (seed * 5) % (LATENCY_MS + 4) : 0
  const child = await runChild([dir, it.url, boundary, `${nth}`, `${wait_ms}`, JSON.stringify(wanted)])
  if (child.killed) seen.kills++
  if (child.acknowledged !== null) seen.acknowledged++
  const lab = await openLab(it.url, dir)
  try {
    // Who was not told asks again, and gets the intent that may be durable already.
    const intent = child.acknowledged ?? (await requestChange(lab.ctx, wanted)).intent
    await drain(lab.ctx)
    // What can be asked for twice is: it is so already, and nothing is sent.
    if (wanted.action !== 'custom_points') {
      await requestChange(lab.ctx, wanted)
      await drain(lab.ctx)
    }
    const rows = await lab.store.intents({ limit: 10 })
    const story = `${name}: ${JSON.stringify(rows.map((row) => row.events.map((event) => event.kind)))} ${it.effects.slice(-6)}`
    const row = rows.find((one) => one.intent.intent === intent)
    const done = effectsOf(name)
    if (wanted.action === 'custom_points') {
      expect(row?.outcome, story).toMatch(/^(unverifiable|unknown)$/)
      expect(done.length, story).toBeLessThanOrEqual(1)
    } else {
      expect(row?.outcome, story).toBe('verified')
      expect(done, story).toEqual(WANTED[wanted.action]?.(name))
    }
  } finally {
    await lab.close()
  }
}

test('the kills hit', () => {
  // Points are never looked at.
  expect(seen.kills).toBeGreaterThanOrEqual(BOUNDARIES.length * SEEDS * 0.8)
  expect(seen.acknowledged).toBeGreaterThanOrEqual((BOUNDARIES.length - 2) * SEEDS * 0.9)
})

async function runChild(args: readonly string[]): Promise<{ readonly killed: boolean; readonly acknowledged: string | null }> {
  const child = spawn(process.execPath, [CHILD, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  const out: string[] = []
  const errors: string[] = []
  child.stdout.on('data', (text) => out.push(String(text)))
  child.stderr.on('data', (text) => errors.push(String(text)))
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((done) =>
    child.on('close', (...ended) => done(ended)),
  )
  if (signal !== 'SIGKILL' && code !== 0) throw new Error(errors.join(''))
  return { killed: signal === 'SIGKILL', acknowledged: /ack (\S+)/.exec(out.join(''))?.[1] ?? null }
}
