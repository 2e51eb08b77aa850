/**
 * The shipped actions, done by the real engine against loopback twins of the vendors: one that keeps what it is told, and one that answers
 * each change as a success and keeps nothing. Every request on the way is held against the official description.
 */
import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../runtime/types.ts'
import { hasOpenApi } from './official.ts'
import { loadAt, openRunner } from './run.ts'
import { startTwin, type Vendor } from './twin.ts'
import {
  type Answers,
  type Changing,
  changingGithub,
  changingGoogle,
  changingGraph,
  changingOkta,
  SKU,
  type World,
} from './twins/changing.ts'
import { SETTINGS as GITHUB, github } from './twins/github.ts'
import { SETTINGS as GOOGLE, google } from './twins/google.ts'
import { SETTINGS as GRAPH, graph } from './twins/graph.ts'
import { SETTINGS as OKTA, okta } from './twins/okta.ts'

/** Facet → what comes of it at a target that keeps what it is told. */
type Expected = { readonly [facet: string]: 'verified' | 'unverifiable' | 'refuted' }
type Row = readonly [action: string, id: string | null, input: JsonObject, honest: Expected, holds: (world: World) => boolean]

const VENDORS = {
  okta: { base: okta, changing: changingOkta, settings: OKTA },
  'entra-id': { base: graph, changing: changingGraph, settings: GRAPH },
  'google-workspace': { base: google, changing: changingGoogle, settings: GOOGLE },
  github: { base: github, changing: changingGithub, settings: GITHUB },
} as const satisfies { readonly [connector: string]: Kind }
type Kind = {
  readonly base: () => Promise<Vendor>
  readonly changing: (base: Vendor, answers: Answers) => Changing
  readonly settings: JsonObject
}
/** Descriptions are large: each is read once. */
const bases = new Map<string, Promise<Vendor>>()

const person = (world: World, id: string) => world.people.get(id)
const NEW = { userName: 'new@acme.example', email: 'new@acme.example', givenName: 'New', familyName: 'Person' }

