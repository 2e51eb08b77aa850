import { type Asked, readOfficial } from '../official.ts'
import type { Endpoint, Reply, Vendor } from '../twin.ts'
import { githubPages } from './pages.ts'

export const SETTINGS = { org: 'acme' }

const people = [101, 102, 103, 104].map((id) => ({ id, login: `person-${id}`, type: 'User' }))
const teams = [
  { id: 201, slug: 'all-hands', of: people },
  { id: 202, slug: 'empty', of: [] },
  { id: 203, slug: 'leads', of: people.slice(0, 1) },
]
const roles = [301, 302].map((id) => ({ id, name: `role-${id}` }))
const org = (path: string) => ({ host: 'api.github.com', path: `/orgs/acme${path}` })
const teamRow = ({ id, slug }: { readonly id: number; readonly slug: string }) => ({ id, slug, name: slug, parent: { id: 200 } })
const teamBy = (slug: unknown) => teams.find((one) => one.slug === slug)

const endpoints: readonly Endpoint[] = [
  { host: 'api.github.com', path: '/user', one: () => people[0] ?? null },
  {
    host: 'api.github.com',
    path: '/user/memberships/orgs/{org}',
    answer: () => ({ body: { state: 'active', role: 'admin', user: people[0] } }),
  },
  {
    ...org('/members'),
    at: '',
    list: (_, query) =>
      query.get('role') === 'admin' ? people.slice(0, 1) : query.get('role') === 'member' ? people.slice(1) : people,
  },
  {
    ...org('/outside_collaborators'),
    at: '',
    list: () => [
      { id: 111, login: 'out-1' },
      { id: 112, login: 'out-2' },
      { id: 113, login: 'out-3' },
    ],
  },
  {
    ...org('/invitations'),
    at: '',
    list: () => [
      { id: 1, login: null, email: 'new@acme.example' },
      { id: 2, login: 'new-2' },
      { id: 3, login: 'new-3' },
    ],
  },
  { ...org('/teams'), at: '', list: () => teams.map(teamRow) },
  {
    ...org('/teams/{slug}/members'),
    at: '',
    list: ({ slug }) => teamBy(slug)?.of.map((one) => ({ ...one, role: 'member', inherited: false })) ?? null,
  },
  {
    host: 'api.github.com',
    path: '/teams/{team}',
    one: ({ team }) => teams.map(teamRow).find((one) => String(one.id) === team) ?? null,
  },
  { ...org('/organization-roles'), at: 'roles', list: () => roles },
  { ...org('/organization-roles/{role}'), one: ({ role }) => roles.find((one) => String(one.id) === role) ?? null },
  {
    ...org('/organization-roles/{role}/users'),
    at: '',
    list: () => people.slice(0, 3).map((one) => ({ ...one, assignment: 'direct' })),
  },
  { ...org('/organization-roles/{role}/teams'), at: '', list: () => teams.map(teamRow) },
  {
    ...org('/credential-authorizations'),
    at: '',
    list: () => [11, 12, 13].map((credential_id) => ({ credential_id, login: 'person-101' })),
  },
  {
    ...org('/copilot/billing/seats'),
    at: 'seats',
    list: () => people.slice(0, 3).map((assignee) => ({ assignee, assigning_team: { slug: 'leads' } })),
  },
  { host: 'api.github.com', path: '/graphql', method: 'POST', answer: graphql },
]

function graphql(asked: Asked): Reply {
  const { query, variables } = JSON.parse(asked.body) as {
    readonly query: string
    readonly variables: { readonly org?: string; readonly slug?: string }
  }
  if (variables.org !== 'acme') return { body: { errors: [{ message: 'no such organisation' }] } }
  const organization = {
    ...(query.includes('membersWithRole') ? { membersWithRole: { totalCount: people.length } } : {}),
    ...(query.includes('teams(') ? { teams: { totalCount: teams.length } } : {}),
    ...(query.includes('team(') ? { team: { members: { totalCount: teamBy(variables.slug)?.of.length ?? null } } } : {}),
  }
  return { body: { data: { organization } } }
}

export async function github(): Promise<Vendor> {
  return {
    hosts: { 'api.github.com': await readOfficial('github.json', '') },
    endpoints,
    page: githubPages,
    elsewhere: {
      // Cut from the reduced description; stands in @octokit/openapi 23.0.2 generated/ghec.json, answers 200, 403, 404.
      'GET /user/memberships/orgs/{org}': '@octokit/openapi@23.0.2 generated/ghec.json',
      // REST descriptions have no GraphQL. The three queries were checked against @octokit/graphql-schema by hand (2026-11-21).
      'POST /graphql': 'https://docs.github.com/en/graphql/reference/objects#organization',
    },
  }
}
