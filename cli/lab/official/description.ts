/**
 * A vendor's official API description (OpenAPI 3): is a request one that it describes, in path, method, query and body? Shares nothing with what
 * the runtime does with schemas but the validator that both were given by others.
 */
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import type { Json } from '../../../runtime/types.ts'
import type { Native } from '../twin/types.ts'

export type AskedOf = {
  readonly method: string
  /** Decoded, without the description's server. */
  readonly path: string
  readonly query: URLSearchParams
  readonly type: string
  /** Decoded; null: none was sent. */
  readonly body: Json
}
/** `unknown`: no such path and method. Else what the description has against the request; none: it is valid. */
export type Held = { readonly is: 'unknown' } | { readonly is: 'known'; readonly against: readonly string[] }
export type Description = { readonly hold: (asked: AskedOf) => Held }

type Parameter = {
  readonly name: string
  readonly where: string
  readonly required: boolean
  readonly list: { readonly split: boolean } | null
  readonly valid: ValidateFunction | null
}
type Operation = {
  readonly method: string
  readonly path: string
  readonly pattern: RegExp
  readonly names: readonly string[]
  /** Compiled when it is first asked for: a description has hundreds. */
  readonly held: () => { readonly parameters: readonly Parameter[]; readonly body: Body | null }
}
type Body = { readonly required: boolean; readonly of: ReadonlyMap<string, ValidateFunction | null> }

const DOC = 'https://official.invalid/description'
const METHODS = ['get', 'post', 'put', 'patch', 'delete']

export type DescriptionOptions = {
  /** What stands before its paths there and not here. */
  readonly below?: string
  /** Query parameters that it does not have and that are right. */
  readonly ignore?: readonly string[]
  /** Names that it does not have are right in a body. */
  readonly open?: boolean
}

/** Compiles nothing before a request of that kind comes. */
export function openDescription(document: Json, { below = '', ignore = [], open = false }: DescriptionOptions = {}): Description {
  const doc = plain(document) as Native
  const ajv = new Ajv2020({
    strict: false,
    validateSchema: false,
    validateFormats: false,
    allErrors: true,
    coerceTypes: false,
    logger: false,
  })
  const coercing = new Ajv2020({
    strict: false,
    validateSchema: false,
    validateFormats: false,
    allErrors: true,
    coerceTypes: true,
    logger: false,
  })
  for (const one of [ajv, coercing]) one.addSchema({ ...doc, $id: DOC })
  const operations = operationsOf(doc, below, { ajv, coercing, open })
  return {
    hold(asked) {
      const found = operations.find(({ method, pattern }) => method === asked.method && pattern.test(asked.path))
      if (found === undefined) return { is: 'unknown' }
      const { parameters, body } = found.held()
      return {
        is: 'known',
        against: [
          ...pathAgainst(found, parameters, asked),
          ...queryAgainst(parameters, asked, ignore),
          ...bodyAgainst(body, asked),
        ],
      }
    },
  }
}

type Ajvs = { readonly ajv: Ajv2020; readonly coercing: Ajv2020; readonly open: boolean }

/** Paths with fewer holes first: `/users/me` before `/users/{id}`. */
function operationsOf(doc: Native, below: string, ajvs: Ajvs): readonly Operation[] {
  const paths = Object.entries((doc['paths'] ?? {}) as Native).flatMap(([path, item]) =>
    path.startsWith(below)
      ? METHODS.flatMap((method) =>
          isObject(item) && isObject(item[method]) ? [operationOf(doc, path, method, below, ajvs)] : [],
        )
      : [],
  )
  return paths.toSorted((a, b) => a.names.length - b.names.length)
}

function operationOf(doc: Native, path: string, method: string, below: string, ajvs: Ajvs): Operation {
  const names: string[] = []
  const shown = path.slice(below.length)
  const pattern = shown
    .split(/(\{[^}]+\})/)
    .map((part) => {
      if (!part.startsWith('{')) return part.replaceAll(/[.*+?^$()|[\]\\]/g, '\\$&')
      names.push(part.slice(1, -1))
      return '([^/]+)'
    })
    .join('')
  const place = `#/paths/${escaped(path)}`
  let held: ReturnType<Operation['held']> | null = null
  return {
    method: method.toUpperCase(),
    path: shown,
    pattern: new RegExp(`^${pattern}$`),
    names,
    held: () => (held ??= { parameters: parametersOf(doc, place, method, ajvs), body: bodyOf(doc, `${place}/${method}`, ajvs) }),
  }
}

