/** What a target says of its rate limit, in the headers that the connector reads. */
import type { Connector } from '../../../runtime/types.ts'

type Headers = { readonly [name: string]: string }
const WINDOW_MS = 60_000

export function limitHeaders(connector: Connector, now_ms: number, left = 900): Headers {
  const told = connector.limits.told_by
  if (told === null || told.kind !== 'headers') return {}
  const out: { [name: string]: string } = {}
  if (typeof told['remaining'] === 'string') out[told['remaining'].toLowerCase()] = String(left)
  if (typeof told['reset'] === 'string') out[told['reset'].toLowerCase()] = instant(String(told['reset_is']), now_ms)
  return out
}

/** Of a refusal: how long to wait. */
export function waitHeaders(connector: Connector, now_ms: number, wait_s: number): Headers {
  const told = connector.limits.told_by
  const name = told !== null && typeof told['retry_after'] === 'string' ? told['retry_after'].toLowerCase() : 'retry-after'
  return { ...limitHeaders(connector, now_ms, 0), [name]: String(wait_s) }
}

function instant(is: string, now_ms: number): string {
  const until = now_ms + WINDOW_MS
  switch (is) {
    case 'epoch_s':
      return String(Math.ceil(until / 1000))
    case 'epoch_ms':
      return String(until)
    case 'delay_s':
      return String(WINDOW_MS / 1000)
    case 'delay_ms':
      return String(WINDOW_MS)
    default:
      return new Date(until).toUTCString()
  }
}
