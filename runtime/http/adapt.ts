/** How fast after a refusal? Down at once, up again bit by bit, never above what is declared. Pure. */

/** `per_minute` null: no rate is declared. */
export type Declared = { readonly per_minute: number | null; readonly concurrent: number }

/** What was left of the declared pace at `since_ms`; from then on it rises. Fractions of a slot count, so that they can add up. */
export type Pace = Declared & { readonly since_ms: number; readonly fallen_ms: number }

export type PaceEvent =
  /** `concurrency`: the target says that it were too many at once, not too many a minute. */
  | { readonly is: 'refused'; readonly at_ms: number; readonly sent_ms: number; readonly concurrency: boolean }
  | { readonly is: 'paused'; readonly at_ms: number; readonly until_ms: number }

/** Deep enough to be below a limit that is somewhat lower than declared, and little enough to stay of use. */
export const FALL = 0.7
/** Of what is declared, a minute: one refusal is made good within a minute, which is the window of most limits. */
const RISE = 0.3
/** Below this share it is no pace any more; pauses do the rest. */
const LEAST = 0.05

export const leastPerMinute = (declared: number): number => Math.min(declared, Math.max(1, declared * LEAST))

/** `pace` null: nothing was refused so far. */
export function paceAt(declared: Declared, pace: Pace | null, now_ms: number): Declared {
  if (pace === null) return declared
  const minutes = Math.max(0, now_ms - pace.since_ms) / 60_000
  const risen = (from: number, of: number, a_minute: number): number => Math.min(of, from + a_minute * minutes)
  return {
    per_minute:
      declared.per_minute === null || pace.per_minute === null
        ? declared.per_minute
        : risen(pace.per_minute, declared.per_minute, declared.per_minute * RISE),
    concurrent: risen(pace.concurrent, declared.concurrent, Math.max(1, declared.concurrent * RISE)),
  }
}

/** Falls once for all requests that were under way together: those sent before it fell say nothing of the pace after. */
export function step(declared: Declared, pace: Pace | null, event: PaceEvent): Pace | null {
  if (event.is === 'paused') {
    if (pace === null) return null
    return { ...pace, ...paceAt(declared, pace, event.at_ms), since_ms: Math.max(pace.since_ms, event.until_ms) }
  }
  if (pace !== null && event.sent_ms <= pace.fallen_ms) return pace
  const { per_minute, concurrent } = paceAt(declared, pace, event.at_ms)
  const fallen = { since_ms: Math.max(pace?.since_ms ?? 0, event.at_ms), fallen_ms: event.at_ms }
  return event.concurrency || declared.per_minute === null || per_minute === null
    ? { ...fallen, per_minute, concurrent: Math.max(1, concurrent * FALL) }
    : { ...fallen, per_minute: Math.max(leastPerMinute(declared.per_minute), per_minute * FALL), concurrent }
}
