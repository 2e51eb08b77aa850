import type { FromSchema } from 'json-schema-to-ts'
import type { PageKind } from '../kind.ts'
import { behindRows, firstRows, overlapOption, rowState, stepRows } from './parts/rows.ts'
import { readTotal, totalSays } from './parts/total.ts'

const schema = {
  type: 'object',
  properties: {
    kind: { const: 'scim_index' },
    count: {
      type: 'integer',
      minimum: 1,
      maximum: 100_000,
      default: 100,
      description: 'Rows to ask for in one page. The target may give fewer.',
    },
    overlap: overlapOption,
  },
  required: ['kind'],
  additionalProperties: false,
} as const

/** SCIM's `startIndex` and `count`; over when `totalResults` rows came (RFC 7644 §3.4.2.4). Steps by rows received. */
export const scimIndex: PageKind<FromSchema<typeof schema>> = {
  kind: 'scim_index',
  description: 'SCIM paging by startIndex and count, until totalResults is reached (RFC 7644 §3.4.2.4).',
  schema,
  example: { kind: 'scim_index', count: 100, overlap: 1 },
  by_offset: true,
  first: () => firstRows,
  ask: (options, state) => {
    const { net, again } = rowState(state)
    return { query: { startIndex: String(1 + net - again), count: String(options.count ?? 100) } }
  },
  next: (options, state, view) =>
    stepRows(state, view, options.overlap ?? 1, (net, gained) => {
      const total = readTotal('totalResults', view)
      return typeof total === 'number' ? totalSays(total, net, view.received, gained) : total
    }),
  overlap: (_options, state) => rowState(state).again,
  behind: (_options, state, view) => behindRows(state, view),
}
