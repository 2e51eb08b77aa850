/** A leaver of a shipped connector against its vendor's twin: what is derived from what the snapshots show, and what comes of it. */
import { describe, expect, test } from 'vitest'
import { askForPlan, carryOut, rowsOf } from '../../runtime/govern/carry-out.ts'
import { leaverChanges } from '../../runtime/govern/offboard.ts'
import { reportOf } from '../../runtime/govern/offboard-report.ts'
import { findPerson } from '../../runtime/govern/people.ts'
import { makePlan } from '../../runtime/govern/plan.ts'
import type { JsonObject } from '../../runtime/types.ts'
import { hasOpenApi } from './official.ts'
import { loadAt, openRunner } from './run.ts'
import { startTwin, type Vendor } from './twin.ts'
import { type Changing, changingGithub, changingGoogle } from './twins/changing.ts'
import { SETTINGS as GITHUB, github } from './twins/github.ts'
import { SETTINGS as GOOGLE, google } from './twins/google.ts'

async function offboard(
  name: string,
  base: Vendor,
  changing: (base: Vendor, how: 'honest') => Changing,
  settings: JsonObject,
  who: string,
) {
  const { vendor, world } = changing(base, 'honest')
  const twin = await startTwin(vendor)
  const connector = loadAt(name, twin.redirect)
  const runner = await openRunner(connector, settings, {
    by: 'Lee',
    at: '2026-01-01T00:00:00Z',
    until: '2030-01-01T00:00:00Z',
    reason: 'x',
  })
  try {
    await runner.run()
    const { store, connection, context } = runner.parts
    const person = await findPerson(store, [{ connection, connector }], { who, accounts: [] })
    const targets = new Map([[connection.name, { connector, connection }]])
    const { wanted, not_possible } = await leaverChanges(store, targets, person.accounts, { person: who, remove: false })
    const options = { store, targets, now: context.now, newId: context.newId }
    const { plan } = await makePlan({ ...options, wanted, source: null, made_by: 'Kim', why: 'left', keep_already: true })
    await askForPlan(options, { ...plan, held: [] }, { by: 'Kim', why: 'left', from: 'test' })
    await carryOut(async () => context, [connection.name])
    const rows = await rowsOf(store, plan.hash)
    const report = reportOf({
      person,
      rows,
      connectors: new Map([[connection.name, connector]]),
      not_possible,
      not_started: new Map(),
      now: new Date(context.now()).toISOString(),
    })
    return { plan, not_possible, rows, report, world, twin }
  } finally {
    await runner.close()
    await twin.close()
  }
}

describe.skipIf(!hasOpenApi)('Google', () => {
  test('every token, app password, role and licence of the person is taken back one by one, and looked at', {
    timeout: 60_000,
  }, async () => {
    const { plan, report, world, twin } = await offboard(
      'google-workspace',
      await google(),
      changingGoogle,
      GOOGLE,
      'u2@acme.example',
    )
    expect(plan.items.map(({ action, input }) => [action, input])).toEqual([
      ['deactivate_account', {}],
      ['revoke_tokens', { client: 'client-1' }],
      ['revoke', { group: 'g0' }],
      ['custom_remove_administrator_role', { assignment: 'assignment-1-102' }],
      ['remove_license', { product: 'Google-Apps', sku: expect.any(String) }],
      ['custom_revoke_app_password', { code: 12 }],
    ])
    const lines = report.accounts[0]!.facets.map(({ facet, action, is }) => [facet, action, is])
    if (process.env['SHOW']) console.log(JSON.stringify([lines, report.left], null, 1))
    for (const action of [
      'revoke_tokens',
      'revoke',
      'custom_remove_administrator_role',
      'remove_license',
      'custom_revoke_app_password',
    ])
      expect(lines).toContainEqual([expect.any(String), action, 'verified'])
    const { holds } = world.people.get('102')!
    expect(Object.values(holds).map((of) => of.size)).toEqual([0, 1, 0, 0, 0, 0])
    // Somebody else's stay.
    expect(world.people.get('101')!.holds.tokens.size).toBe(1)
    expect([...new Set(twin.objections)]).toEqual([])
  })
})

describe.skipIf(!hasOpenApi)('GitHub', () => {
  test('who is out of the organisation is out of its teams, roles and seats: each is seen, nothing is asked for twice', {
    timeout: 60_000,
  }, async () => {
    const { plan, report, rows, world, twin } = await offboard('github', await github(), changingGithub, GITHUB, 'person-103')
    const lines = report.accounts
      .flatMap((one) => one.facets)
      .map(({ facet, action, is, because }) => [facet, action, is, because])
    if (process.env['SHOW']) console.log(JSON.stringify([lines, report.left], null, 1))
    expect(plan.items.map(({ action, input }) => [action, input])).toEqual([
      ['deactivate_account', {}],
      ['revoke_tokens', {}],
      ['revoke', { team: '201' }],
      ['custom_remove_organisation_role', { organisation_role: '301' }],
      ['remove_license', {}],
    ])
    const is = lines.map(([facet, action, is]) => [facet, action, is])
    for (const action of ['deactivate_account', 'revoke_tokens', 'revoke', 'custom_remove_organisation_role', 'remove_license'])
      expect(is).toContainEqual([expect.any(String), action, 'verified'])
    // What a snapshot could not show is named where it belongs, and nothing is called impossible that goes with the membership.
    expect(is.filter(([, action]) => action === null)).toEqual([
      ['sessions', null, 'not_possible'],
      ['groups', null, 'unproven'],
      ['roles', null, 'unproven'],
      ['licenses', null, 'unproven'],
    ])
    const sent = twin.asked
      .filter(({ method, path }) => method !== 'GET' && path !== '/graphql')
      .map(({ method, path }) => `${method} ${path}`)
    expect(sent.toSorted()).toEqual([...new Set(sent)].toSorted())
    expect(sent).toHaveLength(5)
    expect(rows.map((row) => row.events.filter((event) => event.kind === 'sending').length)).toEqual([1, 1, 1, 1, 1])
    expect(world.people.has('103')).toBe(false)
    expect([...new Set(twin.objections)]).toEqual([])
  })
})
