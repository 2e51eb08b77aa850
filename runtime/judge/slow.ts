/**
 * Paths that may show a change long after another one of the same facet does (a search index beside the record itself). They decide like
 * any other; but no resend, no step that takes access away and no word on the way waits for them. Pure.
 */
import type { Action } from '../types.ts'
import type { FacetOutcome } from '../write-types.ts'
import { isResidual, joinFacets } from './facet.ts'

/** Shorter windows are waited for. */
const SLOW_S = 3600

/** `index` into `action.verify`. */
export function isSlow(action: Pick<Action, 'verify'>, index: number): boolean {
  const own = action.verify[index]
  if (own === undefined || own.within_s < SLOW_S || isResidual(own)) return false
  return action.verify.some((one) => one.facet === own.facet && !isResidual(one) && one.within_s < own.within_s)
}

/** Seconds until every path but the slow ones has said what it has to say. */
export const windowOf = (action: Pick<Action, 'verify'>): number =>
  Math.max(0, ...action.verify.filter((_, index) => !isSlow(action, index)).map((verify) => verify.within_s))

/** A slow path that has not decided counts only where the others show the asked-for state: then it is what is waited for. */
export function joinPaths(paths: readonly { readonly slow: boolean; readonly is: FacetOutcome }[]): FacetOutcome {
  const quick = paths.filter((one) => !one.slow)
  const open = quick.length > 0 && joinFacets(quick.map((one) => one.is)).is !== 'verified'
  return joinFacets(paths.filter((one) => !one.slow || !open || one.is.is !== 'looking').map((one) => one.is))
}
