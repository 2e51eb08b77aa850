import { readOfficial } from '../official.ts'
import type { Endpoint, Vendor } from '../twin.ts'
import { oktaPages } from './pages.ts'

const DOMAIN = 'acme.okta.com'
export const SETTINGS = { domain: DOMAIN, sign_in: 'api_token' }

const STATUSES = ['ACTIVE', 'STAGED', 'SUSPENDED', 'DEPROVISIONED', 'LOCKED_OUT']
const users = STATUSES.map((status, index) => ({
  id: `00u${index}`,
  status,
  profile: { login: `u${index}@acme.example`, displayName: null },
}))
const members: { readonly [group: string]: readonly string[] } = {
  '00g0': ['00u0', '00u1', '00u2'],
  '00g1': [],
  '00g2': ['00u0'],
}
const groups = Object.entries(members).map(([id, of]) => ({
  id,
  profile: { name: id },
  _embedded: { stats: { usersCount: of.length } },
}))
// `name` stands in the description's kinds of application, not in what they share; every recorded application has it.
const apps = ['0oa0', '0oa1', '0oa2'].map((id) => ({ id, label: id, name: 'template_swa' }))
const roles = ['cr0', 'cr1', 'cr2'].map((id) => ({ id, label: id }))
const tokens = ['00T0', '00T1'].map((id) => ({ id, userId: '00u0' }))
const user = (id: string | undefined) => users.find((one) => one.id === id) ?? null
const api = (path: string) => ({ host: DOMAIN, path: `/api/v1${path}` })

const endpoints: readonly Endpoint[] = [
  { ...api('/users/me'), one: () => users[0] ?? null },
  {
    ...api('/users'),
    at: '',
    list: (_, query) =>
      query.has('filter') || query.has('search') ? users : users.filter((one) => one.status !== 'DEPROVISIONED'),
  },
  { ...api('/users/{user}'), one: ({ user: id }) => user(id) },
  {
    ...api('/users/{user}/roles'),
    at: '',
    list: ({ user: id }) => [
      { id: `ra-${id}`, type: 'SUPER_ADMIN', role: undefined },
      { id: `rb-${id}`, type: 'CUSTOM', role: 'cr0' },
    ],
  },
  { ...api('/groups'), at: '', list: () => groups },
  { ...api('/groups/{group}'), one: ({ group }) => groups.find((one) => one.id === group) ?? null },
  { ...api('/groups/{group}/users'), at: '', list: ({ group }) => (members[group as string] ?? []).map((id) => user(id) ?? {}) },
  { ...api('/groups/{group}/owners'), at: '', list: () => users.slice(0, 3).map(({ id }) => ({ id, type: 'USER' })) },
  { ...api('/iam/roles'), at: 'roles', list: () => roles },
  { ...api('/iam/roles/{role}'), one: ({ role }) => roles.find((one) => one.id === role) ?? null },
  { ...api('/iam/assignees/users'), at: 'value', list: () => users.slice(0, 3).map(({ id }) => ({ id })) },
  { ...api('/apps'), at: '', list: () => apps },
  { ...api('/apps/{app}'), one: ({ app }) => apps.find((one) => one.id === app) ?? null },
  { ...api('/apps/{app}/users'), at: '', list: () => users.slice(0, 3).map(({ id }) => ({ id, scope: 'USER' })) },
  { ...api('/api-tokens'), at: '', list: () => tokens },
  { ...api('/api-tokens/{token}'), one: ({ token }) => tokens.find((one) => one.id === token) ?? null },
  {
    host: DOMAIN,
    path: '/oauth2/v1/token',
    method: 'POST',
    answer: () => ({ body: { access_token: 'a-token', token_type: 'Bearer', expires_in: 3600, scope: 'okta.users.read' } }),
  },
]

export async function okta(): Promise<Vendor> {
  const [management, oauth] = await Promise.all([readOfficial('okta.json', ''), readOfficial('okta-oauth.json', '')])
  const both = {
    objection: (asked: Parameters<typeof management.objection>[0]) =>
      (asked.path.startsWith('/oauth2/') ? oauth : management).objection(asked),
    sample: management.sample,
  }
  return { hosts: { [DOMAIN]: both }, endpoints, page: oktaPages, elsewhere: {} }
}
