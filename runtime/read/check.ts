/** Asks a target who we are, what the credential may see, and for the first page of each stream. Stores nothing. */
import type { Http } from '../http/open.ts'
import type { ScopeAnswer } from '../judge/scope.ts'
import { settingNames } from '../record/request.ts'
import { openWhoami } from '../record/whoami.ts'
import type { Connection, Connector } from '../types.ts'
import { type Nearest, openFirstPages, said } from './first-pages.ts'
import type { SampleFinding } from './sample/judge.ts'
import { askScope } from './scope.ts'

export type StreamCheck = {
  readonly works: boolean
  readonly certified: boolean
  readonly lost: boolean
  readonly code: string | null
  readonly because: string | null
  readonly records: number
  readonly total: number | null
  readonly more: boolean
  /** What of the declaration leads nowhere in the first page; errors are in `because` too. */
  readonly findings: readonly SampleFinding[]
}
export type Checked = {
  /** Null: the connector declares none. */
  readonly whoami: { readonly id: string } | { readonly failed: string } | null
  readonly scope: readonly ScopeAnswer[]
  readonly streams: { readonly [name: string]: StreamCheck }
}

/** Rejects for nothing that the target does. */
export async function check(
  target: { readonly connector: Connector; readonly connection: Connection },
  http: Http,
  nearest: Nearest,
): Promise<Checked> {
  const { connector, connection } = target
  const names = settingNames(connection.settings)
  const whoami = connector.whoami === null ? null : await openWhoami({ connector, names, send: http.send, signal: undefined })()
  const scope = await askScope({ ...target, http })
  const look = openFirstPages(target, http, nearest)
  const streams: { [name: string]: StreamCheck } = {}
  for (const name of connector.order) {
    const certified = connector.streams[name]?.certified ?? true
    const looked = await look(name)
    if ('blocked' in looked) {
      streams[name] = {
        works: false,
        certified,
        lost: false,
        code: NOT_LOOKED,
        because: looked.blocked,
        records: 0,
        total: null,
        more: false,
        findings: [],
      }
      continue
    }
    const { observation, problem, records, total, next } = looked.page
    const wrong = looked.findings.find(({ severity }) => severity === 'error')
    const because = wrong === undefined ? problem : said(wrong)
    const code = observation.kind === 'answer' ? (wrong?.code ?? null) : observation.code
    streams[name] = {
      works: because === null,
      certified,
      lost: observation.kind === 'lost',
      code,
      because,
      records: records.length,
      total,
      more: next?.kind === 'page',
      findings: looked.findings,
    }
  }
  return { whoami, scope, streams }
}

/** Of a stream whose parents gave no record to look below. */
export const NOT_LOOKED = 'read/parent-not-read'
