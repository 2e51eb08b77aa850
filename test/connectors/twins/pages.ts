/** How each vendor cuts a list into pages. A page holds at most PAGE rows, whatever was asked for. */
import { PAGE, type Reply } from '../twin.ts'

type Page = (rows: readonly unknown[], at: string, url: URL) => Reply

const asks = (url: URL, name: string): number => Math.min(PAGE, Number(url.searchParams.get(name) ?? PAGE))

function withQuery(url: URL, name: string, value: string): string {
  const next = new URL(url)
  next.searchParams.set(name, value)
  return next.href
}

/** Opaque `after` in a Link header; two lists have their next link in the body instead. */
export const oktaPages: Page = (rows, at, url) => {
  if (at === 'roles' || at === 'value') {
    const { body, next } = cursorPage(rows, url, 'after', asks(url, 'limit'))
    return { body: { [at]: body, _links: next === null ? {} : { next: { href: withQuery(url, 'after', next) } } } }
  }
  if (/\/(roles|api-tokens)$/.test(url.pathname)) return { body: rows }
  const { body, next } = cursorPage(rows, url, 'after', asks(url, 'limit'))
  const links = [`<${url.href}>; rel="self"`, ...(next === null ? [] : [`<${withQuery(url, 'after', next)}>; rel="next"`])]
  return {
    body,
    headers: {
      link: links.join(', '),
      'x-rate-limit-limit': '600',
      'x-rate-limit-remaining': '599',
      'x-rate-limit-reset': '4102444800',
    },
  }
}

export const graphPages: Page = (rows, _at, url) => {
  const { body, next } = cursorPage(rows, url, '$skiptoken', asks(url, '$top'))
  const counted = url.searchParams.get('$count') === 'true' ? { '@odata.count': rows.length } : {}
  return {
    body: {
      '@odata.context': 'x',
      ...counted,
      ...(next === null ? {} : { '@odata.nextLink': withQuery(url, '$skiptoken', next) }),
      value: body,
    },
  }
}

/** An empty list has no key at all. */
export const googlePages: Page = (rows, at, url) => {
  if (/\/(tokens|asps)$/.test(url.pathname)) return { body: { kind: 'x', ...(rows.length === 0 ? {} : { [at]: rows }) } }
  const { body, next } = cursorPage(rows, url, 'pageToken', asks(url, 'maxResults'))
  return { body: { kind: 'x', ...(body.length === 0 ? {} : { [at]: body }), ...(next === null ? {} : { nextPageToken: next }) } }
}

export const githubPages: Page = (rows, at, url) => {
  if (/\/organization-roles$/.test(url.pathname)) return { body: { total_count: rows.length, [at]: rows } }
  const page = Number(url.searchParams.get('page') ?? 1)
  const size = asks(url, 'per_page')
  const last = Math.max(1, Math.ceil(rows.length / size))
  const body = rows.slice((page - 1) * size, page * size)
  const links =
    page >= last
      ? []
      : [`<${withQuery(url, 'page', String(page + 1))}>; rel="next"`, `<${withQuery(url, 'page', String(last))}>; rel="last"`]
  return {
    body: at === '' ? body : { total_seats: rows.length, [at]: body },
    headers: links.length === 0 ? {} : { link: links.join(', ') },
  }
}

/** RFC 7644 §3.4.2.4: 1-based, and fewer than asked for. */
export const scimPages: Page = (rows, _at, url) => {
  const start = Number(url.searchParams.get('startIndex') ?? 1)
  const count = Math.min(PAGE + 1, Number(url.searchParams.get('count') ?? PAGE + 1))
  const body = rows.slice(start - 1, start - 1 + count)
  return {
    headers: { 'content-type': 'application/scim+json' },
    body: {
      schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
      totalResults: rows.length,
      startIndex: start,
      itemsPerPage: body.length,
      Resources: body,
    },
  }
}

function cursorPage(
  rows: readonly unknown[],
  url: URL,
  name: string,
  size: number,
): { readonly body: readonly unknown[]; readonly next: string | null } {
  const from = Number((url.searchParams.get(name) ?? 'at-0').slice(3))
  return { body: rows.slice(from, from + size), next: from + size < rows.length ? `at-${from + size}` : null }
}
