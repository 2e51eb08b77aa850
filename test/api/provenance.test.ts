/** Every entry of the ledger says who, from where, on whose behalf and why. */
import { expect, test } from 'vitest'
import { type Doc, everyRole, furnish, openWorld, until } from './world.ts'

test('after a sync, a plan, an approval, a change, a pause, a stop, a login and what goes with them: no entry without a who, a where and a why', async () => {
  const world = await openWorld()
  try {
    const o = await furnish(world, 'acme')
    const send = everyRole(world, 'acme')
    const lee = world.as(world.token('acme', ['approver', 'operator'], { person: 'lee@acme.example' }))
    const body = { action: 'reactivate_account', id: o.record, why: 'on leave until now' }
    const { intent } = (await send('POST', `/v1/connections/${o.connection}/actions`, body)).doc
    expect((await lee('POST', `/v1/actions/${intent}/cancel`, { why: 'asked for by mistake' })).status).toBe(200)
    expect((await lee('POST', `/v1/plans/${o.plan}/approvals`, { why: 'read it' })).status).toBe(201)
    await send('POST', '/v1/stops/lift', { scope: '*', why: 'now' })
    await until(async () => (await send('GET', `/v1/actions/${o.intent}`)).doc.action.state === 'done', 20_000)
    await send('POST', `/v1/connections/${o.connection}/pause`, { why: 'night' })
    await send('POST', `/v1/connections/${o.connection}/resume`, { why: 'day' })
    await lee('POST', `/v1/waivers/requests/${o.request}/sign`, { why: 'seen' })
    const entries: Doc[] = (await send('GET', '/v1/ledger?limit=1000')).doc.items
    expect(entries.length).toBeGreaterThan(40)
    const bare = entries.filter(({ by, from, why }) => !by || !from || !why)
    expect([...new Set(bare.map(({ what, by, from, why }) => `${what}: ${JSON.stringify({ by, from, why })}`))]).toEqual([])
    console.log(`provenance: ${entries.length} entries of ${new Set(entries.map(({ what }) => what)).size} kinds, 0 bare`)
    const withdrawn = entries.find(({ what, about }) => what === 'withdrawn' && about === intent)
    expect(withdrawn).toMatchObject({
      ...{ by: 'lee@acme.example', on_behalf_of: 'all@acme.example', why: 'asked for by mistake' },
      from: expect.stringMatching(/^api 10\.0\.0\.7 token:/),
    })
    const sent = entries.find(({ detail, about }) => detail.event === 'sending' && about === o.intent)
    expect(sent).toMatchObject({ why: 'test', from: expect.stringMatching(/^api 10\.0\.0\.7 token:/) })
  } finally {
    await world.close()
  }
}, 60_000)
