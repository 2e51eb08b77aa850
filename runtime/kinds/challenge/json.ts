import type { FromSchema } from 'json-schema-to-ts'
import { HEADER_NAME } from '../header-name.ts'
import type { ChallengeKind } from '../kind.ts'
import { refusal } from './parts/refusal.ts'

const schema = {
  type: 'object',
  properties: {
    kind: { const: 'json' },
    header: {
      type: 'string',
      pattern: HEADER_NAME,
      description: 'Header that holds the challenge.',
      examples: ['x-okta-verification-challenge'],
    },
    path: { type: 'string', pattern: '^[A-Za-z_][A-Za-z0-9_-]*$', description: 'Key of the JSON object in which it goes back.' },
  },
  required: ['kind', 'header', 'path'],
  additionalProperties: false,
} as const

export const json: ChallengeKind<FromSchema<typeof schema>> = {
  kind: 'json',
  description: 'A header holds a text that goes back in a JSON object.',
  schema,
  example: { kind: 'json', header: 'x-okta-verification-challenge', path: 'verification' },
  answer(options, { headers }) {
    const text = headers[options.header.toLowerCase()]
    if (text === undefined) return null
    return refusal(text) ?? { json: { [options.path]: text } }
  },
}
