import type { Decoded } from '../../kind.ts'
import { duplicates } from './duplicates.ts'
import { failed, notJson } from './fault.ts'
import { quoteBigIntegers } from './quote-big.ts'

/** Deeper values break JSON.stringify and structuredClone from some thousands on; no API we know passes 20. */
export const MAX_DEPTH = 100

/**
 * Parses JSON. Integers beyond 2^53 come out as their digits, as text, so that two ids never fall together.
 * Of a key that an object names twice the last one is in the value, as in all of JavaScript; `duplicates` tells which objects do so.
 * A key `__proto__` is plain data: JSON.parse defines own properties.
 */
export function parseJson(text: string): Decoded {
  // Byte order mark: forbidden by RFC 8259 §8.1 for senders, and sent all the same.
  const bare = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
  let parsed: unknown
  try {
    parsed = JSON.parse(bare)
  } catch {
    return notJson(bare)
  }
  const seen: Seen = { big: false, deep: false, least: 0 }
  look([parsed], MAX_DEPTH + 1, seen)
  if (seen.deep) return failed('decode/depth', `the JSON is more than ${MAX_DEPTH} levels deep`)
  const value: unknown = seen.big ? JSON.parse(quoteBigIntegers(bare)) : parsed
  const found = bare.length - (seen.least - LIST) < LEAST_ENTRY ? null : duplicates(bare, value)
  return found === null ? { ok: true, value } : { ok: true, value, duplicates: found }
}

/** `least`: no text of this value, white space and escapes left out, has fewer characters. */
type Seen = { big: boolean; deep: boolean; least: number }

/** What `look` counts for a list of one beside its item. */
const LIST = 2
/** `"":0,` is the shortest entry that a later one replaces: a text that is longer by less holds none. */
const LEAST_ENTRY = 5

/**
 * One walk for three questions: 0.2 µs a record, where a scan of the text costs 1 µs. A number that was rounded is still beyond 2^53.
 * Most targets write no white space and few escapes, so that their pages have the least length and need no scan for keys named twice.
 */
function look(value: object, left: number, seen: Seen): void {
  if (left === 0) {
    seen.deep = true
    return
  }
  let least = 1
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const item: unknown = value[i]
      least += 1 + (typeof item === 'string' ? item.length + 2 : other(item, left, seen))
    }
  } else {
    for (const key in value) {
      const item = (value as { [key: string]: unknown })[key]
      // Two quotes, a colon and a comma.
      least += key.length + 4 + (typeof item === 'string' ? item.length + 2 : other(item, left, seen))
    }
  }
  seen.least += least
}

/** Least length of what is no string; objects and lists count themselves. */
function other(item: unknown, left: number, seen: Seen): number {
  if (typeof item === 'number') return ofNumber(item, seen)
  if (typeof item === 'boolean') return item ? 4 : 5
  if (item === null) return 4
  look(item as object, left - 1, seen)
  return 0
}

function ofNumber(item: number, seen: Seen): number {
  // An integer of more than 308 digits.
  if (item === Number.POSITIVE_INFINITY || item === Number.NEGATIVE_INFINITY) seen.big = true
  if (!Number.isInteger(item)) return 1
  if (!Number.isSafeInteger(item)) seen.big = true
  let digits = item < 0 ? 2 : 1
  let rest = Math.abs(item)
  let zeros = 0
  for (; rest >= 10 && rest % 10 === 0; rest /= 10) zeros++
  for (; rest >= 10; rest /= 10) digits++
  // `12e3` is shorter than 12000; without zeros at the end nothing is shorter than the digits.
  return digits + (zeros < 3 ? zeros : zeros < 10 ? 2 : 3)
}
