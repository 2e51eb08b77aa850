/** The vendors' official API descriptions in ../shared/openapi: is a request one that they describe, and what does an answer look like? */
import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { OpenAPIBackend } from 'openapi-backend'

export const OPENAPI = resolve(import.meta.dirname, '../../../shared/openapi')
export const hasOpenApi = existsSync(resolve(OPENAPI, 'okta.json'))

type Open = { readonly [key: string]: unknown }
export type Asked = {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: { readonly [name: string]: string }
  readonly body: string
}

export type Official = {
  /** Null: described and valid. Else what the description has against it. */
  readonly objection: (asked: Asked) => string | null
  /** A body of the shape that the description gives the 200 answer of this request; undefined where it is not described. */
  readonly sample: (method: string, path: string) => unknown
}

/** `root`: the path of the description's server, which requests carry and its paths do not. */
export async function readOfficial(file: string, root: string, ignore: readonly string[] = []): Promise<Official> {
  const definition = plain(JSON.parse(readFileSync(resolve(OPENAPI, file), 'utf8'), once) as Open)
  const api = new OpenAPIBackend({
    definition: definition as never,
    quick: true,
    strict: false,
    // Formats are not what this is about; descriptions name some that ajv does not know.
    ajvOpts: { strict: false, validateFormats: false },
  })
  await api.init()
  const match = (asked: Asked) => {
    if (!asked.path.startsWith(root)) return undefined
    const query: { [name: string]: string | string[] } = {}
    for (const name of new Set(asked.query.keys())) {
      const values = asked.query.getAll(name)
      if (!ignore.includes(name)) query[name] = values.length === 1 ? (values[0] as string) : values
    }
    const body = asked.body === '' ? {} : { body: bodyOf(asked) }
    const request = {
      method: asked.method,
      path: spelt(asked.path.slice(root.length)),
      query,
      headers: { ...asked.headers },
      ...body,
    }
    return { request, operation: api.router.matchOperation(request as never) }
  }
  return {
    objection(asked) {
      const found = match(asked)
      if (found?.operation === undefined) return 'no such path and method in the description'
      const result = api.validateRequest(found.request as never, found.operation)
      return result.valid === true
        ? null
        : JSON.stringify(result.errors?.map((error) => [error.instancePath, error.message, error.params]))
    },
    sample(method, path) {
      const found = match({ method, path, query: new URLSearchParams(), headers: {}, body: '' })
      const responses = (found?.operation as { readonly responses?: Open } | undefined)?.responses
      const response = deref(definition, responses?.['200'] ?? responses?.['2XX']) as { readonly content?: Open } | undefined
      const content = Object.values(response?.content ?? {})[0] as { readonly schema?: unknown } | undefined
      return content?.schema === undefined ? undefined : sampleOf(definition, content.schema, 0)
    },
  }
}

function bodyOf(asked: Asked): unknown {
  const type = asked.headers['content-type'] ?? ''
  return type.includes('x-www-form-urlencoded')
    ? Object.fromEntries(new URLSearchParams(asked.body))
    : (JSON.parse(asked.body) as unknown)
}

/** The router takes the `$` of Microsoft's `/$ref` for the end of a pattern, in the description and in a request alike. */
const spelt = (path: string): string => path.replaceAll('/$ref', '/-ref')

/** Okta's list of grant types names two twice, which makes the schema itself invalid. */
const once = (key: string, value: unknown): unknown => (key === 'enum' && Array.isArray(value) ? [...new Set(value)] : value)

/**
 * What the validator trips over, none of which changes what is allowed: `explode: false` on a parameter that is no list
 * (it would split it), operations without an id, and `$` in a path.
 */
function plain(definition: Open): Open {
  let anonymous = 0
  const paths = definition['paths'] as { [path: string]: unknown }
  for (const path of Object.keys(paths).filter((one) => spelt(one) !== one)) {
    paths[spelt(path)] = paths[path]
    delete paths[path]
  }
  for (const item of Object.values(definition['paths'] as { [path: string]: { [method: string]: unknown } })) {
    for (const operation of Object.values(item)) {
      if (typeof operation !== 'object' || operation === null) continue
      const open = operation as { operationId?: string; responses?: unknown; parameters?: unknown[] }
      if (open.responses !== undefined) open.operationId ??= `anonymous${anonymous++}`
      const parameters = Array.isArray(operation) ? operation : (open.parameters ?? [])
      for (const parameter of parameters) {
        const read = deref(definition, parameter) as { schema?: unknown; explode?: boolean; style?: string }
        const schema = deref(definition, read.schema) as { readonly type?: string } | undefined
        if (schema?.type !== 'array') delete read.explode
      }
    }
  }
  return definition
}

function deref(definition: Open, value: unknown): unknown {
  let read = value
  while (typeof read === 'object' && read !== null && '$ref' in read) {
    const steps = String(read.$ref).slice(2).split('/')
    read = steps.reduce<unknown>(
      (at, step) => (at as Open | undefined)?.[step.replaceAll('~1', '/').replaceAll('~0', '~')],
      definition,
    )
  }
  return read
}

/** One value of a schema, every property filled. Deep enough for records, shallow enough for schemas that contain themselves. */
function sampleOf(definition: Open, declared: unknown, depth: number): unknown {
  const schema = deref(definition, declared) as
    | {
        readonly [key: string]: unknown
        readonly properties?: Open
        readonly allOf?: readonly unknown[]
        readonly enum?: readonly unknown[]
      }
    | undefined
  if (schema === undefined || depth > 8) return undefined
  const either = (schema['oneOf'] ?? schema['anyOf']) as readonly unknown[] | undefined
  const parts = [...(schema.allOf ?? []), ...(either === undefined ? [] : [either[0]])].map((part) =>
    sampleOf(definition, part, depth),
  )
  if (schema.properties !== undefined || schema['type'] === 'object' || parts.some((part) => typeof part === 'object')) {
    const own = Object.entries(schema.properties ?? {}).map(([name, inner]) => [name, sampleOf(definition, inner, depth + 1)])
    const out = Object.assign({}, ...parts, Object.fromEntries(own.filter(([, value]) => value !== undefined))) as object
    return Array.isArray(parts[0]) ? parts[0] : out
  }
  if (parts.length > 0) return parts.find((part) => part !== undefined)
  if (schema.enum !== undefined) return schema.enum.find((value) => value !== null)
  switch (schema['type']) {
    case 'array': {
      const item = sampleOf(definition, schema['items'], depth + 1)
      return item === undefined ? [] : [item]
    }
    case 'integer':
    case 'number':
      return 3
    case 'boolean':
      return true
    case 'string':
      return sampleText(String(schema['format'] ?? ''))
    default:
      return undefined
  }
}

function sampleText(format: string): string {
  switch (format) {
    case 'date-time':
      return '2026-11-20T10:00:00Z'
    case 'int64':
      return '3'
    case 'uri':
      return 'https://vendor.example/x'
    case 'email':
      return 'ada@vendor.example'
    default:
      return 'text'
  }
}
