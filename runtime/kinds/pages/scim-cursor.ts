import type { FromSchema } from 'json-schema-to-ts'
import type { PageKind, PageView } from '../kind.ts'
import { compilePath } from '../value/path.ts'
import { markSays } from './parts/end.ts'
import { broken, kindOf, page } from './parts/next.ts'
import { countOf } from './parts/total.ts'

const schema = {
  type: 'object',
  properties: {
    kind: { const: 'scim_cursor' },
    count: {
      type: 'integer',
      minimum: 1,
      maximum: 100_000,
      default: 100,
      description: 'Rows to ask for in one page. The target may give fewer.',
    },
  },
  required: ['kind'],
  additionalProperties: false,
} as const

/**
 * SCIM's cursor paging (RFC 9865 §2): the first request sends an empty `cursor`; `nextCursor` is left out of the last page only.
 * A server that does not know cursors answers by index and would end after one page: that is broken, not the end.
 */
export const scimCursor: PageKind<FromSchema<typeof schema>> = {
  kind: 'scim_cursor',
  description: 'SCIM paging by cursor, until no nextCursor comes (RFC 9865).',
  schema,
  example: { kind: 'scim_cursor', count: 100 },
  by_offset: false,
  first: () => ({ cursor: '' }),
  ask: (options, state) => ({ query: { cursor: String(state['cursor'] ?? ''), count: String(options.count ?? 100) } }),
  next: (_options, state, view) => {
    if (typeof view.body !== 'object' || view.body === null)
      return broken('pages/wrong-type', `the answer is ${kindOf(view.body)}, so it cannot hold a cursor`)
    const said = markSays('absent', compilePath('nextCursor')(view.body), '`nextCursor`')
    if (!('kind' in said)) return page({ cursor: said.more })
    if (said.kind !== 'end' || state['cursor'] !== '' || !byIndex(view)) return said
    return broken(
      'pages/no-end-mark',
      'the target answered with startIndex and without nextCursor: it pages by index; declare scim_index',
    )
  },
  overlap: () => 0,
}

function byIndex(view: PageView): boolean {
  const total = countOf(compilePath('totalResults')(view.body))
  return compilePath('startIndex')(view.body) !== undefined && total !== null && view.received < total
}
