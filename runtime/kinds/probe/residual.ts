import type { FromSchema } from 'json-schema-to-ts'
import { DURATION, seconds } from '../duration.ts'
import type { ProbeKind } from '../kind.ts'
import { unanswered } from './parts/show.ts'

const schema = {
  type: 'object',
  properties: {
    kind: { const: 'residual' },
    longest_token: {
      type: 'string',
      pattern: DURATION,
      description: 'Longest life of an access token that the target gives: so long access may last after the write.',
    },
  },
  required: ['kind', 'longest_token'],
  additionalProperties: false,
} as const

/** No look at all, so it never shows anything: it says until when access may last. */
export const residual: ProbeKind<FromSchema<typeof schema>> = {
  kind: 'residual',
  description: 'Nothing can be looked at: access given before may last until the longest token ends.',
  schema,
  example: { kind: 'residual', longest_token: '1h' },
  asks: () => ({ ask: 'nothing' }),
  read(options, view) {
    if (view.sent_at_ms === null) return unanswered('nothing was sent')
    const until = view.sent_at_ms + seconds(options.longest_token) * 1000
    return { ...unanswered(`access given before may last until ${new Date(until).toISOString()}`), residual_until_ms: until }
  },
}
