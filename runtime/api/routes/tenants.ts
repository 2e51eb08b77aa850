import { Failure } from '../../errors.ts'
import { after, isText, limitOf, pageOf } from '../pages.ts'
import { object, PAGING, page, ref, SAID, text } from '../schemas.ts'
import type { Route } from '../types.ts'
import { ADMINS, EVERYBODY } from './parts.ts'

const TENANT = { type: 'string', pattern: '^[a-z][a-z0-9-]{0,62}$', description: 'a tenant' } as const

/** The installation makes tenants; a tenant sees itself and no other. */
export const tenants: readonly Route[] = [
  {
    id: 'listTenants',
    method: 'GET',
    path: '/v1/tenants',
    area: 'tenants',
    summary: 'All tenants of this installation',
    roles: ADMINS,
    realm: 'installation',
    reach: 'whole',
    query: PAGING,
    answers: { 200: page(ref('Tenant')) },
    codes: ['api/cursor'],
    act: async (ask) => {
      const limit = limitOf(ask)
      const rows = ask.house.control.tenants(after(ask, 'tenants', isText) ?? '', limit + 1)
      return pageOf(
        'tenants',
        rows,
        limit,
        (row) => row.tenant,
        (row) => row,
      )
    },
  },
  {
    id: 'createTenant',
    method: 'POST',
    path: '/v1/tenants',
    area: 'tenants',
    summary: 'Make a tenant: a store of its own. Its first admin token comes with it, shown this once',
    roles: ADMINS,
    realm: 'installation',
    reach: 'whole',
    body: object({
      tenant: TENANT,
      title: text('for people', { ...SAID, maxLength: 200 }),
      admin: text('who administers it', { ...SAID, maxLength: 200 }),
    }),
    answers: { 201: object({ tenant: ref('Tenant'), admin: ref('NewToken') }) },
    codes: ['control/tenant-exists', 'control/tenant-name'],
    act: async ({ house, who, body, at, act }) => {
      const { tenant, title, admin } = body as { readonly tenant: string; readonly title: string; readonly admin: string }
      const made = { tenant, title, made_at: at, made_by: who.by }
      house.control.makeTenant(made)
      try {
        const room = await house.room(tenant)
        await room.store.enter({ ...act('a new tenant'), what: 'tenant made', about: tenant, detail: { title, admin } })
      } catch (error) {
        // Nobody has come in yet: a tenant without the entry of its making must not be.
        house.control.unmakeTenant(tenant)
        throw error
      }
      const { token, text } = house.control.makeToken({
        tenant,
        name: 'first admin',
        person: admin,
        roles: ['admin'],
        connections: null,
        made_at: at,
        made_by: who.by,
        expires_at: new Date(Date.parse(at) + 7 * 86_400_000).toISOString(),
      })
      return { status: 201, body: { tenant: made, admin: { token, text } }, headers: { location: '/v1/tenants' } }
    },
  },
  {
    id: 'getTenant',
    method: 'GET',
    path: '/v1/tenant',
    area: 'tenants',
    summary: 'The tenant of this credential',
    roles: EVERYBODY,
    realm: 'tenant',
    reach: 'own',
    answers: { 200: ref('Tenant') },
    codes: [],
    act: async ({ house, who }) => {
      const tenant = house.control.tenant(who.tenant ?? '')
      if (tenant === null) throw new Failure('control/tenant', '', 'the tenant is gone')
      return { status: 200, body: tenant }
    },
  },
  {
    id: 'getSession',
    method: 'GET',
    path: '/v1/session',
    area: 'tenants',
    summary: 'Who we are: person, roles, and the token against forged requests of a browser session',
    roles: EVERYBODY,
    realm: 'tenant',
    reach: 'own',
    answers: { 200: ref('Session') },
    codes: [],
    act: async ({ who, csrf }) => ({
      status: 200,
      body: {
        tenant: who.tenant,
        by: who.by,
        kind: who.kind,
        token: who.token,
        roles: [...who.roles],
        connections: who.connections === null ? null : [...who.connections],
        csrf,
      },
    }),
  },
]
