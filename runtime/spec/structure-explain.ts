/** ajv's errors → what an author needs to read. */
import type { ErrorObject } from 'ajv/dist/2020.js'
import { type Problem, type Range, show } from './diagnostic.ts'
import { didYouMean, nearest } from './nearest.ts'
import { escapePointer, pathOf, type Tree } from './tree.ts'

/** Rename key `from` below `pointer`; `from` null: put the kind right. */
export type Repair = { readonly pointer: string; readonly from: string | null; readonly to: string }

export type Fault = {
  /** What it is about: nothing else at or below is worth telling where `spoils`. */
  readonly pointer: string
  readonly spoils: boolean
  readonly problem: Problem
  readonly repair: Repair | null
  readonly key: string
}

type Schema = {
  readonly type?: string | readonly string[]
  readonly properties?: { readonly [key: string]: Schema }
  readonly required?: readonly string[]
  readonly enum?: readonly unknown[]
  readonly pattern?: string
  readonly const?: unknown
  readonly $ref?: string
  readonly oneOf?: readonly Schema[]
  readonly anyOf?: readonly Schema[]
}

export function explain(errors: readonly ErrorObject[], tree: Tree): readonly Fault[] {
  const faults: Fault[] = []
  for (const [pointer, here] of Map.groupBy(errors, (error) => error.instancePath)) {
    const type = here.find((error) => error.keyword === 'type')
    const tag = here.find((error) => error.keyword === 'discriminator')
    if (type !== undefined) faults.push(wrongType(type, tree))
    else if (tag !== undefined) faults.push(wrongKind(tag, tree))
    else {
      const off = here.find((error) => error.keyword === 'false schema')
      if (off !== undefined) {
        faults.push(notHere(off, tree))
        continue
      }
      const keys = keyFaults(pointer, here, tree)
      faults.push(...keys)
      const names = here.filter((error) => error.keyword === 'propertyNames')
      faults.push(...names.map((error) => badName(error, tree)))
      const is_typo = keys.some((fault) => fault.problem.code === 'spec/unknown-key')
      const rest = here.filter(
        (error) =>
          error.propertyName === undefined &&
          !(is_typo && isChoiceOfKeys(error)) &&
          !['additionalProperties', 'required', 'dependentRequired', 'propertyNames'].includes(error.keyword),
      )
      const first = rest.find((error) => error.keyword === 'enum' || error.keyword === 'const') ?? rest[0]
      if (first !== undefined) faults.push(badValue(first, tree))
    }
  }
  return faults
}

/** Unknown and missing keys of one mapping are told together: a typo is both at once. */
function keyFaults(pointer: string, errors: readonly ErrorObject[], tree: Tree): readonly Fault[] {
  const unknown = errors.filter((error) => error.keyword === 'additionalProperties')
  const missing = new Set(
    errors
      .filter((error) => error.keyword === 'required' || error.keyword === 'dependentRequired')
      .map((error) => String(error.params['missingProperty'])),
  )
  const present = Object.keys((errors[0]?.data ?? {}) as object)
  const is_fields = /^\/streams\/[^/]+\/fields$/.test(pointer)
  const faults: Fault[] = []
  for (const error of unknown) {
    const name = String(error.params['additionalProperty'])
    const known = Object.keys((error.parentSchema as Schema).properties ?? {})
    const free = known.filter((key) => !present.includes(key))
    const near = nearest(name, [...free.filter((key) => missing.has(key)), ...free.filter((key) => !missing.has(key))])
    const replaced = near === null && unknown.length === 1 && missing.size === 1 ? [...missing][0]! : null
    if (near !== null) missing.delete(near)
    if (replaced !== null) missing.delete(replaced)
    const own = `${pointer}/${escapePointer(name)}`
    faults.push({
      pointer: own,
      spoils: near === null,
      problem: {
        code: is_fields ? 'spec/unknown-field' : 'spec/unknown-key',
        severity: 'error',
        message: `unknown ${is_fields ? 'field' : 'key'} \`${show(name)}\``,
        range: keyRange(tree, own),
        path: pathOf(own),
        help:
          near !== null
            ? `did you mean \`${near}\`?`
            : replaced !== null
              ? `\`${replaced}\` is missing here; is this meant to be it?`
              : knownKeys(name, known, free, present),
      },
      repair: near === null ? null : { pointer, from: name, to: near },
      key: `${own} unknown`,
    })
  }
  if (missing.size > 0) faults.push(missingKeys(pointer, [...missing], is_fields, tree))
  return faults
}

