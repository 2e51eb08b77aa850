/** A key that never leaves the KMS that has it: data keys are sent there to be wrapped and unwrapped. */
import { Failure } from '../errors.ts'
import type { KeySource } from './source.ts'

/** What is asked of a KMS. `bound` is authenticated with the text where the KMS can do that. */
export type Kms = {
  /** Shown, and kept beside what it wrapped. */
  readonly id: string
  /** Rejects with `vault/kms` where the KMS gives no answer. */
  readonly encrypt: (plain: Uint8Array, bound: string) => Promise<string>
  /** Null: the KMS says that this text is none of its own. */
  readonly decrypt: (text: string, bound: string) => Promise<Uint8Array | null>
}

const KEY_BYTES = 32

export function kmsSource(kms: Kms): KeySource {
  const boundTo = (tenant: string, id: string): string => JSON.stringify(['rollcall/data-key/1', tenant, id])
  return {
    id: kms.id,
    // Tenant and id are inside too: a KMS that does not authenticate `bound` cannot be made to give one tenant's key for another's.
    async wrap(tenant, { id, key }) {
      const inside = JSON.stringify([tenant, id, key.toString('base64')])
      return `k1.${Buffer.from(await kms.encrypt(Buffer.from(inside), boundTo(tenant, id))).toString('base64url')}`
    },
    async unwrap(tenant, id, wrapped) {
      if (!wrapped.startsWith('k1.')) return null
      const plain = await kms.decrypt(Buffer.from(wrapped.slice(3), 'base64url').toString(), boundTo(tenant, id))
      const [of, its, text] = plain === null ? [] : inside(plain)
      const key = Buffer.from(text ?? '', 'base64')
      return of === tenant && its === id && key.length === KEY_BYTES ? { id, key } : null
    },
  }
}

function inside(plain: Uint8Array): readonly string[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(plain).toString())
    return Array.isArray(value) && value.every((one) => typeof one === 'string') ? value : []
  } catch {
    return []
  }
}

const TIMEOUT_MS = 10_000

/**
 * The transit engine of HashiCorp Vault and OpenBao. `url`: `https://vault.acme.example/v1/transit/keys/rollcall`; http on loopback alone.
 * Source: https://openbao.org/api-docs/secret/transit/, encrypt and decrypt data, read 2026-11-21.
 */
export function transit(url: string, token: string | undefined): Kms {
  const id = `transit:${url}`
  const at = URL.parse(url)
  const [, mount, key] = /^(\/v1\/.+)\/keys\/([A-Za-z0-9_.-]+)$/.exec(at?.pathname ?? '') ?? []
  const loopback = ['127.0.0.1', '[::1]', 'localhost'].includes(at?.hostname ?? '')
  const safe = at !== null && (at.protocol === 'https:' || (at.protocol === 'http:' && loopback))
  if (at === null || !safe || mount === undefined || key === undefined || at.username !== '' || at.search !== '')
    throw new Failure('vault/key', 'transit', 'it is named as transit:https://HOST/v1/MOUNT/keys/NAME')
  if (token === undefined || token === '') throw new Failure('vault/key', id, 'ROLLCALL_KMS_TOKEN is not set')
  const fail = (because: string): Failure => new Failure('vault/kms', id, `the KMS ${because}`)

  async function ask(what: 'encrypt' | 'decrypt', body: object): Promise<{ readonly status: number; readonly data: unknown }> {
    try {
      const answer = await fetch(`${(at as URL).origin}${mount}/${what}/${key}`, {
        method: 'POST',
        headers: { 'x-vault-token': token as string, 'content-type': 'application/json' },
        body: JSON.stringify(body),
        // Elsewhere the token has no business.
        redirect: 'error',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      })
      const text = await answer.text()
      return { status: answer.status, data: text === '' ? null : (JSON.parse(text) as { readonly data?: unknown }).data }
    } catch {
      // The cause may quote the request.
      throw fail('gives no answer')
    }
  }
  const textOf = (data: unknown, name: string): string | null => {
    const found: unknown = typeof data === 'object' && data !== null ? (data as { readonly [name: string]: unknown })[name] : null
    return typeof found === 'string' ? found : null
  }
  const associated = (bound: string): string => Buffer.from(bound).toString('base64')

  return {
    id,
    async encrypt(plain, bound) {
      const plaintext = Buffer.from(plain).toString('base64')
      const { status, data } = await ask('encrypt', { plaintext, associated_data: associated(bound) })
      const text = textOf(data, 'ciphertext')
      if (status !== 200 || text === null) throw fail(`answers with status ${status}`)
      return text
    },
    async decrypt(text, bound) {
      const { status, data } = await ask('decrypt', { ciphertext: text, associated_data: associated(bound) })
      // 400 is all that it says of a text that is not its own.
      if (status === 400) return null
      const plain = textOf(data, 'plaintext')
      if (status !== 200 || plain === null) throw fail(`answers with status ${status}`)
      return Buffer.from(plain, 'base64')
    },
  }
}
