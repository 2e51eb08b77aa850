import type { FromSchema } from 'json-schema-to-ts'
import type { ChallengeKind } from '../kind.ts'
import { refusal } from './parts/refusal.ts'

const schema = {
  type: 'object',
  properties: {
    kind: { const: 'text' },
    query: {
      type: 'string',
      minLength: 1,
      description: 'Query parameter that holds the challenge.',
      examples: ['validationToken'],
    },
  },
  required: ['kind', 'query'],
  additionalProperties: false,
} as const

export const text: ChallengeKind<FromSchema<typeof schema>> = {
  kind: 'text',
  description: 'A query parameter holds a text that goes back as plain text.',
  schema,
  example: { kind: 'text', query: 'validationToken' },
  answer(options, { query }) {
    const given = Object.hasOwn(query, options.query) ? query[options.query] : undefined
    if (given === undefined) return null
    return refusal(given) ?? { text: given }
  },
}
