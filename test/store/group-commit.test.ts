import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Database, openDatabase } from '../../runtime/store/sqlite/database.ts'

let dir: string
let db: Database
let other: Database

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'rollcall-group-'))
  const file = join(dir, 'a.db')
  db = openDatabase(file, dir)
  db.exec('PRAGMA journal_mode = WAL; CREATE TABLE one (n INTEGER PRIMARY KEY, said TEXT NOT NULL)')
  other = openDatabase(file, dir)
})
afterEach(async () => {
  db.close()
  other.close()
  await rm(dir, { recursive: true })
})

const put = (n: number) => () => db.run('INSERT INTO one VALUES ($1, $2)', n, `row ${n}`)
const seen = () => other.all('SELECT n FROM one ORDER BY n').map(([n]) => n)

describe('work of one moment in one commit', () => {
  test('nobody is answered before it is there for others, and all of it comes at once', async () => {
    const versions: unknown[] = []
    const version = () => other.pragma('data_version')
    const before = version()
    const asked = Array.from({ length: 50 }, (_, n) =>
      db.join(put(n)).then(() => {
        versions.push(version())
        expect(seen()).toContain(n)
      }),
    )
    expect(seen()).toEqual([])
    await Promise.all(asked)
    expect(seen()).toHaveLength(50)
    // data_version moves with each commit of somebody else: there was one.
    expect(new Set(versions).size).toBe(1)
    expect(versions[0]).not.toBe(before)
  })

  test('who throws is undone alone, whatever it had written, and hears its own error', async () => {
    const halfway = () => {
      put(10)()
      put(2)()
    }
    const results = await Promise.allSettled([db.join(put(1)), db.join(put(2)), db.join(halfway), db.join(put(3))])
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled'])
    expect(seen()).toEqual([1, 2, 3])
  })

  test('where the commit cannot be made nobody is told that it was', async () => {
    db.exec(`PRAGMA max_page_count = ${db.pragma('page_count')}`)
    const big = () => db.run('INSERT INTO one VALUES ($1, $2)', 9, 'x'.repeat(100_000))
    const results = await Promise.allSettled([db.join(put(1)), db.join(big), db.join(put(2))])
    const kept = new Set(seen())
    const told = results.map(({ status }) => status === 'fulfilled')
    expect(told).toEqual([1, 9, 2].map((n) => kept.has(n)))
    expect(results[1]).toMatchObject({ status: 'rejected', reason: { code: 'store/full' } })
  })

  test('what is asked for while a group is committed is the next group', async () => {
    await Promise.all([db.join(put(1)).then(() => db.join(put(2))), db.join(put(3)).then(() => db.join(put(4)))])
    expect(seen()).toEqual([1, 2, 3, 4])
  })
})
