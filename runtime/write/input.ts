/** Is what was asked for what the action takes? Pure. */
import { Failure } from '../errors.ts'
import type { Action, ActionInput, Json, JsonObject } from '../types.ts'

/** The input in a fixed key order. Throws `Failure` write/input; never says a value, it may be a secret. */
export function checkInput(action: Action, input: JsonObject): JsonObject {
  const unknown = Object.keys(input).find((name) => !Object.hasOwn(action.input, name))
  if (unknown !== undefined) {
    const known = Object.keys(action.input).join(', ')
    throw failure(action, unknown, `is not known; ${action.name} takes ${known === '' ? 'no input' : known}`)
  }
  const entries = Object.entries(action.input).flatMap(([name, declared]): [string, Json][] => {
    const value = input[name]
    if (value === undefined || value === null) {
      if (declared.required) throw failure(action, name, 'is required')
      return []
    }
    const wrong = wrongWith(declared, value)
    if (wrong !== null) throw failure(action, name, wrong)
    return [[name, value]]
  })
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** For templates and CEL: every declared name is there, without a value it is null. */
export function wholeInput(action: Action, input: JsonObject): JsonObject {
  return { ...Object.fromEntries(Object.keys(action.input).map((name) => [name, null])), ...input }
}

function wrongWith(declared: ActionInput, value: Json): string | null {
  if (!IS[declared.type](value)) return `must be ${WORDS[declared.type]}`
  if (declared.required && (value === '' || (Array.isArray(value) && value.length === 0))) return 'is empty'
  const { options } = declared
  if (options === null) return null
  const values = Array.isArray(value) ? value : [value]
  return values.every((one) => options.includes(one as Json)) ? null : `must be one of ${options.map(String).join(', ')}`
}

const IS: { readonly [type in ActionInput['type']]: (value: Json) => boolean } = {
  text: (value) => typeof value === 'string',
  boolean: (value) => typeof value === 'boolean',
  integer: (value) => Number.isSafeInteger(value),
  list: (value) => Array.isArray(value),
}
const WORDS: { readonly [type in ActionInput['type']]: string } = {
  text: 'a text',
  boolean: 'true or false',
  integer: 'an integer',
  list: 'a list',
}

function failure(action: Action, name: string, because: string): Failure {
  return new Failure('write/input', `actions.${action.name}.input.${name}`, `input ${name} ${because}`)
}
