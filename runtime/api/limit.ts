/** The API's own rate limit: a bucket a key, of this process. */
export type Limit = {
  /** Milliseconds to wait; 0: go on. */
  readonly take: (key: string, now_ms: number) => number
  /** The same, and nothing is taken. */
  readonly look: (key: string, now_ms: number) => number
}

/** Full buckets are forgotten; beyond this many keys the oldest go. */
const MOST = 50_000

export function openLimit(o: { readonly per_minute: number; readonly burst: number }): Limit {
  const every_ms = 60_000 / o.per_minute
  /** GCRA: when the next one would be due if all came evenly. */
  const due = new Map<string, number>()
  // A whole burst at most: where the clock was set back, nobody waits until it is there again.
  const dueAt = (key: string, now_ms: number): number =>
    Math.min(Math.max(due.get(key) ?? 0, now_ms), now_ms + every_ms * o.burst)
  const early = (at: number, now_ms: number): number => at - now_ms - every_ms * (o.burst - 1)
  return {
    look: (key, now_ms) => Math.max(0, early(dueAt(key, now_ms), now_ms)),
    take: (key, now_ms) => {
      const at = dueAt(key, now_ms)
      const early_ms = early(at, now_ms)
      if (early_ms > 0) {
        due.set(key, at)
        return early_ms
      }
      due.delete(key)
      due.set(key, at + every_ms)
      const [oldest] = due.size > MOST ? due.keys() : []
      if (oldest !== undefined) due.delete(oldest)
      return 0
    },
  }
}
