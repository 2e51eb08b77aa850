/**
 * Every request that a shipped connector makes, made by the real runtime against a loopback twin of the vendor, is one that the vendor's
 * official description knows: path, method, query parameters and their values, required ones there.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import type { Connector, Json } from '../../runtime/types.ts'
import { hasOpenApi, OPENAPI } from './official.ts'
import { CONNECTORS, loadAt, openRunner, type Ran, type Runner } from './run.ts'
import { startTwin, type Twin, type Vendor } from './twin.ts'
import { SETTINGS as GITHUB, github } from './twins/github.ts'
import { SETTINGS as GOOGLE, google } from './twins/google.ts'
import { SETTINGS as GRAPH, graph } from './twins/graph.ts'
import { SETTINGS as OKTA, okta } from './twins/okta.ts'
import { scim } from './twins/scim.ts'

type Case = {
  readonly connector: string
  readonly vendor: () => Promise<Vendor>
  readonly settings: (origin: string) => { readonly [name: string]: Json }
  /** Streams that an honest target of this kind lets come out complete. */
  readonly complete: readonly string[]
}

const CASES: readonly Case[] = [
  {
    connector: 'okta',
    vendor: okta,
    settings: () => OKTA,
    complete: ['users', 'groups', 'memberships', 'admins', 'apps', 'app_users'],
  },
  {
    connector: 'entra-id',
    vendor: graph,
    settings: () => GRAPH,
    complete: ['users', 'service_principals', 'groups', 'memberships', 'group_owners', 'roles', 'role_grants', 'app_grants'],
  },
  {
    connector: 'google-workspace',
    vendor: google,
    settings: () => GOOGLE,
    complete: ['users', 'groups', 'memberships', 'roles', 'role_grants', 'license_grants'],
  },
  {
    connector: 'github',
    vendor: github,
    settings: () => GITHUB,
    complete: ['members', 'outside_collaborators', 'teams', 'team_memberships', 'role_members', 'role_users', 'role_teams'],
  },
  {
    connector: 'scim2',
    vendor: scim,
    settings: (origin) => ({ url: `${origin}/@api.pagerduty.com/scim/v2`, sign_in: 'bearer' }),
    // SCIM has no way to show what a token may see: without a person's word nothing is complete.
    complete: [],
  },
]

if (!hasOpenApi) console.warn(`skipped: the official descriptions are not at ${OPENAPI}`)

describe.skipIf(!hasOpenApi).each(CASES)('$connector', (one) => {
  let vendor: Vendor
  let twin: Twin
  let connector: Connector
  let runner: Runner
  let ran: Ran

  beforeAll(async () => {
    vendor = await one.vendor()
    twin = await startTwin(vendor)
    connector = loadAt(one.connector, twin.redirect)
    runner = await openRunner(connector, one.settings(twin.origin))
    await runner.run()
    // The second time ids are known from the first, so that single records are asked for as well.
    ran = await runner.run()
  })
  afterAll(async () => {
    await runner?.close()
    await twin?.close()
  })

  test('every request is accepted by the official description', () => {
    expect([...new Set(twin.objections)]).toEqual([])
    expect([...new Set(twin.strangers)]).toEqual([])
  })

  test('what the reduced description leaves out is really asked, and cited', () => {
    expect([...twin.elsewhere].toSorted()).toEqual(Object.keys(vendor.elsewhere).toSorted())
  })

  test('nothing the vendor can be asked went unasked', () => {
    const asked = new Set(twin.asked.map((request) => request.endpoint))
    const unasked = vendor.endpoints.filter((endpoint) => !asked.has(endpoint.path)).map((endpoint) => endpoint.path)
    expect(unasked).toEqual(one.connector === 'okta' ? ['/oauth2/v1/token'] : [])
  })

  test('every paged list was asked for a following page', () => {
    const paged = Object.values(connector.streams).filter((stream) => stream.pages.kind !== 'none')
    const short = paged.filter((stream) => {
      const { facts } = ran.result.streams[stream.name] ?? {}
      return facts === undefined || facts.pages <= facts.partitions
    })
    expect(short.map((stream) => stream.name)).toEqual([])
  })

  test('every declared field finds its value in the official shape of a record', async () => {
    const empty: string[] = []
    for (const stream of Object.values(connector.streams)) {
      const { facts } = ran.result.streams[stream.name] ?? {}
      for (const field of Object.keys(stream.fields)) if ((facts?.filled[field] ?? 0) === 0) empty.push(`${stream.name}.${field}`)
    }
    expect(empty).toEqual([])
  })

  test('an honest target is read without a gap, and comes out complete where its API allows it', () => {
    const verdicts = Object.entries(ran.result.streams).map(([name, { verdict, facts }]) => [
      name,
      verdict.is,
      verdict.because,
      facts.gaps.length,
      facts.quarantined,
    ])
    if (process.env['SHOW']) console.log(one.connector, JSON.stringify(verdicts, null, 0).replaceAll('],[', '],\n['))
    expect(verdicts.filter(([, is]) => is === 'incomplete')).toEqual([])
    expect(verdicts.filter(([name, is]) => one.complete.includes(name as string) && is !== 'complete')).toEqual([])
  })
})

