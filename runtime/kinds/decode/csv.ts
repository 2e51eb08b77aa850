import { CsvError, parse } from 'csv-parse/sync'
import type { FromSchema } from 'json-schema-to-ts'
import type { Decoded, DecodeKind } from '../kind.ts'
import { emptyFault, failed, htmlFault } from './parts/fault.ts'

const schema = {
  type: 'object',
  properties: {
    kind: { const: 'csv' },
    delimiter: { type: 'string', minLength: 1, maxLength: 1, default: ',', description: 'What separates two columns.' },
    header: {
      type: 'boolean',
      default: true,
      description: 'The first row names the columns. If not, a record is a list: `[0]`.',
    },
    columns: {
      type: 'array',
      items: { type: 'string', minLength: 1 },
      minItems: 1,
      description: 'Columns that the header must have. Only then is a header without rows an empty list.',
    },
    lines_end: {
      type: 'boolean',
      default: false,
      description: 'The last line ends with a line break too: one without was cut. Declare it where the target does so.',
    },
  },
  required: ['kind'],
  additionalProperties: false,
} as const
type Options = FromSchema<typeof schema>

/**
 * Comma-separated values (RFC 4180); gives a list of records, all values text. A row of another length is a fault, never filled up.
 * The RFC lets the last line end without a line break, and then a text cut inside its last value looks whole: `lines_end` tells.
 */
export const csv: DecodeKind<Options> = {
  kind: 'csv',
  description: 'The answer is comma-separated values, with a header row by default.',
  schema,
  example: { kind: 'csv', delimiter: ';', header: true, columns: ['id', 'login'] },
  // A JSON error envelope would read as a header without rows, so the media type must say what it is.
  media: [
    'text/csv',
    'application/csv',
    'text/comma-separated-values',
    'text/tab-separated-values',
    'application/vnd.ms-excel',
    'text/plain',
    'application/octet-stream',
    'application/gzip',
    'application/x-gzip',
  ],
  decode: (options, text) => emptyFault(text) ?? htmlFault(text) ?? rows(options, text),
}

function rows(options: Options, text: string): Decoded {
  if (options.lines_end === true && !/[\r\n]$/.test(text)) return failed('decode/cut', 'the text ends inside a line')
  let table: string[][]
  try {
    table = parse(text, { bom: true, delimiter: options.delimiter ?? ',', skip_empty_lines: true, relax_column_count: false })
  } catch (cause) {
    return fault(cause)
  }
  // An error envelope or a plain sentence reads as a header without rows: that must never pass for an empty list.
  if (/^[\s\ufeff]*[{[]/.test(text)) return failed('decode/syntax', 'the answer looks like JSON, not CSV')
  if (options.header === false) return { ok: true, value: table }
  const [header = [], ...body] = table
  if (header.some((name) => name.trim() === '')) return failed('decode/syntax', 'the header row has a column without a name')
  if (new Set(header).size !== header.length) return failed('decode/syntax', 'the header row names a column twice')
  const missing = options.columns?.filter((name) => !header.includes(name)) ?? []
  if (missing.length > 0) return failed('decode/syntax', `the header row lacks ${missing.join(', ')}`)
  if (body.length === 0 && options.columns === undefined) {
    return failed('decode/empty', 'one row and no more: a header, or a message; declare `columns` to tell an empty list')
  }
  // fromEntries defines own properties: a column `__proto__` stays data.
  return { ok: true, value: body.map((row) => Object.fromEntries(header.map((name, i) => [name, row[i]]))) }
}

function fault(cause: unknown): Decoded {
  if (!(cause instanceof CsvError)) throw cause
  const line = typeof cause['lines'] === 'number' ? ` at line ${cause['lines']}` : ''
  if (cause.code === 'CSV_QUOTE_NOT_CLOSED') return failed('decode/cut', `the text ends inside a quoted value${line}`)
  if (cause.code === 'CSV_RECORD_INCONSISTENT_FIELDS_LENGTH')
    return failed('decode/ragged', `a row has more or fewer columns than the first one${line}`)
  return failed('decode/syntax', `the answer is not valid CSV${line}`)
}
