/** Header texts → instants on our clock. */

export const RESET_IS = ['epoch_s', 'epoch_ms', 'delay_s', 'delay_ms', 'http_date'] as const
export type ResetIs = (typeof RESET_IS)[number]

/**
 * When `text` says, milliseconds since 1970 on our clock; null where it is not readable. Instants are read against the target's
 * own `Date`, so a clock that is ten minutes off does not turn a second's wait into ten minutes, or into none.
 */
export function instant(text: string, is: ResetIs, date: string | undefined, now_ms: number): number | null {
  if (is === 'http_date') {
    const at = httpDate(text)
    return at === null ? null : onOurClock(at, date, now_ms)
  }
  if (!/^\s*\d+(\.\d+)?\s*$/.test(text)) return null
  const number = Number(text)
  if (!Number.isFinite(number)) return null
  switch (is) {
    case 'delay_s':
      return now_ms + number * 1000
    case 'delay_ms':
      return now_ms + number
    case 'epoch_s':
      return onOurClock(number * 1000, date, now_ms)
    case 'epoch_ms':
      return onOurClock(number, date, now_ms)
  }
}

/** `Retry-After`: seconds or an HTTP date (RFC 9110 §10.2.3). */
export function retryAfter(text: string | undefined, date: string | undefined, now_ms: number): number | null {
  if (text === undefined) return null
  return instant(text, 'delay_s', date, now_ms) ?? instant(text, 'http_date', date, now_ms)
}

/** A count that a header tells: `42`, or the first item of `42, 42;w=60` (several windows in one header). */
export function count(text: string | undefined): number | null {
  const found = /^\s*(\d{1,15})(?:\.\d+)?\s*(?:[,;]|$)/.exec(text ?? '')
  return found === null ? null : Number(found[1])
}

/** The three forms of RFC 9110 §5.6.7; asctime has no zone but means UTC. */
function httpDate(text: string): number | null {
  if (!/^\s*[A-Za-z]{3,9},? .*\d{2}:\d{2}:\d{2}/.test(text)) return null
  const asctime = /^\s*\w{3} \w{3} [ \d]\d \d{2}:\d{2}:\d{2} \d{4}\s*$/.test(text)
  const at = Date.parse(asctime ? `${text} GMT` : text)
  return Number.isNaN(at) ? null : at
}

function onOurClock(at_ms: number, date: string | undefined, now_ms: number): number {
  const theirs = date === undefined ? null : httpDate(date)
  return theirs === null ? at_ms : now_ms + (at_ms - theirs)
}
