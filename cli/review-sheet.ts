/** A reviewer's sheet as CSV, out and in. What the target named must not become a formula in a spreadsheet. */
import { parse as parseCsv } from 'csv-parse/sync'
import { Failure } from '../runtime/errors.ts'
import type { Deciding } from '../runtime/govern/certify/decide.ts'
import type { SheetRow } from '../runtime/govern/certify/sheet.ts'
import { fileText } from './apply-plan.ts'
import { safe } from './text.ts'

const COLUMNS = ['connection', 'stream', 'id', 'shows', 'decision', 'why', 'by', 'intent'] as const

/**
 * OWASP "CSV Injection": a cell that begins like a formula gets an apostrophe before it, which reading takes off again. Spreadsheets trim what
 * comes before, and take the full-width signs too.
 */
const FORMULA = /^(?:[\s\0]*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n'])/
const cell = (text: string): string => `"${(FORMULA.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`
const bare = (text: string): string => (text.startsWith("'") && FORMULA.test(text.slice(1)) ? text.slice(1) : text)

export function sheetText(rows: readonly SheetRow[]): string {
  const lines = rows.map(({ connection, stream, id, shows, decision, why, by }) =>
    // What is only shown is safe for a terminal too; an id comes back as it was.
    [connection, stream, id, safe(shows), decision ?? '', safe(why), safe(by), ''].map(cell).join(','),
  )
  return [COLUMNS.join(','), ...lines].map((line) => `${line}\r\n`).join('')
}

/** Rows without a decision are left out and counted. Throws `cli/file` and `certify/decision` with the row. */
export function sheetFrom(file: string): { readonly decisions: readonly Deciding[]; readonly blank: number } {
  let rows: readonly { readonly [column: string]: string | undefined }[]
  let header: readonly string[] = []
  const columns = (names: readonly string[]) => {
    header = names.map((name) => name.trim().toLowerCase())
    return [...header]
  }
  try {
    rows = parseCsv(fileText(file), { columns, bom: true, skip_empty_lines: true }) as typeof rows
  } catch (error) {
    if (error instanceof Failure) throw error
    throw new Failure('cli/file', file, `${safe(file)} is no CSV: ${safe((error as Error).message).slice(0, 200)}`)
  }
  for (const needed of ['id', 'decision'])
    if (!header.includes(needed))
      throw new Failure(
        'cli/file',
        file,
        `${safe(file)} has no column \`${needed}\`; \`rollcall certify sheet\` writes one that fits`,
      )
  const given = rows.map((row, index) => decidingFrom(row, `${safe(file)} row ${index + 1}`))
  const decisions = given.filter((one) => one !== null)
  return { decisions, blank: given.length - decisions.length }
}

function decidingFrom(row: { readonly [column: string]: string | undefined }, where: string): Deciding | null {
  const text = (column: string): string | null => {
    const found = bare(row[column] ?? '')
    return found === '' ? null : found
  }
  const is = text('decision')?.trim().toLowerCase() ?? ''
  if (is === '') return null
  if (is !== 'keep' && is !== 'revoke')
    throw new Failure('certify/decision', where, `${where} says \`${safe(is).slice(0, 40)}\`; a decision is keep or revoke`)
  const id = text('id')
  if (id === null) throw new Failure('certify/decision', where, `${where} has a decision and no id`)
  const [connection, stream, why, by, intent] = [text('connection'), text('stream'), text('why'), text('by'), text('intent')]
  return { connection, stream, id, is, why, by, intent }
}
