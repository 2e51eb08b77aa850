/** Is a request sent again, and when? One pure decision; p-retry is the only loop around it. */
import type { FailureCode } from '../types.ts'

export type RetryFacts = {
  readonly said: 'failed' | 'wait'
  readonly code: FailureCode
  readonly because: string
  /** Trying again cannot help: a forbidden address, a bomb, a certificate. */
  readonly final: boolean
  /** When the target wants to be asked again, milliseconds since 1970; null: it did not say. */
  readonly until_ms: number | null
  /** Tries that failed, this one included; `attempts`: how many may. */
  readonly failures: number
  readonly attempts: number
  /** Waits asked for so far, this one included, and the time since the first. They have a budget of their own. */
  readonly waits: number
  readonly waited_ms: number
  readonly wait_budget_ms: number
  /** A read. A write is sent once; then we look. */
  readonly idempotent: boolean
  readonly now_ms: number
  /** 0 ≤ random < 1. */
  readonly random: number
}

export type Decision =
  | { readonly again: false; readonly because: string }
  | { readonly again: true; readonly wait_ms: number; readonly because: string }

/** A longer told wait is not slept through in silence. */
export const MAX_TOLD_WAIT_MS = 3_600_000
export const WAIT_BUDGET_MS = 900_000
const BACKOFF_MS = 500
const MAX_BACKOFF_MS = 30_000
/** A rate limit's window is seconds, not milliseconds. */
const WAIT_MS = 1_000
const MAX_WAIT_MS = 60_000

export function decide(f: RetryFacts): Decision {
  if (f.final || !f.idempotent) return { again: false, because: f.because }
  // A moment that is already over tells nothing; taken as "now" it would become a storm of ours.
  const told_ms = f.until_ms === null || f.until_ms <= f.now_ms ? null : f.until_ms - f.now_ms
  if (told_ms !== null && told_ms > MAX_TOLD_WAIT_MS) {
    return {
      again: false,
      because: `${f.because}; the target asks to wait ${minutes(told_ms)}, and waits over ${minutes(MAX_TOLD_WAIT_MS)} are not slept through`,
    }
  }
  if (f.said === 'wait') {
    if (f.waits > 1 && f.waited_ms >= f.wait_budget_ms) {
      return { again: false, because: `${f.because}; it has said so for ${minutes(f.waited_ms)}` }
    }
    return { again: true, wait_ms: told_ms ?? WAIT_MS + jitter(f.random, WAIT_MS, f.waits, MAX_WAIT_MS), because: f.because }
  }
  if (f.failures >= f.attempts) {
    return { again: false, because: f.failures === 1 ? f.because : `${f.because}, ${f.failures} times` }
  }
  return { again: true, wait_ms: told_ms ?? jitter(f.random, BACKOFF_MS, f.failures, MAX_BACKOFF_MS), because: f.because }
}

/** Full jitter: anything up to the doubled step, so that many who failed together do not come back together. */
function jitter(random: number, step_ms: number, n: number, most_ms: number): number {
  return Math.round(random * Math.min(most_ms, step_ms * 2 ** n))
}

const minutes = (ms: number): string => (ms < 120_000 ? `${Math.ceil(ms / 1000)} s` : `${Math.round(ms / 60_000)} min`)
