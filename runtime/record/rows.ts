/**
 * Records as the target gave them → rows for the store, with every one accounted for: stored, stitched, filtered or quarantined.
 * Pure, and the hot path: one object, one JSON text and one hash a record.
 */
import { hash } from 'node:crypto'
import { Failure } from '../errors.ts'
import type { Vars } from '../kinds/value/cel.ts'
import type { QuarantineRow, Row } from '../store/port.ts'
import type { CompiledStream, FieldType } from './compile.ts'

export type RowsTaken = {
  readonly rows: readonly Row[]
  readonly quarantined: readonly QuarantineRow[]
  readonly filtered: { readonly [name: string]: number }
  readonly filled: { readonly [field: string]: number }
  readonly mixed_case: number
  readonly order: 'held' | 'violated' | 'not_declared'
  readonly last_sort: string | number | null
}

export type RowsContext = {
  readonly compiled: CompiledStream
  readonly vars: Vars
  readonly partition: string
  readonly page: number
  readonly last_sort: string | number | null
}

const RAW_LIMIT = 65_536

export function takeRows(records: readonly unknown[], context: RowsContext): RowsTaken {
  const { compiled, vars } = context
  const rows: Row[] = []
  const quarantined: QuarantineRow[] = []
  const filtered: Record<string, number> = {}
  const counts = compiled.fields.map(() => 0)
  const order = { last: context.last_sort, violated: false }
  let mixed_case = 0
  for (const record of records) {
    let id: string | null = null
    try {
      id = idOf(compiled, record, vars)
      if (compiled.sorted_by !== null) follow(order, compiled.sorted_by(record))
      const dropped = compiled.filters.find((filter) => isTrue(filter.drop(record, vars)))
      if (dropped !== undefined) {
        filtered[dropped.name] = (filtered[dropped.name] ?? 0) + 1
        continue
      }
      const fields = fieldsText(compiled, record, vars, counts)
      if (id !== id.toLowerCase()) mixed_case++
      rows.push({ id, fields, hash: hash('sha256', fields, 'base64url') })
    } catch (error) {
      quarantined.push(quarantineRow(error, id, record, context))
    }
  }
  const filled = Object.fromEntries(compiled.fields.map((field, index) => [field.name, counts[index] as number]))
  const held = order.violated ? 'violated' : 'held'
  return {
    rows,
    quarantined,
    filtered,
    filled,
    mixed_case,
    order: compiled.sorted_by === null ? 'not_declared' : held,
    last_sort: order.last,
  }
}

/** Records that name a key twice, anywhere in them, are kept aside: of two ids, or two values of `active`, none is known to be meant. */
export function withoutDuplicates(
  records: readonly unknown[],
  duplicates: ReadonlyMap<unknown, number> | undefined,
  context: Omit<RowsContext, 'last_sort'>,
): Pick<RowsTaken, 'quarantined'> & { readonly records: readonly unknown[] } {
  if (duplicates === undefined) return { records, quarantined: [] }
  const because = new Failure('record/duplicate-key', context.compiled.stream.name, 'the record names a key twice')
  const quarantined = records
    .filter((record) => duplicates.has(record))
    .map((record) => quarantineRow(because, idOrNull(context.compiled, record, context.vars), record, context))
  return { records: records.filter((record) => !duplicates.has(record)), quarantined }
}

/** The id of a record; several values are percent-escaped and joined by `/`. Throws `Failure` id/missing, id/type. */
export function idOf(compiled: CompiledStream, record: unknown, vars: Vars): string {
  if (record === null || record === undefined)
    throw new Failure('record/empty', compiled.stream.name, 'the list holds an empty record')
  const [only, ...more] = compiled.id
  if (more.length === 0 && only !== undefined) return idPart(only(record, vars))
  return compiled.id.map((part) => idPart(part(record, vars)).replaceAll('%', '%25').replaceAll('/', '%2F')).join('/')
}

/** Null where the record has no id that counts. */
export function idOrNull(compiled: CompiledStream, record: unknown, vars: Vars): string | null {
  try {
    return idOf(compiled, record, vars)
  } catch (error) {
    if (error instanceof Failure) return null
    throw error
  }
}

