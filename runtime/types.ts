/**
 * The nouns that cross rooms. Imports nothing.
 *
 * target      the system at the other end: Okta, a SCIM server
 * connector   the YAML that says how to speak with one kind of target
 * connection  one tenant's use of a connector: settings, secret references, owner
 * stream      one list the target can give; `is` says what its records are
 * record      one item as the target gave it; account, group, … the same in our fields
 * sync, read  one run over a connection; one pass over one stream
 * partition   one separately paged part of a stream: one parent record, one fixed value
 * page, cursor, checkpoint   one response; where the next one begins; both saved in one transaction
 * snapshot    what one sync stored of a stream; the last complete one is never overwritten by a lesser one
 * evidence → finding → verdict   facts seen → what one check says → complete, incomplete or unproven
 * gap, quarantine   a named thing that was not read; a record kept aside with its reason
 * depth       what a connector can read and prove, computed from its YAML
 * feed, position   a list of what was touched since; where it goes on next time
 * touched, sighting   a record that a feed or a webhook named; what a by-id read of it showed then
 */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }
export type JsonObject = { readonly [key: string]: Json }

// ---------------------------------------------------------------- the connector, as declared

export const RECORD_TYPES = ['account', 'group', 'entitlement', 'grant', 'license', 'session', 'credential'] as const
export type RecordType = (typeof RECORD_TYPES)[number]

/** A value as the author wrote it: a literal, a dotted path, or CEL behind a leading `=`. */
export type ValueText = Json

/** Options of one word of the language: `kind` names the word, the rest is its own. */
export type KindOptions = { readonly kind: string } & { readonly [option: string]: Json }

export type SettingType = 'text' | 'secret' | 'hostname' | 'url' | 'integer' | 'boolean' | 'list'
export type Setting = {
  readonly type: SettingType
  readonly label?: string
  readonly example?: Json
  readonly default?: Json
  readonly options?: readonly Json[]
  readonly required: boolean
}

/** `GET /users/{user.id}?limit=200` taken apart. Path segments and query values may hold `{name}`. */
export type RequestSpec = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Relative to `base_url`, or absolute at a declared origin. */
  readonly path: string
  readonly query: readonly (readonly [name: string, value: ValueText])[]
  readonly headers: { readonly [name: string]: ValueText }
  /** `kind`: json, form, graphql, jsonrpc. */
  readonly body: KindOptions | null
  /** `kind`: json, jsonl, csv, xml. */
  readonly decode: KindOptions
  /** Which answers are an answer at all: CEL over `status`, `headers`, `body`; each must be true. */
  readonly expect: readonly string[]
}

export type ResponseRule = {
  readonly status: readonly number[]
  /** CEL over `status`, `headers`, `body`; absent: the status alone decides. */
  readonly when: string | null
  /** `restart`: the paging position is no longer valid; the list begins again (`http/restart`). */
  readonly then: 'retry' | 'wait' | 'gap' | 'fail' | 'restart'
  readonly because: string
}

/** What a list is fanned out over. The key is the variable's name in paths, queries and fields. */
export type Each =
  | { readonly from: 'stream'; readonly stream: string }
  | { readonly from: 'setting'; readonly setting: string }
  | { readonly from: 'values'; readonly values: readonly Json[] }

export type Stream = {
  readonly name: string
  readonly is: RecordType
  readonly title: string
  readonly list: RequestSpec
  /** Several keys are a cartesian product. */
  readonly each: { readonly [variable: string]: Each }
  readonly pages: KindOptions
  /** Where the records lie: `[]` is the body itself; `a.b`; `a[*].b` flattens. */
  readonly records: string
  /** What stands for "no records" besides an empty list; anything else is an error. */
  readonly empty: 'absent' | 'null' | 'null_or_absent' | null
  /** One value, or several that together are the id. */
  readonly id: readonly ValueText[]
  readonly id_is_case_sensitive: boolean
  readonly get: RequestSpec | null
  /** Where the record lies in the answer of `get`; `[]` is the body itself. */
  readonly get_record: string
  /** CEL over the fetched record: a live answer of `get` that means "deleted". */
  readonly gone: string | null
  /** One request a record, merged over it before the fields are mapped. */
  readonly expand: RequestSpec | null
  readonly fields: { readonly [field: string]: ValueText }
  /** Values of the record that child streams and proofs need beside the fields. */
  readonly keep: { readonly [name: string]: ValueText }
  /** Named filters: a record for which `drop` is true is counted under the name, not stored. */
  readonly filters: readonly { readonly name: string; readonly drop: string }[]
  readonly covers: JsonObject
  /** Which streams the ids in an edge's fields name: `{account: [users], entitlement: [groups]}`. */
  readonly refers: { readonly [field: string]: readonly string[] }
  readonly prove: readonly KindOptions[]
  /** CEL boolean order claim on an immutable key: a path whose value never falls from one record to the next. */
  readonly sorted_by: string | null
  /** Lowest share (0–1) of records that must have the field. */
  readonly floor: { readonly [field: string]: number }
  /** Seconds a verdict stays fresh. */
  readonly fresh_for_s: number
  /** Counts for the exit code and the gate. */
  readonly certified: boolean
}

