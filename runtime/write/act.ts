/**
 * The acts of a change, one at a time.
 * The caller does the act, appends its event, and asks again; `not_before` is waited for (or the intent is put aside until then).
 * A crash anywhere is no special case: a history that ends in `sending` is a lost answer, and is looked at.
 *
 *   look_before  read the record (creates: search), check binding and protection → append `looked`, or `held`;
 *                no usable answer → append a `look` of phase `before` that is `unanswered`
 *   hold         append `held`
 *   send         append `sending` with its audit entry, send once, append `answered`
 *   find         search by natural key again → append `looked` (found or null), or an `unanswered` `look`
 *   look_inputs  ask for what the inputs name → append `looked` with `missing`
 *   poll_job     append another `answered`: with the job's id while it runs, without when done, `refused` when it failed
 *   look         every verify named, each → append `look` of that phase
 *   look_beside  read the whole record once more → append `beside`
 *   judge        append `outcome`
 *   wait         nothing to do before `until`; null: before a person acts
 */
import type { Outcome } from '../write-types.ts'

export type Act =
  | { readonly act: 'look_before'; readonly not_before: string }
  | { readonly act: 'hold'; readonly brake: string; readonly because: string }
  | { readonly act: 'send'; readonly step: string; readonly attempt: number }
  | { readonly act: 'find'; readonly not_before: string }
  | { readonly act: 'look_inputs' }
  | { readonly act: 'poll_job'; readonly step: string; readonly job: string; readonly not_before: string }
  | {
      readonly act: 'look'
      readonly phase: 'before' | 'after' | 'recheck'
      /** Indices into `action.verify`. */
      readonly verify: readonly number[]
      readonly not_before: string
    }
  | { readonly act: 'look_beside' }
  | { readonly act: 'judge'; readonly outcome: Outcome }
  | { readonly act: 'wait'; readonly until: string | null; readonly because: string }
  | { readonly act: 'done' }
