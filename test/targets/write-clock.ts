/** One clock for the target and for those who ask it: time passes where somebody sleeps, and nowhere else. */

export type Clock = {
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly sleep: (ms: number) => Promise<void>
  readonly advance: (ms: number) => void
}

export const NOON = Date.UTC(2026, 10, 21, 12)

export function fakeClock(start_ms = NOON): Clock {
  let now_ms = start_ms
  return {
    now: () => now_ms,
    sleep: async (ms) => {
      // Two who sleep at once sleep beside each other, not one after the other.
      const until_ms = now_ms + Math.max(0, ms)
      await new Promise((done) => setImmediate(done))
      now_ms = Math.max(now_ms, until_ms)
    },
    advance: (ms) => {
      now_ms += ms
    },
  }
}
