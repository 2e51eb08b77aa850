/** Why no whole answer came, as data. Never quotes an error's own message: it may hold a URL with its query. */
import type { FailureCode } from '../types.ts'

export type Lost = {
  readonly code: FailureCode
  readonly because: string
  /** Trying again cannot help. */
  readonly final: boolean
}

/** `answering`: the answer had begun. `timeout_ms`: what the request was given. */
export function lostBecause(error: unknown, answering: boolean, timeout_ms: number): Lost {
  const chain = causes(error)
  const refused = chain.find((e) => e.code === 'egress/not-public')
  if (refused !== undefined) return { code: 'egress/not-public', because: refused.message, final: true }
  const code = chain.find((e) => e.code !== undefined && e.code !== 'ERR_READING_RESPONSE_STREAM')?.code ?? ''
  if (chain.some((e) => e.name === 'TimeoutError')) {
    const what = answering ? 'the answer was not whole' : 'no answer came'
    return { code: 'http/timeout', because: `${what} within ${timeout_ms} ms`, final: false }
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN' || code === 'ENODATA' || code === 'EAI_FAIL') {
    return { code: 'http/dns', because: `the host name could not be resolved (${code})`, final: false }
  }
  if (TLS.test(code)) return { code: 'http/tls', because: `the TLS connection was refused (${code})`, final: true }
  if (CONNECT.has(code)) return { code: 'http/connect', because: `no connection could be opened (${code})`, final: false }
  if (code.startsWith('HPE_')) return { code: 'http/protocol', because: `the answer is no HTTP (${code})`, final: false }
  if (code === 'ERR_INVALID_CHAR' || code === 'ERR_INVALID_HTTP_TOKEN' || code === 'ERR_UNESCAPED_CHARACTERS') {
    return { code: 'http/unsafe', because: `the request holds a character that HTTP cannot carry (${code})`, final: true }
  }
  if (answering) return { code: 'http/cut', because: `the answer was cut off${suffix(code)}`, final: false }
  return { code: 'http/reset', because: `the connection was closed before an answer came${suffix(code)}`, final: false }
}

/** Certificates that do not verify, and handshakes that fail: nothing that a second try mends. */
const TLS = /CERT|SELF_SIGNED|^UNABLE_TO_|^ERR_SSL_|^ERR_TLS_|^EPROTO$|^HOSTNAME_MISMATCH$|^INVALID_CA$|^INVALID_PURPOSE$/
const CONNECT: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'ETIMEDOUT',
  'EACCES',
  'EMFILE',
  'ENETDOWN',
])

type Fault = { readonly name: string; readonly message: string; readonly code: string | undefined }

function causes(error: unknown): readonly Fault[] {
  const out: Fault[] = []
  for (let e = error; e instanceof Error && out.length < 8; e = e.cause) {
    const code = (e as { code?: unknown }).code
    out.push({ name: e.name, message: e.message, code: typeof code === 'string' ? code : undefined })
    if (e instanceof AggregateError && e.errors[0] instanceof Error) out.push(...causes(e.errors[0]))
  }
  return out
}

const suffix = (code: string): string => (code === '' ? '' : ` (${code})`)
