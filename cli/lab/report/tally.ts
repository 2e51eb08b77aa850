/** What many runs say together. Pure: the same runs in the same order give the same report. */
import { createHash } from 'node:crypto'
import type { LabFinding, LabReport, OfficialLine, Played, Rate, Run, Scenario, Side } from '../types.ts'
import { ablationOf } from './ablation.ts'
import { cappedOf, cellsOf } from './cells.ts'
import { rateOf, shareOf } from './numbers.ts'
import { policiesOf } from './policy-lines.ts'
import { worthOf } from './worth.ts'

export type TallyOptions = {
  readonly seed: number
  readonly played: readonly Played[]
  /** Of further playings of the very same (`--again`). */
  readonly logs?: readonly string[]
  /** Of a scenario of these benches: the line for people. */
  readonly scenario: (side: Side, dialect: string, name: string) => Scenario | undefined
  /** `dialect: stream groups`. */
  readonly unplayed: readonly string[]
  readonly impossible: readonly string[]
  readonly assumed: readonly string[]
  /** Of a dialect: its official descriptions, or why there are none. */
  readonly official: (dialect: string) => { readonly files: readonly string[]; readonly because: string | null }
  /** The command that plays one run again, for a finding. */
  readonly replay: (run: Run) => string
}

/** Only runs that count are in any number; those that do not are in the cells. Runs with an item off are in `ablation` alone. */
export function tally(o: TallyOptions): LabReport {
  const base = o.played.filter(({ job }) => job.off.length === 0)
  const runs = base.map(({ run }) => run)
  // What broke, or was believed and false, is never dropped because the lie had nothing to strike.
  const counted = runs.filter((run) => run.counts || run.said === 'error' || run.false_success)
  const of = (side: Side, faulty: boolean) => counted.filter((run) => run.side === side && (run.class === 'faulty') === faulty)
  const [reads, writes] = [of('read', true), of('write', true)]
  const controls = counted.filter((run) => run.class !== 'faulty')
  // A run that broke said nothing: it is a finding, and makes no rate look better.
  const ended = (some: readonly Run[]) => some.filter((run) => run.said !== 'error' || run.false_success)
  const falseOf = (some: readonly Run[]) => some.filter((run) => run.false_success).length
  // A control that says yes and is wrong is a false success too; it was played without a lie, so it is no part of the rate.
  const [false_complete, false_verified] = (['read', 'write'] as const).map((side) =>
    falseOf(counted.filter((run) => run.side === side)),
  ) as [number, number]
  const false_block = controls.filter((run) => run.false_block).length
  const cells = cellsOf(runs, o.scenario)
  const bare = of('read', false).filter((run) => run.said !== 'error')
  const sum = (some: readonly Run[], pick: (run: Run) => number) => some.reduce((total, run) => total + pick(run), 0)
  const requests_bare = sum(bare, (run) => run.requests_bare)
  return {
    reads: { faulty: reads.length, false_complete },
    writes: { faulty: writes.length, false_verified },
    honest: { runs: controls.length, false_block },
    version: 1,
    command: 'lab',
    seed: o.seed,
    log: logOf(o.played),
    again: againOf(o.logs ?? [], logOf(o.played)),
    dialects: [...new Set(runs.map((run) => run.dialect))].sort(),
    rates: {
      false_complete: rateOf(falseOf(reads), ended(reads).length),
      false_verified: rateOf(falseOf(writes), ended(writes).length),
      false_block: rateOf(false_block, controls.length),
      detection_reads: detectionOf(ended(reads)),
      detection_writes: detectionOf(ended(writes)),
      request_overhead: requests_bare === 0 ? null : sum(bare, (run) => run.requests) / requests_bare,
    },
    findings: counted.flatMap((run) => findingOf(run, o.replay)),
    cells,
    capped: cappedOf(runs),
    never_fired: cells.filter((cell) => cell.counted === 0).map((cell) => `${cell.dialect}: ${cell.scenario}`),
    unplayed: o.unplayed,
    impossible: o.impossible,
    assumed: o.assumed,
    official: officialOf(o.played, o.official),
    ablation: ablationOf(o.played),
    worth: worthOf(counted),
    policies: policiesOf(base),
  }
}

/** Of the lies that came to something, those that nothing can show here included. Where the answer was yes and it was so all the same (read again, applied late) there was nothing to notice. */
function detectionOf(runs: readonly Run[]): Rate {
  const noticed = runs.filter((run) => run.noticed && !run.false_success).length
  return shareOf(noticed, noticed + runs.filter((run) => run.false_success || run.capped !== undefined).length)
}

function officialOf(played: readonly Played[], of: TallyOptions['official']): readonly OfficialLine[] {
  const dialects = Map.groupBy(played, ({ run }) => run.dialect)
  return [...dialects]
    .map(([dialect, some]) => {
      const sum = (pick: 'checked' | 'elsewhere') => some.reduce((total, { run }) => total + (run.official?.[pick] ?? 0), 0)
      return { dialect, ...of(dialect), checked: sum('checked'), elsewhere: sum('elsewhere') }
    })
    .sort((a, b) => a.dialect.localeCompare(b.dialect, 'en', { numeric: true }))
}

/** Nothing was noticed wrong, and something was measured. */
export function isFine(report: LabReport): boolean {
  const same = report.again.same === report.again.times
  return same && report.findings.length === 0 && report.reads.faulty + report.writes.faulty + report.honest.runs > 0
}

export function kindOf(run: Run): LabFinding['kind'] | null {
  if (run.false_success) return run.side === 'read' ? 'false_complete' : 'false_verified'
  if (run.said === 'error') return 'error'
  if (run.false_block) return 'false_block'
  return run.expected.includes(run.said) ? null : 'unexpected'
}

function findingOf(run: Run, replay: (run: Run) => string): readonly LabFinding[] {
  const kind = kindOf(run)
  if (kind === null) return []
  const { scenario, dialect, side, seed, said, expected, because, differs } = run
  return [{ kind, scenario, dialect, side, seed, said, expected, because, differs, replay: replay(run) }]
}

const againOf = (logs: readonly string[], log: string): LabReport['again'] => ({
  times: logs.length,
  same: logs.filter((one) => one === log).length,
})

/** Every run in the order of the plan, those without an item too: which it was, what it said, and the twin's own log. Never how long it took. */
export function logOf(played: readonly Played[]): string {
  const hash = createHash('sha256')
  for (const { job, run } of played)
    hash.update(`${JSON.stringify([run.scenario, run.dialect, run.seed, job.off, run.counts, run.said, run.log])}\n`)
  return hash.digest('hex')
}