export type Connector = {
  readonly connector: string
  readonly version: number
  readonly title: string
  readonly source: readonly { readonly url: string; readonly read: string }[]
  readonly settings: { readonly [name: string]: Setting }
  readonly base_url: string
  /** Further origins that links, tokens and files may come from. Templates over settings. */
  readonly origins: readonly string[]
  readonly auth: KindOptions
  readonly headers: { readonly [name: string]: ValueText }
  readonly limits: Limits
  readonly responses: readonly ResponseRule[]
  readonly expect: readonly string[]
  readonly whoami: { readonly request: RequestSpec; readonly id: ValueText } | null
  readonly scope_proof: readonly {
    readonly request: RequestSpec
    /** CEL; true: the credential sees everyone. */
    readonly expect: string
    /** CEL; true: it does not. Where neither is true nothing is shown. */
    readonly refuted_by: string | null
    readonly shows: string
  }[]
  readonly streams: { readonly [name: string]: Stream }
  /** What it can change, by name. */
  readonly actions: { readonly [name: string]: Action }
  /** Where it tells what was touched since a position, by name. */
  readonly feeds: { readonly [name: string]: Feed }
  /** What it sends us by itself. Null: nothing that we take. */
  readonly webhook: InboundWebhook | null
  /** Dependency order of `streams`: parents first. */
  readonly order: readonly string[]
  /** sha-256 of the declaration, whitespace and comments aside: `sha256:…`. */
  readonly fingerprint: string
}

export type Limits = {
  readonly requests_per_minute: number | null
  readonly concurrent: number
  readonly told_by: KindOptions | null
  /** Milliseconds for one answer, first byte to last. */
  readonly timeout_ms: number
  readonly max_bytes: number
  /** Tries of one request, the first included. */
  readonly attempts: number
}

// ---------------------------------------------------------------- actions, as declared

export const ACTION_NAMES = [
  'create_account',
  'update_account',
  'deactivate_account',
  'reactivate_account',
  'delete_account',
  'grant',
  'revoke',
  'set_license',
  'remove_license',
  'revoke_sessions',
  'revoke_tokens',
  'rotate_credential',
] as const
/** One of the above, or a connector's own: `custom_` and a name. */
export type ActionName = (typeof ACTION_NAMES)[number] | `custom_${string}`

/** In safety order: what is taken away first comes first. */
export const FACETS = ['account', 'sessions', 'tokens', 'groups', 'roles', 'licenses', 'profile', 'credential', 'data'] as const
export type Facet = (typeof FACETS)[number]

/** What an action asks of a facet. */
export type FacetState = 'present' | 'absent' | 'active' | 'inactive' | 'revoked' | 'held' | 'not_held' | 'as_given' | 'rotated'

export type ActionInput = {
  readonly type: 'text' | 'boolean' | 'integer' | 'list'
  readonly required: boolean
  readonly label: string | null
  readonly options: readonly Json[] | null
  /** Names a record of this stream (an entitlement to grant, an account to give data to; a grant or a token to take back). */
  readonly stream: string | null
  /** A field (or `keep`) of that record whose value it is. Null: its id. */
  readonly field: string | null
}

