import { readOfficial } from '../official.ts'
import type { Endpoint, Vendor } from '../twin.ts'
import { googlePages } from './pages.ts'

export const SETTINGS = {
  client_email: 'rollcall@project.iam.gserviceaccount.com',
  admin_email: 'u0@acme.example',
  customer_id: 'C03az79cb',
  license_products: ['Google-Apps', '101031'],
}

const users = [0, 1, 2, 3, 4].map((n) => ({
  id: `10${n}`,
  primaryEmail: `u${n}@acme.example`,
  suspended: n === 3,
  archived: n === 4,
  isGuestUser: false,
  isAdmin: n === 0,
  name: { fullName: `User ${n}` },
  organizations: [{ title: 'Engineer', department: 'R&D', primary: true }],
  externalIds: [{ type: 'organization', value: `E${n}` }],
  relations: [{ type: 'manager', value: 'u0@acme.example' }],
}))
const groups = [0, 1, 2].map((n) => ({
  id: `g${n}`,
  email: `g${n}@acme.example`,
  name: `Group ${n}`,
  directMembersCount: String(n === 1 ? 0 : 3),
}))
const roles = [0, 1, 2].map((n) => ({ roleId: `90${n}`, roleName: `role-${n}` }))
const grants = [0, 1, 2].map((n) => ({
  roleAssignmentId: `80${n}`,
  roleId: `90${n}`,
  assignedTo: `10${n}`,
  assigneeType: 'user',
}))
const directory = (path: string) => ({ host: 'admin.googleapis.com', path: `/admin/directory/v1${path}` })
const user = (key: string | undefined) => users.find((one) => one.id === key || one.primaryEmail === key) ?? null

const endpoints: readonly Endpoint[] = [
  {
    host: 'oauth2.googleapis.com',
    path: '/token',
    method: 'POST',
    answer: () => ({ body: { access_token: 'a-token', token_type: 'Bearer', expires_in: 3599 } }),
  },
  { ...directory('/customers/my_customer'), one: () => ({ id: 'C03az79cb' }) },
  {
    ...directory('/users'),
    at: 'users',
    list: (_, query) => {
      if (query.get('showDeleted') === 'true') return [5, 6, 7].map((n) => ({ id: `10${n}`, primaryEmail: `u${n}@acme.example` }))
      return query.get('sortOrder') === 'DESCENDING' ? users.toReversed() : users
    },
  },
  { ...directory('/users/{user}'), one: ({ user: key }) => user(key) },
  {
    ...directory('/users/{user}/tokens'),
    at: 'items',
    list: ({ user: key }) => (key === '100' ? ['c0', 'c1'].map((clientId) => ({ clientId, userKey: key })) : []),
  },
  {
    ...directory('/users/{user}/asps'),
    at: 'items',
    list: ({ user: key }) =>
      key === '100'
        ? [1, 2].map((codeId) => ({
            codeId,
            userKey: key,
            creationTime: '1700000000',
            lastTimeUsed: codeId === 1 ? '0' : '1700000000',
          }))
        : [],
  },
  {
    ...directory('/groups'),
    at: 'groups',
    list: (_, query) => (query.get('sortOrder') === 'DESCENDING' ? groups.toReversed() : groups),
  },
  { ...directory('/groups/{group}'), one: ({ group }) => groups.find((one) => one.id === group) ?? null },
  {
    ...directory('/groups/{group}/members'),
    at: 'members',
    list: ({ group }) =>
      group === 'g1'
        ? []
        : users.slice(0, 3).map(({ id, primaryEmail }) => ({ id, email: primaryEmail, role: 'MEMBER', type: 'USER' })),
  },
  { ...directory('/customer/my_customer/roles'), at: 'items', list: () => roles },
  { ...directory('/customer/my_customer/roles/{role}'), one: ({ role }) => roles.find((one) => one.roleId === role) ?? null },
  { ...directory('/customer/my_customer/roleassignments'), at: 'items', list: () => grants },
  {
    ...directory('/customer/my_customer/roleassignments/{grant}'),
    one: ({ grant }) => grants.find((one) => one.roleAssignmentId === grant) ?? null,
  },
  {
    host: 'licensing.googleapis.com',
    path: '/apps/licensing/v1/product/{product}/users',
    at: 'items',
    list: ({ product }) =>
      users.slice(0, 3).map(({ primaryEmail }) => ({ userId: primaryEmail, productId: product, skuId: '1010020020' })),
  },
]

export async function google(): Promise<Vendor> {
  const [admin, licensing] = await Promise.all([
    readOfficial('google-directory.json', ''),
    readOfficial('google-licensing.json', ''),
  ])
  return {
    // The token endpoint has no description; its form is RFC 7523 §2.1 and looked at in the test.
    hosts: { 'admin.googleapis.com': admin, 'licensing.googleapis.com': licensing, 'oauth2.googleapis.com': null },
    endpoints,
    page: googlePages,
    elsewhere: {},
  }
}
