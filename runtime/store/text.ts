import type { Json } from '../types.ts'

/** Text that every engine takes: PostgreSQL refuses U+0000 and lone surrogates, SQLite does not. */
export function cleanText(text: string): string {
  const whole = text.isWellFormed() ? text : text.toWellFormed()
  return whole.includes('\0') ? whole.replaceAll('\0', '\ufffd') : whole
}

/** The same for JSON text, where both hide behind `\u` escapes. */
export function cleanJson(text: string): string {
  const whole = cleanText(text)
  return whole.includes('\\u') ? JSON.stringify(cleaned(JSON.parse(whole))) : whole
}

export const jsonText = (value: unknown): string => cleanJson(JSON.stringify(value))

function cleaned(value: Json): Json {
  if (typeof value === 'string') return cleanText(value)
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map(cleaned)
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [cleanText(key), cleaned(inner)]))
}

/**
 * 53 bits of a text, for the index of ids: random ids as text would make every page of 200 rewrite 200 index pages. Not for secrecy:
 * equal keys only cost a comparison, the id itself decides. cyrb53, public domain (bryc, 2018).
 */
export function keyOf(text: string): number {
  let a = 0xdeadbeef
  let b = 0x41c6ce57
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    a = Math.imul(a ^ unit, 2654435761)
    b = Math.imul(b ^ unit, 1597334677)
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909)
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909)
  return 4294967296 * (2097151 & b) + (a >>> 0)
}
