/** The nouns of the control API. One table of routes (routes/index.ts); everything else is made from it. */
import type { Desk } from '../control/desk.ts'
import type { Control } from '../control/open.ts'
import type { Sealer } from '../control/sealer.ts'
import type { Secrets } from '../control/secrets.ts'
import type { Role } from '../control/types.ts'
import type { VaultFile } from '../control/vault-file.ts'
import type { Swept } from '../govern/levels/sweep.ts'
import type { Settled } from '../govern/rotation.ts'
import type { CheckedSightings } from '../govern/watch-standing.ts'
import type { Permits } from '../http/permits.ts'
import type { Signer } from '../ledger/checkpoint.ts'
import type { CertifyStore } from '../store/certify-port.ts'
import type { Act, LedgerStore } from '../store/ledger-port.ts'
import type { LevelsStore } from '../store/levels-port.ts'
import type { Store } from '../store/port.ts'
import type { WatchStore } from '../store/watch-port.ts'
import type { WebhookStore } from '../store/webhook-port.ts'
import type { WriteStore } from '../store/write-port.ts'
import type { Connection, Connector, Json, JsonObject, Progress } from '../types.ts'
import type { Watched } from '../watch/once.ts'
import type { Post } from '../webhook-out/post.ts'

/** JSON Schema, draft 2020-12. `$ref`: `#/components/schemas/…` of schemas.ts. */
export type Schema = JsonObject

export type BothStores = Store & WriteStore & LedgerStore & CertifyStore & LevelsStore & WebhookStore & WatchStore
export type Target = { readonly connector: Connector; readonly connection: Connection }

// ---------------------------------------------------------------- who asks

export type Who = {
  /** From the credential and nowhere else. Null: the installation's own token, which sees into no tenant. */
  readonly tenant: string | null
  /** A person. */
  readonly by: string
  readonly kind: 'token' | 'session'
  /** Its public half. */
  readonly token: string | null
  /** Who made the token. */
  readonly made_by: string | null
  readonly roles: ReadonlySet<Role>
  /** Only these connections; null: all. */
  readonly connections: ReadonlySet<string> | null
  /** Address of the client: of the socket, or as a trusted proxy says it. */
  readonly from: string
}

// ---------------------------------------------------------------- where it is asked

/** What is under way in a tenant, in this process. */
export type Work = {
  /** Resolves when the sync has its number. Throws `api/sync-running`, `api/paused`, and what opening the target throws. */
  readonly sync: (target: Target, o: { readonly only: readonly string[] | null; readonly fresh: boolean }) => Promise<number>
  /** Null: none of that connection is under way here. */
  readonly running: (
    connection: string,
  ) => { readonly sync: number; readonly streams: { readonly [stream: string]: Progress } } | null
  /** Stops a running sync at its checkpoint; false: there is none. */
  readonly pauseSync: (connection: string) => boolean
  /** Goes on with what the end of the process before this one cut off, but not with what a person paused. */
  readonly goOn: () => void
  /** Tries a new credential that waits, or takes it because the time of the old one is over. Throws `api/not-found`. */
  readonly rotate: (connection: string) => Promise<Settled>
  /** What waits to be changed there is worked off, beside everything else. */
  readonly drain: (connection: string) => void
  /** When nothing is under way any more: everything is stopped at its checkpoint. */
  readonly close: () => Promise<void>
}

/** Looks at gates, levels and budgets. Without `sweep_ms` of the house only by `now`. */
export type Sweeps = {
  readonly now: () => Promise<Swept>
  /** Something may have changed a gate. */
  readonly soon: () => void
  readonly last: () => Swept | null
  readonly close: () => Promise<void>
}

/** How fast each connection's target may be asked, by everything here together. */
export type Paces = {
  readonly of: (target: Target) => Permits
  /** Whoever waits is rejected: after everything that asks has ended. */
  readonly close: () => void
}

export type Round = Watched & CheckedSightings

/** Feeds are asked, and who was named is looked at, one at a time a connection. By itself with `watch_ms` of the house. */
export type Watching = {
  /** The round that is under way, or a new one. Throws `api/stopping`, `api/paused`, and what opening the target throws. */
  readonly now: (connection: string) => Promise<Round>
  /** Something came that names somebody, or says that a feed has news. */
  readonly soon: (connection: string) => void
  readonly running: (connection: string) => boolean
  readonly close: () => Promise<void>
}

