/**
 * Sealed values: AES-256-GCM with a random 96-bit nonce, bound to what they are for. A sealed value that is moved to another tenant,
 * connection, field or origin does not open: nobody who can write rows or settings can make a credential go elsewhere.
 * NIST SP 800-38D §8.2.2: random nonces are safe for 2^32 values a key; a data key seals far fewer.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { Failure } from '../errors.ts'
import { Secret } from '../secret.ts'

/** What a value is for. `origin`: the one that the credential may be sent to, `https://acme.okta.com`. */
export type Bound = { readonly tenant: string; readonly connection: string; readonly field: string; readonly origin: string }
export type DataKey = { readonly id: string; readonly key: Buffer }

const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16
const FORM = /^v1\.([A-Za-z0-9_-]{1,64})\.([A-Za-z0-9_-]+)$/

export const newDataKey = (): DataKey => ({ id: randomBytes(9).toString('base64url'), key: randomBytes(KEY_BYTES) })

/** `v1.<key id>.<base64url of nonce ‖ ciphertext ‖ tag>` */
export function seal({ id, key }: DataKey, bound: Bound, value: Secret): string {
  return `v1.${id}.${encrypt(key, aadOf(id, bound), Buffer.from(value.reveal())).toString('base64url')}`
}

/** Throws `Failure` vault/sealed where it was not sealed by this key for this purpose, or was changed since. */
export function open({ id, key }: DataKey, bound: Bound, sealed: string): Secret {
  const place = `${bound.connection}.${bound.field}`
  if (keyIdOf(sealed) !== id) throw new Failure('vault/sealed', place, 'it was sealed by another data key')
  const bytes = Buffer.from(FORM.exec(sealed)?.[2] ?? '', 'base64url')
  const value = decrypt(key, aadOf(id, bound), bytes)
  if (value === null)
    throw new Failure('vault/sealed', place, 'it does not open for this tenant, connection, field and origin, or was changed')
  return new Secret(value.toString('utf8'))
}

/** Which data key opens it; null: it is no sealed value. */
export const keyIdOf = (sealed: string): string | null => FORM.exec(sealed)?.[1] ?? null

/** A data key under a key-encryption key, bound to its tenant and id. `w1.<base64url>` */
export function wrap(kek: Buffer, tenant: string, { id, key }: DataKey): string {
  return `w1.${encrypt(kek, aadOfKey(tenant, id), key).toString('base64url')}`
}

/** Null: another key-encryption key wrapped it, or it is another tenant's, or it was changed. */
export function unwrap(kek: Buffer, tenant: string, id: string, wrapped: string): DataKey | null {
  if (!wrapped.startsWith('w1.')) return null
  const key = decrypt(kek, aadOfKey(tenant, id), Buffer.from(wrapped.slice(3), 'base64url'))
  return key === null || key.length !== KEY_BYTES ? null : { id, key }
}

// An array: no value of one field can run over into the next.
const aadOf = (id: string, { tenant, connection, field, origin }: Bound): Buffer =>
  Buffer.from(JSON.stringify(['rollcall/value/1', id, tenant, connection, field, origin]))
const aadOfKey = (tenant: string, id: string): Buffer => Buffer.from(JSON.stringify(['rollcall/data-key/1', tenant, id]))

function encrypt(key: Buffer, aad: Buffer, plain: Uint8Array): Buffer {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
  cipher.setAAD(aad)
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

function decrypt(key: Buffer, aad: Buffer, bytes: Buffer): Buffer | null {
  if (bytes.length < NONCE_BYTES + TAG_BYTES) return null
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
  decipher.setAAD(aad)
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
  try {
    return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()])
  } catch {
    return null
  }
}
