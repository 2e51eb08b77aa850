/** `a.b[0].c`, `["key.with.dots"].x`: where a value lies in JSON. */
import type { Json } from '../../../runtime/types.ts'
import type { Native } from './types.ts'

type Step = string | number

export function steps(path: string): readonly Step[] {
  if (path === '' || path === '[]') return []
  // Graph's own keys have a dot in them and stand first.
  if (path.startsWith('@odata.')) return [path]
  // Most paths are plain, and each record of each page is looked into by several.
  if (!path.includes('[')) return path.includes('.') ? path.split('.') : [path]
  return [...path.matchAll(/\["([^"]+)"\]|\[(\d+)\]|([^.[\]]+)/g)].map(([, quoted, index, name]) =>
    quoted !== undefined ? quoted : index !== undefined ? Number(index) : (name as string),
  )
}

export function at(value: Json | undefined, path: string): Json | undefined {
  let here: Json | undefined = value
  for (const step of steps(path)) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, step)) return undefined
    here = (here as { readonly [key: string]: Json })[step]
  }
  return here
}

/** Makes what is missing on the way. `undefined` takes the key away. */
export function put(into: Native, path: string, value: Json | undefined): void {
  const way = steps(path)
  const last = way.at(-1)
  if (last === undefined) return
  let here = into
  for (const [place, step] of way.slice(0, -1).entries()) {
    const next = here[step]
    if (typeof next !== 'object' || next === null) here[step] = typeof way[place + 1] === 'number' ? [] : {}
    here = here[step] as unknown as Native
  }
  if (value === undefined) delete here[last]
  else here[last] = value
}

export const isObject = (value: Json | undefined): value is { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Laid over, objects into objects; null is a value. */
export function over(below: Json | undefined, above: Json): Json {
  if (!isObject(below) || !isObject(above)) return above
  const out: Native = { ...below }
  for (const [key, value] of Object.entries(above)) out[key] = over(out[key], value)
  return out
}
