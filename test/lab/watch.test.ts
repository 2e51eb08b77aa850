/** Feeds and webhooks that lie, in every dialect that has them; and that what holds them against the truth can fail. */
import { afterAll, describe, expect, test } from 'vitest'
import { loadDialect } from '../../cli/lab/dialects.ts'
import { READ_FAULTS } from '../../cli/lab/faults/read.ts'
import { FEED_FAULTS } from '../../cli/lab/faults/watch.ts'
import type { Truth } from '../../cli/lab/oracle/read.ts'
import { misplacedOf, untoldOf, untrueOf } from '../../cli/lab/oracle/watch.ts'
import { type Acted, fateOf, type Look, type Mailed } from '../../cli/lab/oracle/watch-fate.ts'
import { openBenches } from '../../cli/lab/plays.ts'
import { openRig, type Rig } from '../../cli/lab/rig.ts'
import { playWatch } from '../../cli/lab/run-watch.ts'
import { WATCH_SCENARIOS } from '../../cli/lab/scenarios/watch.ts'
import type { Hooks } from '../../cli/lab/twin/types.ts'
import type { Run } from '../../cli/lab/types.ts'
import { fitsWatch } from '../../cli/lab/watch-scene.ts'
import type { Connector, KindOptions } from '../../runtime/types.ts'
import type { Sighting } from '../../runtime/watch-types.ts'

const rig = openRig()
afterAll(() => rig.close())

/** Events and a delta; URLs and tokens; every word that shows who sends a message. */
const DIALECTS = ['cursor', 'next-url', 'okta', 'entra-id']
const finding = (run: Run) => run.false_success || run.false_block || !run.expected.includes(run.said)

describe('feeds and webhooks', () => {
  test.each(WATCH_SCENARIOS.map((one, place) => [one.name, place] as const))(
    '%s strikes, and comes out as it must',
    { timeout: 60_000 },
    async (name, place) => {
      const scenario = WATCH_SCENARIOS[place]
      const able = DIALECTS.filter((dialect) => scenario !== undefined && fitsWatch(scenario, rig.dialect(dialect)))
      expect(able, 'a dialect that can be told this lie').not.toEqual([])
      // One dialect a scenario here, in turn; the bulk plays them all.
      for (const dialect of [able[place % able.length]] as string[]) {
        const runs: Run[] = []
        for (let seed = 1; seed <= 4 && !runs.some((run) => run.counts); seed++)
          runs.push(await playWatch(rig, dialect, { name }, seed))
        expect(
          runs
            .filter((run) => run.counts && finding(run))
            .map((run) => `${dialect} ${run.seed}: ${run.said}: ${run.because} ${run.differs}`),
        ).toEqual([])
        expect(
          runs.some((run) => run.counts),
          `${dialect}: it must strike`,
        ).toBe(true)
      }
    },
  )

  test('every lie of a feed is in a scenario, and every scenario tells one that there is', () => {
    const used = new Set(WATCH_SCENARIOS.flatMap((one) => one.feed.map(({ fault }) => fault)))
    expect([...used].filter((fault) => FEED_FAULTS[fault] === undefined && READ_FAULTS[fault] === undefined)).toEqual([])
    expect(Object.keys(FEED_FAULTS).filter((fault) => !used.has(fault))).toEqual([])
    const all = WATCH_SCENARIOS.map((one) => one.name)
    expect(new Set(all).size).toBe(all.length)
  })

  test('both kinds of feed and all words that show who sends are spoken', () => {
    const connectors = DIALECTS.map((name) => rig.dialect(name).connector)
    const feeds = connectors.flatMap((one) =>
      Object.values(one.feeds).map(({ from }) => `${from.kind} ${String(from['position_is'] ?? '')}`.trim()),
    )
    expect(new Set(feeds)).toEqual(new Set(['events', 'delta token', 'delta url']))
    expect(connectors.map((one) => one.webhook?.verify.kind)).toEqual([
      'hmac',
      'standard_webhooks',
      'shared_header',
      'shared_body',
    ])
  })

  test('a feed of which nobody told how it looks is said not to be played', async () => {
    const dialect = loadDialect('cursor')
    const { feeds: _, webhook: __, ...file } = dialect.file
    const dumb = { ...dialect, file }
    expect(WATCH_SCENARIOS.some((scenario) => fitsWatch(scenario, dumb))).toBe(false)
    const benches = await openBenches({ file: null, dialect: 'okta' })
    expect(
      benches
        .find(({ side }) => side === 'read')
        ?.unplayed('okta')
        .filter((line) => /^(feed|webhook)/.test(line)),
    ).toEqual([])
    for (const bench of benches) await bench.close()
  })

  test.each([
    ['cursor', 'R28'],
    ['next-url', 'R30/lies'],
    ['entra-id', 'honest/watched/many'],
  ])(
    '%s %s: the same seed gives the same log whatever was played before, another one another',
    { timeout: 60_000 },
    async (dialect, name) => {
      const other = openRig()
      const play = (on: Rig, seed: number) => playWatch(on, dialect, { name }, seed)
      const logs = new Set([(await play(rig, 7)).log, (await play(rig, 7)).log, (await play(other, 7)).log])
      await play(other, 8)
      logs.add((await play(other, 7)).log)
      expect(logs.size).toBe(1)
      expect(logs).not.toContain((await play(rig, 8)).log)
      await other.close()
    },
  )
})

