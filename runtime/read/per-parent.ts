/** Each parent's own count against the records read below it. */
import type { ProofAnswer, ProofAsk } from '../kinds/kind.ts'
import { compileStream } from '../record/compile.ts'
import { openPage } from '../record/page.ts'
import { buildRequest } from '../record/request.ts'
import { takeRows } from '../record/rows.ts'
import { sendDeclared } from '../record/send-declared.ts'
import type { Json, JsonObject, PageState } from '../types.ts'
import type { ProofContext } from './proof-context.ts'
import { recordsOf } from './stream.ts'

/** Parents whose count differs are asked again, so many at most: a member may have come or gone since the parents were listed. */
const ASK_AGAIN = 50

export async function perParent(context: ProofContext, ask: Extract<ProofAsk, { ask: 'per_parent' }>): Promise<ProofAnswer> {
  const source = context.compiled.stream.each[ask.variable]
  const session = source?.from === 'stream' ? context.sessions[source.stream] : undefined
  const nothing = { ask: 'per_parent', parents: 0, equal: 0, uncounted: 0, uncounted_empty: 0, differing: [] } as const
  if (source?.from !== 'stream' || session === undefined)
    return { ...nothing, failed: `${ask.variable} is not a stream that was read` }
  if (Object.keys(context.compiled.stream.each).length > 1)
    return { ...nothing, failed: 'a product of several lists has no count per parent' }
  const differing: { parent: string; counted: number; read: number }[] = []
  const count = { parents: 0, equal: 0, uncounted: 0, uncounted_empty: 0 }
  for await (const parent of recordsOf(session)) {
    count.parents++
    const counted = countIn(parent.fields, ask.field)
    const read = context.fold.per_partition?.get(`${ask.variable}=${encodeURIComponent(parent.id)}`) ?? 0
    if (counted === null) {
      count.uncounted++
      if (read === 0) count.uncounted_empty++
    } else if (fits(ask.at_least, counted, read)) count.equal++
    else differing.push({ parent: parent.id, counted, read })
  }
  const still = differing.length > ASK_AGAIN ? differing : await stillDiffering(context, source.stream, ask, differing)
  return { ask: 'per_parent', ...count, equal: count.equal + differing.length - still.length, differing: still, failed: null }
}

const fits = (at_least: boolean, counted: number | null | undefined, read: number): boolean =>
  at_least ? typeof counted === 'number' && counted <= read : counted === read

function countIn(fields: JsonObject, field: string): number | null {
  const keep = fields['keep'] as { readonly [name: string]: Json } | undefined
  const counted = fields[field] ?? keep?.[field]
  return typeof counted === 'number' ? counted : null
}

/** Those whose count, asked now, is not what was read either. */
async function stillDiffering<T extends { readonly parent: string; readonly read: number }>(
  context: ProofContext,
  stream: string,
  { field, at_least }: { readonly field: string; readonly at_least: boolean },
  differing: readonly T[],
): Promise<readonly T[]> {
  if (differing.length === 0) return differing
  if (isOwnList(context, stream)) {
    const listed = await countsListed(context, stream, field)
    return differing.filter((one) => !fits(at_least, listed.get(one.parent), one.read))
  }
  const now = await Promise.all(differing.map((one) => countNow(context, stream, field, one.parent)))
  return differing.filter((one, index) => !fits(at_least, now[index], one.read))
}

/**
 * Is the parent's by-id answer the very answer that the list below it was read from (members inside a SCIM group)? A count in it says
 * whatever the list says, and settles nothing.
 */
function isOwnList(context: ProofContext, stream: string): boolean {
  const get = context.connector.streams[stream]?.get
  const { list } = context.compiled.stream
  const place = (path: string): string => path.replaceAll(/\{[^{}]*\}/g, '{}')
  return get !== null && get !== undefined && get.method === list.method && place(get.path) === place(list.path)
}

/** Beyond so many pages the parents are not listed again: the difference stands. */
const PAGES_AGAIN = 1000

/** The parents' counts as their own list says them now. Parents that are lists below others have none. */
async function countsListed(context: ProofContext, stream: string, field: string): Promise<ReadonlyMap<string, number | null>> {
  const compiled = compileStream(context.connector, stream)
  const counts = new Map<string, number | null>()
  if (Object.keys(compiled.stream.each).length > 0) return counts
  const vars = { settings: context.names['settings'] }
  for (let state: PageState = compiled.pages.first(compiled.stream.pages), page = 0; page < PAGES_AGAIN; page++) {
    const patch = compiled.pages.ask(compiled.stream.pages, state)
    const observation = await sendDeclared(context, () =>
      buildRequest(context.connector, compiled.stream.list, context.names, patch),
    )
    if (observation.kind !== 'answer') return counts
    const opened = openPage(compiled, state, observation)
    if (!opened.ok) return counts
    for (const row of takeRows(opened.records, { compiled, vars, partition: '', page, last_sort: null }).rows)
      counts.set(row.id, countIn(JSON.parse(row.fields) as JsonObject, field))
    if (opened.next.kind !== 'page') return counts
    state = opened.next.state
  }
  return counts
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
