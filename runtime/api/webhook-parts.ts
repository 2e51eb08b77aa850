/** A webhook as the API shows it, and what its routes share. */
import { Failure } from '../errors.ts'
import { checkUrl, originOf } from '../http/egress.ts'
import type { Delivery, Webhook } from '../levels-types.ts'
import type { Secret } from '../secret.ts'
import { newWebhookSecret, webhookSecret } from '../webhook-out/sign.ts'
import { SECRET_FIELD, sealedAs } from './post.ts'
import type { Ask } from './types.ts'

/** Never a secret: since when there is one, and how long an old one signs along. */
export function shown(webhook: Webhook): object {
  const { secrets, ...rest } = webhook
  return { ...rest, secrets: secrets.map(({ made_at, until }) => ({ made_at, until })) }
}

export const deliveryShown = (delivery: Delivery): object => {
  const { message, webhook, type, connection, made_at, state, tries, next_at, last } = delivery
  return { message, webhook, type, connection, made_at, state, tries, next_at, last }
}

/** One of another tenant is not there. Throws `api/not-found`. */
export async function webhookOf({ room, params }: Ask): Promise<Webhook> {
  const webhook = await room.store.webhook(params['webhook'] ?? '')
  if (webhook === null) throw new Failure('api/not-found', 'webhook', 'there is no such webhook')
  return webhook
}

/** Throws `api/not-found`. */
export async function deliveryOf(ask: Ask): Promise<Delivery & { readonly body: string }> {
  const { webhook } = await webhookOf(ask)
  const found = await ask.room.store.delivery(webhook, ask.params['message'] ?? '')
  if (found === null) throw new Failure('api/not-found', 'message', 'there is no such delivery')
  return found
}

/** As it will be sent to. The name's addresses are checked at every try, at the socket. Throws `webhook/url`. */
export function addressOf({ house }: Ask, text: string): string {
  const verdict = checkUrl(text, [originOf(text) ?? ''], house.allow_private)
  if (!verdict.ok) throw new Failure('webhook/url', 'url', verdict.because)
  verdict.url.hash = ''
  return verdict.url.href
}

/** Sealed; `text` where it was made here: shown this once. Throws `webhook/secret`, `vault/key`. */
export async function sealed(
  { room, who, at }: Ask,
  webhook: string,
  url: string,
  given: string | undefined,
): Promise<{ readonly name: string; readonly text: string | null }> {
  const secret: Secret = given === undefined ? newWebhookSecret() : webhookSecret(given)
  const place = { connection: sealedAs(webhook), field: SECRET_FIELD, origin: new URL(url).origin }
  const name = await room.secrets.put(place, secret, who.by, at)
  return { name, text: given === undefined ? secret.reveal() : null }
}
