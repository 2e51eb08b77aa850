import { Failure } from '../../errors.ts'
import type { Json, ValueText } from '../../types.ts'
import { compileRecordCel, type Vars } from './cel.ts'
import { compileSteps, parsePath } from './path.ts'

export type Value = (record: unknown, vars: Vars) => unknown

/**
 * Compiles a value of `fields`, `keep` or `id`: a number, boolean or null is itself; `{literal: x}` is x; a text with a leading `=`
 * is CEL over the record; any other text is a path. A path whose first step is a declared variable reads that variable,
 * else the record. Throws value/path, value/cel, value/name, value/regex, value/form.
 */
export function compileValue(value: ValueText, variables: readonly string[]): Value {
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return () => value
  if (typeof value === 'string')
    return value.trimStart().startsWith('=') ? celValue(value, variables) : pathValue(value, variables)
  const literal = literalOf(value)
  if (literal !== undefined) return () => literal
  throw new Failure('value/form', 'value', 'a value is a literal, a path, `{ literal: … }` or CEL behind `=`')
}

function celValue(text: string, variables: readonly string[]): Value {
  const run = compileRecordCel(text, variables)
  return (record, vars) => run(record as object, vars)
}

function pathValue(text: string, variables: readonly string[]): Value {
  const steps = parsePath(text)
  const get = compileSteps(steps)
  const first = steps[0]
  if (first !== undefined && 'key' in first && (first.key === 'settings' || variables.includes(first.key)))
    return (_record, vars) => get(vars)
  return (record) => get(record)
}

function literalOf(value: Json): Json | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const object = value as { readonly [key: string]: Json }
  return Object.keys(object).length === 1 ? object['literal'] : undefined
}
