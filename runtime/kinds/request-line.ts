/** `GET /users?limit=1`, or the same in full, as a request. Used by words that carry a request of their own. */
import { Failure } from '../errors.ts'
import type { Json, KindOptions, RequestSpec, ValueText } from '../types.ts'

const LINE = /^(GET|POST|PUT|PATCH|DELETE) +(\S[^?]*)(?:\?(.*))?$/s

/**
 * A request line, its long form `{request, query, headers, body, decode, expect}`, or a finished RequestSpec, which passes unchanged.
 * Values of the line's query are taken as written, not percent-decoded. Throws `spec/request`.
 */
export function requestOf(declared: Json): RequestSpec {
  const long =
    typeof declared === 'object' && declared !== null && !Array.isArray(declared)
      ? (declared as { readonly [key: string]: Json })
      : {}
  if (typeof long['method'] === 'string' && typeof long['path'] === 'string') return long as unknown as RequestSpec
  const line = typeof declared === 'string' ? declared : long['request']
  const parts = typeof line === 'string' ? LINE.exec(line.trim()) : null
  if (parts === null) throw new Failure('spec/request', 'prove', 'a request is written `GET /path?name=value`')
  const [, method, path, query] = parts
  return {
    method: method as RequestSpec['method'],
    path: (path as string).trim(),
    query: [...pairs(query ?? ''), ...Object.entries((long['query'] ?? {}) as { readonly [name: string]: ValueText })],
    headers: (long['headers'] ?? {}) as RequestSpec['headers'],
    body: (long['body'] ?? null) as KindOptions | null,
    decode: (long['decode'] ?? { kind: 'json' }) as KindOptions,
    expect: (long['expect'] ?? []) as readonly string[],
  }
}

function pairs(query: string): [string, string][] {
  return query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const at = pair.indexOf('=')
      return at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)]
    })
}

/** Query values as a request carries them: texts. */
export function queryOf(declared: { readonly [name: string]: string | number | boolean }): { readonly [name: string]: string } {
  return Object.fromEntries(Object.entries(declared).map(([name, value]) => [name, String(value)]))
}

/** The schema of a request in the options of a word. */
export const REQUEST_SCHEMA = {
  anyOf: [
    { type: 'string', pattern: '^(GET|POST) +\\S' },
    {
      type: 'object',
      properties: {
        request: { type: 'string', pattern: '^(GET|POST) +\\S' },
        query: { type: 'object' },
        headers: { type: 'object' },
        body: { type: 'object' },
        decode: { type: 'object' },
        expect: { type: 'array', items: { type: 'string' } },
      },
      required: ['request'],
      additionalProperties: false,
    },
    // As the spec room leaves it: taken apart.
    { type: 'object', required: ['method', 'path', 'query', 'headers', 'body', 'decode', 'expect'] },
  ],
} as const
