/** From what is broken now and what was known to be: which exceptions open, change and close. Pure. */
import type { Breach, Control, Exception } from '../levels-types.ts'

export type Differences = {
  readonly opened: readonly Breach[]
  readonly changed: readonly Exception[]
  readonly closed: readonly Exception[]
}

/** Closed by a person's word where no work can settle it; everything else closes by being settled. */
export const CLOSED_BY_HAND: ReadonlySet<Control> = new Set<Control>(['unverifiable_debt'])

type Known = {
  /** Not closed. */
  readonly open: readonly Exception[]
  /** What a person closed last, a control: it stays closed while it speaks of the same. */
  readonly byHand: readonly Exception[]
  readonly owners: Pick<Exception, 'owner' | 'data_owner'>
}

export function differences(breaches: readonly Breach[], { open, byHand, owners }: Known, at: string): Differences {
  const same = (a: Pick<Breach, 'control' | 'stream'>, b: Pick<Breach, 'control' | 'stream'>): boolean =>
    a.control === b.control && a.stream === b.stream
  const opened = breaches.filter(
    (breach) => !open.some((one) => same(one, breach)) && !byHand.some((one) => same(one, breach) && one.bound === breach.bound),
  )
  const changed = open.flatMap((one) => {
    const breach = breaches.find((found) => same(found, one))
    if (breach === undefined) return []
    // Since when is the first that was known; a person's word is about what it was then.
    const next: Exception = { ...one, ...breach, ...owners, since: one.since }
    const worse = one.acknowledged !== null && RANK[breach.severity] < RANK[one.severity]
    const now: Exception = worse ? { ...next, state: 'open', acknowledged: null } : next
    return JSON.stringify(now) === JSON.stringify(one) ? [] : [now]
  })
  const closed = open
    .filter((one) => !breaches.some((breach) => same(breach, one)))
    .map((one): Exception => ({ ...one, state: 'closed', closed: { by: null, at, because: 'the level holds again' } }))
  return { opened, changed, closed }
}

const RANK = { critical: 0, high: 1, info: 2 } as const
