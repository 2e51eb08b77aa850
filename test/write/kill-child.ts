/** Asks for one change, says so, works on it, and dies at the n-th time of a boundary. Argv: dir, url, boundary, nth, wait_ms, wanted as JSON. */
import { writeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { requestChange, runIntent } from '../../runtime/write/engine.ts'
import type { Wanted } from '../../runtime/write/request-change.ts'
import { openLab } from './lab.ts'

const [dir = '', url = '', boundary = '', nth = '1', wait_ms = '0', wanted = '{}'] = process.argv.slice(2)
let met = 0
const lab = await openLab(url, dir, {
  onBoundary: async (name) => {
    if (name !== boundary || ++met !== Number(nth)) return
    if (Number(wait_ms) > 0) await sleep(Number(wait_ms))
    process.kill(process.pid, 'SIGKILL')
    // The signal may take a moment; nothing more may be done in it.
    await new Promise(() => {})
  },
})
const { intent } = await requestChange(lab.ctx, JSON.parse(wanted) as Wanted)
writeSync(1, `ack ${intent}\n`)
await runIntent(lab.ctx, intent)
writeSync(1, 'done\n')
await lab.http.close()
await lab.store.close()
