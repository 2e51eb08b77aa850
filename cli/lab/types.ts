/**
 * The nouns of the lab. Imports the nouns of the runtime's declarations only: nothing here shares code with what is tested.
 *
 * twin      a stateful HTTP target on loopback that speaks the connector's own dialect, with the truth on its side
 * fault     one named lie of the twin (faults.md R1 … R34, W1 … W19, the peer matrix, issues filed elsewhere)
 * scenario  a fault (or several, or none), a population, a seed and what must come of it
 * run       one scenario played once against the real runtime over HTTP
 * policy    what another way of reading or writing would have said of the same twin
 */

export type Side = 'read' | 'write'

/** Controls are `honest` (nothing is wrong) and `odd` (benign, but looks like a fault: R13–R15, R19, R33, R34). */
export type FaultClass = 'faulty' | 'odd' | 'honest'

/** What a run may end in for a person. Reads: the worst verdict of the streams that the fault touches. Writes: the closed set of outcomes. */
export type Said =
  | 'complete'
  | 'unproven'
  | 'incomplete'
  | 'verified'
  | 'partial'
  | 'refuted'
  | 'rejected'
  | 'pending'
  | 'unverifiable'
  | 'unknown'
  | 'cancelled'
  | 'reverted'
  /** No document, a crash of the runtime, or no end within the time that was given. */
  | 'error'

export type Scenario = {
  /** `R4`, `W12`, `peer-html-200`, `filed-17`; with a variant behind a slash where there are several: `R13/cap-7`. */
  readonly name: string
  readonly side: Side
  readonly class: FaultClass
  /** One line for people. */
  readonly says: string
  /** What must come of it; whatever else is a finding. */
  readonly expected: readonly Said[]
}

export type Run = {
  readonly scenario: string
  readonly side: Side
  readonly class: FaultClass
  /** The connector, and `/variant` where one speaks several dialects (`scim2/okta`). */
  readonly dialect: string
  readonly seed: number
  /** Accounts at the beginning. */
  readonly population: number
  /** How often each fault struck. A faulty run in which one never struck does not count. */
  readonly fired: { readonly [fault: string]: number }
  readonly counts: boolean
  readonly said: Said
  readonly because: string
  readonly expected: readonly Said[]
  /**
   * The number that must be 0. Reads: `complete` although the store differs from the truth (somebody there all along is missing, invented or
   * wrong). Writes: `verified` although a facet was not so when it was said, or nothing noticed that it was undone.
   */
  readonly false_success: boolean
  /** An honest or odd run that was not let through. */
  readonly false_block: boolean
  /** A faulty run in which the lie was named: not `complete`, not `verified`. */
  readonly noticed: boolean
  /** What was wrong, for the report: ids missing, facets not as said. At most 5. */
  readonly differs: readonly string[]
  readonly requests: number
  /** Requests of a loop that proves nothing, on the same twin without faults. */
  readonly requests_bare: number
  readonly ms: number
  /** sha-256 over the twin's log of requests and answers and what was said; the same seed gives the same. */
  readonly log: string
}

/** What another policy said of the same scenario. `success` while something is missing or did not happen is a false one. */
export type PolicyRun = {
  readonly policy: string
  readonly scenario: string
  readonly side: Side
  readonly class: FaultClass
  readonly dialect: string
  readonly seed: number
  readonly said: 'success' | 'error'
  readonly false_success: boolean
  readonly false_block: boolean
}

export type LabReport = {
  readonly version: 1
  readonly seed: number
  readonly reads: { readonly faulty: number; readonly false_complete: number }
  readonly writes: { readonly faulty: number; readonly false_verified: number }
  readonly honest: { readonly runs: number; readonly false_block: number }
  /** sha-256 over all runs' logs in order. */
  readonly log: string
}
