/** A process that is killed between a poll and a look, or in the middle of either, loses nobody. */
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openStore } from '../../runtime/store/sqlite/open.ts'
import { watchOnce } from '../../runtime/watch/once.ts'
import { declared, MIN, watchLab } from './lab.ts'

test.each([
  'after the feed answered, before its position is written down',
  'before the first look',
  'after an answer, before it is written down',
])('kill -9 %s: everybody who was named is looked at by the next', async (boundary) => {
  const lab = await watchLab()
  await lab.watch()
  lab.pass(MIN)
  await lab.sync()
  for (let n = 1; n <= 9; n++) lab.change(`u${n}`, { on: false })
  lab.change('u10', null)
  lab.pass(MIN)
  await lab.store.close()
  const file = join(lab.dir, 'watched.json')
  writeFileSync(file, JSON.stringify(declared(['events'])))
  const child = spawn(process.execPath, [
    'test/watch/kill-child.ts',
    lab.dir,
    file,
    lab.target.url,
    boundary,
    String(lab.world.now),
  ])
  let said = ''
  child.stderr.on('data', (text) => {
    said += text
  })
  const [code, signal] = await new Promise<[number | null, string | null]>((done) => child.on('exit', (...all) => done(all)))
  expect([code, signal, said]).toEqual([null, 'SIGKILL', ''])
  const store = await openStore(lab.dir, { create: false })
  onTestFinished(() => store.close())
  lab.pass(MIN)
  const watched = await watchOnce({ ...lab.context, store })
  const seen = await store.sightings('acme', { after: 0, limit: 100 })
  expect([...new Set(seen.map(({ id, shows }) => `${id} ${shows}`))].sort()).toEqual(
    [1, 2, 3, 4, 5, 6, 7, 8, 9]
      .map((n) => `u${n} alive`)
      .concat('u10 gone')
      .sort(),
  )
  expect([watched.waiting, watched.feeds[0]?.state?.holes]).toEqual([0, []])
})
