/** A declared request and its variables → an HttpRequest. Pure. */
import { Failure } from '../errors.ts'
import { body as bodies } from '../kinds/body/index.ts'
import type { RequestPatch } from '../kinds/kind.ts'
import { parseTemplate, renderHeader, renderPath, renderText } from '../kinds/value/template.ts'
import type { Connector, HttpRequest, Json, RequestSpec } from '../types.ts'

/** A look that a cache answers is no look. */
export const FRESH: RequestPatch = { headers: { 'cache-control': 'no-cache', pragma: 'no-cache' } }

/** What a template may name: settings (never secrets), the variables of `each`, `id` and `record`. */
export type Names = { readonly [name: string]: unknown }

/** The names every request of a connection sees: `{domain}` and `{settings.domain}`. */
export function settingNames(settings: { readonly [name: string]: Json }): Names {
  return { ...settings, settings }
}

/** Throws `Failure` (`value/template`) where a name has no value, or a value may not stand where it would. */
export function buildRequest(
  connector: Connector,
  spec: RequestSpec,
  names: Names,
  ...patches: readonly RequestPatch[]
): HttpRequest {
  const look = (name: string) => lookUp(names, name)
  const text = (template: Json) => (typeof template === 'string' ? renderText(parseTemplate(template), look) : String(template))
  const patch = patches.reduce(merge, {})
  const written = spec.body === null ? null : wordOf(spec.body.kind).write(spec.body, text, patch.body ?? {})
  const headers: Record<string, string> = {}
  for (const [name, value] of [...Object.entries(connector.headers), ...Object.entries(spec.headers)]) {
    headers[name.toLowerCase()] = typeof value === 'string' ? renderHeader(parseTemplate(value), look) : String(value)
  }
  for (const [name, value] of Object.entries(patch.headers ?? {})) headers[name.toLowerCase()] = value
  return {
    method: spec.method,
    url: urlOf(connector, spec, look, text, patch),
    headers,
    body: written,
    decode: spec.decode,
    expect: [...connector.expect, ...spec.expect],
    where: `${spec.method} ${spec.path}`,
  }
}

function urlOf(
  connector: Connector,
  spec: RequestSpec,
  look: (name: string) => unknown,
  text: (template: Json) => string,
  patch: RequestPatch,
): string {
  if (patch.url !== undefined) return withQuery(patch.url, Object.entries(patch.query ?? {}))
  const path = renderPath(parseTemplate(spec.path), look)
  const url = /^https?:\/\//.test(path) ? path : `${text(connector.base_url).replace(/\/+$/, '')}${path}`
  const patched = patch.query ?? {}
  const declared = spec.query.filter(([name]) => !(name in patched)).map(([name, value]) => [name, text(value)] as const)
  return withQuery(url, [...declared, ...Object.entries(patched)])
}

/** Replaces parameters of the same name, keeps the others as they stand. */
function withQuery(url: string, query: readonly (readonly [string, string])[]): string {
  if (query.length === 0) return url
  const [base, has = ''] = splitOnce(url, '?')
  const names = new Set(query.map(([name]) => name))
  const kept = has.split('&').filter((pair) => pair !== '' && !names.has(decoded(splitOnce(pair, '=')[0])))
  const added = query.map(([name, value]) => `${encoded(name, name)}=${encoded(value, name)}`)
  return `${base}?${[...kept, ...added].join('&')}`
}

/** A target's own link may write `$top` as it is or as `%24top`: both are the same parameter. */
function decoded(name: string): string {
  try {
    return decodeURIComponent(name.replaceAll('+', ' '))
  } catch {
    // No percent-encoding at all: the name is what stands there.
    return name
  }
}

/** A target may send half a character as its cursor. */
function encoded(text: string, name: string): string {
  if (text.isWellFormed()) return encodeURIComponent(text)
  throw new Failure('value/template', name, `query parameter ${name} holds half a character`)
}

function splitOnce(text: string, mark: string): [string, string | undefined] {
  const at = text.indexOf(mark)
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)]
}

function merge(a: RequestPatch, b: RequestPatch): RequestPatch {
  return {
    ...a,
    ...b,
    query: { ...a.query, ...b.query },
    headers: { ...a.headers, ...b.headers },
    body: { ...a.body, ...b.body },
  }
}

function lookUp(names: Names, dotted: string): unknown {
  let value: unknown = names
  for (const step of dotted.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined
    value = (value as { readonly [key: string]: unknown })[step]
  }
  return value
}

function wordOf(kind: string) {
  const word = bodies[kind]
  if (word === undefined) throw new Failure('spec/unknown-kind', 'body', `no such kind of body: ${kind}`)
  return word
}
