/**
 * Every request of every action of a shipped connector, sends and looks alike and built by the real runtime, is one that the vendor's
 * official description knows: path, method, query and body. And every expression about an answer can be told over the shape that the
 * description gives that answer.
 */
import { beforeAll, describe, expect, test } from 'vitest'
import { pages } from '../../runtime/kinds/pages/index.ts'
import { probe } from '../../runtime/kinds/probe/index.ts'
import { compilePath } from '../../runtime/kinds/value/path.ts'
import { compileRecords, type EmptyMark } from '../../runtime/kinds/value/records.ts'
import { settingNames } from '../../runtime/record/request.ts'
import type { Action, Connector, HttpRequest, Json, KindOptions, RequestSpec } from '../../runtime/types.ts'
import { compileAction } from '../../runtime/write/compile.ts'
import { checkInput, wholeInput } from '../../runtime/write/input.ts'
import { buildLook, buildWrite } from '../../runtime/write/request.ts'
import { type Asked, hasOpenApi, type Official, OPENAPI } from './official.ts'
import { loadAt } from './run.ts'
import { over, type Values, type Vendor } from './twin.ts'
import { SETTINGS as GITHUB, github } from './twins/github.ts'
import { SETTINGS as GOOGLE, google } from './twins/google.ts'
import { SETTINGS as GRAPH, graph } from './twins/graph.ts'
import { SETTINGS as OKTA, okta } from './twins/okta.ts'
import { scim } from './twins/scim.ts'

const UUID = '6fd2c87f-b296-42f0-b197-1e91e994b900'

type Case = {
  readonly connector: string
  readonly vendor: () => Promise<Vendor>
  readonly settings: { readonly [name: string]: Json }
  readonly id: string
  /** Laid over the description's own shape of the record that the look before gives. */
  readonly record: Values
  readonly input: { readonly [name: string]: Json }
  /** Where the reduced description leaves a request out: `METHOD path` with `*` for a segment → where it is described. */
  readonly elsewhere: { readonly [request: string]: string }
}

const CASES: readonly Case[] = [
  {
    connector: 'okta',
    vendor: okta,
    settings: OKTA,
    id: '00u1',
    record: { id: '00u1', status: 'ACTIVE' },
    input: { manager: '00u2' },
    elsewhere: {},
  },
  {
    connector: 'entra-id',
    vendor: graph,
    settings: { ...GRAPH, graph_host: 'graph.microsoft.com', login_host: 'login.microsoftonline.com' },
    id: UUID,
    record: { id: UUID, accountEnabled: true },
    input: { active: true, license: UUID },
    elsewhere: {},
  },
  {
    connector: 'google-workspace',
    vendor: google,
    settings: GOOGLE,
    id: '107',
    record: { id: '107', primaryEmail: 'ada@acme.example', suspended: false },
    input: { role: 'MEMBER', code: 12 },
    elsewhere: {},
  },
  {
    connector: 'github',
    vendor: github,
    settings: GITHUB,
    id: '101',
    record: { id: 101, login: 'person-101' },
    input: { role: 'member', team: '201', credential: '7', organisation_role: '301' },
    elsewhere: { 'GET /user/*': 'https://docs.github.com/en/rest/users/users#get-a-user-using-their-id' },
  },
  ...['rfc', 'okta', 'microsoft', 'put'].map(
    (patch_style): Case => ({
      connector: 'scim2',
      vendor: scim,
      settings: { url: 'https://api.pagerduty.com/scim/v2', sign_in: 'bearer', patch_style },
      id: 'P1ABCDEFGHIJKLMNOPQRSTUVWXYZ',
      record: {
        id: 'P1ABCDEFGHIJKLMNOPQRSTUVWXYZ',
        userName: 'ada@acme.example',
        active: true,
        entitlements: undefined,
        roles: undefined,
      },
      input: {},
      // PagerDuty describes its SCIM users; it has no groups.
      elsewhere: { 'GET /scim/v2/Groups/*': 'RFC 7644 §3.4.1', 'PATCH /scim/v2/Groups/*': 'RFC 7644 §3.5.2' },
    }),
  ),
]

const NAMED: { readonly [input: string]: Json } = { userName: 'ada@acme.example', email: 'ada@acme.example' }

function inputOf(action: Action, one: Case): { readonly [name: string]: Json } {
  const given = Object.entries(action.input).map(([name, { options, type }]): [string, Json] => {
    const own = one.input[name]
    if (own !== undefined && (options === null || options.includes(own))) return [name, own]
    return [name, options?.[0] ?? NAMED[name] ?? (type === 'integer' ? 7 : `some-${name}`)]
  })
  return wholeInput(action, checkInput(action, Object.fromEntries(given)))
}

