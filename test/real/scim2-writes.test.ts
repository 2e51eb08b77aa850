/** The shipped scim2 connector changes a third-party SCIM server, and says of each change only what the server then really shows. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { loadAt, openRunner, type Runner } from '../connectors/run.ts'
import { type Scimmy, startScimmy } from './scimmy.ts'

let scimmy: Scimmy
let runner: Runner

beforeAll(async () => {
  scimmy = await startScimmy()
})
afterAll(() => scimmy.stop())
beforeEach(async () => {
  await scimmy.order({ kind: 'writes', are: 'honest' })
  await scimmy.order({ kind: 'seed', users: 23, groups: 4 })
})

const STYLES = ['rfc', 'okta', 'put'] as const
const user = (n: number) => `2819c223-7f76-453a-919d-${String(n).padStart(12, '0')}`
const group = (n: number) => `e9e30dba-f08f-4109-8486-${String(n).padStart(12, '0')}`

async function open(patch_style = 'rfc'): Promise<Runner> {
  runner = await openRunner(
    loadAt('scim2', (text) => text),
    { url: scimmy.url, patch_style },
    null,
    { token: scimmy.token },
  )
  await runner.run()
  return runner
}
const ask = async (path: string): Promise<{ status: number; body: Record<string, unknown> }> => {
  const answer = await fetch(`${scimmy.url}${path}`, { headers: { authorization: `Bearer ${scimmy.token}` } })
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
}
const facets = ({ facets: all }: { facets: readonly { facet: string; is: string }[] }) =>
  Object.fromEntries(all.map(({ facet, is }) => [facet, is]))
const NEW = {
  userName: 'margaret',
  externalId: 'hr-77',
  displayName: 'Margaret',
  givenName: 'Margaret',
  familyName: 'Hamilton',
  email: 'm@acme.example',
}

describe('an honest server', () => {
  test.each(STYLES)('deactivate, written as %s, is verified and true', async (style) => {
    const one = await open(style)
    const { outcome } = await one.change('deactivate_account', user(3))
    await one.close()
    expect([outcome.is, outcome.changed, outcome.bystanders, facets(outcome)]).toEqual([
      'verified',
      true,
      'unchanged',
      { account: 'verified' },
    ])
    expect((await ask(`/Users/${user(3)}`)).body['active']).toBe(false)
  })

  test('what was inactive already is verified, and nothing is sent', async () => {
    const one = await open()
    const { outcome, events } = await one.change('deactivate_account', user(0))
    await one.close()
    expect([outcome.is, outcome.changed, events.filter((event) => event.kind === 'sending').length]).toEqual([
      'verified',
      false,
      0,
    ])
  })

  test('create, and the same again makes no second one', async () => {
    const one = await open()
    const first = await one.change('create_account', null, NEW)
    const again = await one.change('create_account', null, NEW)
    await one.close()
    expect([first.outcome.is, first.outcome.changed, again.outcome.is, again.outcome.changed]).toEqual([
      'verified',
      true,
      'verified',
      false,
    ])
    const { body } = await ask('/Users?filter=userName%20eq%20%22margaret%22')
    expect([body['totalResults'], first.outcome.id, again.outcome.id]).toEqual([
      1,
      ...Array(2).fill((body['Resources'] as { id: string }[])[0]?.id),
    ])
  })

  test('into a group and out of it again', async () => {
    const one = await open()
    const members = async () =>
      ((await ask(`/Groups/${group(2)}`)).body['members'] as { value: string }[]).map(({ value }) => value)
    expect(await members()).not.toContain(user(5))
    const granted = await one.change('grant', user(5), { group: group(2) })
    expect([granted.outcome.is, facets(granted.outcome)]).toEqual(['verified', { groups: 'verified' }])
    const held = await members()
    const revoked = await one.change('revoke', user(5), { group: group(2) })
    await one.close()
    expect([revoked.outcome.is, facets(revoked.outcome)]).toEqual(['verified', { groups: 'verified' }])
    // This server shows nobody's `groups`: there is no second path, and that is said.
    for (const { outcome } of [granted, revoked]) expect(outcome.because).toContain('rests on one path: GET /Groups/')
    expect([held.includes(user(5)), (await members()).includes(user(5)), (await members()).length]).toEqual([
      true,
      false,
      held.length - 1,
    ])
  })

  test('delete is verified beside a live control, and reactivation of another is not disturbed', async () => {
    const one = await open()
    const { outcome, looks } = await one.change('delete_account', user(6))
    const back = await one.change('reactivate_account', user(17))
    await one.close()
    expect([outcome.is, back.outcome.is]).toEqual(['verified', 'verified'])
    expect(
      looks.filter((look) => look.phase === 'after' && look.shows === 'asked').every((look) => look.control === 'alive'),
    ).toBe(true)
    expect([(await ask(`/Users/${user(6)}`)).status, (await ask(`/Users/${user(17)}`)).body['active']]).toEqual([404, true])
  })

  test('at the recheck both paths are looked at again, by what the person is called then', async () => {
    const one = await open()
    await one.change('deactivate_account', user(3))
    const [later] = await one.later(3_700_000)
    await one.close()
    const seen = later?.looks.filter((look) => look.phase === 'recheck').map(({ where, shows }) => `${where} ${shows}`)
    expect([later?.outcome.is, [...new Set(seen)].toSorted()]).toEqual([
      'verified',
      ['GET /Users asked', 'GET /Users/{id} asked'],
    ])
  })

  test('undone behind our back, the recheck says reverted', async () => {
    const one = await open()
    await one.change('deactivate_account', user(3))
    await fetch(`${scimmy.url}/Users/${user(3)}`, {
      method: 'PATCH',
      headers: { authorization: `Bearer ${scimmy.token}`, 'content-type': 'application/scim+json' },
      body: JSON.stringify({
        schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
        Operations: [{ op: 'replace', path: 'active', value: true }],
      }),
    })
    const outcomes = await one.later(3_700_000)
    await one.close()
    expect(outcomes.map(({ outcome }) => outcome.is)).toEqual(['reverted'])
  })
})

describe('a server that answers 200 and changes nothing', () => {
  test.each([
    ['deactivate_account', user(3), {}],
    ['reactivate_account', user(17), {}],
    ['update_account', user(4), { displayName: 'Somebody Else' }],
    ['grant', user(5), { group: group(2) }],
    ['revoke', user(6), { group: group(2) }],
    ['delete_account', user(7), {}],
  ])('%s is refuted', async (action, id, input) => {
    const one = await open()
    await scimmy.order({ kind: 'writes', are: 'ignored' })
    const { outcome, events } = await one.change(action, id, input)
    await one.close()
    expect([outcome.is, facets(outcome)]).toEqual(['refuted', { [outcome.facets[0]?.facet as string]: 'refuted' }])
    expect(events.filter((event) => event.kind === 'answered').every((event) => event.result === 'accepted')).toBe(true)
  })
})

test('a server whose by-id answers show the change while its list does not is refuted', async () => {
  const one = await open()
  await scimmy.order({ kind: 'writes', are: 'listed' })
  const { outcome } = await one.change('deactivate_account', user(3))
  await one.close()
  expect(outcome.is).toBe('refuted')
})