const ROWS: { readonly [connector in keyof typeof VENDORS]: readonly Row[] } = {
  okta: [
    ['create_account', null, NEW, { account: 'verified', profile: 'verified' }, (world) => world.people.size === 5],
    [
      'update_account',
      '00u2',
      { title: 'Boss' },
      { profile: 'verified' },
      (world) => person(world, '00u2')?.profile['title'] === 'Boss',
    ],
    [
      'deactivate_account',
      '00u2',
      {},
      { account: 'verified', sessions: 'verified', tokens: 'verified' },
      (world) => person(world, '00u2')?.active === false,
    ],
    ['delete_account', '00u2', {}, { account: 'verified' }, (world) => !world.people.has('00u2')],
    [
      'grant',
      '00u2',
      { group: '00g1' },
      { groups: 'verified' },
      (world) => person(world, '00u2')?.holds.groups.has('00g1') === true,
    ],
    [
      'revoke',
      '00u2',
      { group: '00g0' },
      { groups: 'verified' },
      (world) => person(world, '00u2')?.holds.groups.has('00g0') === false,
    ],
    ['revoke_sessions', '00u2', {}, { sessions: 'verified' }, () => true],
    ['revoke_tokens', '00u2', {}, { tokens: 'verified' }, (world) => person(world, '00u2')?.holds.tokens.size === 0],
    [
      'custom_unassign_application',
      '00u2',
      { application: '0oa1' },
      { roles: 'verified' },
      (world) => person(world, '00u2')?.holds.apps.size === 0,
    ],
    [
      'custom_revoke_administrator_role',
      '00u2',
      { assignment: 'assignment-1' },
      { roles: 'verified' },
      (world) => person(world, '00u2')?.holds.roles.size === 0,
    ],
  ],
  'entra-id': [
    [
      'update_account',
      'u2',
      { title: 'Boss' },
      { profile: 'verified' },
      (world) => person(world, 'u2')?.profile['jobTitle'] === 'Boss',
    ],
    [
      'deactivate_account',
      'u2',
      {},
      { account: 'verified', sessions: 'verified' },
      (world) => person(world, 'u2')?.active === false,
    ],
    ['delete_account', 'u2', {}, { account: 'verified' }, (world) => !world.people.has('u2')],
    ['grant', 'u2', { group: 'g1' }, { groups: 'verified' }, (world) => person(world, 'u2')?.holds.groups.has('g1') === true],
    ['revoke', 'u2', { group: 'g0' }, { groups: 'verified' }, (world) => person(world, 'u2')?.holds.groups.has('g0') === false],
    [
      'set_license',
      'u3',
      { license: SKU },
      { licenses: 'verified' },
      (world) => person(world, 'u3')?.holds.licenses.has(SKU) === true,
    ],
    [
      'remove_license',
      'u2',
      { license: SKU },
      { licenses: 'verified' },
      (world) => person(world, 'u2')?.holds.licenses.size === 0,
    ],
    ['revoke_sessions', 'u2', {}, { sessions: 'verified' }, () => true],
    [
      'custom_remove_application',
      'u2',
      { assignment: 'assignment-1' },
      { roles: 'verified' },
      (world) => person(world, 'u2')?.holds.roles.size === 0,
    ],
  ],
  'google-workspace': [
    [
      'update_account',
      '102',
      { org_unit: '/left' },
      { profile: 'verified' },
      (world) => person(world, '102')?.profile['orgUnitPath'] === '/left',
    ],
    // Google shows sessions to nobody: never more than partial.
    [
      'deactivate_account',
      '102',
      {},
      { account: 'verified', sessions: 'unverifiable' },
      (world) => person(world, '102')?.active === false,
    ],
    ['delete_account', '102', {}, { account: 'verified' }, (world) => !world.people.has('102')],
    [
      'grant',
      '102',
      { group: 'g1', role: 'MEMBER' },
      { groups: 'verified' },
      (world) => person(world, '102')?.holds.groups.has('g1') === true,
    ],
    ['revoke', '102', { group: 'g0' }, { groups: 'verified' }, (world) => person(world, '102')?.holds.groups.has('g0') === false],
    [
      'set_license',
      '103',
      { product: 'Google-Apps', sku: SKU },
      { licenses: 'verified' },
      (world) => person(world, '103')?.holds.licenses.has(SKU) === true,
    ],
    [
      'remove_license',
      '102',
      { product: 'Google-Apps', sku: SKU },
      { licenses: 'verified' },
      (world) => person(world, '102')?.holds.licenses.size === 0,
    ],
    [
      'revoke_tokens',
      '102',
      { client: 'client-1' },
      { tokens: 'verified' },
      (world) => person(world, '102')?.holds.tokens.size === 0,
    ],
    [
      'custom_revoke_app_password',
      '102',
      { code: 12 },
      { credential: 'verified' },
      (world) => person(world, '102')?.holds.credentials.size === 0,
    ],
  ],
  github: [
    [
      'update_account',
      '103',
      { role: 'admin' },
      { roles: 'verified' },
      (world) => person(world, '103')?.profile['role'] === 'admin',
    ],
    ['deactivate_account', '103', {}, { account: 'verified' }, (world) => !world.people.has('103')],
    [
      'grant',
      '103',
      { team: '202', role: 'member' },
      { groups: 'verified' },
      (world) => person(world, '103')?.holds.groups.has('202') === true,
    ],
    [
      'revoke',
      '103',
      { team: '201' },
      { groups: 'verified' },
      (world) => person(world, '103')?.holds.groups.has('201') === false,
    ],
    ['set_license', '104', {}, { licenses: 'verified' }, (world) => person(world, '104')?.holds.licenses.has(SKU) === true],
    ['remove_license', '103', {}, { licenses: 'verified' }, (world) => person(world, '103')?.holds.licenses.size === 0],
  ],
}

const CASES = Object.entries(ROWS).flatMap(([connector, rows]) =>
  rows.map((row) => ({ connector: connector as keyof typeof VENDORS, action: row[0], row })),
)

