import type { FromSchema } from 'json-schema-to-ts'
import type { PageKind } from '../kind.ts'
import { end, page } from './parts/next.ts'
import { nextLink } from './parts/next-link.ts'

const schema = {
  type: 'object',
  properties: {
    kind: { const: 'link' },
    rel: { type: 'string', minLength: 1, default: 'next', description: 'The relation type of the next page.' },
    end: { const: 'no_next', description: 'The list is over when no link has the relation.' },
  },
  required: ['kind', 'end'],
  additionalProperties: false,
} as const

/** Follows the `Link` header (RFC 8288 §3). A relative target resolves against the URL that answered. */
export const link: PageKind<FromSchema<typeof schema>> = {
  kind: 'link',
  description: 'Follows the Link header to the next page (RFC 8288).',
  schema,
  example: { kind: 'link', rel: 'next', end: 'no_next' },
  by_offset: false,
  first: () => ({}),
  ask: (_options, state) => (typeof state['url'] === 'string' ? { url: state['url'] } : {}),
  next: (options, _state, view) => {
    const rel = options.rel ?? 'next'
    const found = nextLink(view, rel)
    if ('kind' in found) return found
    return found.url === null ? end(`no link with rel=${rel}`) : page({ url: found.url })
  },
  overlap: () => 0,
}
