/** What comes in: strict, and nothing is read before it is checked. */
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import { Failure } from '../errors.ts'
import type { Json } from '../types.ts'
import { InputFailure } from './problems.ts'
import { SCHEMAS } from './schemas.ts'
import type { Route, Schema } from './types.ts'

export const MAX_BODY_BYTES = 1_048_576
const MAX_DEPTH = 64
const REFUSED_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

export const YAML_IN_JSON: Schema = {
  type: 'object',
  properties: { yaml: { type: 'string', description: 'the text of the connector' } },
  required: ['yaml'],
  additionalProperties: false,
}

export type Check = {
  readonly params: (given: { readonly [name: string]: string }) => void
  readonly query: (url: URL) => { readonly [name: string]: string }
  /** Throws `api/body`, `api/input`. */
  readonly body: (text: string, is_json: boolean) => Json
  /** For tests: what is wrong with an answer; null: nothing. */
  readonly answer: (status: number, body: unknown) => string | null
}

export type Checks = (route: Route) => Check

export function openChecks(): Checks {
  const ajv = new Ajv2020({ strict: true, allErrors: false, allowUnionTypes: true, strictTypes: false, strictRequired: false })
  ajv.addVocabulary(['components', 'example'])
  ajv.addFormat('date-time', { validate: (text: string) => !Number.isNaN(Date.parse(text)) && /^\d{4}-\d\d-\d\dT/.test(text) })
  const known = new Map<string, ValidateFunction>()
  const compiled = (schema: Schema): ValidateFunction => {
    const key = JSON.stringify(schema)
    const found = known.get(key) ?? ajv.compile({ allOf: [schema], components: { schemas: SCHEMAS } })
    known.set(key, found)
    return found
  }
  const held = (what: string, schema: Schema, value: unknown): void => {
    const valid = compiled(schema)
    if (!valid(value)) throw wrong(what, valid.errors ?? [])
  }
  const closed = (fields: { readonly [name: string]: Schema }, required: readonly string[]): Schema => ({
    type: 'object',
    properties: fields,
    required,
    additionalProperties: false,
  })
  return (route) => ({
    params: (given) => held('path', closed(route.params ?? {}, Object.keys(route.params ?? {})), given),
    query: (url) => {
      const given: { [name: string]: string } = Object.create(null)
      for (const [name, value] of url.searchParams) {
        if (Object.hasOwn(given, name)) throw wrongAt('query', `/${name}`, 'is given twice')
        given[name] = value
      }
      held('query', closed(route.query ?? {}, route.needs ?? []), given)
      return given
    },
    body: (text, is_json) => {
      const { body } = route
      if (body === undefined) {
        if (text.trim() !== '') throw wrongAt('body', '/', 'this route takes none')
        return null
      }
      if (body === 'yaml' && !is_json) return text
      const value = parsed(text)
      held('body', body === 'yaml' ? YAML_IN_JSON : body, value)
      return body === 'yaml' ? (value as { readonly yaml: string }).yaml : value
    },
    answer: (status, body) => {
      const schema = route.answers[String(status)]
      if (schema === undefined) return `status ${status} is not described`
      if (schema === null || typeof schema === 'string') return null
      const valid = compiled(schema)
      return valid(body) ? null : JSON.stringify(valid.errors?.[0])
    },
  })
}

function parsed(text: string): Json {
  if (text.trim() === '') throw wrongAt('body', '/', 'is missing')
  let depth = 0
  let inText = false
  // Before it is parsed: what recurses over it later must not be able to run out of stack.
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (inText) {
      if (c === 92) i++
      else if (c === 34) inText = false
    } else if (c === 34) inText = true
    else if (c === 123 || c === 91) {
      if (++depth > MAX_DEPTH) throw new Failure('api/body', 'body', `the body is nested deeper than ${MAX_DEPTH}`)
    } else if (c === 125 || c === 93) depth--
  }
  try {
    return JSON.parse(text, (key, value: Json) => {
      if (REFUSED_KEYS.has(key)) throw new Failure('api/body', 'body', `the body has a key \`${key}\``)
      return value
    }) as Json
  } catch (error) {
    if (error instanceof Failure) throw error
    throw new Failure('api/body', 'body', 'the body is no JSON')
  }
}

function wrong(what: string, errors: readonly ErrorObject[]): InputFailure {
  const told = errors.slice(0, 10).map((error) => {
    const extra = (error.params as { additionalProperty?: string }).additionalProperty
    const at = extra === undefined ? error.instancePath || '/' : `${error.instancePath}/${extra.slice(0, 60)}`
    const options = (error.params as { allowedValues?: readonly unknown[] }).allowedValues
    const because =
      extra !== undefined
        ? 'is not known'
        : `${error.message ?? 'is wrong'}${options === undefined ? '' : `: ${options.join(', ')}`}`
    return { at, because }
  })
  return new InputFailure('api/input', what, `${what}${told[0]?.at ?? ''} ${told[0]?.because ?? 'is wrong'}`, told)
}

const wrongAt = (what: string, at: string, because: string): InputFailure =>
  new InputFailure('api/input', what, `${what}${at} ${because}`, [{ at, because }])
