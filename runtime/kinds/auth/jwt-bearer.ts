import type { FromSchema } from 'json-schema-to-ts'
import type { AuthKind } from '../kind.ts'
import { readToken } from './token/answer.ts'
import { ALGORITHMS, assertion } from './token/assertion.ts'
import { formAsk, PARAMS, rendered } from './token/form.ts'
import { BEARER, INTO, place } from './token/place.ts'

const schema = {
  type: 'object',
  properties: {
    kind: { const: 'jwt_bearer' },
    token_url: { type: 'string', minLength: 1, description: 'A template over the settings.' },
    issuer: { type: 'string', minLength: 1, description: '`iss`: the service account or client.' },
    subject: { type: 'string', minLength: 1, description: '`sub`: whom to act as (Google: an administrator of the domain).' },
    audience: { type: 'string', minLength: 1, description: '`aud`; the token URL where absent.' },
    scope: {
      type: 'string',
      minLength: 1,
      description: 'Scopes, separated by blanks; a claim of the assertion, as Google wants it.',
    },
    private_key: {
      type: 'string',
      minLength: 1,
      description: 'A template over a secret setting that holds a PEM or a JSON key file.',
    },
    key_id: { type: 'string', minLength: 1, description: '`kid` of the assertion: which key signed it.' },
    algorithm: { enum: ALGORITHMS, default: 'RS256', description: 'How the assertion is signed.' },
    params: PARAMS,
    token: { type: 'string', minLength: 1, default: 'access_token', description: 'Path of the token in the answer.' },
    expires_in: { type: 'string', minLength: 1, default: 'expires_in', description: 'Path of its life in seconds.' },
    into: INTO,
  },
  required: ['kind', 'token_url', 'issuer', 'private_key'],
  additionalProperties: false,
} as const

/** A signed statement traded for an access token (RFC 7523 §2.1; Google's service accounts, developers.google.com/identity, 2026-11-20). */
export const jwtBearer: AuthKind<FromSchema<typeof schema>> = {
  kind: 'jwt_bearer',
  description:
    'Signs an assertion with a private key and trades it for an access token, for example a Google service account acting for an administrator.',
  schema,
  example: {
    kind: 'jwt_bearer',
    token_url: 'https://oauth2.googleapis.com/token',
    issuer: '{client_email}',
    subject: '{admin_email}',
    scope: 'https://www.googleapis.com/auth/admin.directory.user.readonly',
    private_key: '{private_key}',
    algorithm: 'RS256',
  },
  async ask(options, view) {
    const token_url = view.render(options.token_url)
    const subject = rendered(view, options.subject)
    const scope = rendered(view, options.scope)
    const signed = await assertion({
      private_key: view.render(options.private_key),
      algorithm: options.algorithm ?? 'RS256',
      key_id: rendered(view, options.key_id) ?? null,
      claims: {
        iss: view.render(options.issuer),
        aud: rendered(view, options.audience) ?? token_url,
        ...(subject === undefined ? {} : { sub: subject }),
        ...(scope === undefined ? {} : { scope }),
      },
      now_ms: view.now_ms,
    })
    const params = { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion: signed }
    return formAsk(view, { token_url: options.token_url, headers: {}, params, extra: options.params, repeatable: true })
  },
  accept: (options, view, answer) => readToken(options, view, answer, []),
  apply: (options, view, token) => place(options.into ?? BEARER, view, token),
}
