import type { RequestSpec } from '../../types.ts'
import type { ProbeKind } from '../kind.ts'
import { compilePath } from '../value/path.ts'
import { says } from './parts/evaluate.ts'
import { LOOK, type Rung, rungSchema } from './parts/options.ts'
import { NO_ANSWER, negative, shows, trouble, unanswered } from './parts/show.ts'

const schema = {
  type: 'object',
  properties: {
    kind: { const: 'count' },
    look: LOOK,
    path: { type: 'string', minLength: 1, description: 'Path of the number in the answer (with `get`: in the record).' },
    expect: {
      type: 'string',
      pattern: '^\\s*=',
      description: 'CEL over `count`: true shows the asked-for state. A count of nothing needs the control too.',
    },
    rung: rungSchema(null),
  },
  required: ['kind', 'path', 'expect'],
  additionalProperties: false,
} as const

type Options = Rung & { readonly kind: 'count'; readonly look?: RequestSpec; readonly path: string; readonly expect: string }

/** Zero is what a lost right counts: like every negative finding it stands on a control. */
export const count: ProbeKind<Options> = {
  kind: 'count',
  description: 'A number that the target gives meets what is expected.',
  schema,
  example: { kind: 'count', look: 'GET /users/{id}/sessions/count', path: 'total', expect: '= count == 0' },
  asks: (options) => ({ ask: 'one', request: options.look ?? 'get', control: true }),
  read(options, view, answer) {
    if (answer.ask !== 'one') return NO_ANSWER
    const why = trouble(answer)
    if (why !== null) return unanswered(why)
    const number = numberOf(compilePath(options.path)(options.look === undefined ? answer.record : answer.body))
    if (number === null) return unanswered(`\`${options.path}\` is no count`)
    const said = says(options.expect, view, { count: number })
    if ('failed' in said) return unanswered(`\`expect\` cannot be told: ${said.failed}`)
    if (!said.is) return shows('other', `the target counts ${number}`)
    const rung = options.rung ?? null
    return number === 0
      ? negative(answer, 'the target counts none', 'asked', rung)
      : shows('asked', `the target counts ${number}`, rung)
  },
}

function numberOf(value: unknown): number | null {
  const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : null
}
