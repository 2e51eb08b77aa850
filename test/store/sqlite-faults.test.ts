import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { statSync } from 'node:fs'
import { chmod, mkdtemp, open, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ERRORS, Failure } from '../../runtime/errors.ts'
import { openStore } from '../../runtime/store/sqlite/open.ts'
import { AT, allChanges, commit, published, row, syncOnce } from './fixture.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'rollcall-store-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

const failure = async (work: Promise<unknown>): Promise<Failure> => {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(Failure)
  expect(ERRORS).toHaveProperty([(error as Failure).code])
  return error as Failure
}
const file = () => join(dir, 'rollcall.db')
const filled = async (records: number) => {
  const store = await openStore(dir)
  await syncOnce(
    store,
    Array.from({ length: records }, (_, i) => row(`id-${i}`, { text: 'x'.repeat(300) })),
  )
  await store.close()
}

test('a second process on the folder is told at once that it is taken; a killed one holds nothing', async () => {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'sync-forever.ts'), dir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  const began = performance.now()
  const refused = await failure(openStore(dir))
  expect(refused.code).toBe('store/locked')
  expect(refused.message).toContain(dir)
  expect(performance.now() - began).toBeLessThan(1000)
  child.kill('SIGKILL')
  await once(child, 'exit')
  await (await openStore(dir, { create: false })).close()
})

test('the same process can not open a folder twice either, and can after closing', async () => {
  const first = await openStore(dir)
  expect((await failure(openStore(dir))).code).toBe('store/locked')
  await first.close()
  await (await openStore(dir)).close()
})

test('a store of a newer version is refused and left as it is', async () => {
  await filled(3)
  const raw = new DatabaseSync(file())
  raw.exec('PRAGMA user_version = 99')
  raw.close()
  const before = await readFile(file())
  const refused = await failure(openStore(dir))
  expect([refused.code, refused.message]).toEqual(['store/newer', expect.stringContaining('99')])
  expect((await readFile(file())).equals(before)).toBe(true)
})

test.each([
  ['a text file', async () => writeFile(file(), 'Dear diary, '.repeat(1000))],
  ['an empty file', async () => truncate(file(), 0)],
  ['half of it', async () => truncate(file(), Math.floor((await stat(file())).size / 2 / 4096) * 4096)],
  ['an overwritten first page', async () => overwrite(100, 3000)],
  [
    'a database of another program',
    async () => {
      await rm(file())
      const other = new DatabaseSync(file())
      other.exec('CREATE TABLE t (a)')
      other.close()
    },
  ],
] as const)('%s in place of the database is found damaged, and left there', async (_, damage) => {
  await filled(2000)
  await damage()
  const size = (await stat(file())).size
  const refused = await failure(
    openStore(dir).then(async (store) => {
      try {
        await allChanges(store)
      } finally {
        await store.close()
      }
    }),
  )
  expect([refused.code, refused.where]).toEqual(['store/damaged', dir])
  expect((await stat(file())).size).toBe(size)
})

test('pages damaged in the middle are an error of the step that meets them, never an answer', async () => {
  await filled(2000)
  await overwrite(4096 * 12, (await stat(file())).size - 4096 * 12)
  const outcome = await failure(
    openStore(dir).then(async (store) => {
      try {
        await store.records('acme', 'users', { which: 'latest', after: 0, limit: 5000 })
      } finally {
        await store.close()
      }
    }),
  )
  expect(outcome.code).toBe('store/damaged')
})

async function overwrite(from: number, bytes: number): Promise<void> {
  const handle = await open(file(), 'r+')
  await handle.write(Buffer.alloc(bytes, 0xa5), 0, bytes, from)
  await handle.close()
}

test('on a full disk nothing of the page is stored, and with room again the read goes on', async () => {
  await (await openStore(dir)).close()
  const page = (no: number) => Array.from({ length: 200 }, (_, i) => row(`id-${no}-${i}`, { text: 'x'.repeat(300) }))
  const small = await openStore(dir, { max_bytes: statSync(file()).size + 270_000 })
  const { sync } = await small.beginSync('acme', 'print', AT)
  const session = await small.read(sync, 'acme', 'users')
  let no = 0
  let full: Failure | null = null
  for (; full === null; no++)
    await commit(session, no, page(no)).catch((error: Failure) => {
      full = error
    })
  expect((full as Failure).code).toBe('store/full')
  const pages = no - 1
  expect(pages).toBeGreaterThan(2)
  expect(await session.inStore()).toBe(pages * 200)
  expect(await session.has([`id-${pages}-0`, `id-${pages - 1}-0`])).toEqual([false, true])
  expect(session.seenCursor('', `cursor ${pages}`)).toBe(false)
  expect((await failure(commit(session, pages, page(pages)))).code).toBe('store/full')
  await small.close()

  const store = await openStore(dir)
  const again = await store.read((await store.beginSync('acme', 'print', AT)).sync, 'acme', 'users')
  expect(await again.inStore()).toBe(pages * 200)
  expect(await commit(again, pages, page(pages))).toMatchObject({ stored: 200, created: 200 })
  expect((await store.publish(sync, 'acme', published(again, 'complete'))).records).toBe((pages + 1) * 200)
  expect(await allChanges(store)).toHaveLength((pages + 1) * 200)
  await store.close()
})

test('where there is no store and none may be made, nothing is made', async () => {
  const none = join(dir, 'none')
  expect((await failure(openStore(none, { create: false }))).code).toBe('store/not-found')
  await expect(stat(none)).rejects.toThrow('ENOENT')
})

test('a folder that can not be made is said so', async () => {
  await writeFile(join(dir, 'file'), '')
  const refused = await failure(openStore(join(dir, 'file', 'store')))
  expect([refused.code, refused.message]).toEqual(['store/folder', expect.stringContaining('ENOTDIR')])
})

test('a first start that was killed half way is begun again', async () => {
  await writeFile(join(dir, 'rollcall.db.new'), 'half')
  const store = await openStore(dir)
  await syncOnce(store, [row('a')])
  await store.close()
})

test('folder and files are readable by their owner alone', async () => {
  const made = join(dir, 'a', 'b')
  const store = await openStore(made)
  await store.keep('acme', 'refresh', 'secret')
  expect((await stat(made)).mode & 0o777).toBe(0o700)
  for (const name of ['rollcall.db', 'rollcall.db-wal', 'rollcall.db-shm', 'lock.db'])
    expect([name, (await stat(join(made, name))).mode & 0o777]).toEqual([name, 0o600])
  await store.close()
  await chmod(join(made, 'rollcall.db'), 0o644)
  await (await openStore(made)).close()
  expect((await stat(join(made, 'rollcall.db'))).mode & 0o777).toBe(0o600)
})

test('the index of ids holds one row an id, however often its record changes', async () => {
  const store = await openStore(dir, { index_after: 8 })
  for (let i = 0; i < 12; i++) await syncOnce(store, [row('a', i), row('b', i % 2), row(`c${i}`)])
  await store.close()
  const raw = new DatabaseSync(file(), { readOnly: true })
  const merged = "(SELECT value FROM meta WHERE key = 'merged')"
  const rows = raw
    .prepare(`SELECT (SELECT count(*) FROM head) AS held, count(DISTINCT id) AS ids FROM version WHERE n <= ${merged}`)
    .get()
  raw.close()
  expect(rows!['held']).toBe(rows!['ids'])
  expect(rows!['held']).toBeGreaterThan(8)
})
