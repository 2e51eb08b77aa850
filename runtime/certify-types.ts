/**
 * The nouns of certifying. Imports the nouns of reading and changing only.
 *
 * scope          which connections, which of their streams, which records of them
 * certification  one campaign: its population frozen when it opens, decided record by record, closed only where the gate allows
 * item           one record in a certification, by a pseudonym that only its certification can make
 * reason         why the gate is not open, what would settle it, and a name of its own, so that a waiver can be bound to it
 * waiver         a second person's word that one reason may stand, until a day
 * late           in a newer read and not in the frozen population: listed, never hidden
 */
import type { GateAnswer, Json, JsonObject, Verdict } from './types.ts'

// ---------------------------------------------------------------- the gate

export const GATE_REASONS = [
  'scope',
  'never_read',
  'incomplete',
  'unproven',
  /** Unproven, and the connector can never show more. */
  'unprovable',
  'ablated',
  'fingerprint',
  'clock',
  'stale',
  'hold',
  'reverted',
  /** Frozen under another connector, settings or credential than now. */
  'frozen',
  'undecided',
  /** Decided, and not asked for. */
  'not_asked',
  'revocation',
  /** Asked for and accepted, and the target offers no way to look. */
  'unverifiable',
  'moved',
] as const
export type GateReasonKind = (typeof GATE_REASONS)[number]

export type GateReason = GateAnswer['reasons'][number] & {
  /** `''`: of no single connection. */
  readonly connection: string
  readonly kind: GateReasonKind
  /** 12 hex digits, of what it is bound to: another read, another reason. */
  readonly id: string
}

export type Waiver = {
  /** The reason's `id`. */
  readonly reason: string
  readonly kind: GateReasonKind
  readonly connection: string
  readonly stream: string
  /** What was waived, in the words it had. */
  readonly because: string
  readonly requested_by: string
  readonly by: string
  readonly why: string
  readonly at: string
  readonly expires_at: string
}

/** `waived`: reasons that a valid waiver lets stand. They are in `reasons` no more. */
export type Gate = Omit<GateAnswer, 'reasons'> & {
  readonly reasons: readonly GateReason[]
  readonly waived: readonly { readonly reason: GateReason; readonly waiver: Waiver }[]
}

// ---------------------------------------------------------------- a certification

export type ScopePart = {
  readonly connection: string
  readonly stream: string
  /** Fields that a record must have with just this value. Empty: every record. */
  readonly where: { readonly [field: string]: Json }
  /** Is each of its records decided upon? */
  readonly reviewed: boolean
}

export type Frozen = ScopePart & {
  /** The store's number of the snapshot: what was frozen can always be read again. */
  readonly snapshot: number
  readonly sync: number
  readonly verdict: Verdict['is']
  /** sha-256 of the verdict as stored, hex. */
  readonly digest: string
  readonly rules: string
  readonly fingerprint: string
  readonly connector: { readonly name: string; readonly version: number; readonly digest: string }
  readonly started_at: string
  readonly fresh_for_s: number
  /** In the snapshot, and of those in scope. */
  readonly records: number
  readonly in_scope: number
  /** RFC 6962 root over the population's lines, base64. */
  readonly population: string
  readonly pages: { readonly count: number; readonly root: string }
}

export type CertificationEvent =
  | {
      readonly kind: 'opened'
      readonly at: string
      readonly by: string
      readonly why: string
      readonly name: string
      readonly owner: string
      readonly frozen: readonly Frozen[]
      readonly waived: readonly Waiver[]
    }
  /** Frozen again upon newer reads; decisions about unchanged records stay. */
  | {
      readonly kind: 'frozen'
      readonly at: string
      readonly by: string
      readonly why: string
      readonly frozen: readonly Frozen[]
      readonly waived: readonly Waiver[]
    }
  | {
      readonly kind: 'closed'
      readonly at: string
      readonly by: string
      readonly why: string
      /** What is proven, as one line of JSON, and in words. The bundle holds exactly these. */
      readonly statement: string
      readonly words: string
      /** sha-256 of their bytes, hex: what the ledger has. */
      readonly statement_digest: string
      readonly words_digest: string
      /** Intents of the revocations, and how many of their events the statement speaks of. */
      readonly actions: readonly { readonly item: string; readonly intent: string; readonly events: number }[]
      /** Snapshots it was closed upon. */
      readonly newest: readonly number[]
    }
  | { readonly kind: 'withdrawn'; readonly at: string; readonly by: string; readonly why: string }

export type Decision = {
  readonly connection: string
  readonly stream: string
  /** Of the record. */
  readonly id: string
  readonly item: string
  /** Salted hash of the record as it was decided upon: changed since, it is to be decided again. */
  readonly record: string
  readonly is: 'keep' | 'revoke'
  readonly by: string
  readonly at: string
  readonly why: string
  /** What takes it back. Null: `keep`, or an intent is named. */
  readonly change: { readonly action: string; readonly id: string; readonly input: JsonObject } | null
}
export type StoredDecision = Decision & { readonly n: number }

/** Which intent carries a revocation out; the newest of an item counts. */
export type Link = { readonly item: string; readonly intent: string; readonly at: string; readonly by: string }

export type CertificationState = 'open' | 'closed' | 'withdrawn'
export type CertificationRow = {
  readonly certification: string
  /** Of its pseudonyms and salts; never leaves the store. */
  readonly key: Buffer
  readonly events: readonly CertificationEvent[]
  /** Grows with each event, decision and link: what was checked is what is closed. */
  readonly version: number
}
