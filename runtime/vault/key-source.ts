/** Where the key that wraps data keys comes from. A cloud's KMS is one more of these. */
import { hash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { Failure } from '../errors.ts'
import { kmsSource, transit } from './kms.ts'
import { unwrap, wrap } from './seal.ts'
import type { KeySource } from './source.ts'

export type { KeySource } from './source.ts'

const KEY_BYTES = 32

/**
 * `text`: 32 bytes in hex or base64. Its id ends with 32 bits of a hash of the key, so that another key in the same file or variable is
 * another source; of 256 random bits they tell nothing that helps. Throws `Failure` vault/key.
 */
export function keySource(reference: string, text: string): KeySource {
  const kek = keyOf(reference, text)
  const id = `${reference}#${hash('sha256', Buffer.concat([Buffer.from('rollcall/key-id/1'), kek])).slice(0, 8)}`
  return {
    id,
    wrap: async (tenant, key) => wrap(kek, tenant, key),
    unwrap: async (tenant, keyId, wrapped) => unwrap(kek, tenant, keyId, wrapped),
  }
}

/** Unwraps with whichever can: while a key is being replaced. A process that has one of them alone opens what is made meanwhile. */
export const joined = (first: KeySource, others: readonly KeySource[]): KeySource => ({
  ...first,
  others,
  async unwrap(tenant, id, wrapped) {
    for (const source of [first, ...others]) {
      const key = await source.unwrap(tenant, id, wrapped)
      if (key !== null) return key
    }
    return null
  },
})

/** `env:NAME`, `file:PATH` or `transit:URL`; a file that others than its owner may read is refused. Throws `Failure` vault/key. */
export function keySourceFrom(reference: string, env: { readonly [name: string]: string | undefined }): KeySource {
  const [, kind, name = ''] = /^(env|file|transit):(.+)$/.exec(reference) ?? []
  if (kind === 'env') {
    const text = env[name]
    if (text === undefined || text === '') throw new Failure('vault/key', reference, 'the variable is not set')
    return keySource(reference, text)
  }
  if (kind === 'file') return keySource(reference, fileText(reference, name))
  if (kind === 'transit') return kmsSource(transit(name, env['ROLLCALL_KMS_TOKEN']))
  // A text without a form may be the key itself.
  throw new Failure('vault/key', 'key', 'the key is named as env:VARIABLE, file:PATH or transit:URL')
}

function fileText(reference: string, path: string): string {
  try {
    const { mode, size } = statSync(path)
    if (size > 1024) throw new Failure('vault/key', reference, 'it is larger than a key')
    if (process.platform !== 'win32' && (mode & 0o077) !== 0)
      throw new Failure('vault/key', reference, 'others than its owner may read the file; chmod 600 it')
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof Failure) throw error
    throw new Failure('vault/key', reference, `the file cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`)
  }
}

function keyOf(id: string, text: string): Buffer {
  const trimmed = text.trim()
  const key = /^[0-9a-f]{64}$/i.test(trimmed) ? Buffer.from(trimmed, 'hex') : Buffer.from(trimmed, 'base64')
  if (key.length !== KEY_BYTES) throw new Failure('vault/key', id, 'it is not 32 bytes in hex or base64')
  if (key.every((byte) => byte === key[0])) throw new Failure('vault/key', id, 'it is one byte repeated')
  return key
}
