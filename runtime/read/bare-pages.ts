/** Pages on which a field is gone: a few of their records are asked by id whether they have it. */
import { type BareField, suspicious } from '../judge/bare-pages.ts'
import { buildRequest } from '../record/request.ts'
import { takeRows } from '../record/rows.ts'
import { sendDeclared } from '../record/send-declared.ts'
import type { ReadSession } from '../store/port.ts'
import type { Json, JsonObject } from '../types.ts'
import type { ReadContext } from './context.ts'
import type { Fold } from './facts.ts'
import { recordsOf } from './stream.ts'

type Context = Pick<ReadContext, 'connector' | 'compiled' | 'names' | 'send' | 'signal'> & { readonly session: ReadSession }

/** Of each field so many records, spread over those without it; and so many fields. */
const RECORDS = 3
const FIELDS = 3

/** None where the target cannot be asked by id: then whole pages without a field are as they are. */
export async function barePages(context: Context, { bare }: Pick<Fold, 'bare'>): Promise<readonly BareField[]> {
  if (context.compiled.stream.get === null) return []
  const fields = suspicious(bare).slice(0, FIELDS)
  if (fields.length === 0) return []
  const lacking = new Map(fields.map((field): [string, string[]] => [field, []]))
  for await (const record of recordsOf(context.session))
    for (const [field, ids] of lacking) if (record.fields[field] === undefined) ids.push(record.id)
  return Promise.all(
    fields.map(async (field) => {
      const ids = lacking.get(field) ?? []
      const step = Math.max(1, Math.floor(ids.length / RECORDS))
      const chosen = ids.filter((_, at) => at % step === 0).slice(0, RECORDS)
      const found = await Promise.all(chosen.map((id) => byId(context, id)))
      const shown = chosen.filter((_, at) => found[at]?.[field] !== undefined)
      return { field, bare: bare.get(field)?.bare ?? 0, asked: found.filter((one) => one !== null).length, shown }
    }),
  )
}

/** In our fields. Null: no answer, gone meanwhile, or nothing that can be told to be a record: it says nothing of the field. */
async function byId(
  { compiled, connector, names, send, signal }: Context,
  id: string,
): Promise<{ readonly [field: string]: Json } | null> {
  const { get } = compiled.stream
  if (get === null) return null
  const observation = await sendDeclared({ send, signal }, () => buildRequest(connector, get, { ...names, id }))
  if (observation.kind !== 'answer') return null
  const where = { compiled, vars: { settings: names['settings'] }, partition: '', page: 0, last_sort: null }
  const [row] = takeRows([compiled.get_record(observation.body)], where).rows
  return row === undefined ? null : (JSON.parse(row.fields) as JsonObject)
}
