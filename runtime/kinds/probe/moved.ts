import type { RequestSpec } from '../../types.ts'
import type { ProbeKind } from '../kind.ts'
import { compilePath } from '../value/path.ts'
import { instantOf, isSince } from './parts/instant.ts'
import { LOOK, type Rung, rungSchema } from './parts/options.ts'
import { NO_ANSWER, shows, trouble, unanswered } from './parts/show.ts'

const schema = {
  type: 'object',
  properties: {
    kind: { const: 'moved' },
    look: LOOK,
    path: { type: 'string', minLength: 1, description: 'Path of the marker in the answer (with `get`: in the record).' },
    id: {
      type: 'string',
      minLength: 1,
      description: 'Path of the id in the answer of `look`: one that is not the meant one shows nothing.',
    },
    rung: rungSchema(2),
  },
  required: ['kind', 'path'],
  additionalProperties: false,
} as const

type Options = Rung & { readonly kind: 'moved'; readonly look?: RequestSpec; readonly path: string; readonly id?: string }

/** A marker of whole seconds may equal the second of the write; one that was the same before the write has not moved. */
export const moved: ProbeKind<Options> = {
  kind: 'moved',
  description: 'A time that the target keeps (valid-from of sessions, last revocation) lies at or after the write.',
  schema,
  example: {
    kind: 'moved',
    look: 'GET /users/{id}?$select=signInSessionsValidFromDateTime',
    path: 'signInSessionsValidFromDateTime',
  },
  asks: (options) => ({ ask: 'one', request: options.look ?? 'get', control: false }),
  read(options, view, answer) {
    if (answer.ask !== 'one') return NO_ANSWER
    const why = trouble(answer)
    if (why !== null) return unanswered(why)
    if (view.sent_at_ms === null) return unanswered('nothing was sent, so nothing can have moved')
    if (options.id !== undefined && compilePath(options.id)(answer.body) !== view.vars['id'])
      return unanswered(`the answer is not about the one that was meant (\`${options.id}\`)`)
    const markOf = compilePath(options.path)
    const mark = markOf(options.look === undefined ? answer.record : answer.body)
    if (mark === undefined || mark === null) return shows('other', `there is no \`${options.path}\``)
    const at = instantOf(mark)
    if (at === null) return unanswered(`\`${options.path}\` is no time`)
    if (markOf(view.vars['before']) === mark) return shows('other', `\`${options.path}\` is what it was before`)
    return isSince(at, view.sent_at_ms)
      ? shows('asked', `\`${options.path}\` moved to ${new Date(at.ms).toISOString()}`, options.rung ?? null)
      : shows('other', `\`${options.path}\` lies before the write: ${new Date(at.ms).toISOString()}`)
  },
}
