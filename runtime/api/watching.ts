/**
 * Watching of one tenant: every connection that has something to be watched by, every so often and soon after a message of its target. One round
 * at a time a connection, beside whatever else is under way there, and a few connections at once.
 */
import { Failure } from '../errors.ts'
import { watchAndCheck } from '../govern/watch-standing.ts'
import type { Http } from '../http/open.ts'
import { OURSELVES } from '../store/sqlite/ledger.ts'
import type { Connector } from '../types.ts'
import { connectionOf, openTarget } from './targets.ts'
import type { House, Room, Round, Target, Watching } from './types.ts'

const AT_ONCE = 4
/** Messages come in bursts, and one round takes all of them. */
const SOON_MS = 1_000
/** So long one sign-in, one set of sockets and one entry in the ledger serve: not each minute a new one. */
const KEPT_MS = 3_600_000
/** Looks of a round; whoever is left waits for the next, which first asks the feeds again. */
const LOOKS = 1_000

type Kept = { readonly connector: Connector; readonly of: string; readonly at: number; readonly http: Http }

export const isWatched = ({ feeds, webhook }: Connector): boolean => Object.keys(feeds).length > 0 || webhook !== null

export function openWatching(house: House, room: () => Room): Watching {
  const closing = new AbortController()
  const rounds = new Map<string, Promise<Round>>()
  /** Something came while a round was under way. */
  const again = new Set<string>()
  const waiting = new Map<string, NodeJS.Timeout>()
  const kept = new Map<string, Kept>()
  /** The last sighting that was held against what stands. */
  const checked = new Map<string, number>()
  const turns = openTurns(AT_ONCE)
  let looking: Promise<void> = Promise.resolve()
  const timers = house.watch_ms === undefined ? [] : [setTimeout(look, SOON_MS), setInterval(look, house.watch_ms)]
  for (const timer of timers) timer.unref()

  function httpOf(target: Target): Http {
    const { connector, connection } = target
    const { name, settings, secrets, rotation, allow_private, created_at } = connection
    const of = JSON.stringify([settings, secrets, rotation, allow_private, created_at])
    const before = kept.get(name)
    const at = house.now()
    if (before !== undefined && before.connector === connector && before.of === of && at - before.at < KEPT_MS) return before.http
    void before?.http.close()
    const act = { at: new Date(at).toISOString(), by: OURSELVES, from: OURSELVES, why: 'watching the target' }
    const http = openTarget(house, room(), target, { act, what: 'watch' })
    kept.set(name, { connector, of, at, http })
    return http
  }

  async function once(name: string): Promise<Round> {
    closing.signal.throwIfAborted()
    const connection = await connectionOf(room(), name)
    const paused = room().desk.paused(name)
    if (paused !== null) throw new Failure('api/paused', name, `${name} is paused by ${paused.by}: ${paused.why}`)
    const connector = room().known(connection.connector)
    if (!isWatched(connector)) throw new Failure('watch/nothing', name, `${connector.connector} declares no feed and no webhook`)
    const { send } = httpOf({ connector, connection })
    const { store } = room()
    const seen = `${name} ${connection.created_at}`
    const done = await watchAndCheck(
      { connector, connection, store, send, now: house.now, signal: closing.signal },
      { limit: LOOKS, checked_to: checked.get(seen) ?? 0 },
    )
    checked.set(seen, done.checked_to)
    if (done.looked.looks >= LOOKS) again.add(name)
    if (done.breaches.length > 0) room().sweeps.soon()
    return done
  }

  function now(name: string): Promise<Round> {
    if (closing.signal.aborted) throw new Failure('api/stopping', name, 'the server is stopping')
    const before = rounds.get(name)
    if (before !== undefined) return before
    const round = turns(() => once(name)).finally(() => {
      rounds.delete(name)
      if (again.delete(name)) soon(name)
    })
    rounds.set(name, round)
    return round
  }

  function begin(name: string): void {
    if (closing.signal.aborted) return
    now(name).catch((error: unknown) => {
      const code = error instanceof Failure ? error.code : error instanceof Error ? error.name : 'unknown'
      const quiet = code === 'api/paused' || code === 'watch/nothing' || code === 'api/not-found'
      if (!quiet && !closing.signal.aborted) house.log(`${room().tenant}: watching ${name} ended with ${code}`)
    })
  }

  function soon(name: string): void {
    if (closing.signal.aborted || waiting.has(name)) return
    if (rounds.has(name)) {
      again.add(name)
      return
    }
    const timer = setTimeout(() => {
      waiting.delete(name)
      if (rounds.has(name)) again.add(name)
      else begin(name)
    }, SOON_MS)
    timer.unref()
    waiting.set(name, timer)
  }

  function look(): void {
    looking = looking.then(everyone).catch((error: unknown) => {
      if (!closing.signal.aborted)
        house.log(`${room().tenant}: watching ended with ${error instanceof Failure ? error.code : 'a fault'}`)
    })
  }

  async function everyone(): Promise<void> {
    const connections = await room().store.connections()
    const names = new Set(connections.map(({ name }) => name))
    for (const [name, { http }] of kept)
      if (!names.has(name)) {
        kept.delete(name)
        await http.close()
      }
    for (const { name, connector } of connections) if (watchedNow(name, connector)) begin(name)
  }

  function watchedNow(name: string, connector: string): boolean {
    try {
      return room().desk.paused(name) === null && isWatched(room().known(connector))
    } catch (error) {
      // Its connector is not there, or no longer valid: whoever syncs it is told.
      if (error instanceof Failure) return false
      throw error
    }
  }

  return {
    now,
    soon,
    running: (name) => rounds.has(name),
    async close() {
      closing.abort(new Failure('api/stopping', '', 'the server is stopping'))
      for (const timer of [...timers, ...waiting.values()]) clearTimeout(timer)
      await looking
      await Promise.allSettled(rounds.values())
      for (const { http } of kept.values()) await http.close()
    },
  }
}

/** At most so many at once; the others in the order they came. */
function openTurns(most: number): <T>(work: () => Promise<T>) => Promise<T> {
  const line: (() => void)[] = []
  let running = 0
  return async (work) => {
    if (running >= most) await new Promise<void>((go) => line.push(go))
    else running++
    try {
      return await work()
    } finally {
      const next = line.shift()
      if (next === undefined) running--
      else next()
    }
  }
}
