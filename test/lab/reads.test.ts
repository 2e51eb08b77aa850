import { afterAll, describe, expect, test } from 'vitest'
import { dialectNames } from '../../cli/lab/dialects.ts'
import { READ_FAULTS } from '../../cli/lab/faults/read.ts'
import { without } from '../../cli/lab/faults/read-types.ts'
import { compare, type StoredRow, type Truth } from '../../cli/lab/oracle/read.ts'
import { cappedOf } from '../../cli/lab/report/cells.ts'
import { openRig } from '../../cli/lab/rig.ts'
import { playRead } from '../../cli/lab/run-read.ts'
import { NOT_PLAYABLE, READ_SCENARIOS, readScenarios } from '../../cli/lab/scenarios/read.ts'
import { WATCH_SCENARIOS } from '../../cli/lab/scenarios/watch.ts'
import type { Run } from '../../cli/lab/types.ts'

const rig = openRig()
afterAll(() => rig.close())

/** Small ones, one for each way of paging, and SCIM as it is shipped. */
const DIALECTS = [
  'scim2',
  'cursor',
  'cursor-flag',
  'cursor-post',
  'link',
  'next-url',
  'none',
  'offset',
  'offset-empty',
  'page-number',
  'page-empty',
  'scim-index',
  'scim-cursor',
  'csv',
]
const play = (dialect: string, name: string, seed: number, off: readonly string[] = []): Promise<Run> =>
  playRead(rig, dialect, { name }, seed, { off })
const finding = (run: Run) => run.false_success || run.false_block || !run.expected.includes(run.said)

describe('reads that are lied to', () => {
  const speaks = new Map(DIALECTS.map((name) => [name, new Set(readScenarios(rig.dialect(name)).map((one) => one.name))]))
  const small = READ_SCENARIOS.filter((one) => !one.sizes.includes('thousands') && !one.sizes.includes('parents'))

  test.each(small.map((one, place) => [one.name, place] as const))(
    '%s strikes, and comes out as it must',
    { timeout: 60_000 },
    async (name, place) => {
      const able = DIALECTS.filter((dialect) => speaks.get(dialect)?.has(name))
      expect(able, 'a dialect that can be told this lie').not.toEqual([])
      // Two dialects a scenario here, in turn; the bulk plays them all.
      const chosen = [able[place % able.length], able[(place * 5 + 3) % able.length]] as string[]
      for (const dialect of new Set(chosen)) {
        const runs: Run[] = []
        for (let seed = 1; seed <= 6 && !runs.some((run) => run.counts); seed++) runs.push(await play(dialect, name, seed))
        expect(
          runs.filter(finding).map((run) => `${dialect} seed ${run.seed}: ${run.said}: ${run.because} ${run.differs.join('; ')}`),
        ).toEqual([])
        expect(
          runs.some((run) => run.counts),
          `${dialect}: the lie must strike`,
        ).toBe(true)
      }
    },
  )

  test('what nothing can show (roles of Okta, read first) is counted as capped, never as noticed', {
    timeout: 60_000,
  }, async () => {
    const runs: Run[] = []
    for (let seed = 1; seed <= 40 && !runs.some((run) => run.capped !== undefined); seed++)
      runs.push(await play('okta', 'peer-hidden_row', seed))
    const capped = runs.filter((run) => run.capped !== undefined)
    expect(capped.map((run) => [run.said, run.noticed, run.capped?.split(':')[0]])).toEqual([['unproven', false, 'stream roles']])
    const said = cappedOf(capped)
    expect(said).toEqual([{ dialect: 'okta', scenarios: ['peer-hidden_row'], because: capped[0]?.capped }])
  })

  test('every lie is in a scenario, and every scenario is one of a lie that there is', () => {
    const used = new Set(READ_SCENARIOS.flatMap((one) => one.aims.map((aim) => aim.fault)))
    expect([...used].filter((fault) => READ_FAULTS[fault] === undefined)).toEqual([])
    expect(Object.keys(READ_FAULTS).filter((fault) => !used.has(fault))).toEqual([])
  })

  test('each of R1 to R34 and of the filed issues of reading is played by its own name, or it is said why it is not', () => {
    const all = [...READ_SCENARIOS, ...WATCH_SCENARIOS]
    const names = new Set(all.flatMap((one) => one.name.split('/')[0]?.split('+') ?? []))
    /** Played under another name. */
    const alias: { readonly [name: string]: string } = { R17: 'peer-html_200', R18: 'peer-truncated_200' }
    const filed = [...Array.from({ length: 29 }, (_, at) => at + 1), 48].map((no) => `filed-${no}`)
    expect(filed.filter((name) => !names.has(name) && NOT_PLAYABLE[name] === undefined)).toEqual([])
    expect(filed.filter((name) => names.has(name) && NOT_PLAYABLE[name] !== undefined)).toEqual([])
    const missing = Array.from({ length: 34 }, (_, at) => `R${at + 1}`).filter(
      (name) => !names.has(name) && !names.has(alias[name] ?? '') && NOT_PLAYABLE[name] === undefined,
    )
    expect(missing).toEqual([])
    // Feeds and webhooks are played since the runtime has them.
    const watching = ['R28', 'R29', 'R30', 'filed-24']
    expect(watching.filter((name) => !names.has(name) || NOT_PLAYABLE[name] !== undefined)).toEqual([])
  })

  test('a hidden row is the first of its page, the last, one in the middle, and any: drawn', () => {
    const places = (rows: number, inside: boolean) =>
      [0, 0.5, 0.9, 1].map((from) => {
        const all = Array.from({ length: rows }, (_, place) => place)
        const left = without(all, { fault: 'hidden_row', stream: 'users', from, ...(inside ? { inside: true as const } : {}) })
        return all.filter((place) => !left.includes(place)).join()
      })
    expect(places(7, false)).toEqual(['0', '3', '5', '6'])
    expect(places(7, true)).toEqual(['0', '3', '5', '5'])
    expect([places(1, true), places(1, false)]).toEqual([
      ['0', '0', '0', '0'],
      ['0', '0', '0', '0'],
    ])
    const scenario = READ_SCENARIOS.find((one) => one.name === 'peer-hidden_row')
    expect(scenario?.aims[0]?.cut).toBe('inside')
  })

  test('scenario names are told apart', () => {
    expect(new Set(READ_SCENARIOS.map((one) => one.name)).size).toBe(READ_SCENARIOS.length)
  })
})

