/** Hostile cases 14 to 17 of faults.md: a crash between effect and record, a no-op a facet, a suppressed deactivation, a mass deactivation. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type PlanFacts, type PlanSource, planBrakes } from '../../runtime/judge/plan-brakes.ts'
import { drain } from '../../runtime/write/engine.ts'
import type { PlanItem } from '../../runtime/write-types.ts'
import { WRITE_DIALECT_NAMES } from '../targets/write-server.ts'
import { askOf } from './cases.ts'
import { change, type Lab, lookLater, openLab, outcomeOf, request } from './lab.ts'
import { broken } from './law.ts'

const BOUNDARIES = Array.from({ length: 12 }, (_, index) => index + 1)

describe.each(WRITE_DIALECT_NAMES)('14: %s, killed', (dialect) => {
  let lab: Lab
  beforeAll(async () => {
    lab = await openLab(dialect)
  })
  afterAll(() => lab?.close())

  // Started again at once, within the window, and long after it.
  const lives = ['create_account', 'revoke', 'deactivate_account'].flatMap((action) =>
    [0, 4, 60].map((rests_s) => ({ action, rests_s })),
  )
  test.each(lives)('at each boundary of $action and started again after $rests_s s: done, once', async ({ action, rests_s }) => {
    for (const boundary of BOUNDARIES) {
      lab.reset(action === 'create_account' ? { no_uniqueness: {} } : {})
      const done = await change(lab, askOf(lab, action), { dies_at: [boundary], rests_s })
      const said = `boundary ${boundary}\n${done.lines.join('\n')}`
      expect(broken(lab, done), said).toEqual([])
      expect(done.outcome.is, said).toBe('verified')
    }
  })

  test('twice, and the answers are lost as well: at most two requests a step, one effect', async () => {
    for (const boundary of BOUNDARIES) {
      lab.reset({ no_uniqueness: {}, answer_lost: {} })
      const done = await change(lab, askOf(lab, 'create_account'), { dies_at: [boundary, 5], rests_s: 1 })
      const said = `boundary ${boundary}\n${done.lines.join('\n')}`
      expect(broken(lab, done), said).toEqual([])
      expect(done.effects.length, said).toBe(1)
      expect(done.outcome.is, said).toBe('verified')
    }
  })
})

describe('15: a yes, and one facet of it is not done', () => {
  let lab: Lab
  beforeAll(async () => {
    lab = await openLab('rest')
  })
  afterAll(() => lab?.close())

  const facets = { deactivate: 'account', sessions: 'sessions', tokens: 'tokens', unlicense: 'licenses' } as const
  test.each(Object.entries(facets) as [keyof typeof facets, string][])(
    '%s: the report names %s, and does not say verified',
    async (verb, facet) => {
      lab.reset({ no_op: { verb } })
      const done = await change(lab, askOf(lab, 'deactivate_account'))
      expect(broken(lab, done), done.lines.join('\n')).toEqual([])
      expect(done.fired.no_op).toBeGreaterThan(0)
      const is = Object.fromEntries(done.outcome.facets.map((one) => [one.facet, one.is]))
      expect([done.outcome.is, is], done.lines.join('\n')).toEqual([
        'partial',
        { account: 'verified', sessions: 'verified', tokens: 'verified', licenses: 'verified', [facet]: 'refuted' },
      ])
      expect(done.outcome.because).toContain(`${facet} refuted`)
    },
  )

  test('what is undone hours later is found by looking again', async () => {
    lab.reset({ upstream_readds: { verb: 'deactivate', ms: 100_000 } })
    const done = await change(lab, askOf(lab, 'deactivate_account'))
    expect(done.outcome.is).toBe('verified')
    expect((await lookLater(lab, 35, done.intent)).is).toBe('verified')
    expect((await lookLater(lab, 120, done.intent)).is).toBe('reverted')
  })
})

describe.each(WRITE_DIALECT_NAMES)('16: %s', (dialect) => {
  let lab: Lab
  beforeAll(async () => {
    lab = await openLab(dialect)
  })
  afterAll(() => lab?.close())

  test('a leaver goes though the update before failed, and the grants that wait for the same person are withdrawn', async () => {
    lab.reset({ failed_5xx: { verb: 'update', applied: false } })
    const update = await change(lab, askOf(lab, 'update_account'))
    expect(['rejected', 'unknown', 'refuted']).toContain(update.outcome.is)
    const ctx = lab.context()
    const grant = await request(ctx, askOf(lab, 'grant'))
    const other = await request(ctx, askOf(lab, 'grant', 5))
    const leaver = await request(ctx, askOf(lab, 'deactivate_account'))
    await drain(ctx)
    expect([await outcomeOf(lab, leaver), await outcomeOf(lab, other)].map(({ is }) => is)).toEqual(['verified', 'verified'])
    const row = await lab.store().intent(grant)
    expect([row?.state, row?.outcome], JSON.stringify(row?.events.map(({ kind }) => kind))).toEqual(['done', 'cancelled'])
    expect(lab.target.mutations().filter(({ verb }) => verb === 'join')).toHaveLength(1)
  })

  test('a leaver goes first, whatever was asked for before', async () => {
    lab.reset({})
    const ctx = lab.context()
    for (const who of [1, 2, 4, 6]) await request(ctx, { ...askOf(lab, 'update_account', who), lane: 'backfill' })
    await request(ctx, askOf(lab, 'deactivate_account', 7))
    await drain(ctx, { concurrency: 1 })
    expect(lab.target.mutations()[0]?.verb).toBe('deactivate')
  })
})

describe('17: a feed that names 12 of 9,000 people', () => {
  const item = (id: string): PlanItem => ({
    connection: 'directory',
    action: 'deactivate_account',
    id,
    input: {},
    bound: {},
    destructive: true,
    lane: 'leaver',
    person: id,
    change: 'active → inactive',
  })
  const leavers = (count: number) => Array.from({ length: count }, (_, index) => item(`u${index}`))
  const facts: { readonly [connection: string]: PlanFacts } = {
    directory: { population: 9_000, verdict: 'complete', privileged: ['u3', 'u8999'], own_id: 'u8998', protected_ids: [] },
  }
  const hr = (records: number, complete: boolean): PlanSource => ({ name: 'HR', records, complete })
  const brakes = (count: number, source: PlanSource) =>
    planBrakes({ items: leavers(count), facts, source }).map(({ brake }) => brake)

  test('is held, however complete the feed is said to be', () => {
    expect(brakes(8_988, hr(12, true))).toEqual(expect.arrayContaining(['mass_count', 'mass_share']))
    expect(brakes(8_988, hr(12, false))).toEqual(expect.arrayContaining(['mass_count', 'mass_share', 'incomplete_source']))
  })
  test('and an empty one, even for a single leaver', () => {
    expect(brakes(1, hr(0, true))).toContain('zero_source')
    expect(brakes(9_000, hr(0, true))).toEqual(expect.arrayContaining(['zero_source', 'mass_count', 'everybody']))
  })
  test('three leavers of a whole feed are no mass', () => {
    expect(brakes(3, hr(8_997, true))).toEqual([])
  })
})
