/**
 * `npm run bench [-- --json] [-- --quick] [-- --peers]`: speed and memory as ratios to a baseline in the same run.
 * Absolute figures are this machine's; the ratios are what to compare.
 */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ledgerSearch } from './ledger-search.ts'
import { measurePeers, type Peer } from './peers.ts'
import {
  compile,
  connectorOf,
  FLAGS,
  HERE,
  type Measured,
  measure,
  type Overtaken,
  round,
  type SentOnly,
  type Verified,
  withFolder,
  withTarget,
} from './stage.ts'

const { values: options } = parseArgs({
  options: { json: { type: 'boolean' }, quick: { type: 'boolean' }, peers: { type: 'boolean' } },
})
const SMALL = options.quick ? 20_000 : 200_000
const LARGE = options.quick ? 100_000 : 1_000_000
const CHANGES = options.quick ? 500 : 2_000
const ENTRIES = options.quick ? 100_000 : 1_000_000
const BACKLOG = options.quick ? 10_000 : 100_000

compile()
const small = await readAndReadAgain(SMALL)
const large = await readAndReadAgain(LARGE)
const fan_out = await fanOut()
const rate = await underRate()
const writes = await verifiedWrites()
const overtaking = await leaverOvertakes()
const ledger = await ledgerSearch(ENTRIES)
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
  writes,
  overtaking,
  ledger,
  cli_start_ms,
  ...(options.peers ? { peers } : {}),
  sizes: { small: SMALL, large: LARGE },
}
if (options.json) process.stdout.write(`${JSON.stringify(result)}\n`)
else print()

async function readAndReadAgain(users: number) {
  return withTarget(users, 0, 0, (target) =>
    withFolder(async (dir) => {
      const base = await measure('baseline', target.url, [dir])
      const first = await measure('measure', target.url, [dir, connectorOf('users')])
      const again = await measure('measure', target.url, [dir, connectorOf('users')])
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
      const run = await measure('measure', target.url, [dir, connectorOf('fan-out')])
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
      await measure('measure', target.url, [dir, connectorOf('rate')])
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

/** Each deactivation durable, looked at before, sent, looked at after in two ways, judged, audited; against sending alone, as many at once. */
async function verifiedWrites() {
  const latency_ms = 5
  const at_once = 8
  return withTarget(2 * CHANGES, latency_ms, 0, (target) =>
    withFolder(async (dir) => {
      const sent = await measure<SentOnly>('send-only', target.url, [String(CHANGES), String(at_once)])
      const run = await measure<Verified>('measure-writes', target.url, [dir, connectorOf('writes'), 'verify', String(CHANGES)])
      if (run.verified !== CHANGES || sent.sent !== CHANGES) throw new Error(`${run.verified} of ${CHANGES} verified`)
      return {
        verified_per_s: Math.round(CHANGES / run.wall_s),
        sent_only_per_s: Math.round(CHANGES / sent.wall_s),
        requests_ratio: round(run.requests / CHANGES),
        time_ratio: round(run.wall_s / sent.wall_s),
        /** The time that the requests alone would take at this latency, of the time it took. */
        of_wire_time: round((run.requests * latency_ms) / 1000 / at_once / run.wall_s),
        cpu_ms: round((run.cpu_s * 1000) / CHANGES),
      }
    }),
  )
}

async function leaverOvertakes() {
  return withTarget(BACKLOG + Math.ceil(BACKLOG / 10), 5, 0, (target) =>
    withFolder(async (dir) => {
      const run = await measure<Overtaken>('measure-writes', target.url, [
        dir,
        connectorOf('writes'),
        'overtake',
        String(BACKLOG),
      ])
      if (run.still_waiting < BACKLOG / 2) throw new Error('there was no backlog left to overtake')
      const times = run.first_request_ms
      return {
        backlog: run.backlog,
        first_request_ms_p50: times[Math.floor(times.length / 2)] ?? null,
        first_request_ms_max: times.at(-1) ?? null,
      }
    }),
  )
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
  line(
    'verified deactivations/s at 5 ms (sent only)',
    `${writes.verified_per_s} (${writes.sent_only_per_s})`,
    `${writes.requests_ratio} requests, ${writes.time_ratio} × the time`,
  )
  line('of the time its requests need', String(writes.of_wire_time), '')
  line(
    `a leaver's first request over ${overtaking.backlog}, ms`,
    `${overtaking.first_request_ms_p50} (max ${overtaking.first_request_ms_max})`,
    'aim < 250',
  )
  line(
    `worst of ${ledger.questions} searches in ${ledger.entries} ledger entries, ms`,
    `${ledger.worst_ms} (median ${ledger.median_ms})`,
    `aim < 500; ${ledger.ratio} of one look at each entry, ${ledger.scan_ms} ms`,
  )
  line('CLI start, ms', String(result.cli_start_ms), 'aim < 150')
  for (const peer of peers)
    line(`peer: ${peer.name} ${peer.version}, records/s`, String(peer.records_per_s ?? peer.skipped), 'reads and counts only')
}
