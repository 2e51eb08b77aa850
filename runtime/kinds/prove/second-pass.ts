import type { FromSchema } from 'json-schema-to-ts'
import type { RequestSpec } from '../../types.ts'
import { counted, few, grouped, holds, missing, refutes } from '../finding.ts'
import type { ProveKind } from '../kind.ts'
import { queryOf, requestSchema } from './parts/request.ts'

const schema = {
  type: 'object',
  properties: {
    kind: { const: 'second_pass' },
    query: {
      type: 'object',
      minProperties: 1,
      additionalProperties: { type: ['string', 'integer', 'boolean'] },
      description: 'What the second enumeration asks otherwise: another page size, and an order where there is one.',
    },
    list: { ...requestSchema, description: 'Another list of the same records, instead of a query.' },
  },
  required: ['kind'],
  anyOf: [{ required: ['query'] }, { required: ['list'] }],
  additionalProperties: false,
} as const

type Options = {
  readonly kind: 'second_pass'
  readonly query?: FromSchema<typeof schema.properties.query>
  readonly list?: RequestSpec
}

const SAID = { check: 'second_pass', item: 10, class: 'D' } as const

/**
 * Item 10: the whole list once more, asked otherwise; the same set of ids must come. Sizes that agree prove nothing, and neither does
 * the same question asked twice: what a target cuts off a page it cuts off the same page again.
 */
export const secondPass: ProveKind<Options> = {
  kind: 'second_pass',
  description: 'The whole list is read once more with another page size or as another list, and the same ids come.',
  schema,
  example: { kind: 'second_pass', query: { limit: 70 } },
  item: 10,
  class: 'D',
  can_confirm: true,
  asks: (options) => [{ ask: 'pass', query: queryOf(options.query ?? {}), list: options.list ?? null }],
  assess(_options, view, answers) {
    const answer = answers.find((one) => one.ask === 'pass')
    if (answer === undefined || answer.failed !== null) {
      return [
        missing(
          SAID,
          `the second pass did not reach its end: ${answer?.failed ?? 'not asked'}`,
          {},
          'Read again; if it fails again, correct `query` or `list` of `second_pass`.',
        ),
      ]
    }
    const { ids, only_first, only_second, tries, alike } = answer
    const numbers = { ids, only_first, only_second, tries, alike, samples: answer.samples }
    if (only_first > 0 || only_second > 0) {
      const sides = [
        only_second > 0
          ? `${grouped(only_second)} came only the second time (${few(answer.samples.only_second, only_second)})`
          : null,
        only_first > 0 ? `${grouped(only_first)} only the first time (${few(answer.samples.only_first, only_first)})` : null,
      ]
      const because = `two passes differ: ${sides.filter((side) => side !== null).join(', ')}`
      return [
        refutes(
          SAID,
          because,
          numbers,
          'Read again while fewer changes are made; if passes keep differing, the target drops records: ask its vendor.',
        ),
      ]
    }
    if (ids !== view.facts.stored) {
      return [
        missing(
          SAID,
          `the second pass is said to be equal, but has ${grouped(ids)} ids and not ${grouped(view.facts.stored)}`,
          numbers,
          'Read again; if it stays so, report it: this is a fault of the runtime.',
        ),
      ]
    }
    if (ids === 0) {
      // A credential that lost its rights gets the same empty list twice.
      return [holds(SAID, 'both passes are empty, which an unprivileged credential sees too', numbers, false)]
    }
    if (alike > 0) {
      const where = view.facts.partitions > 1 ? ` in ${counted(alike, 'list', 'lists')}` : ''
      return [
        holds(SAID, `a second pass gave the same ${counted(ids, 'id', 'ids')}, but on the same pages${where}`, numbers, false),
      ]
    }
    return [holds(SAID, `a second pass gave the same ${counted(ids, 'id', 'ids')}`, numbers, true)]
  },
}
