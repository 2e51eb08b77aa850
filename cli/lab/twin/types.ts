/**
 * The nouns of a twin: the world it keeps, and where lies and writes plug in. What its file may say: `file-types.ts`.
 */
import type { Connector, Json, ToldChange } from '../../../runtime/types.ts'
import type { Checked } from '../types.ts'
import type { Effect, EndpointSpec, ErrorName, Template, TwinFile, Where } from './file-types.ts'

export type * from './file-types.ts'
export { ERROR_NAMES } from './file-types.ts'

// ---------------------------------------------------------------- the world

export type Native = { [key: string]: Json }
export type Entry = {
  readonly id: string
  /** Place in the order of creation; lists are in this order. */
  readonly ord: number
  readonly links: { readonly [link: string]: string }
  /** The truth. Only effects, faults that change the target, and scenarios write here. */
  native: Native
}
/** Mutable truth. */
export type World = {
  readonly collections: ReadonlyMap<string, Map<string, Entry>>
  /** What was removed, by collection and id. */
  readonly removed: ReadonlyMap<string, Map<string, Entry>>
  /** `collection/id` of everything that ever was. */
  readonly ever: Set<string>
  /** Adds a record made by the collection's own templates; `given` is laid over. */
  readonly add: (
    collection: string,
    given?: { readonly id?: string; readonly links?: Entry['links']; readonly native?: Native; readonly at?: 'front' | 'back' },
  ) => Entry
  /** As `add`, but not in the world yet. */
  readonly make: (collection: string, given?: Parameters<World['add']>[1]) => Entry
  /** Into its place; what is there stays. */
  readonly put: (collection: string, entry: Entry) => Entry
  /** Another one with the same records in it: a replica, a cache. */
  readonly copy: () => World
  /** Also everything that links to it. */
  readonly remove: (collection: string, id: string) => void
  /** A record as it is served: kept record and `show`. */
  readonly shown: (collection: string, entry: Entry) => Native
  /** One record as a file writes it; a lie that hides it in lists hides it not here. `scope`: what it sees beside the record. */
  readonly told: (collection: string, entry: Entry, as: Template, scope: Scope) => Json
  readonly matches: (collection: string, entry: Entry, where: Where | undefined, scope: Scope) => boolean
  /** What is served of it: without those whom a lie hides. */
  readonly lists: Lists
}
/** What operators of templates may ask of a world. */
export type Lists = {
  readonly entries: (collection: string, where: Where | undefined, scope: Scope) => readonly Entry[]
  readonly count: (collection: string, where: Where | undefined, scope: Scope) => number
  readonly list: (collection: string, where: Where | undefined, as: Template | undefined, scope: Scope) => readonly Json[]
}
/** Looks a dotted name up; undefined: no value. */
export type Scope = (name: string) => Json | undefined

/** Something that happened in the world. `entry`: as it was just after; of a removal, just before. */
export type Happened = {
  /** From 1. */
  readonly no: number
  readonly at_ms: number
  readonly what: ToldChange
  readonly of: string
  readonly id: string
  readonly entry: Entry
}
export type History = {
  readonly happened: readonly Happened[]
  /** Does them one after the other and writes down those that changed something. */
  readonly act: (changes: readonly Change[]) => void
  /** A record, and everything that ties it to others before it. */
  readonly drop: (of: string, id: string) => void
}
/** One part of one record, from one state to another. Plain data, so that copies of a world, delays and undoings all play the same. */
export type Change =
  | { readonly do: 'put'; readonly of: string; readonly entry: Entry }
  | { readonly do: 'drop'; readonly of: string; readonly id: string }
  /** `to` undefined: the key goes. */
  | { readonly do: 'set'; readonly of: string; readonly id: string; readonly path: string; readonly to: Json | undefined }

/** One item of a feed, true or not. `ord`: its place. */
export type FeedItem = {
  readonly id: string
  readonly ord: number
  readonly of: string
  readonly what: ToldChange
  readonly at_ms: number
  readonly body: Json
  /** Whom it names. */
  readonly names: readonly Named[]
}
/** What is asked of a feed, and what an honest one answers. `span`: of instants, where it is asked by them; `place`: how much has happened. */
export type Telling = {
  readonly feed: string
  readonly items: readonly FeedItem[]
  readonly span: { readonly since: number; readonly until: number } | null
  readonly place: number
}
/** A feed named a record of a collection in an answer that was sent. */
export type Named = { readonly feed: string; readonly of: string; readonly id: string }

// ---------------------------------------------------------------- one request, and where lies plug in

export type Ask = {
  /** From 1, over the life of the twin. */
  readonly no: number
  readonly method: string
  /** `GET /Users/{id}` as in the twin file; '' where no endpoint knows it. */
  readonly endpoint: string
  readonly kind: 'list' | 'get' | 'answer' | 'write' | 'token' | 'stranger'
  readonly path: string
  readonly params: { readonly [name: string]: string }
  readonly query: URLSearchParams
  readonly headers: { readonly [name: string]: string }
  /** Decoded, where it is JSON or a form; else null. */
  readonly body: Json
  readonly spec: EndpointSpec | null
  /** Of list, get: the collection. */
  readonly collection: string | null
  /** Streams of the connector that read with this endpoint. */
  readonly streams: readonly string[]
  /** Streams whose number of records is asked for with this (`count`). */
  readonly counts: readonly string[]
  /** Of a list: which page of its enumeration, from 1; a page asked for again keeps its number. */
  readonly page: number
  /** Of a list: the enumeration: endpoint, params and query without paging. */
  readonly enumeration: string
  readonly scope: Scope
}

