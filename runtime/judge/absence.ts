/** Absence is never deletion, until four things say so; this judges two of them: the verdict and the size of the batch. Pure. */
import type { Verdict } from '../types.ts'
import { isVoid } from './history.ts'
import { heldRemovals, type Thresholds } from './thresholds.ts'

export type AbsenceJudgement = {
  /** Why these removals wait for a person; null: they do not. */
  readonly hold: string | null
  /**
   * May absent ids become `confirmed_deleted`, each after its own by-id "gone" with a positive control alive in the same minute?
   * False: they stay `vanished`.
   */
  readonly may_confirm: boolean
}

/** `base` records in the last complete snapshot, `absent` of them not in this read. A true 30 % layoff is complete, and held. */
export function judgeAbsence(input: {
  readonly base: number
  readonly absent: number
  readonly verdict: Verdict
  readonly thresholds: Thresholds
}): AbsenceJudgement {
  const { base, absent, verdict, thresholds } = input
  // Against another connector's snapshot an absent id may only be hidden now; it stays `vanished`, and blocks nobody.
  const comparable = absent === 0 || !verdict.findings.some(isVoid)
  const hold = heldRemovals(base, absent, thresholds) ?? verdict.hold
  return { hold, may_confirm: hold === null && comparable && verdict.is === 'complete' }
}
