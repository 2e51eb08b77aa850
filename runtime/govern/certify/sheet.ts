/** What a reviewer decides upon: each record with what a person knows it by, and the last word about it. */
import type { StoredDecision } from '../../certify-types.ts'
import type { Connector, JsonObject } from '../../types.ts'
import { recordOf } from '../accounts.ts'
import { namesOf, population } from './items.ts'
import { allDecisions, type CertifyContext, rowOf } from './look.ts'
import { certificationOf } from './state.ts'

export type SheetRow = {
  readonly connection: string
  readonly stream: string
  readonly id: string
  /** `alan.turing holds Engineers`. */
  readonly shows: string
  readonly decision: StoredDecision['is'] | null
  readonly why: string
  readonly by: string
}

/** Of the reviewed records, in the order they were read. Throws `store/not-found`. */
export async function sheetOf(ctx: CertifyContext, id: string): Promise<readonly SheetRow[]> {
  const row = await rowOf(ctx.store, id)
  const last = new Map((await allDecisions(ctx.store, id)).map((one) => [one.item, one]))
  const rows: SheetRow[] = []
  for (const part of certificationOf(row).frozen.filter(({ reviewed }) => reviewed)) {
    const { connection, stream } = part
    const { connector } = await ctx.target(connection)
    const found: (SheetRow & { readonly fields: JsonObject })[] = []
    await population(ctx.store, namesOf(row.key), part.snapshot, part, (item, fields) => {
      const known = last.get(item.item)
      const told = known?.record === item.record ? known : undefined
      found.push({
        ...{ connection, stream, id: item.id, shows: '', fields },
        ...{ decision: told?.is ?? null, why: told?.why ?? '', by: told?.by ?? '' },
      })
    })
    const nameOf = nameBook(ctx, connection)
    for (const { fields, ...one } of found) rows.push({ ...one, shows: await shownAs(connector, stream, fields, nameOf) })
  }
  return rows
}

type NameOf = (streams: readonly string[], id: string) => Promise<string>

function nameBook({ store }: CertifyContext, connection: string): NameOf {
  const known = new Map<string, string>()
  return async (streams, id) => {
    for (const stream of streams) {
      const key = `${stream}/${id}`
      if (!known.has(key)) known.set(key, nameIn((await recordOf(store, { connection, stream, id }))?.fields ?? {}))
      if (known.get(key) !== '') return known.get(key) as string
    }
    return id
  }
}

async function shownAs(connector: Connector, stream: string, fields: JsonObject, nameOf: NameOf): Promise<string> {
  const { account, entitlement } = fields
  const refers = connector.streams[stream]?.refers ?? {}
  if (typeof account !== 'string') return nameIn(fields)
  const who = await nameOf(refers['account'] ?? [], account)
  return typeof entitlement === 'string' ? `${who} holds ${await nameOf(refers['entitlement'] ?? [], entitlement)}` : who
}

function nameIn(fields: JsonObject): string {
  for (const field of ['userName', 'email', 'displayName', 'name'])
    if (typeof fields[field] === 'string' && fields[field] !== '') return fields[field]
  return ''
}
