import type { RequestSpec } from '../../types.ts'
import type { ProbeKind, ProbeView } from '../kind.ts'
import { compilePath } from '../value/path.ts'
import { compileRecords } from '../value/records.ts'
import { says } from './parts/evaluate.ts'
import { instantOf, isSince } from './parts/instant.ts'
import { EMPTY, LOOK, MATCH, RECORDS, type Rung, rungSchema } from './parts/options.ts'
import { NO_ANSWER, shows, trouble, unanswered } from './parts/show.ts'

const schema = {
  type: 'object',
  properties: {
    kind: { const: 'log' },
    look: { ...LOOK, description: "The request for the newest entries of the target's log." },
    records: RECORDS,
    empty: EMPTY,
    match: MATCH,
    at: { type: 'string', minLength: 1, description: "Path of an entry's time: an older entry than the write says nothing." },
    rung: rungSchema(3),
  },
  required: ['kind', 'look', 'records', 'match', 'at'],
  additionalProperties: false,
} as const

type Options = Rung & {
  readonly kind: 'log'
  readonly look: RequestSpec
  readonly records: string
  readonly empty?: 'absent' | 'null' | 'null_or_absent'
  readonly match: string
  readonly at: string
}

export const log: ProbeKind<Options> = {
  kind: 'log',
  description: "The target's own log has the event, at or after the write.",
  schema,
  example: {
    kind: 'log',
    look: 'GET /logs?target={id}',
    records: '[]',
    match: "= record.eventType == 'user.session.clear'",
    at: 'published',
    rung: 3,
  },
  asks: (options) => ({ ask: 'one', request: options.look, control: false }),
  read(options, view, answer) {
    if (answer.ask !== 'one') return NO_ANSWER
    const why = trouble(answer)
    if (why !== null) return unanswered(why)
    if (view.sent_at_ms === null) return unanswered('nothing was sent, so no event can follow it')
    const found = compileRecords(options.records, options.empty ?? null)(answer.body)
    return found.ok ? readEntries(options, view, found.records, view.sent_at_ms) : unanswered(found.because)
  },
}

function readEntries(options: Options, view: ProbeView, entries: readonly unknown[], sent_at_ms: number) {
  const timeOf = compilePath(options.at)
  let failed: string | null = null
  for (const record of entries) {
    const said = says(options.match, view, { record })
    if ('failed' in said) {
      failed ??= `\`match\` cannot be told: ${said.failed}`
      continue
    }
    if (!said.is) continue
    const at = instantOf(timeOf(record))
    if (at === null) failed ??= `\`${options.at}\` of an entry is no time`
    else if (isSince(at, sent_at_ms))
      return shows('asked', `the log has it at ${new Date(at.ms).toISOString()}`, options.rung ?? null)
  }
  return failed === null ? shows('other', `none of ${entries.length} log entries since the write matches`) : unanswered(failed)
}
