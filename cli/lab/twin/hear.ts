/** What a request says, before it is answered. */
import type { Json } from '../../../runtime/types.ts'
import type { Served } from './dialect.ts'
import type { Asked } from './stage.ts'
import type { Ask } from './types.ts'

/** Endpoint, params and query, without what paging puts there. */
export function enumerationOf(request: Asked, url: URL, served: Served | undefined): string {
  if (served?.list === undefined || served.list === null) return ''
  const { pages } = served.list
  const into = (pages['into'] ?? {}) as { readonly query?: string; readonly body?: string }
  const paging = new Set(['startIndex', 'cursor', into.query, typeof pages['param'] === 'string' ? pages['param'] : 'after'])
  const query = [...url.searchParams].filter(([name]) => !paging.has(name))
  // A cursor in a body is a part of it; a body with another one is the same enumeration.
  const body = into.body === undefined ? request.body : ''
  return `${request.method} ${url.pathname} ${JSON.stringify(query)} ${body}`
}

export function decode(request: Asked): Json {
  if (request.body === '') return null
  const type = request.headers['content-type'] ?? ''
  if (type.includes('form-urlencoded')) return Object.fromEntries(new URLSearchParams(request.body))
  try {
    return JSON.parse(request.body) as Json
  } catch {
    return null
  }
}

export function kindOf(spec: Ask['spec'], token: boolean): Ask['kind'] {
  if (token) return 'token'
  if (spec === null) return 'stranger'
  if ('list' in spec || 'feed' in spec) return 'list'
  if ('get' in spec) return 'get'
  return 'effects' in spec ? 'write' : 'answer'
}
