import type { Json } from '../../types.ts'
import type { BodyKind } from '../kind.ts'
import { fill, setPaths } from './parts/fill.ts'

const schema = {
  type: 'object',
  properties: {
    kind: { const: 'json' },
    value: { type: ['object', 'array'], description: 'The body. Texts in it are templates.' },
  },
  required: ['kind', 'value'],
  additionalProperties: false,
} as const

/** A JSON body. */
export const json: BodyKind<{ readonly kind: string; readonly value: Json }> = {
  kind: 'json',
  description: 'A JSON body; texts in it are templates.',
  schema,
  example: { kind: 'json', value: { filter: { org: '{settings.org}' }, limit: 100 } },
  write: (options, render, patch) => ({
    type: 'application/json',
    text: JSON.stringify(setPaths(fill(options.value, render), patch)),
  }),
}
