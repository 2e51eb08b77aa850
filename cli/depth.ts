import type { Ceiling } from '../runtime/types.ts'
import { COMMON, type CommandSpec } from './args.ts'
import { command } from './command.ts'
import { findConnector, readConnector } from './connector-file.ts'
import { EXIT, JSON_VERSION } from './io.ts'
import { jsonLine, painter, safe, table } from './text.ts'

const spec = {
  name: 'depth',
  about:
    'The best verdict each stream of a connector can ever reach, what carries it, and what it would need. Computed from the YAML alone.',
  words: 'FILE…',
  takes: [1, 10_000],
  flags: COMMON,
  examples: [
    ['rollcall depth okta', 'a connector that comes along'],
    ['rollcall depth connectors/*.yaml --json', 'several files, for a program'],
  ],
} as const satisfies CommandSpec

export const run = command(spec, async ({ flags, words }, io) => {
  const { ceiling } = await import('../runtime/judge/ceiling.ts')
  const paint = painter(io.color)
  const files = []
  for (const given of words) {
    const connector = await readConnector(findConnector(given), io.color)
    files.push({ file: given, connector, ceilings: ceiling(connector) })
  }
  if (flags.json) {
    const documents = files.map(({ file, connector, ceilings }) => ({
      file,
      connector: connector.connector,
      streams: Object.fromEntries(
        ceilings.map((c) => {
          const stream = connector.streams[c.stream]
          const depth = {
            list: stream?.list.path ?? null,
            by_id: stream?.get != null,
            certified: stream?.certified ?? false,
            covers: stream?.covers ?? {},
          }
          return [c.stream, { is: c.is, best: c.best, because: c.because, needs: c.needs, ...depth }]
        }),
      ),
    }))
    io.out(jsonLine({ version: JSON_VERSION, command: 'depth', connectors: documents }))
    return EXIT.fine
  }
  for (const { connector, ceilings } of files) {
    io.out(`${paint.bold(safe(connector.connector))}  ${safe(connector.title)}, version ${connector.version}\n`)
    const rows = ceilings.map((c) => {
      const stream = connector.streams[c.stream]
      const best = c.best === 'complete' ? paint.green('complete') : paint.yellow('unproven')
      const read = stream?.get == null ? 'list' : 'list, by id'
      return [safe(c.stream), c.is, best, stream?.certified === false ? 'not certified' : 'certified', read, carriedBy(c)]
    })
    io.out(table([['stream', 'is', 'at best', '', 'reads', 'carried by'].map(paint.dim), ...rows]))
    for (const [need, streams] of grouped(ceilings))
      io.out(`  ${paint.yellow('needs')}  ${safe(need)} ${paint.dim(`(${streams.map(safe).join(', ')})`)}\n`)
    io.out('\n')
  }
  return EXIT.fine
})

/** Where proofs carry it, their names; the sentences are in docs/connector-language.md and in --json. Else the reason why nothing can. */
function carriedBy(c: Ceiling): string {
  const parts = c.best === 'complete' ? c.because.map((text) => text.split(': ')[0] ?? text) : c.because
  return [...new Set(parts)].map(safe).join(c.best === 'complete' ? ', ' : '; ')
}

/** A need that several streams have is said once. */
function grouped(ceilings: readonly Ceiling[]): ReadonlyMap<string, readonly string[]> {
  const needs = new Map<string, string[]>()
  for (const c of ceilings)
    for (const need of c.needs) needs.set(bare(need, c.stream), [...(needs.get(bare(need, c.stream)) ?? []), c.stream])
  return needs
}

const bare = (need: string, stream: string): string => need.replace(`${stream}: `, '')
