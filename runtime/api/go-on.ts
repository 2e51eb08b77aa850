/** Syncs that ended with the process before this one, and by nobody's word, go on at their checkpoint without being asked for again. */
import { Failure } from '../errors.ts'
import { fingerprintOf } from '../read/sync.ts'
import type { SyncRow } from '../store/port.ts'
import { OURSELVES } from '../store/sqlite/ledger.ts'
import type { JsonObject } from '../types.ts'
import { targetOf } from './targets.ts'
import type { House, Room, Work } from './types.ts'

/** Why a sync is paused that the end of a server stopped, and no person. */
export const SERVER_STOPPED = 'the server was stopped'

/** Note of a sync: what it was asked to read. */
export const ASKED = 'asked'
export const askedNote = (only: readonly string[] | null): JsonObject => ({ streams: only })

/** One that takes its process with it each time would do so for ever. */
const RESUMED_MOST = 10

/** Throws nothing: what does not go on is said in the log. */
export async function goOn(house: House, room: Room, begin: Work['sync'], signal: AbortSignal): Promise<void> {
  for (const { name } of await room.store.connections()) {
    if (signal.aborted) return
    await goOnWith(house, room, name, begin).catch((error: unknown) => {
      if (!signal.aborted) said(house, room, name, error instanceof Failure ? error.code : 'a fault')
    })
  }
}

async function goOnWith(house: House, room: Room, name: string, begin: Work['sync']): Promise<void> {
  const { store } = room
  const [row] = await store.syncs(name, 1)
  if (row === undefined || !isCutOff(row) || room.work.running(name) !== null) return
  const at = new Date(house.now()).toISOString()
  const left = async (because: string): Promise<void> => {
    await store.endSync(row.sync, 'paused', because, at)
    said(house, room, name, because)
  }
  // The process died before the pause reached the sync; when the pause is lifted, it waits for somebody as any paused one.
  if (room.desk.paused(name) !== null) return await left('its connection was paused')
  if (row.resumed >= RESUMED_MOST) return await left(`it was cut off ${RESUMED_MOST} times`)
  const target = await targetOf(house, room, name)
  if (fingerprintOf(target.connector, target.connection) !== row.fingerprint)
    return await left('its connector, settings or credential were changed')
  const streams = ((await store.notes(row.sync))[ASKED]?.['streams'] ?? null) as readonly string[] | null
  const why = row.state === 'running' ? 'the process before this one died' : SERVER_STOPPED
  const detail = { sync: row.sync, streams }
  await store.enter({ at, by: OURSELVES, from: OURSELVES, why, what: 'sync resumed', about: name, detail })
  await begin(target, { only: streams, fresh: false })
}

const isCutOff = ({ state, because }: SyncRow): boolean =>
  state === 'running' || (state === 'paused' && because === SERVER_STOPPED)

const said = (house: House, room: Room, name: string, because: string): void =>
  house.log(`${room.tenant}: the sync of ${name} that was cut off does not go on by itself: ${because}`)
