/** `GET /users?limit=200&search=status pr` → method, path and query pairs. */
import type { Json, RequestSpec } from '../types.ts'

export type Line = {
  readonly method: RequestSpec['method']
  readonly path: string
  readonly query: readonly (readonly [name: string, value: string])[]
  /** Where path and query begin in the text. */
  readonly path_at: number
  readonly query_at: number
}

/**
 * Query values are the very text: nothing is decoded, the runtime encodes. `&` parts pairs, the first `=` parts name and value;
 * a value with `&` in it needs the long form. Null where the text is no request.
 */
export function parseLine(text: string): Line | null {
  const found = /^(GET|POST|PUT|PATCH|DELETE)( +)(\S[^?]*)(?:\?(.*))?$/s.exec(text)
  if (found === null) return null
  const [, method, blank, path, query] = found as unknown as [string, Line['method'], string, string, string | undefined]
  const path_at = method.length + blank.length
  const pairs = (query ?? '').split('&').filter((pair) => pair !== '')
  return {
    method,
    path: path.trimEnd(),
    query: pairs.map((pair) => {
      const at = pair.indexOf('=')
      return at < 0 ? ([pair, ''] as const) : ([pair.slice(0, at), pair.slice(at + 1)] as const)
    }),
    path_at,
    query_at: path_at + path.length + 1,
  }
}

type Open = { readonly [key: string]: Json }

/** A declared request, short or in full, whose shape has been checked. */
export function readRequest(declared: Json, more_expect: readonly string[] = []): RequestSpec {
  const full = (typeof declared === 'string' ? { request: declared } : declared) as Open
  const line = parseLine(String(full['request']))!
  const query = Object.entries((full['query'] ?? {}) as Open).flatMap(([name, value]) =>
    Array.isArray(value) ? value.map((one: Json) => [name, one] as const) : [[name, value] as const],
  )
  return {
    method: line.method,
    path: line.path,
    query: [...line.query, ...query],
    headers: (full['headers'] ?? {}) as RequestSpec['headers'],
    body: (full['body'] ?? null) as RequestSpec['body'],
    decode: (full['decode'] ?? { kind: 'json' }) as RequestSpec['decode'],
    expect: [...more_expect, ...texts(full['expect'])],
  }
}

/** One text or a list of them. */
export function texts(value: Json | undefined): readonly string[] {
  return value === undefined ? [] : Array.isArray(value) ? value.map(String) : [String(value)]
}
