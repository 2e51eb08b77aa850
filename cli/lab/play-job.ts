/** One job on the benches of this process. */
import { brokenRun, scenarioOf } from './broken-run.ts'
import type { Bench, Job, Played, PlayOptions } from './types.ts'

/** A run that throws is an `error`, never a run that is left out. */
export async function playJob(
  benches: readonly Bench[],
  job: Job,
  onExchange: PlayOptions['onExchange'] = undefined,
): Promise<Played> {
  const scenario = scenarioOf(benches, job)
  const bench = benches.find(({ side, dialects }) => side === job.side && dialects.includes(job.dialect)) as Bench
  try {
    const options = { off: job.off, ...(onExchange === undefined ? {} : { onExchange }) }
    const run = await bench.play(job.dialect, scenario, job.seed, options)
    return { job, run, policies: job.policies ? await bench.policies(job.dialect, scenario, job.seed) : [] }
  } catch (error) {
    const because = error instanceof Error ? (error.stack ?? error.message).split('\n').slice(0, 3).join(' ') : String(error)
    return { job, run: brokenRun(benches, job, `the lab or the runtime threw: ${because}`), policies: [] }
  }
}