/** A tenant, opened. */
export type Room = {
  readonly tenant: string
  readonly store: BothStores
  readonly desk: Desk
  readonly secrets: Secrets
  readonly sealer: Sealer
  /** What signing in keeps. */
  readonly vault: VaultFile
  /** A connector by its name, parsed once a text. Throws `api/not-found`, `api/connector`. */
  readonly known: (name: string) => Connector
  readonly paces: Paces
  readonly work: Work
  readonly sweeps: Sweeps
  readonly watching: Watching
  readonly post: Post
}

/** The connectors that come along. */
export type Shelf = { readonly names: () => readonly string[]; readonly read: (name: string) => Uint8Array | null }

export type House = {
  readonly control: Control
  /** Throws `control/tenant`. */
  readonly room: (tenant: string) => Promise<Room>
  readonly shelf: Shelf
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Environment: OIDC client secrets by reference. */
  readonly env: { readonly [name: string]: string | undefined }
  /** Where browsers reach this server: origin of cookies and of the CSRF check. */
  readonly public_url: string
  /** The operator's word: may connections go to private networks? */
  readonly allow_private: boolean
  /** Of one credential. */
  readonly limits: { readonly per_minute: number; readonly burst: number }
  /** Of all credentials of a tenant together. */
  readonly tenant_limits: House['limits']
  /** Of whoever has no valid credential, an address. */
  readonly strangers: House['limits']
  /** Addresses or networks of proxies whose word about the address of the client is taken. */
  readonly proxies: readonly string[]
  /** Signs checkpoints of every tenant's ledger; a ledger's origin is its name and the tenant's. */
  readonly signer: Signer
  /** One line, no secrets. */
  readonly log: (line: string) => void
  /** Aborted when the server ends. */
  readonly closing: AbortSignal
  /** A sweep of each tenant at least this often; absent: only when one is asked for. */
  readonly sweep_ms?: number
  /** Feeds of every connection are asked this often; absent: only when somebody asks, or a webhook comes. */
  readonly watch_ms?: number
  /** Every answer is held against its schema: for tests. */
  readonly check_answers?: boolean
}

// ---------------------------------------------------------------- a route

export type Ask = {
  readonly house: House
  readonly who: Who
  /** Of the tenant of `who`. Throws `api/forbidden` for the installation's token. */
  readonly room: Room
  readonly params: { readonly [name: string]: string }
  readonly query: { readonly [name: string]: string }
  /** As the schema of the route says; null: none. */
  readonly body: Json
  /** ISO. */
  readonly at: string
  readonly act: (why: string) => Act
  /** Of a browser session; null: there is none. */
  readonly csrf: string | null
  /** Of an answer that goes on: false, once the credential is revoked, over, or has other roles. */
  readonly still: () => boolean
  readonly last_event_id: string | null
  readonly signal: AbortSignal
}

export type Answer = {
  readonly status: number
  /** JSON; a text with its type; events; a file. */
  readonly body?: unknown
  readonly text?: { readonly type: string; readonly text: string }
  readonly stream?: ReadableStream<Uint8Array>
  readonly file?: { readonly type: string; readonly name: string; readonly bytes: Uint8Array }
  readonly headers?: { readonly [name: string]: string }
}

export type Route = {
  /** operationId. */
  readonly id: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** `/v1/connections/{connection}`. */
  readonly path: string
  /** Group in the description. */
  readonly area: string
  readonly summary: string
  /** Who may. Deny by default: nobody else, `admin` neither. */
  readonly roles: readonly Role[]
  /** Whose credential: of a tenant, or of the installation. */
  readonly realm: 'tenant' | 'installation'
  /**
   * For tokens that are limited to connections. `connection`: the one in the path counts; `own`: the route itself leaves the others out;
   * `whole`: refused, it is about all of the tenant.
   */
  readonly reach: 'connection' | 'own' | 'whole'
  readonly params?: { readonly [name: string]: Schema }
  readonly query?: { readonly [name: string]: Schema }
  readonly needs?: readonly string[]
  /** `yaml`: the text itself. */
  readonly body?: Schema | 'yaml'
  /** Status of success → schema of the answer; null: no body. */
  readonly answers: { readonly [status: string]: Schema | 'text' | 'events' | 'zip' | null }
  /** Id of the route whose ETag `If-Match` is held against. */
  readonly if_match?: string
  /** The answer holds a secret that is shown this once: not kept for a repeated key. */
  readonly shown_once?: true
  /** Codes of its own problems, beside the common ones. */
  readonly codes: readonly string[]
  readonly act: (ask: Ask) => Promise<Answer>
}
