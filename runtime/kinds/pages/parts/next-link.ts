import type { Next } from '../../../types.ts'
import type { PageView } from '../../kind.ts'
import { parseLinkHeader } from './link-header.ts'
import { broken } from './next.ts'

/** The target of the link with this relation; null: there is none. */
export function nextLink(view: PageView, rel: string): { readonly url: string | null } | Next {
  const header = view.headers['link']
  if (header === undefined) return { url: null }
  const links = parseLinkHeader(header)
  if (links === null) return broken('pages/wrong-type', 'the Link header is malformed')
  const targets = new Set(links.filter((link) => link.rel.includes(rel.toLowerCase())).map((link) => link.target))
  if (targets.size > 1)
    return broken('pages/wrong-type', `the Link header names ${targets.size} different targets for rel=${rel}`)
  const [target] = targets
  return target === undefined ? { url: null } : resolve(target, view)
}

/** A link against the URL that answered. Only http and https; the origin is judged where requests go out. */
export function resolve(link: string, view: PageView): { readonly url: string } | Next {
  const url = URL.parse(link, view.url)
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    return broken('pages/url', 'the link to the next page is no http URL')
  url.hash = ''
  return { url: url.href }
}
