/**
 * What makes a second enumeration another question, from the declaration alone: another list, or pages of another size. Whatever else a
 * query says (`expand`, `fields`, an order that the target may ignore) can be answered from the very same page, with the same row cut
 * off it. What the target makes of the size, the read measures.
 */
import type { RequestSpec } from '../../../types.ts'

export type Second = { readonly query: { readonly [name: string]: string }; readonly list: RequestSpec | null }

/** Another method or address, not only other parameters. */
export function isOtherList(first: RequestSpec, { list }: Second): boolean {
  return list !== null && (list.method !== first.method || list.path !== first.path)
}

/** The query parameters that ask for another number than the first read does: those are the size of its pages. With that number. */
export function sizesOf(first: RequestSpec, { query, list }: Second): readonly (readonly [name: string, rows: number])[] {
  const asked = new Map(first.query.map(([name, value]) => [name, String(value)]))
  const otherwise = new Map([...(list?.query ?? []), ...Object.entries(query)].map(([name, value]) => [name, String(value)]))
  return [...otherwise].flatMap(([name, value]) =>
    /^[1-9]\d{0,8}$/.test(value) && value !== asked.get(name) ? [[name, Number(value)] as const] : [],
  )
}

/** Null where it may confirm; else why the declaration says already that it never can. */
export function sameQuestion(first: RequestSpec, paged: boolean, second: Second): string | null {
  if (isOtherList(first, second)) return null
  if (!paged) return 'the list has one page, so whatever else is asked it is the same page again'
  const other_body = second.list !== null && JSON.stringify(second.list.body) !== JSON.stringify(first.body)
  if (other_body || sizesOf(first, second).length > 0) return null
  return 'it asks for neither another page size nor another list'
}
