import type { Role } from '../../control/types.ts'
import { Failure } from '../../errors.ts'
import { after, isText, limitOf, pageOf } from '../pages.ts'
import { id12, list, name, object, PAGING, page, ref, roles, SAID, text, time } from '../schemas.ts'
import type { Route } from '../types.ts'
import { ADMINS } from './parts.ts'

const YEAR_MS = 366 * 86_400_000
const PERSON = { ...SAID, maxLength: 200 } as const

export const tokens: readonly Route[] = [
  {
    id: 'listTokens',
    method: 'GET',
    path: '/v1/tokens',
    area: 'tokens and roles',
    summary: 'API tokens of this tenant: never the tokens themselves',
    roles: ADMINS,
    realm: 'tenant',
    reach: 'whole',
    query: PAGING,
    answers: { 200: page(ref('Token')) },
    codes: ['api/cursor'],
    act: async (ask) => {
      const limit = limitOf(ask)
      const rows = ask.house.control.tokens(ask.room.tenant, after(ask, 'tokens', isText) ?? '', limit + 1)
      return pageOf(
        'tokens',
        rows,
        limit,
        (row) => row.token,
        (row) => row,
      )
    },
  },
  {
    id: 'createToken',
    method: 'POST',
    path: '/v1/tokens',
    area: 'tokens and roles',
    summary: 'Make an API token. Its text is in this answer and nowhere else',
    roles: ADMINS,
    realm: 'tenant',
    reach: 'whole',
    body: object({
      name: text('what it is for', PERSON),
      person: text('in whose name it acts', PERSON),
      roles,
      'connections?': list(name('a connection'), { minItems: 1, maxItems: 1000, uniqueItems: true }),
      expires_at: { ...time, description: 'at most a year from now' },
    }),
    answers: { 201: ref('NewToken') },
    shown_once: true,
    codes: [],
    act: async ({ house, room, who, body, at, act }) => {
      const given = body as {
        readonly name: string
        readonly person: string
        readonly roles: readonly Role[]
        readonly connections?: readonly string[]
        readonly expires_at: string
      }
      const lasts_ms = Date.parse(given.expires_at) - Date.parse(at)
      if (!(lasts_ms > 0 && lasts_ms <= YEAR_MS))
        throw new Failure('api/input', 'expires_at', 'a token ends in the future, at most a year from now')
      const { name, person, roles, connections = null } = given
      const expires_at = new Date(given.expires_at).toISOString()
      // First the ledger: a token that nobody knows of must not be.
      const detail = { name, for: person, roles, connections, expires_at }
      await room.store.enter({ ...act(`token ${name}`), what: 'token made', about: 'tokens', detail })
      const tenant = room.tenant
      const made = house.control.makeToken({ tenant, name, person, roles, connections, made_at: at, made_by: who.by, expires_at })
      return { status: 201, body: made, headers: { location: `/v1/tokens/${made.token.token}` } }
    },
  },
  {
    id: 'getToken',
    method: 'GET',
    path: '/v1/tokens/{token}',
    area: 'tokens and roles',
    summary: 'One API token: whose it is, what it may, when it was used last',
    roles: ADMINS,
    realm: 'tenant',
    reach: 'whole',
    params: { token: id12 },
    answers: { 200: ref('Token') },
    codes: ['api/not-found'],
    act: async ({ house, room, params }) => ({
      status: 200,
      body: tokenOf(house.control.token(params['token'] ?? ''), room.tenant),
    }),
  },
  {
    id: 'revokeToken',
    method: 'DELETE',
    path: '/v1/tokens/{token}',
    area: 'tokens and roles',
    summary: 'Revoke an API token: the next request with it is refused',
    roles: ADMINS,
    realm: 'tenant',
    reach: 'whole',
    params: { token: id12 },
    answers: { 204: null },
    if_match: 'getToken',
    codes: ['api/not-found'],
    act: async ({ house, room, params, at, act }) => {
      const { token, name } = tokenOf(house.control.token(params['token'] ?? ''), room.tenant)
      await room.store.enter({ ...act(`token ${name}`), what: 'token revoked', about: 'tokens', detail: { token, name } })
      house.control.revoke(room.tenant, token, at)
      return { status: 204 }
    },
  },
]

/** One of another tenant is not there. Throws `api/not-found`. */
function tokenOf<T extends { readonly tenant: string | null }>(found: T | null, tenant: string): T {
  if (found === null || found.tenant !== tenant) throw new Failure('api/not-found', 'token', 'there is no such token')
  return found
}
