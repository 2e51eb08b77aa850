import { describe, expect, test } from 'vitest'
import { playPlan } from '../../cli/lab/bulk.ts'
import { openCrew } from '../../cli/lab/crew.ts'
import { FULL, QUICK, roundOf, seedOf, someOf } from '../../cli/lab/plan.ts'
import { playJob } from '../../cli/lab/play-job.ts'
import { tally } from '../../cli/lab/report/tally.ts'
import type { Job, LabReport, Played } from '../../cli/lab/types.ts'
import { openBenches } from './fake-bench.ts'

const MODULE = new URL('./fake-bench.ts', import.meta.url).href
const PLAN = { seed: 1, dialect: null, fault: null, rounds: 1, most: null, without: [], policy_runs: 0 } as const
const SMALL = [
  { side: 'read', faulty: true, runs: 40 },
  { side: 'read', faulty: false, runs: 20 },
  { side: 'write', faulty: true, runs: 10 },
  { side: 'write', faulty: false, runs: 10 },
] as const

async function inCrew(workers: number, seed: number, file: string | null = null, limit_ms = 20_000): Promise<readonly Played[]> {
  const benches = await openBenches({ file })
  const crew = openCrew({
    workers,
    module: MODULE,
    wanted: { file, dialect: null },
    limit_ms,
    benches,
    onPlayed: () => undefined,
  })
  try {
    return await playPlan(benches, { ...PLAN, quotas: SMALL, seed }, crew.play)
  } finally {
    await crew.close()
  }
}

async function here(jobs: readonly Job[]): Promise<readonly Played[]> {
  const benches = await openBenches({ file: null })
  return Promise.all(jobs.map((job) => playJob(benches, job)))
}

const reportOf = (played: readonly Played[], seed = 1): LabReport =>
  tally({
    seed,
    played,
    scenario: () => undefined,
    unplayed: [],
    impossible: [],
    assumed: [],
    official: () => ({ files: [], because: 'made up' }),
    replay: () => '',
  })

describe('the same seed gives the same report', () => {
  test('in one process, in two and in three, whoever was faster', async () => {
    const played = await Promise.all([inCrew(1, 5), inCrew(2, 5), inCrew(2, 5), inCrew(3, 5)])
    const [first, ...others] = played.map((some) => reportOf(some, 5))
    for (const other of others) expect(other).toEqual(first)
    expect(first?.log).toMatch(/^[0-9a-f]{64}$/)
  })

  test('twenty times, and another seed another', async () => {
    const benches = await openBenches({ file: null })
    const logs = await Promise.all(
      Array.from({ length: 20 }, async () => reportOf(await playPlan(benches, { ...PLAN, quotas: SMALL }, here)).log),
    )
    expect(new Set(logs).size).toBe(1)
    expect(reportOf(await playPlan(benches, { ...PLAN, quotas: SMALL, seed: 2 }, here), 2).log).not.toBe(logs[0])
  })

  test('a connector alone is played as it is among the others', async () => {
    const benches = await openBenches({ file: null })
    const quota = { side: 'read', faulty: true, runs: 1 } as const
    const all = roundOf(benches, quota, 3, PLAN).filter(({ dialect }) => dialect === 'mute')
    const alone = roundOf(benches, quota, 3, { ...PLAN, dialect: 'mute' })
    expect(alone).toEqual(all)
    expect(roundOf(benches, quota, 3, { ...PLAN, dialect: 'alpha', fault: 'R10' }).map(({ dialect }) => dialect)).toEqual(
      expect.arrayContaining(['alpha', 'alpha/two']),
    )
  })

  test('a seed is one of 32 bits, and its own', () => {
    const seeds = new Set(Array.from({ length: 2000 }, (_, round) => seedOf(1, 'read', 'alpha', 'R1', round)))
    expect(seeds.size).toBe(2000)
    expect(Math.max(...seeds)).toBeLessThan(2 ** 32)
  })
})

describe('quotas', () => {
  test('are met by runs that count, every cell at least once', async () => {
    const report = reportOf(await playPlan(await openBenches({ file: null }), { ...PLAN, quotas: SMALL }, here))
    expect(report.reads.faulty).toBeGreaterThanOrEqual(40)
    expect(report.honest.runs).toBeGreaterThanOrEqual(30)
    expect(report.writes.faulty).toBeGreaterThanOrEqual(10)
    expect(report.cells).toHaveLength(3 * 5 + 2)
  })

  test('of scenarios that never strike end all the same, and count nothing', async () => {
    const quotas = [{ side: 'read', faulty: true, runs: 40 }] as const
    const played = await playPlan(await openBenches({ file: 'silent' }), { ...PLAN, quotas, fault: 'R30' }, async (jobs) => {
      const benches = await openBenches({ file: 'silent' })
      return Promise.all(jobs.map((job) => playJob(benches, job)))
    })
    const report = reportOf(played)
    expect(report.reads.faulty).toBe(0)
    expect(report.never_fired).toEqual(['alpha: R30', 'alpha/two: R30', 'mute: R30'])
  })

  test('in bulk they are those of the issue; CI plays a tenth', () => {
    expect(FULL.map(({ runs }, at) => runs >= ([5000, 5000, 2000, 2000][at] ?? 0))).toEqual([true, true, true, true])
    expect(QUICK.map(({ runs }) => runs * 10)).toEqual(FULL.map(({ runs }) => runs))
  })

  test('every lie first, then every lie in every dialect, then its other actions', () => {
    const job = (dialect: string, scenario: string): Job => ({
      side: 'write',
      dialect,
      scenario,
      seed: 1,
      off: [],
      policies: false,
    })
    const jobs = ['a', 'b'].flatMap((dialect) =>
      ['W1/grant', 'W1/revoke', 'W2/grant', 'W2/revoke'].map((name) => job(dialect, name)),
    )
    const told = someOf(jobs, 7).map(({ dialect, scenario }) => `${dialect} ${scenario}`)
    expect(told).toEqual(['a W1/grant', 'a W2/grant', 'b W1/grant', 'b W2/grant', 'a W1/revoke', 'a W2/revoke', 'b W1/revoke'])
  })
})

describe('a run that does not end well is an error, and the others go on', () => {
  test.each([
    ['throws', 'R17', /a planted fault/],
    ['dies', 'R18', /the process of the run ended: exit 7/],
    ['hangs', 'R9', /no end within 0.4 s/],
  ])('%s', { timeout: 60_000 }, async (file, scenario, because) => {
    const report = reportOf(await inCrew(2, 1, file, file === 'hangs' ? 400 : 20_000))
    const broken = report.findings.filter(({ kind }) => kind === 'error')
    expect(broken.length).toBeGreaterThanOrEqual(3)
    expect(new Set(broken.map((one) => one.scenario))).toEqual(new Set([scenario]))
    expect(broken[0]?.because).toMatch(because)
    expect(report.findings).toHaveLength(broken.length)
    expect(report.honest.runs).toBeGreaterThanOrEqual(30)
  })

  test('workers that do not start end the lab with the reason', async () => {
    const benches = await openBenches({ file: null })
    const crew = openCrew({
      workers: 2,
      module: MODULE,
      wanted: { file: 'never', dialect: null },
      limit_ms: 5000,
      benches,
      onPlayed: () => undefined,
    })
    await expect(playPlan(benches, { ...PLAN, quotas: SMALL }, crew.play)).rejects.toThrow(/did not start/)
    await crew.close()
  })
})
