/** When a delivery is tried again, and when no more. Pure: the time and the dice come in. */
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** Between tries; the last one again and again. A gate that closed should be known soon, and a receiver may be down for a weekend. */
const DELAYS_MS = [
  5_000,
  30_000,
  2 * MINUTE_MS,
  10 * MINUTE_MS,
  30 * MINUTE_MS,
  HOUR_MS,
  2 * HOUR_MS,
  4 * HOUR_MS,
  8 * HOUR_MS,
  12 * HOUR_MS,
] as const
/** After this long it is given up; a person may have it sent again. */
export const GIVEN_UP_AFTER_MS = 72 * HOUR_MS
const JITTER = 0.2
const LONGEST_WAIT_MS = 12 * HOUR_MS

export type Told = {
  /** Tries so far, this one included: 1 and up. */
  readonly tries: number
  /** ms since 1970. */
  readonly began_at: number
  readonly now: number
  /** What the receiver asked for, seconds. */
  readonly retry_after_s: number | null
  /** From 0 to less than 1. */
  readonly dice: number
}

/** ms since 1970; null: it is given up. Within a fifth of the delay, so that what failed at once does not come at once again. */
export function nextTry({ tries, began_at, now, retry_after_s, dice }: Told): number | null {
  const delay = DELAYS_MS[Math.min(tries, DELAYS_MS.length) - 1] ?? DELAYS_MS[0]
  const spread = delay * (1 - JITTER + 2 * JITTER * dice)
  const asked = Math.min(Math.max(0, (retry_after_s ?? 0) * 1000), LONGEST_WAIT_MS)
  const at = Math.round(now + Math.max(spread, asked))
  return at - began_at > GIVEN_UP_AFTER_MS ? null : at
}
