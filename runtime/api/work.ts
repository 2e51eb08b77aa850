/** What goes on while nobody waits for an answer: syncs, one a connection, and changes being worked off. In this process; what was cut off goes on from the store. */
import { setTimeout as sleepFor } from 'node:timers/promises'
import { Failure } from '../errors.ts'
import { checkStanding, settle } from '../govern/standing.ts'
import { sync } from '../read/sync.ts'
import type { Progress } from '../types.ts'
import { drain, recheckDue, type WriteContext } from '../write/engine.ts'
import { openNewId } from '../write/new-id.ts'
import { openTarget, targetOf } from './targets.ts'
import type { House, Room, Work } from './types.ts'

type Running = {
  readonly stop: AbortController
  readonly started: PromiseWithResolvers<number>
  sync: number
  readonly streams: { [stream: string]: Progress }
  readonly done: Promise<void>
}

export function openWork(house: House, room: () => Room): Work {
  const syncs = new Map<string, Running>()
  const drains = new Map<string, { again: boolean; readonly done: Promise<void> }>()
  const closing = new AbortController()
  const newId = openNewId(house.now)
  const at = (): string => new Date(house.now()).toISOString()
  const told = (what: string, error: unknown): void => {
    const code = error instanceof Failure ? error.code : error instanceof Error ? error.name : 'unknown'
    if (!closing.signal.aborted) house.log(`${room().tenant}: ${what} ended with ${code}`)
  }

  async function drainOnce(connection: string): Promise<void> {
    const target = await targetOf(house, room(), connection)
    const http = openTarget(house, room(), target)
    try {
      const ctx: WriteContext = {
        ...target,
        http,
        store: room().store,
        now: house.now,
        sleep: (ms, signal) => sleepFor(ms, undefined, signal === undefined ? {} : { signal }),
        signal: closing.signal,
        newId,
      }
      await drain(ctx)
      await recheckDue(ctx)
      await settle(room().store, target.connector, connection, at())
    } finally {
      await http.close()
    }
  }

  return {
    async sync(target, { only, fresh }) {
      const { name } = target.connection
      if (closing.signal.aborted) throw new Failure('api/stopping', name, 'the server is stopping')
      if (syncs.has(name)) throw new Failure('api/sync-running', name, `sync ${syncs.get(name)?.sync} of ${name} is under way`)
      const paused = room().desk.paused(name)
      if (paused !== null) throw new Failure('api/paused', name, `${name} is paused by ${paused.by}: ${paused.why}`)
      const { store } = room()
      const http = openTarget(house, room(), target)
      const stop = new AbortController()
      const started = Promise.withResolvers<number>()
      const streams: Running['streams'] = {}
      const work = sync({
        ...target,
        http,
        store: {
          ...store,
          beginSync: async (...given) => {
            const row = await store.beginSync(...given)
            running.sync = row.sync
            started.resolve(row.sync)
            return row
          },
        },
        now: house.now,
        signal: stop.signal,
        onProgress: (progress) => {
          if (progress.kind !== 'wait') streams[progress.stream] = progress
        },
        ...(only === null ? {} : { only }),
        fresh,
      })
        .then(async ({ state }) => {
          if (state === 'finished') await checkStanding(store, target.connector, name, at())
        })
        .catch((error: unknown) => {
          started.reject(error)
          told(`sync of ${name}`, error)
        })
        .finally(async () => {
          syncs.delete(name)
          await http.close()
        })
      const running: Running = { stop, started, sync: 0, streams, done: work }
      syncs.set(name, running)
      return await started.promise
    },
    running: (connection) => {
      const found = syncs.get(connection)
      return found === undefined ? null : { sync: found.sync, streams: { ...found.streams } }
    },
    pauseSync: (connection) => {
      syncs.get(connection)?.stop.abort()
      return syncs.has(connection)
    },
    drain: (connection) => {
      const running = drains.get(connection)
      if (running !== undefined) {
        running.again = true
        return
      }
      if (closing.signal.aborted) return
      const loop = async (): Promise<void> => {
        for (;;) {
          const state = drains.get(connection)
          if (state !== undefined) state.again = false
          await drainOnce(connection).catch((error: unknown) => told(`work on changes of ${connection}`, error))
          if (drains.get(connection)?.again !== true || closing.signal.aborted) break
        }
        drains.delete(connection)
      }
      // In the next turn: the answer to who asked comes first.
      drains.set(connection, { again: false, done: new Promise((done) => setImmediate(() => void loop().finally(done))) })
    },
    async close() {
      closing.abort(new Failure('api/stopping', '', 'the server is stopping'))
      for (const { stop } of syncs.values()) stop.abort()
      await Promise.all([...syncs.values(), ...drains.values()].map(({ done }) => done))
    },
  }
}
