/** A declared stream → closures, compiled once a read. Pure. */
import { Failure } from '../errors.ts'
import type { PageKind } from '../kinds/kind.ts'
import { MODELS } from '../kinds/model.ts'
import { pages } from '../kinds/pages/index.ts'
import { compileRecordCel } from '../kinds/value/cel.ts'
import { compilePath } from '../kinds/value/path.ts'
import { compileRecords, type RecordsFound } from '../kinds/value/records.ts'
import { compileValue, type Value } from '../kinds/value/value.ts'
import type { Connector, JsonObject, KindOptions, Stream } from '../types.ts'

export type FieldType = 'text' | 'boolean' | 'integer' | 'texts'

export type CompiledStream = {
  readonly stream: Stream
  readonly pages: PageKind
  readonly records: (body: unknown) => RecordsFound
  readonly id: readonly Value[]
  /** In the model's fixed order, so that JSON.stringify is canonical. */
  readonly fields: readonly { readonly name: string; readonly type: FieldType; readonly required: boolean; readonly of: Value }[]
  readonly keep: readonly { readonly name: string; readonly of: Value }[]
  readonly filters: readonly { readonly name: string; readonly drop: Value }[]
  readonly sorted_by: ((record: unknown) => unknown) | null
  readonly total: ((page: { readonly body: unknown; readonly headers: { readonly [name: string]: string } }) => unknown) | null
  readonly get_record: (body: unknown) => unknown
  readonly gone: Value | null
}

export function compileStream(connector: Connector, name: string): CompiledStream {
  const stream = connector.streams[name]
  if (stream === undefined)
    throw new Failure('read/unknown-stream', `streams.${name}`, `connector ${connector.connector} has no stream ${name}`)
  const variables = Object.keys(stream.each)
  const kind = pages[stream.pages.kind]
  if (kind === undefined)
    throw new Failure('spec/unknown-kind', `streams.${name}.pages`, `no such kind of pages: ${stream.pages.kind}`)
  const total = stream.prove.find((word) => word.kind === 'total')
  return {
    stream,
    pages: kind,
    records: compileRecords(stream.records, stream.empty),
    id: stream.id.map((value) => compileValue(value, variables)),
    fields: modelFields(stream, variables),
    keep: Object.entries(stream.keep).map(([key, value]) => ({ name: key, of: compileValue(value, variables) })),
    filters: stream.filters.map((filter) => ({ name: filter.name, drop: celValue(filter.drop, variables) })),
    sorted_by: stream.sorted_by === null ? null : compilePath(stream.sorted_by),
    total: total === undefined ? null : compileTotal(total),
    get_record: compilePath(stream.get_record),
    gone: stream.gone === null ? null : celValue(stream.gone, variables),
  }
}

function celValue(text: string, variables: readonly string[]): Value {
  const run = compileRecordCel(text, variables)
  return (record, vars) => run(record as object, vars)
}

function modelFields(stream: Stream, variables: readonly string[]): CompiledStream['fields'] {
  const model = MODELS[stream.is] as {
    readonly properties: { readonly [name: string]: JsonObject }
    readonly required: readonly string[]
  }
  return Object.entries(model.properties).flatMap(([name, schema]) => {
    const value = stream.fields[name]
    if (value === undefined) return []
    return [{ name, type: fieldType(schema), required: model.required.includes(name), of: compileValue(value, variables) }]
  })
}

function fieldType(schema: JsonObject): FieldType {
  switch (schema['type']) {
    case 'boolean':
      return 'boolean'
    case 'integer':
      return 'integer'
    case 'array':
      return 'texts'
    default:
      return 'text'
  }
}

/** `total: {path}` reads the body, `{header}` a header. */
function compileTotal(options: KindOptions): NonNullable<CompiledStream['total']> {
  const { path, header } = options
  if (typeof header === 'string') return (page) => page.headers[header.toLowerCase()]
  const read = compilePath(String(path))
  return (page) => read(page.body)
}
