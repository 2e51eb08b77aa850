import type { RequestSpec } from '../../types.ts'
import type { ProbeKind } from '../kind.ts'
import { compilePath } from '../value/path.ts'
import { saysOfRecord } from './parts/evaluate.ts'
import { LOOK, RECORD } from './parts/options.ts'
import { isAbsent, NO_ANSWER, negative, type One, shows, trouble, unanswered } from './parts/show.ts'

const schema = {
  type: 'object',
  properties: {
    kind: { const: 'gone' },
    look: LOOK,
    record: RECORD,
    expect: {
      type: 'string',
      pattern: '^\\s*=',
      description: "CEL over a record that still answers, true where that means gone; with `get` default: the stream's `gone`.",
    },
  },
  required: ['kind'],
  dependentRequired: { record: ['look'] },
  additionalProperties: false,
} as const

type Options = { readonly kind: 'gone'; readonly look?: RequestSpec; readonly record?: string; readonly expect?: string }

/** 404 is what lost permission looks like too: it counts with a control only. faults.md, W17. */
export const gone: ProbeKind<Options> = {
  kind: 'gone',
  description: 'The object is not there any more, while a record known to be alive answers the same way.',
  schema,
  example: { kind: 'gone', look: 'GET /users/{id}' },
  asks: (options) => ({ ask: 'one', request: options.look ?? 'get', control: true }),
  read(options, view, answer) {
    if (answer.ask !== 'one') return NO_ANSWER
    if (isAbsent(answer)) return negative(answer, `the target says ${answer.status}`, 'asked')
    const why = trouble(answer)
    if (why !== null) return unanswered(why)
    const record = recordOf(options, answer)
    if (options.look === undefined && record === null) return unanswered('the answer holds no record')
    if (options.expect === undefined || record === null) return shows('other', 'it is still there')
    const said = saysOfRecord(options.expect, view, record)
    if ('failed' in said) return unanswered(`\`expect\` cannot be told: ${said.failed}`)
    return said.is ? negative(answer, 'the record says that it is deleted', 'asked') : shows('other', 'it is still there')
  },
}

function recordOf(options: Options, answer: One): object | null {
  const record = options.look === undefined ? answer.record : compilePath(options.record ?? '[]')(answer.body)
  return typeof record === 'object' && record !== null ? record : null
}