export type Action = {
  readonly name: ActionName
  readonly title: string
  /** The stream whose records it acts on; its `get` gives identity and state. Creates name the stream that will hold the record. */
  readonly on: string
  readonly does: { readonly [facet in Facet]?: FacetState }
  readonly input: { readonly [name: string]: ActionInput }
  /** Takes access away or removes something: thresholds and order count it. */
  readonly destructive: boolean
  /** How the object's record is read before: by default the stream's `get`. Null for creates. */
  readonly before: RequestSpec | null
  /** Our fields (of `on`) that must still have the value the intent was made with, against recycled ids and names. */
  readonly bind: readonly string[]
  /** CEL over the target's record, `input`, `id`: the asked-for state holds already; nothing is sent, and the looks run all the same. */
  readonly already: string | null
  /** CEL over the target's record: such an object is never touched (beside the connection's own protected ids and its own account). */
  readonly protect: readonly { readonly name: string; readonly when: string }[]
  /** Search by natural key, before and after, for actions without a native id yet. */
  readonly find: Find | null
  readonly idempotency: 'native_key' | 'natural_key' | 'none'
  /** Sent in this order; each is verified by the facets it names before the next is sent. */
  readonly steps: readonly Step[]
  readonly verify: readonly Verify[]
  /** Fields that may change beside what is asked; any other mapped field that moves is an alarm. Null: bystanders cannot be checked. */
  readonly may_change: readonly string[] | null
  /** Seconds after the outcome at which the looks run again. */
  readonly recheck_s: readonly number[]
  readonly job: Job | null
  readonly invitation: Invitation | null
  /** Why this action cannot be looked at. Not success: it opens a control exception. */
  readonly unverifiable: string | null
}

export type Find = {
  readonly request: RequestSpec
  readonly records: string
  /** The answer is the one record itself; 404: none. */
  readonly one?: boolean
  readonly id: ValueText
  /** CEL over a found record and `input`: is it the one? */
  readonly match: string
}

export type Step = {
  readonly name: string
  readonly facets: readonly Facet[]
  readonly send: RequestSpec
  /** CEL over `status`, `headers`, `body`: the target took it. Absent: any 2xx that passes `expect`. */
  readonly accepted: string | null
  /** CEL over the target's record and `input`: only then is this step sent (Okta deletes in two). Null: always. */
  readonly when: string | null
  /** Statuses that mean the asked state holds already (404 on a removal); the looks decide. */
  readonly already_status: readonly number[]
}

/** What must show afterwards, a facet. `probe` is a word of `kinds/probe`. */
export type Verify = {
  readonly facet: Facet
  /** CEL over the record before: this path can show it there at all. Null: always. */
  readonly when: string | null
  readonly probe: KindOptions
  /** Seconds until the deadline: the target's declared consistency window. */
  readonly within_s: number
  /** Agreeing looks in a row that are needed. */
  readonly agree: number
  /** Seconds between two looks. */
  readonly every_s: number
}

/** An asynchronous job that the target answers with; its own "done" is an echo, the looks follow. */
export type Job = {
  /** Path in the body of the step's answer, or CEL over `status`, `headers`, `body`: the job's id, `{job}` in `poll`. */
  readonly id: string
  readonly poll: RequestSpec
  /** CEL over `status`, `headers`, `body`. */
  readonly done: string
  readonly failed: string | null
  readonly every_s: number
  readonly within_s: number
}

export type Invitation = {
  /** CEL over the step's answer: this was an invitation only. */
  readonly when: string
  readonly expires_s: number
}

// ---------------------------------------------------------------- feeds and webhooks, as declared

/** Which records an event, a delta item or a webhook is about. It names them; what they look like is read by id, never taken from it. */
export type Naming = {
  /** A stream with a `get`. */
  readonly stream: string
  /** Over the item: an id, or a list of ids; null and `[]`: it is about none. */
  readonly id: ValueText
  /** CEL over the item: only then. Null: always. */
  readonly when: string | null
}

export const TOLD_CHANGES = ['created', 'updated', 'deleted'] as const
/** What became of a record, as far as a feed claims to tell of it. */
export type ToldChange = (typeof TOLD_CHANGES)[number]

/** A list of what was touched since a position. A hint whom to look at: it can be late, doubled, out of order or lie, and nothing is lost by it. */
export type Feed = {
  readonly name: string
  readonly title: string
  /** `kind`: a word of `kinds/feed` with its options: how a position is taken, asked from and carried on. */
  readonly from: KindOptions
  /** At a position. Templates see what the word gives beside the settings: `{since}`, `{until}` or `{position}`. */
  readonly list: RequestSpec
  readonly pages: KindOptions
  readonly records: string
  readonly empty: Stream['empty']
  /** What tells one event from another; null: the items are states (a delta), and the same may come again. */
  readonly id: ValueText | null
  readonly names: readonly Naming[]
  /** Of which changes it claims to tell, a stream that it names: held against what whole reads find. */
  readonly tells: readonly ToldChange[]
  /** Our fields whose change it does not tell (a last sign-in). */
  readonly silent_on: readonly string[]
}

