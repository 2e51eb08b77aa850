/** Rows as RFC 4180 has them. */
import type { Json } from '../../../runtime/types.ts'
import { at } from './path.ts'

/** A header row, a record a line. What a lie made of the list and is none is written as it is. */
export function csvOf(columns: readonly string[], rows: Json | undefined): string {
  if (!Array.isArray(rows)) return JSON.stringify(rows ?? null)
  const lines = [columns, ...rows.map((row: Json) => columns.map((column) => at(row, column)))]
  return `${lines.map((line) => line.map((value) => cell(value)).join(',')).join('\r\n')}\r\n`
}

function cell(value: Json | undefined): string {
  const text = typeof value === 'string' ? value : value === undefined || value === null ? '' : JSON.stringify(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
