import type { WriteStore } from '../write-port.ts'
import { openAssertions } from './assertions.ts'
import { openAudit } from './audit.ts'
import { openBrakes } from './brakes.ts'
import type { Database } from './database.ts'
import { appendEvent } from './intent-events.ts'
import { openIntents } from './intents.ts'
import { openMetrics } from './metrics.ts'
import { openClaims, openQueue } from './queue.ts'
import { requestAll } from './request.ts'

/** The store of changes over the same file. */
export function openWrites(db: Database): WriteStore {
  const claims = openClaims()
  const drop = (intent: string): void => {
    const row = db.one('SELECT n FROM intent WHERE intent = $1', intent)
    if (row !== undefined) claims.drop(row[0] as number)
  }
  return {
    ...openIntents(db),
    ...openQueue(db, claims),
    ...openMetrics(db),
    ...openAssertions(db),
    ...openBrakes(db),
    ...openAudit(db),
    request: async (intents) => {
      const requested = db.write(() => requestAll(db, intents))
      // Who works on a cancelled one hears `store/ended` before it sends.
      for (const { cancelled } of requested) for (const intent of cancelled) drop(intent)
      return requested
    },
    append: async (intent, event, audit) => {
      const { n, state } = db.write(() => appendEvent(db, intent, event, audit))
      if (state === 'held' || state === 'done') claims.drop(n)
    },
  }
}
