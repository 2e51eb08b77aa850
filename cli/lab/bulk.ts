/**
 * Many runs. What is played and in which order it is told depends on the seed alone, never on which worker was
 * faster: quotas are looked at where a batch ends, and a batch is told in the order it was planned.
 */
import { scenarioOf } from './broken-run.ts'
import { EVIDENCE } from './evidence.ts'
import { type PlanOptions, type Quota, roundOf, someOf } from './plan.ts'
import type { Bench, Job, Played } from './types.ts'

export type BulkOptions = PlanOptions & {
  readonly quotas: readonly Quota[]
  /** At least so many rounds of every cell, whatever the quota says; 0: as many runs as it says, every lie in every dialect before any of them in another action. */
  readonly rounds: number
  /** Of each quota's round so many at the most; every lie is among them. Null: all. */
  readonly most: number | null
  /** Evidence items; each is switched off in another playing of runs of the rounds that are asked for, or of the first. */
  readonly without: readonly string[]
  /** Of each quota so many runs, at the most, in which the other policies are played too. */
  readonly policy_runs: number
}
/** Gives them back in the order they were given. */
export type PlayAll = (jobs: readonly Job[]) => Promise<readonly Played[]>

/** Nothing strikes in these scenarios: more rounds would not end. */
const IDLE_ROUNDS = 8

/** Runs in the order of the plan. Rounds of all cells, then parts of further rounds until enough of them counted. */
export async function playPlan(benches: readonly Bench[], options: BulkOptions, play: PlayAll): Promise<readonly Played[]> {
  const all: Played[] = []
  const first: Played[] = []
  for (const quota of options.quotas) {
    let counted = 0
    let idle = 0
    for (let round = 0; round < options.rounds || counted < quota.runs; round++) {
      const cells = roundOf(benches, quota, round, options)
      const some = someOf(cells, options.most ?? cells.length)
      const jobs = some.map((job, place) => ({ ...job, policies: job.policies && round === 0 && place < options.policy_runs }))
      const before = counted
      for (let at = 0; at < jobs.length; ) {
        const least = round < options.rounds ? jobs.length : quota.runs - counted
        if (least <= 0) break
        const played = await play(jobs.slice(at, at + least))
        at += least
        all.push(...played)
        if (round < Math.max(1, options.rounds)) first.push(...played)
        counted += played.filter(({ run }) => run.counts).length
      }
      idle = counted === before ? idle + 1 : 0
      if (idle === IDLE_ROUNDS) break
    }
  }
  if (options.without.length > 0) all.push(...(await play(blinded(benches, first, options))))
  return all
}

/** Of each round that is asked for (the first, where none is) so many are played again for each item: with a lie, and without. */
const BLIND = { faulty: 200, honest: 60 } as const

/** With one item off each time; every lie is among them. */
function blinded(benches: readonly Bench[], played: readonly Played[], { without, rounds }: BulkOptions): readonly Job[] {
  const times = Math.max(1, rounds)
  const counted = played.filter(({ job, run }) => run.counts && scenarioOf(benches, job).costly !== true)
  return without.flatMap((item) => {
    const side = Object.hasOwn(EVIDENCE, item) ? 'read' : 'write'
    const jobs = (faulty: boolean) =>
      counted.filter(({ job, run }) => job.side === side && (run.class === 'faulty') === faulty).map(({ job }) => job)
    const again = [...someOf(jobs(true), times * BLIND.faulty), ...someOf(jobs(false), times * BLIND.honest)]
    return again.map((job) => ({ ...job, off: [item], policies: false }))
  })
}
