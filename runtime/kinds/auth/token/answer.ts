import type { FailureCode } from '../../../types.ts'
import type { AuthKind, AuthView, Token } from '../../kind.ts'
import { scrub } from './scrub.ts'
import { valueAt } from './value-at.ts'

type Answer = Parameters<AuthKind['accept']>[2]
type Refusal = { readonly failed: FailureCode; readonly because: string }

/** RFC 6749 §5.2, and what vendors answer in its place. Anything else is `auth/refused`. */
const MEANING: { readonly [error: string]: FailureCode } = {
  invalid_grant: 'auth/invalid-grant',
  invalid_client: 'auth/invalid-client',
  unauthorized_client: 'auth/invalid-client',
  temporarily_unavailable: 'auth/unavailable',
  server_error: 'auth/unavailable',
  slow_down: 'auth/unavailable',
}

/** For words without a token request. */
export const neverAsked = (): Refusal => ({ failed: 'auth/no-token', because: 'this auth asks for no token' })

/**
 * Reads a token answer (RFC 6749 §5.1, §5.2): `body.access_token`, `body.expires_in` in seconds, as a number or as text.
 * An error body refuses whatever the status: some targets say 200. `secrets` never come out in `because`.
 */
export function readToken(
  paths: { readonly token?: string; readonly expires_in?: string },
  view: AuthView,
  answer: Answer,
  secrets: readonly string[],
): Token | Refusal {
  const body = typeof answer.body === 'string' ? fromForm(answer.body) : answer.body
  const refusal = refusalIn(answer.status, body, secrets)
  if (refusal !== null) return refusal
  const path = paths.token ?? 'access_token'
  const value = valueAt(body, path)
  if (typeof value !== 'string' || value === '') {
    return { failed: 'auth/no-token', because: `the answer (${answer.status}) has no text at \`${path}\`` }
  }
  const type = valueAt(body, 'token_type')
  if (typeof type === 'string' && /^(dpop|mac)$/i.test(type)) {
    return { failed: 'auth/token-type', because: `the target gave a ${type.toLowerCase()} token, which is bound to a key` }
  }
  return tokenOf(value, readLife(valueAt(body, paths.expires_in ?? 'expires_in'), view.now_ms))
}

/** Refuses a token that no header can carry: what would come out is a request with other headers than meant. */
export function tokenOf(value: string, expires_at_ms: number | null): Token | Refusal {
  return /^[\x21-\x7e]+$/.test(value)
    ? { value, expires_at_ms, keep: {} }
    : { failed: 'auth/no-token', because: 'the token holds characters that no header can carry' }
}

/** Null: nothing in the answer says no. */
export function refusalIn(status: number, body: unknown, secrets: readonly string[]): Refusal | null {
  const error = valueAt(body, 'error')
  const code = typeof error === 'string' && error !== '' ? error : null
  if (code !== null || (typeof error === 'object' && error !== null)) {
    const told = [valueAt(body, 'error_description'), valueAt(error, 'message')].find((t) => typeof t === 'string')
    const detail = typeof told === 'string' ? `: ${scrub(told, secrets)}` : ''
    const failed = (code === null ? undefined : MEANING[code]) ?? byStatus(status) ?? 'auth/refused'
    return { failed, because: `the token request was refused (${status}, ${scrub(code ?? 'error', secrets)})${detail}` }
  }
  if (status >= 200 && status < 300) return null
  return { failed: byStatus(status) ?? 'auth/refused', because: `the token request was answered with ${status}` }
}

const byStatus = (status: number): FailureCode | null => (status === 429 || status >= 500 ? 'auth/unavailable' : null)

/** Absent, zero or unreadable: unknown, so the token is renewed when the target answers 401. */
export function readLife(told: unknown, now_ms: number): number | null {
  const seconds = typeof told === 'string' && /^\s*\d+(\.\d+)?\s*$/.test(told) ? Number(told) : told
  return typeof seconds === 'number' && Number.isFinite(seconds) && seconds > 0 ? now_ms + seconds * 1000 : null
}

/** GitHub's older endpoints answer `access_token=…&token_type=bearer`. */
function fromForm(text: string): { readonly [name: string]: string } {
  return Object.fromEntries([...new URLSearchParams(text)].filter(([name]) => name !== '__proto__'))
}
