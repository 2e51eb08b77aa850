import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { allDecisions, look } from '../../runtime/govern/certify/look.ts'
import { openCertification } from '../../runtime/govern/certify/open.ts'
import { ASKED, certifyStage, who } from './stage.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'rollcall-certify-kill-'))
})
afterEach(() => rmSync(dir, { recursive: true }))

const KILLS = 8

test(`kill -9 while decisions are made, ${KILLS} times: no acknowledged one is lost, none is half there`, {
  timeout: 60_000,
}, async () => {
  const store = join(dir, 'store')
  const stage = await certifyStage(store)
  await stage.sync(Array.from({ length: 50 }, (_, i) => `u${i}`))
  const opened = await openCertification(stage, ASKED, who('Kim'))
  if (opened.is !== 'opened') throw new Error('it did not open')
  await stage.close()
  let acknowledged = -1
  for (let kill = 0; kill < KILLS; kill++) {
    const child = spawn(
      process.execPath,
      ['test/certify/decide-forever.ts', store, opened.certification, String(acknowledged + 1)],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    )
    let out = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text
    })
    const heard = new Promise<void>((done) => child.stdout.on('data', () => out.split('\n').length > 4 + kill * 3 && done()))
    const closed = once(child, 'close')
    await heard
    child.kill('SIGKILL')
    await closed
    acknowledged = Math.max(acknowledged, ...out.split('\n').slice(0, -1).map(Number))
    const after = await certifyStage(store, false)
    const decisions = await allDecisions(after.store, opened.certification)
    const words = new Set(decisions.map(({ why }) => why))
    for (let i = 0; i <= acknowledged; i++) expect(words.has(`word ${i}`), `word ${i} after kill ${kill}`).toBe(true)
    expect(decisions.map(({ n }) => n)).toEqual(decisions.map((_, i) => i + 1))
    const told = await after.store.audit({ about: opened.certification, what: 'certification decided', after: 0, limit: 10_000 })
    expect(told).toHaveLength(decisions.length)
    expect((await look(after, opened.certification, null)).undecided).toHaveLength(
      50 - new Set(decisions.map(({ id }) => id)).size,
    )
    expect(await after.store.checkLedger()).toBeNull()
    await after.close()
    // What was durable and not heard is decided again: the last word counts.
    acknowledged = Math.max(acknowledged, decisions.length - 1)
  }
})
