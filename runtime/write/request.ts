/** A declared request of an action and what it may name → an HttpRequest. Pure. */
import { Failure } from '../errors.ts'
import type { RequestPatch } from '../kinds/kind.ts'
import { compileCel } from '../kinds/value/cel.ts'
import { buildRequest, FRESH, type Names } from '../record/request.ts'
import type { Connector, HttpRequest, Json, JsonObject, KindOptions, RequestSpec } from '../types.ts'
import { RECORD_NAMES } from './compile.ts'

export function buildLook(
  connector: Connector,
  spec: RequestSpec,
  names: Names,
  ...patches: readonly RequestPatch[]
): HttpRequest {
  return buildWrite(connector, spec, names, FRESH, ...patches)
}

/** As `buildRequest`; a text of the body that is CEL as a whole becomes its typed value, and one without a value leaves its key out. */
export function buildWrite(
  connector: Connector,
  spec: RequestSpec,
  names: Names,
  ...patches: readonly RequestPatch[]
): HttpRequest {
  const body = spec.body === null ? null : evaluated(spec.body, names)
  return buildRequest(connector, { ...spec, body }, names, ...patches)
}

/** Not the document of a GraphQL query and not a method's name. */
const HOLDS_VALUES: ReadonlySet<string> = new Set(['value', 'variables', 'params', 'fields'])

function evaluated(body: KindOptions, names: Names): KindOptions {
  const context = Object.fromEntries(RECORD_NAMES.map((name) => [name, names[name] ?? null]))
  const entries = Object.entries(body).flatMap(([key, value]): [string, Json][] => {
    if (!HOLDS_VALUES.has(key)) return [[key, value]]
    const done = jsonOf(value, context)
    return done === undefined ? [] : [[key, done]]
  })
  return Object.fromEntries(entries) as KindOptions
}

/** Undefined: it has no value. */
function jsonOf(value: Json, context: Names): Json | undefined {
  if (typeof value === 'string') return value.startsWith('=') ? celOf(value, context) : value
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    return value.flatMap((item) => {
      const done = jsonOf(item as Json, context)
      return done === undefined ? [] : [done]
    })
  }
  const entries = Object.entries(value)
  const kept = entries.flatMap(([key, inner]): [string, Json][] => {
    const done = jsonOf(inner, context)
    return done === undefined ? [] : [[key, done]]
  })
  // An object of which nothing is left was an optional part.
  return kept.length === 0 && entries.length > 0 ? undefined : Object.fromEntries(kept)
}

function celOf(text: string, context: Names): Json | undefined {
  try {
    const value = compileCel(text, { variables: RECORD_NAMES })(context) as Json | undefined
    return value === undefined || value === null ? undefined : literal(value)
  } catch (error) {
    if (error instanceof Failure && isObject(error.cause) && error.cause['code'] === 'no_such_key') return undefined
    throw error
  }
}

/** What came out of an expression is data, never a template. */
function literal(value: Json): Json {
  if (typeof value === 'string') return value.replaceAll('{', '{{').replaceAll('}', '}}')
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item) => literal(item as Json))
  return Object.fromEntries(Object.entries(value as JsonObject).map(([key, inner]) => [key, literal(inner)]))
}

const isObject = (value: unknown): value is { readonly [key: string]: unknown } => typeof value === 'object' && value !== null