async function change(
  connector: keyof typeof VENDORS,
  answers: Answers,
  [action, id, input]: Row,
  prepare: (world: World) => void = () => undefined,
) {
  const { base, changing, settings } = VENDORS[connector]
  const read = bases.get(connector) ?? base()
  bases.set(connector, read)
  const { vendor, world } = changing(await read, answers)
  prepare(world)
  const twin = await startTwin(vendor)
  const runner = await openRunner(loadAt(connector, twin.redirect), settings)
  try {
    await runner.run([connector === 'github' ? 'members' : 'users'])
    return { ...(await runner.change(action, id, input)), world, twin }
  } finally {
    await runner.close()
    await twin.close()
  }
}
const facets = (outcome: { readonly facets: readonly { readonly facet: string; readonly is: string }[] }) =>
  Object.fromEntries(outcome.facets.map(({ facet, is }) => [facet, is]))

describe.skipIf(!hasOpenApi)('a vendor that keeps what it is told', () => {
  test.each(CASES)('$connector: $action', async ({ connector, row }) => {
    const { outcome, world, twin } = await change(connector, 'honest', row)
    if (process.env['SHOW']) console.log(connector, row[0], JSON.stringify(outcome, null, 1))
    expect([...new Set(twin.objections)]).toEqual([])
    expect([...new Set(twin.strangers)]).toEqual([])
    expect(row[4](world)).toBe(true)
    expect(facets(outcome)).toEqual(row[3])
    expect(outcome.is).toBe(Object.values(row[3]).every((is) => is === 'verified') ? 'verified' : 'partial')
    expect(outcome.bystanders).not.toBe('changed')
  })
})

describe.skipIf(!hasOpenApi)('a vendor that says yes and keeps nothing', () => {
  test.each(CASES)('$connector: $action is not verified in any facet', async ({ connector, row }) => {
    const { outcome, events, twin } = await change(connector, 'ignored', row)
    expect([...new Set(twin.objections)]).toEqual([])
    expect(events.filter((event) => event.kind === 'answered').map((event) => event.result)).toContain('accepted')
    expect(Object.values(facets(outcome))).not.toContain('verified')
    // GitHub's team of the grant stays empty, and nothing in this world shows that its list can be read: not seen, so not refuted.
    expect(outcome.is).toBe(`${connector}: ${row[0]}` === 'github: grant' ? 'unknown' : 'refuted')
  })
})

describe.skipIf(!hasOpenApi)('GitHub invites', () => {
  test('somebody who is no member yet is pending, with an expiry, and never verified', async () => {
    const row: Row = ['create_account', null, { userName: 'stranger', role: 'member' }, {}, () => true]
    const { outcome } = await change('github', 'honest', row)
    expect([outcome.is, typeof outcome.expires_at]).toEqual(['pending', 'string'])
  })
})

describe.skipIf(!hasOpenApi)('what a vendor says that it does not do is never verified', () => {
  // "This API doesn't revoke sign-in sessions for external users": the marker that moves shows nothing about theirs.
  test.each(['deactivate_account', 'revoke_sessions'])('Entra, sessions of a guest: %s', async (action) => {
    const row: Row = [action, 'u2', {}, {}, () => true]
    const { outcome } = await change('entra-id', 'honest', row, (world) =>
      Object.assign(person(world, 'u2')?.profile ?? {}, { userType: 'Guest' }),
    )
    expect(facets(outcome)['sessions']).toBe('refuted')
  })
  // "lose access to GitHub Copilot at the end of the current billing cycle"
  test('GitHub, a Copilot seat: until when it can be used is told', async () => {
    const row: Row = ['remove_license', '103', {}, {}, () => true]
    const { outcome } = await change('github', 'honest', row)
    expect([outcome.is, typeof outcome.residual_until]).toEqual(['verified', 'string'])
  })
  // "it may take up to 36 hours for new data to be reflected in all search results"
  test('Google, no change is looked at by searching', () => {
    const { actions } = loadAt('google-workspace', (url) => url)
    const looks = JSON.stringify(Object.values(actions).flatMap((action) => [action.before, action.verify]))
    expect(looks).not.toContain('"query":"email=')
    expect(looks).not.toContain('query=')
  })
})
