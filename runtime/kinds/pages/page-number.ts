import type { FromSchema } from 'json-schema-to-ts'
import type { Next, PageState } from '../../types.ts'
import type { PageKind, PageView } from '../kind.ts'
import { compilePath } from '../value/path.ts'
import { flagEnd, flagSays } from './parts/end.ts'
import { broken, end, kindOf, page } from './parts/next.ts'
import { nextLink } from './parts/next-link.ts'
import { join, numberPlace, put, size } from './parts/place.ts'
import { countOf, readTotal, totalFrom, totalSays } from './parts/total.ts'

const lastPageEnd = {
  type: 'object',
  properties: { last_page: { type: 'string', minLength: 1, description: 'Path of the number of pages.' } },
  required: ['last_page'],
  additionalProperties: false,
} as const
const linkEnd = {
  type: 'object',
  properties: { link: { type: 'string', minLength: 1, description: 'The list is over when no Link header has this relation.' } },
  required: ['link'],
  additionalProperties: false,
} as const
const schema = {
  type: 'object',
  properties: {
    kind: { const: 'page_number' },
    into: numberPlace,
    size,
    start: { type: 'integer', minimum: 0, maximum: 1, default: 1, description: 'The number of the first page: 0 or 1.' },
    end: {
      description: 'How the list says that it is over.',
      oneOf: [{ enum: ['total', 'empty_page'] }, lastPageEnd, linkEnd, flagEnd],
    },
    total: totalFrom,
  },
  required: ['kind', 'into', 'end'],
  additionalProperties: false,
  if: { properties: { end: { const: 'total' } } },
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  then: { required: ['total'] },
  else: { properties: { total: false } },
} as const
type Options = FromSchema<typeof schema>
/** `no`: pages asked for so far, this one included. `net`: rows received before it. */
type Counted = { readonly no: number; readonly net: number }

/** Counts pages. Rows can shift between two of them, and nothing can be asked again: a second pass must show that none did. */
export const pageNumber: PageKind<Options> = {
  kind: 'page_number',
  description: 'Asks for pages by their number.',
  schema,
  example: {
    kind: 'page_number',
    into: { query: 'page' },
    size: { query: 'per_page', rows: 100 },
    start: 1,
    end: { last_page: 'meta.pages' },
  },
  by_offset: true,
  first: () => ({ no: 1, net: 0 }),
  ask: (options, state) => {
    const number = put(options.into, (options.start ?? 1) + counted(state).no - 1)
    return options.size === undefined ? number : join(number, put(options.size, options.size.rows))
  },
  next: (options, state, view) => {
    const { no, net } = counted(state)
    return decide(options, view, no, net + view.received) ?? page({ no: no + 1, net: net + view.received })
  },
  overlap: () => 0,
  behind({ end }, state, view) {
    const { no, net } = counted(state)
    return end === 'total' ? { no: no + 1, net: net + view.received } : null
  },
}

function counted(state: PageState): Counted {
  const { no, net } = state as Partial<Counted>
  return { no: no ?? 1, net: net ?? 0 }
}

function decide(options: Options, view: PageView, no: number, net: number): Next | null {
  if (options.end === 'empty_page') return view.received === 0 ? end('an empty page') : null
  if (options.end === 'total') {
    const total = readTotal(options.total ?? 'total', view)
    return typeof total === 'number' ? totalSays(total, net, view.received, view.received) : total
  }
  if ('last_page' in options.end) return lastPage(options.end.last_page, view, no)
  // Flags and links name the next page themselves, so an empty page between is no end and no fault.
  if ('flag' in options.end) return flagSays(options.end, view.body)
  const found = nextLink(view, options.end.link)
  if ('kind' in found) return found
  return found.url === null ? end(`no link with rel=${options.end.link}`) : null
}

function lastPage(path: string, view: PageView, no: number): Next | null {
  const value = compilePath(path)(view.body)
  const pages = countOf(value)
  if (value === undefined || value === null)
    return broken('pages/total-missing', `the list ends at its last page, and \`${path}\` is ${kindOf(value)}`)
  if (pages === null) return broken('pages/wrong-type', `\`${path}\` should be a count and is ${kindOf(value)}`)
  if (no > Math.max(pages, 1) || (pages === 0 && view.received > 0))
    return broken('pages/beyond', `page ${no} came, and the target says there are ${pages}`)
  // An empty page below the last is no end and no fault by itself: some targets filter after they cut pages.
  return no >= pages ? end(`page ${no} of ${pages}`) : null
}