/** What the target sends us. It names whom to look at and is never taken for state. */
export type InboundWebhook = {
  readonly title: string
  /** A word of `kinds/verify-webhook`: how it shows that it is the target's. */
  readonly verify: KindOptions
  /** A word of `kinds/challenge`: how the address is confirmed when it is registered. Null: it is not. */
  readonly challenge: KindOptions | null
  /** Where the items lie in the body; `[]`: the body itself. */
  readonly records: string
  readonly names: readonly Naming[]
  /** Feeds that are asked at once when one comes. */
  readonly polls: readonly string[]
}

// ---------------------------------------------------------------- a connection

/** Where a secret is found when it is needed. `vault`: sealed by the server that holds the store, under a name that changes with the value. */
export type SecretRef = { readonly from: 'env' | 'file' | 'vault'; readonly name: string }

/** A dated human statement that the credential sees the whole population. Item 16 of truth.md. */
export type ScopeAttestation = { readonly by: string; readonly at: string; readonly until: string; readonly reason: string }

/** What a connection promises. Spans in seconds. */
export type Levels = {
  /** How old the newest read may be. Never longer than its connector says (`fresh_for`). Null: as the connector says. */
  readonly freshness_s: number | null
  /** How long the last complete read may be past while the newest is not complete. */
  readonly incomplete_for_s: number
  /** From the first request of a change until looks verified it. */
  readonly verified_within_s: number
  /** Changes that nobody can look at: how many may stand, and for how long. */
  readonly unverifiable_most: number
  readonly unverifiable_for_s: number
  /** Share of 30 days in which each level holds; the rest is the budget whose burning alerts. */
  readonly objective: number
}

export type Connection = {
  readonly name: string
  readonly connector: string
  /** The file the connector was read from, or the name of a built-in one. */
  readonly connector_file: string
  readonly settings: { readonly [name: string]: Json }
  readonly secrets: { readonly [name: string]: SecretRef }
  /** Who answers for the connection: syncs, credential, exceptions. */
  readonly owner: string | null
  /** Who answers for what the target holds: whose people and rights these are. */
  readonly data_owner?: string | null
  /** What it promises, where not the defaults. */
  readonly levels?: Partial<Levels>
  readonly attested: ScopeAttestation | null
  /** Ids, per stream, that a whole read must contain. Item 14. */
  readonly canaries: { readonly [stream: string]: readonly string[] }
  /** Ids, per stream, that no action ever touches: break-glass accounts, the last owner. */
  readonly protected?: { readonly [stream: string]: readonly string[] }
  readonly allow_private: boolean
  readonly created_at: string
  /** Days after which a secret is due to be replaced; null: never. Absent: 90. */
  readonly rotate_every_days?: number | null
  /** Of each secret that lies outside (env, file): since when it has its value (ISO), and a salted slow hash that knows it again. */
  readonly seen?: { readonly [secret: string]: { readonly since: string; readonly mark: string } }
  /** Secrets that were dropped because the host was changed, and were not entered again. */
  readonly re_enter?: readonly string[]
  /** A credential that is being replaced. `secrets` of the connection are the old ones still. Null or absent: none. */
  readonly rotation?: Rotation | null
}

export type Rotation = {
  /** The new ones. Tried first, against the target; used once they have proved themselves. */
  readonly secrets: { readonly [secret: string]: SecretRef }
  readonly begun_at: string
  readonly by: string
  /** ISO: from then on the old ones are not used any more, whether or not the new ones have proved themselves. */
  readonly until: string
  /** The last try that did not prove them. */
  readonly tried: { readonly at: string; readonly because: string } | null
}

// ---------------------------------------------------------------- one exchange

export type HttpRequest = {
  readonly method: RequestSpec['method']
  /** Absolute. */
  readonly url: string
  readonly headers: { readonly [name: string]: string }
  readonly body: { readonly type: string; readonly text: string } | null
  readonly decode: KindOptions
  readonly expect: readonly string[]
  /** An answer in which an object names a key twice comes all the same, with `duplicates`; else it is refused. */
  readonly takes_duplicates?: true
  /** `GET /users`, as declared: never a query string, header, body or secret. For messages. */
  readonly where: string
}

export const LANES = ['leaver', 'mover', 'joiner', 'sync', 'backfill'] as const
export type Lane = (typeof LANES)[number]

