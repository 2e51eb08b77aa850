import { createPrivateKey, type KeyObject, randomUUID } from 'node:crypto'
import { Failure } from '../../../errors.ts'
import type { JsonObject } from '../../../types.ts'

export const ALGORITHMS = ['RS256', 'ES256'] as const
export type Algorithm = (typeof ALGORITHMS)[number]

/** Short, as RFC 7523 §3 asks; Google refuses more than an hour. */
const LIFETIME_S = 300

export type Assertion = {
  /** PEM (PKCS 8, PKCS 1 or SEC 1), its line breaks real or written as `\n`; or a Google service account's JSON file. */
  readonly private_key: string
  readonly algorithm: Algorithm
  readonly key_id: string | null
  /** iss, sub, aud and more; iat, exp and jti are added. */
  readonly claims: JsonObject
  readonly now_ms: number
}

/** A signed JWT (RFC 7523 §3). Throws `auth/key` that says what is wrong with the key and never shows it. */
export async function assertion(a: Assertion): Promise<string> {
  const key = keyOf(a.private_key, a.algorithm)
  // Loaded by who needs it: every start of the program reads the table of auth words.
  const { SignJWT } = await import('jose')
  const iat = Math.floor(a.now_ms / 1000)
  return await new SignJWT({ ...a.claims, iat, exp: iat + LIFETIME_S, jti: randomUUID() })
    .setProtectedHeader({ alg: a.algorithm, typ: 'JWT', ...(a.key_id === null ? {} : { kid: a.key_id }) })
    .sign(key)
}

function keyOf(text: string, algorithm: Algorithm): KeyObject {
  const pem = pemIn(text)
  const label = /-----BEGIN ([A-Z0-9 ]+)-----/.exec(pem)?.[1]
  if (label === undefined) throw bad('it is not PEM: it should begin with -----BEGIN PRIVATE KEY-----')
  if (/PUBLIC KEY|CERTIFICATE/.test(label)) throw bad(`it is a ${label.toLowerCase()}; the private key is needed`)
  if (label.startsWith('OPENSSH')) throw bad('it is an OpenSSH key; `ssh-keygen -p -m PKCS8 -f KEY` rewrites it')
  if (label.startsWith('ENCRYPTED') || pem.includes('Proc-Type: 4,ENCRYPTED')) {
    throw bad('it is encrypted; `openssl pkcs8 -topk8 -nocrypt` takes the passphrase off')
  }
  let key: KeyObject
  try {
    key = createPrivateKey(pem)
  } catch {
    // The cause is dropped on purpose: OpenSSL's text can quote the input.
    throw bad(`the ${label} block cannot be read: cut off, or line breaks lost`)
  }
  const { modulusLength, namedCurve } = key.asymmetricKeyDetails ?? {}
  if (algorithm === 'RS256') {
    if (key.asymmetricKeyType !== 'rsa') throw bad(`RS256 needs an RSA key, this one is ${key.asymmetricKeyType}`)
    if ((modulusLength ?? 0) < 2048) throw bad(`RS256 needs 2048 bits or more, this key has ${modulusLength}`)
  } else if (key.asymmetricKeyType !== 'ec' || namedCurve !== 'prime256v1') {
    throw bad(`ES256 needs an EC key on P-256, this one is ${namedCurve ?? key.asymmetricKeyType}`)
  }
  return key
}

function pemIn(text: string): string {
  const trimmed = text.trim()
  if (!trimmed.startsWith('{')) return trimmed.replaceAll('\\n', '\n')
  try {
    const file: unknown = JSON.parse(trimmed)
    if (typeof file === 'object' && file !== null && 'private_key' in file && typeof file.private_key === 'string')
      return file.private_key
  } catch {
    throw bad('it looks like a JSON key file and is not JSON')
  }
  throw bad('it is JSON without a `private_key`')
}

const bad = (because: string): Failure =>
  new Failure('auth/key', 'auth.private_key', `the private key cannot be used: ${because}`)