/** What leaves, as the twin would have received it. */
function asked(request: HttpRequest): { readonly host: string; readonly one: Asked } {
  const url = new URL(request.url)
  const type = request.headers['content-type'] ?? request.body?.type
  return {
    host: url.host,
    one: {
      method: request.method,
      path: decodeURIComponent(url.pathname),
      query: url.searchParams,
      headers: { ...request.headers, ...(type === undefined ? {} : { 'content-type': type }) },
      body: request.body?.text ?? '',
    },
  }
}

type Asks = { readonly request: HttpRequest; readonly where: string }
type Look = { readonly spec: RequestSpec; readonly patch: object }

if (!hasOpenApi) console.warn(`skipped: the official descriptions are not at ${OPENAPI}`)

describe.skipIf(!hasOpenApi).each(CASES)('$connector $settings.patch_style', (one) => {
  let vendor: Vendor
  let connector: Connector
  const cited = new Set<string>()

  beforeAll(async () => {
    vendor = await one.vendor()
    connector = loadAt(one.connector, (text) => text)
  })

  const sampleOf = (request: HttpRequest): unknown => {
    const { host, one: ask } = asked(request)
    return vendor.hosts[host]?.sample(ask.method, ask.path)
  }

  /** The record of the look before: the description's shape, with what the case lays over it. */
  function recordOf(action: Action): object {
    const names = { ...settingNames(one.settings), id: one.id, input: inputOf(action, one), record: null, before: null }
    const sample = action.before === null ? {} : sampleOf(buildLook(connector, action.before, names))
    return over(sample ?? {}, one.record) as object
  }

  function namesFor(action: Action) {
    const record = recordOf(action)
    return { ...settingNames(one.settings), id: one.id, input: inputOf(action, one), record, before: record }
  }

  function requestsOf(action: Action): readonly Asks[] {
    const names = namesFor(action)
    const look = (spec: RequestSpec, patch: object = {}) => buildLook(connector, spec, names, patch)
    const compiled = compileAction(connector, action.name)
    return [
      ...(action.before === null ? [] : [{ request: look(action.before), where: `${action.name}: before` }]),
      ...(action.find === null ? [] : [{ request: look(action.find.request), where: `${action.name}: find` }]),
      ...compiled.steps
        .filter(({ when }) => when === null || when(names) === true)
        .map(({ step }) => ({ request: buildWrite(connector, step.send, names), where: `${action.name}: ${step.name}` })),
      ...action.verify.flatMap(({ probe: options }, index) => {
        const seen = lookOf(action, options)
        return seen === null ? [] : [{ request: look(seen.spec, seen.patch), where: `${action.name}: verify ${index}` }]
      }),
    ]
  }

  function lookOf(action: Action, options: KindOptions): Look | null {
    const wanted = probe[options.kind]?.asks(options)
    const { get } = connector.streams[action.on] ?? {}
    if (wanted === undefined || wanted.ask === 'nothing') return null
    if (wanted.ask === 'one') return { spec: wanted.request === 'get' ? (get as RequestSpec) : wanted.request, patch: {} }
    const word = pages[wanted.pages.kind]
    return { spec: wanted.request, patch: word?.ask(wanted.pages, word.first(wanted.pages)) ?? {} }
  }

  test('every request is accepted by the official description', () => {
    const objections: string[] = []
    for (const action of Object.values(connector.actions)) {
      for (const { request, where } of requestsOf(action)) {
        const { host, one: ask } = asked(request)
        const place = Object.keys(one.elsewhere).find((pattern) => like(pattern, `${ask.method} ${ask.path}`))
        if (place !== undefined) {
          cited.add(place)
          continue
        }
        const official = vendor.hosts[host] as Official | null | undefined
        const against = official === undefined || official === null ? 'no such host' : official.objection(ask)
        if (against !== null) objections.push(`${where}: ${ask.method} ${ask.path}?${ask.query} ${ask.body}: ${against}`)
      }
    }
    expect(objections).toEqual([])
    expect([...cited].toSorted()).toEqual(Object.keys(one.elsewhere).toSorted())
  })

  test('every action sends something', () => {
    const silent = Object.values(connector.actions).filter((action) => {
      const names = namesFor(action)
      const { steps } = compileAction(connector, action.name)
      return !steps.some(({ when }) => when === null || when(names) === true)
    })
    expect(silent.map((action) => action.name)).toEqual([])
  })

  test('every look can be told over the official shape of its answer', () => {
    const untold: string[] = []
    for (const action of Object.values(connector.actions)) {
      const names = namesFor(action)
      for (const [index, { probe: options }] of action.verify.entries()) {
        const seen = lookOf(action, options)
        if (seen === null) continue
        const request = buildLook(connector, seen.spec, names, seen.patch)
        const { one: ask } = asked(request)
        if (Object.keys(one.elsewhere).some((pattern) => like(pattern, `${ask.method} ${ask.path}`))) continue
        const said = tell(options, sampleOf(request), names, connector.streams[action.on]?.get_record ?? '[]')
        if (said.shows === 'unanswered') untold.push(`${action.name} verify ${index} ${request.where}: ${said.because}`)
      }
    }
    expect(untold).toEqual([])
  })

  test('every condition can be told over the official shape of the record', () => {
    const untold: string[] = []
    for (const action of Object.values(connector.actions)) {
      const names = namesFor(action)
      const { already, protect, steps, speaks, find } = compileAction(connector, action.name)
      if (already !== null && already(names) === null) untold.push(`${action.name}: already`)
      for (const rule of protect) if (rule.when(names) === null) untold.push(`${action.name}: protect ${rule.name}`)
      for (const [index, when] of speaks.entries())
        if (when !== null && when(names) === null) untold.push(`${action.name}: when of verify ${index}`)
      for (const { step, when } of steps)
        if (when !== null && when(names) === null) untold.push(`${action.name}: when of ${step.name}`)
      if (find === null || action.find === null) continue
      const listed = find.records(sampleOf(buildLook(connector, action.find.request, names)))
      if (!listed.ok || find.match({ ...names, record: listed.records[0] }) === null) untold.push(`${action.name}: find`)
      else if (find.id(listed.records[0], {}) === undefined) untold.push(`${action.name}: id of find`)
    }
    expect(untold).toEqual([])
  })
})

