/** Targets that give only those properties of a record that were asked for (`$select`, `fields`). */
import type { Json } from '../../../runtime/types.ts'
import { isObject } from './path.ts'
import type { Ask, SelectSpec } from './types.ts'

/** The record with the asked top-level properties alone; a property nobody keeps stays left out. */
export function selected(body: Json, select: SelectSpec | undefined, ask: Pick<Ask, 'query'>): Json {
  if (select === undefined || !isObject(body)) return body
  const names = ask.query.get(select.query)?.split(',') ?? select.default
  if (names === undefined) return body
  const shown = new Set([...names.map((name) => name.trim()), ...(select.always ?? [])])
  return Object.fromEntries(Object.entries(body).filter(([name]) => shown.has(name)))
}
