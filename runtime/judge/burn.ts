/**
 * How fast a budget of errors burns: Google's SRE Workbook, chapter 5, table 5-8 (read as quoted, 2026-11-21): 14.4 times over 1 h and 5 min,
 * 6 times over 6 h and 30 min, 1 time over 3 d and 6 h, which spend 2, 5 and 10 % of 30 days' budget; the short window is a twelfth
 * of the long one and says that it still burns. Pure.
 */
import type { Burn, Severity, Span } from '../levels-types.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
export const PERIOD_MS = 30 * DAY_MS

const RULES: readonly { readonly severity: Severity; readonly spends: number; readonly long_ms: number }[] = [
  { severity: 'critical', spends: 0.02, long_ms: HOUR_MS },
  { severity: 'high', spends: 0.05, long_ms: 6 * HOUR_MS },
  { severity: 'info', spends: 0.1, long_ms: 3 * DAY_MS },
]
const TWELFTH = 12
/** Under this share of a window that somebody looked at, nothing is said of it. */
const SEEN_LEAST = 0.5

/**
 * Where reads come more rarely than the shortest window is long, one of them would be all of it: every window grows with the cadence,
 * and the factor falls so that the same share of the budget is spent. Never below 1: a budget that lasts is no alert.
 */
export function burnRules(cadence_ms: number): readonly Pick<Burn, 'severity' | 'long_ms' | 'short_ms' | 'factor'>[] {
  const times = Math.max(1, cadence_ms / (5 * MINUTE_MS))
  return RULES.map(({ severity, spends, long_ms }) => {
    const long = Math.min(long_ms * times, PERIOD_MS)
    return { severity, long_ms: long, short_ms: long / TWELFTH, factor: Math.max(1, (spends * PERIOD_MS) / long) }
  })
}

/** Share of the time that somebody looked at in which it was bad, over the share that may be; null: too little was looked at. */
export function burnRate(spans: readonly Span[], now_ms: number, window_ms: number, objective: number): number | null {
  const from = now_ms - window_ms
  const within = spans.map((span) => ({ ...span, ms: Math.max(0, Math.min(span.until, now_ms) - Math.max(span.from, from)) }))
  const seen = within.reduce((sum, { ms }) => sum + ms, 0)
  if (seen < window_ms * SEEN_LEAST || seen === 0) return null
  const bad = within.reduce((sum, { ms, bad: is }) => sum + (is ? ms : 0), 0)
  return bad / seen / (1 - objective)
}

/** The worst rule that holds in both of its windows; null: none does. */
export function burning(spans: readonly Span[], now_ms: number, cadence_ms: number, objective: number): Burn | null {
  for (const rule of burnRules(cadence_ms)) {
    const long = burnRate(spans, now_ms, rule.long_ms, objective)
    const short = burnRate(spans, now_ms, rule.short_ms, objective)
    if (long !== null && short !== null && long >= rule.factor && short >= rule.factor) return { ...rule, long, short }
  }
  return null
}

/** Milliseconds between reads, by the middle of the last ones; `starts` ISO, in any order. Between 5 minutes and a day. */
export function cadenceOf(starts: readonly string[]): number {
  const at = starts.map((one) => Date.parse(one)).toSorted((a, b) => a - b)
  const gaps = at.slice(1).map((one, i) => one - (at[i] as number))
  const middle = gaps.toSorted((a, b) => a - b)[Math.floor(gaps.length / 2)] ?? HOUR_MS
  return Math.min(DAY_MS, Math.max(5 * MINUTE_MS, middle))
}
