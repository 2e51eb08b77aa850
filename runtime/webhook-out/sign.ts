/** Standard Webhooks, symmetric signatures: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md (read 2026-11-21). */
import { createHmac, randomBytes } from 'node:crypto'
import { Failure } from '../errors.ts'
import { Secret } from '../secret.ts'

const PREFIX = 'whsec_'
const BYTES = { made: 32, least: 24, most: 64 } as const

export const newWebhookSecret = (): Secret => new Secret(`${PREFIX}${randomBytes(BYTES.made).toString('base64')}`)

/** Throws `webhook/secret`; never says the value. */
export function webhookSecret(text: string): Secret {
  const encoded = text.startsWith(PREFIX) ? text.slice(PREFIX.length) : ''
  const key = Buffer.from(encoded, 'base64')
  // What decodes to something else than it says would be another key for whoever decodes it strictly.
  if (key.toString('base64') !== encoded || key.length < BYTES.least || key.length > BYTES.most)
    throw new Failure('webhook/secret', 'secret', `it is ${PREFIX} and ${BYTES.least} to ${BYTES.most} bytes in base64`)
  return new Secret(text)
}

/** `at_ms` of this try; one signature a secret, so that an old one holds while a new one is brought out. */
export function signedHeaders(
  secrets: readonly Secret[],
  message: string,
  at_ms: number,
  body: string,
): { readonly [header: string]: string } {
  const timestamp = String(Math.floor(at_ms / 1000))
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.reveal().slice(PREFIX.length), 'base64')
    return `v1,${createHmac('sha256', key).update(`${message}.${timestamp}.${body}`).digest('base64')}`
  })
  return {
    'content-type': 'application/json',
    'user-agent': 'rollcall',
    'webhook-id': message,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.join(' '),
  }
}
