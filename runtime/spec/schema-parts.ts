/** Pieces of the connector's schema that stand in several places. Flat on purpose: no `anyOf`, so that each fault has one message. */
import { DURATION } from '../kinds/duration.ts'
import { HEADER_NAME } from '../kinds/header-name.ts'
import type { JsonObject } from '../types.ts'

export const TEXT = { type: 'string', minLength: 1 } as const satisfies JsonObject
/** Of a setting, stream, variable, filter. */
export const NAME = { type: 'string', pattern: '^[A-Za-z_][A-Za-z0-9_-]{0,63}$' } as const satisfies JsonObject
export const PATH = { type: 'string', minLength: 1 } as const satisfies JsonObject
export const SCALAR = { type: ['string', 'number', 'boolean'] } as const satisfies JsonObject
export const DURATION_TEXT = { type: 'string', pattern: DURATION } as const satisfies JsonObject
export const EXPRESSION = { type: 'string', pattern: '^\\s*=' } as const satisfies JsonObject
export const EXPRESSIONS = { type: ['string', 'array'], pattern: '^\\s*=', items: EXPRESSION } as const satisfies JsonObject
export const HEADERS = {
  type: 'object',
  propertyNames: { pattern: HEADER_NAME },
  additionalProperties: { type: ['string', 'integer'] },
} as const satisfies JsonObject

const METHOD = '^(GET|POST|PUT|PATCH|DELETE) +\\S'

/** `GET /users?limit=200`, or in full. */
export const REQUEST = {
  type: ['string', 'object'],
  pattern: METHOD,
  properties: {
    request: { type: 'string', pattern: METHOD, description: 'Method and path.', examples: ['POST /graphql'] },
    query: {
      type: 'object',
      additionalProperties: { type: ['string', 'number', 'boolean', 'array'], items: { type: ['string', 'number', 'boolean'] } },
      description: 'Query parameters; a list is the parameter several times.',
    },
    headers: { ...HEADERS, description: 'Sent with this request.' },
    body: { $ref: '#/$defs/body', description: 'What is sent.' },
    decode: { $ref: '#/$defs/decode', description: 'How the answer is read; default json.' },
    expect: { ...EXPRESSIONS, description: 'CEL that a 2xx answer must meet to be an answer at all.' },
  },
  required: ['request'],
  additionalProperties: false,
  description: 'Method, path and query: `GET /users?limit=200`, or in full.',
  examples: ['GET /users?limit=200'],
} as const satisfies JsonObject

/** A path, CEL behind `=`, a number, boolean or null, or `{literal: …}`. */
export function fieldValue(description: string): JsonObject {
  return {
    type: ['string', 'number', 'boolean', 'null', 'object'],
    minLength: 1,
    properties: { literal: { description: 'This very value.' } },
    required: ['literal'],
    additionalProperties: false,
    description,
  }
}

export function closed(properties: JsonObject, required: readonly string[] = []): JsonObject {
  return { type: 'object', properties, ...(required.length > 0 ? { required } : {}), additionalProperties: false }
}
