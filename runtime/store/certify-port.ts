/**
 * What the store remembers of certifications. Beside port.ts, the same rules: every method is one durable transaction, with its entry in
 * the ledger. Nothing here is changed or deleted later.
 */
import type { CertificationEvent, CertificationRow, Decision, Link, StoredDecision, Waiver } from '../certify-types.ts'
import type { PageRow, StoredRecord } from '../types.ts'
import type { Act } from './ledger-port.ts'
import type { Snapshot } from './port.ts'

export type StoredSnapshot = Snapshot & {
  /** Its number here: stays, whatever becomes of the connection. */
  readonly snapshot: number
  /** The verdict as stored: what its entry in the ledger has the digest of. */
  readonly verdict_text: string
}

export type CertifyStore = {
  /** `key`: 32 random bytes. */
  openCertification(
    certification: string,
    key: Buffer,
    event: CertificationEvent & { readonly kind: 'opened' },
    act: Act,
  ): Promise<void>
  certification(certification: string): Promise<CertificationRow | null>
  /** Newest first. */
  certifications(): Promise<readonly CertificationRow[]>
  /**
   * `certify/moved` where it is not the `version` that was looked at any more, or one of `newest` (snapshots) is not the newest of its
   * stream; `certify/over` where it is closed or withdrawn. Answers the entry's seq.
   */
  appendCertification(
    certification: string,
    seen: { readonly version: number; readonly newest: readonly number[] },
    event: Exclude<CertificationEvent, { readonly kind: 'opened' }>,
    act: Act,
  ): Promise<number>
  /** All or none, one entry of the ledger with `root`, over the texts that `line` makes of them. `certify/over`. Answers the last `n`. */
  decide(
    certification: string,
    decisions: readonly Decision[],
    rootOf: (decisions: readonly StoredDecision[]) => string,
    act: Act,
  ): Promise<number>
  /** Ascending. */
  decisions(certification: string, after: number, limit: number): Promise<readonly StoredDecision[]>
  /** The last word about each of these items that there is one about. */
  lastDecisions(certification: string, items: readonly string[]): Promise<readonly StoredDecision[]>
  /** Of a part: how many items have `keep` for their last word, and how many `revoke`. */
  lastWords(certification: string, connection: string, stream: string): Promise<{ readonly [is in Decision['is']]: number }>
  /** Of a part: last words that revoke. */
  lastRevocations(certification: string, connection: string, stream: string): Promise<readonly StoredDecision[]>
  link(certification: string, links: readonly Link[], act: Act): Promise<void>
  /** In the order they came. */
  links(certification: string): Promise<readonly Link[]>
  /** `request`: the one that is signed by this, and by nothing else: `certify/waiver` where it was signed before. Null: none was asked. */
  waive(waiver: Waiver, act: Act, request: string | null): Promise<void>
  /** Of these requests, those that were signed. */
  signedRequests(requests: readonly string[]): Promise<ReadonlyMap<string, Waiver>>
  waivers(): Promise<readonly Waiver[]>

  /** The newest snapshot of a stream. */
  newestSnapshot(connection: string, stream: string): Promise<StoredSnapshot | null>
  snapshotAt(snapshot: number): Promise<StoredSnapshot | null>
  /** Of any snapshot there ever was; ascending by seq. */
  snapshotRecords(snapshot: number, after: number, limit: number): Promise<readonly StoredRecord[]>
  /** Of two snapshots of one stream: records as only one of them has them. Who changed is in both. */
  snapshotDifference(
    first: number,
    second: number,
  ): Promise<{ readonly only_first: readonly StoredRecord[]; readonly only_second: readonly StoredRecord[] }>
  /** In the order they were committed; `after` counts pages. */
  snapshotPages(snapshot: number, after: number, limit: number): Promise<readonly Omit<PageRow, 'gap' | 'next'>[]>
}
