import type { FromSchema } from 'json-schema-to-ts'
import type { Json, Next } from '../../types.ts'
import type { PageKind, PageView } from '../kind.ts'
import { compilePath } from '../value/path.ts'
import { flagEnd, flagSays, markEnd, markSays } from './parts/end.ts'
import { broken, end, kindOf, page } from './parts/next.ts'
import { place, put } from './parts/place.ts'

const text = (description: string) => ({ type: 'string', minLength: 1, description }) as const
const schema = {
  type: 'object',
  properties: {
    kind: { const: 'cursor' },
    from: {
      description: 'Where the cursor of the next page is: a path in the answer, a header, or a path in the last record.',
      oneOf: [
        text('Path in the answer.'),
        {
          type: 'object',
          properties: { header: text('Name of the header.') },
          required: ['header'],
          additionalProperties: false,
        },
        {
          type: 'object',
          properties: { last_record: text('Path in the last record.') },
          required: ['last_record'],
          additionalProperties: false,
        },
      ],
    },
    into: place,
    end: { description: 'How the list says that it is over.', oneOf: [markEnd, flagEnd] },
  },
  required: ['kind', 'from', 'into', 'end'],
  additionalProperties: false,
} as const
type Options = FromSchema<typeof schema>

/** Sends the cursor that came with a page to get the next one: a text or a number; anything else is no cursor. */
export const cursor: PageKind<Options> = {
  kind: 'cursor',
  description: 'Sends the cursor that came with a page to get the next one.',
  schema,
  example: { kind: 'cursor', from: 'meta.next', into: { query: 'after' }, end: 'null' },
  by_offset: false,
  first: () => ({}),
  ask: (options, state) => (state['cursor'] === undefined ? {} : put(options.into, state['cursor'] as Json)),
  next,
  overlap: () => 0,
}

function next(options: Options, _state: unknown, view: PageView): Next {
  const flagged = typeof options.end === 'object' ? flagSays(options.end, view.body) : null
  if (flagged !== null) return flagged
  const mark = typeof options.end === 'object' ? null : options.end
  if (typeof options.from === 'object' && 'last_record' in options.from) return fromRecord(options.from.last_record, mark, view)
  if (typeof options.from === 'object')
    return go(markSays(mark, view.headers[options.from.header.toLowerCase()], `header ${options.from.header}`))
  // In an answer of another shape everything is absent: that is no end mark.
  if (typeof view.body !== 'object' || view.body === null)
    return broken('pages/wrong-type', `the answer is ${kindOf(view.body)}, so it cannot hold a cursor`)
  return go(markSays(mark, compilePath(options.from)(view.body), `\`${options.from}\``))
}

function fromRecord(path: string, mark: 'null' | 'absent' | 'empty' | 'null_or_absent' | null, view: PageView): Next {
  if (view.received === 0) {
    if (mark === 'absent' || mark === 'null_or_absent') return end('no last record: the page is empty')
    return broken('pages/hole', 'the page is empty, so no last record names the next one, and the declared end was not seen')
  }
  // A last record without the value is a wrong path or a wrong record, never the end of the list.
  const said = markSays(null, compilePath(path)(view.last), `\`${path}\` of the last record`)
  if (!('kind' in said)) return go(said)
  return broken('pages/wrong-type', `\`${path}\` of the last record is ${kindOf(compilePath(path)(view.last))}, and no cursor`)
}

function go(said: { readonly more: string | number } | Next): Next {
  return 'kind' in said ? said : page({ cursor: said.more })
}
