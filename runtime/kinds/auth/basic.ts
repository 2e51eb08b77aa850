import type { FromSchema } from 'json-schema-to-ts'
import { Failure } from '../../errors.ts'
import type { AuthKind } from '../kind.ts'
import { neverAsked } from './token/answer.ts'

const schema = {
  type: 'object',
  properties: {
    kind: { const: 'basic' },
    username: { type: 'string', description: 'A template over the settings; may not come to hold a colon.' },
    password: { type: 'string', description: 'A template over the settings; may be empty.' },
  },
  required: ['kind', 'username', 'password'],
  additionalProperties: false,
} as const

/** `Authorization: Basic`, UTF-8 (RFC 7617). Throws `auth/username` for a user name with a colon: it would move the border. */
export const basic: AuthKind<FromSchema<typeof schema>> = {
  kind: 'basic',
  description: 'Sends user name and password as `Authorization: Basic`.',
  schema,
  example: { kind: 'basic', username: '{email}/token', password: '{token}' },
  ask: null,
  accept: neverAsked,
  apply(options, view) {
    const username = view.render(options.username)
    if (username.includes(':')) throw new Failure('auth/username', 'auth.username', 'the user name holds a colon (RFC 7617 §2)')
    const pair = Buffer.from(`${username}:${view.render(options.password)}`, 'utf8').toString('base64')
    return { headers: { authorization: `Basic ${pair}` } }
  },
}
