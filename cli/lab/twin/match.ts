/** Does a request, or a record, match what a file says? */
import type { Json } from '../../../runtime/types.ts'
import { at, isObject } from './path.ts'
import { render } from './template.ts'
import type { Entry, Scope, Template, When, Where } from './types.ts'

/** What a pattern captured, or null where it does not match. `*` is any text, `{name}` a text that is kept. */
export function capture(pattern: string, value: string): { readonly [name: string]: string } | null {
  if (pattern === '*') return {}
  if (!/[{*]/.test(pattern)) return pattern === value ? {} : null
  const alone = /^\{(\w+)\}$/.exec(pattern)?.[1]
  if (alone !== undefined) return { [alone]: value }
  const names: string[] = []
  const source = pattern.replaceAll(/\{(\w+)\}|\*|[.+?^${}()|[\]\\]/g, (found, name: string | undefined) => {
    if (name !== undefined) {
      names.push(name)
      return '([\\s\\S]*?)'
    }
    return found === '*' ? '[\\s\\S]*' : `\\${found}`
  })
  const match = new RegExp(`^${source}$`).exec(value)
  return match === null ? null : Object.fromEntries(names.map((name, index) => [name, match[index + 1] as string]))
}

export function whenHolds(when: When | undefined, scope: Scope): { readonly [name: string]: string } | null {
  let captured: { readonly [name: string]: string } = {}
  for (const [place, pattern] of Object.entries(when ?? {})) {
    const value = scope(place)
    if (pattern === null) {
      if (value !== undefined) return null
      continue
    }
    if (value === undefined) return null
    const found = capture(pattern, typeof value === 'string' ? value : JSON.stringify(value))
    if (found === null) return null
    captured = { ...captured, ...found }
  }
  return captured
}

/** `linked` gives the kept record behind a link. */
export function entryHas(
  entry: Entry,
  where: Where | undefined,
  scope: Scope,
  linked: (link: string) => Json | undefined,
  shown: () => Json,
): boolean {
  return Object.entries(where ?? {}).every(([place, wanted]) => {
    const dot = place.indexOf('.')
    const head = dot < 0 ? place : place.slice(0, dot)
    const rest = dot < 0 ? '' : place.slice(dot + 1)
    const value =
      place === 'id'
        ? entry.id
        : head === 'record'
          ? at(shown(), rest)
          : rest === ''
            ? entry.links[place]
            : at(linked(head), rest)
    return holds(value, wanted, scope)
  })
}

function holds(value: Json | undefined, wanted: Template, scope: Scope): boolean {
  const of = (template: Template) => render(template, { scope, random: null, lists: null })
  if (isObject(wanted)) {
    if ('ci' in wanted) return String(value ?? '').toLowerCase() === String(of(wanted['ci'] as Json) ?? '').toLowerCase()
    if ('in' in wanted) return (wanted['in'] as readonly Json[]).some((one) => alike(value, of(one)))
    if ('not' in wanted) return !holds(value, wanted['not'] as Json, scope)
    if ('above' in wanted) return String(value ?? '') > String(of(wanted['above'] as Json))
    if ('has' in wanted) {
      const asked = wanted['has'] as { readonly [key: string]: Json }
      return (
        Array.isArray(value) &&
        value.some((item) => Object.entries(asked).every(([key, inner]) => alike(at(item as Json, key), of(inner))))
      )
    }
  }
  return alike(value, of(wanted))
}

/** Numbers and texts of a request are the same thing. */
const alike = (a: Json | undefined, b: Json | undefined): boolean =>
  a === b ||
  (a !== undefined && b !== undefined && a !== null && b !== null && String(a) === String(b)) ||
  ((a ?? null) === null && (b ?? null) === null)