describe('what the lab found stays found', () => {
  test.each([
    ['google-workspace', 'filed-3', 866657217, 'a group emptied alike in both passes counts its people: fewer are too few'],
    ['scim2', 'peer-hidden_row', 2, 'a count inside the very answer that the members came from is no second count'],
    ['offset', 'filed-1', 1, 'a count of 0 does not confirm a list that had records before'],
    ['none', 'filed-1', 2, 'the same, of a list in one answer'],
    ['offset-empty', 'honest/one', 1, 'a list of one row, read until a page is empty, ends'],
    ['scim2', 'R14', 3, 'a server that gives one row a page is no loop'],
    ['scim2', 'bare-error_200', 1, 'an error with 200 is no list left out because it is empty'],
    ['csv', 'csv-half_line', 500, 'a text cut inside its last value, where every line ends'],
    ['google-workspace', 'bare-ok_false_200', 1, 'the same, where every empty list is left out'],
    ['entra-id', 'R33', 1796235902, 'a record by id is asked for all that its list is asked for, or it shows nothing of it'],
  ])('%s %s seed %i: %s', async (dialect, name, seed) => {
    const run = await play(dialect, name, seed)
    expect([run.counts, finding(run), run.because]).toEqual([true, false, run.because])
  })
})

describe('the oracle of reading can fail', () => {
  const EVERYTHING = [
    'second_pass',
    'total',
    'count',
    'count_per_parent',
    'by_id',
    'two_path',
    'named_by_edges',
    'closure',
    'canaries',
    'conservation',
    'known_account',
  ]

  test('a false complete is seen where the evidence that prevents it is switched off', async () => {
    const seen: Run[] = []
    for (const [dialect, name] of [
      ['cursor', 'R3'],
      ['link', 'R1'],
      ['scim2', 'R3/canary'],
    ] as const)
      for (let seed = 1; seed <= 3; seed++)
        seen.push(
          await play(
            dialect,
            name,
            seed,
            EVERYTHING.filter((one) => one !== 'second_pass'),
          ),
        )
    expect(
      seen.some((run) => run.false_success && run.said === 'complete' && run.differs.some((text) => text.includes('missing'))),
    ).toBe(true)
  })

  const told = { of: 'users', id: '{id}', fields: { userName: '' } }
  const truth = (...names: string[]): Truth =>
    new Map(names.map((name) => [name, [{ '(id)': name, userName: `${name}@acme.test` }]]))
  const stored = (...names: string[]): readonly StoredRow[] =>
    names.map((name) => ({ id: name, fields: { userName: `${name}@acme.test` } }))
  const of = (before: Truth, after: Truth, rows: readonly StoredRow[], ever: Truth = after) =>
    compare(told, { before, after, ever }, rows)

  test('somebody there all along and not in the store is missing', () => {
    expect(of(truth('a', 'b'), truth('a', 'b'), stored('a')).missing).toEqual(['b'])
  })
  test('who came or went while it was read may be in the store, and need not be', () => {
    expect(of(truth('a', 'b'), truth('a', 'c'), stored('a'), truth('a', 'b', 'c'))).toEqual({
      missing: [],
      invented: [],
      wrong: [],
    })
    expect(of(truth('a', 'b'), truth('a', 'c'), stored('a', 'b', 'c'), truth('a', 'b', 'c'))).toEqual({
      missing: [],
      invented: [],
      wrong: [],
    })
  })
  test('who never was is invented', () => {
    expect(of(truth('a'), truth('a'), stored('a', 'z')).invented).toEqual(['z'])
  })
  test('a value that never was so is wrong', () => {
    expect(of(truth('a'), truth('a'), [{ id: 'a', fields: { userName: 'b@acme.test' } }]).wrong).toHaveLength(1)
    expect(of(truth('a'), truth('a'), [{ id: 'a', fields: {} }]).wrong).toHaveLength(1)
  })
  test('one record twice is wrong', () => {
    expect(of(truth('a'), truth('a'), [...stored('a'), ...stored('a')]).wrong).toHaveLength(1)
  })
  test('edges are told apart by what they tie together', () => {
    const edge = { of: 'memberships', fields: { account: '', entitlement: '' } }
    const one: Truth = new Map([['u g', [{ account: 'u', entitlement: 'g' }]]])
    const row = (account: string): StoredRow => ({ id: `g/${account}`, fields: { account, entitlement: 'g' } })
    expect(compare(edge, { before: one, after: one, ever: one }, [row('u')])).toEqual({ missing: [], invented: [], wrong: [] })
    expect(compare(edge, { before: one, after: one, ever: one }, [row('v')])).toEqual({
      missing: ['u g'],
      invented: ['v g'],
      wrong: [],
    })
  })
})

describe('a seed replays', () => {
  test.each([
    ['scim2', 'R7'],
    ['cursor', 'R11/often'],
    ['link', 'R19'],
    ['offset', 'filed-29'],
    ['link', 'hostile-4'],
  ])('%s %s: the same seed gives the same log, another one another', { timeout: 60_000 }, async (dialect, name) => {
    // Another process has another port.
    const other = openRig()
    const logs = new Set<string>([(await playRead(other, dialect, { name }, 7)).log])
    await other.close()
    for (let time = 0; time < 19; time++) logs.add((await play(dialect, name, 7)).log)
    expect(logs.size).toBe(1)
    expect(logs).not.toContain((await play(dialect, name, 8)).log)
  })
})

test('every dialect with a twin file has honest scenarios to be held against', () => {
  for (const name of dialectNames())
    expect(
      readScenarios(rig.dialect(name)).some((one) => one.class === 'honest'),
      name,
    ).toBe(true)
})
