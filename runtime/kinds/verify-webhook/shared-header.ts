import type { FromSchema } from 'json-schema-to-ts'
import { HEADER_NAME } from '../header-name.ts'
import type { VerifyWebhookKind } from '../kind.ts'
import { DAY_S, refused, sameText } from './parts/compare.ts'

const schema = {
  type: 'object',
  properties: {
    kind: { const: 'shared_header' },
    header: {
      type: 'string',
      pattern: HEADER_NAME,
      description: 'Header that holds the shared secret.',
      examples: ['authorization'],
    },
    secret: { type: 'string', minLength: 1, description: 'What stands in it: "{webhook_secret}", "Bearer {webhook_secret}".' },
  },
  required: ['kind', 'header', 'secret'],
  additionalProperties: false,
} as const

/** Shows that the sender knows the secret; of the body it shows nothing, and none of it is taken for state. */
export const shared_header: VerifyWebhookKind<FromSchema<typeof schema>> = {
  kind: 'shared_header',
  description: 'A header holds a secret that only the target was given.',
  schema,
  example: { kind: 'shared_header', header: 'authorization', secret: '{webhook_secret}' },
  signs: false,
  remembered_s: () => DAY_S,
  verify(options, { headers, secret }) {
    if (secret === '') return refused('inbound/secret', 'the secret is empty')
    const given = headers[options.header.toLowerCase()]
    if (given === undefined) return refused('inbound/unsigned', 'no secret')
    return sameText(given, secret) ? { ok: true, id: null } : refused('inbound/forged', 'another secret')
  },
}
