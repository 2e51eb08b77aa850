/** Options that several probes share. The spec room takes requests apart before a word sees them. */
import type { KindOptions, RequestSpec } from '../../../types.ts'
import type { ProbeAsk } from '../../kind.ts'
import { requestSchema } from '../../prove/parts/request.ts'

export const LOOK = {
  ...requestSchema,
  description: "The request to look by; default: the stream's `get`.",
} as const

export const RECORD = {
  type: 'string',
  minLength: 1,
  description: 'Path of the record in the answer of `look`; default "[]", the body itself.',
} as const

export const LIST = { ...requestSchema, description: 'The request of the first page of the list.' } as const

export const PAGES = {
  type: 'object',
  properties: { kind: { type: 'string' } },
  required: ['kind'],
  description: 'How the list goes on and how it ends, as in a stream.',
} as const

export const RECORDS = { type: 'string', minLength: 1, description: 'Path of the records; "[]" is the body itself.' } as const

export const EMPTY = {
  enum: ['absent', 'null', 'null_or_absent'],
  description: 'What stands for "no records" besides an empty list.',
} as const

export const MATCH = {
  type: 'string',
  pattern: '^\\s*=',
  description: 'CEL over `record` (one of the list), `id`, `input`, `before`, `settings`: is it the one?',
} as const

const RUNG = 'Rung of the session ladder that it reaches, with a facet of sessions or tokens'

/** `usual`: what the rung is where the author says nothing; null: none. */
export function rungSchema(usual: number | null) {
  return {
    type: 'integer',
    minimum: 1,
    maximum: 5,
    description: usual === null ? `${RUNG}.` : `${RUNG}; default ${usual}.`,
  } as const
}

export type ListOptions = {
  readonly list: RequestSpec
  readonly pages: KindOptions
  readonly records: string
  readonly empty?: 'absent' | 'null' | 'null_or_absent'
}

/** The list to its declared end, beside the same for a record that is alive. */
export const wholeList = (options: ListOptions): Extract<ProbeAsk, { ask: 'list' }> => ({
  ask: 'list',
  request: options.list,
  pages: options.pages,
  records: options.records,
  empty: options.empty ?? null,
  control: true,
})

export type Look = { readonly look?: RequestSpec }
/** Null: the facet has no ladder. */
export type Rung = { readonly rung?: number | null }