type Exchange = { readonly requests: number; readonly ms: number }
/** What the target did, as data: never an exception. */
export type Observation =
  /** 2xx, decoded, and every `expect` true. */
  | (Exchange & {
      readonly kind: 'answer'
      readonly status: number
      /** Names in lower case. */
      readonly headers: { readonly [name: string]: string }
      readonly body: unknown
      /** Objects and lists of `body` → how many objects at or below name a key twice. Absent: none does. */
      readonly duplicates?: ReadonlyMap<unknown, number>
      /** sha-256 of the decoded bytes, hex. */
      readonly digest: string
      readonly bytes: number
      /** The final URL, after same-origin redirects. */
      readonly url: string
    })
  /** An answer that says no: a 4xx, an error envelope, a body that is not what was declared. */
  | (Exchange & {
      readonly kind: 'refused'
      readonly code: FailureCode
      readonly status: number
      readonly because: string
      /** A response rule, or the default for 403 and 404 below a parent, calls it a named gap. */
      readonly gap: boolean
    })
  /** No answer, or no whole one, after all tries. */
  | (Exchange & {
      readonly kind: 'lost'
      readonly code: FailureCode
      readonly because: string
      /** Of the last whole answer (429, 5xx), where there was one. */
      readonly status?: number
    })

/** Sends one request through auth, limits, egress rules and retries. */
export type Send = (request: HttpRequest, options: { readonly lane: Lane; readonly signal?: AbortSignal }) => Promise<Observation>

/** Dotted like `http/timeout`; the table is in errors.ts. */
export type FailureCode = string

// ---------------------------------------------------------------- paging

/** A paging position. Plain JSON, so that it checkpoints. */
export type PageState = JsonObject

/** What follows a page. */
export type Next =
  | { readonly kind: 'page'; readonly state: PageState }
  /** The API's declared end mark was seen; `mark` says which. */
  | { readonly kind: 'end'; readonly mark: string }
  /** Neither a next page nor the declared end: paging cannot be trusted. */
  | { readonly kind: 'broken'; readonly code: FailureCode; readonly because: string }

// ---------------------------------------------------------------- what a read saw

export type Gap = {
  readonly stream: string
  /** `''` is a stream without partitions. */
  readonly partition: string
  readonly code: FailureCode
  readonly where: string
  readonly because: string
  readonly at: string
}

/** Facts of one page; a read's facts are the fold over its pages. Durable in the page ledger. */
export type PageFacts = {
  readonly fetched: number
  readonly stored: number
  /** First rows that repeat the last row of the page before, asked for again on purpose. */
  readonly stitched: number
  /** Same id seen before in this read, same content. */
  readonly repeated: number
  readonly filtered: { readonly [name: string]: number }
  readonly quarantined: { readonly [reason: string]: number }
  readonly created: number
  readonly updated: number
  /** The total this page declared, where a `total` is declared. */
  readonly total: number | null
  readonly total_broken: string | null
  /** How many records had a value, per field. */
  readonly filled: { readonly [field: string]: number }
  readonly stitch: 'held' | 'differed' | 'not_asked'
  readonly order: 'held' | 'violated' | 'not_declared'
  /** Ids with an upper-case letter: only then can two ids differ by case alone. */
  readonly mixed_case: number
  /** This page's body is byte for byte the body of an earlier page with records. */
  readonly same_body: boolean
  /** A few ids for messages. */
  readonly samples: { readonly repeated: readonly string[]; readonly quarantined: readonly string[] }
  readonly requests: number
}

export type PageRow = {
  readonly partition: string
  readonly no: number
  readonly at: string
  /** Digest of the paging position this page was asked with: a cursor seen twice is a loop. */
  readonly cursor: string
  /** Digest of the answer's body. */
  readonly digest: string
  readonly facts: PageFacts
  readonly next: Next
  readonly gap: Gap | null
}

