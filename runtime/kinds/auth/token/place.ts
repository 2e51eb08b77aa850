import { Failure } from '../../../errors.ts'
import type { AuthView, RequestPatch, Token } from '../../kind.ts'

/** Schema of `into`, shared by the words that fetch a token. */
export const INTO = {
  type: 'object',
  description: 'Where the token goes, where that is not `Authorization: Bearer`.',
  properties: {
    header: { type: 'string', pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$" },
    value: { type: 'string', pattern: '\\{token\\}', description: '`{token}` is the fetched token; the rest is a template.' },
  },
  required: ['header', 'value'],
  additionalProperties: false,
} as const

export type Into = { readonly header: string; readonly value: string }

export const BEARER: Into = { header: 'authorization', value: 'Bearer {token}' }

/** The token in its header. The token itself is never read as a template. */
export function place(into: Into, view: AuthView, token: Token | null): RequestPatch {
  if (token === null) return {}
  const value = into.value
    .split('{token}')
    .map((text) => (text === '' ? '' : view.render(text)))
    .join(token.value)
  return inHeader(into.header, value)
}

/** Refuses what would make another header than meant. Usually it is the line break at the end of a secret's file. */
export function inHeader(name: string, value: string): RequestPatch {
  if (/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) return { headers: { [name.toLowerCase()]: value } }
  throw new Failure(
    'auth/header',
    'auth',
    `the credential for header \`${name}\` holds a line break or another character that no header can carry`,
  )
}
