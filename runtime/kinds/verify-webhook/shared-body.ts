import type { FromSchema } from 'json-schema-to-ts'
import type { VerifyWebhookKind } from '../kind.ts'
import { type PathStep, parsePath } from '../value/path.ts'
import { DAY_S, refused, sameText } from './parts/compare.ts'

const schema = {
  type: 'object',
  properties: {
    kind: { const: 'shared_body' },
    path: {
      type: 'string',
      minLength: 1,
      description: 'Path of the secret in the body; with `[*]` every item must hold it.',
      examples: ['value[*].clientState'],
    },
    secret: { type: 'string', minLength: 1, description: 'What stands there: "{webhook_secret}".' },
  },
  required: ['kind', 'path', 'secret'],
  additionalProperties: false,
} as const

/** Shows that the sender knows the secret; of the rest of the body it shows nothing, and none of it is taken for state. */
export const shared_body: VerifyWebhookKind<FromSchema<typeof schema>> = {
  kind: 'shared_body',
  description: 'The body holds a secret that only the target was given, in every item.',
  schema,
  example: { kind: 'shared_body', path: 'value[*].clientState', secret: '{webhook_secret}' },
  signs: false,
  remembered_s: () => DAY_S,
  verify(options, { body, secret }) {
    if (secret === '') return refused('inbound/secret', 'the secret is empty')
    const found = everyValue([body], parsePath(options.path))
    if (found.every((value) => value === undefined)) return refused('inbound/unsigned', 'no secret')
    let wrong = 0
    for (const value of found) wrong += Number(!(typeof value === 'string' && sameText(value, secret)))
    return wrong === 0 ? { ok: true, id: null } : refused('inbound/forged', 'another secret, or an item without one')
  },
}

/** As a path reads, but an item that lacks it is undefined, never left out. */
function everyValue(values: readonly unknown[], steps: readonly PathStep[]): readonly unknown[] {
  const [step, ...rest] = steps
  if (step === undefined) return values
  const next = values.flatMap((value): readonly unknown[] => {
    if ('each' in step) return Array.isArray(value) ? value : [undefined]
    if ('index' in step) return [Array.isArray(value) ? value[step.index] : undefined]
    const open = typeof value === 'object' && value !== null && !Array.isArray(value) && Object.hasOwn(value, step.key)
    return [open ? (value as { readonly [key: string]: unknown })[step.key] : undefined]
  })
  return everyValue(next, rest)
}
