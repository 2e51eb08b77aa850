/** How a request ended, and that as the data which its sender gets. */
import type { Duplicates } from '../kinds/kind.ts'
import type { FailureCode, Observation } from '../types.ts'
import type { Whole } from './exchange.ts'
import type { Redact } from './redact.ts'

export type Outcome =
  | {
      readonly kind: 'answer'
      readonly body: unknown
      readonly duplicates: Duplicates | null
      readonly digest: string
      readonly whole: Whole
      readonly url: string
    }
  | {
      readonly kind: 'refused'
      readonly code: FailureCode
      readonly because: string
      readonly status: number
      readonly gap: boolean
      readonly whole: Whole | null
    }
  | { readonly kind: 'lost'; readonly code: FailureCode; readonly because: string; readonly whole: Whole | null }

export function observe(outcome: Outcome, requests: number, ms: number, redact: Redact): Observation {
  if (outcome.kind === 'answer') {
    const { body, duplicates, digest, url, whole } = outcome
    const { status } = whole
    const headers = redact.headers(whole.headers)
    const marked = duplicates === null ? {} : { duplicates }
    return { kind: 'answer', status, headers, body, ...marked, digest, bytes: whole.bytes.length, url, requests, ms }
  }
  const because = redact.text(outcome.because)
  if (outcome.kind === 'lost') {
    const status = outcome.whole === null ? {} : { status: outcome.whole.status }
    return { kind: 'lost', code: outcome.code, because, ...status, requests, ms }
  }
  return { kind: 'refused', code: outcome.code, status: outcome.status, because, gap: outcome.gap, requests, ms }
}

/** Our own credential did not come about: `auth/*` is a no of the target or the operator's fault, anything else is a lost token request. */
export function unauthorised(failure: { readonly failed: FailureCode; readonly because: string }): Outcome {
  const { failed: code, because } = failure
  return /^(?:http|egress)\//.test(code) || code === 'auth/unavailable'
    ? { kind: 'lost', code, because, whole: null }
    : { kind: 'refused', code, because, status: 401, gap: false, whole: null }
}
