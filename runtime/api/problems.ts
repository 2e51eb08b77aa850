/** Failures as RFC 9457 problem details: code, cause and next step, from the one table of errors. */
import { ERRORS, type ErrorEntry, Failure } from '../errors.ts'

export type Problem = {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: string
  /** What exactly, in this case. */
  readonly cause: string
  readonly next_step: string
  /** Spec path, setting or field. */
  readonly where: string | null
  /** Of input: each fault with its place. */
  readonly errors?: readonly { readonly at: string; readonly because: string }[]
}

export class InputFailure extends Failure {
  readonly errors: NonNullable<Problem['errors']>
  constructor(code: string, where: string, because: string, errors: NonNullable<Problem['errors']>) {
    super(code, where, because)
    this.errors = errors
  }
}

/** Their messages name folders of this machine. */
const INSIDE = new Set(['store/folder', 'store/locked', 'store/full', 'store/damaged', 'store/newer', 'vault/key'])

export function problemOf(failure: Failure): Problem {
  const known = (ERRORS as { readonly [code: string]: ErrorEntry })[failure.code]
  const { code } = failure
  const entry = known ?? ERRORS['api/unexpected']
  const cause = INSIDE.has(code) || known === undefined ? entry.means : failure.message
  return {
    type: `urn:rollcall:problem:${code}`,
    title: entry.means,
    status: entry.http,
    detail: cause,
    code,
    cause,
    next_step: entry.next,
    where: INSIDE.has(code) || failure.where === '' ? null : failure.where,
    ...(failure instanceof InputFailure ? { errors: failure.errors } : {}),
  }
}

/** Not foreseen, so its text may quote anything: it is not told. */
export function failureOf(error: unknown, log: (line: string) => void): Failure {
  if (error instanceof Failure) return error
  const kind = error instanceof Error ? error.name : typeof error
  const place = error instanceof Error ? (/at .*?\(?([^()\s]+:\d+:\d+)\)?/.exec(error.stack ?? '')?.[1] ?? '') : ''
  log(`fault in rollcall itself: ${kind} ${place}`)
  return new Failure('api/unexpected', '', 'a fault in rollcall itself', { cause: error })
}
