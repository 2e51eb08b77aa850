import type { FromSchema } from 'json-schema-to-ts'
import type { AuthKind } from '../kind.ts'
import { neverAsked } from './token/answer.ts'

const schema = {
  type: 'object',
  properties: {
    kind: { const: 'query' },
    name: { type: 'string', minLength: 1, description: 'Name of the query parameter.' },
    value: { type: 'string', minLength: 1, description: 'Its value: a template over the settings.' },
  },
  required: ['kind', 'name', 'value'],
  additionalProperties: false,
} as const

/** A credential in the URL. Only where the target offers nothing else: URLs end up in logs on both sides. */
export const query: AuthKind<FromSchema<typeof schema>> = {
  kind: 'query',
  description: 'Sends the credential as a query parameter; only for targets that offer nothing else.',
  schema,
  example: { kind: 'query', name: 'api_key', value: '{token}' },
  ask: null,
  accept: neverAsked,
  apply: (options, view) => ({ query: { [options.name]: view.render(options.value) } }),
}
