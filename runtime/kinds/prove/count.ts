import type { RequestSpec } from '../../types.ts'
import { grouped, holds, listed, missing, refutes, unstable } from '../finding.ts'
import type { ProveKind } from '../kind.ts'
import { requestSchema } from './parts/request.ts'

const schema = {
  type: 'object',
  properties: {
    kind: { const: 'count' },
    request: { ...requestSchema, description: 'A request to another endpoint that counts the same records.' },
    path: { type: 'string', minLength: 1, description: 'Path of the count in its answer; `[]` is the body itself.' },
  },
  required: ['kind', 'request', 'path'],
  additionalProperties: false,
} as const

type Options = { readonly kind: 'count'; readonly request: RequestSpec; readonly path: string }

const SAID = { check: 'count', item: 3, class: 'B' } as const

/** Item 3, the count sandwich: asked before and after the read, from somewhere other than the list. */
export const count: ProveKind<Options> = {
  kind: 'count',
  description: 'Another endpoint counts the records, before and after the read, and the same number came.',
  schema,
  example: { kind: 'count', request: 'GET /users/$count', path: '[]' },
  item: 3,
  class: 'B',
  can_confirm: true,
  asks: (options) => [{ ask: 'count', request: options.request, path: options.path }],
  assess(_options, view, answers) {
    const answer = answers.find((one) => one.ask === 'count')
    if (answer === undefined || answer.failed !== null || answer.before === null || answer.after === null) {
      const why = answer?.failed ?? 'no number before or after the read'
      return [
        missing(
          SAID,
          `the count was not answered: ${why}`,
          {},
          'Read again; if it stays unanswered, correct `request` and `path` of `count`, or give the credential the right to count.',
        ),
      ]
    }
    const rows = listed(view.facts)
    const numbers = { before: answer.before, after: answer.after, listed: rows, stored: view.facts.stored }
    if (answer.before !== answer.after) {
      return [
        unstable(SAID, `the count moved from ${grouped(answer.before)} to ${grouped(answer.after)} during the read`, numbers),
      ]
    }
    if (answer.after !== rows) {
      const because = `the target counts ${grouped(answer.after)} records before and after the read, ${grouped(rows)} came`
      return [
        refutes(
          SAID,
          because,
          numbers,
          'Read again; if the difference stays, find out what the list hides: a default filter, a missing right, a stale index.',
        ),
      ]
    }
    const before = view.facts.baseline?.stored ?? 0
    if (rows === 0 && before > 0) {
      // A credential that lost its rights is told 0 everywhere (h44z/wg-portal#744: `Success, entries=0`).
      const because = `the target counts 0 as well, which an unprivileged credential is told too; ${grouped(before)} were there before`
      return [holds(SAID, because, numbers, false)]
    }
    return [
      holds(SAID, `the target counts ${grouped(answer.after)} records before and after the read, as many came`, numbers, true),
    ]
  },
}