describe('the oracle of watching can fail', () => {
  /** The runtime is given a connector that differs from the one that the twin and the oracle know. */
  const told = (change: (connector: Connector) => Connector, of: Rig = rig): Rig => ({
    ...of,
    stage: async () => {
      const stage = await of.stage()
      return { ...stage, pointed: (connector) => change(stage.pointed(connector)) }
    },
  })
  const some = async (play: (seed: number) => Promise<Run>): Promise<readonly Run[]> =>
    await [1, 2, 3].reduce<Promise<readonly Run[]>>(
      async (runs, seed) => [...(await runs), await play(seed)],
      Promise.resolve([]),
    )

  test('a sighting that is not so: a by-id read from an old copy', async () => {
    let copy: ReturnType<NonNullable<Hooks['world']>> = null
    const stale: Hooks = {
      instead: (_, twin) => {
        copy ??= twin.world.copy()
        return null
      },
      world: (ask) => (ask.kind === 'get' ? copy : null),
    }
    const runs = await some((seed) => {
      copy = null
      return playWatch(rig, 'cursor', { name: 'honest/watched/many' }, seed, {}, [stale])
    })
    // What happened before the first look is in the copy: at least one of them saw something change later.
    expect(
      runs.some(
        (run) =>
          run.false_success &&
          run.said === 'complete' &&
          /is gone, and is not|is alive, and is gone|: \w+ is /.test(run.differs[0] ?? ''),
      ),
    ).toBe(true)
  })

  test('a feed that is called steady and left out every removal: it is believed to claim none', async () => {
    const deaf = told((connector) => {
      const log = connector.feeds['log']
      if (log === undefined) throw new Error('there is no log')
      return { ...connector, feeds: { log: { ...log, tells: ['created', 'updated'] } } }
    })
    const runs = await some((seed) => playWatch(deaf, 'cursor', { name: 'filed-24' }, seed))
    expect(runs.filter((run) => run.counts).map((run) => [run.false_success, run.said])).toContainEqual([true, 'complete'])
    expect(runs.flatMap((run) => run.differs)[0]).toMatch(/^log is steady, and never told of (users|groups) .* \(deleted\)$/)
  })

  test('a forged message that is taken: whoever says `user` is believed', async () => {
    const verifying = (connector: Connector, verify: KindOptions): Connector => {
      if (connector.webhook === null) throw new Error('there is no webhook')
      return { ...connector, webhook: { ...connector.webhook, verify } }
    }
    const open = openRig((name) => {
      const { connector, ...dialect } = loadDialect(name)
      return { ...dialect, connector: verifying(connector, { ...connector.webhook?.verify, kind: 'hmac', secret: 'user' }) }
    })
    const lax = told(
      (connector) => verifying(connector, { kind: 'shared_body', path: 'events[*].subject.kind', secret: 'user' }),
      open,
    )
    const runs = await some((seed) => playWatch(lax, 'cursor', { name: 'R30' }, seed))
    expect(runs.map((run) => [run.false_success, run.noticed, run.differs[0]])).toContainEqual([
      true,
      false,
      'forged: taken with 200, and must be refused',
    ])
    await open.close()
  })

  const look = (is: string, untrue: readonly string[] = []): Look => ({
    feeds: [{ feed: 'log', is, because: 'so' }],
    ...{ untrue, waiting: 0, endless: false, seen: [] },
  })
  const mail = (given: Partial<Mailed>): Mailed => ({
    ...{ mail: 'forged', must: 'refused', is: 'refused', status: 401, touched: false, signs: true },
    ...given,
  })
  const acted = (given: Partial<Acted>): Acted => ({
    ...{ looks: [look('untested'), look('steady')], mailed: [], untold: new Map(), requests: 0, bare: 0, broken: null },
    ...given,
  })
  test.each<[string, Partial<Acted>, string, boolean, boolean]>([
    ['all is steady', {}, 'complete', false, false],
    ['it was skipped once', { looks: [look('skipped'), look('steady')] }, 'incomplete', false, true],
    ['a hole', { looks: [look('hole'), look('steady')] }, 'incomplete', false, true],
    ['no answer once', { looks: [look('failed'), look('steady')] }, 'unproven', false, true],
    ['nothing to compare', { looks: [look('untested')] }, 'unproven', false, true],
    ['steady, and something was never told', { untold: new Map([['log', ['users u1 (deleted)']]]) }, 'complete', true, false],
    [
      'never told, and that was said',
      { looks: [look('skipped'), look('steady')], untold: new Map([['log', ['users u1']]]) },
      'incomplete',
      false,
      true,
    ],
    ['an untrue sighting', { looks: [look('steady', ['users: u1 is gone, and is not'])] }, 'complete', true, false],
    [
      'an untrue sighting beside a skip that was named',
      { looks: [look('skipped', ['users: u1 is gone, and is not'])] },
      'complete',
      true,
      false,
    ],
    ['a forged message refused', { mailed: [mail({})] }, 'complete', false, true],
    ['a forged message taken', { mailed: [mail({ is: 'taken', status: 200 })] }, 'complete', true, false],
    ['a forged message refused, and yet somebody is looked at', { mailed: [mail({ touched: true })] }, 'complete', true, false],
    ['a replayed one known', { mailed: [mail({ must: 'known', is: 'again', status: 200 })] }, 'complete', false, true],
    ['a replayed one taken again', { mailed: [mail({ must: 'known', is: 'taken', status: 200 })] }, 'complete', true, false],
    ['an honest one refused', { mailed: [mail({ must: 'taken' })] }, 'incomplete', false, true],
    ['no end', { looks: [{ ...look('steady'), endless: true }] }, 'error', false, false],
  ])('%s', (_, given, said, false_success, noticed) => {
    expect(fateOf(acted(given))).toMatchObject({ said, false_success, noticed })
  })

  const sighting = (given: Partial<Sighting>): Sighting => ({
    ...{ seq: 1, at: '', stream: 'users', id: 'u1', cause: { by: 'webhook' }, named_at: '', because: '' },
    ...{ shows: 'alive', fields: { userName: 'a' }, is: 'as_stored', moved: [] },
    ...given,
  })
  const so = { userName: 'a' }
  test('what was not so at any moment of the look is untrue', () => {
    expect(untrueOf(sighting({}), [so])).toBeNull()
    expect(untrueOf(sighting({}), [{ userName: 'b' }, so])).toBeNull()
    expect(untrueOf(sighting({ shows: 'gone', fields: null }), [null])).toBeNull()
    expect(untrueOf(sighting({ shows: 'unanswered', fields: null }), [])).toBeNull()
    for (const [given, moments] of [
      [{ fields: { userName: 'b' } }, [so]],
      [{ shows: 'gone', fields: null }, [so]],
      [{}, [null]],
      [{}, []],
      [{ fields: null }, [so]],
      [{ shows: 'unanswered' }, [so]],
    ] as const)
      expect(untrueOf(sighting(given as Partial<Sighting>), moments)).not.toBeNull()
  })

  test('what is said beside the snapshot is held against it', () => {
    const stored = [{ id: 'u1', fields: { userName: 'a' } }]
    const other = { userName: 'b' }
    expect(misplacedOf(sighting({}), [so], stored)).toBeNull()
    expect(misplacedOf(sighting({ is: 'changed', moved: ['userName'], fields: other }), [other], stored)).toBeNull()
    expect(misplacedOf(sighting({ is: 'new' }), [so], [])).toBeNull()
    expect(misplacedOf(sighting({ is: 'missing', shows: 'gone', fields: null }), [null], stored)).toBeNull()
    for (const [given, moments, rows] of [
      [{}, [so], []],
      [{ is: 'new' }, [so], stored],
      [{ is: 'changed', moved: ['userName'] }, [so], stored],
      [{ fields: other }, [other], stored],
      [{ is: 'as_stored', shows: 'gone', fields: null }, [null], stored],
      [{ is: 'changed', shows: 'unanswered', fields: null }, [], stored],
    ] as const)
      expect(misplacedOf(sighting(given as Partial<Sighting>), moments, rows)).not.toBeNull()
  })

  test('a change that two reads must show and that was never named is untold, and what the feed does not claim is not', () => {
    const { connector, file } = loadDialect('cursor')
    const feed = connector.feeds['log']
    if (feed === undefined) throw new Error('there is no log')
    const truth = (people: { readonly [id: string]: string }): ReadonlyMap<string, Truth> =>
      new Map([['users', new Map(Object.entries(people).map(([id, title]) => [id, [{ title }]]))]])
    const of = (named: readonly string[], given: Partial<typeof feed> = {}) =>
      untoldOf({
        feed: { ...feed, ...given },
        ...{ file, before: truth({ a: 'x', b: 'x', c: 'x' }), after: truth({ a: 'x', b: 'y', d: 'x' }) },
        named: named.map((id) => ({ feed: 'log', of: 'users', id })),
      })
    expect(of(['b', 'c', 'd'])).toEqual([])
    expect(of([])).toEqual(['users b (updated)', 'users c (deleted)', 'users d (created)'])
    expect(of(['b', 'd'], {})).toEqual(['users c (deleted)'])
    expect(of(['d'], { tells: ['created', 'updated'], silent_on: ['title'] })).toEqual([])
  })
})
