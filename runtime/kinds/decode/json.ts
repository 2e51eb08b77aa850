import type { FromSchema } from 'json-schema-to-ts'
import type { DecodeKind } from '../kind.ts'
import { parseJson } from './parts/parse-json.ts'

const schema = {
  type: 'object',
  properties: { kind: { const: 'json' } },
  required: ['kind'],
  additionalProperties: false,
} as const

/** One JSON value. Any media type: APIs send JSON as text/plain, text/javascript and without a type. */
export const json: DecodeKind<FromSchema<typeof schema>> = {
  kind: 'json',
  description: 'The answer is one JSON value; integers beyond 2^53 are kept as their digits.',
  schema,
  example: { kind: 'json' },
  media: [],
  decode: (_options, text) => parseJson(text),
}
