/** One page of a stream, unstored: what an author looks at while writing, and what `check` asks. */

import { Failure } from '../errors.ts'
import type { Http } from '../http/open.ts'
import { compileStream } from '../record/compile.ts'
import { openPage } from '../record/page.ts'
import { buildRequest, type Names, settingNames } from '../record/request.ts'
import { idOrNull, takeRows } from '../record/rows.ts'
import { sendDeclared } from '../record/send-declared.ts'
import type { Connection, Connector, HttpRequest, JsonObject, Next, Observation } from '../types.ts'

export type FirstPage = {
  /** Null where the request could not be built. */
  readonly request: { readonly method: string; readonly url: string } | null
  readonly observation: Observation
  readonly records: readonly {
    readonly raw: unknown
    readonly id: string | null
    readonly fields: JsonObject | null
    readonly problem: string | null
  }[]
  /** Null where the answer is no page; `problem` then says why. */
  readonly next: Next | null
  readonly total: number | null
  readonly problem: string | null
  /** What the request and the values saw: settings and the variables of `each`. */
  readonly vars: Names
}

/** `parents` gives a record of ours for each variable of `each` that names a stream; without one the stream cannot be previewed. */
export async function firstPage(o: {
  readonly connector: Connector
  readonly connection: Connection
  readonly http: Http
  readonly stream: string
  readonly parents?: Names
  readonly signal?: AbortSignal
}): Promise<FirstPage> {
  const compiled = compileStream(o.connector, o.stream)
  const names = { ...settingNames(o.connection.settings), ...variablesOf(compiled.stream.each, o.connection, o.parents ?? {}) }
  const state = compiled.pages.first(compiled.stream.pages)
  let request: HttpRequest | undefined
  const observation = await sendDeclared({ send: o.http.send, signal: o.signal }, () => {
    request = buildRequest(o.connector, compiled.stream.list, names, compiled.pages.ask(compiled.stream.pages, state))
    return request
  })
  const shown = request === undefined ? null : { method: request.method, url: request.url }
  const nothing = { request: shown, observation, records: [], next: null, total: null, vars: names }
  if (observation.kind !== 'answer') return { ...nothing, problem: observation.because }
  const opened = openPage(compiled, state, observation)
  if (!opened.ok) return { ...nothing, problem: opened.because }
  const records = opened.records.map((raw) => preview(raw, compiled, names))
  return {
    request: shown,
    observation,
    records,
    next: opened.next,
    total: opened.total,
    problem: opened.next.kind === 'broken' ? opened.next.because : null,
    vars: names,
  }
}

function preview(raw: unknown, compiled: ReturnType<typeof compileStream>, names: Names): FirstPage['records'][number] {
  const taken = takeRows([raw], { compiled, vars: names, partition: '', page: 0, last_sort: null })
  const [row] = taken.rows
  if (row !== undefined) return { raw, id: row.id, fields: JSON.parse(row.fields) as JsonObject, problem: null }
  const [kept] = taken.quarantined
  const [filter] = Object.keys(taken.filtered)
  return {
    raw,
    id: idOrNull(compiled, raw, names),
    fields: null,
    problem: kept === undefined ? `filtered: ${filter}` : `${kept.reason}: ${kept.because}`,
  }
}

/** The first value of each list; a parent record must be given. */
function variablesOf(each: ReturnType<typeof compileStream>['stream']['each'], connection: Connection, parents: Names): Names {
  const names: Record<string, unknown> = {}
  for (const [variable, source] of Object.entries(each)) {
    if (source.from === 'values') names[variable] = source.values[0]
    if (source.from === 'setting') names[variable] = (connection.settings[source.setting] as readonly unknown[] | undefined)?.[0]
    if (source.from === 'stream') {
      if (parents[variable] === undefined)
        throw new Failure(
          'read/parent-not-read',
          `streams.${source.stream}`,
          `a record of ${source.stream} is needed to preview this list`,
        )
      names[variable] = parents[variable]
    }
  }
  return names
}
