/** A target's own time stamp, and whether it lies after the write. */

/** Beyond this a number is milliseconds: as seconds it would be the year 5138. */
const MOST_SECONDS = 100_000_000_000

export type Instant = {
  readonly ms: number
  /** Length of time that the stamp cannot tell apart. */
  readonly step_ms: number
}

/** ISO 8601 with an offset or Z, epoch seconds or milliseconds (also as digits). Null: no instant, or no clock time. */
export function instantOf(value: unknown): Instant | null {
  if (typeof value === 'string' && /^\d{9,13}(\.\d+)?$/.test(value)) return instantOf(Number(value))
  if (typeof value === 'number') {
    if (!Number.isFinite(value) || value <= 0) return null
    if (value >= MOST_SECONDS) return { ms: Math.trunc(value), step_ms: 1 }
    return { ms: Math.trunc(value * 1000), step_ms: Number.isInteger(value) ? 1000 : 1 }
  }
  if (typeof value !== 'string') return null
  const parts = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}([.,]\d+)?)?\s*(?:Z|[+-]\d{2}:?\d{2})$/i.exec(value)
  if (parts === null) return null
  const ms = Date.parse(value.replace(' ', 'T').replace(',', '.'))
  if (Number.isNaN(ms)) return null
  return { ms, step_ms: parts[2] !== undefined ? 1 : parts[1] !== undefined ? 1000 : 60_000 }
}

/** A stamp of whole seconds is cut, so the write is cut to the same step before the two are compared. */
export function isSince({ ms, step_ms }: Instant, sent_at_ms: number): boolean {
  return ms >= Math.floor(sent_at_ms / step_ms) * step_ms
}