/** The fold over a read's pages, and what it was declared to be. Everything a judge needs, and JSON. */
export type ReadFacts = {
  readonly stream: string
  readonly is: RecordType
  readonly attempt: number
  readonly started_at: string
  readonly ended_at: string
  readonly pages: number
  readonly partitions: number
  /** Partitions whose last page carried the declared end mark. */
  readonly ended: number
  readonly marks: readonly string[]
  readonly broken: readonly { readonly partition: string; readonly code: FailureCode; readonly because: string }[]
  /** The first 100; the page ledger has all. */
  readonly gaps: readonly Gap[]
  /** Beside those. */
  readonly more_gaps: number
  readonly fetched: number
  readonly stored: number
  readonly stitched: number
  readonly repeated: number
  readonly filtered: { readonly [name: string]: number }
  readonly quarantined: { readonly [reason: string]: number }
  readonly created: number
  readonly updated: number
  readonly filled: { readonly [field: string]: number }
  readonly stitches: { readonly held: number; readonly differed: number }
  readonly order: { readonly held: number; readonly violated: number }
  readonly same_bodies: number
  readonly longest_empty_run: number
  readonly samples: { readonly repeated: readonly string[]; readonly quarantined: readonly string[] }
  /** Ids of this read that differ by case alone. */
  readonly case_twins: readonly string[]
  /** Distinct records in the store that this read's page ledger leads to. */
  readonly in_store: number
  /** Of this attempt: its pages, expansions and tries again; in a snapshot also those of the proofs. */
  readonly requests: number
  /** Does paging step by a number (offset, page, startIndex), so that rows can shift between pages? */
  readonly by_offset: boolean
  /** Streams this read depended on and what became of them. */
  readonly parents: readonly { readonly stream: string; readonly verdict: Verdict['is'] }[]
  readonly floor: { readonly [field: string]: number }
  readonly required: readonly string[]
  /** What the last complete read of the same connector and credential had, if any. */
  readonly baseline: { readonly stored: number; readonly filled: { readonly [field: string]: number } } | null
}

// ---------------------------------------------------------------- evidence, finding, verdict

/** How independent the evidence is of the answers it judges. truth.md, "same liar". */
export type EvidenceClass = 'A' | 'B' | 'C' | 'D' | 'E' | 'F' | 'G'

/** What one check says. */
export type Finding = {
  /** The word that made it: `terminal_page`, `count`, `second_pass`, … */
  readonly check: string
  /** The number of the evidence item in truth.md, where it has one. */
  readonly item: number
  readonly class: EvidenceClass
  readonly result: /** Speaks for completeness. */
    | 'holds'
    /** Shows that something is missing or wrong. */
    | 'refutes'
    /** Could not be asked or answered; counts for nothing. */
    | 'missing'
    /** Unusual, and enough to hold removals, but no proof either way. */
    | 'anomaly'
  readonly because: string
  /** Numbers and samples behind it. */
  readonly facts: JsonObject
  /** May it, when it holds, be the one confirming item that `complete` needs? */
  readonly confirms: boolean
  /** What would settle it: an instruction to a person. */
  readonly settle: string | null
}

export type Verdict = {
  readonly is: 'complete' | 'incomplete' | 'unproven'
  /** One line for people. */
  readonly because: string
  readonly findings: readonly Finding[]
  readonly next_steps: readonly string[]
  /** Version of the rules that judged; an auditor runs the same again. */
  readonly rules: string
  /** Removals of this snapshot are held for a person, and why. */
  readonly hold: string | null
}

export type Ceiling = {
  readonly stream: string
  readonly is: RecordType
  readonly best: 'complete' | 'unproven'
  /** What carries it, and what stands in the way. */
  readonly because: readonly string[]
  readonly needs: readonly string[]
}

export type GateAnswer = {
  readonly is: 'allow' | 'deny' | 'waiver_required'
  readonly reasons: readonly { readonly stream: string; readonly because: string; readonly settle: string }[]
  readonly snapshots: readonly { readonly stream: string; readonly sync: number; readonly verdict: Verdict['is'] }[]
}

// ---------------------------------------------------------------- what came out

export const CHANGE_KINDS = ['created', 'updated', 'vanished', 'confirmed_deleted', 'returned'] as const
export type ChangeKind = (typeof CHANGE_KINDS)[number]

/** One event of the ordered, replayable log. `seq` only grows; a cursor is the last `seq` seen. */
export type Change = {
  readonly seq: number
  readonly connection: string
  readonly stream: string
  readonly sync: number
  readonly kind: ChangeKind
  readonly id: string
  /** The record in our fields; null where it went. */
  readonly fields: JsonObject | null
  readonly at: string
}

export type StoredRecord = { readonly seq: number; readonly id: string; readonly fields: JsonObject; readonly sync: number }

export type Progress =
  | {
      readonly kind: 'stream'
      readonly stream: string
      readonly phase: 'reading' | 'proving' | 'judging'
      readonly attempt: number
    }
  | {
      readonly kind: 'page'
      readonly stream: string
      readonly pages: number
      readonly records: number
      readonly total: number | null
      readonly partitions_done: number
      readonly partitions: number
    }
  | { readonly kind: 'wait'; readonly why: string; readonly until: string }
  | { readonly kind: 'verdict'; readonly stream: string; readonly verdict: Verdict }
