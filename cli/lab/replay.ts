/** One run again, with every exchange as the target saw it. */
import { Failure } from '../../runtime/errors.ts'
import { EXIT, type Exit, type Io, JSON_VERSION } from '../io.ts'
import { cutTo, jsonLine, type Paint, painter, safe } from '../text.ts'
import { within } from './plan.ts'
import { playJob } from './play-job.ts'
import { kindOf } from './report/tally.ts'
import type { Bench, Exchange, Job, Run } from './types.ts'

export type ReplayOptions = {
  readonly benches: readonly Bench[]
  readonly dialect: string | null
  /** `R4@123`. */
  readonly wanted: string
  readonly off: readonly string[]
  readonly json: boolean
}

/** Exit 1 where the run is a finding. */
export async function replay({ benches, dialect, wanted, off, json }: ReplayOptions, io: Io): Promise<Exit> {
  const [, scenario = '', digits = ''] = /^(.+)@(\d{1,10})$/.exec(wanted) ?? []
  if (scenario === '') throw new Failure('cli/usage', '--replay', '--replay takes a lie and a seed: --replay R4@3405691582')
  const jobs = jobsOf(benches, dialect, scenario, Number(digits), off)
  if (jobs.length === 0) throw new Failure('cli/usage', '--replay', `there is no lie \`${safe(scenario)}\` here`)
  let wrong = false
  const documents: object[] = []
  for (const job of jobs) {
    const exchanges: Exchange[] = []
    const { run } = await playJob(benches, job, (exchange) => void exchanges.push(exchange))
    wrong ||= off.length === 0 && kindOf(run) !== null
    if (json) documents.push({ run, exchanges })
    else io.out(cutTo(replayText(run, exchanges, painter(io.color)), io.width))
  }
  if (json) io.out(jsonLine({ version: JSON_VERSION, command: 'lab', replay: documents }))
  return wrong ? EXIT.findings : EXIT.fine
}

/** The dialect of that very name where there is one, else every variant of the connector. */
function jobsOf(
  benches: readonly Bench[],
  dialect: string | null,
  scenario: string,
  seed: number,
  off: readonly string[],
): readonly Job[] {
  return benches.flatMap((bench) => {
    const exact = bench.dialects.filter((one) => one === dialect)
    const dialects = exact.length > 0 ? exact : bench.dialects.filter((one) => within(one, dialect))
    return dialects
      .filter((one) => bench.scenarios(one).some(({ name }) => name === scenario))
      .map((one) => ({ side: bench.side, dialect: one, scenario, seed, off, policies: false }))
  })
}

function replayText(run: Run, exchanges: readonly Exchange[], paint: Paint): string {
  const struck = Object.entries(run.fired).map(([name, times]) => `${safe(name)} ${times}×`)
  const lines = exchanges.map((one, i) => {
    const lies = one.faults.length === 0 ? '' : `  ${paint.red(`lies: ${one.faults.map(safe).join(', ')}`)}`
    const sent = one.sent === null ? '' : `\n       ${paint.dim(`→ ${bodyText(one.sent)}`)}`
    return `${String(i + 1).padStart(5)}  ${safe(one.method)} ${safe(hostFirst(one.url))}  ${one.status}${lies}${sent}\n       ${paint.dim(`← ${bodyText(one.answer)}`)}\n`
  })
  const kind = kindOf(run)
  const tint = kind === null ? paint.green : paint.red
  return [
    `${paint.bold(`${safe(run.dialect)} ${safe(run.scenario)}`)}  seed ${run.seed}, ${run.population} accounts\n`,
    ...lines,
    `  said      ${tint(run.said)}: ${safe(run.because)}\n`,
    `  expected  ${run.expected.join(' or ')}\n`,
    ...(struck.length > 0 ? [`  struck    ${struck.join(', ')}${run.counts ? '' : ' (not all: it does not count)'}\n`] : []),
    ...(run.differs.length > 0 ? [`  differs   ${run.differs.map(safe).join('; ')}\n`] : []),
    `  requests  ${run.requests}, of a loop that proves nothing ${run.requests_bare}\n`,
    ...(kind === null ? [] : [`  ${paint.red(`finding: ${kind.replace('_', ' ')}`)}\n`]),
    paint.dim(`  log ${run.log}\n\n`),
  ].join('')
}

/** One server plays every host: `/@host/path`. */
const hostFirst = (url: string): string => url.replace(/^\/@/, '')

const BODY_SHOWN = 160

function bodyText(text: string): string {
  const more = text.length > BODY_SHOWN ? `… ${text.length.toLocaleString('en-US')} characters` : ''
  return `${safe(text.slice(0, BODY_SHOWN))}${more}`
}
