import type { FromSchema } from 'json-schema-to-ts'
import type { ProveKind } from '../kind.ts'
import { assessFrame } from './by-id.ts'

const schema = {
  type: 'object',
  properties: {
    kind: { const: 'two_path' },
    stream: { type: 'string', minLength: 1, description: 'Another stream, listed independently of this one.' },
    field: { type: 'string', minLength: 1, description: 'Its field that names ids of this stream.' },
    sample: {
      type: 'integer',
      minimum: 1,
      maximum: 10_000,
      description: 'At most so many absent ids are asked for.',
      default: 100,
    },
  },
  required: ['kind', 'stream', 'field'],
  additionalProperties: false,
} as const

const SAID = { check: 'two_path', item: 12, class: 'D' } as const

/** Item 12: whom another list of the target names must be in this one; what is not, and is alive by id, is missing here. */
export const twoPath: ProveKind<FromSchema<typeof schema>> = {
  kind: 'two_path',
  description: 'Nobody whom another, independent list names is missing from this one.',
  schema,
  example: { kind: 'two_path', stream: 'memberships', field: 'account' },
  item: 12,
  class: 'D',
  can_confirm: true,
  asks: (options) => [{ ask: 'by_id', of: { stream: options.stream, field: options.field }, sample: options.sample ?? 100 }],
  assess: (options, view, answers) => [
    assessFrame(
      { ...SAID, frame: options.stream, of: options.stream },
      view.facts,
      answers.find((one) => one.ask === 'by_id'),
    ),
  ],
}
