import type { FromSchema } from 'json-schema-to-ts'
import type { AuthKind } from '../kind.ts'
import { neverAsked } from './token/answer.ts'
import { inHeader } from './token/place.ts'

const schema = {
  type: 'object',
  properties: {
    kind: { const: 'bearer' },
    token: { type: 'string', minLength: 1, description: 'The token: a template over the settings.' },
  },
  required: ['kind', 'token'],
  additionalProperties: false,
} as const

/** `Authorization: Bearer …` with a token that the operator holds (RFC 6750 §2.1). */
export const bearer: AuthKind<FromSchema<typeof schema>> = {
  kind: 'bearer',
  description: 'Sends a token that the operator holds as `Authorization: Bearer`.',
  schema,
  example: { kind: 'bearer', token: '{token}' },
  ask: null,
  accept: neverAsked,
  apply: (options, view) => inHeader('authorization', `Bearer ${view.render(options.token)}`),
}
