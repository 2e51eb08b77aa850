/**
 * Lies in random company: two or three faults at once, on random pages and lists, some once and some for good.
 * Whatever they do together, nothing may be called complete that is not. ROLLCALL_CHANCE=400 for a long run, ROLLCALL_SEED for other dice.
 */
import { describe, expect, test } from 'vitest'
import { DIALECT_NAMES, DIALECTS, type DialectName } from '../targets/dialects.ts'
import { FAULTS, type FaultName, type FaultOptions, type Faults } from '../targets/faults.ts'
import { pick, type Random, seeded } from '../targets/population.ts'
import { expectCase } from './check.ts'
import { runSync } from './run.ts'

const ROUNDS = Number(process.env['ROLLCALL_CHANCE'] ?? 36)
const SEED = Number(process.env['ROLLCALL_SEED'] ?? 5)

/** Left out: what waits for seconds, and the one view that no proof can see through once a person has vouched for it. */
const NEVER: readonly FaultName[] = ['throttle', 'quota_403', 'cut', 'restricted']
/** Only a place in a list can be pointed at; a number can not be wrong in these ways. */
const CURSORS_ONLY: readonly FaultName[] = ['next_self', 'next_back', 'empty_inserted', 'endless_empty', 'cursor_expired']
/** Changes of the truth, and lies about it that must stay consistent, concern the users. */
const USERS_ONLY: readonly FaultName[] = [
  'delete_while_paging',
  'insert_while_paging',
  'busy',
  'busy_groups',
  'hidden_with_totals',
  'default_filter',
]

type Throw = { readonly name: string; readonly dialect: DialectName; readonly faults: Faults; readonly seed: number }

const throws = Array.from({ length: ROUNDS }, (_, round): Throw => {
  const random = seeded(SEED * 10_000 + round)
  const dialect = pick(random, DIALECT_NAMES, 1)[0]!
  const allowed = (Object.keys(FAULTS) as FaultName[]).filter(
    (name) =>
      !NEVER.includes(name) &&
      (DIALECTS[dialect].steps === 'keyset' || !CURSORS_ONLY.includes(name)) &&
      !(dialect === 'page_number' && name === 'short_page') &&
      !(DIALECTS[dialect].steps !== 'keyset' && dialect !== 'scim' && name === 'case_twin'),
  )
  const chosen = pick(random, allowed, 1 + Math.floor(random() * 3))
  const faults = Object.fromEntries(chosen.map((name) => [name, optionsFor(name, dialect, random)])) as Faults
  return { name: `${dialect} ${JSON.stringify(faults)}`, dialect, faults, seed: SEED + round }
})

function optionsFor(name: FaultName, dialect: DialectName, random: Random): FaultOptions {
  const page = pick<number | 'last' | null>(random, [1, 2, 3, 4, 'last', null], 1)[0] ?? null
  const times = pick<number | null>(random, [1, 2, null], 1)[0] ?? null
  const lists =
    USERS_ONLY.includes(name) || dialect === 'scim' ? (['users'] as const) : (['users', 'users', 'groups', 'members'] as const)
  const moves = name.endsWith('_while_paging') || name.startsWith('busy')
  return {
    ...(page === null ? {} : { page }),
    ...(times === null && !moves ? {} : { times: times ?? 3 }),
    list: pick(random, lists, 1)[0]!,
    rows: 1 + Math.floor(random() * 3),
  }
}

describe(`${ROUNDS} throws of the dice`, () => {
  test.concurrent.each(throws)('$name', async ({ dialect, faults, seed }) => {
    const run = await runSync(dialect, faults, { n: 350, groups: 5, seed })
    try {
      expectCase({ row: 'chance', claim: '', faults, on: [dialect], must: 'safe', fires: 0 }, run)
      expect(run.requests).toBeLessThan(3_000)
    } finally {
      await run.end()
    }
  })
})
