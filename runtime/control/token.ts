/**
 * Texts that stand for somebody: API tokens and session cookies. 256 random bits each, so that a plain SHA-256 is enough to keep: a slow
 * hash (scrypt, argon2) protects what people choose and others can guess; nobody guesses 2^256, and a slow hash on every request would
 * be a way to stop the server. The hash is compared in constant time.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/** `rct_` and the public half, `_` and the secret half: secret scanners find it by its form. */
const FORM = /^rct_([0-9a-z]{12})_([A-Za-z0-9_-]{43})$/

export type NewToken = { readonly id: string; readonly text: string; readonly hash: Buffer }

export function newToken(): NewToken {
  const id = newId()
  const text = `rct_${id}_${randomBytes(32).toString('base64url')}`
  return { id, text, hash: hashOf(text) }
}

/** Null: it has not the form of one. */
export const tokenId = (text: string): string | null => FORM.exec(text)?.[1] ?? null

/** 60 bits: unique, and no secret. */
export const newId = (): string => [...randomBytes(12)].map((byte) => LETTERS[byte % 32]).join('')
const LETTERS = '0123456789abcdefghjkmnpqrstvwxyz'

export const newSecret = (): string => randomBytes(32).toString('base64url')
export const hashOf = (text: string): Buffer => createHash('sha256').update(text).digest()
export const sameHash = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && timingSafeEqual(a, b)
