import type { FromSchema } from 'json-schema-to-ts'
import type { PageKind } from '../kind.ts'
import { end } from './parts/next.ts'

const schema = {
  type: 'object',
  properties: { kind: { const: 'none' } },
  required: ['kind'],
  additionalProperties: false,
} as const

/** The list is one answer. Nothing in it says that it is whole: a total or a second pass must. */
export const none: PageKind<FromSchema<typeof schema>> = {
  kind: 'none',
  description: 'The whole list comes in one answer.',
  schema,
  example: { kind: 'none' },
  by_offset: false,
  first: () => ({}),
  ask: () => ({}),
  next: () => end('one answer'),
  overlap: () => 0,
}
