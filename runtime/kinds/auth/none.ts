import type { FromSchema } from 'json-schema-to-ts'
import type { AuthKind } from '../kind.ts'
import { neverAsked } from './token/answer.ts'

const schema = {
  type: 'object',
  properties: { kind: { const: 'none' } },
  required: ['kind'],
  additionalProperties: false,
} as const

/** Sends nothing. */
export const none: AuthKind<FromSchema<typeof schema>> = {
  kind: 'none',
  description: 'Requests carry no credential.',
  schema,
  example: { kind: 'none' },
  ask: null,
  accept: neverAsked,
  apply: () => ({}),
}
