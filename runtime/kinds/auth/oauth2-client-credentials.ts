import type { FromSchema } from 'json-schema-to-ts'
import type { AuthKind } from '../kind.ts'
import { readToken } from './token/answer.ts'
import { CLIENT, clientProof } from './token/client.ts'
import { formAsk, PARAMS, rendered } from './token/form.ts'
import { BEARER, INTO, place } from './token/place.ts'

const schema = {
  type: 'object',
  properties: {
    kind: { const: 'oauth2_client_credentials' },
    token_url: { type: 'string', minLength: 1, description: 'A template over the settings.' },
    ...CLIENT,
    scope: { type: 'string', minLength: 1, description: 'Scopes, separated by blanks.' },
    audience: { type: 'string', minLength: 1, description: 'Sent as `audience`, as Auth0 wants it.' },
    params: PARAMS,
    token: { type: 'string', minLength: 1, default: 'access_token', description: 'Path of the token in the answer.' },
    expires_in: { type: 'string', minLength: 1, default: 'expires_in', description: 'Path of its life in seconds.' },
    into: INTO,
  },
  required: ['kind', 'token_url', 'client_id'],
  if: { not: { required: ['private_key'] } },
  // biome-ignore lint/suspicious/noThenProperty: JSON Schema
  then: { required: ['client_secret'] },
  additionalProperties: false,
} as const

/** The client asks in its own name (RFC 6749 §4.4). */
export const oauth2ClientCredentials: AuthKind<FromSchema<typeof schema>> = {
  kind: 'oauth2_client_credentials',
  description: 'Fetches an access token with client id and secret, or with a signed client assertion.',
  schema,
  example: {
    kind: 'oauth2_client_credentials',
    token_url: 'https://login.acme.example/{tenant}/oauth2/v2.0/token',
    client_id: '{client_id}',
    client_secret: '{client_secret}',
    scope: 'https://graph.acme.example/.default',
  },
  async ask(options, view) {
    const proof = await clientProof(options, view)
    const params = {
      grant_type: 'client_credentials',
      ...proof.params,
      scope: rendered(view, options.scope),
      audience: rendered(view, options.audience),
    }
    return formAsk(view, {
      token_url: options.token_url,
      headers: proof.headers,
      params,
      extra: options.params,
      repeatable: true,
    })
  },
  accept(options, view, answer) {
    const secret = rendered(view, options.client_secret)
    return readToken(options, view, answer, secret === undefined ? [] : [secret])
  },
  apply: (options, view, token) => place(options.into ?? BEARER, view, token),
}
