import type { FromSchema } from 'json-schema-to-ts'
import { counted, few, holds, missing, refutes } from '../finding.ts'
import type { ProveKind } from '../kind.ts'

const schema = {
  type: 'object',
  properties: { kind: { const: 'canaries' } },
  required: ['kind'],
  additionalProperties: false,
} as const

const SAID = { check: 'canaries', item: 14, class: 'F' } as const

/** Item 14: accounts that the operator planted (a suspended one, the last one by name, one a partition) must be listed. */
export const canaries: ProveKind<FromSchema<typeof schema>> = {
  kind: 'canaries',
  description: 'Accounts planted by the operator, named in the connection, are all in the list.',
  schema,
  example: { kind: 'canaries' },
  item: 14,
  class: 'F',
  can_confirm: true,
  asks: () => [{ ask: 'has', ids: 'canaries' }],
  assess(_options, _view, answers) {
    const answer = answers.find((one) => one.ask === 'has')
    if (answer === undefined || answer.failed !== null) {
      return [missing(SAID, `the canaries could not be looked for: ${answer?.failed ?? 'not asked'}`, {}, 'Read again.')]
    }
    const numbers = { asked: answer.asked, absent: answer.absent.slice(0, 5) }
    if (answer.absent.length > 0) {
      const because = `${answer.absent.length} of ${counted(answer.asked, 'canary', 'canaries')} missing from the list: ${few(answer.absent)}`
      return [
        refutes(
          SAID,
          because,
          numbers,
          'Look whether the canary is still in the target; if so, find out what makes the list leave it out.',
        ),
      ]
    }
    if (answer.asked === 0) {
      return [
        missing(
          SAID,
          'the connection names no canaries for this stream',
          numbers,
          'Plant canary accounts (one suspended, one last by name) and name their ids in the connection.',
        ),
      ]
    }
    return [holds(SAID, `${counted(answer.asked, 'canary is', 'canaries are')} in the list`, numbers, true)]
  },
}
