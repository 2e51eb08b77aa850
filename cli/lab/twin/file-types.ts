/** What a twin file may say. `twins/README.md` tells an author how one is written. */
import type { Json } from '../../../runtime/types.ts'

// ---------------------------------------------------------------- the twin file

/**
 * A value with holes. A text that is one hole (`"{record.id}"`) gives the value as it is, otherwise the holes are written into the text.
 * A hole without a value leaves the key out. Objects with one `$` key are operators: see `twin/template.ts`.
 */
export type Template = Json

/** Left: `query.x`, `body.a.b`, `header.x`, `param.x`. Right: a pattern (`*` any text, `{name}` captures into `{match.name}`), or null: must be absent. */
export type When = { readonly [place: string]: string | null }

/** Link names (`group`), or a path in a linked or the own record (`group.slug`, `record.status`) → the value it must have. */
export type Where = { readonly [place: string]: Template }

export type CollectionSpec = {
  /** How many at the beginning: `population`, a number, or a share of the population. Absent where `spread` says it. */
  readonly count?: 'population' | number | { readonly share: number; readonly least: number }
  /** Entries that tie others together: link name → collection. */
  readonly links?: { readonly [link: string]: string }
  /**
   * For collections with two links: for each record of link `per` some of link `to`. The first gets everybody (`cover`, default true),
   * the second none, the others `share` (default 0.3) of them. Without `to`: one for the first, none for the second, one for a share of the others;
   * links that `per` has too are its own.
   */
  readonly spread?: { readonly per: string; readonly to?: string; readonly share?: number; readonly cover?: boolean }
  /** Creation scope: n (from 1), given, family, login, created, uuid, digits, hex, link.<name>.<path>, setting.<name>. */
  readonly id: Template
  /** The native record as it is kept. Creation scope and `id`. */
  readonly record: Template
  /** Laid over the record of the first one: the account that signs in, a role that is always there. Creation scope. */
  readonly first?: Template
  /** Laid over the kept record whenever it is served: lists of others in it, counts. Serving scope. */
  readonly show?: Template
  /** Answered by id with this laid over after it was removed, instead of a 404. */
  readonly removed?: Template
}

export type View = {
  /** Where this matches the request … */
  readonly when?: When
  /** … only entries for which each is so are in the list. Sees `match.<name>`. */
  readonly keep?: Where
  /** … and these are not. */
  readonly drop?: Where
  readonly sort?: { readonly by: string; readonly descending?: boolean }
}

/** How the list of an endpoint is cut into pages. Absent: as the stream of the connector with this path declares it. */
export type PagesSpec = { readonly kind: string } & { readonly [option: string]: Json }

/** Properties of a record that are given: those that this query parameter names (with commas), else `default`, else all. */
export type SelectSpec = {
  readonly query: string
  readonly default?: readonly string[]
  /** Given whatever was asked for. */
  readonly always?: readonly string[]
}

type Endpoint = {
  /** Several endpoints of one path: the first whose `when` matches answers. */
  readonly when?: When
  /** Which streams it is about, beside those found by path. */
  readonly streams?: readonly string[]
  readonly headers?: { readonly [name: string]: Template }
}
export type EndpointSpec = Endpoint &
  (
    | {
        readonly list: string
        readonly where?: Where
        /** A row; absent: the record as served. */
        readonly as?: Template
        readonly select?: SelectSpec
        readonly views?: readonly View[]
        /** Query parameters that only views understand: one that none of them matches is refused with 400. */
        readonly filters?: readonly string[]
        /** Place of the rows in the body; '[]' the body itself. */
        readonly at?: string
        readonly pages?: PagesSpec
        /** Place of the total, in the body or a header; false: none. */
        readonly total?: string | { readonly header: string } | false
        /** Name of the query parameter with the page size, and what the connector asks for in production. */
        readonly size?: { readonly query?: string; readonly body?: string; readonly full: number }
        /** The total comes only where the request asks for it so. */
        readonly total_when?: When
        /** Laid around the rows. */
        readonly around?: Template
        /** A list without rows leaves out its key. */
        readonly absent_when_empty?: boolean
        /** Written as CSV with these columns; `at` is the whole body. */
        readonly csv?: readonly string[]
        /** 404 where this collection has no record of that id. */
        readonly below?: { readonly of: string; readonly id: Template; readonly by?: readonly string[] }
      }
    | {
        readonly get: string
        /** Whom it does not have these are looked through for. */
        readonly or?: readonly string[]
        readonly id?: Template
        readonly by?: readonly string[]
        readonly as?: Template
        readonly select?: SelectSpec
      }
    | { readonly answer: Template; readonly status?: number }
    /** A feed of the connector, by its name; what it tells stands in `feeds`. */
    | {
        readonly feed: string
        readonly pages?: PagesSpec
        readonly size?: { readonly query?: string; readonly body?: string; readonly full: number }
      }
    /** A write: first the effects, then the answer. `on`: its object; `also`: others that must be there. */
    | {
        readonly effects: readonly Effect[]
        readonly on?: Subject
        readonly also?: readonly Subject[]
        readonly answer?: Template
        readonly status?: number
      }
  )

