/** A run that did not come to its end, and the scenario of a job. */
import type { Bench, Job, Run, Scenario } from './types.ts'

/** A run of which nothing is known but that it broke. It counts: a runtime that crashes or hangs was not fine. */
export function brokenRun(benches: readonly Bench[], job: Job, because: string): Run {
  const scenario = scenarioOf(benches, job)
  return {
    scenario: job.scenario,
    side: job.side,
    class: scenario.class,
    dialect: job.dialect,
    seed: job.seed,
    population: 0,
    fired: {},
    counts: true,
    said: 'error',
    because,
    expected: scenario.expected,
    false_success: false,
    false_block: scenario.class !== 'faulty',
    noticed: true,
    differs: [],
    requests: 0,
    requests_bare: 0,
    ms: 0,
    log: because,
  }
}

/** Throws where the bench has no such scenario: then plan and bench do not belong together. */
export function scenarioOf(benches: readonly Bench[], job: Pick<Job, 'side' | 'dialect' | 'scenario'>): Scenario {
  const bench = benches.find(({ side, dialects }) => side === job.side && dialects.includes(job.dialect))
  const scenario = bench?.scenarios(job.dialect).find(({ name }) => name === job.scenario)
  if (scenario === undefined) throw new Error(`the lab has no scenario ${job.scenario} of ${job.dialect}`)
  return scenario
}
