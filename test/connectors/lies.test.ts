/** What each connector's own evidence is for: the lie that its vendor is known to tell, and the proof that catches it. */
import { afterEach, describe, expect, test } from 'vitest'
import type { Json } from '../../runtime/types.ts'
import { hasOpenApi } from './official.ts'
import { loadAt, openRunner } from './run.ts'
import { type Endpoint, startTwin, type Vendor } from './twin.ts'
import { SETTINGS as GITHUB, github } from './twins/github.ts'
import { SETTINGS as GOOGLE, google } from './twins/google.ts'
import { SETTINGS as GRAPH, graph } from './twins/graph.ts'
import { SETTINGS as OKTA, okta } from './twins/okta.ts'
import { scim } from './twins/scim.ts'

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

type Lie = {
  readonly claim: string
  readonly connector: string
  readonly vendor: () => Promise<Vendor>
  readonly settings: (origin: string) => { readonly [name: string]: Json }
  readonly path: string
  /** The honest list of the path, as the lie wants it told. */
  readonly told: (rows: readonly object[], query: URLSearchParams) => readonly object[]
  readonly stream: string
  readonly caught_by: string
}

const LIES: readonly Lie[] = [
  {
    claim: 'Okta, a status that nobody knew of: the list by status has not, the index has',
    connector: 'okta',
    vendor: okta,
    settings: () => OKTA,
    path: '/api/v1/users',
    told: (rows, query) => (query.has('filter') ? rows.slice(0, -1) : rows),
    stream: 'users',
    caught_by: 'second_pass',
  },
  {
    claim: 'Okta, a member left out of a group whose statistics have them',
    connector: 'okta',
    vendor: okta,
    settings: () => OKTA,
    path: '/api/v1/groups/{group}/users',
    told: (rows) => rows.slice(0, 2),
    stream: 'memberships',
    caught_by: 'count_per_parent',
  },
  {
    claim: 'Entra, a hidden membership: the index counts it, the list leaves it out',
    connector: 'entra-id',
    vendor: graph,
    settings: () => GRAPH,
    path: '/v1.0/groups/{id}/members',
    told: (rows, query) => (query.get('$count') === 'true' ? rows : rows.slice(0, -1)),
    stream: 'memberships',
    caught_by: 'count_per_parent',
  },
  {
    claim: 'Entra, a user that the list leaves out both times and the count has',
    connector: 'entra-id',
    vendor: graph,
    settings: () => GRAPH,
    path: '/v1.0/users',
    told: (rows, query) => (query.get('$count') === 'true' ? rows : rows.slice(1)),
    stream: 'users',
    caught_by: 'count',
  },
  {
    claim: 'GitHub, public members only: GraphQL counts the concealed ones',
    connector: 'github',
    vendor: github,
    settings: () => GITHUB,
    path: '/orgs/acme/members',
    told: (rows) => rows.slice(0, 3),
    stream: 'members',
    caught_by: 'count',
  },
  {
    claim: 'Google, a user whom only the list by e-mail address has',
    connector: 'google-workspace',
    vendor: google,
    settings: () => GOOGLE,
    path: '/admin/directory/v1/users',
    told: (rows, query) => (query.get('sortOrder') === 'DESCENDING' ? rows : rows.filter((_, index) => index !== 2)),
    stream: 'users',
    caught_by: 'second_pass',
  },
  {
    claim: 'SCIM, a user whom a group names, whom the list leaves out and a by-id read finds',
    connector: 'scim2',
    vendor: scim,
    settings: (origin) => ({ url: `${origin}/@api.pagerduty.com/scim/v2`, sign_in: 'bearer' }),
    path: '/scim/v2/Users',
    told: (rows) => rows.slice(1),
    stream: 'users',
    caught_by: 'by_id',
  },
]

function lying(vendor: Vendor, lie: Lie): Vendor {
  const tell = (endpoint: Endpoint): Endpoint => {
    if (endpoint.path !== lie.path || !('list' in endpoint)) return endpoint
    return {
      ...endpoint,
      list: (params, query) => {
        const rows = endpoint.list(params, query)
        return rows === null ? null : (lie.told(rows, query) as typeof rows)
      },
    }
  }
  return { ...vendor, endpoints: vendor.endpoints.map(tell) }
}

describe.skipIf(!hasOpenApi)('a lie that this vendor can tell', () => {
  test.each(LIES)('$claim', async (lie) => {
    const twin = await startTwin(lying(await lie.vendor(), lie))
    const runner = await openRunner(loadAt(lie.connector, twin.redirect), lie.settings(twin.origin))
    closing.push(twin.close, runner.close)
    const { result } = await runner.run()
    const { verdict } = result.streams[lie.stream] ?? {}
    expect(verdict?.is).toBe('incomplete')
    expect(verdict?.findings.filter((finding) => finding.result === 'refutes').map((finding) => finding.check)).toContain(
      lie.caught_by,
    )
  })

  test("Okta's plain list, without the filter, would leave the deprovisioned out: then the second pass says so", async () => {
    const twin = await startTwin(await okta())
    const plain = (yaml: string) =>
      yaml.replace(/ {6}query:\n {8}limit: "200"\n {8}filter: >-\n.*\n.*\n/, '      query: { limit: "200" }\n')
    const runner = await openRunner(loadAt('okta', twin.redirect, plain), OKTA)
    closing.push(twin.close, runner.close)
    const { result } = await runner.run(['users'])
    expect(twin.asked.some((request) => request.query.has('filter'))).toBe(false)
    expect(result.streams['users']?.facts.stored).toBe(4)
    expect(result.streams['users']?.verdict.is).toBe('incomplete')
  })
})
