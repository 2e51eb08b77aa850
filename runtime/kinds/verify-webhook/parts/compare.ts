/** Signatures and shared secrets, compared without telling by the time taken how much of them was right. */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { FailureCode } from '../../../types.ts'
import type { WebhookVerdict } from '../../kind.ts'

/** Texts of any length: what is compared are their digests. */
export function sameText(given: string, wanted: string): boolean {
  return sameBytes(sha256(given), sha256(wanted))
}

export function sameBytes(given: Uint8Array, wanted: Uint8Array): boolean {
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}

const sha256 = (text: string) => createHash('sha256').update(text, 'utf8').digest()

/** Null: it is not written so. Strict, so that one signature has one spelling (hex: two, of case). */
export function decoded(text: string, encoding: 'hex' | 'base64'): Uint8Array | null {
  if (encoding === 'hex') return /^(?:[0-9a-f]{2})+$/i.test(text) ? Buffer.from(text, 'hex') : null
  const bytes = Buffer.from(text, 'base64')
  return bytes.length > 0 && bytes.toString('base64') === text ? bytes : null
}

export function refused(code: FailureCode, because: string): WebhookVerdict {
  return { ok: false, code, because }
}

/** A word that may be signed between separators: no separator of any target is in it. */
export const ID = /^[A-Za-z0-9_-]{1,256}$/

/** Seconds since 1970, or milliseconds where there are more digits; null: neither. */
export function stampMs(text: string): number | null {
  if (!/^\d{9,14}$/.test(text)) return null
  return text.length > 11 ? Number(text) : Number(text) * 1000
}

export const DAY_S = 86_400
