import { createHmac } from 'node:crypto'
import type { FromSchema } from 'json-schema-to-ts'
import type { VerifyWebhookKind } from '../kind.ts'
import { decoded, ID, refused, sameBytes, stampMs } from './parts/compare.ts'

const schema = {
  type: 'object',
  properties: {
    kind: { const: 'standard_webhooks' },
    secret: { type: 'string', minLength: 1, description: 'The shared secret, `whsec_` and base64: "{webhook_secret}".' },
  },
  required: ['kind', 'secret'],
  additionalProperties: false,
} as const

const PREFIX = 'whsec_'
const TOLERANCE_S = 300
const LEAST_BYTES = 16
const MOST_SIGNATURES = 32

/** https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md, symmetric signatures. */
export const standard_webhooks: VerifyWebhookKind<FromSchema<typeof schema>> = {
  kind: 'standard_webhooks',
  description: 'Signed as Standard Webhooks says: id, time and body under a shared secret, at most five minutes old.',
  schema,
  example: { kind: 'standard_webhooks', secret: '{webhook_secret}' },
  signs: true,
  remembered_s: () => 2 * TOLERANCE_S,
  verify(_options, { headers, raw, secret, now_ms }) {
    const key = keyOf(secret)
    if (key === null) return refused('inbound/secret', `the secret is not ${PREFIX} and ${LEAST_BYTES} bytes or more in base64`)
    const id = headers['webhook-id']
    const timestamp = headers['webhook-timestamp']
    const given = headers['webhook-signature']
    if (id === undefined || timestamp === undefined || given === undefined) return refused('inbound/unsigned', 'no signature')
    const at_ms = stampMs(timestamp)
    // A dot in the id would let the end of an id pass for the beginning of a time.
    if (!ID.test(id) || at_ms === null || timestamp.length > 11)
      return refused('inbound/malformed', 'no usable id or time of sending')
    const wanted = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(raw).digest()
    const signatures = given.split(' ').slice(0, MOST_SIGNATURES)
    let right = 0
    for (const one of signatures) {
      const bytes = one.startsWith('v1,') ? decoded(one.slice(3), 'base64') : null
      right += Number(sameBytes(bytes ?? new Uint8Array(wanted.length), wanted))
    }
    if (right === 0) return refused('inbound/forged', 'no signature is of this body')
    if (Math.abs(now_ms - at_ms) > TOLERANCE_S * 1000) return refused('inbound/stale', 'sent too long ago, or in the future')
    return { ok: true, id }
  },
}

/** With or without `whsec_`, padded or not. */
function keyOf(secret: string): Uint8Array | null {
  const encoded = (secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : secret).replace(/={1,2}$/, '')
  const bytes = Buffer.from(encoded, 'base64')
  return bytes.length >= LEAST_BYTES && bytes.toString('base64').replace(/=+$/, '') === encoded ? bytes : null
}
