/**
 * `npm run bench [-- --json] [-- --quick] [-- --peers]`: speed and memory as ratios to a baseline in the same run.
 * Absolute figures are this machine's; the ratios are what to compare.
 */
import { execFile, fork, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { measurePeers, type Peer } from './peers.ts'

type Measured = {
  records: number
  requests: number
  wall_s: number
  cpu_s: number
  peak_mb: number
  verdicts?: string[]
  because?: string[]
}
type Target = { readonly url: string; readonly stats: () => Promise<TargetStats>; readonly stop: () => void }
type TargetStats = { requests: number; refused: number; first_ms: number; last_ms: number; busiest_second: number }

const HERE = fileURLToPath(new URL('.', import.meta.url))
const ROOT = join(HERE, '../..')
/** What is published is compiled JavaScript; so is what is measured. */
const COMPILED = join(ROOT, '.cache/bench/test/bench')
/** The flags that `rollcall` itself runs with: small young generation, early collections. */
const FLAGS = [
  ...(
    JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: { rollcall: string } }
  ).scripts.rollcall.matchAll(/--\S+/g),
].map(String)

const { values: options } = parseArgs({
  options: { json: { type: 'boolean' }, quick: { type: 'boolean' }, peers: { type: 'boolean' } },
})
const SMALL = options.quick ? 20_000 : 200_000
const LARGE = options.quick ? 100_000 : 1_000_000

compile()
const small = await readAndReadAgain(SMALL)
const large = await readAndReadAgain(LARGE)
const fan_out = await fanOut()
const rate = await underRate()
const cli_start_ms = cliStart()
const peers: readonly Peer[] = options.peers ? await withTarget(SMALL, 0, 0, (target) => measurePeers(target.url, SMALL)) : []

const result = {
  version: 1,
  first_sync: {
    ratio: large.first.ratio,
    ratio_cpu: large.first.ratio_cpu,
    records_per_s: large.first.records_per_s,
    records_per_cpu_s: large.first.records_per_cpu_s,
    baseline_records_per_s: large.first.baseline_records_per_s,
    ratio_small: small.first.ratio,
  },
  resync: {
    ratio: large.again.ratio,
    ratio_cpu: large.again.ratio_cpu,
    records_per_s: large.again.records_per_s,
    records_per_cpu_s: large.again.records_per_cpu_s,
    ratio_small: small.again.ratio,
  },
  memory: { mb_200k: small.mb, mb_1m: large.mb, baseline_mb_200k: small.baseline_mb, baseline_mb_1m: large.baseline_mb },
  fan_out,
  rate,
  cli_start_ms,
  ...(options.peers ? { peers } : {}),
  sizes: { small: SMALL, large: LARGE },
}
if (options.json) process.stdout.write(`${JSON.stringify(result)}\n`)
else print()

async function readAndReadAgain(users: number) {
  return withTarget(users, 0, 0, (target) =>
    withFolder(async (dir) => {
      const base = await measure('baseline', target.url, dir)
      const first = await measure('sync', target.url, dir, 'users')
      const again = await measure('sync', target.url, dir, 'users')
      for (const run of [first, again]) {
        if (run.records !== users || run.verdicts?.[0] !== 'complete')
          throw new Error(`the bench read ${run.records} of ${users}: ${run.because?.join()}`)
      }
      return {
        first: against(base, first),
        again: against(base, again),
        mb: Math.round(Math.max(first.peak_mb, again.peak_mb)),
        baseline_mb: Math.round(base.peak_mb),
      }
    }),
  )
}

function against(base: Measured, run: Measured) {
  return {
    ratio: round(base.wall_s / run.wall_s),
    ratio_cpu: round(base.cpu_s / run.cpu_s),
    records_per_s: Math.round(run.records / run.wall_s),
    records_per_cpu_s: Math.round(run.records / run.cpu_s),
    baseline_records_per_s: Math.round(run.records / base.wall_s),
  }
}

/** 500 parents at 50 ms, 15 at once: no program that keeps the bound can be faster than 500 × 50 / 15 ms. */
async function fanOut() {
  const parents = 500
  const latency_ms = 50
  const concurrent = 15
  return withTarget(parents, latency_ms, 0, (target) =>
    withFolder(async (dir) => {
      const run = await measure('sync', target.url, dir, 'fan-out')
      if (run.records !== parents * 3) throw new Error(`the fan-out read ${run.records} of ${parents * 3}`)
      const stats = await target.stats()
      const ideal_s = (parents * latency_ms) / concurrent / 1000
      return {
        ratio: round(ideal_s / ((stats.last_ms - stats.first_ms) / 1000)),
        ideal_s: round(ideal_s),
        wall_s: round(run.wall_s),
      }
    }),
  )
}

