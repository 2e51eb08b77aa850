import type { FromSchema } from 'json-schema-to-ts'
import type { AuthKind } from '../kind.ts'
import { neverAsked } from './token/answer.ts'
import { inHeader } from './token/place.ts'

const schema = {
  type: 'object',
  properties: {
    kind: { const: 'header' },
    name: { type: 'string', pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$", description: 'Name of the header.' },
    value: { type: 'string', minLength: 1, description: 'Its value: a template over the settings.' },
  },
  required: ['kind', 'name', 'value'],
  additionalProperties: false,
} as const

/** A credential in a header of the target's own making: `Authorization: SSWS …`, `X-Api-Key: …`. */
export const header: AuthKind<FromSchema<typeof schema>> = {
  kind: 'header',
  description: 'Sends the credential in a header of any name and form.',
  schema,
  example: { kind: 'header', name: 'Authorization', value: 'SSWS {token}' },
  ask: null,
  accept: neverAsked,
  apply: (options, view) => inHeader(options.name, view.render(options.value)),
}
