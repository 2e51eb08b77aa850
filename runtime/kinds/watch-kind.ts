/** Words of feeds and inbound webhooks: what they are, family by family. */
import type { FailureCode, JsonObject, KindOptions, RequestSpec } from '../types.ts'
import type { Word } from './word.ts'

// ---------------------------------------------------------------- feed

/** What a feed wants asked, from a position. */
export type FeedAsk =
  | {
      readonly ask: 'list'
      /** Null: the feed's own `list`. */
      readonly request: RequestSpec | null
      /** For the request's templates, beside the settings: `since` and `until`, or `position`. */
      readonly vars: { readonly [name: string]: string }
      /** Absolute, instead of the request's whole URL; must still be at a declared origin. */
      readonly url: string | null
    }
  /** Nothing is behind the first position. */
  | { readonly ask: 'nothing'; readonly to: Position }
  /** The target no longer keeps what is after the position, or the position is none of this word. */
  | { readonly ask: 'lost'; readonly because: string }

/** Plain JSON of the word; what `watch-types.ts` calls by the same name. */
type Position = JsonObject

export type FeedKind<Options extends KindOptions = KindOptions> = Word & {
  /** Names that `vars` may hold: what `list` may have in templates. */
  readonly gives: readonly string[]
  /** Position null: asked for the first time, or anew. `now_ms`: the instant the poll began. */
  readonly ask: (options: Options, position: Position | null, now_ms: number) => FeedAsk
  /** After the last page. `body`: of the last page; `now_ms`: as given to `ask`. */
  readonly after: (
    options: Options,
    position: Position | null,
    view: { readonly body: unknown; readonly now_ms: number },
  ) =>
    | { readonly to: Position; readonly told_until_ms: number; readonly forget_before_ms: number | null }
    | { readonly broken: string }
  /** Instant of an item, where it has one: milliseconds since 1970. */
  readonly at: (options: Options, item: unknown) => number | null
}

// ---------------------------------------------------------------- webhooks

export type WebhookView = {
  /** Names in lower case. */
  readonly headers: { readonly [name: string]: string }
  /** The body as it came, byte for byte. */
  readonly raw: Uint8Array
  /** The body as JSON; null: it is none. */
  readonly body: unknown
  /** `secret` of the options with its setting revealed. */
  readonly secret: string
  readonly now_ms: number
}

export type WebhookVerdict =
  /** `id`: of the message, as signed; null: it has none, and its bytes tell it from another. */
  | { readonly ok: true; readonly id: string | null }
  /** `because` holds nothing of the message and nothing of the secret. */
  | { readonly ok: false; readonly code: FailureCode; readonly because: string }

export type VerifyWebhookKind<Options extends KindOptions = KindOptions> = Word & {
  /** Pure, in constant time of the secret. */
  readonly verify: (options: Options, view: WebhookView) => WebhookVerdict
  /** False: it shows nothing of the bytes. Who can send them again can send others as well, and the same ones may mean something new. */
  readonly signs: boolean
  /** Seconds for which an id is to be remembered, so that the same message is not taken twice. */
  readonly remembered_s: (options: Options) => number
}

export type ChallengeAnswer =
  | { readonly json: JsonObject }
  /** Plain text, as it came. */
  | { readonly text: string }
  | { readonly refused: string }

/** How the address is confirmed when it is registered: the target sends a text and wants it back. */
export type ChallengeKind<Options extends KindOptions = KindOptions> = Word & {
  /** Null: this is no challenge but a message. */
  readonly answer: (
    options: Options,
    view: {
      /** Names in lower case. */
      readonly headers: { readonly [name: string]: string }
      /** Decoded. */
      readonly query: { readonly [name: string]: string }
    },
  ) => ChallengeAnswer | null
}
