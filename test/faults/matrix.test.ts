/** The fault matrix: 1,000 users in 10 pages, one lie, six dialects, and nobody lost in silence. */
import { describe, expect, test } from 'vitest'
import { ALL, PEERS, READING } from './cases.ts'
import { ALL_COMPLETE, checkCase, expectHonestRequests, NOTHING, why } from './check.ts'
import { runSync } from './run.ts'

describe('an honest target', () => {
  test.concurrent.each(ALL)('%s is complete, and no second look is needed', async (dialect) => {
    const run = await runSync(dialect, {})
    try {
      expectHonestRequests(run)
      expect({ code: run.code, verdicts: run.verdicts }, why(run)).toEqual({ code: 0, verdicts: ALL_COMPLETE })
      expect(run.differs).toEqual(NOTHING)
      expect(run.records['users']).toBe(1_000)
    } finally {
      await run.end()
    }
  })
})

for (const [title, cases] of [
  ['the matrix of the peers', PEERS],
  ['the faults of reading', READING],
] as const) {
  describe(title, () => {
    for (const one of cases) {
      test.concurrent.each(one.on)(`${one.row}: ${one.claim} (${one.must}, %s)`, (dialect) => checkCase(one, dialect))
    }
  })
}
