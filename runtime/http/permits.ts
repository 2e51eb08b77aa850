/** When may the next request start? One pace a connection: the declared rate, less after refusals, what the target tells of its window, and pauses. */
import type { Told } from '../kinds/kind.ts'
import { type Declared, type Pace, paceAt, step } from './adapt.ts'

/**
 * The hook that makes the pace cluster-wide: the limiter asks it before every request, whoever keeps the count.
 * Slots (how many at once) and order (which lane first) stay with the limiter.
 */
export type Permits = {
  /** Null: start now. Else resolves when one more request may start; rejects when the connection is closed. */
  readonly take: () => Promise<void> | null
  /** A permit that found no request to use it. */
  readonly giveBack: () => void
  /** Nobody starts before this, milliseconds since 1970. With a refusal, the pace is lower afterwards. */
  readonly pause: (until_ms: number, why: string, refusal?: Refusal) => void
  /** How many may run at once now; absent: as many as declared. */
  readonly concurrent?: () => number
  /** What an answer told of the target's window; `in_flight`: requests it could not have counted yet. */
  readonly told: (told: Told, in_flight: number) => void
  /** Null: everybody may start. Else the rest of the target's window is kept for leavers and movers until this resolves. */
  readonly reserved?: () => Promise<void> | null
}

/** The target asked to wait. `sent_ms`: when it was asked; `concurrency`: it says that it were too many at once. */
export type Refusal = { readonly status: number; readonly sent_ms: number; readonly concurrency: boolean }

export type Sleep = (ms: number, signal: AbortSignal) => Promise<void>
type Wait = { readonly why: string; readonly until: string }

/** A told reset further off than this is a day's quota: asking again gives the clearer answer. */
const MAX_TOLD_MS = 3_600_000
/** Below this share of the window's known size (and always below twice what is in flight) the rest is spread until the reset. */
const LOW_SHARE = 0.1
/** The last of the target's window is for those who cannot wait for its reset: a sync that uses it up would hold a leaver for an hour. */
const RESERVED_SHARE = 0.05

/** A late timer is caught up to this far, and no further than ten intervals: what a busy process loses is not lost for good. */
const CATCH_UP_MS = 500
/** Over the declared rate by no more than this in any second, catching up included. */
const MOST_IN_A_SECOND = 1.02
/** A second, and the millisecond that a clock of whole milliseconds may hide. */
const WINDOW_MS = 1001

/**
 * GCRA over the process's own memory, with a strict window beside it: 50 a second is never more than 51 in any second.
 * Being idle earns nothing. `requests_per_minute` null: no declared rate.
 */
