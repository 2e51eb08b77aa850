/** What each vendor says when it is asked too fast, or when a right is missing, read by the shipped rules. */
import { afterEach, describe, expect, test } from 'vitest'
import { hasOpenApi } from './official.ts'
import { loadAt, openRunner } from './run.ts'
import { type Endpoint, type Reply, startTwin, type Vendor } from './twin.ts'
import { SETTINGS as GITHUB, github as githubVendor } from './twins/github.ts'
import { SETTINGS as GOOGLE, google as googleVendor } from './twins/google.ts'
import { SETTINGS as GRAPH, graph as graphVendor } from './twins/graph.ts'
import { SETTINGS as OKTA, okta as oktaVendor } from './twins/okta.ts'

/** A description takes a while to read, and does not change. */
const once = (make: () => Promise<Vendor>): (() => Promise<Vendor>) => {
  let made: Promise<Vendor> | undefined
  return () => (made ??= make())
}
const [okta, github, google, graph] = [oktaVendor, githubVendor, googleVendor, graphVendor].map(once) as [
  () => Promise<Vendor>,
  () => Promise<Vendor>,
  () => Promise<Vendor>,
  () => Promise<Vendor>,
]

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

/** The vendor, but for one path, whose answer number `at` is this refusal; -1: every answer. */
function refusing(vendor: Vendor, path: string, refusal: Reply, at: number): Vendor {
  let asked = 0
  const wrap = (endpoint: Endpoint): readonly Endpoint[] =>
    endpoint.path !== path
      ? [endpoint]
      : [
          {
            host: endpoint.host,
            path,
            ...(endpoint.method === undefined ? {} : { method: endpoint.method }),
            answer: () => refusal,
            when: () => at === -1 || asked++ === at,
          },
          endpoint,
        ]
  return { ...vendor, endpoints: vendor.endpoints.flatMap(wrap) }
}

async function run(connector: string, vendor: Vendor, settings: Parameters<typeof openRunner>[1], streams: readonly string[]) {
  const twin = await startTwin(vendor)
  const runner = await openRunner(loadAt(connector, twin.redirect), settings)
  closing.push(twin.close, runner.close)
  return { ...(await runner.run(streams)), twin }
}

const quota = (reason: string): Reply => ({
  status: 403,
  body: { error: { code: 403, errors: [{ domain: 'usageLimits', reason }] } },
})

describe.skipIf(!hasOpenApi)('asked too fast, on the second page', () => {
  test.each([
    [
      'google-workspace',
      'userRateLimitExceeded',
      google,
      GOOGLE,
      '/admin/directory/v1/users',
      'users',
      quota('userRateLimitExceeded'),
    ],
    ['google-workspace', 'quotaExceeded', google, GOOGLE, '/admin/directory/v1/users', 'users', quota('quotaExceeded')],
    ['google-workspace', '429', google, GOOGLE, '/admin/directory/v1/users', 'users', { status: 429, body: {} }],
    [
      'github',
      'a secondary limit with Retry-After',
      github,
      GITHUB,
      '/orgs/acme/members',
      'members',
      { status: 403, headers: { 'retry-after': '1' }, body: { message: 'You have exceeded a secondary rate limit.' } },
    ],
    [
      'github',
      'a secondary limit that only says so',
      github,
      GITHUB,
      '/orgs/acme/members',
      'members',
      { status: 403, body: { message: 'You have exceeded a secondary rate limit and have been temporarily blocked.' } },
    ],
    [
      'github',
      'the primary limit',
      github,
      GITHUB,
      '/orgs/acme/members',
      'members',
      {
        status: 403,
        headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1' },
        body: { message: 'API rate limit exceeded' },
      },
    ],
    [
      'okta',
      'E0000047',
      okta,
      OKTA,
      '/api/v1/users',
      'users',
      {
        status: 429,
        headers: { 'x-rate-limit-limit': '0', 'x-rate-limit-remaining': '0', 'x-rate-limit-reset': '1' },
        body: { errorCode: 'E0000047', errorSummary: 'API call exceeded rate limit due to too many requests.' },
      },
    ],
    [
      'entra-id',
      '429 with Retry-After',
      graph,
      GRAPH,
      '/v1.0/users',
      'users',
      { status: 429, headers: { 'retry-after': '1' }, body: { error: { code: 'TooManyRequests' } } },
    ],
  ] as const)('%s, %s: waits, and comes out complete', async (connector, _, vendor, settings, path, stream, refusal) => {
    // Entra counts its users before it lists them: the third request is the second page.
    const { result } = await run(connector, refusing(await vendor(), path, refusal, connector === 'entra-id' ? 2 : 1), settings, [
      stream,
    ])
    expect(result.streams[stream]?.facts.gaps).toEqual([])
    expect(result.streams[stream]?.verdict.because).toMatch(/^complete/)
  })

  test.each([
    [
      'primary',
      {
        headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1' },
        body: { errors: [{ type: 'RATE_LIMITED', message: 'You have run out.' }] },
      },
    ],
    ['secondary', { body: { data: null, errors: [{ message: 'You have exceeded a secondary rate limit.' }] } }],
  ] as const)('GitHub, the %s limit of GraphQL comes with 200: waited for, and counted', async (_, refusal) => {
    const { result } = await run('github', refusing(await github(), '/graphql', refusal, 1), GITHUB, ['members'])
    expect(result.streams['members']?.verdict.because).toMatch(/^complete.*count matched/)
  })

  test('Entra, an expired page token: the list begins again, and comes out complete', async () => {
    const refusal = {
      status: 400,
      body: { error: { code: 'Directory_ExpiredPageToken', message: 'The specified page token value has expired.' } },
    }
    const { result, twin } = await run('entra-id', refusing(await graph(), '/v1.0/users', refusal, 2), GRAPH, ['users'])
    expect(result.streams['users']?.facts.attempt).toBe(2)
    expect(result.streams['users']?.verdict.because).toMatch(/^complete/)
    expect(twin.strangers).toEqual([])
  })
})

