import type { RequestPatch } from '../kinds/kind.ts'
import type { HttpRequest } from '../types.ts'

export type Wire = Pick<HttpRequest, 'method' | 'url' | 'headers' | 'body'>

/** The request with what auth adds. Only query and headers: auth never moves a request elsewhere. */
export function patched(request: Wire, patch: RequestPatch): Wire {
  const headers: { [name: string]: string } = { ...request.headers }
  for (const [name, value] of Object.entries(patch.headers ?? {})) headers[name.toLowerCase()] = value
  return { ...request, url: withQuery(request.url, patch.query), headers }
}

/** Sets parameters, replacing those of the same name; the others keep their spelling. */
function withQuery(url: string, query: RequestPatch['query']): string {
  if (query === undefined) return url
  const set = Object.entries(query).map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
  const [base, rest] = without(url, Object.keys(query))
  return `${base}?${[...rest, ...set].join('&')}`
}

/** The URL as the read room may see it: without the credential that auth, or the target's echo, put into the query. */
export function bare(url: string, query: RequestPatch['query']): string {
  if (query === undefined) return url
  const [base, rest] = without(url, Object.keys(query))
  return rest.length === 0 ? base : `${base}?${rest.join('&')}`
}

function without(url: string, names: readonly string[]): [base: string, rest: readonly string[]] {
  const plain = url.split('#', 1)[0] as string
  const at = plain.indexOf('?')
  if (at < 0) return [plain, []]
  const drop = new Set(names)
  const kept = plain
    .slice(at + 1)
    .split('&')
    .filter((pair) => pair !== '' && !drop.has(nameOf(pair)))
  return [plain.slice(0, at), kept]
}

function nameOf(pair: string): string {
  const name = pair.split('=', 1)[0] as string
  try {
    return decodeURIComponent(name.replaceAll('+', ' '))
  } catch {
    return name
  }
}
