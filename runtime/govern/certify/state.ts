/** What a certification is, as the fold over what was said in it. Pure. */
import type {
  CertificationEvent,
  CertificationRow,
  CertificationState,
  Frozen,
  Link,
  StoredDecision,
  Waiver,
} from '../../certify-types.ts'
import { Failure } from '../../errors.ts'
import type { Item } from './items.ts'

type Opened = CertificationEvent & { readonly kind: 'opened' }
type Closed = CertificationEvent & { readonly kind: 'closed' }

export type Certification = {
  readonly certification: string
  readonly state: CertificationState
  readonly name: string
  readonly owner: string
  readonly opened: Opened
  /** The newest freeze, and when and by whom. */
  readonly frozen: readonly Frozen[]
  readonly frozen_at: string
  readonly closed: Closed | null
  readonly withdrawn: (CertificationEvent & { readonly kind: 'withdrawn' }) | null
  /** Who opened it, or froze it again: no waiver of theirs counts in it. */
  readonly concerned: readonly string[]
  /** Waivers it was opened or frozen upon. */
  readonly waived: readonly Waiver[]
}

export function certificationOf({ certification, events }: CertificationRow): Certification {
  const [opened] = events
  if (opened?.kind !== 'opened')
    throw new Failure('store/damaged', certification, `${certification} does not begin with its opening`)
  const closed = events.find((event) => event.kind === 'closed') ?? null
  const withdrawn = events.find((event) => event.kind === 'withdrawn') ?? null
  const freezes = events.filter((event) => event.kind === 'opened' || event.kind === 'frozen')
  const last = freezes.at(-1) ?? opened
  return {
    certification,
    state: closed !== null ? 'closed' : withdrawn !== null ? 'withdrawn' : 'open',
    name: opened.name,
    owner: opened.owner,
    opened,
    frozen: last.frozen,
    frozen_at: last.at,
    closed,
    withdrawn,
    concerned: [...new Set(freezes.map(({ by }) => by))],
    waived: last.waived,
  }
}

/** Of each item the last word; a record that changed since is not decided by it. */
export function decided(items: readonly Item[], decisions: readonly StoredDecision[]) {
  const last = new Map(decisions.map((one) => [one.item, one]))
  const of = (item: Item): StoredDecision | null => {
    const found = last.get(item.item)
    return found?.record === item.record ? found : null
  }
  const found = items.map((item) => ({ item, decision: of(item) }))
  return {
    undecided: found.flatMap(({ item, decision }) => (decision === null ? [item] : [])),
    kept: found.filter(({ decision }) => decision?.is === 'keep').length,
    revoked: found.flatMap(({ item, decision }) => (decision?.is === 'revoke' ? [{ item, decision }] : [])),
  }
}

/** The newest intent of each item. */
export const intentsOf = (links: readonly Link[]): ReadonlyMap<string, string> =>
  new Map(links.map(({ item, intent }) => [item, intent]))

/** Between two populations of one stream. */
export function differences(before: readonly Item[], now: readonly Item[]) {
  const was = new Map(before.map((one) => [one.item, one]))
  const is = new Set(now.map((one) => one.item))
  return {
    late: now.filter((one) => !was.has(one.item)),
    gone: before.filter((one) => !is.has(one.item)),
    changed: now.filter((one) => was.has(one.item) && was.get(one.item)?.record !== one.record),
  }
}
