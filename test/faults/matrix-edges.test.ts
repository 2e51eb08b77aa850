/** The same lies on the first and last page and told once; and populations at the edges of a page. */
import { describe, expect, test } from 'vitest'
import { ALL, EDGE_PAGES, ONCE } from './cases.ts'
import { ALL_COMPLETE, checkCase, expectHonestRequests, NOTHING, why } from './check.ts'
import { runSync } from './run.ts'

for (const [title, cases] of [
  ['lies on the first and on the last page', EDGE_PAGES],
  ['lies that are told once', ONCE],
] as const) {
  describe(title, () => {
    for (const one of cases) {
      test.concurrent.each(one.on)(`${one.claim} (${one.must}, %s)`, (dialect) => checkCase(one, dialect))
    }
  })
}

describe.each([1, 99, 100, 101, 200])('a population of %i', (n) => {
  test.concurrent.each(ALL)('is complete (%s)', async (dialect) => {
    const run = await runSync(dialect, {}, { n, groups: 3 })
    try {
      expectHonestRequests(run)
      expect({ code: run.code, verdicts: run.verdicts }, why(run)).toEqual({ code: 0, verdicts: ALL_COMPLETE })
      expect(run.differs).toEqual(NOTHING)
    } finally {
      await run.end()
    }
  })
})

describe('an empty population', () => {
  test.concurrent.each(ALL)('is read without an error and invents nobody (%s)', async (dialect) => {
    const run = await runSync(dialect, {}, { n: 0, groups: 2 })
    try {
      expectHonestRequests(run)
      expect(run.differs).toEqual(NOTHING)
      expect(run.records['users']).toBe(0)
      expect(['complete', 'unproven'], why(run)).toContain(run.verdicts['users'])
    } finally {
      await run.end()
    }
  })
})
