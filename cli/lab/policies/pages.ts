/** How a client asks for the next page, a paging word each. What ends the list is the policy's business. */
import type { Json, KindOptions } from '../../../runtime/types.ts'
import { at, put } from '../twin/path.ts'
import type { Native } from '../twin/types.ts'
import type { Heard } from './ask.ts'

/** What is laid over the list's request for one page; `url` replaces all of it. */
export type Spot = {
  readonly query: { readonly [name: string]: string }
  readonly headers: { readonly [name: string]: string }
  readonly body: readonly (readonly [path: string, value: Json])[]
  readonly url: string | null
}
/** So far: pages and rows. */
export type Walked = { readonly pages: number; readonly rows: number; readonly last: Json | undefined }

export type Pager = {
  /** The first page. */
  readonly first: Spot
  /** Null: the target says that nothing follows. Numbered pages never say so; they go on. */
  readonly next: (heard: Heard, walked: Walked) => Spot | null
}

const START: Spot = { query: {}, headers: {}, body: [], url: null }

/** Null: a word that the policies cannot play. */
export function pagerOf(pages: KindOptions): Pager | null {
  const size = (pages['size'] ?? {}) as { readonly query?: string; readonly body?: string; readonly rows?: number }
  const start = Number(pages['start'] ?? (pages.kind === 'page_number' ? 1 : 0))
  const sized = size.rows === undefined ? START : laid(START, size, size.rows)
  switch (pages.kind) {
    case 'none':
      return { first: START, next: () => null }
    case 'link': {
      const rel = String(pages['rel'] ?? 'next')
      return { first: START, next: ({ headers }) => toUrl(linkOf(headers['link'] ?? '', rel)) }
    }
    case 'next_url':
      return { first: START, next: ({ body }) => toUrl(at(body, String(pages['path']))) }
    case 'cursor':
      return { first: START, next: (heard, { last }) => cursor(pages, heard, last) }
    case 'scim_cursor':
      return {
        first: { ...START, query: { cursor: '', count: String(pages['count'] ?? 100) } },
        next: ({ body }) => {
          const value = at(body, 'nextCursor')
          return typeof value === 'string' ? { ...START, query: { cursor: value, count: String(pages['count'] ?? 100) } } : null
        },
      }
    case 'offset':
      return {
        first: laid(sized, pages['into'], start),
        next: (_, { rows: read }) => laid(sized, pages['into'], start + read),
      }
    case 'page_number':
      return {
        first: laid(sized, pages['into'], start),
        next: (_, { pages: read }) => laid(sized, pages['into'], start + read),
      }
    case 'scim_index': {
      const from = (index: number): Spot => ({
        ...START,
        query: { startIndex: String(index), count: String(pages['count'] ?? 100) },
      })
      return { first: from(1), next: (_, { rows: read }) => from(1 + read) }
    }
    default:
      return null
  }
}

/** Pages without a mark of the end: an empty one is it. */
export const isNumbered = (pages: KindOptions): boolean => ['offset', 'page_number', 'scim_index'].includes(pages.kind)

function cursor(pages: KindOptions, heard: Heard, last: Json | undefined): Spot | null {
  const from = pages['from'] as string | { readonly header?: string; readonly last_record?: string }
  const value =
    typeof from === 'string'
      ? at(heard.body, from)
      : from.header !== undefined
        ? heard.headers[from.header.toLowerCase()]
        : at(last, from.last_record ?? '')
  const end = pages['end'] as string | { readonly flag: string; readonly is: Json }
  if (typeof end === 'object' && at(heard.body, end.flag) === end.is) return null
  return value === undefined || value === null || value === '' ? null : laid(START, pages['into'], value)
}

function laid(spot: Spot, into: unknown, value: Json): Spot {
  const place = (into ?? {}) as { readonly query?: string; readonly body?: string; readonly header?: string }
  if (place.query !== undefined) return { ...spot, query: { ...spot.query, [place.query]: String(value) } }
  if (place.header !== undefined) return { ...spot, headers: { ...spot.headers, [place.header]: String(value) } }
  return place.body === undefined ? spot : { ...spot, body: [...spot.body, [place.body, value]] }
}

const toUrl = (url: Json | undefined): Spot | null => (typeof url === 'string' && url !== '' ? { ...START, url } : null)

/** RFC 8288, as much as a client of this kind reads of it. */
function linkOf(header: string, rel: string): string | undefined {
  for (const [, url, params = ''] of header.matchAll(/<([^>]*)>([^,<]*)/g))
    if (new RegExp(`rel="?${rel}"?`).test(params)) return url
  return undefined
}

/** The body of the list's request with what the page wants in it. */
export function bodyWith(body: Json | null, spot: Spot): string | null {
  if (body === null) return null
  const whole = structuredClone(body) as Native
  for (const [path, value] of spot.body) put(whole, path, value)
  return JSON.stringify(whole)
}
