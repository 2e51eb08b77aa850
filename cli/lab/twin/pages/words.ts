/** Every paging word, as a target speaks it. */
import type { Json } from '../../../../runtime/types.ts'
import { at } from '../path.ts'
import type { Page, PagesSpec, Spot } from '../types.ts'
import { asked, endMark, number, type PageWord, type Place, START, spotOf, tokenOf } from './page.ts'

const place = (pages: PagesSpec, option: string): Place => (pages[option] ?? {}) as Place
const option = (pages: PagesSpec, name: string): string | undefined => pages[name] as string | undefined

/** Links beside next, in the order of those who write them (`others: true`): only pages with numbers have them. */
type Others = { readonly before: readonly string[]; readonly after: readonly string[] }

/** `next` holds a whole URL: in a header or in the body. `param`: what this target calls its cursor; `by: page`: it is a page number. */
function inUrl(
  write: (pages: PagesSpec, next: string | null, self: string, others: Others) => ReturnType<PageWord['write']>,
): PageWord {
  const param = (pages: PagesSpec) => option(pages, 'param') ?? 'after'
  return {
    by_index: false,
    read(pages, ask, size) {
      const text = ask.query.get(param(pages))
      if (pages['by'] !== 'page') return spotOf(text)
      const page = number(text, 1)
      return page === null || page < 1 ? null : { after: null, index: (page - 1) * size, page, mark: 0 }
    },
    write(pages, page, url) {
      const value = (spot: Spot) => (pages['by'] === 'page' && spot.mark === 0 ? String(spot.page) : tokenOf(spot))
      const { page: no } = page.spot
      const link = (rel: string, to: number) => `<${url({ [param(pages)]: String(to) })}>; rel="${rel}"`
      const others: Others = {
        before: no > 1 ? [link('prev', no - 1)] : [],
        after: [...(no < page.pages ? [link('last', page.pages)] : []), ...(no > 1 ? [link('first', 1)] : [])],
      }
      return write(pages, page.next === null ? null : url({ [param(pages)]: value(page.next) }), url({}), others)
    },
  }
}

const total = (pages: PagesSpec): string | { readonly header: string } | undefined => pages['total'] as never

function withTotal(pages: PagesSpec, page: Page): ReturnType<PageWord['write']> {
  const place = total(pages)
  if (place === undefined) return { body: [] }
  return typeof place === 'string'
    ? { body: [[place, page.total]] }
    : { body: [], headers: { [place.header.toLowerCase()]: String(page.total) } }
}

function flagged(pages: PagesSpec, page: Page): readonly (readonly [string, Json | undefined])[] {
  const end = pages['end']
  if (typeof end !== 'object' || end === null || !('flag' in end)) return []
  const { flag, is } = end as { readonly flag: string; readonly is: Json }
  return [[flag, page.next === null ? is : typeof is === 'boolean' ? !is : true]]
}

export const WORDS: { readonly [kind: string]: PageWord } = {
  none: { by_index: true, read: () => START, write: () => ({ body: [] }) },

  link: inUrl((pages, next, self, others) => {
    const links = [
      ...(pages['others'] === true ? others.before : []),
      ...(pages['self'] === false ? [] : [`<${self}>; rel="self"`]),
      ...(next === null ? [] : [`<${next}>; rel="${option(pages, 'rel') ?? 'next'}"`]),
      ...(pages['others'] === true ? others.after : []),
    ]
    return links.length === 0 ? { body: [] } : { body: [], headers: { link: links.join(', ') } }
  }),

  next_url: inUrl((pages, next) => ({ body: endMark(pages['end'], option(pages, 'path') ?? 'next', next) })),

  cursor: {
    by_index: false,
    read: (pages, ask) => {
      const token = asked(place(pages, 'into'), ask)
      return lastOf(pages) === null || token === null ? spotOf(token) : { after: Number(token), index: 0, page: 2, mark: 0 }
    },
    write: (pages, page) => {
      const value = page.next === null ? null : tokenOf(page.next)
      const from = pages['from']
      if (typeof from === 'string') return { body: endMark(pages['end'], from, value) }
      const { header } = (from ?? {}) as { readonly header?: string }
      if (header !== undefined)
        return { body: flagged(pages, page), headers: value === null ? {} : { [header.toLowerCase()]: value } }
      return { body: flagged(pages, page) }
    },
  },

  offset: {
    by_index: true,
    read: (pages, ask) => {
      const start = Number(pages['start'] ?? 0)
      const from = number(asked(place(pages, 'into'), ask), start)
      return from === null || from < start ? null : { after: null, index: from - start, page: 1, mark: 0 }
    },
    write: (pages, page) => {
      const { body, headers } = withTotal(pages, page)
      return { body: [...body, ...flagged(pages, page)], ...(headers === undefined ? {} : { headers }) }
    },
  },

  page_number: {
    by_index: true,
    read: (pages, ask, size) => {
      const start = Number(pages['start'] ?? 1)
      const no = number(asked(place(pages, 'into'), ask), start)
      return no === null || no < start ? null : { after: null, index: (no - start) * size, page: no - start + 1, mark: 0 }
    },
    write: (pages, page, url) => {
      const { body, headers = {} } = withTotal(pages, page)
      const end = (typeof pages['end'] === 'object' ? pages['end'] : {}) as {
        readonly last_page?: string
        readonly link?: string
      }
      const param = place(pages, 'into').query
      const more =
        end.link === undefined || page.next === null || param === undefined
          ? {}
          : { link: `<${url({ [param]: String(page.next.page - 1 + Number(pages['start'] ?? 1)) })}>; rel="${end.link}"` }
      const last: readonly (readonly [string, Json])[] = end.last_page === undefined ? [] : [[end.last_page, page.pages]]
      return { body: [...body, ...last, ...flagged(pages, page)], headers: { ...headers, ...more } }
    },
  },

  scim_index: {
    by_index: true,
    // RFC 7644 §3.4.2.4: a startIndex below 1 is 1.
    read: (_pages, ask) => {
      const from = number(ask.query.get('startIndex'), 1)
      return from === null ? null : { after: null, index: Math.max(1, from) - 1, page: 1, mark: 0 }
    },
    write: (_pages, page) => ({
      body: [
        ['totalResults', page.total],
        ['startIndex', page.index + 1],
        ['itemsPerPage', page.rows?.length ?? 0],
      ],
    }),
  },

  scim_cursor: {
    by_index: false,
    read: (_pages, ask) => spotOf(ask.query.get('cursor')),
    write: (_pages, page) => ({
      body: [
        ['totalResults', page.total],
        ['itemsPerPage', page.rows?.length ?? 0],
        ['nextCursor', page.next === null ? undefined : tokenOf(page.next)],
      ],
    }),
  },
}

/** Path of the value of the last record that goes back as the cursor; null where the cursor is the target's own. */
export function lastOf(pages: PagesSpec): string | null {
  const from = pages['from']
  return typeof from === 'object' && from !== null && 'last_record' in from ? String(at(from, 'last_record')) : null
}