/** 404 where it is not there; `else` where it is not as `only` says (default: bad_request). `else: next`: then the next entry of this path answers. */
export type Subject = {
  readonly of: string
  readonly id: Template
  readonly by?: readonly string[]
  readonly only?: Where
  readonly else?: ErrorName | 'next'
}

/** What a write does to the world. Request scope: param, query, body, header, setting, now, and `record` of `on`. */
export type Effect = { readonly when?: When } & (
  | { readonly set: string; readonly id: Template; readonly to: { readonly [path: string]: Template } }
  | { readonly merge: string; readonly id: Template; readonly from: Template }
  | {
      readonly add: string
      readonly id?: Template
      readonly record?: Template
      readonly links?: { readonly [link: string]: Template }
      /** Paths of the record that no other one may share: 409. */
      readonly unique?: readonly string[]
    }
  | { readonly remove: string; readonly id?: Template; readonly where?: Where }
  /** RFC 7644 §3.5.2 over a record; `lists`: attribute → collection of links, and which link is the member. */
  | {
      readonly scim_patch: string
      readonly id: Template
      readonly lists?: { readonly [attribute: string]: { readonly of: string; readonly owner: string; readonly member: string } }
    }
)

/** What a stream of the connector should hold, told from the world and never from an answer. */
export type StreamTruth = {
  readonly of: string
  readonly where?: Where
  /** Our fields as they must be in the store; sees record, id, link.<name>. A value of null may be absent from the store. */
  readonly fields: { readonly [field: string]: Template }
  /** What tells two records apart: default `id` for a single id, else account and entitlement. */
  readonly key?: readonly string[]
  /** The id in the store, for streams with one id. */
  readonly id?: Template
  /** Which part it plays in scenarios. */
  readonly role?: 'users' | 'groups' | 'edges'
  /** An honest read of it is never more than unproven, and why. */
  readonly best?: { readonly is: 'unproven'; readonly because: string }
}

/**
 * A change as scenarios ask for it, and its truth, told from the world. Scope: `id` (of the subject; of what a create made: none),
 * `input.<name>`, `record` of the subject before, `n`, `given`, `family`, `login`.
 */
export type ActionPlay = {
  /** Who it can be done to; absent: a create. The id asked for is the entry's, or `id` (sees record, id). */
  readonly subject?: { readonly of: string; readonly where?: Where; readonly if?: readonly Fact[]; readonly id?: Template }
  /** Records that inputs name: candidates of a collection for which the facts hold; the pick is `pick.<name>.<path>`, its id `pick.<name>.id`. */
  readonly picks?: { readonly [name: string]: { readonly of: string; readonly where?: Where; readonly if?: readonly Fact[] } }
  readonly input?: { readonly [name: string]: Template }
  /** Facet → facts that all hold where it really is as asked. */
  readonly truth: { readonly [facet: string]: readonly Fact[] }
  /** What a target that only invites makes of the records it adds, laid over them (W11). */
  readonly invited?: { readonly [collection: string]: Template }
  /** Collections of which a lie leaves the records behind (W12, W13): facet → collections. */
  readonly holds?: { readonly [facet: string]: readonly string[] }
  /** The records of the target's jobs, and what is laid over one that fails (W10). */
  readonly job?: { readonly of: string; readonly failed: Template }
  /** A path of the subject's record that nobody asked to change, and that the connector maps: a lie moves it. */
  readonly bystander?: string
  /** What somebody there does with what was only begun, minutes after the last look and where these facts hold: takes an invitation up. Scope of `truth`. */
  readonly accepts?: { readonly if: readonly Fact[]; readonly effects: readonly Effect[] }
  /** The best that an honest run of it comes to, where the connector's declaration alone does not say it, and why. */
  readonly best?: { readonly is: string; readonly because: string }
}
/** Some, none, or exactly one entry of a collection for which each of `where` is so. */
export type Fact = ({ readonly some: string } | { readonly none: string } | { readonly one: string }) & { readonly where?: Where }

