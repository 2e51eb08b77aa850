/** What a word of the language is, family by family. A kind sees a narrow view, returns plain data, keeps no state. */
import type { FailureCode, Finding, Json, KindOptions, Next, PageState, ReadFacts, RequestSpec } from '../types.ts'
import type { Word } from './word.ts'

export type * from './watch-kind.ts'
export type { Word } from './word.ts'

/** What a word changes on a request. */
export type RequestPatch = {
  /** Replaces the whole URL; must still be at a declared origin. */
  readonly url?: string
  /** Set, replacing values of the same name. */
  readonly query?: { readonly [name: string]: string }
  readonly headers?: { readonly [name: string]: string }
  /** Dotted paths set in a JSON, form, graphql (below `variables`) or jsonrpc (below `params`) body. */
  readonly body?: { readonly [path: string]: Json }
}

// ---------------------------------------------------------------- pages

/** What a paging word may see of a page. */
export type PageView = {
  readonly headers: { readonly [name: string]: string }
  readonly body: unknown
  /** Records on this page, stitched ones included. */
  readonly received: number
  /** The last record as the target gave it. */
  readonly last: unknown
  /** The URL that answered; relative links resolve against it. */
  readonly url: string
}

export type PageKind<Options extends KindOptions = KindOptions> = Word & {
  /** Steps by a number, so rows can shift between pages. */
  readonly by_offset: boolean
  readonly first: (options: Options) => PageState
  readonly ask: (options: Options, state: PageState) => RequestPatch
  readonly next: (options: Options, state: PageState, view: PageView) => Next
  /** How many first rows of this page repeat the last rows of the page before. */
  readonly overlap: (options: Options, state: PageState) => number
  /** Of a list that ends where its total says: where a row would stand that the total leaves out. Absent or null: it ends otherwise. */
  readonly behind?: (options: Options, state: PageState, view: PageView) => PageState | null
}

// ---------------------------------------------------------------- decode, body

/** Objects and lists of a decoded value → how many objects at or below name a key twice, of which only the last is in the value. */
export type Duplicates = ReadonlyMap<unknown, number>

export type Decoded =
  /** `duplicates` is there only where there are some. */
  | { readonly ok: true; readonly value: unknown; readonly duplicates?: Duplicates }
  | { readonly ok: false; readonly code: FailureCode; readonly because: string }

export type DecodeKind<Options extends KindOptions = KindOptions> = Word & {
  /** `text` is the whole body, well-formed UTF-8, already capped. Integers beyond 2^53 come out as their digits (text). */
  readonly decode: (options: Options, text: string) => Decoded
  /** Media types this word takes for its own; a declared type outside is `decode/media-type`. Empty: any. */
  readonly media: readonly string[]
}

export type BodyKind<Options extends KindOptions = KindOptions> = Word & {
  /** `render` fills templates in a text; `patch` comes from the paging word. */
  readonly write: (
    options: Options,
    render: (text: string) => string,
    patch: { readonly [path: string]: Json },
  ) => { readonly type: string; readonly text: string }
}

// ---------------------------------------------------------------- auth

export type AuthView = {
  /** The connector's `base_url`, rendered: a login request may be relative to it. */
  readonly base_url: string
  /** Fills `{setting}` templates; a secret in it is revealed here and nowhere else. */
  readonly render: (text: string) => string
  /** A setting's plain value, for `choose`. */
  readonly setting: (name: string) => Json
  /** Values the words before kept durable: a rotated refresh token. */
  readonly kept: { readonly [name: string]: string }
  readonly now_ms: number
}

export type Token = {
  readonly value: string
  readonly expires_at_ms: number | null
  /** To be stored durably before the token is used: a rotated refresh token. */
  readonly keep: { readonly [name: string]: string }
  /** Another process got it some time ago: the target may have ended it since. */
  readonly shared?: true
}

/** A token request, ready to send; goes through the same egress rules, without auth. */
export type TokenAsk = {
  readonly method: 'GET' | 'POST'
  readonly url: string
  readonly headers: { readonly [name: string]: string }
  readonly body: { readonly type: string; readonly text: string } | null
  /** False: a lost answer may have used up the credential (a rotating refresh token), so it is never sent again blindly. */
  readonly repeatable: boolean
}

export type AuthKind<Options extends KindOptions = KindOptions> = Word & {
  /** Null, or a promise of null (`choose`): needs no token request. */
  readonly ask: ((options: Options, view: AuthView) => Promise<TokenAsk | null>) | null
  readonly accept: (
    options: Options,
    view: AuthView,
    answer: { readonly status: number; readonly headers: { readonly [name: string]: string }; readonly body: unknown },
  ) => Token | { readonly failed: FailureCode; readonly because: string }
  readonly apply: (options: Options, view: AuthView, token: Token | null) => RequestPatch
  /** Under which name tokens are shared by all processes, because asking for one uses up what the next is asked with. Null or absent: each asks for its own. */
  readonly line?: (options: Options, view: AuthView) => string | null
}

// ---------------------------------------------------------------- told limits

export type Told = {
  /** Requests left in the target's window; null: not told. */
  readonly remaining: number | null
  /** The size of the window; a refusal that tells 0 of 0 is of too many requests at once. */
  readonly limit?: number | null
  /** When the window resets or the target wants to be asked again. */
  readonly until_ms: number | null
}

export type ToldKind<Options extends KindOptions = KindOptions> = Word & {
  readonly read: (
    options: Options,
    answer: { readonly status: number; readonly headers: { readonly [name: string]: string }; readonly body: unknown },
    now_ms: number,
  ) => Told
}

// ---------------------------------------------------------------- prove

