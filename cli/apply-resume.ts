/** Goes on with what is open in a connection, and looks again at what is due. */

import { settle } from '../runtime/govern/standing.ts'
import { outcomeNow } from '../runtime/govern/where-it-stands.ts'
import { isHeldByRolling } from '../runtime/judge/rolling-brake.ts'
import { drain, recheckDue } from '../runtime/write/engine.ts'
import type { ApplyFlags } from './apply-flags.ts'
import { applyJson, killedBy } from './apply-one.ts'
import { isStop, openChanging, spanOf, TEN_MINUTES } from './changing.ts'
import { refuseConnectionFlags, storeDir, storedTarget, withStore } from './compose.ts'
import { EXIT, type Exit, type Io, JSON_VERSION } from './io.ts'
import { outcomeText } from './outcome-text.ts'
import { jsonLine, painter, safe } from './text.ts'

const OPEN = ['requested', 'approved', 'looked', 'sending', 'accepted', 'refused', 'lost', 'looking'] as const

export async function applyResume(name: string, flags: ApplyFlags, io: Io): Promise<Exit> {
  refuseConnectionFlags(flags, name)
  const wait_ms = spanOf('--wait', flags.wait, TEN_MINUTES)
  return withStore(flags.store, io, false, async (store) => {
    const target = await storedTarget(store, name, io)
    const open = await store.intents({ connection: name, states: OPEN, limit: 10_000 })
    const held = (await store.intents({ connection: name, states: ['held'], limit: 10_000 })).filter((row) =>
      isHeldByRolling(row.events),
    )
    const changing = openChanging(store, io, { dir: storeDir(flags.store, io), wait_ms, allow_private: flags['allow-private'] })
    try {
      const ctx = await changing.open(target)
      const again: string[] = []
      try {
        await drain(ctx)
        again.push(...(await recheckDue(ctx)).map((one) => one.intent))
      } catch (error) {
        if (!isStop(error, changing)) throw error
      }
      await settle(store, target.connector, name, new Date(io.now()).toISOString())
      const killed = await killedBy(store, name)
      const left = (await Promise.all(held.map((row) => store.intent(row.intent.intent)))).filter((row) => row?.state !== 'held')
      const freed = left.flatMap((row) => (row === null ? [] : [row.intent.intent]))
      const ids = new Set([...open.map((row) => row.intent.intent), ...freed, ...again])
      const rows = (await Promise.all([...ids].map((intent) => store.intent(intent)))).filter((row) => row !== null)
      const results = rows.map((row) => ({ row, outcome: outcomeNow(row, killed, changing.stopped()) }))
      if (flags.json)
        io.out(
          jsonLine({
            version: JSON_VERSION,
            command: 'apply',
            connection: name,
            resumed: open.length,
            looked_again: again.length,
            results: results.map(({ row, outcome }) => applyJson(row, outcome)),
          }),
        )
      else {
        const paint = painter(io.color)
        for (const { row, outcome } of results)
          io.out(outcomeText(`${safe(row.intent.action)} ${safe(row.intent.id ?? '')}`, outcome, row.intent.id === null, paint))
        if (results.length === 0) io.out('nothing is open, and no look is due\n')
      }
      return results.every(({ outcome }) => outcome.is === 'verified') ? EXIT.fine : EXIT.gate
    } finally {
      await changing.close()
    }
  })
}
