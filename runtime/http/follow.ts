/** Redirects by hand: the same origin, a GET, three at most. Anything else would carry the credential to where nobody declared. */
import { checkUrl } from './egress.ts'
import type { Answer, Exchange } from './exchange.ts'
import type { Wire } from './patch.ts'

export type Followed = { readonly answer: Answer; readonly hops: number; readonly blocked: string | null }

const MAX_HOPS = 3
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

/** `wire` prepares each URL (adds the credential); `before` is awaited before each further request. */
export async function follow(
  url: string,
  o: {
    readonly wire: (url: string) => Wire
    readonly exchange: Exchange
    readonly origins: readonly string[]
    readonly allow_private: boolean
    readonly before: () => Promise<void> | null
    readonly signal: AbortSignal | undefined
  },
): Promise<Followed> {
  let at = url
  for (let hops = 0; ; hops++) {
    const wire = o.wire(at)
    const answer = await o.exchange(wire, o.signal)
    if (!answer.ok || !REDIRECTS.has(answer.status) || answer.headers['location'] === undefined)
      return { answer, hops, blocked: null }
    const next = URL.parse(answer.headers['location'], at)
    const blocked = reason(wire, next, at, hops, o)
    if (blocked !== null) return { answer, hops, blocked }
    at = (next as URL).href
    await o.before()
  }
}

function reason(
  wire: Wire,
  next: URL | null,
  at: string,
  hops: number,
  o: { readonly origins: readonly string[]; readonly allow_private: boolean },
): string | null {
  if (wire.method !== 'GET') return `a ${wire.method} is not sent on to where a redirect points`
  if (next === null) return 'the redirect points to no URL'
  const verdict = checkUrl(next.href, o.origins, o.allow_private)
  if (!verdict.ok) return `the redirect points elsewhere: ${verdict.because}`
  if (verdict.url.origin !== checkedOrigin(at)) return `the redirect points to another origin, ${verdict.url.origin}`
  return hops >= MAX_HOPS ? `there were more than ${MAX_HOPS} redirects` : null
}

const checkedOrigin = (url: string): string => new URL(url).origin
