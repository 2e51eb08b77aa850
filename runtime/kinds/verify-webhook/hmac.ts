import { createHmac } from 'node:crypto'
import type { FromSchema } from 'json-schema-to-ts'
import { DURATION, seconds } from '../duration.ts'
import { HEADER_NAME } from '../header-name.ts'
import type { VerifyWebhookKind } from '../kind.ts'
import { DAY_S, decoded, ID, refused, sameBytes, stampMs } from './parts/compare.ts'
import { parseOver } from './parts/over.ts'

const schema = {
  type: 'object',
  properties: {
    kind: { const: 'hmac' },
    header: {
      type: 'string',
      pattern: HEADER_NAME,
      description: 'Header that holds the signature.',
      examples: ['x-hub-signature-256'],
    },
    algorithm: { enum: ['sha256', 'sha1'], default: 'sha256', description: 'Hash of the HMAC.' },
    encoding: { enum: ['hex', 'base64'], default: 'hex', description: 'How the signature is written.' },
    prefix: { type: 'string', minLength: 1, description: 'What stands before it in the header.', examples: ['sha256='] },
    secret: { type: 'string', minLength: 1, description: 'The shared secret: "{webhook_secret}".' },
    over: {
      type: 'string',
      minLength: 1,
      default: '{body}',
      description: 'What is signed: the raw body, or `{id}` and `{timestamp}` and `{body}` with something between them.',
      examples: ['{timestamp}.{body}'],
    },
    id: { type: 'string', pattern: HEADER_NAME, description: "Header of the message's id, where it is signed." },
    timestamp: {
      type: 'string',
      pattern: HEADER_NAME,
      description: 'Header of the time of sending, seconds or milliseconds since 1970.',
    },
    tolerance: {
      type: 'string',
      pattern: DURATION,
      default: '5m',
      description: 'How far that time may lie from now, either way.',
    },
  },
  required: ['kind', 'header', 'secret'],
  additionalProperties: false,
} as const

type Options = FromSchema<typeof schema>

const tolerance = (options: Options) => seconds(options.tolerance ?? '5m')

/** RFC 2104 over the raw body. */
export const hmac: VerifyWebhookKind<Options> = {
  kind: 'hmac',
  description: 'A header holds an HMAC of the raw body under a shared secret.',
  schema,
  example: {
    kind: 'hmac',
    header: 'x-hub-signature-256',
    algorithm: 'sha256',
    encoding: 'hex',
    prefix: 'sha256=',
    secret: '{webhook_secret}',
  },
  signs: true,
  remembered_s: (options) => (options.timestamp === undefined ? DAY_S : 2 * tolerance(options)),
  verify(options, { headers, raw, secret, now_ms }) {
    if (secret === '') return refused('inbound/secret', 'the secret is empty')
    const parts = parseOver(options.over ?? '{body}')
    if (parts === null) return refused('inbound/secret', '`over` is not written as the language says')
    const header = (name: string | undefined) => (name === undefined ? undefined : headers[name.toLowerCase()])
    const given = header(options.header)
    if (given === undefined) return refused('inbound/unsigned', 'no signature')
    const id = header(options.id)
    if (options.id !== undefined && (id === undefined || !ID.test(id))) return refused('inbound/malformed', 'no usable id')
    const timestamp = header(options.timestamp)
    const at_ms = stampMs(timestamp ?? '')
    if (options.timestamp !== undefined && at_ms === null) return refused('inbound/malformed', 'no usable time of sending')

    const mac = createHmac(options.algorithm ?? 'sha256', secret)
    const pieces = { id: id ?? '', timestamp: timestamp ?? '', body: raw }
    for (const part of parts) mac.update(typeof part === 'string' ? part : pieces[part.piece])
    const prefix = options.prefix ?? ''
    const signature = given.startsWith(prefix) ? decoded(given.slice(prefix.length), options.encoding ?? 'hex') : null
    if (signature === null || !sameBytes(signature, mac.digest()))
      return refused('inbound/forged', 'the signature is not of this body')
    // Only what is signed is believed, its time too.
    if (at_ms !== null && Math.abs(now_ms - at_ms) > tolerance(options) * 1000)
      return refused('inbound/stale', 'sent too long ago, or in the future')
    return { ok: true, id: id ?? null }
  },
}
