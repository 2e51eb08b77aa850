/** Lies within a page: rows that are gone, doubled or broken, totals and next pages that are not so. */
import type { Json } from '../../../runtime/types.ts'
import { shareOf, some } from '../random.ts'
import { at, put } from '../twin/path.ts'
import type { Entry, Native, Page, Row } from '../twin/types.ts'
import { type ReadFault, type ReadLie, type Struck, without } from './read-types.ts'

const by = (lie: ReadLie): number => lie.rows ?? 1

export const PAGES: { readonly [name: string]: ReadFault } = {
  next_missing: {
    says: 'the page says that it is the last',
    page: ({ twin, lie }, page) => lastPage(page, twin.connector.streams[lie.stream]?.pages),
  },
  hidden_row: {
    says: 'records cut from a page after it was made; the total is true',
    rows: ({ lie }, rows) => without(rows, lie),
  },
  dropped_rows: {
    says: 'random records missing, others at each reading',
    rows: ({ lie, twin }, rows) => {
      const drop = new Set(some(twin.random, rows, by(lie)))
      return rows.filter((row) => !drop.has(row))
    },
  },
  empty_page: { says: 'no records and a valid next: the records of the page are lost', rows: () => [] },
  emptied: {
    says: 'an empty list that ends, with a total of 0, where there is something',
    page: (_, page) => ({ ...page, rows: [], next: null, total: 0, pages: 1 }),
  },
  empty_later: {
    says: 'from some page on the pages are empty; the total is true',
    onwards: true,
    page: (_, page) => ({ ...page, rows: [] }),
  },
  size_limit: {
    says: 'the target gave up: half of the list, its total agrees, and a warning in a header alone',
    page: ({ twin, lie }, page) => {
      const half = { ...page, rows: page.rows?.slice(0, Math.floor(page.rows.length / 2)) ?? null }
      return lastPage(half, twin.connector.streams[lie.stream]?.pages, half.index + (half.rows?.length ?? 0))
    },
    answer: (_, answer) => ({ ...answer, headers: { ...answer.headers, warning: '199 - "size limit exceeded"' } }),
  },
  rows_null: { says: 'null where the list should be', rows: () => null },
  repeated: {
    says: 'the records of the page before again',
    page: ({ before }, page) => ({ ...page, rows: before?.rows ?? page.rows }),
  },
  overwritten: {
    says: 'the records of the page after in place of its own',
    page: (_, page, cut) => (page.next === null ? page : { ...page, rows: cut(page.next).rows }),
  },
  next_self: { says: 'next points to the same page', page: (_, page) => ({ ...page, next: page.spot }) },
  next_back: {
    says: 'next points to the page before',
    page: ({ before }, page) => ({ ...page, next: before?.spot ?? page.spot }),
  },
  endless_empty: {
    says: 'pages without records and a new next, for ever',
    onwards: true,
    page: ({ ask }, page) => ({ ...page, rows: [], next: { ...page.spot, mark: ask.no } }),
  },
  empty_inserted: {
    says: 'an extra page without records; nothing is lost',
    page: ({ ask }, page) => ({ ...page, rows: [], next: { ...page.spot, mark: ask.no } }),
  },
  endless_same: {
    says: 'the same records under a new next, for ever',
    onwards: true,
    page: ({ ask }, page) => ({ ...page, next: { ...page.spot, mark: ask.no } }),
  },
  stale_page: {
    says: 'a replica without some records, with its own total',
    page: ({ lie }, page) => ({
      ...page,
      rows: page.rows === null ? null : without(page.rows, lie),
      total: page.total - Math.min(by(lie), page.rows?.length ?? 0),
    }),
  },
  total_over: {
    says: 'a total too high',
    page: ({ lie }, page) => ({ ...page, total: page.total + by(lie) }),
    count: (n, lie) => n + by(lie),
  },
  total_under: {
    says: 'a total too low',
    page: ({ lie }, page) => ({ ...page, total: Math.max(0, page.total - by(lie)) }),
    count: (n, lie) => Math.max(0, n - by(lie)),
  },
  total_page_length: {
    says: 'the total is the length of the page',
    page: (_, page) => ({ ...page, total: page.rows?.length ?? 0 }),
  },
  index_from_zero: {
    says: 'the target counts rows from 0 where the first is 1',
    page: (_, page, cut) => {
      const shifted = cut({ ...page.spot, index: page.spot.index + 1 })
      return { ...page, rows: shifted.rows }
    },
  },
  hidden_person: {
    says: 'one record cut from whatever page it is on, at each reading; the total is true',
    rows: ({ state, twin, lie }, rows) => {
      state['who'] ??= some(twin.random, listed(twin, lie.stream), 1)[0]?.id ?? null
      return rows.filter((row) => row.entry === null || row.entry.id !== state['who'])
    },
  },
  case_twin: {
    says: 'two ids that differ by case alone',
    rows: (struck, rows) => withTwin(struck, rows, (id) => (id === id.toUpperCase() ? id.toLowerCase() : id.toUpperCase())),
  },
  id_reused: { says: 'one id for two records', rows: (struck, rows) => withTwin(struck, rows, (id) => id) },
  doubled_row: {
    says: 'a record of the page before comes again, with the same content',
    page: (struck, page) => {
      const { again, into } = doubled(struck, page)
      return again === undefined ? page : { ...page, rows: (page.rows ?? []).toSpliced(into, 0, again) }
    },
  },
  doubled_other: {
    says: 'a record of the page before comes again, with other content',
    page: (struck, page) => {
      const { again, into } = doubled(struck, page)
      return again === undefined
        ? page
        : { ...page, rows: (page.rows ?? []).toSpliced(into, 0, edited(struck, again, 'someone else')) }
    },
  },
  field_missing: {
    says: 'a required field is gone from every record',
    rows: (struck, rows) => rows.map((row) => edited(struck, row, undefined)),
  },
  bad_row: {
    says: 'one record with a value of the wrong type',
    rows: (struck, rows) => {
      // The first row of a later page may be the one before's again (overlap), and that one was whole.
      const bad = Math.max((struck.page?.spot.page ?? 1) > 1 && rows.length > 1 ? 1 : 0, placeIn(struck, rows.length))
      return rows.map((row, place) => (place === bad ? edited(struck, row, ['two', 'names']) : row))
    },
  },
}

