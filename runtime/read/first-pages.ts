import type { Http } from '../http/open.ts'
import { compileStream } from '../record/compile.ts'
import type { Connection, Connector } from '../types.ts'
import { type FirstPage, firstPage } from './first-page.ts'
import { openOnce } from './once.ts'
import { type SampleFinding, sampleFindings } from './sample/judge.ts'

export type Nearest = Parameters<typeof sampleFindings>[0]['nearest']

export type Looked =
  | {
      readonly page: FirstPage
      /** What of the declaration leads nowhere in this answer; the same words as `validate --sample`. */
      readonly findings: readonly SampleFinding[]
    }
  | { readonly blocked: string }

/** The first page of a stream; below a parent, that of the first parent record. Each is asked for once. */
export function openFirstPages(
  target: { readonly connector: Connector; readonly connection: Connection },
  http: Http,
  nearest: Nearest,
): (stream: string) => Promise<Looked> {
  const look = openOnce(async (stream): Promise<Looked> => {
    const parents: { [variable: string]: object } = {}
    for (const [variable, each] of Object.entries(target.connector.streams[stream]?.each ?? {})) {
      if (each.from !== 'stream') continue
      const above = await look(each.stream)
      const record = 'page' in above ? above.page.records.find((r) => r.fields !== null) : undefined
      if (record === undefined)
        return { blocked: 'blocked' in above ? above.blocked : `${each.stream} has no record to look below` }
      const { keep, ...fields } = record.fields as { readonly keep?: object }
      parents[variable] = { ...fields, ...keep, id: record.id }
    }
    const page = await firstPage({ ...target, http, stream, parents })
    const { observation: answer, vars } = page
    if (answer.kind !== 'answer') return { page, findings: [] }
    const compiled = compileStream(target.connector, stream)
    return { page, findings: sampleFindings({ compiled, answer, vars, assumed: [], recorded: false, nearest }) }
  })
  return look
}

/** `email: path … leads to nothing …; did you mean …?` */
export const said = ({ message, help }: SampleFinding): string => (help === null ? message : `${message}; ${help}`)
