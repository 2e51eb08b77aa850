/**
 * Replacing a credential without an interruption. Both are valid for a while: the new one is tried against the target first, and the old
 * one is used until the new one has proved itself, or until a time that was said beforehand.
 */
import type { Checked } from '../read/check.ts'
import type { Connection, SecretRef } from '../types.ts'

const DAY_MS = 86_400_000
export const ROTATE_EVERY_DAYS = 90

export type Age = {
  readonly field: string
  /** Null: it was set before ages were written down. */
  readonly since: string | null
  readonly age_days: number | null
  /** Null: never, or known only to the server that keeps the value. Else, without `since`, it counts from when the connection was made. */
  readonly due_at: string | null
  readonly overdue: boolean
}

/** Of each secret. `since`: ISO, where the one who keeps the values knows better than the connection. */
export function agesOf(
  connection: Connection,
  since: (field: string, ref: SecretRef) => string | null,
  now_ms: number,
): readonly Age[] {
  const { rotate_every_days: days = ROTATE_EVERY_DAYS } = connection
  return Object.entries(connection.secrets).map(([field, ref]) => {
    const from = since(field, ref) ?? connection.seen?.[field]?.since ?? null
    // A value in the vault may have been replaced since the connection was made: who does not know when says nothing.
    const unknown = from === null && ref.from === 'vault'
    const due_ms = days === null || unknown ? null : Date.parse(from ?? connection.created_at) + days * DAY_MS
    return {
      field,
      since: from,
      age_days: from === null ? null : Math.max(0, Math.floor((now_ms - Date.parse(from)) / DAY_MS)),
      due_at: due_ms === null ? null : new Date(due_ms).toISOString(),
      overdue: due_ms !== null && due_ms <= now_ms,
    }
  })
}

/** The new ones wait to be tried. A rotation under way is replaced: its new ones were never used. */
export function begun(connection: Connection, secrets: Connection['secrets'], by: string, at: string, until: string): Connection {
  return { ...connection, rotation: { secrets, begun_at: at, by, until, tried: null } }
}

/** With the new ones in place of the old. A statement about what a credential sees says nothing about another one. */
export function taken(connection: Connection): Connection {
  const { rotation } = connection
  if (rotation === null || rotation === undefined) return connection
  const seen = Object.fromEntries(
    Object.entries(connection.seen ?? {}).filter(([field]) => !Object.hasOwn(rotation.secrets, field)),
  )
  const secrets = { ...connection.secrets, ...rotation.secrets }
  return { ...connection, secrets, seen, attested: null, rotation: null }
}

export const isOver = ({ rotation }: Connection, now_ms: number): boolean =>
  rotation !== null && rotation !== undefined && Date.parse(rotation.until) <= now_ms

/** What is used now, of a connection as it is stored: past its time an old credential is not. */
export const secretsNow = (connection: Connection, now_ms: number): Connection['secrets'] =>
  isOver(connection, now_ms) ? { ...connection.secrets, ...connection.rotation?.secrets } : connection.secrets

/** Why a check with the new ones does not prove them; null: it does. Everything that certifies must be readable, as all of it was. */
export function unproved({ whoami, scope, streams }: Checked): string | null {
  if (whoami !== null && 'failed' in whoami) return `who we are: ${whoami.failed}`
  const refuted = scope.find(({ result }) => result === 'refuted')
  if (refuted !== undefined) return `it does not see everyone (${refuted.shows})`
  const [name, broken] = Object.entries(streams).find(([, { works, certified }]) => certified && !works) ?? []
  if (broken !== undefined) return `${name}: ${broken.code ?? ''} ${broken.because ?? ''}`.trim()
  // Without an answer that needed it nothing is proved.
  const asked = whoami !== null || Object.values(streams).some(({ works }) => works)
  return asked ? null : 'nothing was asked that needs it'
}

export type Settled = {
  readonly is: 'proved' | 'due' | 'waiting' | 'none'
  readonly because: string | null
  readonly connection: Connection
}

/**
 * Tries the new credential, unless the time of the old one is over. `check` asks the target with these secrets alone; `change` gives the
 * connection as it is by then, and stores what comes back with its reason, while nobody else changes it.
 */
export async function settleRotation(o: {
  readonly connection: Connection
  readonly check: (secrets: Connection['secrets']) => Promise<Checked>
  readonly change: (work: (now: Connection) => { readonly next: Connection; readonly why: string } | null) => Promise<Connection>
  readonly at: () => string
}): Promise<Settled> {
  const { rotation } = o.connection
  if (rotation === null || rotation === undefined) return { is: 'none', because: null, connection: o.connection }
  const same = (now: Connection): boolean => now.rotation?.begun_at === rotation.begun_at
  if (isOver(o.connection, Date.parse(o.at()))) {
    const why = 'credential rotated: the old one was kept until its time; the new one has not proved itself'
    const connection = await o.change((now) => (same(now) ? { next: taken(now), why } : null))
    return { is: 'due', because: rotation.tried?.because ?? 'it was not tried', connection }
  }
  const because = unproved(await o.check({ ...o.connection.secrets, ...rotation.secrets }))
  if (because === null) {
    const why = 'credential rotated: the new one was tried against the target and proved itself; the old one is dropped'
    const connection = await o.change((now) => (same(now) ? { next: taken(now), why } : null))
    return { is: 'proved', because: null, connection }
  }
  const connection = await o.change((now) =>
    same(now) && now.rotation?.tried?.because !== because
      ? {
          next: { ...now, rotation: { ...rotation, tried: { at: o.at(), because } } },
          why: 'the new credential was tried and is not taken yet',
        }
      : null,
  )
  return { is: 'waiting', because, connection }
}
