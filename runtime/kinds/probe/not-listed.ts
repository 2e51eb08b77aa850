import type { ProbeKind } from '../kind.ts'
import { matchesIn, notWhole } from './parts/matches.ts'
import { EMPTY, LIST, type ListOptions, MATCH, PAGES, RECORDS, type Rung, rungSchema, wholeList } from './parts/options.ts'
import { NO_ANSWER, negative, shows, unanswered } from './parts/show.ts'

const schema = {
  type: 'object',
  properties: {
    kind: { const: 'not_listed' },
    list: LIST,
    pages: PAGES,
    records: RECORDS,
    empty: EMPTY,
    match: MATCH,
    rung: rungSchema(4),
  },
  required: ['kind', 'list', 'pages', 'records', 'match'],
  additionalProperties: false,
} as const

type Options = ListOptions & Rung & { readonly kind: 'not_listed'; readonly match: string }

/** A record that cannot be told may be the very one: then nothing is shown. */
export const notListed: ProbeKind<Options> = {
  kind: 'not_listed',
  description: 'No record of the whole list matches, while one known to be alive is seen the same way.',
  schema,
  example: {
    kind: 'not_listed',
    list: 'GET /groups/{input.group}/members',
    pages: { kind: 'none' },
    records: 'members',
    match: '= record.id == id',
  },
  asks: wholeList,
  read(options, view, answer) {
    if (answer.ask !== 'list') return NO_ANSWER
    const cut = notWhole(answer)
    if (cut !== null) return cut
    const { found, failed } = matchesIn(options.match, view, answer.records)
    if (found > 0) return shows('other', `${found} of ${answer.records.length} listed records match`)
    if (failed !== null) return unanswered(`\`match\` cannot be told: ${failed}`)
    return negative(answer, `none of ${answer.records.length} listed records matches`, 'asked', options.rung ?? null)
  },
}
