import type { Http } from '../runtime/http/open.ts'
import type { ScopeAnswer } from '../runtime/judge/scope.ts'
import type { SampleFinding } from '../runtime/read/sample/judge.ts'
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

type StreamCheck = {
  readonly works: boolean
  readonly certified: boolean
  readonly lost: boolean
  readonly code: string | null
  readonly because: string | null
  readonly records: number
  readonly total: number | null
  readonly more: boolean
  /** What of the declaration leads nowhere in the first page; errors are in `because` too. */
  readonly findings: readonly SampleFinding[]
}
type Checked = {
  /** Null: the connector declares none. */
  readonly whoami: { readonly id: string } | { readonly failed: string } | null
  readonly scope: readonly ScopeAnswer[]
  readonly streams: { readonly [name: string]: StreamCheck }
}

export const run = command(spec, async ({ flags, words: [name] }, unguarded) =>
  withTarget(name, flags, unguarded, async (target, http, io) => {
    const checked = await check(target, http)
    if (flags.json) io.out(jsonLine({ version: JSON_VERSION, command: 'check', connection: target.connection.name, ...checked }))
    else io.out(checkText(target, checked, painter(io.color)))
    return exitOf(checked)
  }),
)

async function check(target: Target, http: Http): Promise<Checked> {
  const [{ askScope }, { openWhoami }, { settingNames }, { openFirstPages, said }] = await Promise.all([
    import('../runtime/read/scope.ts'),
    import('../runtime/record/whoami.ts'),
    import('../runtime/record/request.ts'),
    import('./first-pages.ts'),
  ])
  const { connector, connection } = target
  const names = settingNames(connection.settings)
  const whoami = connector.whoami === null ? null : await openWhoami({ connector, names, send: http.send, signal: undefined })()
  const scope = await askScope({ ...target, http })
  const look = openFirstPages(target, http)
  const streams: { [name: string]: StreamCheck } = {}
  for (const name of connector.order) {
    const certified = connector.streams[name]?.certified ?? true
    const looked = await look(name)
    if ('blocked' in looked) {
      streams[name] = {
        works: false,
        certified,
        lost: false,
        code: NOT_LOOKED,
        because: looked.blocked,
        records: 0,
        total: null,
        more: false,
        findings: [],
      }
      continue
    }
    const { observation, problem, records, total, next } = looked.page
    const wrong = looked.findings.find(({ severity }) => severity === 'error')
    const because = wrong === undefined ? problem : said(wrong)
    const code = observation.kind === 'answer' ? (wrong?.code ?? null) : observation.code
    streams[name] = {
      works: because === null,
      certified,
      lost: observation.kind === 'lost',
      code,
      because,
      records: records.length,
      total,
      more: next?.kind === 'page',
      findings: looked.findings,
    }
  }
  return { whoami, scope, streams }
}

/** Of a stream whose parents gave no record to look below. */
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
