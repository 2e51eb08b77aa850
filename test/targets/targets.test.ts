/** The fake targets themselves: honest when honest, and each lie really loses people for the loop that everybody writes. */
import { afterEach, describe, expect, test } from 'vitest'
import { DIALECT_NAMES, DIALECTS, type DialectName } from './dialects.ts'
import { FAULTS, type FaultName, type Faults } from './faults.ts'
import { readNaively } from './naive.ts'
import { population } from './population.ts'
import { startTarget, type Target } from './server.ts'

let open: Target | null = null
afterEach(async () => {
  await open?.close()
  open = null
})

async function target(dialect: DialectName, faults: Faults = {}, n = 1_000): Promise<Target> {
  open = await startTarget({ dialect, faults, population: population({ n, seed: 7, ids: DIALECTS[dialect].ids }) })
  return open
}

const CURSORS: readonly DialectName[] = ['cursor', 'link', 'next_url']
const NUMBERS: readonly DialectName[] = ['offset', 'page_number', 'scim']

describe.each(DIALECT_NAMES)('an honest %s target', (dialect) => {
  test.each([0, 1, 99, 100, 101, 1_000])('gives each of %i users once', async (n) => {
    const there = await target(dialect, {}, n)
    const read = await readNaively(there, dialect, 100)
    expect(read.ended).toBe('end')
    expect([...read.ids].sort()).toEqual(there.population.users.map((user) => user.id).sort())
    expect(there.unexpected).toEqual([])
  })

  test('gives the same population for the same seed', () => {
    const make = (seed: number) => JSON.stringify(population({ n: 50, seed, ids: DIALECTS[dialect].ids }))
    expect(make(3)).toBe(make(3))
    expect(make(3)).not.toBe(make(4))
  })

  test('refuses a wrong token and records a request it does not know', async () => {
    const there = await target(dialect, {}, 10)
    expect((await fetch(`${there.url}/api/users`)).status).toBe(401)
    expect(there.refused_tokens()).toBe(1)
    expect((await fetch(`${there.url}/nothing/here`, { headers: { authorization: `Bearer ${there.token}` } })).status).toBe(400)
    expect(there.unexpected).toEqual(['GET /nothing/here'])
  })
})

type Loss = {
  readonly fault: FaultName
  readonly on: readonly DialectName[]
  readonly loses: boolean
  readonly more?: Faults[FaultName]
}

/** What the naive loop does on page 4: `loses` where it ends without an error and somebody is missing. */
const LOSSES: readonly Loss[] = [
  { fault: 'html_200', on: DIALECT_NAMES, loses: true },
  { fault: 'empty_200', on: NUMBERS, loses: true },
  { fault: 'truncated_200', on: NUMBERS, loses: true },
  { fault: 'error_200', on: ['cursor', 'offset', 'page_number', 'scim', 'next_url'], loses: true },
  { fault: 'ok_false_200', on: DIALECT_NAMES, loses: true },
  { fault: 'data_null', on: DIALECT_NAMES, loses: true },
  { fault: 'empty_page', on: DIALECT_NAMES, loses: true },
  { fault: 'next_missing', on: CURSORS, loses: true },
  { fault: 'repeated', on: DIALECT_NAMES, loses: true },
  { fault: 'stale_page', on: DIALECT_NAMES, loses: true },
  { fault: 'hidden_row', on: DIALECT_NAMES, loses: true },
  { fault: 'hidden_person', on: DIALECT_NAMES, loses: true, more: {} },
  { fault: 'dropped_rows', on: DIALECT_NAMES, loses: true },
  { fault: 'short_page', on: ['offset', 'scim'], loses: true },
  { fault: 'short_page', on: CURSORS, loses: false },
  { fault: 'cap_50', on: NUMBERS, loses: true, more: {} },
  { fault: 'cap_50', on: CURSORS, loses: false, more: {} },
  { fault: 'delete_while_paging', on: NUMBERS, loses: true, more: { page: 4, times: 1 } },
  { fault: 'delete_while_paging', on: CURSORS, loses: false, more: { page: 4, times: 1 } },
  { fault: 'hidden_with_totals', on: DIALECT_NAMES, loses: true, more: {} },
  { fault: 'default_filter', on: DIALECT_NAMES, loses: true, more: {} },
  { fault: 'restricted', on: DIALECT_NAMES, loses: true, more: {} },
  { fault: 'case_twin', on: ['cursor', 'link', 'scim', 'next_url'], loses: true },
  { fault: 'id_reused', on: DIALECT_NAMES, loses: true },
  { fault: 'empty_inserted', on: CURSORS, loses: false },
]

describe.each(LOSSES)('$fault', ({ fault, on, loses, more }) => {
  test.each(on)(`${loses ? 'loses people silently' : 'loses nobody'} when %s is read until there is no next`, async (dialect) => {
    const there = await target(dialect, { [fault]: more ?? { page: 4 } })
    const read = await readNaively(there, dialect, 100)
    const ids = new Set(read.ids)
    const missing = there.population.users.filter((user) => !ids.has(user.id)).length
    expect(there.fired[fault]).toBeGreaterThan(0)
    expect(read.ended).toBe('end')
    expect(missing > 0).toBe(loses)
    expect(there.unexpected).toEqual([])
  })
})

describe('faults that a plain loop notices or never ends', () => {
  const cases: readonly (readonly [FaultName, DialectName, string])[] = [
    ['next_self', 'cursor', 'refused to go on'],
    ['next_back', 'link', 'refused to go on'],
    ['endless_empty', 'next_url', 'refused to go on'],
    ['forbidden', 'scim', 'error'],
    ['not_found', 'cursor', 'error'],
    ['cursor_expired', 'cursor', 'error'],
    ['throttle', 'offset', 'error'],
    ['quota_403', 'page_number', 'error'],
    ['cut', 'link', 'error'],
  ]
  test.each(cases)('%s on %s: %s', async (fault, dialect, ended) => {
    const there = await target(dialect, { [fault]: { page: 4 } })
    expect((await readNaively(there, dialect, 100)).ended).toBe(ended)
    expect(there.fired[fault]).toBeGreaterThan(0)
  })
})

test('an expired cursor stays expired, a new enumeration goes through', async () => {
  const there = await target('cursor', { cursor_expired: { page: 4, times: 1 } })
  expect((await readNaively(there, 'cursor', 100)).ended).toBe('error')
  expect((await readNaively(there, 'cursor', 100)).ids).toHaveLength(1_000)
})

test('a fault that fired as often as it was told is over', async () => {
  const there = await target('scim', { forbidden: { page: 2, times: 1 } }, 300)
  expect((await readNaively(there, 'scim', 100)).ended).toBe('error')
  expect((await readNaively(there, 'scim', 100)).ids).toHaveLength(300)
  expect(there.fired.forbidden).toBe(1)
})

test('every fault says what it does', () => {
  for (const fault of Object.values(FAULTS)) expect(fault.says.length).toBeGreaterThan(2)
})
