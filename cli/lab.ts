/** `rollcall lab`: plays targets that lie, and reports which lies were noticed. */
import { existsSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { Failure } from '../runtime/errors.ts'
import { didYouMean } from '../runtime/spec/nearest.ts'
import { COMMON, type CommandSpec, type Flags, whole } from './args.ts'
import { command, type Run as RunCommand } from './command.ts'
import { readConnector } from './connector-file.ts'
import { UNREADABLE } from './failure.ts'
import { EXIT, type Exit, type Io } from './io.ts'
import { type BulkOptions, playPlan } from './lab/bulk.ts'
import { openCrew } from './lab/crew.ts'
import { EVIDENCE } from './lab/evidence.ts'
import { twinOf } from './lab/own.ts'
import { FULL, QUICK, roundOf, within } from './lab/plan.ts'
import { openLabProgress } from './lab/progress.ts'
import { replay } from './lab/replay.ts'
import { labPage } from './lab/report/html.ts'
import { labText } from './lab/report/table.ts'
import { isFine, kindOf, logOf, tally } from './lab/report/tally.ts'
import type { Bench, LabReport, OpenBenches, Played, Wanted } from './lab/types.ts'
import { WRITE_EVIDENCE } from './lab/write-evidence.ts'
import { jsonLine, painter, safe } from './text.ts'

const spec = {
  name: 'lab',
  about:
    'Plays the target of a connector on this machine, lies, and reports which lies were noticed. Without CONNECTOR: all connectors and\ndialects, until enough runs count. Exit 1 where something false was believed, something honest was blocked, or an answer is not one\nof those expected. Nothing leaves this machine, and no store of yours is touched.',
  words: '[CONNECTOR]',
  takes: [0, 1],
  flags: {
    seed: { type: 'string', value: 'N', about: 'populations, lies, order (default 1): the same seed gives the same report' },
    runs: {
      type: 'string',
      value: 'N',
      about:
        'runs of each lie in each dialect and action (default: each lie once or a few times, in seconds; without CONNECTOR as many as it takes)',
    },
    fault: { type: 'string', value: 'NAME', about: 'only this lie: R4, W12, honest, R13/cap-7' },
    without: {
      type: 'string',
      multiple: true,
      value: 'EVIDENCE',
      about: 'the runs again without this evidence item, to see what it is worth; several times, or `all`',
    },
    'write-twin': {
      type: 'boolean',
      about: 'of ./acme.yaml: write what can be derived from it as acme.twin.yaml, to go on with, and play nothing',
    },
    openapi: {
      type: 'string',
      value: 'FOLDER',
      about:
        'official API descriptions: every request is held against the one that the twin file names (default: $ROLLCALL_OPENAPI)',
    },
    policies: { type: 'boolean', about: 'play other ways of reading and writing over the same lies, beside ours' },
    quick: { type: 'boolean', about: 'without CONNECTOR: a tenth of the runs, as CI does' },
    again: {
      type: 'string',
      value: 'N',
      about: 'play all of it N times more, by one process, by two, by three in turn; exit 1 where a log is not that of the first',
    },
    replay: { type: 'string', value: 'LIE@SEED', about: 'one run again: every request the target saw, and what was said' },
    html: { type: 'string', value: 'FILE', about: 'write the report as one page, too' },
    progress: { type: 'boolean', about: 'show progress with --json too, as lines on stderr' },
    ...COMMON,
  },
  examples: [
    ['rollcall lab scim2', 'one connector'],
    ['rollcall lab okta --fault R4 --runs 20', 'one lie, twenty times'],
    ['rollcall lab scim2 --without second_pass', 'what is the second pass worth?'],
    ['rollcall lab okta --replay R4@3405691582', 'what happened in that run?'],
    ['rollcall lab ./acme.yaml --html lab.html', 'a connector of your own, and a page to send around'],
    ['rollcall lab --quick --again 19', 'is it the same twenty times?'],
    ['rollcall lab --policies --json', 'everything, for a program'],
  ],
} as const satisfies CommandSpec

type LabFlags = Flags<(typeof spec)['flags']>

const WORKERS = 2
/** Of `--again`, in turn: how many there are must change nothing. */
const PROCESSES = [1, 2, 3]
/** A run takes a tenth of a second; the clock it sees jumps. */
const LIMIT_MS = 60_000
/** Of a connector's lies, so that its report is there in seconds: reads, writes, and each without a lie. */
const MOST = 100
const POLICY_RUNS = 500

/** The benches of this program, for the workers. */
const PLAYS = new URL(import.meta.url.endsWith('.ts') ? './lab/plays.ts' : './lab/plays.js', import.meta.url).href

export const run = labCommand(PLAYS)

/** `module` exports `openBenches`: tests bring their own. */
export function labCommand(module: string): RunCommand {
  return command(spec, async ({ flags, words: [word] }, io) => {
    const seed = whole('--seed', flags.seed, 1, [0, 0xffff_ffff])
    const runs = whole('--runs', flags.runs, 0, [1, 10_000])
    const again = whole('--again', flags.again, 0, [1, 100])
    const without = evidence(flags.without)
    const { openBenches } = (await import(module)) as { readonly openBenches: OpenBenches }
    const openapi = openapiAt(flags.openapi, io)
    const { benches, dialect, file } = await open(openBenches, word, openapi, io)
    try {
      if (flags['write-twin']) return writeTwin(benches, word, file, io)
      const plan = { seed, dialect, fault: flags.fault ?? null }
      refuseNothing(benches, plan)
      if (flags.replay !== undefined)
        return await replay({ benches, dialect, wanted: flags.replay, off: without, json: flags.json }, io)
      const counted = word === undefined && runs === 0
      const options: BulkOptions = {
        ...plan,
        quotas: (flags.quick ? QUICK : FULL).map((quota) => (counted ? quota : { ...quota, runs: 0 })),
        rounds: counted ? 0 : Math.max(1, runs),
        most: !counted && runs === 0 ? MOST : null,
        without,
        policy_runs: flags.policies ? (flags.quick ? POLICY_RUNS / 10 : POLICY_RUNS) : 0,
      }
      const at = { module, wanted: { file, dialect, openapi } }
      const told = (played: readonly Played[], logs: readonly string[]) =>
        tally({
          seed,
          played,
          logs,
          scenario: (side, at, name) =>
            benches
              .find((bench) => bench.side === side)
              ?.scenarios(at)
              .find((one) => one.name === name),
          unplayed: benches.flatMap((bench) => unplayedOf(bench, dialect)),
          impossible: benches.flatMap(({ impossible }) =>
            Object.entries(impossible ?? {}).map(([name, because]) => `${name}: ${because}`),
          ),
          assumed: benches.flatMap((bench) => bench.assumed ?? []),
          official: (at) =>
            benches.find(({ official, dialects }) => official !== undefined && dialects.includes(at))?.official?.(at) ?? {
              files: [],
              because: 'not checked',
            },
          replay: (one) => `rollcall lab ${file === null ? one.dialect : (word ?? '')} --replay ${one.scenario}@${one.seed}`,
        })
      const played = await play(benches, options, at, WORKERS, flags, io)
      const logs: string[] = []
      for (let time = 0; time < again; time++)
        logs.push(logOf(await play(benches, options, at, PROCESSES[time % PROCESSES.length] as number, flags, io)))
      const report = told(played, logs)
      if (flags.html !== undefined) write(flags.html, report, word, io)
      io.out(flags.json ? jsonLine(report) : labText(report, painter(io.color), io.width))
      return isFine(report) ? EXIT.fine : EXIT.findings
    } finally {
      for (const bench of benches) await bench.close()
    }
  })
}

/** Never over one that is there: somebody wrote it. */
function writeTwin(benches: readonly Bench[], word: string | undefined, file: string | null, io: Io): Exit {
  const text = benches.map(({ skeleton }) => skeleton?.()).find((one) => one !== undefined)
  if (word === undefined || file === null)
    throw new Failure('cli/usage', '--write-twin', '--write-twin takes a connector of your own, by its path: ./acme.yaml')
  const shown = safe(twinOf(word))
  if (text === undefined) throw new Failure('cli/file', word, `${shown} is there already, and is left as it is`)
  save(twinOf(file), text, shown)
  io.out(`wrote ${shown}\n  next: rollcall lab ${safe(word)}\n`)
  return EXIT.fine
}

function evidence(given: readonly string[]): readonly string[] {
  const names = [...Object.keys(EVIDENCE), ...Object.keys(WRITE_EVIDENCE)]
  const wrong = given.find((name) => name !== 'all' && !names.includes(name))
  if (wrong === undefined) return given.includes('all') ? names : [...new Set(given)]
  const hint = didYouMean(wrong, names) ?? `it is one of ${names.join(', ')}, or all`
  throw new Failure('cli/usage', '--without', `there is no evidence item \`${safe(wrong)}\`; ${hint}`)
}

/** Beside a checkout of this repository, where they are kept for it. */
const BESIDE = resolve(import.meta.dirname, '../../shared/openapi')

/** Null: there are none here, and nothing is held against any; the report says so. */
function openapiAt(given: string | undefined, io: Io): string | null {
  const wanted = given ?? io.env['ROLLCALL_OPENAPI']
  if (wanted === undefined || wanted === '') return existsSync(BESIDE) ? BESIDE : null
  if (existsSync(wanted)) return resolve(wanted)
  throw new Failure('cli/file', given === undefined ? 'ROLLCALL_OPENAPI' : '--openapi', `${safe(wanted)} is not there`)
}

type Opened = { readonly benches: readonly Bench[]; readonly dialect: string | null; readonly file: string | null }

/** A connector or dialect of ours by name, one of the user's by path. */
async function open(openBenches: OpenBenches, word: string | undefined, openapi: string | null, io: Io): Promise<Opened> {
  if (word !== undefined && /\.ya?ml$/i.test(word)) {
    const file = resolve(word)
    // Every fault of the connector in its place, before any of its twin file.
    await readConnector({ path: file, stored: file, shown: word }, io.color)
    try {
      return { benches: await openBenches({ file, dialect: null, openapi }), dialect: null, file }
    } catch (error) {
      throw new Failure('spec/invalid', twinOf(word), error instanceof Error ? error.message : String(error))
    }
  }
  const benches = await openBenches({ file: null, dialect: word ?? null, openapi })
  const dialects = [...new Set(benches.flatMap((bench) => bench.dialects))]
  if (word === undefined || dialects.some((dialect) => within(dialect, word)))
    return { benches, dialect: word ?? null, file: null }
  for (const bench of benches) await bench.close()
  const hint = didYouMean(word, dialects) ?? `it is one of ${dialects.join(', ')}; a file is written with its path: ./acme.yaml`
  throw new Failure('cli/usage', 'CONNECTOR', `the lab has no connector \`${safe(word)}\`; ${hint}`)
}

/** A name that nobody knows must not look like a lie that nobody told. */
function refuseNothing(
  benches: readonly Bench[],
  plan: { readonly seed: number; readonly dialect: string | null; readonly fault: string | null },
): void {
  if (FULL.some((quota) => roundOf(benches, quota, 0, plan).length > 0)) return
  const at = benches.flatMap((bench) =>
    bench.dialects.filter((dialect) => within(dialect, plan.dialect)).flatMap(bench.scenarios),
  )
  const unplayed = benches.flatMap((bench) => unplayedOf(bench, plan.dialect))
  const names = [...new Set(at.map(({ name }) => name))]
  const wanted = plan.fault ?? ''
  const hint =
    didYouMean(wanted, [...names, ...names.map((name) => name.split('/')[0] ?? '')]) ?? `it is one of ${names.join(', ')}`
  throw new Failure(
    'cli/usage',
    '--fault',
    names.length === 0
      ? ['nothing of it can be played', ...unplayed.map((one) => `  ${safe(one)}`)].join('\n')
      : `there is no lie \`${safe(wanted)}\` here; ${hint}`,
  )
}

async function play(
  benches: readonly Bench[],
  options: BulkOptions,
  at: { readonly module: string; readonly wanted: Wanted },
  workers: number,
  flags: LabFlags,
  io: Io,
): Promise<readonly Played[]> {
  const cells = FULL.reduce((sum, quota) => sum + roundOf(benches, quota, 0, options).length, 0)
  const progress = openLabProgress(
    io,
    flags.json && !flags.progress ? 'none' : io.tty && !flags.json ? 'terminal' : 'lines',
    cells,
  )
  const onPlayed = ({ job, run }: Played) => progress.on(run, job.off.length === 0 && run.counts && kindOf(run) !== null)
  const crew = openCrew({ ...at, workers, limit_ms: LIMIT_MS, benches, onPlayed })
  try {
    return await playPlan(benches, options, crew.play)
  } finally {
    progress.end()
    await crew.close()
  }
}

const unplayedOf = (bench: Bench, wanted: string | null): readonly string[] =>
  bench.dialects
    .filter((dialect) => within(dialect, wanted))
    .flatMap((dialect) => bench.unplayed(dialect).map((what) => `${dialect}: ${what}`))

function write(file: string, report: LabReport, word: string | undefined, io: Io): void {
  const title = `Rollcall lab: ${word ?? 'all connectors'}`
  save(file, labPage(report, { title, made_at: new Date(io.now()).toISOString() }), safe(file))
  io.err(`wrote ${safe(file)}\n`)
}

function save(file: string, text: string, shown: string): void {
  try {
    writeFileSync(file, text)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown fault'
    throw new Failure('cli/file', file, `${shown} cannot be written: ${UNREADABLE[code] ?? code}`)
  }
}
