import type { FromSchema } from 'json-schema-to-ts'
import { few, holds, missing, refutes } from '../finding.ts'
import type { ProveKind } from '../kind.ts'

const schema = {
  type: 'object',
  properties: {
    kind: { const: 'known_account' },
    id: { const: 'whoami.id', description: "The credential's own account, as `whoami` names it." },
  },
  required: ['kind', 'id'],
  additionalProperties: false,
} as const

const SAID = { check: 'known_account', item: 14, class: 'C' } as const

/** Item 14 without an operator: the credential's own account must be listed. It sees itself in any view, so it never confirms. */
export const knownAccount: ProveKind<FromSchema<typeof schema>> = {
  kind: 'known_account',
  description: "The credential's own account is in the list; refutes where it is not, confirms nothing where it is.",
  schema,
  example: { kind: 'known_account', id: 'whoami.id' },
  item: 14,
  class: 'C',
  can_confirm: false,
  asks: () => [{ ask: 'has', ids: 'whoami' }],
  assess(_options, _view, answers) {
    const answer = answers.find((one) => one.ask === 'has')
    if (answer === undefined || answer.failed !== null || answer.asked === 0) {
      return [
        missing(
          SAID,
          `the credential's own account is not known: ${answer?.failed ?? 'not asked'}`,
          {},
          'Correct `whoami` of the connector.',
        ),
      ]
    }
    const numbers = { asked: answer.asked, absent: answer.absent.slice(0, 5) }
    if (answer.absent.length > 0) {
      return [
        refutes(
          SAID,
          `the credential's own account ${few(answer.absent)} is not in the list`,
          numbers,
          'Find out what the list hides: service accounts, another tenant or org unit, a default filter.',
        ),
      ]
    }
    return [holds(SAID, "the credential's own account is in the list", numbers, false)]
  },
}
