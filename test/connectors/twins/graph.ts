import { readOfficial } from '../official.ts'
import type { Endpoint, Vendor } from '../twin.ts'
import { graphPages } from './pages.ts'

export const SETTINGS = {
  tenant: 'a-tenant',
  client_id: 'an-app',
  graph_host: 'graph.microsoft.com',
  login_host: 'login.microsoftonline.com',
}

const users = [0, 1, 2, 3].map((n) => ({
  id: `u${n}`,
  userPrincipalName: `u${n}@acme.example`,
  accountEnabled: n !== 2,
  userType: n === 3 ? 'Guest' : 'Member',
}))
const principals = [0, 1, 2].map((n) => ({
  id: `sp${n}`,
  appId: n === 0 ? 'an-app' : `app${n}`,
  displayName: `App ${n}`,
  accountEnabled: true,
}))
const members: { readonly [group: string]: readonly string[] } = { g0: ['u0', 'u1', 'u2'], g1: [], g2: ['u3'] }
const groups = Object.keys(members).map((id) => ({
  id,
  displayName: id,
  groupTypes: [],
  mailEnabled: false,
  securityEnabled: true,
}))
const skus = ['s0', 's1'].map((skuId) => ({ id: `a-tenant_${skuId}`, skuId, skuPartNumber: skuId }))
const roles = ['r0', 'r1', 'r2'].map((id) => ({ id, displayName: id, templateId: id }))
const grants = [0, 1, 2].map((n) => ({ id: `ra${n}`, principalId: `u${n}`, roleDefinitionId: `r${n}`, directoryScopeId: '/' }))
const consents = [0, 1, 2].map((n) => ({ id: `c${n}`, principalId: `u${n}`, clientId: 'sp1', scope: ' User.Read openid' }))
const as = (type: string) => (id: string) => ({ '@odata.type': `#microsoft.graph.${type}`, id })
const v1 = (path: string) => ({ host: 'graph.microsoft.com', path: `/v1.0${path}` })
const byId =
  <Row extends { readonly id: string }>(rows: readonly Row[]) =>
  ({ id }: { readonly [name: string]: string }) =>
    rows.find((one) => one.id === id) ?? null

const endpoints: readonly Endpoint[] = [
  {
    host: 'login.microsoftonline.com',
    path: '/{tenant}/oauth2/v2.0/token',
    method: 'POST',
    answer: () => ({ body: { access_token: 'a-token', token_type: 'Bearer', expires_in: 3599 } }),
  },
  { ...v1('/users'), at: 'value', list: (_, query) => (query.get('$filter')?.includes('skuId') ? users.slice(0, 3) : users) },
  { ...v1('/users/{id}'), one: byId(users) },
  {
    ...v1('/servicePrincipals'),
    at: 'value',
    list: (_, query) =>
      query.has('$filter')
        ? principals
            .slice(0, 1)
            .map((one) => ({ ...one, appRoleAssignments: [{ appRoleId: '7ab1d382-f21e-4acd-a863-ba3e13f7da61' }] }))
        : principals,
  },
  { ...v1('/servicePrincipals/{id}'), one: byId(principals) },
  {
    ...v1('/servicePrincipals/{id}/appRoleAssignedTo'),
    at: 'value',
    list: ({ id }) => [0, 1, 2].map((n) => ({ id: `${id}-${n}`, principalId: `u${n}`, principalType: 'User', appRoleId: 'x' })),
  },
  { ...v1('/groups'), at: 'value', list: () => groups },
  { ...v1('/groups/{id}'), one: byId(groups) },
  { ...v1('/groups/{id}/members'), at: 'value', list: ({ id }) => members[id as string]?.map(as('user')) ?? null },
  { ...v1('/groups/{id}/owners'), at: 'value', list: () => ['u0', 'u1', 'u2'].map(as('user')) },
  { ...v1('/roleManagement/directory/roleDefinitions'), at: 'value', list: () => roles },
  { ...v1('/roleManagement/directory/roleDefinitions/{id}'), one: byId(roles) },
  { ...v1('/roleManagement/directory/roleAssignments'), at: 'value', list: () => grants },
  { ...v1('/roleManagement/directory/roleAssignments/{id}'), one: byId(grants) },
  { ...v1('/subscribedSkus'), at: 'value', list: () => skus },
  { ...v1('/oauth2PermissionGrants'), at: 'value', list: () => consents },
  { ...v1('/oauth2PermissionGrants/{id}'), one: byId(consents) },
]

export async function graph(): Promise<Vendor> {
  return {
    hosts: {
      // $skiptoken is Graph's own cursor inside @odata.nextLink (https://learn.microsoft.com/graph/paging): no caller writes it, and the
      // description has no word for it.
      'graph.microsoft.com': await readOfficial('msgraph.json', '/v1.0', ['$skiptoken']),
      // Not in the description; its form is RFC 6749 §4.4 and looked at in the test.
      'login.microsoftonline.com': null,
    },
    endpoints,
    page: graphPages,
    elsewhere: {},
  }
}
