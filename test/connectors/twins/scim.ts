import { readOfficial } from '../official.ts'
import type { Endpoint, Vendor } from '../twin.ts'
import { scimPages } from './pages.ts'

const meta = (resourceType: string) => ({ resourceType, created: '2026-11-20T10:00:00Z', lastModified: '2026-11-20T10:00:00Z' })
const users = [0, 1, 2, 3, 4].map((n) => ({
  id: `u${n}`,
  // What RFC 7643 §8.3 shows of a user and PagerDuty's description does not have.
  externalId: `hr-${n}`,
  name: { givenName: 'Ada', familyName: `Lovelace ${n}` },
  title: 'Engineer',
  userType: 'Employee',
  'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User': {
    employeeNumber: `E${n}`,
    department: 'R&D',
    manager: { value: 'u0' },
  },
  meta: meta('User'),
  userName: `u${n}@acme.example`,
  active: n !== 4,
  emails: [{ value: `home${n}@acme.example` }, { value: `u${n}@acme.example`, primary: true }],
}))
const members: { readonly [group: string]: readonly string[] } = { g0: ['u0', 'u1', 'u2'], g1: [], g2: ['u3', 'u4'], g3: ['u0'] }
const groups = Object.entries(members).map(([id, of]) => ({
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'],
  id,
  displayName: id,
  // An unassigned attribute may be left out (RFC 7643 §2.5).
  ...(of.length === 0 ? {} : { members: of.map((value) => ({ value, type: 'User' })) }),
  externalId: `dir-${id}`,
  meta: meta('Group'),
}))
const at = (path: string) => ({ host: 'api.pagerduty.com', path: `/scim/v2${path}` })

const endpoints: readonly Endpoint[] = [
  { ...at('/Users'), at: 'Resources', list: () => users },
  { ...at('/Users/{user}'), one: ({ user }) => users.find((one) => one.id === user) ?? null },
  { ...at('/Groups'), at: 'Resources', list: () => groups },
  { ...at('/Groups/{group}'), one: ({ group }) => groups.find((one) => one.id === group) ?? null },
]

/** PagerDuty describes its SCIM users; it has no groups, whose requests the RFC judges in the test. */
export async function scim(): Promise<Vendor> {
  return {
    hosts: { 'api.pagerduty.com': await readOfficial('pagerduty-scim.json', '/scim/v2') },
    endpoints,
    page: scimPages,
    elsewhere: { 'GET /scim/v2/Groups': 'RFC 7644 §3.4.2', 'GET /scim/v2/Groups/{group}': 'RFC 7644 §3.4.1' },
  }
}
