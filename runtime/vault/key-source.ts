/** Where the key that wraps data keys comes from. A cloud's KMS is one more of these. */
import { readFileSync, statSync } from 'node:fs'
import { Failure } from '../errors.ts'
import { type DataKey, unwrap, wrap } from './seal.ts'

/** Wraps and unwraps data keys; the key-encryption key itself stays inside. */
export type KeySource = {
  /** Names the key, not the value of it: shown in `doctor` and kept beside what it wrapped. */
  readonly id: string
  readonly wrap: (tenant: string, key: DataKey) => Promise<string>
  /** Null: this source did not wrap it. */
  readonly unwrap: (tenant: string, id: string, wrapped: string) => Promise<DataKey | null>
}

const KEY_BYTES = 32

/** `text`: 32 bytes in hex or base64. Throws `Failure` vault/key. */
export function keySource(id: string, text: string): KeySource {
  const kek = keyOf(id, text)
  return {
    id,
    wrap: async (tenant, key) => wrap(kek, tenant, key),
    unwrap: async (tenant, keyId, wrapped) => unwrap(kek, tenant, keyId, wrapped),
  }
}

/** `env:NAME` or `file:PATH`; a file that others than its owner may read is refused. Throws `Failure` vault/key. */
export function keySourceFrom(reference: string, env: { readonly [name: string]: string | undefined }): KeySource {
  const [, kind, name = ''] = /^(env|file):(.+)$/.exec(reference) ?? []
  if (kind === 'env') {
    const text = env[name]
    if (text === undefined || text === '') throw new Failure('vault/key', reference, 'the variable is not set')
    return keySource(reference, text)
  }
  if (kind === 'file') return keySource(reference, fileText(reference, name))
  throw new Failure('vault/key', reference, 'the key is named as env:VARIABLE or file:PATH')
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