describe.skipIf(!hasOpenApi)('a right that is missing', () => {
  test.each([
    ['google-workspace', google, GOOGLE, '/admin/directory/v1/groups/{group}/members', 'memberships', quota('forbidden')],
    [
      'github',
      github,
      GITHUB,
      '/orgs/acme/teams/{slug}/members',
      'team_memberships',
      { status: 403, headers: { 'x-ratelimit-remaining': '4999' }, body: { message: 'Resource not accessible' } },
    ],
    [
      'okta',
      okta,
      OKTA,
      '/api/v1/groups/{group}/users',
      'memberships',
      { status: 403, body: { errorCode: 'E0000006', errorSummary: 'You do not have permission' } },
    ],
    [
      'entra-id',
      graph,
      GRAPH,
      '/v1.0/groups/{id}/owners',
      'group_owners',
      { status: 403, body: { error: { code: 'Authorization_RequestDenied' } } },
    ],
  ] as const)(
    '%s: a 403 below a parent is a named gap, and never complete',
    async (connector, vendor, settings, path, stream, refusal) => {
      const { result } = await run(connector, refusing(await vendor(), path, refusal, 0), settings, [stream])
      expect(result.streams[stream]?.facts.gaps.length).toBe(1)
      expect(result.streams[stream]?.verdict.is).toBe('incomplete')
    },
  )

  test.each([
    ['okta', okta, OKTA, '/api/v1/iam/roles', 'users', { status: 403, body: { errorCode: 'E0000006' } }],
    ['github', github, GITHUB, '/user/memberships/orgs/{org}', 'members', { body: { state: 'active', role: 'member' } }],
    ['google-workspace', google, GOOGLE, '/admin/directory/v1/customers/my_customer', 'users', quota('forbidden')],
    [
      'entra-id',
      graph,
      GRAPH,
      '/v1.0/servicePrincipals',
      'users',
      {
        body: {
          value: [{ id: 'sp0', appId: 'an-app', appRoleAssignments: [{ appRoleId: 'df021288-bdef-4463-88db-98f22de89214' }] }],
        },
      },
    ],
  ] as const)(
    '%s: a credential that is not shown to see everyone makes nothing complete',
    async (connector, vendor, settings, path, stream, refusal) => {
      const { result } = await run(connector, refusing(await vendor(), path, refusal, -1), settings, [stream])
      expect(result.streams[stream]?.verdict.is).not.toBe('complete')
      expect(result.streams[stream]?.verdict.findings.find((finding) => finding.check === 'scope_proof')?.result).not.toBe(
        'holds',
      )
    },
  )
})
