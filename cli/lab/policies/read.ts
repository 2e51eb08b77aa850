/**
 * Other ways of reading, each the POLICY ALONE: when is a list over, and what may be skipped. They are not anybody's product. All share one
 * plain client that is given whatever favours them: tries again, follows every paging word, signs in for free, and only ids are compared.
 */
import type { Connector, Json, Stream, ValueText } from '../../../runtime/types.ts'
import { at } from '../twin/path.ts'
import { scopeOf, text } from '../twin/template.ts'
import type { StreamTruth } from '../twin/types.ts'
import { ask, type Heard } from './ask.ts'
import { bodyWith, isNumbered, type Pager, pagerOf, type Spot } from './pages.ts'

export type PageSeen = {
  readonly rows: number
  /** Rows of the list so far, this page included. */
  readonly read: number
  /** What the target says the list holds; null: it does not say. */
  readonly total: number | null
  /** Does the target name another page? */
  readonly next: boolean
  /** Rows of a full page. */
  readonly size: number
}
export type ReadPolicy = {
  readonly name: string
  readonly says: string
  readonly ends: (page: PageSeen) => boolean
  /** Share of the lists below a parent that may answer 403 or 404 and are left out. */
  readonly skips: number
}

const noNext = ({ next, rows }: PageSeen): boolean => !next || rows === 0

export const READ_POLICIES: readonly ReadPolicy[] = [
  {
    name: 'loop until no next',
    says: 'a list is over where no next page is named; of numbered pages, where one is empty',
    ends: ({ next }) => !next,
    skips: 0,
  },
  {
    name: 'stop on a short page',
    says: 'a list is over where a page has fewer rows than asked for',
    ends: ({ next, rows, size }) => !next || rows < size,
    skips: 0,
  },
  {
    name: 'stop at the total',
    says: 'a list is over where as many rows came as its total says',
    ends: (page) => (page.total === null ? noNext(page) : page.read >= page.total || noNext(page)),
    skips: 0,
  },
  {
    name: 'skip up to 10 % not found',
    says: 'loop until no next; lists below a parent that answer 403 or 404 are left out, up to a tenth of them',
    ends: ({ next }) => !next,
    skips: 0.1,
  },
]

export type Source = {
  readonly connector: Connector
  readonly settings: { readonly [name: string]: Json }
  /** What the lab knows of each stream that it plays: by what a record is told apart. */
  readonly streams: { readonly [stream: string]: StreamTruth }
  readonly page_size: number
}
/** Keys of what it read, a stream; null: it read the stream and the policies cannot tell its records apart. */
export type Read =
  | { readonly said: 'success'; readonly keys: ReadonlyMap<string, ReadonlySet<string> | null> }
  | { readonly said: 'error' }

/** Endless as far as any of them can tell. */
const PAGES = 400

type Vars = { readonly [name: string]: Json }
type Rows = readonly { readonly vars: Vars; readonly row: Json }[]
class Failed extends Error {}

/** Everything the connector lists and the lab plays, parents first. Streams that need more than plain templates are left out. */
export async function readBy(policy: ReadPolicy, source: Source): Promise<Read> {
  const rows = new Map<string, Rows>()
  const keys = new Map<string, ReadonlySet<string> | null>()
  try {
    for (const name of source.connector.order) {
      const stream = source.connector.streams[name] as Stream
      const told = source.streams[name]
      const over = varsOf(stream, rows, source)
      const pager = pagerOf(stream.pages)
      if (told === undefined || over === null || pager === null || !isPlain(stream)) continue
      const read = await readAll(policy, source, stream, pager, over)
      rows.set(name, read)
      const found = read.map(({ row, vars }) => keyOf(stream, told, row, vars))
      keys.set(name, found.includes(null) ? null : new Set(found as readonly string[]))
    }
    return { said: 'success', keys }
  } catch (error) {
    if (error instanceof Failed) return { said: 'error' }
    throw error
  }
}

async function readAll(policy: ReadPolicy, source: Source, stream: Stream, pager: Pager, over: readonly Vars[]): Promise<Rows> {
  const rows: { vars: Vars; row: Json }[] = []
  let skipped = 0
  for (const vars of over) {
    const list = await readList(policy, source, stream, pager, vars)
    if (list === 'not_found') skipped++
    else rows.push(...list.map((row) => ({ vars, row })))
  }
  if (skipped > policy.skips * over.length) throw new Failed()
  return rows
}

async function readList(
  policy: ReadPolicy,
  source: Source,
  stream: Stream,
  pager: Pager,
  vars: Vars,
): Promise<readonly Json[] | 'not_found'> {
  const rows: Json[] = []
  let spot: Spot = pager.first
  for (let no = 1; no <= PAGES; no++) {
    const heard = await ask(requestOf(source, stream, vars, spot))
    if ([403, 404].includes(heard.status)) return 'not_found'
    if (heard.status < 200 || heard.status > 299 || heard.body === undefined) throw new Failed()
    const found = rowsOf(heard.body, stream.records)
    rows.push(...found)
    const next = pager.next(heard, { pages: no, rows: rows.length, last: rows.at(-1) })
    const goes = next !== null && (!isNumbered(stream.pages) || found.length > 0)
    const page = { rows: found.length, read: rows.length, total: totalOf(heard, stream), next: goes, size: source.page_size }
    if (next === null || policy.ends(page)) return rows
    spot = next
  }
  throw new Failed()
}

