/** What a paging word is, from the server's side: where does the asked page begin, and how is said what comes next. */
import type { Json } from '../../../../runtime/types.ts'
import { at } from '../path.ts'
import type { Ask, Entry, Page, PagesSpec, Row, Spot } from '../types.ts'

export type Written = {
  /** Places in the body; undefined: the key is left out. */
  readonly body: readonly (readonly [path: string, value: Json | undefined])[]
  readonly headers?: { readonly [name: string]: string }
}
export type PageWord = {
  /** Rows keep their place by a number: they shift when others come or go. */
  readonly by_index: boolean
  /** Null: no place of this list (400). */
  readonly read: (pages: PagesSpec, ask: Ask, size: number) => Spot | null
  /** `url` is the request's own with these parameters instead. */
  readonly write: (pages: PagesSpec, page: Page, url: (params: { readonly [name: string]: string }) => string) => Written
}

export const START: Spot = { after: null, index: 0, page: 1, mark: 0 }

/** Where a word puts or finds its value. */
export type Place = { readonly query?: string; readonly body?: string; readonly header?: string }

export function asked(place: Place, ask: Ask): string | null {
  const { query, body, header } = place
  if (query !== undefined) return ask.query.get(query)
  if (header !== undefined) return ask.headers[header.toLowerCase()] ?? null
  const value = body === undefined ? undefined : at(ask.body, body)
  return value === undefined || value === null ? null : String(value)
}

/** A whole number, `absent` where it is not said, or null where it is none. */
export function number(text: string | null, absent: number): number | null {
  if (text === null) return absent
  return /^-?\d+$/.test(text) ? Number(text) : null
}

/** What is a smaller page in production is a smaller one here: 150 beside 200 would be the same three rows. What fits is given as asked. */
export function scaled(asked: number, full: number, page_size: number): number {
  if (asked <= page_size) return asked
  const rows = Math.ceil((asked * page_size) / full)
  return Math.max(1, Math.min(asked < full ? page_size - 1 : 2 * page_size, rows))
}

/** Opaque to the client, and no secret here. */
export const tokenOf = ({ after, index, page, mark }: Spot): string =>
  Buffer.from(JSON.stringify([after, index, page, mark])).toString('base64url')

export function spotOf(token: string | null): Spot | null {
  if (token === null || token === '') return START
  try {
    const [after, index, page, mark] = JSON.parse(Buffer.from(token, 'base64url').toString()) as readonly [
      number | null,
      number,
      number,
      number,
    ]
    return typeof index === 'number' && typeof page === 'number' ? { after, index, page, mark } : null
  } catch {
    return null
  }
}

/** The page at a place. Entries are in the order of the list. */
export function cutAt(
  entries: readonly Entry[],
  spot: Spot,
  o: { readonly size: number; readonly by_index: boolean; readonly before: Spot | null; readonly row: (entry: Entry) => Json },
): Page {
  const from = o.by_index || spot.after === null ? spot.index : placeAfter(entries, spot)
  const taken = entries.slice(from, from + o.size)
  const last = taken.at(-1)
  const more = from + taken.length < entries.length && taken.length > 0
  const rows: readonly Row[] = taken.map((entry) => ({ entry, body: o.row(entry) }))
  return {
    rows,
    index: from,
    size: o.size,
    spot,
    before: o.before,
    next: more
      ? { after: o.by_index || last === undefined ? null : last.ord, index: from + taken.length, page: spot.page + 1, mark: 0 }
      : null,
    total: entries.length,
    pages: Math.max(1, Math.ceil(entries.length / Math.max(1, o.size))),
  }
}

function placeAfter(entries: readonly Entry[], spot: Spot): number {
  const found = entries.findIndex((entry) => entry.ord === spot.after)
  if (found >= 0) return found + 1
  // Its record is gone: where it was. Lists in another order than that of creation know it by its number only.
  const sorted = entries.every((entry, place) => place === 0 || (entries[place - 1] as Entry).ord < entry.ord)
  if (!sorted) return Math.min(spot.index, entries.length)
  const later = entries.findIndex((entry) => entry.ord > (spot.after as number))
  return later < 0 ? entries.length : later
}

/** How `null`, `absent`, `empty` and a flag say that nothing follows. */
export function endMark(end: Json | undefined, path: string, value: string | null): Written['body'] {
  if (typeof end === 'object' && end !== null && !Array.isArray(end)) {
    const { flag, is } = end as { readonly flag: string; readonly is: Json }
    return [
      [flag, value === null ? is : typeof is === 'boolean' ? !is : true],
      [path, value ?? undefined],
    ]
  }
  if (value !== null) return [[path, value]]
  return [[path, end === 'absent' ? undefined : end === 'empty' ? '' : null]]
}
