/** What a proof may ask of: the target, this read, and the reads of other streams. */
import type { AskById } from '../record/by-id.ts'
import type { ReadContext } from './context.ts'
import type { Fold } from './facts.ts'
import type { Sessions } from './stream.ts'

export type ProofContext = Omit<ReadContext, 'onPage' | 'longest'> & {
  readonly sessions: Sessions
  readonly fold: Fold
  readonly byId: AskById | null
  /** The credential's own id, or why it is not known. */
  readonly whoami: () => Promise<{ readonly id: string } | { readonly failed: string }>
  readonly canaries: readonly string[]
  /** Counts taken before the read, by the ask's key. */
  readonly before: { readonly [key: string]: number | null }
}
