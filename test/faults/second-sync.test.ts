/** What a first sync can not know: a real layoff, a field that fell away, a read that is worse than the one before. */
import { describe, expect, test } from 'vitest'
import { pick, removeUser } from '../targets/population.ts'
import { ALL } from './cases.ts'
import { ALL_COMPLETE, NOTHING, why } from './check.ts'
import { storedRecords } from './invoke.ts'
import { type Run, runSync } from './run.ts'

async function twice(
  first: Promise<Run>,
  next: (first: Run) => Promise<Run>,
  look: (first: Run, second: Run) => void | Promise<void>,
) {
  const one = await first
  try {
    const two = await next(one)
    await look(one, two)
  } finally {
    await one.end()
  }
}

describe('R33: a true layoff of three in ten', () => {
  test.concurrent.each(ALL)('is complete, and the removals are held (%s)', (dialect) =>
    twice(
      runSync(dialect, {}, { n: 400, groups: 5 }),
      (previous) =>
        runSync(
          dialect,
          {},
          {
            previous,
            before: (all) => {
              for (const user of pick(all.random, all.users, 120)) removeUser(all, user.id)
            },
          },
        ),
      (_, second) => {
        expect(second.verdicts, why(second)).toEqual(ALL_COMPLETE)
        expect(second.differs).toEqual(NOTHING)
        expect(second.records['users']).toBe(280)
        expect(second.json.streams['users']?.hold, why(second)).toMatch(/120/)
      },
    ),
  )
})

describe('a second sync of an unchanged target', () => {
  test.concurrent.each(ALL)('is complete again and holds nothing (%s)', (dialect) =>
    twice(
      runSync(dialect, {}, { n: 250, groups: 4 }),
      (previous) => runSync(dialect, {}, { previous }),
      (_, second) => {
        expect(second.code, why(second)).toBe(0)
        expect(second.verdicts).toEqual(ALL_COMPLETE)
        expect(second.json.streams['users']?.hold ?? null).toBeNull()
      },
    ),
  )
})

describe('a read that is worse than the one before', () => {
  test.concurrent.each(ALL)('leaves the last complete snapshot in place (%s)', (dialect) =>
    twice(
      runSync(dialect, {}, { n: 350, groups: 4 }),
      (previous) => runSync(dialect, { html_200: { page: 2 } }, { previous }),
      async (_, second) => {
        expect(second.code).toBe(4)
        expect(second.verdicts['users'], why(second)).toBe('incomplete')
        const complete = await storedRecords(second.dir, 'complete')
        expect(complete['users']).toHaveLength(350)
      },
    ),
  )

  test.concurrent.each(ALL)('R3: people whom the last snapshot knows and who live on are missed (%s)', (dialect) =>
    twice(
      runSync(dialect, {}, { n: 350, groups: 4 }),
      (previous) => runSync(dialect, { hidden_with_totals: { rows: 2 } }, { previous }),
      (_, second) => {
        expect(second.fired.hidden_with_totals).toBeGreaterThan(0)
        expect(second.code, why(second)).toBe(4)
        expect(second.verdicts['users']).toBe('incomplete')
      },
    ),
  )

  test.concurrent.each(ALL)('R25: a field that fell from everyone to no one is named (%s)', (dialect) =>
    twice(
      runSync(dialect, {}, { n: 150, groups: 3 }),
      (previous) => runSync(dialect, { email_missing: {} }, { previous }),
      (_, second) => {
        expect(second.code).toBe(4)
        expect(second.verdicts['users'], why(second)).toBe('incomplete')
        expect(JSON.stringify(second.json.streams['users'])).toContain('email')
      },
    ),
  )
})
