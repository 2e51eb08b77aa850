/** The loop that everybody writes: ask until there is no next. It is here to lose users, so that the faults are known to be real. */
import type { DialectName } from './dialects.ts'
import type { Target } from './server.ts'

export type NaiveRead = {
  readonly ids: readonly string[]
  readonly pages: number
  readonly ended: 'end' | 'error' | 'refused to go on'
  /** Why an honest loop would at least have stopped. */
  readonly why: string
}

const MOST_PAGES = 60

type Answer = { readonly body: unknown; readonly headers: Headers }

export async function readNaively(target: Target, dialect: DialectName, size: number): Promise<NaiveRead> {
  const ids: string[] = []
  let url: string | null = `${target.url}${firstPath(dialect, size)}`
  let pages = 0
  while (url !== null) {
    if (pages >= MOST_PAGES) return { ids, pages, ended: 'refused to go on', why: 'too many pages' }
    const answer = await get(target, url)
    if (typeof answer === 'string') return { ids, pages, ended: 'error', why: answer }
    pages++
    const rows = rowsOf(dialect, answer.body)
    for (const row of rows) ids.push(String((row as { id: unknown }).id))
    url = nextOf(dialect, target, answer, rows.length, pages, size)
  }
  return { ids, pages, ended: 'end', why: '' }
}

/** A body that is no JSON is "no data", as in the engines that were measured. */
async function get(target: Target, url: string): Promise<Answer | string> {
  try {
    const response = await fetch(url, { headers: { authorization: `Bearer ${target.token}`, consistencylevel: 'eventual' } })
    if (!response.ok) return `status ${response.status}`
    return { body: parsed(await response.text()), headers: response.headers }
  } catch (cause) {
    return `lost: ${String(cause)}`
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text, (_, value, context?: { source?: string }) =>
      typeof value === 'number' && !Number.isSafeInteger(value) && context?.source !== undefined ? context.source : value,
    )
  } catch {
    return {}
  }
}

function firstPath(dialect: DialectName, size: number): string {
  switch (dialect) {
    case 'cursor':
      return `/api/users?limit=${size}`
    case 'offset':
      return `/v2/users?offset=0&limit=${size}`
    case 'page_number':
      return `/rest/users?page=1&per_page=${size}`
    case 'link':
      return `/api/v1/users?limit=${size}`
    case 'scim':
      return `/scim/v2/Users?startIndex=1&count=${size}`
    case 'next_url':
      return `/v1.0/users?$count=true&$top=${size}`
  }
}

const ROWS = { cursor: 'data', offset: 'items', page_number: 'results', scim: 'Resources', next_url: 'value' } as const

function rowsOf(dialect: DialectName, body: unknown): readonly unknown[] {
  const rows = dialect === 'link' ? body : (body as { [key: string]: unknown } | null)?.[ROWS[dialect]]
  return Array.isArray(rows) ? rows : []
}

function nextOf(
  dialect: DialectName,
  target: Target,
  { body, headers }: Answer,
  received: number,
  pages: number,
  size: number,
): string | null {
  const said = (body ?? {}) as { [key: string]: unknown }
  switch (dialect) {
    case 'cursor':
      return typeof said['next'] === 'string' ? `${target.url}/api/users?limit=${size}&after=${said['next']}` : null
    case 'next_url':
      return typeof said['@odata.nextLink'] === 'string' ? said['@odata.nextLink'] : null
    case 'link':
      return /<([^>]+)>; rel="next"/.exec(headers.get('link') ?? '')?.[1] ?? null
    case 'offset':
      return received < size ? null : `${target.url}/v2/users?offset=${pages * size}&limit=${size}`
    case 'page_number':
      return received < size ? null : `${target.url}/rest/users?page=${pages + 1}&per_page=${size}`
    case 'scim':
      return received < size ? null : `${target.url}/scim/v2/Users?startIndex=${pages * size + 1}&count=${size}`
  }
}