/** What is no list there is no row to any of them. */
function rowsOf(body: Json, path: string): readonly Json[] {
  const [head = '', tail] = path.split('[*].')
  const list = at(body, head)
  if (!Array.isArray(list)) return []
  return tail === undefined ? list : (list as readonly Json[]).flatMap((item) => rowsOf(item, tail))
}

function totalOf({ body, headers }: Heard, { prove, pages }: Stream): number | null {
  const word = prove.find(({ kind }) => kind === 'total')
  const place = word === undefined ? pages['total'] : word['header'] === undefined ? word['path'] : { header: word['header'] }
  if (place === undefined) return null
  const value = typeof place === 'string' ? at(body, place) : headers[String(at(place, 'header')).toLowerCase()]
  return value === undefined || value === null || value === '' || !Number.isFinite(Number(value)) ? null : Number(value)
}

function requestOf({ connector, settings }: Source, { list }: Stream, vars: Vars, spot: Spot) {
  const scope = scopeOf({ ...settings, settings: settings as Json, ...vars })
  const fill = (template: ValueText): string => String(text(String(template), scope) ?? '')
  const path = list.path.replaceAll(/\{([^{}]+)\}/g, (_, name: string) => encodeURIComponent(String(scope(name) ?? '')))
  const url = new URL(spot.url ?? (/^https?:/.test(path) ? path : `${fill(connector.base_url)}${path}`))
  if (spot.url === null) for (const [name, value] of list.query) url.searchParams.set(name, fill(value))
  for (const [name, value] of Object.entries(spot.query)) url.searchParams.set(name, value)
  const headers = Object.fromEntries(
    Object.entries({ ...connector.headers, ...list.headers }).map(([name, value]) => [name, fill(value)]),
  )
  const body = bodyWith((list.body?.['value'] as Json | undefined) ?? null, spot)
  const typed: { [name: string]: string } = body === null ? {} : { 'content-type': 'application/json' }
  return { method: list.method, url: url.href, headers: { ...headers, ...typed, ...spot.headers }, body }
}

/** No expression and no body but plain JSON. */
function isPlain({ list, expand }: Stream): boolean {
  const isExpression = (value: ValueText): boolean => String(value).trimStart().startsWith('=')
  const values = [...list.query.map(([, value]) => value), ...Object.values(list.headers)]
  const body =
    list.body === null || (list.body.kind === 'json' && !textsOf(list.body).some((one) => one.includes('{') || isExpression(one)))
  return expand === null && body && !values.some(isExpression)
}

function textsOf(value: Json): readonly string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : []
}

/** One entry for each list of the stream; null: its parents are not read, or not known by a plain path. */
function varsOf({ each }: Stream, rows: ReadonlyMap<string, Rows>, { connector, settings }: Source): readonly Vars[] | null {
  let over: readonly Vars[] = [{}]
  for (const [name, from] of Object.entries(each)) {
    const values =
      from.from === 'values' ? from.values : from.from === 'setting' ? (settings[from.setting] as readonly Json[]) : null
    const parents = from.from === 'stream' ? rows.get(from.stream) : null
    if (parents === undefined || !(Array.isArray(values) || Array.isArray(parents))) return null
    const parent = from.from === 'stream' ? (connector.streams[from.stream] as Stream) : null
    const all = parent === null ? (values as readonly Json[]) : (parents as Rows).map((one) => namesOf(parent, one))
    over = over.flatMap((vars) => all.map((value) => ({ ...vars, [name]: value })))
  }
  return over
}

function namesOf({ id, fields, keep }: Stream, { row, vars }: Rows[number]): Json {
  const named = Object.entries({ ...fields, ...keep }).map(([name, value]) => [name, valueAt(value, row, vars) ?? null])
  return { ...Object.fromEntries(named), id: id.map((value) => String(valueAt(value, row, vars) ?? '')).join('/') }
}

/** As the lab's oracle tells them apart; null where that takes more than a path. */
function keyOf({ id, fields }: Stream, told: StreamTruth, row: Json, vars: Vars): string | null {
  const key = told.key ?? (told.id === undefined ? ['account', 'entitlement'] : null)
  const values = key === null ? id : key.map((name) => fields[name] ?? null)
  const found = values.map((value) => valueAt(value, row, vars))
  return found.includes(undefined) ? null : found.map(String).join(' ')
}

/** A path in the record, or `= group.id`. Undefined: more than that, or nothing there. */
function valueAt(value: ValueText, row: Json, vars: Vars): Json | undefined {
  if (typeof value !== 'string') return undefined
  const name = /^=\s*([A-Za-z_]\w*(?:\.\w+)*)\s*$/.exec(value)?.[1]
  if (name === undefined) return value.trimStart().startsWith('=') ? undefined : at(row, value)
  return name.startsWith('record.') ? at(row, name.slice(7)) : at(vars as Json, name)
}
