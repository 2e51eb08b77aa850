/** Where judging is a matter of degree. The defaults are on; a connection may set others. */
export type Thresholds = {
  /** Removals beyond both of these wait for a person. */
  readonly removals: { readonly count: number; readonly share: number }
  /** A field filled this much less often than in the baseline (share, 0–1) is an anomaly. */
  readonly field_fall: number
}

/**
 * Ten, or a tenth, whichever is more: below it a busy day's leavers pass; above it stands every mass removal of
 * faults.md ("if more than 10 % or so should be deleted, stop", owncloud/core#29547).
 */
export const DEFAULT_THRESHOLDS: Thresholds = { removals: { count: 10, share: 0.1 }, field_fall: 0.2 }

/** Why so many removals at once wait for a person, or null. An emptied source always waits. */
export function heldRemovals(base: number, absent: number, thresholds: Thresholds): string | null {
  if (base <= 0 || absent <= 0) return null
  if (absent >= base)
    return `all ${base} records of the last complete snapshot are gone: an emptied source always waits for a person`
  const { count, share } = thresholds.removals
  if (absent > Math.max(count, base * share)) {
    return `${absent} of ${base} records of the last complete snapshot are gone: more than ${count} and more than ${Math.round(share * 100)} %`
  }
  // In a small tenant ten people may be nearly everybody.
  if (absent > 2 && absent * 2 >= base) return `${absent} of ${base} records of the last complete snapshot are gone: half or more`
  return null
}
