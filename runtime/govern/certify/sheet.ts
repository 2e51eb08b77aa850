/** What a reviewer decides upon: each record with what a person knows it by, and the last word about it. */
import type { Frozen, StoredDecision } from '../../certify-types.ts'
import type { Connector, JsonObject, StoredRecord } from '../../types.ts'
import { recordOf } from '../accounts.ts'
import { isInScope, type Names, namesOf, population } from './items.ts'
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

/** Where a page goes on: which of the reviewed parts, and after which record's number in the store. */
export type Place = readonly [part: number, seq: number]

/** At most `limit` rows of the sheet from a place on, read as they are needed: the same rows as `sheetOf`. Throws `store/not-found`. */
export async function sheetPage(
  ctx: CertifyContext,
  id: string,
  from: Place,
  limit: number,
): Promise<readonly { readonly place: Place; readonly row: SheetRow }[]> {
  const row = await rowOf(ctx.store, id)
  const names = namesOf(row.key)
  const parts = certificationOf(row).frozen.filter(({ reviewed }) => reviewed)
  const rows: { readonly place: Place; readonly row: SheetRow }[] = []
  for (let part = from[0], after = from[1]; part < parts.length && rows.length < limit; ) {
    const frozen = parts[part] as Frozen
    const wanted = Object.keys(frozen.where).length > 0 ? LOT : limit - rows.length
    const records = await ctx.store.snapshotRecords(frozen.snapshot, after, wanted)
    const fits = records.filter(({ fields }) => isInScope(frozen.where, fields)).slice(0, limit - rows.length)
    for (const made of await rowsOf(ctx, id, names, frozen, fits)) rows.push({ place: [part, made.seq], row: made.row })
    after = records.at(-1)?.seq ?? after
    if (records.length < wanted) [part, after] = [part + 1, 0]
  }
  return rows
}

const LOT = 5_000

async function rowsOf(ctx: CertifyContext, id: string, names: Names, frozen: Frozen, records: readonly StoredRecord[]) {
  const { connection, stream } = frozen
  const { connector } = await ctx.target(connection)
  const nameOf = nameBook(ctx, connection)
  const items = records.map((one) => ({ one, item: names.item(connection, stream, one.id) }))
  const known = await ctx.store.lastDecisions(
    id,
    items.map(({ item }) => item),
  )
  const last = new Map(known.map((decision) => [decision.item, decision]))
  const rows: { readonly seq: number; readonly row: SheetRow }[] = []
  for (const { one, item } of items) {
    const found = last.get(item)
    const told = found?.record === names.record(item, one) ? found : undefined
    const shows = await shownAs(connector, stream, one.fields, nameOf)
    const { is = null, why = '', by = '' } = told ?? {}
    rows.push({ seq: one.seq, row: { connection, stream, id: one.id, shows, decision: is, why, by } })
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