/** A page before it is written down. Faults of reading change it; `pages/*` write it. */
export type Page = {
  /** Null: the target writes null where the list should be. */
  readonly rows: readonly Row[] | null
  /** Rows before this page. */
  readonly index: number
  readonly size: number
  /** Where the next page begins; null: this is the last one. */
  readonly next: Spot | null
  readonly spot: Spot
  /** The page before; null on the first. */
  readonly before: Spot | null
  readonly total: number
  /** Of pages, at this size. */
  readonly pages: number
}
/** `entry` is the truth behind a row, null for one that a lie made up. */
export type Row = { readonly entry: Entry | null; readonly body: Json }
/** A place in a list: after the entry of that order (cursors), or after that many rows where `after` is null (offsets, page numbers). `mark` makes cursors differ. */
export type Spot = { readonly after: number | null; readonly index: number; readonly page: number; readonly mark: number }

export type Answer = {
  readonly status: number
  /** Lower case. */
  readonly headers: { readonly [name: string]: string }
  readonly text: string
  /** The connection breaks in the middle of the body; or before anything is answered; or nothing ever comes. */
  readonly cut?: 'body' | 'before' | 'hang'
}

/**
 * Where lies and writes plug in, in calling order. All absent: an honest twin. Each gets what the one before made of it.
 * Whoever strikes counts it by `fire(name)`.
 */
export type Hooks = {
  /** An answer instead of the twin's own; the world stays as it is. */
  readonly instead?: (ask: Ask, twin: TwinView) => Answer | null
  /** Who is left out, for good: of lists and counts (`list`), of by-id answers (`get`). */
  readonly hides?: (collection: string, entry: Entry, place: 'list' | 'get') => boolean
  /** What a feed tells of what happened. */
  readonly tells?: (ask: Ask, told: Telling, twin: TwinView) => readonly FeedItem[]
  /** Which entries the target shows in a list, and by id (`kind: get`: one entry or none). */
  readonly entries?: (ask: Ask, entries: readonly Entry[], twin: TwinView) => readonly Entry[]
  /** Rows of a page. */
  readonly size?: (ask: Ask, size: number, twin: TwinView) => number
  /** Cuts a page: `cut(spot)` gives the honest page at another place. */
  readonly page?: (ask: Ask, page: Page, twin: TwinView, cut: (spot: Spot) => Page) => Page
  /** Before the effects of a write: null swallows it (2xx, nothing happens); `effects` may be others. */
  readonly write?: (ask: Ask, effects: readonly Effect[], twin: TwinView) => readonly Effect[] | null
  /**
   * Does a write itself, in place of `write` and of the effects as declared (delays, replicas); gives the world that the answer is told
   * from, or the refusal. Its `ask.scope` sees the `record` of `on`.
   */
  readonly does?: (ask: Ask, effects: readonly Effect[], twin: TwinView) => Done | Answer
  /** Which copy of the world answers a read: a replica, a cache. Null: the truth. */
  readonly world?: (ask: Ask, twin: TwinView) => World | null
  readonly body?: (ask: Ask, body: Json, twin: TwinView) => Json
  readonly answer?: (ask: Ask, answer: Answer, twin: TwinView) => Answer
  /** What happens in the target once the answer is made. */
  readonly after?: (ask: Ask, answer: Answer, twin: TwinView) => void
}

/** `made`: what a create added; the answer's templates see it as `made`, as it is served. */
export type Done = { readonly world: World; readonly made: { readonly of: string; readonly id: string } | null }

/** What a hook may see and use of the twin. */
export type TwinView = {
  readonly connector: Connector
  readonly file: TwinFile
  readonly world: World
  /** What happened in it through `act`; feeds tell of that. */
  readonly history: History
  /** 0 ≤ x < 1, seeded. */
  readonly random: () => number
  readonly now: () => number
  readonly error: (what: ErrorName, headers?: { readonly [name: string]: string }) => Answer
  /** Counts one strike of a fault. */
  readonly fire: (fault: string) => void
}

export type Twin = TwinView & {
  /** `http://127.0.0.1:<port>` */
  readonly origin: string
  /** A text without the port, which no seed decides. */
  readonly placeless: (text: string) => string
  /** The connector, pointed here: no rate, one request at a time. */
  readonly settings: { readonly [name: string]: Json }
  readonly secrets: { readonly [name: string]: string }
  readonly fired: { readonly [fault: string]: number }
  readonly requests: () => number
  /** Requests that no endpoint knows, or with filters nobody understands: a run with any proves nothing. */
  readonly strangers: readonly string[]
  /** Requests held against the official description so far; nothing where there is none. */
  readonly checked: () => { readonly official?: Checked }
  /** Whom feeds have named so far, in answers as an honest target writes them. */
  readonly named: readonly Named[]
  /** From now on. */
  readonly lie: (hooks: readonly Hooks[]) => void
  /** sha-256 over every request and answer so far. */
  readonly log: () => string
}
