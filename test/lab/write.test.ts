/** Writing in the lab: the oracle can fail, every lie strikes, a seed comes again, and small dialects hold. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { clock } from '../../cli/lab/clock.ts'
import { loadDialect } from '../../cli/lab/dialects.ts'
import { WRITE_FAULTS } from '../../cli/lab/faults/write.ts'
import { aboutOthers, holdsIn, judgeWrite, type Told } from '../../cli/lab/oracle/write.ts'
import { applyChange, dropsOf, inverseOf } from '../../cli/lab/twin/change.ts'
import { duplicatesOf, openCopies } from '../../cli/lab/twin/copies.ts'
import { changesOf } from '../../cli/lab/twin/effects.ts'
import { openStage, type Stage } from '../../cli/lab/twin/serve.ts'
import { scopeOf } from '../../cli/lab/twin/template.ts'
import { stageTwin } from '../../cli/lab/write-base.ts'
import { openWriteBench, type WriteBench } from '../../cli/lab/write-bench.ts'

const at = (s: number) => new Date(s * 1000).toISOString()
const facet = (is: string, s: number | null = 10) => ({ facet: 'account', is, verified_at: s === null ? null : at(s) })
const told = (is: string, facets: Told['facets'], s = 11): Told => ({ is, facets, at_ms: s * 1000 })
const since = (...moments: readonly (readonly [s: number, holds: boolean])[]) =>
  moments.map(([s, account]) => ({ at_ms: s * 1000, holds: { account } }))

describe('the oracle', () => {
  test.each([
    ['verified, and so', [told('verified', [facet('verified')])], since([0, false], [5, true]), true, []],
    [
      'verified, and never so',
      [told('verified', [facet('verified')])],
      since([0, false]),
      false,
      ['account was not so when it was verified', 'account was undone, and nothing says so'],
    ],
    [
      'verified before it was so',
      [told('verified', [facet('verified', 3)])],
      since([0, false], [5, true]),
      true,
      ['account was not so when it was verified'],
    ],
    [
      'a facet of a partial outcome that was not so',
      [told('partial', [facet('verified')])],
      since([0, false]),
      false,
      ['account was not so when it was verified', 'account was undone, and nothing says so'],
    ],
    [
      'undone, and nobody says so',
      [told('verified', [facet('verified')])],
      since([0, false], [5, true], [50, false]),
      false,
      ['account was undone, and nothing says so'],
    ],
    [
      'undone, and said',
      [told('verified', [facet('verified')]), told('reverted', [facet('refuted', null)], 60)],
      since([0, false], [5, true], [50, false]),
      false,
      [],
    ],
    ['verified without a facet', [told('verified', [])], since([0, true]), true, ['verified without a facet']],
    [
      'verified beside a facet that is not',
      [told('verified', [facet('refuted', null)])],
      since([0, true]),
      true,
      ['verified although account is refuted'],
    ],
    [
      'a facet that nobody knows the truth of',
      [told('verified', [{ facet: 'data', is: 'verified', verified_at: at(3) }])],
      since([0, true]),
      true,
      ['data is verified and the lab has no truth for it'],
    ],
    ['refuted, though so', [told('refuted', [facet('refuted', null)])], since([0, true]), true, []],
  ] as const)('%s', (_, all, history, now, differs) => {
    const judged = judgeWrite(all, history, { account: now })
    expect([judged.differs, judged.false_success]).toEqual([differs, differs.length > 0])
  })

  test('of two facets that were undone each must be told: reverted because of one excuses nothing of the other', () => {
    const both = (account: string, sessions: string) => [
      facet(account),
      { facet: 'sessions', is: sessions, verified_at: sessions === 'verified' ? at(10) : null },
    ]
    const history = [
      { at_ms: 0, holds: { account: true, sessions: true } },
      { at_ms: 50_000, holds: { account: false, sessions: false } },
    ]
    const all = (sessions: string) => [
      told('verified', both('verified', 'verified')),
      told('reverted', both('refuted', sessions), 60),
    ]
    const now = { account: false, sessions: false }
    expect(judgeWrite(all('verified'), history, now).differs).toEqual(['sessions was undone, and nothing says so'])
    expect(judgeWrite(all('refuted'), history, now).differs).toEqual([])
  })

  test('what held in every copy while the looks agreed was seen so; what never did was not', () => {
    const reverted = [told('verified', [facet('verified', 10)]), told('reverted', [facet('refuted', null)], 60)]
    const held = since([0, false], [8, true], [9.6, false])
    expect(judgeWrite(reverted, held, { account: false }, { account: 2_000 }).differs).toEqual([])
    expect(judgeWrite(reverted, held, { account: false }).differs).toEqual(['account was not so when it was verified'])
    // Before the first of them, and one copy after the other: seen in none of the time.
    const before = since([0, false], [5, true], [7, false])
    expect(judgeWrite(reverted, before, { account: false }, { account: 2_000 }).false_success).toBe(true)
    // Nobody ever said that it was undone.
    const silent = judgeWrite(reverted.slice(0, 1), held, { account: false }, { account: 2_000 })
    expect(silent.differs).toEqual(['account was undone, and nothing says so'])
  })

  test('an instant that two different requests move is no duplicate; the same request twice is', () => {
    const moved = (request: number, to: string) =>
      ({ at_ms: 0, by: 'request', request, change: { do: 'set', of: 'users', id: 'u1', path: 'statusChanged', to } }) as const
    const both = [moved(1, '2026-01-05T15:00:00.000Z'), moved(2, '2026-01-05T15:05:00.000Z')]
    const lines = ['', 'POST /users/{id}/lifecycle/deactivate', 'DELETE /users/{id}']
    expect(
      duplicatesOf(
        both,
        () => '',
        (request) => lines[request] ?? '',
      ),
    ).toEqual([])
    expect(
      duplicatesOf(
        both,
        () => '',
        () => 'POST /users/{id}/lifecycle/deactivate',
      ),
    ).toHaveLength(1)
  })

  test('a second effect of one request is a duplicate, unless somebody else undid the first', () => {
    const change = { do: 'set', of: 'users', id: 'u1', path: 'active', to: false } as const
    const effect = (by: 'request' | 'upstream') => ({ at_ms: 0, change, by, request: 1 })
    const twice = (...all: readonly ('request' | 'upstream')[]) => duplicatesOf(all.map(effect), () => '')
    expect(twice('request', 'request')).toEqual(['users/u1 active false'])
    expect(twice('request', 'upstream', 'request')).toEqual([])
    const made = (id: string) =>
      ({
        at_ms: 0,
        by: 'request',
        request: 1,
        change: { do: 'put', of: 'users', entry: { id, ord: 1, links: {}, native: {} } },
      }) as const
    expect(duplicatesOf([made('a'), made('b')], () => 'ada@acme.test')).toEqual(['made ada@acme.test'])
  })

  test('a request that would change somebody else is told', () => {
    const asked = { action: 'revoke', id: 'u1', input: { group: 'g1' }, record: null }
    const meant = (...about: readonly string[]) => [{ request: 1, change: { do: 'drop', of: 'memberships' }, about }]
    expect(aboutOthers(meant('g1/u1', 'g1', 'u1'), asked, 'u1')).toEqual([])
    expect(aboutOthers(meant('u2'), asked, 'u1')).toEqual(['request 1 would drop memberships/u2'])
  })
})

describe('the world of a twin that can be changed', () => {
  let stage: Stage
  beforeAll(async () => {
    stage = await openStage()
  })
  afterAll(() => stage?.close())

  test('a record goes with what ties it to others, and comes back with it, in its old place', () => {
    const { world } = stageTwin(loadDialect('scim2'), stage, 14).twin
    const users = () => [...(world.collections.get('users')?.keys() ?? [])]
    const [before, members] = [users(), world.collections.get('memberships')?.size]
    const id = before[3] as string
    const undo = dropsOf(world, 'users', id).flatMap((change) => {
      const back = inverseOf(world, change)
      applyChange(world, change)
      return back === null ? [] : [back]
    })
    expect(users()).toEqual(before.filter((one) => one !== id))
    for (const change of undo.toReversed()) applyChange(world, change)
    expect([users(), world.collections.get('memberships')?.size]).toEqual([before, members])
  })

  test('a copy that lags, and a change that is undone', () => {
    const { twin } = stageTwin(loadDialect('scim2'), stage, 6)
    const time = clock(0)
    const moments: number[] = []
    const copies = openCopies([twin.world, twin.world.copy()], time.now, (at_ms) => moments.push(at_ms))
    const [id = ''] = twin.world.collections.get('users')?.keys() ?? []
    const shown = () => copies.worlds.map((world) => world.collections.get('users')?.get(id)?.native['title'])
    const was = shown()[0]
    copies.change([{ do: 'set', of: 'users', id, path: 'title', to: 'Boss' }], {
      by: 'request',
      request: 1,
      delay_ms: 0,
      undone_ms: 9_000,
      lag_ms: 4_000,
    })
    expect(shown()).toEqual(['Boss', was])
    time.jump(5_000)
    copies.tick()
    expect(shown()).toEqual(['Boss', 'Boss'])
    time.jump(5_000)
    copies.tick()
    expect(shown()).toEqual([was, 'Boss'])
    expect(moments).toEqual([0, 4_000, 9_000])
  })

  test.each([
    ['path', [{ op: 'replace', path: 'active', value: false }], { active: false }],
    ['no path', [{ op: 'replace', value: { active: false, title: 'Boss' } }], { active: false, title: 'Boss' }],
    ['Microsoft', [{ op: 'Replace', path: 'active', value: 'False' }], { active: false }],
    ['remove', [{ op: 'remove', path: 'title' }], {}],
    ['urn', [{ op: 'add', path: 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department', value: 'R&D' }], {}],
  ])('a SCIM patch: %s', (_, Operations, is) => {
    const { world } = stageTwin(loadDialect('scim2'), stage, 6).twin
    const [id = ''] = world.collections.get('users')?.keys() ?? []
    const changes = changesOf(world, [{ scim_patch: 'users', id }], scopeOf({ body: { Operations } }))
    expect(changes.map((change) => applyChange(world, change)).length).toBeGreaterThan(0)
    const native = world.collections.get('users')?.get(id)?.native
    expect(native).toMatchObject(is)
    if (_ === 'remove') expect(native).not.toHaveProperty('title')
    if (_ === 'urn') expect(JSON.stringify(native)).toContain('"department":"R&D"')
  })
})

describe('played', () => {
  let bench: WriteBench
  const DIALECTS = ['scim2', 'write-rest', 'write-graph']
  beforeAll(async () => {
    bench = await openWriteBench(DIALECTS.map((name) => loadDialect(name)))
  })
  afterAll(() => bench?.close())

  test('every honest change comes to the best its connector can reach, in every dialect', { timeout: 60_000 }, async () => {
    for (const dialect of DIALECTS)
      for (const scenario of bench.scenarios(dialect).filter(({ name }) => name.startsWith('honest/'))) {
        const { run, story } = await bench.play(dialect, scenario, 5)
        expect([run.false_success, run.false_block, run.differs], `${dialect} ${scenario.name}\n${story.join('\n')}`).toEqual([
          false,
          false,
          [],
        ])
      }
  })

  test('every lie of the table strikes somewhere, and is believed nowhere', { timeout: 120_000 }, async () => {
    const fired = new Set<string>()
    const cells = DIALECTS.flatMap((dialect) => bench.scenarios(dialect).map((scenario) => ({ dialect, scenario })))
    const first = (fault: string) =>
      cells.filter(({ scenario }) => scenario.lies.some((lie) => lie.fault === fault && lie.how !== 'hang')).slice(0, 2)
    for (const fault of Object.keys(WRITE_FAULTS))
      for (const { dialect, scenario } of first(fault)) {
        const { run, story } = await bench.play(dialect, scenario, 9)
        for (const name of Object.keys(run.fired)) fired.add(name)
        const why = `${dialect} ${scenario.name}: ${run.said} ${run.because}\n${story.join('\n')}`
        expect([run.false_success, run.differs], why).toEqual([false, []])
        expect(run.expected, why).toContain(run.said)
      }
    expect(Object.keys(WRITE_FAULTS).filter((name) => !fired.has(name))).toEqual(['doubles'])
  })

  test('a look that always says yes is told: the oracle sees it in a run that really happened', { timeout: 60_000 }, async () => {
    const scenario = bench.scenarios('scim2').find(({ name }) => name === 'W1/deactivate_account')
    const { told: said } = await bench.play('scim2', scenario ?? { name: '' }, 3)
    const lied = said.map((one) => ({
      ...one,
      is: 'verified',
      facets: one.facets.map((of) => ({ ...of, is: 'verified', verified_at: new Date(one.at_ms).toISOString() })),
    }))
    expect(judgeWrite(said, since([0, false]), { account: false }).false_success).toBe(false)
    expect(judgeWrite(lied, since([0, false]), { account: false }).false_success).toBe(true)
  })

  test('the same seed gives the same log, twenty times', { timeout: 120_000 }, async () => {
    for (const name of ['several/deactivate_account', 'several-copies/create_account', 'crash4/grant']) {
      const scenario = bench.scenarios('scim2').find((one) => one.name === name)
      const logs = new Set<string>()
      for (let time = 0; time < 20; time++) logs.add((await bench.play('scim2', scenario ?? { name }, 42)).run.log)
      expect([name, logs.size]).toEqual([name, 1])
    }
  })

  test('the truth of an action is told from the world: before an honest change it does not hold, after it it does', async () => {
    const { effects, asked } = await bench.play('scim2', { name: 'honest/deactivate_account' }, 8)
    expect(effects.length).toBeGreaterThan(0)
    const stage = await openStage()
    const dialect = loadDialect('scim2')
    const play = dialect.file.actions?.['deactivate_account']
    if (play === undefined) throw new Error('not played')
    const worlds = [6, 14, 31].map((population) => stageTwin(dialect, stage, population).twin.world)
    const world = worlds.find((one) => one.collections.get('users')?.has(asked.id ?? ''))
    if (world === undefined) throw new Error('whose world is it?')
    expect(holdsIn(play, [world], asked)).toEqual({ account: false })
    for (const { change } of effects) applyChange(world, change)
    expect(holdsIn(play, [world], asked)).toEqual({ account: true })
    await stage.close()
  })
})
