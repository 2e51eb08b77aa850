import { Failure } from '../../errors.ts'
import type { Json } from '../../types.ts'
import type { BodyKind } from '../kind.ts'

const scalar = { type: ['string', 'number', 'boolean'] } as const
const schema = {
  type: 'object',
  properties: {
    kind: { const: 'form' },
    fields: {
      type: 'object',
      additionalProperties: { oneOf: [scalar, { type: 'array', items: scalar }] },
      description: 'Name and value; a list repeats the name. Texts are templates.',
    },
  },
  required: ['kind', 'fields'],
  additionalProperties: false,
} as const

/** A form body, `application/x-www-form-urlencoded` (WHATWG URL §5.2). */
export const form: BodyKind<{ readonly kind: string; readonly fields: { readonly [name: string]: Json } }> = {
  kind: 'form',
  description: 'A form body: names and values.',
  schema,
  example: { kind: 'form', fields: { token: '{token}', types: ['user', 'bot'], limit: 200 } },
  write: (options, render, patch) => {
    const text = new URLSearchParams()
    const fields = { ...options.fields, ...patch }
    for (const [name, value] of Object.entries(fields)) {
      const written = Object.hasOwn(patch, name) ? String : render
      for (const one of Array.isArray(value) ? value : [value])
        text.append(name, typeof one === 'string' ? written(one) : scalarText(one as Json, name))
    }
    return { type: 'application/x-www-form-urlencoded', text: text.toString() }
  },
}

function scalarText(value: Json, name: string): string {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  throw new Failure('body/patch', name, 'a form field is a text, a number or a boolean')
}