/** How a feed or a webhook of the connector tells of what happens in a collection. */
export type TellSpec = {
  /** An item; absent: the record as it is served. Sees the record (of a removal as it was last), and `what` (created, updated, deleted), `at`, `uuid` of the event. */
  readonly as?: Template
  /** Of a removal instead. */
  readonly gone?: Template
  /** Which records an honest item is about: collection → id. Default: the record itself. */
  readonly names?: { readonly [collection: string]: Template }
  /** Laid over an item by a lie: the opposite of what is so, somebody else's state. */
  readonly lie?: Template
}
/** A feed, beside what the connector says of it. */
export type FeedSpec = {
  readonly of: { readonly [collection: string]: TellSpec }
  /** Of a delta: the query parameter that holds the position in an address, and the word there that asks for the newest one. */
  readonly token?: string
  readonly latest?: string
  /** Laid around the items. */
  readonly around?: Template
}
export type WebhookSpec = {
  readonly of: { readonly [collection: string]: TellSpec }
  /** Laid around the items; sees `at`. Absent: nothing. */
  readonly around?: Template
}

export type ErrorSpec = {
  readonly status: number
  /** Null: this target does not send this one. */
  readonly headers?: { readonly [name: string]: Template }
  readonly body: Template
}

/** An official API description (OpenAPI 3), against which every request that the twin gets is held. */
export type OfficialSpec = {
  /** In the folder of descriptions: `--openapi`. */
  readonly file: string
  /** Where its paths begin: `https://{domain}`. */
  readonly at: string
  /** What its own paths have before that: `/scim/v2/enterprises/{enterprise}`. */
  readonly below?: string
  /** Query parameters that it does not have and that are right all the same: a next link's, those of a standard. */
  readonly ignore?: readonly string[]
  /** A body may say what it does not name; without this such a name is a finding. */
  readonly open?: true
  /** Requests (`GET /users/{id}`, as it would write them) that it leaves out, and where they are described. */
  readonly elsewhere?: { readonly [request: string]: string }
}

export type TwinFile = {
  readonly twin: string
  /** Where each fact was read, and which. */
  readonly source: readonly { readonly url: string; readonly read: string; readonly says?: string }[]
  /** Settings of the connection that is played. */
  readonly settings?: { readonly [name: string]: Json }
  /** Variants of one connector (`scim2/okta`): their settings over the others. */
  readonly variants?: { readonly [name: string]: { readonly settings: { readonly [name: string]: Json } } }
  readonly collections: { readonly [name: string]: CollectionSpec }
  /** `GET /Users`: below base_url; `GET https://host/path`: elsewhere. */
  readonly endpoints: { readonly [request: string]: EndpointSpec | readonly EndpointSpec[] }
  readonly streams: { readonly [stream: string]: StreamTruth }
  /** In the vendor's words, by what went wrong. */
  readonly errors: { readonly [what in ErrorName]?: ErrorSpec }
  /** On every answer. */
  readonly headers?: { readonly [name: string]: Template }
  readonly content_type?: string
  /** Beginnings of paths (`/@host/orgs/acme`) that links write otherwise; both are answered. */
  readonly named_in_links?: { readonly [path: string]: string }
  /** Whose credential it is: the first record of this collection is `me`. */
  readonly me?: string
  /** What a credential that may not see everybody is told instead, by request (`GET /iam/roles`): one of the errors, or an answer. */
  readonly restricted?: { readonly [request: string]: ErrorName | { readonly answer: Template; readonly status?: number } }
  /** A person attests the scope where the connector cannot prove it; default true. */
  readonly attested?: boolean
  /** How an action is played, and what it must have brought about. An action without an entry is not played. */
  readonly actions?: { readonly [action: string]: ActionPlay }
  /** By the names that the connector gives them. One without an entry is not played. */
  readonly feeds?: { readonly [feed: string]: FeedSpec }
  readonly webhook?: WebhookSpec
  readonly official?: readonly OfficialSpec[]
  /** Streams and actions that are not played, and why. */
  readonly not_played?: { readonly [name: string]: string }
}

export const ERROR_NAMES = [
  'bad_request',
  'unauthorized',
  'forbidden',
  'not_found',
  'conflict',
  'expired',
  'too_many',
  'quota',
  'server',
] as const
export type ErrorName = (typeof ERROR_NAMES)[number]
