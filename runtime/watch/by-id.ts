/** One record as it is now, in our fields. What comes is data, and what is not the record that was asked for shows nothing. */

import { readById } from '../record/by-id.ts'
import { type CompiledStream, compileStream } from '../record/compile.ts'
import { expandRecords } from '../record/expand.ts'
import { buildRequest, FRESH } from '../record/request.ts'
import { idOrNull, takeRows } from '../record/rows.ts'
import { sendDeclared } from '../record/send-declared.ts'
import type { JsonObject, Observation } from '../types.ts'
import { namesOf, type WatchContext } from './context.ts'

export type Seen = {
  /** When it was asked, and when that was answered; milliseconds since 1970. */
  readonly asked_ms: number
  readonly answered_ms: number
  readonly because: string
} & (
  | { readonly shows: 'alive'; readonly fields: JsonObject }
  /** Alive, and left out of the stream by a filter of its own. */
  | { readonly shows: 'left_out' }
  /** So it was said; a control says whether to believe it. */
  | { readonly shows: 'gone' }
  | { readonly shows: 'unanswered' }
)

export type AskById = (id: string) => Promise<Seen>

/** Null: the stream has no `get`, or is none of the connector's any more. */
export function openById(context: WatchContext, name: string): AskById | null {
  if (!Object.hasOwn(context.connector.streams, name)) return null
  const compiled = compileStream(context.connector, name)
  return compiled.stream.get === null ? null : (id) => ask(context, compiled, id)
}

async function ask(context: WatchContext, compiled: CompiledStream, id: string): Promise<Seen> {
  const { connector, now } = context
  const { get } = compiled.stream
  const names = namesOf(context)
  const asked_ms = now()
  const observation: Observation =
    get === null ? NOTHING : await sendDeclared(context, () => buildRequest(connector, get, { ...names, id }, FRESH))
  const said = readById(compiled, observation, names)
  const times = { asked_ms, answered_ms: now() }
  if (observation.kind !== 'answer')
    return { ...times, shows: said === 'gone' ? 'gone' : 'unanswered', because: observation.because }
  if (said === 'gone') return { ...times, shows: 'gone', because: 'its record says that it is gone' }
  if (said === 'unanswered') return { ...times, shows: 'unanswered', because: 'the answer holds no record' }
  const seen = await mapped(context, compiled, id, compiled.get_record(observation.body))
  return { ...times, answered_ms: now(), ...seen }
}

type Mapped =
  | { readonly shows: 'alive'; readonly because: string; readonly fields: JsonObject }
  | { readonly shows: 'left_out' | 'unanswered'; readonly because: string }

/** As a sync maps it: with its expansion, through its filters. */
async function mapped(context: WatchContext, compiled: CompiledStream, id: string, record: unknown): Promise<Mapped> {
  const names = namesOf(context)
  const vars = { settings: names['settings'] }
  const found = idOrNull(compiled, record, vars)
  if (found === null) return { shows: 'unanswered', because: 'the record that came has no id' }
  const same = compiled.stream.id_is_case_sensitive ? found === id : found.toLowerCase() === id.toLowerCase()
  if (!same) return { shows: 'unanswered', because: 'another record came than was asked for' }
  const where = { partition: '', vars, page: 0 }
  const expanded = await expandRecords({ ...context, compiled, names }, where, [record])
  const taken = takeRows(expanded.records, { compiled, ...where, last_sort: null })
  const [row] = taken.rows
  if (row !== undefined) {
    const { keep: _, ...fields } = JSON.parse(row.fields) as { readonly [field: string]: JsonObject[string] }
    return { shows: 'alive', because: 'it answered', fields }
  }
  const [filter] = Object.keys(taken.filtered)
  if (filter !== undefined) return { shows: 'left_out', because: `it answered; the filter \`${filter}\` leaves it out` }
  const [kept] = [...expanded.quarantined, ...taken.quarantined]
  return { shows: 'unanswered', because: `it answered, and cannot be read: ${kept?.because ?? 'the record is empty'}` }
}

const NOTHING: Observation = {
  kind: 'refused',
  code: 'http/refused',
  status: 0,
  because: 'the stream declares no `get`',
  gap: false,
  requests: 0,
  ms: 0,
}
