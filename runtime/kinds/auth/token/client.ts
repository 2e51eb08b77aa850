import { Failure } from '../../../errors.ts'
import type { AuthView } from '../../kind.ts'
import { ALGORITHMS, type Algorithm, assertion } from './assertion.ts'

/** Options by which a client says who it is, shared by the OAuth words. */
export const CLIENT = {
  client_id: { type: 'string', minLength: 1, description: 'A template over the settings.' },
  client_secret: { type: 'string', minLength: 1, description: 'A template over a secret setting.' },
  private_key: {
    type: 'string',
    minLength: 1,
    description: 'A template over a secret setting that holds a PEM; for private_key_jwt.',
  },
  algorithm: { enum: ALGORITHMS, default: 'RS256', description: 'Of the signature.' },
  key_id: { type: 'string', minLength: 1, description: '`kid` in the header of the signed assertion.' },
  client_auth: {
    enum: ['body', 'basic', 'private_key_jwt'],
    description:
      'How the client proves itself: in the body (default), by HTTP Basic, or by a signed assertion (default with private_key).',
  },
} as const

export type ClientOptions = {
  readonly token_url: string
  readonly client_id: string
  readonly client_secret?: string
  readonly private_key?: string
  readonly algorithm?: Algorithm
  readonly key_id?: string
  readonly client_auth?: 'body' | 'basic' | 'private_key_jwt'
}

export type ClientProof = {
  readonly headers: { readonly [name: string]: string }
  readonly params: { readonly [name: string]: string }
}

/**
 * How the client authenticates at the token endpoint: RFC 6749 §2.3.1 for `basic` (id and secret are form-urlencoded *before* base64,
 * which many clients forget) and `body`, RFC 7523 §2.2 for `private_key_jwt`. Throws `auth/client` where an option is missing, `auth/key`.
 */
export async function clientProof(options: ClientOptions, view: AuthView): Promise<ClientProof> {
  const id = view.render(options.client_id)
  const way = options.client_auth ?? (options.private_key === undefined ? 'body' : 'private_key_jwt')
  if (way === 'private_key_jwt') {
    if (options.private_key === undefined) throw lacks('private_key', way)
    const signed = await assertion({
      private_key: view.render(options.private_key),
      algorithm: options.algorithm ?? 'RS256',
      key_id: options.key_id === undefined ? null : view.render(options.key_id),
      claims: { iss: id, sub: id, aud: view.render(options.token_url) },
      now_ms: view.now_ms,
    })
    const type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
    return { headers: {}, params: { client_id: id, client_assertion_type: type, client_assertion: signed } }
  }
  if (options.client_secret === undefined) {
    // A public client (RFC 6749 §2.1) names itself and proves nothing.
    if (way === 'body') return { headers: {}, params: { client_id: id } }
    throw lacks('client_secret', way)
  }
  const secret = view.render(options.client_secret)
  if (way === 'body') return { headers: {}, params: { client_id: id, client_secret: secret } }
  const pair = Buffer.from(`${formEncoded(id)}:${formEncoded(secret)}`, 'utf8').toString('base64')
  return { headers: { authorization: `Basic ${pair}` }, params: {} }
}

const formEncoded = (text: string): string => new URLSearchParams({ t: text }).toString().slice(2)

const lacks = (option: string, way: string): Failure =>
  new Failure('auth/client', `auth.${option}`, `client_auth: ${way} needs \`${option}\``)
