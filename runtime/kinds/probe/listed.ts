import type { ProbeKind } from '../kind.ts'
import { matchesIn, notWhole } from './parts/matches.ts'
import { EMPTY, LIST, type ListOptions, MATCH, PAGES, RECORDS, wholeList } from './parts/options.ts'
import { NO_ANSWER, negative, shows, unanswered } from './parts/show.ts'

const schema = {
  type: 'object',
  properties: { kind: { const: 'listed' }, list: LIST, pages: PAGES, records: RECORDS, empty: EMPTY, match: MATCH },
  required: ['kind', 'list', 'pages', 'records', 'match'],
  additionalProperties: false,
} as const

type Options = ListOptions & { readonly kind: 'listed'; readonly match: string }

/** The second path: a by-id read may come from a cache, the list does not know of it. faults.md, W16. */
export const listed: ProbeKind<Options> = {
  kind: 'listed',
  description: 'The whole list holds a record that matches.',
  schema,
  example: {
    kind: 'listed',
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
    if (found > 0) return shows('asked', `${found} of ${answer.records.length} listed records match`)
    if (failed !== null) return unanswered(`\`match\` cannot be told: ${failed}`)
    const because = `none of ${answer.records.length} listed records matches`
    // A list of nobody is what a lost right looks like too. W17.
    return answer.records.length === 0 ? negative(answer, because, 'gone') : shows('other', because)
  },
}
