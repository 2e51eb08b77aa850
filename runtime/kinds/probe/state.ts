import type { RequestSpec } from '../../types.ts'
import type { ProbeKind, ProbeView } from '../kind.ts'
import { compilePath } from '../value/path.ts'
import { says } from './parts/evaluate.ts'
import { LOOK, RECORD, type Rung, rungSchema } from './parts/options.ts'
import { isAbsent, NO_ANSWER, negative, type One, shows, trouble, unanswered } from './parts/show.ts'

const schema = {
  type: 'object',
  properties: {
    kind: { const: 'state' },
    look: LOOK,
    record: RECORD,
    expect: {
      type: 'string',
      pattern: '^\\s*=',
      description: 'CEL over `record`, and `status`, `headers`, `body` of a 2xx answer: true shows the asked-for state.',
    },
    rung: rungSchema(1),
  },
  required: ['kind', 'expect'],
  dependentRequired: { record: ['look'] },
  additionalProperties: false,
} as const

type Options = Rung & { readonly kind: 'state'; readonly look?: RequestSpec; readonly record?: string; readonly expect: string }

/** The object's own record, read afresh. An answer of "not found" is no state: it is told apart only by a control. */
export const state: ProbeKind<Options> = {
  kind: 'state',
  description: "The object's record, read afresh, says what was asked for.",
  schema,
  example: { kind: 'state', expect: "= record.status == 'DEPROVISIONED'" },
  asks: (options) => ({ ask: 'one', request: options.look ?? 'get', control: false }),
  read(options, view, answer) {
    if (answer.ask !== 'one') return NO_ANSWER
    if (isAbsent(answer)) return negative(answer, `the target says ${answer.status}`, 'gone')
    const why = trouble(answer)
    return why === null ? readRecord(options, view, answer) : unanswered(why)
  },
}

function readRecord(options: Options, view: ProbeView, answer: One) {
  const record = options.look === undefined ? answer.record : compilePath(options.record ?? '[]')(answer.body)
  if (options.look === undefined && (typeof record !== 'object' || record === null))
    return unanswered('the answer holds no record')
  const { status, headers, body } = answer
  const said = says(options.expect, view, { record, status, headers, body })
  if ('failed' in said) return unanswered(`\`expect\` cannot be told: ${said.failed}`)
  return said.is
    ? shows('asked', 'the record shows the asked-for state', options.rung ?? null)
    : shows('other', 'the record shows another state')
}
