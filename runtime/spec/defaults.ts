/** Defaults that a word's own schema declares, filled in. */
import type { Json, KindOptions } from '../types.ts'
import { type Family, WORDS } from './words.ts'

type Schema = {
  readonly default?: Json
  readonly properties?: { readonly [key: string]: Schema }
  readonly additionalProperties?: Schema | boolean
  readonly oneOf?: readonly Schema[]
  readonly const?: Json
}

/** Properties with a `default`, also of nested objects, of `oneOf` branches with the right `kind`, and of the words below `choose`. */
export function withDefaults(family: Family, options: KindOptions): KindOptions {
  const schema = WORDS[family][options.kind]?.schema as Schema | undefined
  return schema === undefined ? options : (fill(schema, options) as KindOptions)
}

function fill(schema: Schema, value: Json): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const open = value as { readonly [key: string]: Json }
  const branch = schema.oneOf?.find(
    (one) => one.properties?.['kind']?.const !== undefined && one.properties['kind'].const === open['kind'],
  )
  const properties = { ...schema.properties, ...branch?.properties }
  const more = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : null
  const out: { [key: string]: Json } = {}
  for (const [key, inner] of Object.entries(open)) {
    const known = Object.hasOwn(properties, key) ? properties[key]! : more
    out[key] = known === null ? inner : fill(known, inner)
  }
  for (const [key, known] of Object.entries(properties))
    if (known.default !== undefined && !Object.hasOwn(open, key)) out[key] = known.default
  return out
}
