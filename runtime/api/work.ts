/** What goes on while nobody waits for an answer: syncs, one a connection, and changes being worked off. In this process; what was cut off goes on from the store. */
import { setTimeout as sleepFor } from 'node:timers/promises'
import { Failure } from '../errors.ts'
import { checkStanding, settle } from '../govern/standing.ts'
import { sync } from '../read/sync.ts'
import type { Act } from '../store/ledger-port.ts'
import { OURSELVES } from '../store/sqlite/ledger.ts'
import type { Connection, Progress } from '../types.ts'
import { drain, recheckDue, type WriteContext } from '../write/engine.ts'
import { openNewId } from '../write/new-id.ts'
import { ASKED, askedNote, goOn, SERVER_STOPPED } from './go-on.ts'
import { rotate } from './rotate.ts'
import { openTarget, targetOf } from './targets.ts'
import type { House, Room, Target, Work } from './types.ts'

type Running = {
  readonly stop: AbortController
  readonly started: PromiseWithResolvers<number>
  sync: number
  readonly streams: { [stream: string]: Progress }
  /** A person stopped it. */
  paused: boolean
  readonly done: Promise<void>
}

export function openWork(house: House, room: () => Room): Work {
  const syncs = new Map<string, Running>()
  const beginning = new Set<string>()
  const drains = new Map<string, { again: boolean; readonly done: Promise<void> }>()
  const closing = new AbortController()
  let going: Promise<void> = Promise.resolve()
  const newId = openNewId(house.now)
  const at = (): string => new Date(house.now()).toISOString()
  const actOf = (why: string): Act => ({ at: at(), by: OURSELVES, from: OURSELVES, why })
  const waits = ({ rotation }: Connection): boolean => rotation !== null && rotation !== undefined

  async function renewed(target: Target): Promise<Target> {
    const { name } = target.connection
    beginning.add(name)
    try {
      const { connection } = await rotate(house, room(), name, actOf('a new credential that waits'))
      return { ...target, connection }
    } finally {
      beginning.delete(name)
    }
  }
  const told = (what: string, error: unknown): void => {
    const code = error instanceof Failure ? error.code : error instanceof Error ? error.name : 'unknown'
    if (!closing.signal.aborted) house.log(`${room().tenant}: ${what} ended with ${code}`)
  }

  async function drainOnce(connection: string): Promise<void> {
    const target = await targetOf(house, room(), connection)
    const http = openTarget(house, room(), target, { act: actOf('changes that were asked for'), what: 'changes' })
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

  const begin: Work['sync'] = async (asked, { only, fresh }) => {
    const { name } = asked.connection
    if (closing.signal.aborted) throw new Failure('api/stopping', name, 'the server is stopping')
    if (syncs.has(name) || beginning.has(name)) throw new Failure('api/sync-running', name, `a sync of ${name} is under way`)
    const paused = room().desk.paused(name)
    if (paused !== null) throw new Failure('api/paused', name, `${name} is paused by ${paused.by}: ${paused.why}`)
    const { store } = room()
    // A new credential that has proved itself by now is the one to read with, and the snapshot is its.
    const target = waits(asked.connection) ? await renewed(asked) : asked
    const http = openTarget(house, room(), target, { act: actOf('a sync that was asked for'), what: 'sync' })
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
          await store.note(row.sync, ASKED, askedNote(only))
          started.resolve(row.sync)
          return row
        },
        endSync: (sync, state, because, at) =>
          store.endSync(
            sync,
            state,
            state === 'paused' && closing.signal.aborted && !running.paused ? SERVER_STOPPED : because,
            at,
          ),
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
        room().sweeps.soon()
        await http.close()
      })
    const running: Running = { stop, started, sync: 0, streams, paused: false, done: work }
    syncs.set(name, running)
    return await started.promise
  }

  return {
    sync: begin,
    rotate: (connection) => rotate(house, room(), connection, actOf('a new credential that waits')),
    running: (connection) => {
      const found = syncs.get(connection)
      return found === undefined ? null : { sync: found.sync, streams: { ...found.streams } }
    },
    pauseSync: (connection) => {
      const running = syncs.get(connection)
      if (running === undefined) return false
      running.paused = true
      running.stop.abort()
      return true
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
        room().sweeps.soon()
      }
      // In the next turn: the answer to who asked comes first.
      drains.set(connection, { again: false, done: new Promise((done) => setImmediate(() => void loop().finally(done))) })
    },
    goOn: () => {
      going = goOn(house, room(), begin, closing.signal).catch((error: unknown) => told('going on with syncs', error))
    },
    async close() {
      closing.abort(new Failure('api/stopping', '', 'the server is stopping'))
      // What it has begun by now is stopped with the others.
      await going
      for (const { stop } of syncs.values()) stop.abort()
      await Promise.all([...syncs.values(), ...drains.values()].map(({ done }) => done))
    },
  }
}
