/** A reader beside the process that has the store: real processes, one file. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Failure } from '../../runtime/errors.ts'
import type { Store } from '../../runtime/store/port.ts'
import { openStore } from '../../runtime/store/sqlite/open.ts'
import { AT, allChanges, PAGES, ROWS, replay, row, syncOnce } from './fixture.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'rollcall-reader-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

const reader = () => openStore(dir, { read_only: true })
const codeOf = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => null,
    (error: unknown) => (error instanceof Failure ? error.code : error),
  )
async function shown(store: Store): Promise<readonly unknown[]> {
  const [users] = await store.snapshots('acme')
  const records = await store.records('acme', 'users', { which: 'latest', after: 0, limit: 1000 })
  return [users?.latest.sync, records.length, (await store.syncs('acme', 1))[0]?.sync, replay(await allChanges(store)).size]
}

test('while another process syncs, each look is of one moment, whole; the writer is not held up, nor the look by its death', async () => {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'sync-forever.ts'), dir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const published = () => said.match(/published/g)?.length ?? 0
  const until = async (n: number): Promise<void> => {
    while (published() < n) await new Promise((done) => setTimeout(done, 5))
  }
  await until(1)
  for (let look = 0; look < 20; look++) {
    const store = await reader()
    const first = await shown(store)
    await until(published() + 1)
    expect(await shown(store)).toEqual(first)
    // The newest published sync is the one under way or the one before it; of each all records are there.
    expect(first).toMatchObject([expect.any(Number), PAGES * ROWS, expect.any(Number), PAGES * ROWS])
    expect((first[2] as number) - (first[0] as number)).toBeLessThanOrEqual(1)
    await store.close()
  }
  child.kill('SIGKILL')
  await once(child, 'exit')
  const after = await reader()
  expect((await shown(after))[1]).toBe(PAGES * ROWS)
  // A reader holds nothing: the next writer opens beside it.
  const next = await openStore(dir)
  // It may have died between the snapshot and the end of its sync.
  const [open] = await next.syncs('acme', 1)
  if (open?.state === 'running') await next.endSync(open.sync, 'abandoned', 'its process was killed', AT)
  await syncOnce(next, [row('only')])
  await next.close()
  expect((await shown(after))[1]).toBe(PAGES * ROWS)
  await after.close()
  const last = await reader()
  expect((await shown(last))[1]).toBe(1)
  await last.close()
}, 30_000)

test('a reader makes no store, and refuses one of a newer version; nothing can be written through it', async () => {
  expect(await codeOf(reader())).toBe('store/not-found')
  const store = await openStore(dir)
  await syncOnce(store, [row('a')])
  await store.close()
  const reading = await reader()
  await expect(reading.keep('acme', 'token', 'x')).rejects.toThrow()
  await reading.close()
  const db = new DatabaseSync(join(dir, 'rollcall.db'))
  const { user_version } = db.prepare('PRAGMA user_version').get() as { user_version: number }
  db.exec(`PRAGMA user_version = ${user_version + 1}`)
  db.close()
  expect(await codeOf(reader())).toBe('store/newer')
})
