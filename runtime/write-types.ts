/**
 * The nouns of changing a target. Imports the nouns of reading only.
 *
 * action     a kind of change a connector can make, as declared
 * intent     one asked-for change, durable before anything is sent
 * facet      one part of an account's access: account, profile, sessions, tokens, groups, roles, licenses
 * look       one reading of the target around a write; probe: what to look at, and whether it shows
 * outcome    what we know after it; `accepted` is a state on the way and never an outcome
 * assertion  what a verified leaver leaves behind: "stays inactive, holds nothing, until an approved action lifts it"
 * brake      what stops work for a person: thresholds, protected principals, a kill switch, a missing approval
 */
import type { ActionName, Facet, FacetState, FailureCode, JsonObject, Lane } from './types.ts'

// ---------------------------------------------------------------- the intent

export type Provenance = {
  readonly by: string
  readonly why: string
  /** The system that asked: `cli`, `api`, an HR feed's name. */
  readonly from: string
  /** The person (govern) it is about, where known. */
  readonly person: string | null
}

export type Intent = {
  /** 26 characters, sortable by time. */
  readonly intent: string
  readonly connection: string
  readonly action: ActionName
  /** Native id; null for creates. */
  readonly id: string | null
  readonly input: JsonObject
  /** Values of `bind` fields when the intent was made. Empty where no snapshot shows the object: then the first look binds the later ones. */
  readonly bound: JsonObject
  /** What the plan it came from took the fields for that it sets: where the look before shows them otherwise it is held. Absent: no plan said so. */
  readonly planned?: JsonObject
  readonly lane: Lane
  /** Takes something away: it counts for the rolling brake. */
  readonly destructive: boolean
  readonly provenance: Provenance
  /** sha-256 of connection, action, native id or natural key, input: the same asked-for change has the same key. */
  readonly key: string
  /** The plan it came from, and the hash of the plan's exact list. */
  readonly plan: string | null
  readonly made_at: string
  /** Propagation due (5 min for leavers). */
  readonly due_at: string | null
}

export const INTENT_STATES = [
  'requested',
  'held',
  'approved',
  'looked',
  'sending',
  'accepted',
  'refused',
  'lost',
  'looking',
  'done',
] as const
export type IntentState = (typeof INTENT_STATES)[number]

export const OUTCOMES = [
  'verified',
  'partial',
  'refuted',
  'rejected',
  'pending',
  'unverifiable',
  'unknown',
  'cancelled',
  'reverted',
] as const
export type OutcomeIs = (typeof OUTCOMES)[number]

/** One line of an intent's history, appended and never changed; the state is the fold over them. */
export type IntentEvent =
  /** The first of every history. Again: what held it has passed by itself. */
  | { readonly kind: 'requested'; readonly at: string }
  | { readonly kind: 'held'; readonly at: string; readonly brake: string; readonly because: string }
  | { readonly kind: 'approved'; readonly at: string; readonly by: string; readonly hash: string }
  /** The look before: nothing is sent without one. */
  | {
      readonly kind: 'looked'
      readonly at: string
      readonly record: JsonObject | null
      readonly already: boolean
      /** Of creates: what the search by natural key found. Searched again after the send, as another `looked`. */
      readonly found: string | null
      /** Steps whose `when` is false for this record: they are not sent. */
      readonly skip: readonly string[]
      /** Indices into `verify` whose `when` is false for this record: that path shows nothing of it. Absent: none. */
      readonly silent?: readonly number[]
      /** Parts of the target's own record that the action's steps and probes name. Absent: a search, nothing there, or an older history. */
      readonly kept?: JsonObject
      /** Of a look at the inputs after a refusal: which of them name nothing there is. Absent: a look at the object, or a search. */
      readonly missing?: readonly string[]
    }
  /** Durable before the request leaves; `attempt` counts from 1, a step. A history that ends here is a lost answer. */
  | { readonly kind: 'sending'; readonly at: string; readonly step: string; readonly attempt: number }
  /** Every poll of a job appends another: `job` is its id while it runs, null when it is done; `refused` when it failed. */
  | {
      readonly kind: 'answered'
      readonly at: string
      readonly step: string
      readonly result: 'accepted' | 'refused' | 'lost'
      readonly status: number
      readonly code: FailureCode | null
      readonly because: string
      readonly job: string | null
      readonly invited: boolean
    }
  | { readonly kind: 'look'; readonly at: string; readonly look: Look }
  /** The whole record once more, where no look at a facet read it, or one that did shows that something else moved on the object. Null: no usable answer. */
  | {
      readonly kind: 'beside'
      readonly at: string
      readonly where: string
      readonly record: JsonObject | null
      readonly digest: string | null
      readonly because: string
      /** Fields that other changes of ours of this object may have moved since the look before. */
      readonly ours: readonly string[]
    }
  | { readonly kind: 'outcome'; readonly at: string; readonly outcome: Outcome }
  | { readonly kind: 'cancelled'; readonly at: string; readonly by: string; readonly because: string }

