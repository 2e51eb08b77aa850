/**
 * Does data fit our schema, yes or no? For files without a fault, which are nearly all that are read: ajv, which tells what is wrong
 * and where, takes 140 ms to load and to compile the schema, this takes 7. It knows the keywords that our schema uses, and no others.
 */
import type { Json, JsonObject } from '../types.ts'

type Schema = JsonObject | boolean
/** `of`: the schema that the keyword stands in; `defs`: the root's `$defs`. */
type Keyword = (value: Json, data: unknown, of: JsonObject, defs: JsonObject) => boolean

/** Draft 2020-12, and its order of keywords does not matter. Throws for a keyword that is not in the table, which a test rules out. */
export function fits(schema: JsonObject, data: unknown): boolean {
  return fitsIn(schema, data, schema['$defs'] as JsonObject)
}

function fitsIn(schema: Schema, data: unknown, defs: JsonObject): boolean {
  if (typeof schema === 'boolean') return schema
  for (const name in schema) {
    if (NOTES.has(name)) continue
    const keyword = KEYWORDS[name]
    if (keyword === undefined) throw new Error(`the schema has a keyword that fits.ts does not know: ${name}`)
    if (!keyword(schema[name] as Json, data, schema, defs)) return false
  }
  return true
}

/** Say nothing of what fits. `then` and `else` are asked by `if`; `discriminator` is a hint for ajv. */
export const NOTES: ReadonlySet<string> = new Set(
  '$schema $id $defs title description examples default discriminator then else'.split(' '),
)

const isMap = (data: unknown): data is { readonly [key: string]: unknown } =>
  typeof data === 'object' && data !== null && !Array.isArray(data)
const map = (data: unknown) => (isMap(data) ? data : {})
const list = (data: unknown): readonly unknown[] => (Array.isArray(data) ? data : [])
const characters = (text: string): number => [...text].length
const matches = (pattern: string, text: string): boolean => new RegExp(pattern, 'u').test(text)
const all = (schemas: Json) => schemas as readonly JsonObject[]
const names = (value: Json) => value as readonly string[]

export const KEYWORDS: { readonly [name: string]: Keyword } = {
  $ref: (value, data, _of, defs) => fitsIn(defs[(value as string).slice('#/$defs/'.length)] as JsonObject, data, defs),
  type: (value, data) => [value].flat().some((type) => TYPES[type as string]?.(data)),
  const: (value, data) => value === data,
  enum: (value, data) => (value as readonly unknown[]).includes(data),
  pattern: (value, data) => typeof data !== 'string' || matches(value as string, data),
  minLength: (value, data) => typeof data !== 'string' || characters(data) >= (value as number),
  maxLength: (value, data) => typeof data !== 'string' || characters(data) <= (value as number),
  minimum: (value, data) => typeof data !== 'number' || data >= (value as number),
  maximum: (value, data) => typeof data !== 'number' || data <= (value as number),
  exclusiveMinimum: (value, data) => typeof data !== 'number' || data > (value as number),
  items: (value, data, _of, defs) => list(data).every((item) => fitsIn(value as Schema, item, defs)),
  minItems: (value, data) => !Array.isArray(data) || data.length >= (value as number),
  // Of texts; a list of anything else is ajv's to compare.
  uniqueItems: (_value, data) => new Set(list(data)).size === list(data).length,
  required: (value, data) => !isMap(data) || names(value).every((name) => data[name] !== undefined),
  minProperties: (value, data) => !isMap(data) || Object.keys(data).length >= (value as number),
  propertyNames: (value, data, _of, defs) => Object.keys(map(data)).every((name) => fitsIn(value as Schema, name, defs)),
  properties: (value, data, _of, defs) =>
    Object.entries(value as JsonObject).every(
      ([name, schema]) => map(data)[name] === undefined || fitsIn(schema as Schema, map(data)[name], defs),
    ),
  patternProperties: (value, data, _of, defs) =>
    Object.entries(value as JsonObject).every(([pattern, schema]) =>
      Object.entries(map(data)).every(([name, item]) => !matches(pattern, name) || fitsIn(schema as Schema, item, defs)),
    ),
  additionalProperties: (value, data, { properties = {}, patternProperties = {} }, defs) =>
    Object.entries(map(data)).every(
      ([name, item]) =>
        Object.hasOwn(properties as JsonObject, name) ||
        Object.keys(patternProperties as JsonObject).some((pattern) => matches(pattern, name)) ||
        fitsIn(value as Schema, item, defs),
    ),
  dependencies: needs,
  dependentRequired: needs,
  allOf: (value, data, _of, defs) => all(value).every((schema) => fitsIn(schema, data, defs)),
  anyOf: (value, data, _of, defs) => all(value).some((schema) => fitsIn(schema, data, defs)),
  oneOf: (value, data, _of, defs) => all(value).filter((schema) => fitsIn(schema, data, defs)).length === 1,
  not: (value, data, _of, defs) => !fitsIn(value as Schema, data, defs),
  if: (value, data, of, defs) =>
    fitsIn(((fitsIn(value as Schema, data, defs) ? of['then'] : of['else']) as Schema) ?? true, data, defs),
}

function needs(value: Json, data: unknown): boolean {
  return Object.entries(value as { readonly [name: string]: readonly string[] }).every(
    ([name, others]) => map(data)[name] === undefined || others.every((other) => map(data)[other] !== undefined),
  )
}

const TYPES: { readonly [type: string]: (data: unknown) => boolean } = {
  string: (data) => typeof data === 'string',
  boolean: (data) => typeof data === 'boolean',
  number: (data) => Number.isFinite(data),
  integer: (data) => Number.isInteger(data),
  null: (data) => data === null,
  array: (data) => Array.isArray(data),
  object: isMap,
}
