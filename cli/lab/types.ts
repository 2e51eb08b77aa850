/**
 * The nouns of the lab. Imports the nouns of the runtime's declarations only: nothing here shares code with what is tested.
 *
 * twin      a stateful HTTP target on loopback that speaks the connector's own dialect, with the truth on its side
 * fault     one named lie of the twin (faults.md R1 … R34, W1 … W19, the peer matrix, issues filed elsewhere)
 * scenario  a fault (or several, or none), a population, a seed and what must come of it
 * run       one scenario played once against the real runtime over HTTP
 * policy    what another way of reading or writing would have said of the same twin
 */

import type { Hanging, Worth } from './worth-types.ts'

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
  /** Thousands of accounts: played in every eighth round, in turn, and where it is asked for by name. */
  readonly costly?: boolean
  /** Every so many rounds, in place of eight. */
  readonly every?: number
}

export type Checked = { readonly checked: number; readonly elsewhere: number }

export type Run = Partial<Hanging> & {
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
  /** A faulty run in which the lie was named: not `complete`, not `verified`, and not only capped. */
  readonly noticed: boolean
  /** A lie about what even an honest target cannot show here, and why: no less was said of it than ever is. Not noticed, and never believed. */
  readonly capped?: string
  /** What was wrong, for the report: ids missing, facets not as said. At most 5. */
  readonly differs: readonly string[]
  readonly requests: number
  /** Requests of a loop that proves nothing, on the same twin without faults. */
  readonly requests_bare: number
  readonly ms: number
  /** Requests held against the target's official description, and those of which it is known to say nothing; absent: nothing was. */
  readonly official?: Checked
  /** sha-256 over the twin's log of requests and answers, what was said and what it hangs on; the same seed gives the same. */
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

/** How a run is played beside its scenario and seed. */
export type PlayOptions = {
  /** Evidence checks that `judge` does without (`sync`'s `off`). Reads only; empty or absent: every check is on. */
  readonly off?: readonly string[]
  /** Told of each exchange as the twin saw it, in order; for `--replay`. */
  readonly onExchange?: (exchange: Exchange) => void
}

/** One request and answer, as the twin saw them. Made-up data of a made-up target, so nothing in it is a secret. */
export type Exchange = {
  readonly method: string
  /** Path and query. */
  readonly url: string
  readonly status: number
  /** Of the answer's body; of the request's too where it writes. Cut to what a line can show by the one who prints it. */
  readonly sent: string | null
  readonly answer: string
  /** Faults that struck this answer. */
  readonly faults: readonly string[]
}

export type Play = (dialect: string, scenario: Scenario, seed: number, options?: PlayOptions) => Promise<Run>
export type PlayPolicies = (dialect: string, scenario: Scenario, seed: number) => Promise<readonly PolicyRun[]>

/** One side of the lab, as the command and the bulk see it. */
export type Bench = {
  readonly side: Side
  /** Every dialect that can be played: `okta`, `scim2/put`, `cursor`. */
  readonly dialects: readonly string[]
  /** In a fixed order. */
  readonly scenarios: (dialect: string) => readonly Scenario[]
  readonly play: Play
  readonly policies: PlayPolicies
  /** What the connector declares and the twin cannot play, as `stream users` or `action grant`: said, never hidden. */
  readonly unplayed: (dialect: string) => readonly string[]
  /** Lies that the runtime cannot be told on this side, and why. */
  readonly impossible?: { readonly [scenario: string]: string }
  /** Where there is no twin file: what was guessed, so that it could be played. */
  readonly assumed?: readonly string[]
  /** That as a twin file to go on with. */
  readonly skeleton?: () => string
  /** Against which official descriptions its requests are held, or why against none. */
  readonly official?: (dialect: string) => { readonly files: readonly string[]; readonly because: string | null }
  readonly close: () => Promise<void>
}
/** What is to be played. */
export type Wanted = {
  /** A connector of the user's own, by path, instead of ours. */
  readonly file: string | null
  /** A connector or dialect of ours; the others need not be loaded. Null: all of them. */
  readonly dialect: string | null
  /** Folder of official API descriptions, against which requests are held; null or absent: none, and nothing is held against any. */
  readonly openapi?: string | null
}
/** What a worker loads: a module that exports `openBenches`. Where nothing is called as wanted it opens all. */
export type OpenBenches = (wanted: Wanted) => Promise<readonly Bench[]>

/** One run to play. What comes of it depends on nothing but this. */
export type Job = {
  readonly side: Side
  readonly dialect: string
  readonly scenario: string
  readonly seed: number
  readonly off: readonly string[]
  /** Play the other policies too. */
  readonly policies: boolean
}
export type Played = { readonly job: Job; readonly run: Run; readonly policies: readonly PolicyRun[] }

/** A number that could have been otherwise: k of n, its share, and what the data still allow. */
export type Rate = {
  readonly k: number
  readonly n: number
  /** Null where n is 0: nothing was measured. */
  readonly share: number | null
  readonly low: number
  readonly high: number
}

/** A fault in a dialect, over its seeds. */
export type Cell = {
  readonly scenario: string
  readonly says: string
  readonly side: Side
  readonly class: FaultClass
  readonly dialect: string
  readonly runs: number
  /** Runs in which every fault struck. The rest does not count. */
  readonly counted: number
  /** Strikes, all runs together. */
  readonly fired: number
  readonly said: { readonly [said in Said]?: number }
  readonly expected: readonly Said[]
  readonly noticed: number
  /** Lies about what nothing can show here: not noticed, never believed. */
  readonly capped: number
  readonly false_success: number
  readonly false_block: number
  readonly unexpected: number
  readonly requests: number
  readonly requests_bare: number
  /** One seed to replay: of a finding where there is one, else the first that counted. */
  readonly seed: number | null
}

export type LabFinding = {
  readonly kind: 'false_complete' | 'false_verified' | 'false_block' | 'unexpected' | 'error'
  readonly scenario: string
  readonly dialect: string
  readonly side: Side
  readonly seed: number
  readonly said: Said
  readonly expected: readonly Said[]
  readonly because: string
  readonly differs: readonly string[]
  /** The same run again, to be looked at. */
  readonly replay: string
}

/** One evidence item switched off. */
export type Ablation = {
  readonly without: string
  readonly side: Side
  /** Faulty reads played, and how many of them are `complete` and wrong without it that were not with it. */
  readonly faulty: number
  readonly prevents: number
  /** Honest reads that are complete with it and not without it. */
  readonly carries: number
  /** Faults that escape without it. */
  readonly escapes: readonly string[]
  /** Requests of honest reads with it and without it. */
  readonly honest: number
  readonly requests_with: number
  readonly requests_without: number
}

export type PolicyLine = {
  readonly policy: string
  readonly side: Side
  readonly false_success: Rate
  readonly false_block: Rate
}

/** What cannot be noticed in a dialect, so that it is capped: honest runs of it (the dialect, a stream, an action) say no more either. */
export type Capped = { readonly dialect: string; readonly scenarios: readonly string[]; readonly because: string }

export type OfficialLine = Checked & {
  readonly dialect: string
  readonly files: readonly string[]
  /** Why nothing was checked; null where it was. */
  readonly because: string | null
}

export type LabReport = {
  readonly reads: { readonly faulty: number; readonly false_complete: number }
  readonly writes: { readonly faulty: number; readonly false_verified: number }
  readonly honest: { readonly runs: number; readonly false_block: number }
  readonly version: 1
  readonly command: 'lab'
  readonly seed: number
  /** sha-256 over all runs' logs in order. */
  readonly log: string
  /** Played so often again, and so often with the same log. */
  readonly again: { readonly times: number; readonly same: number }
  readonly dialects: readonly string[]
  readonly rates: {
    readonly false_complete: Rate
    readonly false_verified: Rate
    readonly false_block: Rate
    readonly detection_reads: Rate
    readonly detection_writes: Rate
    /** Requests of honest reads over those of a loop that proves nothing; null where none was played. */
    readonly request_overhead: number | null
  }
  readonly findings: readonly LabFinding[]
  readonly cells: readonly Cell[]
  readonly capped: readonly Capped[]
  /** `dialect: scenario` that never struck: measured nothing. */
  readonly never_fired: readonly string[]
  /** `dialect: stream groups`: declared, and not played. */
  readonly unplayed: readonly string[]
  /** `R28: …`: lies of faults.md that nothing here can be told, and why. */
  readonly impossible: readonly string[]
  /** Guessed, because the connector has no twin file. */
  readonly assumed: readonly string[]
  /** By dialect: the official descriptions that every request was held against. One that is not described is a finding (`error`). */
  readonly official: readonly OfficialLine[]
  readonly ablation: readonly Ablation[]
  /** What each item of reading is worth, judged again over all reads; null where there were none. */
  readonly worth: Worth | null
  readonly policies: readonly PolicyLine[]
}
