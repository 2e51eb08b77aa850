/** Values of another type, form or range than meant. */

import type { ErrorObject } from 'ajv/dist/2020.js'
import { type Problem, show } from '../diagnostic.ts'
import { didYouMean } from '../nearest.ts'
import { pathOf, type Tree } from '../tree.ts'
import { type Fault, isMap, keyRange, leaf, listed, nameOf, oneOf, type Schema, typeName, valueRange } from './fault.ts'
import { missingKeys } from './keys.ts'

export function wrongType(error: ErrorObject, tree: Tree): Fault {
  const schema = error.parentSchema as Schema
  const wanted = ([] as readonly string[]).concat(schema.type ?? [])
  const pointer = error.instancePath
  if (error.data === null && tree.spots.get(pointer)?.scalar?.source === '') {
    const fault = valueFault(error, tree, 'spec/wrong-type', `\`${show(leaf(pointer))}\` has no value`, null)
    return { ...fault, problem: { ...fault.problem, range: keyRange(tree, pointer) } }
  }
  const message = `expected ${oneOf(wanted.map(typeName))}, found ${nameOf(error.data)}`
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

export function badValue(error: ErrorObject, tree: Tree): Fault {
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

export function isChoiceOfKeys(error: ErrorObject): boolean {
  const schema = error.parentSchema as Schema
  const branches = schema[error.keyword as 'anyOf' | 'oneOf']
  return (
    (error.keyword === 'anyOf' || error.keyword === 'oneOf') &&
    isMap(error.data) &&
    (branches ?? []).every((branch) => (branch.required ?? []).length > 0)
  )
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

export function valueFault(error: ErrorObject, tree: Tree, code: string, message: string, help: string | null): Fault {
  const pointer = error.instancePath
  const problem: Problem = { code, severity: 'error', message, range: valueRange(tree, pointer), path: pathOf(pointer), help }
  return { pointer, spoils: true, problem, repair: null, key: `${pointer} value` }
}
