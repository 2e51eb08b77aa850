import type { Decoded } from '../../kind.ts'
import { failed, notJson } from './fault.ts'
import { quoteBigIntegers } from './quote-big.ts'

/** Deeper values break JSON.stringify and structuredClone from some thousands on; no API we know passes 20. */
export const MAX_DEPTH = 100

/**
 * Parses JSON. Integers beyond 2^53 come out as their digits, as text, so that two ids never fall together.
 * Of a key that an object has twice the last one counts, as in all of JavaScript; that is not detected.
 * A key `__proto__` is plain data: JSON.parse defines own properties.
 */
export function parseJson(text: string): Decoded {
  // Byte order mark: forbidden by RFC 8259 §8.1 for senders, and sent all the same.
  const bare = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
  let value: unknown
  try {
    value = JSON.parse(bare)
  } catch {
    return notJson(bare)
  }
  const seen = look(value, MAX_DEPTH)
  if (seen & DEEP) return failed('decode/depth', `the JSON is more than ${MAX_DEPTH} levels deep`)
  return { ok: true, value: seen & BIG ? JSON.parse(quoteBigIntegers(bare)) : value }
}

const BIG = 1
const DEEP = 2

/** One walk for both questions: 0.15 µs a record, where a scan of the text costs 1 µs. A number that was rounded is still beyond 2^53. */
function look(value: unknown, left: number): number {
  if (typeof value === 'number') return !Number.isSafeInteger(value) && Number.isInteger(value) ? BIG : 0
  if (typeof value !== 'object' || value === null) return 0
  if (left === 0) return DEEP
  let seen = 0
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const item: unknown = value[i]
      if (typeof item === 'object' || typeof item === 'number') seen |= look(item, left - 1)
    }
    return seen
  }
  for (const key in value) {
    const item = (value as { [key: string]: unknown })[key]
    if (typeof item === 'object' || typeof item === 'number') seen |= look(item, left - 1)
  }
  return seen
}