function knownKeys(name: string, known: readonly string[], free: readonly string[], present: readonly string[]): string | null {
  const twin = nearest(
    name,
    known.filter((key) => present.includes(key)),
  )
  if (twin !== null) return `\`${twin}\` is already there`
  if (free.length === 0) return known.length === 0 ? null : 'remove it; every known key is there'
  return `known here: ${listed(free)}`
}

/** All keys that one mapping lacks are one message. */
function missingKeys(pointer: string, keys: readonly string[], is_fields: boolean, tree: Tree): Fault {
  const what = is_fields ? 'required field' : 'key'
  return {
    pointer,
    spoils: false,
    problem: {
      code: is_fields ? 'spec/missing-field' : 'spec/missing-key',
      severity: 'error',
      message: `missing ${what}${keys.length === 1 ? '' : 's'} ${keys.map((key) => `\`${key}\``).join(', ')}`,
      range: ownRange(tree, pointer),
      path: pathOf(pointer),
      help: null,
    },
    repair: null,
    key: `${pointer} missing`,
  }
}

function wrongKind(error: ErrorObject, tree: Tree): Fault {
  const pointer = error.instancePath
  const data = error.data as { readonly [key: string]: unknown }
  const kinds = kindsOf(error.parentSchema as Schema)
  const family = /^#\/\$defs\/([a-z]+)_/.exec((error.parentSchema as Schema).oneOf?.[0]?.$ref ?? '')?.[1] ?? 'this'
  const of = family === 'told' ? 'told_by' : family
  const list = `kinds of ${of}: ${listed(kinds)}`
  if (!Object.hasOwn(data, 'kind')) {
    const twin = Object.keys(data).find(
      (key) => nearest(key, ['kind']) !== null || (typeof data[key] === 'string' && kinds.includes(data[key])),
    )
    if (twin === undefined) {
      const fault = missingKeys(pointer, ['kind'], false, tree)
      return { ...fault, spoils: true, problem: { ...fault.problem, help: list } }
    }
    const own = `${pointer}/${escapePointer(twin)}`
    const problem = {
      code: 'spec/unknown-key',
      severity: 'error',
      message: `unknown key \`${show(twin)}\``,
      range: keyRange(tree, own),
      path: pathOf(own),
      help: 'did you mean `kind`?',
    } as const
    return { pointer: own, spoils: false, problem, repair: { pointer, from: twin, to: 'kind' }, key: `${own} unknown` }
  }
  const own = `${pointer}/kind`
  const kind = data['kind']
  const near = typeof kind === 'string' ? nearest(kind, kinds) : null
  const help = near === null ? list : `did you mean \`${near}\`? ${list}`
  const message =
    typeof kind === 'string' ? `unknown kind of ${of} \`${show(kind)}\`` : `\`kind\` must be a text, not ${nameOf(kind)}`
  return {
    pointer: near === null ? pointer : own,
    spoils: near === null,
    problem: { code: 'spec/unknown-kind', severity: 'error', message, range: valueRange(tree, own), path: pathOf(own), help },
    repair: near === null ? null : { pointer, from: null, to: near },
    key: `${own} kind`,
  }
}

function kindsOf(schema: Schema): readonly string[] {
  return (schema.oneOf ?? []).flatMap((branch) => kindOf(branch))
}

