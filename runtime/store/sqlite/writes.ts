import type { IntentEvent } from '../../write-types.ts'
import type { WriteStore } from '../write-port.ts'
import { openAssertions } from './assertions.ts'
import { openBrakes } from './brakes.ts'
import type { Database } from './database.ts'
import { appendEvent } from './intent-events.ts'
import { openIntents } from './intents.ts'
import { openMetrics } from './metrics.ts'
import { openQueue } from './queue.ts'
import { requestAll } from './request.ts'

/** The store of changes over the same file. The queue hears of a change after its commit, and never of one that was rolled back. */
export function openWrites(db: Database): WriteStore {
  const { waits, left, ...queue } = openQueue(db)
  return {
    ...openIntents(db),
    ...queue,
    ...openMetrics(db),
    ...openAssertions(db),
    ...openBrakes(db),
    request: async (intents) => {
      const { requested, made, cancelled } = await db.join(() => requestAll(db, intents))
      // Who works on a cancelled one hears `store/ended` before it sends.
      for (const n of cancelled) left(n)
      waits(made)
      return requested
    },
    append: async (intent, event, audit) => {
      const { n, before, after } = await db.join(
        () => appendEvent(db, intent, event, audit),
        SEEN_AGAIN.has(event.kind) ? 'process' : 'disk',
      )
      if (rests(after.state)) left(n)
      else if (rests(before.state)) waits([n])
    },
  }
}

/**
 * What may be lost with the power, because going on without it is safe: an answer that is not there is a lost answer,
 * and a look that is not there is looked again. What was asked for, decided, sent or concluded is on the disk.
 */
const SEEN_AGAIN: ReadonlySet<IntentEvent['kind']> = new Set(['looked', 'answered', 'look', 'beside'])

const rests = (state: string): boolean => state === 'held' || state === 'done'
