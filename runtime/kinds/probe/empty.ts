import type { ProbeKind } from '../kind.ts'
import { notWhole } from './parts/matches.ts'
import { EMPTY, LIST, type ListOptions, PAGES, RECORDS, type Rung, rungSchema, wholeList } from './parts/options.ts'
import { NO_ANSWER, negative, shows } from './parts/show.ts'

const schema = {
  type: 'object',
  properties: { kind: { const: 'empty' }, list: LIST, pages: PAGES, records: RECORDS, empty: EMPTY, rung: rungSchema(4) },
  required: ['kind', 'list', 'pages', 'records'],
  additionalProperties: false,
} as const

type Options = ListOptions & Rung & { readonly kind: 'empty' }

export const empty: ProbeKind<Options> = {
  kind: 'empty',
  description: "The object's whole list (sessions, tokens, roles) is empty, while one known to be alive answers the same way.",
  schema,
  example: { kind: 'empty', list: 'GET /users/{id}/sessions', pages: { kind: 'none' }, records: '[]', rung: 4 },
  asks: wholeList,
  read(options, _view, answer) {
    if (answer.ask !== 'list') return NO_ANSWER
    const cut = notWhole(answer)
    if (cut !== null) return cut
    const left = answer.records.length
    if (left > 0) return shows('other', `${left} ${left === 1 ? 'is' : 'are'} still listed`)
    return negative(answer, 'the list is empty', 'asked', options.rung ?? null)
  },
}
