import type { Checked } from '../runtime/read/check.ts'
import { COMMON, type CommandSpec, STORE } from './args.ts'
import { command } from './command.ts'
import { CONNECTION, type Target } from './compose.ts'
import { nextOfCode } from './failure.ts'
import { EXIT, type Exit, JSON_VERSION } from './io.ts'
import { jsonLine, type Paint, painter, plural, safe, table } from './text.ts'
import { nextLines } from './verdict-text.ts'
import { withTarget } from './with-target.ts'

const spec = {
  name: 'check',
  about:
    'Asks the target who we are, what the credential may see, and for the first page of each stream. Stores nothing.\nExit 1 where something does not work, 3 where the target was not reached at all.',
  words: '[NAME]',
  takes: [0, 1],
  flags: { ...CONNECTION, ...STORE, ...COMMON },
  examples: [
    ['rollcall check acme', 'a stored connection'],
    ['rollcall check --connector okta --set domain=acme.okta.com --secret token=env:OKTA_TOKEN', 'before storing one'],
  ],
} as const satisfies CommandSpec

export const run = command(spec, async ({ flags, words: [name] }, unguarded) =>
  withTarget(
    name,
    flags,
    unguarded,
    async (target, http, io) => {
      const [{ check }, { nearest }] = await Promise.all([
        import('../runtime/read/check.ts'),
        import('../runtime/spec/nearest.ts'),
      ])
      const checked = await check(target, http, nearest)
      if (flags.json)
        io.out(jsonLine({ version: JSON_VERSION, command: 'check', connection: target.connection.name, ...checked }))
      else io.out(checkText(target, checked, painter(io.color)))
      return exitOf(checked)
    },
    'check',
  ),
)

/** As runtime/read/check.ts says it: nothing of that room is loaded for the overview. */
const NOT_LOOKED = 'read/parent-not-read'

function exitOf({ whoami, scope, streams }: Checked): Exit {
  const all = Object.values(streams)
  if (all.length > 0 && all.every((s) => s.lost || s.code === NOT_LOOKED) && all.some((s) => s.lost)) return EXIT.environment
  const fine =
    all.every((s) => s.works || !s.certified) &&
    scope.every((s) => s.result !== 'refuted') &&
    !(whoami !== null && 'failed' in whoami)
  return fine ? EXIT.fine : EXIT.findings
}

function checkText({ connector, connection }: Target, { whoami, scope, streams }: Checked, paint: Paint): string {
  const mark = (good: boolean | null): string => (good === null ? paint.yellow('?') : good ? paint.green('ok') : paint.red('no'))
  const me =
    whoami === null
      ? []
      : [[mark(!('failed' in whoami)), 'who we are', 'failed' in whoami ? safe(whoami.failed) : safe(whoami.id)]]
  const views = scope.map((s) => [
    mark({ held: true, refuted: false, not_shown: null, unanswered: null }[s.result]),
    safe(s.shows),
    `${safe(s.where)}${s.because === null ? '' : `: ${safe(s.because)}`}`,
  ])
  const lists = Object.entries(streams).map(([name, s]) => {
    const size = `${plural(s.records, 'record')} on the first page${s.total === null ? '' : `, declared total ${s.total.toLocaleString('en-US')}`}${s.more ? ', more follow' : ''}`
    return [
      mark(s.works),
      `${safe(name)}${s.certified ? '' : ' (not certified)'}`,
      s.because === null ? size : `${s.code === null ? '' : `${s.code}: `}${safe(s.because)}`,
    ]
  })
  const title = `${paint.bold(safe(connection.name))}  ${safe(connector.title)}\n`
  return title + table([...me, ...views, ...lists]) + noteLines(streams, paint)
}

/** What to do about each code, once; and fields that no record of a first page fills, where a near key says that it is a slip. */
function noteLines(streams: Checked['streams'], paint: Paint): string {
  const codes = Map.groupBy(
    Object.entries(streams).filter(([, s]) => s.code !== null && s.code !== NOT_LOOKED),
    ([, s]) => s.code ?? '',
  )
  const steps = [...codes].map(
    ([code, of]) => `${nextOfCode(code) ?? ''} ${paint.dim(`(${of.map(([name]) => safe(name)).join(', ')})`)}`,
  )
  const slips = Object.entries(streams).flatMap(([name, s]) =>
    s.findings
      .filter((f) => f.severity === 'warning' && f.help !== null)
      .map((f) => `  ${paint.yellow('look')}  ${safe(`${name}: ${f.message}; ${f.help}`)}\n`),
  )
  return slips.join('') + nextLines(steps, paint, '  ')
}