/** What a proof wants asked of the target or the store; the read room asks, the word judges. */
export type ProofAsk =
  /** The same list with a patched query, first page only. `when`: `after` the read. */
  | { readonly ask: 'list_once'; readonly query: { readonly [name: string]: string }; readonly when: 'after' }
  /** Another request, before and after the read. Answered by the value at `path`. */
  | { readonly ask: 'count'; readonly request: RequestSpec; readonly path: string }
  /** The whole list again, patched; answered by the id-set comparison. */
  | { readonly ask: 'pass'; readonly query: { readonly [name: string]: string }; readonly list: RequestSpec | null }
  /** Ids known from elsewhere that are not in the read, each asked by id. */
  | {
      readonly ask: 'by_id'
      readonly of: 'last_snapshot' | { readonly stream: string; readonly field: string }
      readonly sample: number
    }
  /** Each parent's own count against the records read below it; the store answers. */
  | { readonly ask: 'per_parent'; readonly variable: string; readonly field: string; readonly at_least: boolean }
  /** Are these ids in the read? The store answers. */
  | { readonly ask: 'has'; readonly ids: 'whoami' | 'canaries' }

/** Answers, one shape an ask. `failed` says why the ask could not be answered. */
export type ProofAnswer =
  | { readonly ask: 'list_once'; readonly total: number | null; readonly received: number; readonly failed: string | null }
  | { readonly ask: 'count'; readonly before: number | null; readonly after: number | null; readonly failed: string | null }
  | {
      readonly ask: 'pass'
      readonly ids: number
      readonly only_first: number
      readonly only_second: number
      readonly samples: { readonly only_first: readonly string[]; readonly only_second: readonly string[] }
      /** Passes made; more than one where the population moved. */
      readonly tries: number
      /** Lists that were asked for, or came, as in the first read: there the same page may have lost the same row. */
      readonly alike: number
      readonly failed: string | null
    }
  | {
      readonly ask: 'by_id'
      /** Ids in the frame; of them in the read; not in the read. */
      readonly frame: number
      readonly in_read: number
      readonly absent: number
      /** Of the absent: asked by id and found alive (a refutation), gone, or not answerable. */
      readonly alive: readonly string[]
      readonly gone: number
      readonly unanswered: number
      /** Of the ones in the read, how many were asked by id and answered alive: the paired positive control. */
      readonly control_alive: boolean | null
      readonly failed: string | null
    }
  | {
      readonly ask: 'per_parent'
      readonly parents: number
      readonly equal: number
      readonly uncounted: number
      /** Of the uncounted: nothing came below them. */
      readonly uncounted_empty: number
      readonly differing: readonly { readonly parent: string; readonly counted: number; readonly read: number }[]
      readonly failed: string | null
    }
  | { readonly ask: 'has'; readonly asked: number; readonly absent: readonly string[]; readonly failed: string | null }

/** Totals the list itself declared, folded over partitions. */
export type DeclaredTotal = {
  /** Sum over partitions of the last declared total; null where one never came. */
  readonly last: number | null
  /** The total changed while reading. */
  readonly moved: boolean
  readonly missing: number
  readonly broken: string | null
}

export type ProveView = { readonly facts: ReadFacts; readonly total: DeclaredTotal }

export type ProveKind<Options extends KindOptions = KindOptions> = Word & {
  readonly item: number
  readonly class: Finding['class']
  /** May it be the confirming item? Used for the depth ceiling; `assess` says it for the case at hand. */
  readonly can_confirm: boolean
  readonly asks: (options: Options) => readonly ProofAsk[]
  /** Pure. One finding or more. */
  readonly assess: (options: Options, view: ProveView, answers: readonly ProofAnswer[]) => readonly Finding[]
}

// ---------------------------------------------------------------- probe

/** What a probe wants read; the write room asks, the word says what it shows. */
export type ProbeAsk =
  /** One request; `control`: the same for a record known to be alive, in the same minute. */
  | { readonly ask: 'one'; readonly request: RequestSpec | 'get'; readonly control: boolean }
  /** A whole list to its declared end; `pages` as in a stream. */
  | {
      readonly ask: 'list'
      readonly request: RequestSpec
      readonly pages: KindOptions
      readonly records: string
      readonly empty: string | null
      readonly control: boolean
    }
  | { readonly ask: 'nothing' }

/** The answer, one shape an ask. `status` 0: none. */
export type ProbeAnswer =
  | {
      readonly ask: 'one'
      readonly status: number
      readonly headers: { readonly [name: string]: string }
      readonly body: unknown
      /** The record in it by the stream's `get_record`, where `request` was `get`. */
      readonly record: unknown
      readonly failed: string | null
      readonly control: 'alive' | 'not_alive' | null
    }
  | {
      readonly ask: 'list'
      readonly records: readonly unknown[] /** The declared end was reached. */
      readonly whole: boolean
      readonly failed: string | null
      readonly control: 'alive' | 'not_alive' | null
    }
  | { readonly ask: 'nothing' }

export type ProbeView = {
  /** What CEL in a probe sees beside `record`: `id`, `input`, `settings`, `before` (the target's record before the write). */
  readonly vars: { readonly [name: string]: unknown }
  /** When the write left; null before it. */
  readonly sent_at_ms: number | null
  readonly now_ms: number
}

export type ProbeShows = {
  readonly shows: 'asked' | 'other' | 'gone' | 'unanswered'
  readonly because: string
  /** Rung of the session ladder that `asked` reaches; null for other facets. */
  readonly rung: number | null
  readonly residual_until_ms: number | null
}

export type ProbeKind<Options extends KindOptions = KindOptions> = Word & {
  readonly asks: (options: Options) => ProbeAsk
  /** Pure. */
  readonly read: (options: Options, view: ProbeView, answer: ProbeAnswer) => ProbeShows
}
