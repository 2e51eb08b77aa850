/** GitHub in the lab: everything is played, links are written as GitHub writes them, and what the lab found stays found. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { clock } from '../../cli/lab/clock.ts'
import { loadDialect } from '../../cli/lab/dialects.ts'
import { openRig, type Rig } from '../../cli/lab/rig.ts'
import { playRead } from '../../cli/lab/run-read.ts'
import { createTwin, openStage, type Stage } from '../../cli/lab/twin/serve.ts'
import { openWriteBench, type WriteBench } from '../../cli/lab/write-bench.ts'

const TIME = { timeout: 60_000 }
let rig: Rig
let stage: Stage
let bench: WriteBench
beforeAll(async () => {
  rig = openRig(loadDialect)
  stage = await openStage()
  bench = await openWriteBench([loadDialect('github')])
})
afterAll(async () => {
  await rig.close()
  await stage.close()
  await bench.close()
})

test('every stream and every action of the connector is played', () => {
  const { connector, file } = loadDialect('github')
  expect(Object.keys(file.streams).toSorted()).toEqual(Object.keys(connector.streams).toSorted())
  expect(Object.keys(file.actions ?? {}).toSorted()).toEqual(Object.keys(connector.actions).toSorted())
})

test('links have the pages around and name the organisation by its number, and both names are answered', async () => {
  const dialect = loadDialect('github')
  const twin = createTwin({ dialect, stage, clock: clock(), seed: 1, population: 11, page_size: 4 })
  const headers = { authorization: `Bearer ${twin.secrets['token']}` }
  const page = async (url: string) => {
    const answer = await fetch(url, { headers })
    const links = [...(answer.headers.get('link') ?? '').matchAll(/<([^>]+)>; rel="(\w+)"/g)]
    return {
      rows: ((await answer.json()) as readonly unknown[]).length,
      links: new Map(links.map((one) => [one[2], one[1] as string])),
    }
  }
  const first = await page(`${twin.origin}/@api.github.com/orgs/acme/members?per_page=100`)
  expect([first.rows, [...first.links.keys()]]).toEqual([4, ['next', 'last']])
  expect(first.links.get('next')).toBe(`${twin.origin}/@api.github.com/organizations/9919/members?per_page=100&page=2`)
  const second = await page(first.links.get('next') ?? '')
  expect([second.rows, [...second.links.keys()]]).toEqual([4, ['prev', 'next', 'last', 'first']])
  const last = await page(second.links.get('last') ?? '')
  expect([last.rows, [...last.links.keys()]]).toEqual([3, ['prev', 'first']])
  expect(twin.strangers).toEqual([])
})

describe('what the lab found stays found', () => {
  test.each([
    ['R24', 1820754652, 'unproven', 'a member whom a team names, whom the list lacks, and whom nobody can ask for'],
    ['R3', 2116945799, 'unproven', 'the same of two'],
    ['R3/known', 916923884, 'incomplete', 'a team that the list hides is answered by id'],
  ] as const)('%s@%i is %s: %s', TIME, async (name, seed, said, _why) => {
    const run = await playRead(rig, 'github', { name }, seed)
    expect([run.counts, run.said, run.false_success]).toEqual([true, said, false])
  })

  test.each([
    ['honest/create_account', 1, 'verified', 'an invitation that is taken up'],
    ['W5-cut/reactivate_account', 3612246973, 'verified', 'an invitation whose answer was lost, taken up'],
    ['W15/create_account', 3081433642, 'verified', 'an invitation that a replica shows late, taken up'],
  ] as const)('%s@%i ends %s: %s', TIME, async (name, seed, said, _why) => {
    const { run } = await bench.play('github', { name }, seed)
    expect([run.said, run.false_success, run.because]).toEqual([said, false, run.because])
  })

  test('an invitation whose answer was lost is unknown, and never rejected, until it is seen', TIME, async () => {
    const { told } = await bench.play('github', { name: 'W5-cut/reactivate_account' }, 3612246973)
    expect(told.map((one) => one.is)).toEqual(['unknown', 'verified'])
  })
})
