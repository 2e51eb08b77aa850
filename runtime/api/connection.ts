/** A connection as the API shows it, and what happens when one is changed. */
import { ROTATE_EVERY_DAYS } from '../govern/rotation.ts'
import { webhookSecretNames } from '../http/credentials.ts'
import { levelsOf } from '../judge/levels.ts'
import type { Connection, Json, Levels } from '../types.ts'
import { ages, dropUnused } from './rotate.ts'
import { settingsOf } from './settings.ts'
import { connectorOf, originFor } from './targets.ts'
import type { Ask, House, Room } from './types.ts'

export type Changes = {
  readonly settings?: { readonly [name: string]: Json }
  readonly secrets?: { readonly [name: string]: string }
  readonly owner?: string | null
  readonly data_owner?: string | null
  readonly levels?: Partial<Levels>
  readonly rotate_every_days?: number | null
  readonly canaries?: Connection['canaries']
  readonly protected?: Connection['canaries']
}

/** Never a value of a secret. */
export function shown(house: House, room: Room, connection: Connection): object {
  const { name, connector, settings, owner, attested, canaries, allow_private, created_at, rotation = null } = connection
  const sealed = room.secrets.shown(name)
  const paused = room.desk.paused(name)
  const fields = ages(house, room, connection).map(({ field, since, age_days, due_at, overdue }) => {
    const ref = connection.secrets[field]
    const set_by = sealed.find((one) => one.name === ref?.name)?.set_by ?? null
    return [
      field,
      { set_at: since, set_by, kept: ref?.from === 'vault' ? 'vault' : 'reference', age_days, due_at, overdue },
    ] as const
  })
  return {
    ...{ name, connector, settings, secrets: Object.fromEntries(fields), owner, attested, canaries },
    ...{ protected: connection.protected ?? {}, allow_private, created_at },
    data_owner: connection.data_owner ?? null,
    levels: levelsOf(connection.levels),
    re_enter: connection.re_enter ?? [],
    rotate_every_days: connection.rotate_every_days === undefined ? ROTATE_EVERY_DAYS : connection.rotate_every_days,
    rotation: rotation === null ? null : { ...rotation, secrets: Object.keys(rotation.secrets) },
    paused: paused === null ? null : { at: paused.at, by: paused.by, why: paused.why },
  }
}

/** A credential goes where it was entered for, and nowhere else: with another origin the old ones are gone. */
export async function changed({ house, room, who, at, act }: Ask, before: Connection, given: Changes): Promise<Connection> {
  const { name } = before
  const connector = connectorOf(house, room, before.connector)
  const { settings, secrets } = settingsOf(connector, given.settings ?? before.settings, given.secrets ?? {})
  const origin = originFor(connector, settings)
  const was = Object.keys(before.settings).length > 0 ? originFor(connector, before.settings) : origin
  const moved = was !== origin
  const refs: { [field: string]: Connection['secrets'][string] } = moved ? {} : { ...before.secrets }
  for (const [field, value] of Object.entries(secrets))
    refs[field] = { from: 'vault', name: await room.secrets.put({ connection: name, field, origin }, value, who.by, at) }
  const lost = Object.keys(before.secrets).filter((field) => !Object.hasOwn(refs, field))
  if (moved) {
    const detail = { severity: 'high', secrets: Object.keys(before.secrets), from: was, to: origin }
    await room.store.enter({
      ...act('another host: what was entered for the old one is dropped'),
      what: 'secret dropped',
      about: name,
      detail,
    })
    room.vault.dropKept(name)
  }
  // A statement about what a credential sees says nothing about another credential.
  const others = webhookSecretNames(connector)
  const reading = (of: Connection['secrets']) => Object.entries(of).filter(([field]) => !others.includes(field))
  const same = JSON.stringify([before.settings, reading(before.secrets)]) === JSON.stringify([settings, reading(refs)])
  const connection: Connection = {
    ...before,
    settings,
    secrets: refs,
    re_enter: [...new Set([...(before.re_enter ?? []), ...lost])].filter((field) => !Object.hasOwn(refs, field)),
    // What is entered here is used at once; what waited to be tried was for another host, or older.
    rotation: moved || Object.keys(secrets).some((field) => !others.includes(field)) ? null : (before.rotation ?? null),
    attested: same ? before.attested : null,
    owner: given.owner === undefined ? before.owner : given.owner,
    data_owner: given.data_owner === undefined ? (before.data_owner ?? null) : given.data_owner,
    ...(given.levels === undefined ? {} : { levels: given.levels }),
    canaries: given.canaries ?? before.canaries,
    protected: given.protected ?? before.protected ?? {},
    ...(given.rotate_every_days === undefined ? {} : { rotate_every_days: given.rotate_every_days }),
  }
  const told = [
    ...(moved ? ['another host: secrets dropped'] : []),
    ...Object.keys(secrets).map((field) => `secret ${field} set`),
  ]
  await room.store.putConnection(connection, act(told.length === 0 ? 'through the API' : told.join('; ')))
  dropUnused(room, connection)
  return connection
}