function kindOf(branch: Schema): readonly string[] {
  if (branch.$ref !== undefined) return [branch.$ref.replace(/^#\/\$defs\/[a-z]+_/, '')]
  const kind = branch.properties?.['kind']?.const
  return kind === undefined ? [] : [String(kind)]
}

function wrongType(error: ErrorObject, tree: Tree): Fault {
  const schema = error.parentSchema as Schema
  const wanted = ([] as readonly string[]).concat(schema.type ?? [])
  const message =
    error.data === null && tree.spots.get(error.instancePath)?.scalar?.source === ''
      ? `\`${show(leaf(error.instancePath))}\` has no value`
      : `expected ${oneOf(wanted.map(typeName))}, found ${nameOf(error.data)}`
  return valueFault(error, tree, 'spec/wrong-type', message, typeHelp(error, wanted, schema))
}

function typeHelp(error: ErrorObject, wanted: readonly string[], schema: Schema): string | null {
  const data = error.data
  if (wanted.includes('string') && Array.isArray(data) && data.length === 0) return 'in quotes: "[]"'
  if (wanted.includes('string') && isMap(data)) {
    const [key, ...more] = Object.keys(data)
    if (key !== undefined && more.length === 0 && data[key] === null) return `in quotes: "{${show(key)}}"`
  }
  if (wanted.includes('string') && ['number', 'boolean'].includes(typeof data)) return `in quotes: "${String(data)}"`
  if (wanted.includes('object') && typeof data === 'string' && (schema.required ?? []).includes('kind'))
    return `write { kind: ${show(data)} }`
  return data === null && wanted.includes('string') ? 'the text is written in quotes: "null"' : null
}

/** A key that another choice in the same mapping rules out. */
function notHere(error: ErrorObject, tree: Tree): Fault {
  const pointer = error.instancePath
  const name = show(leaf(pointer))
  const problem = {
    code: 'spec/unknown-key',
    severity: 'error',
    message: `\`${name}\` has no meaning with what is declared beside it`,
    range: keyRange(tree, pointer),
    path: pathOf(pointer),
    help: 'remove it',
  } as const
  return { pointer, spoils: true, problem, repair: null, key: `${pointer} unknown` }
}

function isChoiceOfKeys(error: ErrorObject): boolean {
  const schema = error.parentSchema as Schema
  const branches = schema[error.keyword as 'anyOf' | 'oneOf']
  return (
    (error.keyword === 'anyOf' || error.keyword === 'oneOf') &&
    isMap(error.data) &&
    (branches ?? []).every((branch) => (branch.required ?? []).length > 0)
  )
}

function badName(error: ErrorObject, tree: Tree): Fault {
  const name = String(error.params['propertyName'])
  const own = `${error.instancePath}/${escapePointer(name)}`
  const help = 'letters, digits, _ and -, beginning with a letter'
  const problem = {
    code: 'spec/bad-name',
    severity: 'error',
    message: `\`${show(name)}\` cannot be a name here`,
    range: keyRange(tree, own),
    path: pathOf(own),
    help,
  } as const
  return { pointer: own, spoils: true, problem, repair: null, key: `${own} name` }
}

function badValue(error: ErrorObject, tree: Tree): Fault {
  const schema = error.parentSchema as Schema
  const value = show(typeof error.data === 'string' ? error.data : (JSON.stringify(error.data) ?? ''))
  switch (error.keyword) {
    case 'enum': {
      const allowed = (schema.enum ?? []).map(String)
      const near = typeof error.data === 'string' ? didYouMean(error.data, allowed) : null
      const quote = error.data === null && allowed.includes('null') ? 'in quotes: "null"' : null
      return valueFault(error, tree, 'spec/unknown-value', `\`${value}\` is none of ${listed(allowed)}`, quote ?? near)
    }
    case 'const':
      return valueFault(
        error,
        tree,
        'spec/unknown-value',
        `expected \`${show(String(error.params['allowedValue']))}\`, found \`${value}\``,
        null,
      )
    case 'pattern':
      return patternFault(error, schema, value, tree)
    case 'anyOf':
    case 'oneOf':
      return unionFault(error, schema, value, tree)
    case 'minLength':
      return valueFault(error, tree, 'spec/bad-value', 'an empty text', null)
    case 'minItems':
      return valueFault(error, tree, 'spec/bad-value', 'an empty list', null)
    case 'minProperties':
      return valueFault(error, tree, 'spec/bad-value', `\`${show(leaf(error.instancePath))}\` is empty`, null)
    default:
      return valueFault(error, tree, 'spec/bad-value', `\`${value}\` ${error.message ?? 'is not allowed'}`, null)
  }
}

function patternFault(error: ErrorObject, schema: Schema, value: string, tree: Tree): Fault {
  if (schema.pattern === '^\\s*=') {
    return valueFault(error, tree, 'spec/not-an-expression', `\`${value}\` is no expression`, `begin with =: "= ${value}"`)
  }
  if (schema.pattern?.startsWith('^(GET|')) {
    const method = /^([A-Za-z]+)( |$)/.exec(value)?.[1] ?? ''
    const near = didYouMean(method, ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])
    return valueFault(
      error,
      tree,
      'spec/bad-request',
      `\`${value}\` is no request`,
      near ?? 'write a method and a path: GET /users',
    )
  }
  const help = schema.pattern?.includes('[smhd]')
    ? 'a number and s, m, h or d: 24h'
    : schema.pattern?.startsWith('^[a-z]')
      ? 'small letters, digits and -, beginning with a letter'
      : null
  return valueFault(error, tree, 'spec/bad-value', `\`${value}\` is not allowed here`, help)
}

function unionFault(error: ErrorObject, schema: Schema, value: string, tree: Tree): Fault {
  const branches = schema.anyOf ?? schema.oneOf ?? []
  const missing = branches.map((branch) => branch.required?.join(' and ') ?? '')
  if (isChoiceOfKeys(error)) {
    const both = Array.isArray(error.params['passingSchemas'])
    const names = [...new Set(missing)].map((name) => `\`${name}\``)
    const fault = missingKeys(error.instancePath, [], false, tree)
    const message = both ? `${oneOf(names)}, not both` : `missing ${oneOf(names)}`
    return { ...fault, problem: { ...fault.problem, ...(both ? { code: 'spec/bad-value' } : {}), message } }
  }
  const allowed = branches.flatMap((branch) => branch.enum ?? []).map(String)
  const forms = branches.flatMap((branch) => [
    ...(branch.enum === undefined ? [formOf(branch)] : branch.enum.map((one) => `\`${String(one)}\``)),
  ])
  const help =
    error.data === null && allowed.includes('null')
      ? 'in quotes: "null"'
      : typeof error.data === 'string'
        ? didYouMean(error.data, allowed)
        : null
  return valueFault(error, tree, 'spec/unknown-value', `\`${value}\` does not fit; expected ${oneOf([...new Set(forms)])}`, help)
}

function formOf(schema: Schema): string {
  if (schema.const !== undefined) return `\`${String(schema.const)}\``
  const keys = schema.required ?? Object.keys(schema.properties ?? {})
  return keys.length > 0
    ? `{ ${keys.join(', ')} }`
    : oneOf(([] as readonly string[]).concat(schema.type ?? 'another form').map(typeName))
}

function valueFault(error: ErrorObject, tree: Tree, code: string, message: string, help: string | null): Fault {
  const pointer = error.instancePath
  const problem: Problem = { code, severity: 'error', message, range: valueRange(tree, pointer), path: pathOf(pointer), help }
  return { pointer, spoils: true, problem, repair: null, key: `${pointer} value` }
}

const ZERO: Range = [0, 1]

/** A long value is marked at its first line only; `places` cuts it there. */
export function valueRange(tree: Tree, pointer: string): Range {
  return tree.spots.get(pointer)?.value ?? ZERO
}

export function keyRange(tree: Tree, pointer: string): Range {
  const spot = tree.spots.get(pointer)
  return spot?.key ?? spot?.value ?? ZERO
}

/** The key a mapping stands under; for one in a list, its first character. */
export function ownRange(tree: Tree, pointer: string): Range {
  const spot = tree.spots.get(pointer)
  return spot === undefined ? ZERO : (spot.key ?? [spot.value[0], spot.value[0] + 1])
}

const isMap = (data: unknown): data is { readonly [key: string]: unknown } =>
  typeof data === 'object' && data !== null && !Array.isArray(data)
const leaf = (pointer: string) => pathOf(`/${pointer.slice(pointer.lastIndexOf('/') + 1)}`)
const oneOf = (words: readonly string[]) =>
  words.length < 2 ? (words[0] ?? 'something else') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
const listed = (words: readonly string[]) => words.slice(0, 24).join(', ') + (words.length > 24 ? ', …' : '')
const TYPE_NAMES: { readonly [type: string]: string } = {
  object: 'a mapping',
  array: 'a list',
  string: 'a text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  null: 'null',
}
const typeName = (type: string) => TYPE_NAMES[type] ?? type
const nameOf = (data: unknown) =>
  data === null
    ? 'null'
    : Array.isArray(data)
      ? 'a list'
      : typeof data === 'boolean'
        ? String(data)
        : (TYPE_NAMES[typeof data] ?? typeof data)
