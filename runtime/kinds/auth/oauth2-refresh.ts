import { hash } from 'node:crypto'
import type { FromSchema } from 'json-schema-to-ts'
import type { AuthKind, AuthView } from '../kind.ts'
import { readToken } from './token/answer.ts'
import { CLIENT, clientProof } from './token/client.ts'
import { formAsk, PARAMS, rendered } from './token/form.ts'
import { BEARER, INTO, place } from './token/place.ts'
import { valueAt } from './token/value-at.ts'

const schema = {
  type: 'object',
  properties: {
    kind: { const: 'oauth2_refresh' },
    token_url: { type: 'string', minLength: 1, description: 'A template over the settings.' },
    ...CLIENT,
    refresh_token: { type: 'string', minLength: 1, description: 'The first refresh token: a template over a secret setting.' },
    rotates: {
      type: 'boolean',
      default: false,
      description: 'Each refresh token can be used once; a lost answer is not asked for again.',
    },
    scope: { type: 'string', minLength: 1, description: 'Scopes, separated by blanks.' },
    params: PARAMS,
    token: { type: 'string', minLength: 1, default: 'access_token', description: 'Path of the token in the answer.' },
    expires_in: { type: 'string', minLength: 1, default: 'expires_in', description: 'Path of its life in seconds.' },
    into: INTO,
  },
  required: ['kind', 'token_url', 'client_id', 'refresh_token'],
  additionalProperties: false,
} as const

type Options = FromSchema<typeof schema>

/** Trades a refresh token for an access token (RFC 6749 §6). A new refresh token in the answer is kept, whatever `rotates` says. */
export const oauth2Refresh: AuthKind<Options> = {
  kind: 'oauth2_refresh',
  description: 'Trades a refresh token for access tokens; a rotated refresh token is stored before the access token is used.',
  schema,
  example: {
    kind: 'oauth2_refresh',
    token_url: 'https://acme.example/oauth/token',
    client_id: '{client_id}',
    client_secret: '{client_secret}',
    refresh_token: '{refresh_token}',
    rotates: true,
  },
  async ask(options, view) {
    const proof = await clientProof(options, view)
    const params = {
      grant_type: 'refresh_token',
      refresh_token: newest(options, view),
      ...proof.params,
      scope: rendered(view, options.scope),
    }
    const repeatable = options.rotates !== true
    return formAsk(view, { token_url: options.token_url, headers: proof.headers, params, extra: options.params, repeatable })
  },
  accept(options, view, answer) {
    const used = newest(options, view)
    const got = readToken(options, view, answer, [used, rendered(view, options.client_secret) ?? ''])
    if ('failed' in got) return got
    const fresh = valueAt(answer.body, 'refresh_token')
    return typeof fresh === 'string' && fresh !== '' && fresh !== used ? { ...got, keep: { [slot(options, view)]: fresh } } : got
  },
  apply: (options, view, token) => place(options.into ?? BEARER, view, token),
  line: (options, view) => slot(options, view),
}

const newest = (options: Options, view: AuthView): string => view.kept[slot(options, view)] ?? view.render(options.refresh_token)

/** Named by the first token's hash: an operator who signs in anew starts a new line and is not held to a dead one. */
const slot = (options: Options, view: AuthView): string =>
  `refresh_token:${hash('sha256', view.render(options.refresh_token), 'hex').slice(0, 16)}`
