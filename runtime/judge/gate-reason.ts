/** A reason's own name, and whether a second person may let it stand. */
import { hash } from 'node:crypto'
import type { GateReason, GateReasonKind } from '../certify-types.ts'

/** `bound`: what it is bound to (a sync, an intent): about another one it is another reason. */
export function gateReason(
  kind: GateReasonKind,
  where: { readonly connection: string; readonly stream: string },
  bound: string,
  because: string,
  settle: string,
): GateReason {
  const { connection, stream } = where
  const id = hash('sha256', JSON.stringify([kind, connection, stream, bound]), 'hex').slice(0, 12)
  return { stream, because, settle, connection, kind, id }
}

/**
 * Only what no work can settle: a hold that a person must judge, a target that can never prove more, a change nobody can look at. What a
 * sync, a decision or another try can settle is settled so.
 */
export const WAIVABLE: ReadonlySet<GateReasonKind> = new Set<GateReasonKind>(['hold', 'unprovable', 'unverifiable'])

export const answerOf = (reasons: readonly GateReason[]): 'allow' | 'deny' | 'waiver_required' =>
  reasons.length === 0 ? 'allow' : reasons.every(({ kind }) => WAIVABLE.has(kind)) ? 'waiver_required' : 'deny'
