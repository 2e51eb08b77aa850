import { Failure } from '../../../errors.ts'
import type { Json } from '../../../types.ts'
import { parsePath } from '../../value/path.ts'

type Patch = { readonly [path: string]: Json }

/** Renders every text inside a value; keys stay as they are written. */
export function fill(value: Json, render: (text: string) => string): Json {
  if (typeof value === 'string') return render(value)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item) => fill(item as Json, render))
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, fill(inner, render)]))
}

/** A copy with every dotted path set; objects on the way are made, anything else on the way is body/patch. */
export function setPaths(value: Json, patch: Patch): Json {
  return Object.entries(patch).reduce((done, [path, inner]) => set(done, keysOf(path), inner, path), value)
}

function set(value: Json, keys: readonly string[], inner: Json, path: string): Json {
  const [key, ...rest] = keys
  if (key === undefined) return inner
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Failure('body/patch', path, 'the body has no object there to set it in')
  const object = value as { readonly [key: string]: Json }
  const below = Object.hasOwn(object, key) ? (object[key] as Json) : {}
  return { ...object, [key]: set(below, rest, inner, path) }
}

function keysOf(path: string): readonly string[] {
  return parsePath(path).map((step) => {
    if ('key' in step) return step.key
    throw new Failure('body/patch', path, 'only keys can be set, not list elements')
  })
}