async function underRate() {
  const permitted = 50
  return withTarget(600, 0, permitted, (target) =>
    withFolder(async (dir) => {
      await measure('sync', target.url, dir, 'rate')
      const stats = await target.stats()
      const seconds = (stats.last_ms - stats.first_ms) / 1000
      return {
        achieved_over_permitted: round((stats.requests - 1) / seconds / permitted),
        refused_429: stats.refused,
        busiest_second: stats.busiest_second,
        permitted_per_s: permitted,
      }
    }),
  )
}

function compile(): void {
  const { status, stdout } = spawnSync(join(ROOT, 'node_modules/.bin/tsc'), ['-p', HERE], { encoding: 'utf8' })
  if (status !== 0) throw new Error(stdout)
  copyFileSync(join(ROOT, 'package.json'), join(ROOT, '.cache/bench/package.json'))
}

/** Median of eleven starts of `rollcall --version`, the first (cold) one aside. */
function cliStart(): number {
  const main = join(HERE, '../../cli/main.ts')
  const times = Array.from({ length: 12 }, () => {
    const begun = performance.now()
    const { status } = spawnSync(process.execPath, [...FLAGS, main, '--version'])
    if (status !== 0) throw new Error('rollcall --version failed')
    return performance.now() - begun
  })
  return Math.round(times.slice(1).sort((a, b) => a - b)[5] as number)
}

async function measure(what: string, url: string, dir: string, connector = ''): Promise<Measured> {
  progress(`${what} ${connector}`)
  const args =
    what === 'baseline'
      ? [join(COMPILED, 'baseline.js'), url, dir]
      : [...FLAGS, join(COMPILED, 'measure.js'), url, dir, join(HERE, `connectors/${connector}.yaml`)]
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 1 << 24 })
  return JSON.parse(stdout) as Measured
}

async function withTarget<T>(
  users: number,
  latency_ms: number,
  permitted_per_s: number,
  use: (target: Target) => Promise<T>,
): Promise<T> {
  progress(`target with ${users} records`)
  const child = fork(join(HERE, 'target.ts'), [String(users), String(latency_ms), String(permitted_per_s)])
  const [ready] = (await once(child, 'message')) as [{ port: number }]
  const stats = async () => {
    const answer = once(child, 'message')
    child.send({ kind: 'stats' })
    return (await answer)[0] as TargetStats
  }
  try {
    return await use({ url: `http://127.0.0.1:${ready.port}`, stats, stop: () => child.disconnect() })
  } finally {
    child.disconnect()
  }
}

async function withFolder<T>(use: (dir: string) => Promise<T>): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), 'rollcall-bench-'))
  try {
    return await use(dir)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000
}

function progress(what: string): void {
  if (!options.json) process.stderr.write(`· ${what}\n`)
}

function print(): void {
  const line = (name: string, value: string, aim: string) =>
    process.stdout.write(`${name.padEnd(42)}${value.padStart(22)}   ${aim}\n`)
  line(
    `first sync of ${LARGE}, ratio to the baseline`,
    `${result.first_sync.ratio} (cpu ${result.first_sync.ratio_cpu})`,
    'aim ≥ 0.7',
  )
  line(
    'first sync, records/s (a CPU second)',
    `${result.first_sync.records_per_s} (${result.first_sync.records_per_cpu_s})`,
    `aim ≥ 60,000; the baseline: ${result.first_sync.baseline_records_per_s}`,
  )
  line('unchanged re-sync, ratio', `${result.resync.ratio} (cpu ${result.resync.ratio_cpu})`, '')
  line('unchanged re-sync, records/s (a CPU second)', `${result.resync.records_per_s} (${result.resync.records_per_cpu_s})`, '')
  line(`peak memory at ${SMALL} / ${LARGE}, MB`, `${result.memory.mb_200k} / ${result.memory.mb_1m}`, 'aim ≤ 200, flat')
  line('500 parents at 50 ms, of the ideal', String(result.fan_out.ratio), '')
  line(
    'achieved of 50 requests/s',
    `${result.rate.achieved_over_permitted} (429: ${result.rate.refused_429})`,
    'aim ≥ 0.97, no 429',
  )
  line('CLI start, ms', String(result.cli_start_ms), 'aim < 150')
  for (const peer of peers)
    line(`peer: ${peer.name} ${peer.version}, records/s`, String(peer.records_per_s ?? peer.skipped), 'reads and counts only')
}
