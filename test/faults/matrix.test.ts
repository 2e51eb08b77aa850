/** The fault matrix: 1,000 users in 10 pages, one lie, six dialects, and nobody lost in silence. */
import { describe, expect, test } from 'vitest'
import { ALL, PEERS } from './cases.ts'
import { ALL_COMPLETE, checkCase, expectCase, expectHonestRequests, NOTHING, why } from './check.ts'
import { isSilentLoss, runSync } from './run.ts'

describe('an honest target', () => {
  test.concurrent.each(ALL)('%s is complete, and no second look is needed', async (dialect) => {
    const run = await runSync(dialect, {})
    try {
      expectHonestRequests(run)
      expect({ code: run.code, verdicts: run.verdicts }, why(run)).toEqual({ code: 0, verdicts: ALL_COMPLETE })
      expect(run.differs).toEqual(NOTHING)
      expect(run.records['users']).toBe(1_000)
      expect(run.requests, 'requests of an honest run').toBeLessThan(90)
    } finally {
      await run.end()
    }
  })
})

describe('the limit of every proof, and the planted violation of this suite', () => {
  test.concurrent.each(ALL.filter((dialect) => dialect !== 'cursor'))(
    'a view that hides people everywhere, vouched for by a person, is believed; the suite sees the loss (%s)',
    async (dialect) => {
      const run = await runSync(dialect, { restricted: {} }, { n: 300, groups: 4 })
      try {
        expect(run.fired.restricted).toBeGreaterThan(0)
        expect(run.code, why(run)).toBe(0)
        expect(JSON.stringify(run.json.streams['users'])).toContain('attested')
        expect(run.differs.missing).toHaveLength(120)
        expect(isSilentLoss(run)).toBe(true)
        expect(() => expectCase({ row: '', claim: '', faults: { restricted: {} }, on: [dialect], must: 'safe' }, run)).toThrow(
          'SILENT LOSS',
        )
      } finally {
        await run.end()
      }
    },
  )
})

test('a second pass by query takes the place of what the next link says, and asks nothing twice', async () => {
  const by_query = (yaml: string) => yaml.replace(/second_pass, list: "GET \/users[^"]*"/, 'second_pass, query: { $top: 70 }')
  const run = await runSync('next_url', {}, { n: 300, groups: 3, declare: by_query })
  try {
    expectHonestRequests(run)
    expect({ code: run.code, verdicts: run.verdicts }, why(run)).toEqual({ code: 0, verdicts: ALL_COMPLETE })
  } finally {
    await run.end()
  }
})

describe('the matrix of the peers', () => {
  for (const one of PEERS) {
    test.concurrent.each(one.on)(`${one.row}: ${one.claim} (${one.must}, %s)`, (dialect) => checkCase(one, dialect))
  }
})
