import type { FromSchema } from 'json-schema-to-ts'
import type { Next } from '../../types.ts'
import type { PageKind, PageView } from '../kind.ts'
import { flagEnd, flagSays } from './parts/end.ts'
import { end } from './parts/next.ts'
import { join, numberPlace, put, size } from './parts/place.ts'
import { behindRows, firstRows, overlapOption, rowState, stepRows } from './parts/rows.ts'
import { readTotal, stalled, totalFrom, totalSays } from './parts/total.ts'

const schema = {
  type: 'object',
  properties: {
    kind: { const: 'offset' },
    into: numberPlace,
    size,
    start: { type: 'integer', minimum: 0, maximum: 1, default: 0, description: 'The number of the first row: 0 or 1.' },
    overlap: overlapOption,
    end: { description: 'How the list says that it is over.', oneOf: [{ enum: ['total', 'empty_page'] }, flagEnd] },
    total: totalFrom,
  },
  required: ['kind', 'into', 'end'],
  additionalProperties: false,
  // The total's place is needed exactly where the list ends at its total.
  if: { properties: { end: { const: 'total' } } },
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  then: { required: ['total'] },
  else: { properties: { total: false } },
} as const
type Options = FromSchema<typeof schema>

/**
 * Steps by rows received, never by rows asked for, so a server that clamps the page size loses nothing. With `overlap: 1`
 * every page but the first begins with the last row of the page before.
 */
export const offset: PageKind<Options> = {
  kind: 'offset',
  description: 'Asks from a row number on; steps by the rows received and asks the last row again.',
  schema,
  example: {
    kind: 'offset',
    into: { query: 'offset' },
    size: { query: 'limit', rows: 100 },
    start: 0,
    overlap: 1,
    end: 'total',
    total: 'meta.total',
  },
  by_offset: true,
  first: () => firstRows,
  ask: (options, state) => {
    const { net, again } = rowState(state)
    const from = put(options.into, (options.start ?? 0) + net - again)
    return options.size === undefined ? from : join(from, put(options.size, options.size.rows))
  },
  next: (options, state, view) =>
    stepRows(state, view, options.overlap ?? 1, (net, gained) => decide(options, view, net, gained)),
  overlap: (_options, state) => rowState(state).again,
  behind: ({ end }, state, view) => (end === 'total' ? behindRows(state, view) : null),
}

function decide(options: Options, view: PageView, net: number, gained: number): Next | null {
  if (typeof options.end === 'object')
    return (
      flagSays(options.end, view.body) ?? stalled(view.received, gained, `${net} rows came, and the flag says that more follow`)
    )
  if (options.end === 'empty_page') return view.received === 0 ? end('an empty page') : null
  const total = readTotal(options.total ?? 'total', view)
  return typeof total === 'number' ? totalSays(total, net, view.received, gained) : total
}