function tell(options: KindOptions, body: unknown, names: { readonly [name: string]: unknown }, get_record: string) {
  const word = probe[options.kind]
  if (word === undefined) throw new Error(options.kind)
  const wanted = word.asks(options)
  // A sample is about the vendor's own example: that one is meant.
  const about = typeof options['id'] === 'string' ? { id: compilePath(options['id'])(body) } : {}
  const view = { vars: { ...names, ...about }, sent_at_ms: 0, now_ms: 1_000 }
  if (wanted.ask === 'nothing') return word.read(options, view, { ask: 'nothing' })
  if (wanted.ask === 'one') {
    const record = get_record === '[]' ? body : (body as Values | undefined)?.[get_record]
    return word.read(options, view, { ask: 'one', status: 200, headers: {}, body, record, failed: null, control: 'alive' })
  }
  const found = compileRecords(wanted.records, wanted.empty as EmptyMark)(body)
  const failed = found.ok ? null : found.because
  return word.read(options, view, { ask: 'list', records: found.ok ? found.records : [], whole: true, failed, control: 'alive' })
}

const like = (pattern: string, request: string): boolean =>
  new RegExp(`^${pattern.replaceAll(/[.$]/g, '\\$&').replaceAll('*', '[^/]+')}$`).test(request)

describe.skipIf(!hasOpenApi)('the check can fail', () => {
  const ask = (method: string, path: string, body: unknown, type = 'application/json'): Asked => ({
    method,
    path,
    query: new URLSearchParams(),
    headers: { 'content-type': type },
    body: body === undefined ? '' : JSON.stringify(body),
  })
  const SCIM = 'application/scim+json'

  test.each([
    ['a value of the wrong type', okta, 'acme.okta.com', ask('POST', '/api/v1/users/00u1', { profile: { login: 7 } })],
    ['an operation Okta does not have', okta, 'acme.okta.com', ask('POST', '/api/v1/users/00u1/lifecycle/disable', undefined)],
    ['a role GitHub does not have', github, 'api.github.com', ask('PUT', '/orgs/acme/memberships/ada', { role: 'boss' })],
    [
      'a removal of the user instead of the membership',
      graph,
      'graph.microsoft.com',
      ask('DELETE', '/v1.0/groups/g/members/u', undefined),
    ],
    [
      'a licence that is no id',
      graph,
      'graph.microsoft.com',
      ask('POST', '/v1.0/users/u/microsoft.graph.assignLicense', { removeLicenses: ['E5'] }),
    ],
    ['a user without a name', scim, 'api.pagerduty.com', ask('POST', '/scim/v2/Users', { displayName: 'Ada' }, SCIM)],
    ['a patch without operations', scim, 'api.pagerduty.com', ask('PATCH', '/scim/v2/Users/u', { schemas: [] }, SCIM)],
  ] as const)('%s is an objection', async (_, vendor, host, wrong) => {
    const official = (await vendor()).hosts[host]
    expect(official?.objection(wrong)).toEqual(expect.any(String))
  })

  test('the same, put right, is none', async () => {
    const hub = (await github()).hosts['api.github.com']
    expect(hub?.objection(ask('PUT', '/orgs/acme/memberships/ada', { role: 'member' }))).toBeNull()
    const entra = (await graph()).hosts['graph.microsoft.com']
    expect(entra?.objection(ask('DELETE', '/v1.0/groups/g/members/u/$ref', undefined))).toBeNull()
  })
})
