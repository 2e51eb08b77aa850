/** Knows a secret again that is kept elsewhere, without keeping it: scrypt, so that a short password is not guessed from it cheaply. */
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import type { Secret } from '../secret.ts'

const BYTES = 16
/** 16 MB and about 40 ms a value (RFC 7914 §2): once a run. */
const COST = { N: 2 ** 14, r: 8, p: 1 }

export const newMark = async (value: Secret): Promise<string> => {
  const salt = randomBytes(BYTES)
  return `s1.${salt.toString('base64url')}.${(await slow(value, salt)).toString('base64url')}`
}

/** Is it the value that this mark was made of? */
export async function isMarked(mark: string, value: Secret): Promise<boolean> {
  const [form, salt = '', digest = ''] = mark.split('.')
  const wanted = Buffer.from(digest, 'base64url')
  if (form !== 's1' || wanted.length !== BYTES) return false
  return timingSafeEqual(wanted, await slow(value, Buffer.from(salt, 'base64url')))
}

const slow = (value: Secret, salt: Uint8Array): Promise<Buffer> =>
  new Promise((done, failed) =>
    scrypt(value.reveal(), salt, BYTES, COST, (error, key) => (error === null ? done(key) : failed(error))),
  )