// ---------------------------------------------------------------- what is declared

function parametersOf(doc: Native, place: string, method: string, { coercing }: Ajvs): readonly Parameter[] {
  const named = new Map<string, Parameter>()
  for (const list of [`${place}/parameters`, `${place}/${method}/parameters`])
    for (const [index] of (Array.isArray(look(doc, list)) ? (look(doc, list) as Json[]) : []).entries()) {
      const { value, pointer } = follow(doc, `${list}/${index}`)
      if (!isObject(value)) continue
      const schema = follow(doc, `${pointer}/schema`)
      const type = isObject(schema.value) ? schema.value['type'] : undefined
      const split = value['explode'] === false || (value['explode'] === undefined && value['style'] === 'pipeDelimited')
      named.set(`${String(value['in'])} ${String(value['name'])}`, {
        name: String(value['name']),
        where: String(value['in']),
        required: value['required'] === true,
        list: type === 'array' ? { split } : null,
        valid: schema.value === undefined ? null : coercing.compile({ $ref: `${DOC}${pointer}/schema` }),
      })
    }
  return [...named.values()]
}

function bodyOf(doc: Native, place: string, { ajv, open }: Ajvs): Body | null {
  const { value, pointer } = follow(doc, `${place}/requestBody`)
  if (!isObject(value)) return null
  const of = Object.keys((value['content'] ?? {}) as Native).map((type) => {
    const schema = `${pointer}/content/${escaped(type)}/schema`
    // A name that is not described is no error of OpenAPI; of a connector it is one: a misspelt name changes nothing, in silence.
    const closed =
      !open && isObject(look(doc, schema)) && namesOf(doc, schema, new Set()).size > 0 && !isOpen(doc, schema, new Set())
    const wanted = { $ref: `${DOC}${schema}`, ...(closed ? { unevaluatedProperties: false } : {}) }
    return [type.toLowerCase().split(';')[0] as string, look(doc, schema) === undefined ? null : ajv.compile(wanted)] as const
  })
  return { required: value['required'] === true, of: new Map(of) }
}

function namesOf(doc: Native, place: string, seen: Set<string>): ReadonlySet<string> {
  const { value, pointer } = follow(doc, place)
  if (!isObject(value) || seen.has(pointer)) return new Set()
  seen.add(pointer)
  const own = Object.keys((value['properties'] ?? {}) as Native)
  const parts = partsOf(value).flatMap(({ key, index }) => [...namesOf(doc, `${pointer}/${key}/${index}`, seen)])
  return new Set([...own, ...parts])
}

/** Takes names of its own. */
function isOpen(doc: Native, place: string, seen: Set<string>): boolean {
  const { value, pointer } = follow(doc, place)
  if (!isObject(value) || seen.has(pointer)) return false
  seen.add(pointer)
  const more = value['additionalProperties']
  if (more !== undefined && more !== false) return true
  return partsOf(value).some(({ key, index }) => isOpen(doc, `${pointer}/${key}/${index}`, seen))
}

const partsOf = (value: Native): readonly { readonly key: string; readonly index: number }[] =>
  ['allOf', 'oneOf', 'anyOf'].flatMap((key) =>
    (Array.isArray(value[key]) ? (value[key] as Json[]) : []).map((_, index) => ({ key, index })),
  )

// ---------------------------------------------------------------- what is asked

function pathAgainst({ pattern, names }: Operation, parameters: readonly Parameter[], asked: AskedOf): readonly string[] {
  const values = pattern.exec(asked.path)?.slice(1) ?? []
  return names.flatMap((name, index) => {
    const declared = parameters.find((one) => one.where === 'path' && one.name === name)
    return declared === undefined ? [] : valueAgainst(declared, values[index] as string)
  })
}

