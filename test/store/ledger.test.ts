/** The ledger of a real store: numbers, proofs, pseudonyms, and what a changed file looks like. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { NewEntry } from '../../runtime/ledger/entry.ts'
import { leafHash } from '../../runtime/ledger/tree.ts'
import { openStore } from '../../runtime/store/sqlite/open.ts'
import { fromConsistency, fromInclusion } from '../ledger/rfc6962.ts'

type Store = Awaited<ReturnType<typeof openStore>>
let dir: string
let store: Store
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'rollcall-ledger-'))
  store = await openStore(dir)
})
afterEach(async () => {
  await store.close()
  await rm(dir, { recursive: true })
})

const entry = (n: number, more: Partial<NewEntry> = {}): NewEntry => ({
  at: new Date(Date.UTC(2026, 0, 1) + n * 60_000).toISOString(),
  what: n % 2 === 0 ? 'verdict' : 'sending',
  by: n % 3 === 0 ? 'ann' : 'bob',
  about: `intent-${n % 5}`,
  detail: { id: `00u${n}xyz`, because: `00u${n}xyz did not change` },
  ...more,
})
const fill = async (count: number) => await Promise.all(Array.from({ length: count }, (_, n) => store.enter(entry(n))))

describe('entries', () => {
  test('are numbered without a hole in the order they were made durable, and found by each of their parts', async () => {
    expect(await fill(40)).toEqual(Array.from({ length: 40 }, (_, n) => n + 1))
    const seqs = async (filter: object) => (await store.audit({ after: 0, limit: 99, ...filter })).map(({ seq }) => seq - 1)
    const all = Array.from({ length: 40 }, (_, n) => n)
    expect(await seqs({})).toEqual(all)
    expect(await seqs({ by: 'ann' })).toEqual(all.filter((n) => n % 3 === 0))
    expect(await seqs({ what: 'sending', about: 'intent-1' })).toEqual([1, 11, 21, 31])
    expect(await seqs({ since: entry(10).at, until: entry(13).at })).toEqual([10, 11, 12])
    expect(await seqs({ person: '00u7xyz' })).toEqual([7])
    expect(await seqs({ person: '00u7xy' })).toEqual([])
    expect(await seqs({ after: 38, limit: 1 })).toEqual([38])
  })

  test('show no personal value, not in any part of them, and not in the file', async () => {
    await store.enter(
      entry(1, { about: 'acme/users/jane@acme.example', why: 'jane@acme.example left', detail: { person: 'jane@acme.example' } }),
    )
    const [text = ''] = await store.ledgerTexts(0, 1)
    expect(text).not.toContain('jane')
    expect(await store.audit({ after: 0, limit: 9, about: 'acme/users/jane@acme.example' })).toHaveLength(1)
    expect(await store.audit({ after: 0, limit: 9, person: 'jane@acme.example' })).toHaveLength(1)
  })

  test('of an empty ledger there are none, also for who only reads', async () => {
    await store.close()
    store = await openStore(dir, { read_only: true })
    expect(await store.audit({ after: 0, limit: 9, person: 'jane' })).toEqual([])
    expect(await store.ledgerSize()).toBe(0)
    expect(await store.checkLedger()).toBeNull()
  })
})

describe('proofs', () => {
  test('a stranger can check each entry against any later root, and each root against any later one', async () => {
    await fill(37)
    const texts = await store.ledgerTexts(0, 99)
    for (const size of [1, 2, 31, 32, 37])
      for (let seq = 1; seq <= size; seq += 5) {
        const proof = await store.inclusion(seq, size)
        expect(fromInclusion(leafHash(Buffer.from(texts[seq - 1]!)), seq - 1, size, proof)).toEqual(await store.ledgerRoot(size))
      }
    for (const older of [1, 8, 20, 36]) {
      const said = fromConsistency(older, 37, await store.ledgerRoot(older), await store.consistency(older, 37))
      expect(said).toEqual({ older: await store.ledgerRoot(older), newer: await store.ledgerRoot(37) })
    }
  })

  test.each([
    ['a size beyond it', () => store.ledgerRoot(38)],
    ['entry 0', () => store.inclusion(0, 3)],
    ['an entry beyond the size', () => store.inclusion(4, 3)],
    ['no older size', () => store.consistency(0, 3)],
    ['a size that is none', () => store.ledgerRoot(Number.NaN)],
  ])('for %s are an error with a code', async (_, ask) => {
    await fill(5)
    await expect(ask()).rejects.toMatchObject({ code: 'ledger/size' })
  })
})

describe('a file that somebody changed', () => {
  const tampered: readonly (readonly [what: string, sql: string, last_good: number])[] = [
    ['a text', `UPDATE audit SET entry = replace(entry, 'bob', 'eve') WHERE seq = 5`, 4],
    ['a text and its hash', `UPDATE ledger_node SET hash = zeroblob(32) WHERE level = 0 AND place = 6`, 6],
    ['an entry cut out', 'DELETE FROM audit WHERE seq = 9', 8],
    ['the end cut off', 'DELETE FROM audit WHERE seq > 20', 20],
    [
      'two entries swapped',
      'UPDATE audit SET seq = 999 WHERE seq = 3; UPDATE audit SET seq = 3 WHERE seq = 4; UPDATE audit SET seq = 4 WHERE seq = 999',
      2,
    ],
    ['a hash above', `UPDATE ledger_node SET hash = zeroblob(32) WHERE level = 2 AND place = 1`, 7],
  ]
  test.each(tampered)('%s: the last good entry is told', async (_, sql, last_good) => {
    await fill(30)
    await store.close()
    const file = new DatabaseSync(join(dir, 'rollcall.db'))
    const triggers = file.prepare(`SELECT name FROM sqlite_schema WHERE type = 'trigger'`).all() as { name: string }[]
    expect(() => file.exec(sql)).toThrow('only appended to')
    for (const { name } of triggers) file.exec(`DROP TRIGGER ${name}`)
    file.exec(sql)
    file.close()
    store = await openStore(dir)
    expect(await store.checkLedger()).toMatchObject({ last_good })
  })

  test('and one that nobody changed has nothing wrong', async () => {
    await fill(30)
    expect(await store.checkLedger()).toBeNull()
  })
})

test('a configuration change and a verdict are entries, and hold no setting', async () => {
  const connection = { name: 'acme', settings: { url: 'https://canary.example' } } as never
  const act = { by: 'ann', at: '2026-01-01T00:00:00Z', from: '10.0.0.1', why: 'new app' }
  await store.putConnection(connection, act)
  await store.putConnection(connection, act)
  await store.removeConnection('acme', act)
  const entries = await store.audit({ after: 0, limit: 9, about: 'acme' })
  expect(entries.map(({ what, by, from, why }) => [what, by, from, why])).toEqual([
    ['connection made', 'ann', '10.0.0.1', 'new app'],
    ['connection removed', 'ann', '10.0.0.1', 'new app'],
  ])
  expect(JSON.stringify(await store.ledgerTexts(0, 9))).not.toContain('canary')
})
