import { prove } from '../runtime/kinds/prove/index.ts'
import type { Ceiling, Connector } from '../runtime/types.ts'
import { COMMON, type CommandSpec } from './args.ts'
import { command } from './command.ts'
import { findConnector, readConnector } from './connector-file.ts'
import { EXIT, JSON_VERSION } from './io.ts'
import { cutTo, jsonLine, type Paint, painter, safe, table } from './text.ts'

const spec = {
  name: 'depth',
  about:
    'The best verdict each stream of a connector can ever reach, what carries it, and what it would need. Computed from the YAML alone.',
  words: 'FILE…',
  takes: [1, 10_000],
  flags: {
    verbose: { type: 'boolean', about: 'the whole text of each word, reason and need' },
    ...COMMON,
  },
  examples: [
    ['rollcall depth okta', 'a connector that comes along'],
    ['rollcall depth connectors/*.yaml --json', 'several files, for a program'],
  ],
} as const satisfies CommandSpec

type Depth = { readonly file: string; readonly connector: Connector; readonly ceilings: readonly Ceiling[] }

export const run = command(spec, async ({ flags, words }, io) => {
  const { ceiling } = await import('../runtime/judge/ceiling.ts')
  const files: Depth[] = []
  for (const given of words) {
    const connector = await readConnector(findConnector(given), io.color)
    files.push({ file: given, connector, ceilings: ceiling(connector) })
  }
  if (flags.json) io.out(jsonLine({ version: JSON_VERSION, command: 'depth', connectors: files.map(depthJson) }))
  else {
    const paint = painter(io.color)
    const width = flags.verbose ? Number.POSITIVE_INFINITY : Math.min(io.width, WIDTH)
    for (const depth of files) io.out(`${depthText(depth, paint, width)}\n`)
    const legend = new Set(files.flatMap(({ ceilings }) => ceilings.flatMap(carriers)))
    const rows = [...legend].map((kind) => [paint.bold(kind), prove[kind]?.description ?? ''])
    if (rows.length > 0) io.out(cutTo(table(rows), width))
  }
  return EXIT.fine
})

/** Wider than this nobody reads a table, terminal or not. */
const WIDTH = 120

function depthJson({ file, connector, ceilings }: Depth): object {
  const streams = ceilings.map((c) => {
    const stream = connector.streams[c.stream]
    const depth = {
      list: stream?.list.path ?? null,
      by_id: stream?.get != null,
      certified: stream?.certified ?? false,
      covers: stream?.covers ?? {},
    }
    return [c.stream, { is: c.is, best: c.best, because: c.because, needs: c.needs, ...depth }] as const
  })
  return { file, connector: connector.connector, streams: Object.fromEntries(streams) }
}

function depthText({ connector, ceilings }: Depth, paint: Paint, width: number): string {
  const rows = ceilings.map((c) => {
    const stream = connector.streams[c.stream]
    const best = c.best === 'complete' ? paint.green('complete') : paint.yellow('unproven')
    const read = stream?.get == null ? 'list' : 'list, by id'
    const certified = stream?.certified === false ? 'no' : 'yes'
    return [safe(c.stream), c.is, certified, read, best, carriers(c).join(', ') || safe(c.because[0] ?? '')]
  })
  const head = ['stream', 'is', 'certified', 'reads', 'at best', 'carried by'].map(paint.dim)
  const short = [...grouped(ceilings, (c) => c.because.filter((text) => !isCarrier(text)))]
  // What the last column says already.
  const lacks = short.filter(([text, streams]) =>
    streams.some((name) => ceilings.some((c) => c.stream === name && (carriers(c).length > 0 || c.because[0] !== text))),
  )
  const lines = [
    ...lacks.map((found) => noteLine(paint.dim('but'), found, paint)),
    ...[...grouped(ceilings, (c) => c.needs)].map((found) => noteLine(paint.yellow('needs'), found, paint)),
  ]
  const title = `${paint.bold(safe(connector.connector))}  ${safe(connector.title)}, version ${connector.version}\n`
  return title + cutTo(table([head, ...rows]) + lines.join(''), width)
}

/** The streams first: they are what a narrow terminal must not lose. */
const noteLine = (label: string, [text, streams]: readonly [string, readonly string[]], paint: Paint): string =>
  `  ${label}  ${paint.dim(`${streams.map(safe).join(', ')}:`)} ${safe(text)}\n`

/** A reason of a ceiling that speaks for it is a word of the shelf with its own description. */
function isCarrier(text: string): boolean {
  const kind = text.split(': ')[0] ?? ''
  return Object.hasOwn(prove, kind) && text === `${kind}: ${prove[kind]?.description}`
}

const carriers = (c: Ceiling): readonly string[] => [
  ...new Set(c.because.filter(isCarrier).map((text) => text.split(': ')[0] as string)),
]

/** What several streams have is said once. */
function grouped(ceilings: readonly Ceiling[], of: (c: Ceiling) => readonly string[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>()
  for (const c of ceilings)
    for (const text of new Set(of(c).map((one) => one.replace(`${c.stream}: `, ''))))
      found.set(text, [...(found.get(text) ?? []), c.stream])
  return found
}
