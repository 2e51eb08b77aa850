import type { FromSchema } from 'json-schema-to-ts'
import type { Next } from '../../types.ts'
import type { PageKind, PageView } from '../kind.ts'
import { compilePath } from '../value/path.ts'
import { flagEnd, flagSays, markEnd, markSays } from './parts/end.ts'
import { broken, kindOf, page } from './parts/next.ts'
import { resolve } from './parts/next-link.ts'

const schema = {
  type: 'object',
  properties: {
    kind: { const: 'next_url' },
    path: { type: 'string', minLength: 1, description: 'Path of the URL of the next page in the answer.' },
    end: { description: 'How the list says that it is over.', oneOf: [markEnd, flagEnd] },
  },
  required: ['kind', 'path', 'end'],
  additionalProperties: false,
} as const
type Options = FromSchema<typeof schema>

/** Follows a URL in the body. A relative one resolves against the URL that answered. */
export const nextUrl: PageKind<Options> = {
  kind: 'next_url',
  description: 'Follows a URL in the answer to the next page.',
  schema,
  example: { kind: 'next_url', path: '@odata.nextLink', end: 'absent' },
  by_offset: false,
  first: () => ({}),
  ask: (_options, state) => (typeof state['url'] === 'string' ? { url: state['url'] } : {}),
  next,
  overlap: () => 0,
}

function next(options: Options, _state: unknown, view: PageView): Next {
  // In an answer of another shape everything is absent: that is no end mark.
  if (typeof view.body !== 'object' || view.body === null)
    return broken('pages/wrong-type', `the answer is ${kindOf(view.body)}, so it cannot name a next page`)
  const flagged = typeof options.end === 'object' ? flagSays(options.end, view.body) : null
  if (flagged !== null) return flagged
  const value = compilePath(options.path)(view.body)
  const said = markSays(typeof options.end === 'object' ? null : options.end, value, `\`${options.path}\``)
  if ('kind' in said) return said
  if (typeof said.more === 'number') return broken('pages/wrong-type', `\`${options.path}\` should be a URL and is a number`)
  const found = resolve(said.more, view)
  return 'kind' in found ? found : page({ url: found.url })
}
