/** Which runs are played: fixed by the seed, the dialects and their scenarios, and by nothing that happens meanwhile. */
import { createHash } from 'node:crypto'
import type { Bench, FaultClass, Job, Scenario, Side } from './types.ts'

/** Runs of one kind that must count. */
export type Quota = { readonly side: Side; readonly faulty: boolean; readonly runs: number }

export type PlanOptions = {
  readonly seed: number
  /** Null: every dialect. Else this one, or every one of this connector. */
  readonly dialect: string | null
  /** Null: every scenario. Else this one, or every variant of it. */
  readonly fault: string | null
}

export const FULL: readonly Quota[] = [
  { side: 'read', faulty: true, runs: 5000 },
  { side: 'read', faulty: false, runs: 5000 },
  { side: 'write', faulty: true, runs: 2000 },
  { side: 'write', faulty: false, runs: 2000 },
]

/** For CI. */
export const QUICK: readonly Quota[] = FULL.map((quota) => ({ ...quota, runs: quota.runs / 10 }))

const COSTLY_EVERY = 8

export const isFaulty = (of: FaultClass): boolean => of === 'faulty'
export const within = (name: string, wanted: string | null): boolean =>
  wanted === null || name === wanted || name.startsWith(`${wanted}/`)

/**
 * One round, with the other policies wherever they are not too slow: every cell once, in an order shuffled by the seed, so that a part of a round favours no dialect. The seed of a run comes
 * from its cell and round alone: another plan, or one connector alone, plays it the same.
 */
export function roundOf(benches: readonly Bench[], quota: Quota, round: number, options: PlanOptions): readonly Job[] {
  const jobs: { readonly job: Job; readonly at: number }[] = []
  for (const bench of benches) {
    if (bench.side !== quota.side) continue
    for (const dialect of bench.dialects) {
      if (!within(dialect, options.dialect)) continue
      for (const scenario of bench.scenarios(dialect)) {
        if (isFaulty(scenario.class) !== quota.faulty || !within(scenario.name, options.fault)) continue
        if (scenario.costly === true && options.fault === null && !isTurn(dialect, scenario, round)) continue
        const seed = seedOf(options.seed, bench.side, dialect, scenario.name, round)
        const job: Job = { side: bench.side, dialect, scenario: scenario.name, seed, off: [], policies: scenario.costly !== true }
        jobs.push({ job, at: seedOf(seed, 'order') })
      }
    }
  }
  return jobs.sort((a, b) => a.at - b.at).map(({ job }) => job)
}

/** Costly cells take turns. */
const isTurn = (dialect: string, { name, every = COSTLY_EVERY }: Scenario, round: number): boolean =>
  (seedOf(0, dialect, name) + round) % every === 0

/** As many of a round: every lie, in whichever dialect and action comes first; then every lie in every dialect; then the other actions. */
export function someOf(jobs: readonly Job[], most: number): readonly Job[] {
  const lieOf = ({ scenario }: Job) => scenario.split('/')[0]
  const first = placesBy(jobs, lieOf)
  const places = placesBy(jobs, (job) => JSON.stringify([lieOf(job), job.dialect]))
  const turn = (job: Job): number => (first.get(job) === 0 ? -1 : (places.get(job) ?? 0))
  return jobs.toSorted((a, b) => turn(a) - turn(b)).slice(0, most)
}

const placesBy = (jobs: readonly Job[], key: (job: Job) => string | undefined): ReadonlyMap<Job, number> =>
  new Map([...Map.groupBy(jobs, key).values()].flatMap((group) => group.map((job, place) => [job, place] as const)))

/** 32 bits, so that a person can copy it. */
export function seedOf(seed: number, ...parts: readonly (string | number)[]): number {
  return createHash('sha256')
    .update(JSON.stringify([seed, ...parts]))
    .digest()
    .readUInt32BE(0)
}
