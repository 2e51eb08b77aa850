/** `fetch` for addresses that an admin of a tenant gave: through the sockets that only open to checked addresses, without redirects, bounded. */
import http from 'node:http'
import https from 'node:https'
import { openAgents, type Resolve } from '../http/agents.ts'
import { checkUrl, originOf } from '../http/egress.ts'

const MAX_BYTES = 1_048_576
const TIMEOUT_MS = 10_000

type Options = {
  readonly method?: string
  readonly headers?: { readonly [name: string]: string }
  readonly body?: unknown
  readonly signal?: AbortSignal
  /** 10 s where absent. */
  readonly timeout_ms?: number
}
/** Of the answer's headers only these are handed on. */
const HEADERS = ['content-type', 'retry-after'] as const

/** Rejects where the address is not public (unless private ones are allowed), with the answer larger than 1 MB, and after 10 s. `resolve`: the system's where absent. */
export function openGuardedFetch(
  allow_private: boolean,
  resolve?: Resolve,
): (url: string, options: Options) => Promise<Response> {
  const agents = openAgents({ allow_private, ...(resolve === undefined ? {} : { resolve }) })
  return (text, { method = 'GET', headers = {}, body, signal, timeout_ms = TIMEOUT_MS }) =>
    new Promise((done, fail) => {
      const verdict = checkUrl(text, [originOf(text) ?? ''], allow_private)
      if (!verdict.ok) return fail(new Error(verdict.because))
      const secure = verdict.url.protocol === 'https:'
      const timeout = AbortSignal.timeout(timeout_ms)
      const until = signal === undefined ? timeout : AbortSignal.any([timeout, signal])
      const options = { method, headers, agent: secure ? agents.https : agents.http, signal: until }
      const request = (secure ? https : http).request(verdict.url, options, (answer) => {
        const parts: Buffer[] = []
        let bytes = 0
        answer.on('data', (part: Buffer) => {
          bytes += part.length
          if (bytes > MAX_BYTES) request.destroy(new Error('the answer is too large'))
          else parts.push(part)
        })
        answer.on('error', fail)
        answer.on('end', () => {
          const status = answer.statusCode ?? 502
          const empty = status === 204 || status === 205 || status === 304
          const told = HEADERS.flatMap((name) => (answer.headers[name] === undefined ? [] : [[name, answer.headers[name]]]))
          // Of a status that there is not (`HTTP/1.1 999`) no Response can be made, and nobody would catch what it throws here.
          if (status < 200 || status > 599) return fail(new Error(`answered with the status ${status}`))
          done(new Response(empty ? null : Buffer.concat(parts), { status, headers: Object.fromEntries(told) }))
        })
      })
      request.on('error', fail)
      // What openid-client sends: a form, or nothing.
      request.end(body === undefined || body === null ? undefined : String(body))
    })
}
