import { COMMON, type CommandSpec } from './args.ts'
import { command } from './command.ts'
import { findConnector, readBytes } from './connector-file.ts'
import { EXIT, JSON_VERSION } from './io.ts'
import { jsonLine, painter, safe } from './text.ts'

const spec = {
  name: 'validate',
  about:
    'Checks connector files: every error with its place, its cause and what was probably meant. Exit 1 where one has an error.',
  words: 'FILE…',
  takes: [1, 10_000],
  flags: COMMON,
  examples: [
    ['rollcall validate acme.yaml', 'one file'],
    ['rollcall validate connectors/*.yaml --json', 'several, for a program'],
  ],
} as const satisfies CommandSpec

export const run = command(spec, async ({ flags, words }, io) => {
  const { loadConnector, renderDiagnostic, renderSummary } = await import('../runtime/spec/load.ts')
  const paint = painter(io.color)
  const files = words.map((given) => {
    const file = findConnector(given)
    const bytes = readBytes(file.path, file.shown)
    return { file, bytes, ...loadConnector(bytes, file.shown) }
  })
  for (const { file, bytes, connector, diagnostics } of flags.json ? [] : files) {
    const text = new TextDecoder().decode(bytes)
    for (const diagnostic of diagnostics) io.out(`${renderDiagnostic(diagnostic, text, { color: io.color })}\n\n`)
    if (connector === null || diagnostics.length > 0) io.out(`${renderSummary(diagnostics, file.shown)}\n`)
    else
      io.out(
        `${paint.green('ok')}  ${safe(file.shown)}: ${safe(connector.title)}, ${Object.keys(connector.streams).join(', ')}\n`,
      )
  }
  if (flags.json) {
    const documents = files.map(({ file, connector, diagnostics }) => ({
      file: file.shown,
      valid: connector !== null,
      fingerprint: connector?.fingerprint ?? null,
      diagnostics,
    }))
    io.out(jsonLine({ version: JSON_VERSION, command: 'validate', files: documents }))
  }
  return files.some(({ connector }) => connector === null) ? EXIT.findings : EXIT.fine
})