function idPart(value: unknown): string {
  if (typeof value === 'string' && value !== '') return value
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value)
  if (value === undefined || value === null || value === '') throw new Failure('id/missing', 'id', 'the record has no id')
  throw new Failure(
    'id/type',
    'id',
    `the id is ${Array.isArray(value) ? 'a list' : `a ${typeof value}`}, not a text or an integer`,
  )
}

/** JSON of the record in our fields, model order; `keep` last. Throws `Failure` field/type, field/required, or what CEL says. */
function fieldsText(compiled: CompiledStream, record: unknown, vars: Vars, counts: number[]): string {
  const out: Record<string, unknown> = {}
  const { fields } = compiled
  for (let index = 0; index < fields.length; index++) {
    const field = fields[index] as (typeof fields)[number]
    const value = fieldOf(field, record, vars)
    if (value !== undefined) out[field.name] = value
  }
  if (compiled.keep.length > 0) out['keep'] = keepOf(compiled, record, vars)
  // Only now: a record that is kept aside fills no field.
  for (let index = 0; index < fields.length; index++)
    if (out[(fields[index] as (typeof fields)[number]).name] !== undefined) counts[index] = (counts[index] as number) + 1
  return JSON.stringify(out)
}

/** One field of a record as it is stored; undefined: it has none. Throws `Failure` field/type, field/required, or what CEL says. */
export function fieldOf(field: CompiledStream['fields'][number], record: unknown, vars: Vars): unknown {
  const value = field.of(record, vars)
  if (value !== undefined && value !== null && value !== '') return typed(field.type, value, field.name)
  if (field.required) throw new Failure('field/required', field.name, `${field.name} has no value`)
  return undefined
}

function keepOf(compiled: CompiledStream, record: unknown, vars: Vars): { readonly [name: string]: unknown } {
  return Object.fromEntries(compiled.keep.map(({ name, of }) => [name, of(record, vars) ?? null]))
}

function typed(type: FieldType, value: unknown, name: string): unknown {
  switch (type) {
    case 'text':
      if (typeof value === 'string') return value
      if (typeof value === 'number') return String(value)
      break
    case 'boolean':
      if (typeof value === 'boolean') return value
      break
    case 'integer':
      if (Number.isSafeInteger(value)) return value
      if (typeof value === 'string' && /^-?\d{1,15}$/.test(value)) return Number(value)
      break
    case 'texts':
      if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value
      break
  }
  throw new Failure('field/type', name, `${name} must be ${TYPE_WORDS[type]}, the record has ${describe(value)}`)
}

const TYPE_WORDS: { readonly [type in FieldType]: string } = {
  text: 'a text',
  boolean: 'true or false',
  integer: 'an integer',
  texts: 'a list of texts',
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'an object'
  return `a ${typeof value === 'string' ? 'text' : typeof value}`
}

/** A list ordered by an immutable key never falls; equal keys are fine. */
function follow(order: { last: string | number | null; violated: boolean }, value: unknown): void {
  if (typeof value !== 'string' && typeof value !== 'number') {
    order.violated = true
    return
  }
  if (order.last !== null && (typeof value !== typeof order.last || value < order.last)) order.violated = true
  order.last = value
}

export function isTrue(value: unknown): boolean {
  if (typeof value === 'boolean') return value
  throw new Failure('field/type', 'filters', 'a filter must say true or false')
}

function quarantineRow(
  error: unknown,
  id: string | null,
  record: unknown,
  context: Omit<RowsContext, 'last_sort'>,
): QuarantineRow {
  if (!(error instanceof Failure)) throw error
  return {
    reason: error.code,
    id,
    partition: context.partition,
    page: context.page,
    because: error.message,
    raw: rawText(record),
  }
}

/** JSON of a record, cut. A record too deep to write is said to be so. */
export function rawText(record: unknown): string {
  try {
    return (JSON.stringify(record) ?? 'null').slice(0, RAW_LIMIT)
  } catch {
    return '"(too deep to show)"'
  }
}
