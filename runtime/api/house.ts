/** Opens tenants, each when it is first asked for, and keeps them open: one process has a tenant's store. */
import { join } from 'node:path'
import { openDesk } from '../control/desk.ts'
import { TENANT_NAME } from '../control/open.ts'
import { openSealer } from '../control/sealer.ts'
import { openSecrets } from '../control/secrets.ts'
import { takeUp, withStops } from '../control/stop-mail.ts'
import { openVaultFile } from '../control/vault-file.ts'
import { Failure } from '../errors.ts'
import { openStore } from '../store/sqlite/open.ts'
import type { KeySource } from '../vault/key-source.ts'
import { openKnown } from './known.ts'
import { openPaces } from './paces.ts'
import { postOf } from './post.ts'
import { openSweeps } from './sweeps.ts'
import type { BothStores, House, Room } from './types.ts'
import { openWatching } from './watching.ts'
import { openWork } from './work.ts'

export type HouseOptions = Omit<House, 'room' | 'closing'> & {
  /** Its folders: `control/`, `tenants/<tenant>/`. */
  readonly dir: string
  /** Null: no secret can be taken. */
  readonly key: KeySource | null
}

const RECHECK_MS = 60_000
/** A target that sees a wrong credential too often locks the account. */
const TRY_AGAIN_MS = 600_000
const LOT = 1000

export const tenantDir = (dir: string, tenant: string): string => join(dir, 'tenants', tenant)

type Opened = House & {
  /** Every tenant; one that does not open is said, and tried again every minute. */
  readonly openAll: () => Promise<void>
  readonly close: () => Promise<void>
}

export function openHouse(o: HouseOptions): Opened {
  const rooms = new Map<string, Promise<Room>>()
  const saying = new Map<string, Promise<void>>()
  /** When a new credential was tried last, unasked. */
  const tried = new Map<string, number>()
  const closing = new AbortController()
  // Later looks fall due while nobody asks for anything.
  const timer = setInterval(() => void lookAgain().catch(() => undefined), RECHECK_MS)
  timer.unref()
  const house: House = { ...o, closing: closing.signal, room: roomOf }

  async function roomOf(tenant: string): Promise<Room> {
    const known = rooms.get(tenant)
    if (known !== undefined) return await said(await known)
    if (closing.signal.aborted) throw new Failure('api/stopping', '', 'the server is stopping')
    // The name becomes a folder: the form is checked here too, whoever wrote the row.
    if (!TENANT_NAME.test(tenant) || o.control.tenant(tenant) === null)
      throw new Failure('control/tenant', tenant, `there is no tenant ${tenant}`)
    const opening = open(tenant)
    rooms.set(tenant, opening)
    opening.catch(() => rooms.delete(tenant))
    return await said(await opening)
  }

  async function open(tenant: string): Promise<Room> {
    const dir = tenantDir(o.dir, tenant)
    const opened: BothStores = await openStore(dir)
    await takeUp(dir, opened)
    const store = withStops(dir, opened)
    const desk = openDesk(dir)
    const vault = openVaultFile(dir, o.now)
    const sealer = openSealer(tenant, o.control.keys, o.key, o.now)
    // Of a command line that could not have the store.
    for (const { n, entry } of vault.unsaid()) {
      await store.enter(entry)
      vault.said(n)
    }
    const room: Room = {
      tenant,
      store,
      desk,
      secrets: openSecrets(desk, sealer),
      sealer,
      vault,
      known: openKnown(house, () => room),
      paces: openPaces(house),
      work: openWork(house, () => room),
      sweeps: openSweeps(house, () => room),
      watching: openWatching(house, () => room),
      post: postOf(house, store, () => room),
    }
    room.post.wake()
    room.sweeps.soon()
    // What a process before this one left undone.
    for (const { name } of await store.connections()) {
      const waiting = await store.waiting(name)
      if (Object.values(waiting).some((n) => n > 0)) room.work.drain(name)
    }
    room.work.goOn()
    return room
  }

  async function openAll(): Promise<void> {
    for (let after = ''; ; ) {
      const lot = o.control.tenants(after, LOT)
      for (const { tenant } of lot)
        await roomOf(tenant).catch((error: unknown) =>
          o.log(`${tenant}: not opened: ${error instanceof Failure ? error.code : (error as Error).name}`),
        )
      if (lot.length < LOT) return
      after = lot.at(-1)?.tenant ?? ''
    }
  }

  function mayTry(rotation: string): boolean {
    if (o.now() - (tried.get(rotation) ?? Number.NEGATIVE_INFINITY) < TRY_AGAIN_MS) return false
    tried.set(rotation, o.now())
    return true
  }

  async function lookAgain(): Promise<void> {
    // One that was made, or held by a command line, when this process began is swept from now on.
    if (o.sweep_ms !== undefined) await openAll()
    for (const opening of rooms.values()) {
      const room = await opening
      for (const { name, rotation } of await room.store.connections()) {
        if (rotation !== null && rotation !== undefined && mayTry(`${room.tenant}/${name}`))
          await room.work.rotate(name).catch((error: unknown) => o.log(`${room.tenant}: rotation of ${name}: ${codeOf(error)}`))
        room.work.drain(name)
      }
    }
  }

  /** What the command line did beside us comes into the ledger before anything rests on it. */
  async function said(room: Room): Promise<Room> {
    if (o.control.unsaid(room.tenant).length === 0) return room
    // One after the other: two requests at once would each say all of it.
    const before = saying.get(room.tenant) ?? Promise.resolve()
    const now = before
      .catch(() => undefined)
      .then(async () => {
        for (const { n, entry } of o.control.unsaid(room.tenant)) {
          await room.store.enter(entry)
          o.control.said(n)
        }
      })
    saying.set(room.tenant, now)
    await now
    return room
  }

  return {
    ...house,
    openAll,
    async close() {
      clearInterval(timer)
      closing.abort()
      for (const opening of rooms.values()) {
        const room = await opening.catch(() => null)
        if (room === null) continue
        await Promise.all([room.work.close(), room.watching.close()])
        room.paces.close()
        await room.sweeps.close()
        await room.post.close()
        room.desk.close()
        room.vault.close()
        await room.store.close()
      }
    },
  }
}

const codeOf = (error: unknown): string => (error instanceof Failure ? error.code : 'unexpected')