export function openPermits(o: {
  readonly requests_per_minute: number | null
  readonly concurrent: number
  readonly now: () => number
  readonly sleep: Sleep
  readonly signal: AbortSignal
  readonly onWait?: (wait: Wait) => void
}): Permits {
  const declared_ms = o.requests_per_minute === null ? 0 : 60_000 / o.requests_per_minute
  const declared: Declared = { per_minute: o.requests_per_minute, concurrent: o.concurrent }
  let pace: Pace | null = null
  let next_ms = 0
  let paused_ms = 0
  let last_ms = 0
  let spread = { interval_ms: 0, until_ms: 0 }
  let largest = 0
  let queue: Promise<void> | null = null
  let reserve = { until_ms: 0, over: Promise.withResolvers<void>() }
  /** The newest starts, as many as a second may hold; `oldest` is where the next one is written. */
  const starts: number[] =
    declared_ms === 0 ? [] : new Array(Math.ceil((1000 / declared_ms) * MOST_IN_A_SECOND)).fill(Number.NEGATIVE_INFINITY)
  let oldest = 0

  const adapted_ms = (now: number): number =>
    pace === null || declared_ms === 0 ? declared_ms : 60_000 / (paceAt(declared, pace, now).per_minute as number)
  const interval = (now: number): number =>
    now < spread.until_ms ? Math.max(adapted_ms(now), spread.interval_ms) : adapted_ms(now)
  const ready = (): number => Math.max(next_ms, paused_ms, (starts[oldest] ?? -WINDOW_MS) + WINDOW_MS)
  const start = (now: number, waited: boolean): void => {
    const gap = interval(now)
    // Who waited, or came within an interval of the last start, is late; anybody else was idle before.
    const late_ms = waited || now - last_ms <= gap ? Math.min(CATCH_UP_MS, 10 * gap) : 0
    next_ms = Math.max(next_ms, now - late_ms) + gap
    last_ms = now
    if (starts.length === 0) return
    starts[oldest] = now
    oldest = (oldest + 1) % starts.length
  }

  async function inTurn(before: Promise<void> | null): Promise<void> {
    await before
    // A loop, because a pause may come while we sleep.
    for (let left = ready() - o.now(); left > 0; left = ready() - o.now()) await o.sleep(Math.ceil(left), o.signal)
    o.signal.throwIfAborted()
    start(o.now(), true)
  }

  function pause(until_ms: number, why: string, refusal?: Refusal): void {
    const at_ms = o.now()
    const adapted = refusal === undefined ? null : adapt(refusal, at_ms)
    pace = step(declared, pace, { is: 'paused', at_ms, until_ms })
    // Several answers of one storm say nearly the same; people hear it once.
    if (adapted !== null || until_ms - Math.max(paused_ms, at_ms) > 500) {
      const until = new Date(Math.max(until_ms, paused_ms)).toISOString()
      o.onWait?.({ why: adapted === null ? why : `${why}; ${adapted}`, until })
    }
    if (until_ms <= paused_ms) return
    paused_ms = until_ms
    // Standing still is not being late.
    next_ms = Math.max(next_ms, until_ms)
  }

  /** What is lower now, for people; null: nothing is. */
  function adapt({ status, sent_ms, concurrency }: Refusal, at_ms: number): string | null {
    const before = paceAt(declared, pace, at_ms)
    pace = step(declared, pace, { is: 'refused', at_ms, sent_ms, concurrency })
    const { per_minute, concurrent } = paceAt(declared, pace, at_ms)
    const slots = Math.floor(concurrent)
    if (per_minute !== null && per_minute !== before.per_minute) {
      return `adapted to ${per_minute < 10 ? per_minute.toFixed(1) : Math.round(per_minute)}/min because of ${status}`
    }
    return slots < Math.floor(before.concurrent) ? `adapted to ${slots} at once because of ${status}` : null
  }

  /** 0: lifted. */
  function keepBack(until_ms: number): void {
    if (until_ms === reserve.until_ms) return
    reserve.over.resolve()
    const next = { until_ms, over: Promise.withResolvers<void>() }
    reserve = next
    if (until_ms > 0) void o.sleep(Math.max(1, until_ms - o.now()), o.signal).then(next.over.resolve, next.over.resolve)
  }

  return {
    reserved: () => (o.now() < reserve.until_ms ? reserve.over.promise : null),
    take() {
      const now = o.now()
      if (queue === null && now >= ready()) {
        start(now, false)
        return null
      }
      const turn: Promise<void> = inTurn(queue).finally(() => {
        if (queue === turn) queue = null
      })
      queue = turn
      return turn
    },
    giveBack() {
      next_ms -= interval(o.now())
    },
    pause,
    concurrent: () => Math.floor(paceAt(declared, pace, o.now()).concurrent),
    told({ remaining, until_ms }, in_flight) {
      const now = o.now()
      if (remaining === null || until_ms === null || until_ms <= now || until_ms - now > MAX_TOLD_MS) return
      largest = Math.max(largest, remaining)
      const left = remaining - in_flight
      if (left <= 0) {
        pause(
          until_ms,
          remaining === 0 ? 'the target says that nothing is left of its limit' : 'the rest of the limit is in flight',
        )
        return
      }
      const kept = left <= largest * RESERVED_SHARE
      keepBack(kept ? until_ms : 0)
      const low = !kept && left < Math.max(2 * (in_flight + 1), largest * LOW_SHARE)
      const was = spread.until_ms > now
      spread = low ? { interval_ms: (until_ms - now) / (left + 1), until_ms } : { interval_ms: 0, until_ms: 0 }
      if (low && !was && spread.interval_ms > adapted_ms(now) && spread.interval_ms >= 1000) {
        o.onWait?.({
          why: `${remaining} requests are left of the target's limit; they are spread`,
          until: new Date(until_ms).toISOString(),
        })
      }
    },
  }
}
