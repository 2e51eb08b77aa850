/** What schemas are made of. */
import { ROLES } from '../control/types.ts'
import type { Schema } from './types.ts'

export const text = (description: string, more: Schema = {}): Schema => ({
  type: 'string',
  maxLength: 4096,
  description,
  ...more,
})
export const time: Schema = { type: 'string', format: 'date-time' }
export const maybe = (schema: Schema): Schema => ({ anyOf: [schema, { type: 'null' }] })
export const int = (description: string, minimum = 0): Schema => ({ type: 'integer', minimum, description })
export const flag = (description: string): Schema => ({ type: 'boolean', description })
export const list = (items: Schema, more: Schema = {}): Schema => ({ type: 'array', items, ...more })
export const oneOf = (values: readonly string[], description = ''): Schema => ({ type: 'string', enum: values, description })
export const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` })
/** Without `?` a field must be there. */
export function object(fields: { readonly [name: string]: Schema }, description = ''): Schema {
  const names = Object.keys(fields)
  return {
    type: 'object',
    ...(description === '' ? {} : { description }),
    properties: Object.fromEntries(names.map((name) => [name.replace(/\?$/, ''), fields[name] as Schema])),
    required: names.filter((name) => !name.endsWith('?')),
    additionalProperties: false,
  }
}
export const mapOf = (values: Schema, description = ''): Schema => ({
  type: 'object',
  ...(description === '' ? {} : { description }),
  additionalProperties: values,
})
export const json: Schema = { description: 'any JSON' }
export const anyObject: Schema = { type: 'object', additionalProperties: true }
/** A page of something. `next`: the cursor of the next one; null: there is none. */
export const page = (item: Schema): Schema => object({ items: list(item), next: maybe(text('cursor of the next page')) })

export const NAME_PATTERN = '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'
export const name = (description: string): Schema => ({ type: 'string', pattern: NAME_PATTERN, description })
export const streamName: Schema = { type: 'string', pattern: '^[A-Za-z_][A-Za-z0-9_-]{0,63}$', description: 'a stream' }
export const id12: Schema = { type: 'string', pattern: '^[0-9a-z]{12}$' }
/** Not only white space: who, and why, stand in the ledger. */
export const SAID = { minLength: 1, pattern: '\\S' } as const
export const why = text('why, for the ledger', { ...SAID, maxLength: 1000 })
export const roles: Schema = list(oneOf(ROLES), { minItems: 1, maxItems: ROLES.length, uniqueItems: true })
const digits = (most: number): string => `^[0-9]{1,${most}}$`
/** In a query everything is text. */
export const PAGING: { readonly [name: string]: Schema } = {
  limit: { type: 'string', pattern: digits(4), description: 'items of a page, 1 to 1000; 100 where absent' },
  cursor: { type: 'string', pattern: '^[A-Za-z0-9_-]{1,600}$', description: 'next of the page before' },
}
export const number: Schema = { type: 'string', pattern: digits(15) }
