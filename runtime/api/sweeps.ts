/** Sweeps of one tenant: every so often, when time alone changes a gate, and soon after anything that may have changed one. */
import { Failure } from '../errors.ts'
import { type Swept, sweep } from '../govern/levels/sweep.ts'
import { openNewId } from '../write/new-id.ts'
import { connectionOf } from './targets.ts'
import type { House, Room, Sweeps } from './types.ts'

const SOON_MS = 50
/** A sweep takes at most a fifth of the time, whatever is changed meanwhile. */
const REST = 4
const DAY_MS = 86_400_000
const KEPT_MESSAGES_MS = 30 * DAY_MS

export function openSweeps(house: House, room: () => Room): Sweeps {
  const newId = openNewId(house.now)
  const closing = new AbortController()
  let turn: Promise<unknown> = Promise.resolve()
  let waiting: NodeJS.Timeout | null = null
  let waits_until = Number.POSITIVE_INFINITY
  let last: Swept | null = null
  let took_ms = 0

  async function once(): Promise<Swept> {
    if (closing.signal.aborted) throw new Failure('api/stopping', '', 'the server is stopping')
    const { store, post, tenant } = room()
    const began = performance.now()
    last = await sweep({
      store,
      target: async (name) => {
        const connection = await connectionOf(room(), name)
        return { connection, connector: room().known(connection.connector) }
      },
      now: house.now,
      newId,
      log: (line) => house.log(`${tenant}: ${line}`),
      signal: closing.signal,
    })
    if (last.told) post.wake()
    await store.forget(new Date(house.now() - KEPT_MESSAGES_MS).toISOString())
    took_ms = performance.now() - began
    return last
  }

  const now: Sweeps['now'] = () => {
    const work = turn.then(once)
    turn = work.catch(() => undefined)
    return work
  }

  /** The earlier one counts. */
  function sleep(ms: number): void {
    if (house.sweep_ms === undefined || closing.signal.aborted) return
    const at = house.now() + Math.max(SOON_MS, took_ms * REST, ms)
    if (at >= waits_until) return
    if (waiting !== null) clearTimeout(waiting)
    waits_until = at
    waiting = setTimeout(() => void wake(house.sweep_ms as number), at - house.now())
    waiting.unref()
  }

  async function wake(every_ms: number): Promise<void> {
    waiting = null
    waits_until = Number.POSITIVE_INFINITY
    try {
      const { until } = await now()
      sleep(until === null ? every_ms : Math.min(every_ms, until - house.now()))
    } catch (error) {
      const code = error instanceof Failure ? error.code : error instanceof Error ? error.name : 'unknown'
      if (!closing.signal.aborted) house.log(`${room().tenant}: sweep ended with ${code}`)
      sleep(every_ms)
    }
  }

  return {
    now,
    soon: () => sleep(0),
    last: () => last,
    async close() {
      closing.abort()
      if (waiting !== null) clearTimeout(waiting)
      await turn
    },
  }
}
