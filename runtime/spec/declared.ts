/** What reading a checked declaration is made of: requests and words with their defaults, lists and mappings that may be left out. */
import type { Json, KindOptions, RequestSpec } from '../types.ts'
import { withDefaults } from './defaults.ts'
import { readRequest } from './request.ts'
import type { Family } from './words.ts'

export type Open = { readonly [key: string]: Json }

export function request(declared: Json, more_expect: readonly string[] = []): RequestSpec {
  const read = readRequest(declared, more_expect)
  return { ...read, body: read.body === null ? null : word('body', read.body), decode: word('decode', read.decode) }
}

export function word(family: Family, options: Json): KindOptions {
  return withDefaults(family, options as KindOptions)
}

/** Options of a word, the named ones of them taken apart as requests. */
export function wordWithRequests(family: Family, declared: Json, keys: readonly string[]): KindOptions {
  const out: { [option: string]: Json } = { ...word(family, declared) }
  for (const key of keys) if (out[key] !== undefined) out[key] = request(out[key]!) as unknown as Json
  return out as KindOptions
}

export function list(value: Json | undefined, one = false): readonly Json[] {
  return value === undefined ? [] : Array.isArray(value) ? value : one ? [value] : []
}

export function mapped<Value>(
  value: Json | undefined,
  read: (value: Json, name: string) => Value,
): { readonly [name: string]: Value } {
  return Object.fromEntries(Object.entries((value ?? {}) as Open).map(([name, inner]) => [name, read(inner, name)]))
}
