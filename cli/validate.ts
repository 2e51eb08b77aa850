import { Failure } from '../runtime/errors.ts'
import type { Connector } from '../runtime/types.ts'
import { COMMON, type CommandSpec } from './args.ts'
import { command } from './command.ts'
import { findConnector, readBytes } from './connector-file.ts'
import { EXIT, JSON_VERSION } from './io.ts'
import { jsonLine, painter, safe } from './text.ts'

const spec = {
  name: 'validate',
  about:
    'Checks connector files: every error with its place, its cause and what was probably meant. Exit 1 where one has an error.\nWith --sample also against recorded answers: records, id, pages, total and every field must lead somewhere in them.',
  words: 'FILE…',
  takes: [1, 10_000],
  flags: {
    sample: {
      type: 'string',
      multiple: true,
      value: 'STREAM=FILE',
      about: "a recorded answer of the stream's list: the body, or { status, headers, body }; once a stream",
    },
    ...COMMON,
  },
  examples: [
    ['rollcall validate acme.yaml', 'one file'],
    ['rollcall validate acme.yaml --sample users=users.json --sample groups=groups.json', 'against what the target answered'],
    ['rollcall validate connectors/*.yaml --json', 'several, for a program'],
  ],
} as const satisfies CommandSpec

export const run = command(spec, async ({ flags, words }, io) => {
  if (flags.sample.length > 0 && words.length > 1)
    throw new Failure('cli/usage', '--sample', 'a sample belongs to one connector; give one FILE')
  const [{ loadConnector, renderDiagnostic, renderSummary }, samples] = await Promise.all([
    import('../runtime/spec/load.ts'),
    flags.sample.length > 0 ? import('./sample.ts') : null,
  ])
  const paint = painter(io.color)
  const files = words.map((given) => {
    const file = findConnector(given)
    const bytes = readBytes(file.path, file.shown)
    const { connector, diagnostics } = loadConnector(bytes, file.shown)
    const found =
      connector === null || samples === null
        ? []
        : samples.sampleDiagnostics(connector, samples.readSamples(flags.sample, connector), bytes, file.shown)
    return { file, bytes, connector, diagnostics: [...diagnostics, ...found] }
  })
  for (const { file, bytes, connector, diagnostics } of flags.json ? [] : files) {
    const text = new TextDecoder().decode(bytes)
    for (const diagnostic of diagnostics) io.out(`${renderDiagnostic(diagnostic, text, { color: io.color })}\n\n`)
    if (connector === null || diagnostics.length > 0) io.out(`${renderSummary(diagnostics, file.shown)}\n`)
    else
      io.out(
        `${paint.green('ok')}  ${safe(file.shown)}: ${safe(connector.title)}, ${Object.keys(connector.streams).join(', ')}${toldBy(connector)}\n`,
      )
  }
  const wrong = files.map(({ diagnostics }) => diagnostics.some(({ severity }) => severity === 'error'))
  if (flags.json) {
    const documents = files.map(({ file, connector, diagnostics }, index) => ({
      file: file.shown,
      valid: wrong[index] === false,
      fingerprint: connector?.fingerprint ?? null,
      diagnostics,
    }))
    io.out(jsonLine({ version: JSON_VERSION, command: 'validate', files: documents }))
  }
  return wrong.includes(true) ? EXIT.findings : EXIT.fine
})

/** Where it tells what was touched, if it does. */
function toldBy({ feeds, webhook }: Connector): string {
  const names = [...Object.keys(feeds).map((name) => `feed ${name}`), ...(webhook === null ? [] : ['webhook'])]
  return names.length === 0 ? '' : `; ${names.join(', ')}`
}
