import type { FromSchema } from 'json-schema-to-ts'
import type { ToldKind } from '../kind.ts'
import { compilePath } from '../value/path.ts'
import { count, instant, RESET_IS, retryAfter } from './instant.ts'

const schema = {
  type: 'object',
  properties: {
    kind: { const: 'body' },
    remaining: { type: 'string', minLength: 1, description: 'Path of the number of requests (or points) left.' },
    reset: { type: 'string', minLength: 1, description: 'Path of when the window begins again, or how long to wait.' },
    reset_is: { enum: [...RESET_IS, 'iso'], description: 'What `reset` holds; `iso` is a time as in RFC 3339.' },
  },
  required: ['kind'],
  dependencies: { reset: ['reset_is'], reset_is: ['reset'] },
  additionalProperties: false,
} as const

/** Limits told in the body (GraphQL `rateLimit`, `error.retry_after_ms`). A Retry-After header, where there is one, goes before. */
export const body: ToldKind<FromSchema<typeof schema>> = {
  kind: 'body',
  description: 'Reads what is left of the limit, and until when, from the body of the answer.',
  schema,
  example: { kind: 'body', remaining: 'data.rateLimit.remaining', reset: 'data.rateLimit.resetAt', reset_is: 'iso' },
  read(options, answer, now_ms) {
    const at = (path: string | undefined): string | undefined => {
      const value = path === undefined ? undefined : compilePath(path)(answer.body)
      return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined
    }
    const date = answer.headers['date']
    const reset = at(options.reset)
    return {
      remaining: count(at(options.remaining)),
      until_ms: retryAfter(answer.headers['retry-after'], date, now_ms) ?? resetAt(reset, options.reset_is, date, now_ms),
    }
  },
}

function resetAt(
  text: string | undefined,
  is: FromSchema<typeof schema>['reset_is'],
  date: string | undefined,
  now_ms: number,
): number | null {
  if (text === undefined || is === undefined) return null
  if (is !== 'iso') return instant(text, is, date, now_ms)
  const at = Date.parse(text)
  const theirs = Date.parse(date ?? '')
  if (Number.isNaN(at)) return null
  return Number.isNaN(theirs) ? at : now_ms + (at - theirs)
}
