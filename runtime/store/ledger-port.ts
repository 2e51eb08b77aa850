/** What the store keeps of the ledger. An entry about something is written in the transaction of that something; these are the rest. */
import type { LedgerEntry, NewEntry } from '../ledger/entry.ts'

/** Who did it, where from, for whom and why. */
export type Act = Pick<NewEntry, 'at' | 'by' | 'from' | 'on_behalf_of' | 'why'>

export type LedgerFilter = {
  /** A seq; 0: from the beginning. */
  readonly after: number
  readonly limit: number
  /** As written (`acme/users/00u1`): the store makes the pseudonym of it. */
  readonly about?: string
  readonly by?: string
  readonly what?: string
  /** A value as the target has it (an id, an address): entries that hold its pseudonym. */
  readonly person?: string
  /** ISO; from, and before. */
  readonly since?: string
  readonly until?: string
}

export type LedgerStore = {
  /** Durable. The seq it got. */
  enter(entry: NewEntry): Promise<number>
  /** Ascending. */
  audit(filter: LedgerFilter): Promise<readonly LedgerEntry[]>
  /** The exact texts, ascending from `after`: what is exported and hashed. */
  ledgerTexts(after: number, limit: number): Promise<readonly string[]>
  ledgerSize(): Promise<number>
  /** RFC 6962 over the first `size` entries. `ledger/size` where there are not so many. */
  ledgerRoot(size: number): Promise<Buffer>
  /** `seq` from 1. */
  inclusion(seq: number, size: number): Promise<readonly Buffer[]>
  consistency(older: number, newer: number): Promise<readonly Buffer[]>
  /** Signed notes, oldest first; none twice of one size and text. */
  keepCheckpoint(size: number, note: string): Promise<void>
  checkpoints(options: {
    readonly after: number
    readonly limit: number
  }): Promise<readonly { readonly size: number; readonly note: string }[]>
  /**
   * Reads it all once: every text hashes to its leaf, every subtree to its children, numbers without a hole. The last good seq and what
   * is wrong after it; null: nothing is.
   */
  checkLedger(): Promise<{ readonly last_good: number; readonly because: string } | null>
}