/** Says "the end" as the dialect does. */
function lastPage(
  page: Page,
  pages: Struck['twin']['connector']['streams'][string]['pages'] | undefined,
  told = page.total,
): Page {
  // Where an empty page is the end, it comes too early.
  if (pages?.['end'] === 'empty_page') return { ...page, rows: [], next: null }
  const total = pages?.kind === 'scim_index' || pages?.['end'] === 'total' ? page.index + (page.rows?.length ?? 0) : told
  return { ...page, next: null, total, pages: page.spot.page }
}

/** Whom the list shows; the credential's own account reads, and is nobody's victim. */
function listed({ file, world }: Struck['twin'], stream: string): readonly Entry[] {
  const told = file.streams[stream]
  const all = [...(world.collections.get(told?.of ?? '')?.values() ?? [])].slice(told?.of === file.me ? 1 : 0)
  return told === undefined ? all : all.filter((entry) => world.matches(told.of, entry, told.where, () => undefined))
}

/** A place on the page, drawn once: each reading is told the same. The ends are drawn as often as any place between. */
function placeIn({ state, twin }: Struck, rows: number, name = 'share'): number {
  state[name] ??= shareOf(twin.random)
  return Math.max(0, Math.min(rows - 1, Math.floor(Number(state[name]) * rows)))
}

/** Any record of the page before, and any place on this one. */
function doubled(struck: Struck, page: Page): { readonly again: Row | undefined; readonly into: number } {
  const rows = struck.before?.rows ?? []
  return { again: rows[placeIn(struck, rows.length)], into: placeIn(struck, (page.rows?.length ?? 0) + 1, 'into') }
}

/** A record of the page takes the id of the one before, changed. */
function withTwin(struck: Struck, rows: readonly Row[], change: (id: string) => string): readonly Row[] {
  const { twin, lie } = struck
  const path = simple(twin.connector.streams[lie.stream]?.id[0])
  const place = placeIn(struck, rows.length - 1)
  const [first, second] = rows.slice(place)
  if (path === null || first === undefined || second === undefined) return rows
  const body = structuredClone(second.body) as Native
  const id = at(first.body, path)
  put(body, path, typeof id === 'string' ? change(id) : (id as Json))
  return rows.with(place + 1, { entry: null, body })
}

/** The first required field that is a plain path: what it holds is replaced; undefined takes it away. */
function edited({ twin, lie }: Struck, row: Row, value: Json | undefined): Row {
  const path = editable(twin.connector.streams[lie.stream])
  if (path === null) return row
  const body = structuredClone(row.body) as Native
  put(body, path, value)
  return { ...row, body }
}

/** Path of a required field, where there is one that is a path. */
export function editable(stream: Struck['twin']['connector']['streams'][string] | undefined): string | null {
  for (const field of ['userName', 'displayName', 'account']) {
    const path = simple(stream?.fields[field])
    if (path !== null) return path
  }
  return null
}

export const simple = (value: Json | undefined): string | null =>
  typeof value === 'string' && !value.startsWith('=') ? value : null
