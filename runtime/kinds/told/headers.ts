import type { FromSchema } from 'json-schema-to-ts'
import type { ToldKind } from '../kind.ts'
import { count, instant, RESET_IS, retryAfter } from './instant.ts'

const schema = {
  type: 'object',
  properties: {
    kind: { const: 'headers' },
    limit: {
      type: 'string',
      minLength: 1,
      description: 'Header that tells how many requests the window takes; a refusal that tells 0 is of too many at once.',
    },
    remaining: { type: 'string', minLength: 1, description: 'Header that tells how many requests are left.' },
    reset: { type: 'string', minLength: 1, description: 'Header that tells when the window begins again.' },
    reset_is: {
      enum: RESET_IS,
      description: 'What `reset` holds. The same header is a delay at one target and an instant at another, so it must be said.',
    },
    retry_after: {
      type: 'string',
      minLength: 1,
      default: 'retry-after',
      description: 'Header of a refusal: seconds or an HTTP date.',
    },
  },
  required: ['kind'],
  dependencies: { reset: ['reset_is'], reset_is: ['reset'] },
  additionalProperties: false,
} as const

/** Limits told in headers (`x-rate-limit-remaining`, RFC 9110 §10.2.3 `Retry-After`). A refusal's Retry-After goes before the window's reset. */
export const headers: ToldKind<FromSchema<typeof schema>> = {
  kind: 'headers',
  description: 'Reads what is left of the limit, and until when, from response headers.',
  schema,
  example: { kind: 'headers', remaining: 'x-rate-limit-remaining', reset: 'x-rate-limit-reset', reset_is: 'epoch_s' },
  read(options, answer, now_ms) {
    const at = (name: string | undefined): string | undefined =>
      name === undefined ? undefined : answer.headers[name.toLowerCase()]
    const date = answer.headers['date']
    const reset = at(options.reset)
    const until_ms =
      retryAfter(at(options.retry_after ?? 'retry-after'), date, now_ms) ??
      (reset === undefined || options.reset_is === undefined ? null : instant(reset, options.reset_is, date, now_ms))
    const limit = options.limit === undefined ? {} : { limit: count(at(options.limit)) }
    return { remaining: count(at(options.remaining)), ...limit, until_ms }
  },
}
