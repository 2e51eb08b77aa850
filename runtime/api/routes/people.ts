import { newId } from '../../control/token.ts'
import type { IdentityProvider, Role } from '../../control/types.ts'
import { Failure } from '../../errors.ts'
import { after, isText, limitOf, pageOf } from '../pages.ts'
import { id12, list, object, PAGING, page, ref, roles, SAID, text } from '../schemas.ts'
import type { House, Route } from '../types.ts'
import { ADMINS } from './parts.ts'

/** Who may log in with which roles, and where they log in. */
export const people: readonly Route[] = [
  {
    id: 'listRoles',
    method: 'GET',
    path: '/v1/roles',
    area: 'tokens and roles',
    summary: 'Which people have which roles',
    roles: ADMINS,
    realm: 'tenant',
    reach: 'whole',
    query: PAGING,
    answers: { 200: page(ref('Binding')) },
    codes: ['api/cursor'],
    act: async (ask) => {
      const limit = limitOf(ask)
      const rows = ask.house.control.bindings(ask.room.tenant, after(ask, 'roles', isText) ?? '', limit + 1)
      return pageOf(
        'roles',
        rows,
        limit,
        (row) => row.binding,
        (row) => row,
      )
    },
  },
  {
    id: 'giveRoles',
    method: 'POST',
    path: '/v1/roles',
    area: 'tokens and roles',
    summary: 'Give a person these roles and no others, from the next request on',
    roles: ADMINS,
    realm: 'tenant',
    reach: 'whole',
    body: object({
      who: text('verified address, or `sub`, as the identity provider tells it', { ...SAID, maxLength: 200 }),
      roles,
    }),
    answers: { 200: ref('Binding') },
    codes: [],
    act: async ({ house, room, who: asker, body, at, act }) => {
      const { who, roles } = body as { readonly who: string; readonly roles: readonly Role[] }
      const name = who.includes('@') ? who.toLowerCase() : who
      await room.store.enter({
        ...act('roles of a person'),
        what: 'roles given',
        about: 'roles',
        detail: { person: name, roles },
      })
      return { status: 200, body: house.control.bind({ tenant: room.tenant, who: name, roles, made_at: at, made_by: asker.by }) }
    },
  },
  {
    id: 'takeRoles',
    method: 'DELETE',
    path: '/v1/roles/{binding}',
    area: 'tokens and roles',
    summary: 'Take all roles away, from the next request on',
    roles: ADMINS,
    realm: 'tenant',
    reach: 'whole',
    params: { binding: id12 },
    answers: { 204: null },
    codes: ['api/not-found'],
    act: async ({ house, room, params, act }) => {
      const found = house.control.binding(room.tenant, params['binding'] ?? '')
      if (found === null) throw new Failure('api/not-found', 'binding', 'there is no such binding')
      const detail = { person: found.who, roles: found.roles }
      await room.store.enter({ ...act('roles of a person'), what: 'roles taken', about: 'roles', detail })
      house.control.unbind(room.tenant, found.binding)
      return { status: 204 }
    },
  },
  {
    id: 'listIdentityProviders',
    method: 'GET',
    path: '/v1/identity-providers',
    area: 'tokens and roles',
    summary: 'Where people of this tenant log in',
    roles: ADMINS,
    realm: 'tenant',
    reach: 'whole',
    answers: { 200: list(ref('IdentityProvider')) },
    codes: [],
    act: async ({ house, room }) => ({ status: 200, body: house.control.idps(room.tenant).map((idp) => shown(house, idp)) }),
  },
  {
    id: 'addIdentityProvider',
    method: 'POST',
    path: '/v1/identity-providers',
    area: 'tokens and roles',
    summary: 'Let people of an OpenID provider log in: with the roles that are given to them, and no others',
    roles: ADMINS,
    realm: 'tenant',
    reach: 'whole',
    body: object({
      issuer: { type: 'string', pattern: '^https?://[^\\s?#]{1,400}$', description: 'as its discovery document says it' },
      client_id: text('', { minLength: 1, maxLength: 400 }),
      'client_secret?': {
        type: 'string',
        pattern: '^env:ROLLCALL_OIDC_[A-Z0-9_]{1,60}$',
        description: 'a variable of the server, `env:ROLLCALL_OIDC_…`; without one it is a public client',
      },
    }),
    answers: { 201: ref('IdentityProvider') },
    codes: ['api/settings'],
    act: async ({ house, room, body, act }) => {
      const given = body as { readonly issuer: string; readonly client_id: string; readonly client_secret?: string }
      if (!given.issuer.startsWith('https:') && !house.allow_private)
        throw new Failure('api/settings', 'issuer', 'an issuer is asked over https')
      const { issuer, client_id, client_secret = null } = given
      const idp = { idp: newId(), tenant: room.tenant, issuer, client_id, client_secret }
      await room.store.enter({ ...act('login'), what: 'identity provider added', about: 'logins', detail: { issuer, client_id } })
      house.control.putIdp(idp)
      return { status: 201, body: shown(house, idp), headers: { location: '/v1/identity-providers' } }
    },
  },
  {
    id: 'removeIdentityProvider',
    method: 'DELETE',
    path: '/v1/identity-providers/{idp}',
    area: 'tokens and roles',
    summary: 'Nobody logs in there any more, and who has is logged out',
    roles: ADMINS,
    realm: 'tenant',
    reach: 'whole',
    params: { idp: id12 },
    answers: { 204: null },
    codes: ['api/not-found'],
    act: async ({ house, room, params, act }) => {
      const idp = params['idp'] ?? ''
      if (house.control.idp(idp)?.tenant !== room.tenant)
        throw new Failure('api/not-found', 'idp', 'there is no such identity provider')
      await room.store.enter({ ...act('login'), what: 'identity provider removed', about: 'logins', detail: { idp } })
      house.control.removeIdp(room.tenant, idp)
      return { status: 204 }
    },
  },
]

const shown = (house: House, idp: IdentityProvider): object => ({ ...idp, login: `${house.public_url}/login/${idp.idp}` })
