import type { Http } from '../runtime/http/open.ts'
import { type FirstPage, firstPage } from '../runtime/read/first-page.ts'
import type { Target } from './compose.ts'
import { openOnce } from './once.ts'

export type Looked = { readonly page: FirstPage } | { readonly blocked: string }

/** The first page of a stream; below a parent, that of the first parent record. Each is asked for once. */
export function openFirstPages(target: Target, http: Http): (stream: string) => Promise<Looked> {
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
    return { page: await firstPage({ ...target, http, stream, parents }) }
  })
  return look
}
