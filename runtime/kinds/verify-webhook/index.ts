import type { VerifyWebhookKind } from '../kind.ts'
import { hmac } from './hmac.ts'
import { shared_body } from './shared-body.ts'
import { shared_header } from './shared-header.ts'
import { standard_webhooks } from './standard-webhooks.ts'

/** How a message that comes in shows that it is the target's. */
export const verify_webhook: { readonly [kind: string]: VerifyWebhookKind } = {
  hmac,
  standard_webhooks,
  shared_header,
  shared_body,
} as unknown as { readonly [kind: string]: VerifyWebhookKind }
