/** What a dialect is: how a target hears requests and says pages. Knows nothing of faults. */
import type { Group, IdStyle, User } from './population.ts'

export type ListName = 'users' | 'groups' | 'members'

/** A paging position: `at` is the last `ord` seen (keyset), a row (rows) or a page (pages), from 0; null is the start. `mark` tells apart two cursors to one place. */
export type Spot = { readonly at: number | null; readonly mark: number }

export const START: Spot = { at: null, mark: 0 }

export type Want =
  | { readonly what: 'list'; readonly list: ListName; readonly of: string | null; readonly spot: Spot; readonly limit: number }
  | { readonly what: 'get'; readonly list: 'users' | 'groups'; readonly id: string }
  | { readonly what: 'count'; readonly list: ListName; readonly of: string | null }
  | { readonly what: 'me' }

export type Row = { readonly kind: 'user'; readonly user: User } | { readonly kind: 'group'; readonly group: Group }

export type Page = {
  readonly list: ListName
  readonly of: string | null
  /** Null is said as the dialect's "no list at all". */
  readonly rows: readonly Row[] | null
  readonly total: number
  /** Of the first row, from 0. */
  readonly index: number
  /** What was asked for, and what this target gives. */
  readonly asked: number
  readonly limit: number
  readonly spot: Spot
  readonly next: Spot | null
  /** From 1. */
  readonly last_page: number
}

export type Reply = {
  readonly status: number
  readonly headers: { readonly [name: string]: string }
  readonly body: string
  /** Send only half of it, then hang up. */
  readonly cut?: boolean
}

export type Dialect = {
  readonly name: string
  readonly steps: 'keyset' | 'rows' | 'pages'
  /** What tells a client that this is the end. */
  readonly ends: 'next' | 'last_page' | 'total'
  readonly ids: IdStyle
  /** Null: a request that this target does not know. */
  readonly hear: (request: Heard) => Want | null
  readonly say: (page: Page, base: string) => Reply
  readonly sayOne: (row: Row) => Reply
  readonly sayCount: ((count: number) => Reply) | null
  readonly sayMe: (role: string) => Reply
  /** The target's own error words, under any status. */
  readonly sayError: (status: number, code: string, message: string) => Reply
}

export type Heard = {
  readonly path: readonly string[]
  readonly query: ReadonlyMap<string, string>
  readonly headers: { readonly [name: string]: string | undefined }
}

/** `#123#` in a text becomes the number 123, whatever its size. */
export const rawNumber = (digits: string) => `#${digits}#`

export function jsonReply(
  value: unknown,
  more: { status?: number; type?: string; headers?: { readonly [name: string]: string } } = {},
): Reply {
  const body = JSON.stringify(value).replaceAll(/"#(\d+)#"/g, '$1')
  return { status: more.status ?? 200, headers: { 'content-type': more.type ?? 'application/json', ...more.headers }, body }
}

/** `/prefix/users`, `/prefix/users/{id}`, `/prefix/users/count`, `/prefix/groups/{id}/members[/count]`; null: something else. */
export function route(
  path: readonly string[],
  prefix: readonly string[],
  count: string | null,
):
  | { readonly to: 'list' | 'count'; readonly list: ListName; readonly of: string | null }
  | { readonly to: 'get'; readonly list: 'users' | 'groups'; readonly id: string }
  | { readonly to: 'me' }
  | null {
  if (!prefix.every((part, index) => path[index] === part)) return null
  const [list, id, members, last, ...rest] = path.slice(prefix.length)
  if (rest.length > 0) return null
  if (list === 'me' && id === undefined) return { to: 'me' }
  if (list !== 'users' && list !== 'groups') return null
  if (id === undefined) return { to: 'list', list, of: null }
  if (members === undefined) return id === count ? { to: 'count', list, of: null } : { to: 'get', list, id }
  if (list !== 'groups' || members !== 'members') return null
  if (last === undefined) return { to: 'list', list: 'members', of: id }
  return last === count ? { to: 'count', list: 'members', of: id } : null
}

/** A whole number of at least `least`, `fallback` where it was not given, null where it is anything else. */
export function whole(text: string | undefined, fallback: number, least: number): number | null {
  if (text === undefined) return fallback
  return /^\d{1,9}$/.test(text) && Number(text) >= least ? Number(text) : null
}

export const onlyQuery = (query: ReadonlyMap<string, string>, known: readonly string[]) =>
  [...query.keys()].every((name) => known.includes(name))

/** An opaque cursor. */
export const writeSpot = (spot: Spot) => Buffer.from(JSON.stringify([spot.at, spot.mark])).toString('base64url')

export function readSpot(text: string | undefined): Spot | null {
  if (text === undefined) return START
  try {
    const [at, mark] = JSON.parse(Buffer.from(text, 'base64url').toString()) as [unknown, unknown]
    return (at === null || typeof at === 'number') && typeof mark === 'number' ? { at, mark } : null
  } catch {
    return null
  }
}
