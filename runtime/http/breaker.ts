/** Stops hammering a target that does not answer. Pure: a state in, a state out. */

export type Breaker = {
  /** Lost answers and 5xx in a row, over all requests of the connection. */
  readonly failures: number
  /** Times it opened without an answer in between: doubles how long it stays open. */
  readonly openings: number
  /** Nobody passes before; 0: closed. */
  readonly until_ms: number
  /** When the one request that tries whether it is over was let through. */
  readonly probing_ms: number | null
}

export type Pass = { readonly go: true; readonly breaker: Breaker } | { readonly go: false; readonly wait_ms: number }

export const CLOSED: Breaker = Object.freeze({ failures: 0, openings: 0, until_ms: 0, probing_ms: null })

/** More than one request's tries, so that a single page that cannot be served does not stop the others. */
export const OPENS_AFTER = 12
/** From here on requests are lost at once while it is open: 500 lists below a dead target are an hour of waiting otherwise. */
export const STAYS_DEAD_AFTER = 3
const OPEN_MS = 5_000
const MAX_OPEN_MS = 60_000
const PROBE_POLL_MS = 250

/** May this request go? While open nobody; then one at a time. A probe that vanished is forgotten after `MAX_OPEN_MS`. */
export function ask(breaker: Breaker, now_ms: number): Pass {
  if (breaker.until_ms === 0) return { go: true, breaker }
  if (now_ms < breaker.until_ms) return { go: false, wait_ms: breaker.until_ms - now_ms }
  if (breaker.probing_ms !== null && now_ms - breaker.probing_ms < MAX_OPEN_MS) return { go: false, wait_ms: PROBE_POLL_MS }
  return { go: true, breaker: { ...breaker, probing_ms: now_ms } }
}

/** Any answer but a 5xx closes it: the target is there, whatever it says. */
export function note(breaker: Breaker, answered: boolean, now_ms: number): Breaker {
  if (answered) return CLOSED
  const failures = breaker.failures + 1
  const open = breaker.until_ms > 0
  // Requests that were under way when it opened say nothing new.
  if (failures < OPENS_AFTER || (open && breaker.probing_ms === null)) return { ...breaker, failures }
  const stays_ms = Math.min(MAX_OPEN_MS, OPEN_MS * 2 ** breaker.openings)
  return { failures, openings: breaker.openings + 1, until_ms: now_ms + stays_ms, probing_ms: null }
}