// ---------------------------------------------------------------- looking and judging

/** One look at one facet. */
export type Look = {
  readonly facet: Facet
  /** Which of the action's `verify` it is a look of. */
  readonly verify: number
  /** `before`, `after`, or `recheck`. */
  readonly phase: 'before' | 'after' | 'recheck'
  readonly at: string
  /** `GET /users/{id}`: the path asked, never a value. */
  readonly where: string
  readonly shows: /** The asked-for state. */
    | 'asked'
    /** Another state. */
    | 'other'
    /** The object is not there (404, 410, absent from a list). */
    | 'gone'
    /** No usable answer. */
    | 'unanswered'
  /** A record known to be alive, asked the same way in the same minute; null: not asked. */
  readonly control: 'alive' | 'not_alive' | null
  /** Rung of the session ladder that the probe's `asked` reaches; null for other facets. */
  readonly rung: number | null
  readonly because: string
  /** sha-256 of the answer. */
  readonly digest: string | null
  /** The object's other mapped fields, for the bystander check; null where the look is no whole record. */
  readonly record: JsonObject | null
  /** When residual access ends, where the probe is `residual`. */
  readonly residual_until: string | null
  /** Of a create that was not found before, at a recheck: the id that the search by natural key finds now. Absent: none, or no search. */
  readonly found?: string
}

export type FacetOutcome = {
  readonly facet: Facet
  readonly asked: FacetState
  readonly is: 'verified' | 'refuted' | 'unverifiable' | 'unknown' | 'looking'
  readonly because: string
  /** Rung of the session ladder of truth.md (0 accepted … 5 a canary's refresh token is rejected); null for other facets. */
  readonly rung: number | null
  readonly residual_until: string | null
  readonly looks: number
  readonly verified_at: string | null
}

export type Outcome = {
  readonly is: OutcomeIs
  readonly because: string
  /** False: nothing was sent (it was so already), or nothing of it took. */
  readonly changed: boolean
  readonly facets: readonly FacetOutcome[]
  /** Native id of what a create made. */
  readonly id: string | null
  /** What told that it was the object that was meant: `the id alone`, or `the id, userName, createdAt`. Null: a create, or nothing to bind. */
  readonly bound_to: string | null
  readonly bystanders: 'unchanged' | 'changed' | 'unchecked'
  readonly moved: readonly string[]
  readonly residual_until: string | null
  /** A `pending` outcome's expiry. */
  readonly expires_at: string | null
  readonly next_steps: readonly string[]
  readonly rules: string
}

/** Checked by every later sync and recheck until an approved action lifts it. */
export type Assertion = {
  readonly assertion: number
  readonly connection: string
  readonly stream: string
  readonly id: string
  readonly intent: string
  /** `stays inactive`, `holds nothing`, `stays gone`. */
  readonly claim: 'stays_inactive' | 'holds_nothing' | 'stays_gone'
  readonly since: string
  readonly lifted_by: string | null
  readonly breached_at: string | null
  /** What is likely to have undone it: a later intent of ours, or the target's own change with its time. */
  readonly suspect: string | null
}

// ---------------------------------------------------------------- plans and brakes

export type PlanItem = {
  readonly connection: string
  readonly action: ActionName
  readonly id: string | null
  readonly input: JsonObject
  readonly bound: JsonObject
  /** Values of the fields that it sets, as last read. Absent: the last read does not show them. */
  readonly before?: JsonObject
  readonly destructive: boolean
  readonly lane: Lane
  readonly person: string | null
  /** One line: what changes, from what to what. */
  readonly change: string
}

export type Plan = {
  readonly version: 1
  /** sha-256 over the items in order and what they rest on: approvals are bound to it. */
  readonly hash: string
  readonly made_at: string
  readonly made_by: string
  readonly why: string
  /** Snapshot sync a connection, so that `apply` can tell whether the target moved since. */
  readonly rests_on: { readonly [connection: string]: { readonly sync: number | null; readonly fingerprint: string } }
  /** Only changes; destructive first. */
  readonly items: readonly PlanItem[]
  /** Brakes that hold it, each with its reason. */
  readonly held: readonly { readonly brake: string; readonly because: string }[]
}

export type Approval = {
  readonly hash: string
  readonly by: string
  readonly at: string
  readonly expires_at: string
  readonly used_at: string | null
  readonly override: string | null
}

/** A stop, and whose. `scope` `*` is everything here, else a connection. */
export type KillSwitch = { readonly scope: string; readonly by: string; readonly why: string; readonly at: string }