describe.skipIf(!hasOpenApi)('a SCIM server and a person who answers for the scope', () => {
  test('users, groups and memberships come out complete', async () => {
    const twin = await startTwin(await scim())
    const attested = {
      by: 'ada@acme.example',
      at: '2026-11-20T00:00:00Z',
      until: '2099-01-01T00:00:00Z',
      reason: 'the token is the provisioning service of the whole tenant',
    }
    const runner = await openRunner(
      loadAt('scim2', twin.redirect),
      { url: `${twin.origin}/@api.pagerduty.com/scim/v2`, sign_in: 'basic', username: 'ada' },
      attested,
    )
    const { result } = await runner.run()
    await runner.close()
    await twin.close()
    expect(twin.objections).toEqual([])
    expect(Object.entries(result.streams).map(([name, { verdict }]) => `${name}: ${verdict.is}`)).toEqual([
      'users: complete',
      'groups: complete',
      'memberships: complete',
    ])
    expect(twin.asked.at(-1)?.headers['authorization']).toBe(`Basic ${Buffer.from('ada:a-secret').toString('base64')}`)
  })

  test('every SCIM request keeps to RFC 7644: 1-based startIndex, no parameter of its own', async () => {
    const twin = await startTwin(await scim())
    const runner = await openRunner(loadAt('scim2', twin.redirect), {
      url: `${twin.origin}/@api.pagerduty.com/scim/v2`,
      sign_in: 'bearer',
    })
    await runner.run()
    await runner.close()
    await twin.close()
    for (const { query, headers } of twin.asked) {
      expect(['startIndex', 'count', 'attributes']).toEqual(expect.arrayContaining([...query.keys()]))
      if (query.has('startIndex')) expect(Number(query.get('startIndex'))).toBeGreaterThanOrEqual(1)
      expect(headers['accept']).toBe('application/scim+json')
    }
  })
})

describe.skipIf(!hasOpenApi)('the other way to sign in', () => {
  test("Okta's token request by private_key_jwt is one that its description knows", async () => {
    const vendor = await okta()
    const twin = await startTwin(vendor)
    const runner = await openRunner(loadAt('okta', twin.redirect), {
      ...OKTA,
      sign_in: 'service_app',
      client_id: '0oaclient',
      key_id: 'a-key',
    })
    await runner.run(['groups'])
    await runner.close()
    await twin.close()
    expect(twin.objections).toEqual([])
    const token = twin.asked.find((request) => request.path === '/oauth2/v1/token')
    const form = new URLSearchParams(token?.body)
    expect(form.get('grant_type')).toBe('client_credentials')
    expect(form.get('client_assertion_type')).toBe('urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
    expect(form.get('scope')).toContain('okta.users.read')
    expect(twin.asked.at(-1)?.headers['authorization']).toBe('Bearer a-token')
  })

  test.each([
    [
      'entra-id',
      graph,
      GRAPH,
      '/a-tenant/oauth2/v2.0/token',
      { grant_type: 'client_credentials', client_id: 'an-app', client_secret: 'a-secret' },
    ],
    ['google-workspace', google, GOOGLE, '/token', { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer' }],
  ] as const)('%s sends the token form of its RFC', async (name, vendor, settings, path, fields) => {
    const twin = await startTwin(await vendor())
    const runner = await openRunner(loadAt(name, twin.redirect), settings)
    await runner.run(['groups'])
    await runner.close()
    await twin.close()
    const token = twin.asked.find((request) => request.path === path)
    expect(token?.method).toBe('POST')
    expect(token?.headers['content-type']).toContain('application/x-www-form-urlencoded')
    const form = new URLSearchParams(token?.body)
    for (const [field, value] of Object.entries(fields)) expect(form.get(field)).toBe(value)
  })
})

describe.skipIf(!hasOpenApi)('the check can fail', () => {
  test('a misspelt parameter, a page size beyond the maximum and a path that is not there are objections', async () => {
    const twin = await startTwin(await google())
    const wrong = (yaml: string) =>
      yaml
        .replace('maxResults=500&projection', 'maxResults=5000&projection')
        .replace('maxResults=200\n', 'maxResult=200\n')
        .replace('/customers/my_customer', '/customer/my_customer')
    const runner = await openRunner(loadAt('google-workspace', twin.redirect, wrong), GOOGLE)
    await runner.run(['users', 'groups'])
    await runner.close()
    await twin.close()
    const objections = twin.objections.join('\n')
    expect(objections).toContain('must be <= 500')
    expect(objections).toContain('"additionalProperty":"maxResult"')
    expect(objections).toContain('/customer/my_customer: no such path')
  })

  test('every stream of the YAML is in the loaded connector', () => {
    for (const { connector } of CASES) {
      const yaml = parse(readFileSync(join(CONNECTORS, `${connector}.yaml`), 'utf8')) as { readonly streams: object }
      expect(Object.keys(loadAt(connector, (text) => text).streams)).toEqual(Object.keys(yaml.streams))
    }
  })
})
