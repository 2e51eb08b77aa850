import type { FromSchema } from 'json-schema-to-ts'
import type { ToldKind } from '../kind.ts'
import { retryAfter } from './instant.ts'

const schema = {
  type: 'object',
  properties: { kind: { const: 'none' } },
  required: ['kind'],
  additionalProperties: false,
} as const

/** Nothing is told but a refusal's Retry-After (RFC 9110 §10.2.3). What holds where no `told_by` is declared. */
export const none: ToldKind<FromSchema<typeof schema>> = {
  kind: 'none',
  description: 'The target tells nothing of its limits, but for Retry-After with a refusal.',
  schema,
  example: { kind: 'none' },
  read: (_options, answer, now_ms) => ({
    remaining: null,
    until_ms: retryAfter(answer.headers['retry-after'], answer.headers['date'], now_ms),
  }),
}
