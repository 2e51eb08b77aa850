/** A diagnostic as a person reads it in a terminal. design.md 6. */
import { type Diagnostic, escapeControls } from './diagnostic.ts'

/** Longest part of a source line that is shown, in code points. */
const WIDTH = 120

/**
 * ```
 * error[spec/unknown-key]: unknown key `cursor_pth`
 *   --> connectors/acme.yaml:7:7
 *    6 |       kind: cursor
 *    7 |       cursor_pth: next
 *      |       ^^^^^^^^^^ did you mean `cursor_path`?
 * ```
 * Control and direction characters of the file are shown as `\u202E`, tabs as four blanks.
 */
export function renderDiagnostic(diagnostic: Diagnostic, text: string, options: { readonly color: boolean }): string {
  const paint = painter(options.color)
  const tint = diagnostic.severity === 'error' ? paint.red : paint.yellow
  const lines = text.split('\n', diagnostic.line)
  const width = Math.max(4, String(diagnostic.line).length + 1)
  const bar = paint.blue('|')
  const number = (line: number | null) => paint.blue(String(line ?? '').padStart(width))
  const out = [
    `${tint(`${diagnostic.severity}[${diagnostic.code}]`)}: ${escapeControls(diagnostic.message)}`,
    `  ${paint.blue('-->')} ${escapeControls(diagnostic.file)}:${diagnostic.line}:${diagnostic.column}`,
  ]
  const [shown, lead, length] = frame(lines[diagnostic.line - 1] ?? '', diagnostic.column, diagnostic.end_column)
  const above = diagnostic.line > 1 ? frame(lines[diagnostic.line - 2] ?? '', 1, 1)[0] : ''
  if (above.trim() !== '') out.push(`${number(diagnostic.line - 1)} ${bar} ${above}`.trimEnd())
  out.push(`${number(diagnostic.line)} ${bar} ${shown}`.trimEnd())
  const help = diagnostic.help === null ? '' : escapeControls(diagnostic.help)
  const beside = help.length <= 70
  out.push(`${number(null)} ${bar} ${' '.repeat(lead)}${tint('^'.repeat(length) + (beside && help !== '' ? ` ${help}` : ''))}`)
  if (!beside) out.push(`${number(null)} ${paint.blue('=')} help: ${help}`)
  return out.join('\n')
}

/** `2 errors, 1 warning in connectors/acme.yaml`. */
export function renderSummary(diagnostics: readonly Diagnostic[], file: string): string {
  const errors = diagnostics.filter((d) => d.severity === 'error').length
  const warnings = diagnostics.length - errors
  const parts = [
    ...(errors > 0 || warnings === 0 ? [count(errors, 'error')] : []),
    ...(warnings > 0 ? [count(warnings, 'warning')] : []),
  ]
  return `${parts.join(', ')} in ${escapeControls(file)}`
}

const count = (n: number, what: string) => `${n === 0 ? 'no' : n} ${what}${n === 1 ? '' : 's'}`

/** The shown part of a line, where the caret begins in it, and how long it is. */
function frame(line: string, column: number, end_column: number): readonly [string, number, number] {
  // A line may be all of 50 MB. A code point is two units at the most.
  const points = [...line.slice(0, 2 * (column + 2 * WIDTH)).replace(/\r$/, '')]
  const from = points.length > WIDTH && column > WIDTH - 20 ? column - 40 : 0
  const to = Math.min(points.length, from + WIDTH)
  const cell = (point: string) => (point === '\t' ? '    ' : escapeControls(point))
  const cells = (a: number, b: number) => points.slice(a, b).map(cell).join('')
  const start = from > 0 ? '…' : ''
  const lead = start.length + cells(from, Math.min(column - 1, to)).length
  const length = Math.max(1, cells(column - 1, Math.min(end_column - 1, to)).length)
  return [start + cells(from, to) + (to < points.length ? '…' : ''), lead, length]
}

function painter(color: boolean) {
  const sgr = (code: string) => (text: string) => (color ? `\u001b[${code}m${text}\u001b[0m` : text)
  return { red: sgr('1;31'), yellow: sgr('1;33'), blue: sgr('34') }
}
