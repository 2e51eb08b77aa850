/** Wanted changes from a file that somebody else wrote. */
import { parse as parseCsv } from 'csv-parse/sync'
import { Failure } from '../runtime/errors.ts'
import type { JsonObject } from '../runtime/types.ts'
import { fileText } from './apply-plan.ts'
import { safe } from './text.ts'

export type WantedText = {
  readonly connection: string
  readonly action: string
  readonly id: string | null
  /** Typed already, or texts. */
  readonly input: JsonObject | readonly (readonly [string, string])[]
  /** `leavers.csv line 3`. */
  readonly where: string
}
export type WantedFile = {
  readonly source: { readonly name: string; readonly records: number; readonly complete: boolean } | null
  readonly changes: readonly WantedText[]
}

/** Throws `plan/file`. JSON: a list, or `{source, changes}`; CSV: with a header. */
export function readWanted(file: string): WantedFile {
  const text = fileText(file)
  return /\.csv$/i.test(file) ? fromCsv(text, file) : fromJson(text, file)
}

const bad = (file: string, because: string): Failure => new Failure('plan/file', file, `${safe(file)} ${because}`)

function fromCsv(text: string, file: string): WantedFile {
  let rows: readonly { readonly [column: string]: string }[]
  // A file of no rows wants nothing; one of other columns is another file.
  let header: readonly string[] = []
  const columns = (names: readonly string[]) => {
    header = names
    return [...names]
  }
  try {
    rows = parseCsv(text, { columns, bom: true, skip_empty_lines: true, trim: true }) as typeof rows
  } catch (error) {
    throw bad(file, `is no CSV: ${safe((error as Error).message).slice(0, 200)}`)
  }
  const misses = ['connection', 'action'].find((name) => !header.includes(name))
  if (misses !== undefined && rows.length === 0)
    throw bad(file, `has no column \`${misses}\`; the header needs connection, action, id`)
  const changes = rows.map((row, index): WantedText => {
    const where = `${safe(file)} row ${index + 1}`
    const { connection, action, id, ...rest } = row
    if (!connection || !action)
      throw bad(file, `row ${index + 1} says no connection or no action; the header needs connection, action, id`)
    const input = Object.entries(rest).flatMap(([name, value]) =>
      value === '' ? [] : [[name.replace(/^input\./, ''), value] as const],
    )
    return { connection, action, id: id === undefined || id === '' ? null : id, input, where }
  })
  return { source: null, changes }
}

type Unknown = { readonly [key: string]: unknown }
const isObject = (value: unknown): value is Unknown => typeof value === 'object' && value !== null && !Array.isArray(value)

function fromJson(text: string, file: string): WantedFile {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw bad(file, 'is no JSON; a file of CSV is named .csv')
  }
  const list = isObject(value) ? value['changes'] : value
  if (!Array.isArray(list)) throw bad(file, 'holds no list of changes: [{connection, action, id, input}], or {source, changes}')
  return {
    source: sourceFrom(isObject(value) ? value['source'] : undefined, file),
    changes: list.map((one, index) => changeFrom(one, index, file)),
  }
}

function changeFrom(one: unknown, index: number, file: string): WantedText {
  const where = `${safe(file)} change ${index + 1}`
  if (!isObject(one)) throw bad(file, `change ${index + 1} is no object`)
  const { connection, action, id = null, input = {}, ...rest } = one
  const [unknown] = Object.keys(rest)
  if (unknown !== undefined)
    throw bad(
      file,
      `change ${index + 1} has an unknown key \`${safe(unknown).slice(0, 60)}\`; it takes connection, action, id, input`,
    )
  if (typeof connection !== 'string' || typeof action !== 'string')
    throw bad(file, `change ${index + 1} says no connection or no action`)
  if (id !== null && typeof id !== 'string')
    throw bad(file, `change ${index + 1}: id is a text, also where it looks like a number`)
  if (!isObject(input)) throw bad(file, `change ${index + 1}: input is an object`)
  return { connection, action, id, input: input as JsonObject, where }
}

function sourceFrom(source: unknown, file: string): WantedFile['source'] {
  if (source === undefined || source === null) return null
  const { name, records, complete } = isObject(source) ? source : ({} as Unknown)
  if (typeof name !== 'string' || !Number.isSafeInteger(records) || typeof complete !== 'boolean')
    throw bad(file, 'says a source without name, records (a number) and complete (true or false)')
  return { name, records: records as number, complete }
}
