/** A new credential of a connection: tried against the target, and used once it has proved itself. */
import { type Age, agesOf, type Settled, settleRotation } from '../govern/rotation.ts'
import { check } from '../read/check.ts'
import { nearest } from '../spec/nearest.ts'
import type { Act } from '../store/ledger-port.ts'
import type { Connection } from '../types.ts'
import { connectionOf, openTarget, targetOf } from './targets.ts'
import type { House, Room } from './types.ts'

/** Throws `api/not-found`, `api/connector`. What the target does is in the answer. */
export async function rotate(house: House, room: Room, name: string, act: Act): Promise<Settled> {
  const target = await targetOf(house, room, name)
  return await settleRotation({
    connection: target.connection,
    at: () => new Date(house.now()).toISOString(),
    async check(secrets) {
      const http = openTarget(house, room, target, { act, what: 'rotation', secrets })
      try {
        return await check(target, http, nearest)
      } finally {
        await http.close()
      }
    },
    change: (work) =>
      room.secrets.inTurn(name, async () => {
        const now = await connectionOf(room, name)
        const changed = work(now)
        if (changed === null) return now
        await room.store.putConnection(changed.next, { ...act, why: changed.why })
        dropUnused(room, changed.next)
        return changed.next
      }),
  })
}

/** Of the sealed ones only those that the connection names, old or new, are kept. */
export function dropUnused({ secrets }: Room, { name, secrets: used, rotation }: Connection): void {
  const refs = [...Object.values(used), ...Object.values(rotation?.secrets ?? {})]
  secrets.drop(
    name,
    refs.map((ref) => ref.name),
  )
}

export function ages(house: House, room: Room, connection: Connection): readonly Age[] {
  const sealed = room.secrets.shown(connection.name)
  return agesOf(connection, (_, ref) => sealed.find(({ name }) => name === ref.name)?.set_at ?? null, house.now())
}
