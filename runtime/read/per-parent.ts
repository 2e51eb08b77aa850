/** Each parent's own count against the records read below it. */
import type { ProofAnswer, ProofAsk } from '../kinds/kind.ts'
import { compileStream } from '../record/compile.ts'
import { buildRequest } from '../record/request.ts'
import { takeRows } from '../record/rows.ts'
import { sendDeclared } from '../record/send-declared.ts'
import type { Json, JsonObject } from '../types.ts'
import type { ProofContext } from './proof-context.ts'
import { recordsOf } from './stream.ts'

/** Parents whose count differs are asked again, so many at most: a member may have come or gone since the parents were listed. */
const ASK_AGAIN = 50

export async function perParent(context: ProofContext, ask: Extract<ProofAsk, { ask: 'per_parent' }>): Promise<ProofAnswer> {
  const source = context.compiled.stream.each[ask.variable]
  const session = source?.from === 'stream' ? context.sessions[source.stream] : undefined
  const nothing = { ask: 'per_parent', parents: 0, equal: 0, uncounted: 0, differing: [] } as const
  if (source?.from !== 'stream' || session === undefined)
    return { ...nothing, failed: `${ask.variable} is not a stream that was read` }
  if (Object.keys(context.compiled.stream.each).length > 1)
    return { ...nothing, failed: 'a product of several lists has no count per parent' }
  const differing: { parent: string; counted: number; read: number }[] = []
  const count = { parents: 0, equal: 0, uncounted: 0 }
  for await (const parent of recordsOf(session)) {
    count.parents++
    const counted = countIn(parent.fields, ask.field)
    const read = context.fold.per_partition?.get(`${ask.variable}=${encodeURIComponent(parent.id)}`) ?? 0
    if (counted === null) count.uncounted++
    else if (counted === read) count.equal++
    else differing.push({ parent: parent.id, counted, read })
  }
  const still = differing.length > ASK_AGAIN ? differing : await stillDiffering(context, source.stream, ask.field, differing)
  return { ask: 'per_parent', ...count, equal: count.equal + differing.length - still.length, differing: still, failed: null }
}

function countIn(fields: JsonObject, field: string): number | null {
  const keep = fields['keep'] as { readonly [name: string]: Json } | undefined
  const counted = fields[field] ?? keep?.[field]
  return typeof counted === 'number' ? counted : null
}

/** Those whose count, asked by id now, is not what was read either. */
async function stillDiffering<T extends { readonly parent: string; readonly read: number }>(
  context: ProofContext,
  stream: string,
  field: string,
  differing: readonly T[],
): Promise<readonly T[]> {
  const now = await Promise.all(differing.map((one) => countNow(context, stream, field, one.parent)))
  return differing.filter((one, index) => now[index] !== one.read)
}

async function countNow(context: ProofContext, stream: string, field: string, id: string): Promise<number | null> {
  const compiled = compileStream(context.connector, stream)
  const { get } = compiled.stream
  if (get === null) return null
  const observation = await sendDeclared(context, () => buildRequest(context.connector, get, { ...context.names, id }))
  if (observation.kind !== 'answer') return null
  const record = compiled.get_record(observation.body)
  const [row] = takeRows([record], {
    compiled,
    vars: { settings: context.names['settings'] },
    partition: '',
    page: 0,
    last_sort: null,
  }).rows
  return row === undefined ? null : countIn(JSON.parse(row.fields) as JsonObject, field)
}