function queryAgainst(parameters: readonly Parameter[], { query }: AskedOf, ignore: readonly string[]): readonly string[] {
  const declared = new Map(parameters.filter(({ where }) => where === 'query').map((one) => [one.name, one]))
  const names = [...new Set(query.keys())].filter((name) => !ignore.includes(name))
  const wrong = names.flatMap((name): readonly string[] => {
    const one = declared.get(name)
    if (one === undefined) return [`there is no query parameter \`${name}\``]
    const values = query.getAll(name)
    return one.list === null
      ? valueAgainst(one, values.at(-1) as string)
      : valueAgainst(one, one.list.split ? values.flatMap((value) => value.split(',')) : values)
  })
  const missing = [...declared.values()].filter(({ name, required }) => required && !query.has(name))
  return [...wrong, ...missing.map(({ name }) => `query parameter \`${name}\` is required`)]
}

function valueAgainst({ name, valid }: Parameter, value: string | readonly string[]): readonly string[] {
  const held = { value }
  // Coercion needs a parent to write to.
  if (
    valid === null ||
    valid.call(null, value, {
      instancePath: '',
      parentData: held,
      parentDataProperty: 'value',
      rootData: held,
      dynamicAnchors: {},
    })
  )
    return []
  return said(valid.errors, `\`${name}\``)
}

function bodyAgainst(declared: Body | null, { body, type }: AskedOf): readonly string[] {
  if (body === null) return declared?.required === true ? ['a body is required'] : []
  if (declared === null) return ['a body is sent, and none is described']
  const kind = type.toLowerCase().split(';')[0]?.trim() ?? ''
  const valid =
    declared.of.get(kind) ?? (/json$/.test(kind) ? [...declared.of].find(([name]) => /json$/.test(name))?.[1] : undefined)
  if (valid === undefined) return [`a body of the type ${kind === '' ? 'none' : kind} is not described`]
  return valid === null || valid(body) ? [] : said(valid.errors, 'body')
}

const MOST_SAID = 4

function said(errors: readonly ErrorObject[] | null | undefined, where: string): readonly string[] {
  const lines = (errors ?? []).map(({ instancePath, message, params }) => {
    const name = (params as { readonly unevaluatedProperty?: string }).unevaluatedProperty
    return name === undefined ? `${where}${instancePath} ${message ?? 'is not valid'}` : `there is no \`${name}\` in the ${where}`
  })
  return [...new Set(lines)].slice(0, MOST_SAID)
}

// ---------------------------------------------------------------- the document

const isObject = (value: Json | undefined): value is Native =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const escaped = (step: string): string => encodeURIComponent(step.replaceAll('~', '~0').replaceAll('/', '~1'))

function look(doc: Native, pointer: string): Json | undefined {
  const steps = pointer
    .slice(2)
    .split('/')
    .map((step) => decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~'))
  return steps.reduce<Json | undefined>(
    (value, step) => (Array.isArray(value) ? value[Number(step)] : isObject(value) ? value[step] : undefined),
    doc,
  )
}

function follow(doc: Native, pointer: string): { readonly value: Json | undefined; readonly pointer: string } {
  let here = pointer
  for (let hops = 0; hops < 32; hops++) {
    const value = look(doc, here)
    if (!isObject(value) || typeof value['$ref'] !== 'string') return { value, pointer: here }
    here = value['$ref']
  }
  return { value: undefined, pointer: here }
}

/** OpenAPI 3.0 says `exclusiveMinimum: true` and `nullable` where JSON Schema has a number and a type: none of it changes what is allowed. */
function plain(value: Json): Json {
  if (Array.isArray(value)) return value.map(plain)
  if (!isObject(value)) return value
  const out: Native = {}
  for (const [key, inner] of Object.entries(value)) out[key] = plain(inner)
  for (const [flag, limit] of [
    ['exclusiveMinimum', 'minimum'],
    ['exclusiveMaximum', 'maximum'],
  ] as const) {
    if (typeof out[flag] !== 'boolean') continue
    if (out[flag] === true && typeof out[limit] === 'number') out[flag] = out[limit] as number
    else delete out[flag]
  }
  // Beside a `$ref` it says nothing, and the validator takes it for an error.
  if (out['nullable'] === true && out['type'] === undefined) delete out['nullable']
  if (out['nullable'] === true && Array.isArray(out['enum']) && !(out['enum'] as Json[]).includes(null))
    out['enum'] = [...(out['enum'] as Json[]), null]
  return out
}
