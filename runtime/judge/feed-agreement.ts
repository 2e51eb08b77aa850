/**
 * Did a feed name all that two whole reads found changed, and what is it worth? Pure. What it claims to tell and did not is skipped; where
 * nothing changed nothing is shown; where a position was lost in between nothing is compared. faults.md R28, R29.
 */
import type { Change, Feed, ToldChange } from '../types.ts'
import type { FeedAgreement, FeedState, Hole } from '../watch-types.ts'

/** A complete read of a stream. */
export type WholeRead = {
  readonly sync: number
  readonly began_at: string
  readonly ended_at: string
  /** Of connector, settings and credential: what another one reads is no change of the target. */
  readonly fingerprint: string
}

export type Comparison =
  | { readonly is: 'wait'; readonly because: string }
  /** The next whole read is compared with this one. */
  | { readonly is: 'begin'; readonly because: string }
  | { readonly is: 'compare'; readonly last: FeedAgreement }

/** `before`: the fingerprint under which the last compared read was made; null: it is no longer known. */
export function whatToCompare(
  state: Pick<FeedState, 'since' | 'told_until' | 'agreements'> | null,
  stream: string,
  newest: WholeRead | null,
  before: string | null,
): Comparison {
  const since = state?.since ?? null
  if (state === null || since === null) return { is: 'wait', because: 'it is not known from when on it tells everything' }
  if (newest === null) return { is: 'wait', because: 'no complete read yet' }
  const last = state.agreements.find((one) => one.stream === stream) ?? null
  // A read that had begun when the feed was first asked may have seen what the feed never had to tell.
  const stands = last !== null && last.began_at > since && before === newest.fingerprint
  if (!stands) {
    if (newest.began_at <= since) return { is: 'wait', because: `no complete read began since ${since}` }
    if (last?.between[1] === newest.sync) return { is: 'wait', because: 'no newer complete read' }
    return { is: 'begin', because: BEGINS }
  }
  if (last.between[1] >= newest.sync) return { is: 'wait', because: 'no newer complete read' }
  if (state.told_until === null || state.told_until < newest.ended_at)
    return { is: 'wait', because: 'what the newest read saw may still be told' }
  return { is: 'compare', last }
}

const BEGINS = 'the first complete read since it is asked; the next is compared with it'

export function beginning(feed: Feed, stream: string, read: WholeRead, compared_to: number, at: string): FeedAgreement {
  return {
    ...{ feed: feed.name, stream, between: [read.sync, read.sync], began_at: read.began_at, compared_to },
    ...{ is: 'unknown', because: BEGINS, changes: 0, named: 0, skipped: [], at },
  }
}

// ---------------------------------------------------------------- counting

/** A change that a read found, and what is known beside it. */
export type Found = Pick<Change, 'id' | 'kind'> & {
  readonly named: boolean
  /** Of an update: the fields that moved; null: not known. */
  readonly moved: readonly string[] | null
}

export type Tally = {
  readonly changes: number
  readonly named: number
  readonly skipped: readonly string[]
  /**
   * Records that left the list and that a feed that claims to tell of deletions did not name: whether they are gone a look shows. A read that
   * holds removals back never says more of them.
   */
  readonly doubtful: readonly string[]
  /** Others that left a list or came back to it: no statement about what became of them, so the feed owes none. */
  readonly open: number
}

export const NOTHING_FOUND: Tally = { changes: 0, named: 0, skipped: [], doubtful: [], open: 0 }

/** `skipped` and `doubtful` hold every id once. */
export function tally(feed: Pick<Feed, 'tells' | 'silent_on'>, found: readonly Found[]): Tally {
  const isDoubtful = ({ kind, named }: Found) => kind === 'vanished' && !named && feed.tells.includes('deleted')
  const open = found.filter((one) => (one.kind === 'vanished' || one.kind === 'returned') && !isDoubtful(one)).length
  const owed = found.filter((one) => isOwed(feed, one))
  const skipped = owed.filter((one) => !one.named)
  const ids = (some: readonly Found[]) => [...new Set(some.map(({ id }) => id))]
  return {
    ...{ changes: owed.length, named: owed.length - skipped.length, open },
    ...{ skipped: ids(skipped), doubtful: ids(found.filter(isDoubtful)) },
  }
}

const TOLD_AS: { readonly [kind in Change['kind']]: ToldChange | null } = {
  created: 'created',
  updated: 'updated',
  confirmed_deleted: 'deleted',
  vanished: null,
  returned: null,
}

function isOwed({ tells, silent_on }: Pick<Feed, 'tells' | 'silent_on'>, { kind, moved }: Found): boolean {
  const told_as = TOLD_AS[kind]
  if (told_as === null || !tells.includes(told_as)) return false
  return kind !== 'updated' || moved === null || moved.some((field) => !silent_on.includes(field))
}

export const plus = (a: Tally, b: Tally): Tally => ({
  changes: a.changes + b.changes,
  named: a.named + b.named,
  skipped: [...a.skipped, ...b.skipped],
  doubtful: [...a.doubtful, ...b.doubtful],
  open: a.open + b.open,
})

// ---------------------------------------------------------------- the word

const A_FEW = 10
const QUIET = '; since then nothing changed that it tells'
const PENDING = '; whether they are gone looks will show'

export function agreementOf(last: FeedAgreement, read: WholeRead, found: Tally, compared_to: number, at: string): FeedAgreement {
  const { feed, stream } = last
  const next = { feed, stream, between: [last.between[1], read.sync] as const, began_at: read.began_at, compared_to, at }
  const { changes, named, skipped, doubtful } = found
  const silent = skipped.length === 0 && doubtful.length > 0
  // Nothing to tell is told by a feed that is dead too: what was known of it stands.
  if (changes === 0 && (!silent || last.is === 'skipped'))
    return { ...last, ...next, because: last.because.endsWith(QUIET) ? last.because : `${last.because}${QUIET}` }
  const open = found.open === 0 ? '' : `; ${found.open} that left the list or came back to it are not counted`
  const span = `between the reads of sync ${next.between[0]} and ${read.sync}`
  if (silent) {
    const because = `it did not name ${doubtful.length} that left the list ${span}: ${some(doubtful)}${PENDING}${open}`
    return { ...next, is: 'unknown', because, changes, named, skipped: doubtful.slice(0, A_FEW) }
  }
  if (skipped.length === 0)
    return { ...next, is: 'agrees', because: `it named all ${changes} that changed ${span}${open}`, changes, named, skipped: [] }
  const because = `it did not name ${changes - named} of ${changes} that changed ${span}: ${some(skipped)}${open}`
  return { ...next, is: 'skipped', because, changes, named, skipped: skipped.slice(0, A_FEW) }
}

const some = (ids: readonly string[]): string => `${ids.slice(0, 3).join(', ')}${ids.length > 3 ? ', …' : ''}`

/** Does it wait for looks at who left the list unnamed? */
export const isPending = ({ is, skipped }: FeedAgreement): boolean => is === 'unknown' && skipped.length > 0

/** Who left the list unnamed and was seen gone was skipped. Null: nobody was, or not yet; who is alive shows nothing of the others. */
export function settledBy(agreement: FeedAgreement, gone: readonly string[]): FeedAgreement | null {
  if (!isPending(agreement) || gone.length === 0) return null
  return { ...agreement, is: 'skipped', because: agreement.because.replace(PENDING, `; gone: ${some(gone)}`), skipped: gone }
}

// ---------------------------------------------------------------- what it is worth

export const FEED_IS = ['steady', 'untested', 'skipped', 'hole', 'failed'] as const
export type FeedIs = (typeof FEED_IS)[number]
export type FeedWorth = { readonly is: FeedIs; readonly because: string }

/** The worst of what is known. `waits`: why a stream that it names is not compared further now. */
export function worthOf(feed: Feed, state: FeedState | null, waits: { readonly [stream: string]: string }): FeedWorth {
  if (state !== null && state.failed !== null) return { is: 'failed', because: state.failed }
  if (state === null || state.position === null) return { is: 'untested', because: 'it was never asked' }
  const [hole] = state.holes
  if (hole !== undefined) return { is: 'hole', because: holeText(hole, state.holes.length) }
  const streams = [...new Set(feed.names.map(({ stream }) => stream))]
  const of = streams.map((stream) => [stream, state.agreements.find((one) => one.stream === stream)] as const)
  const skipped = of.find(([, one]) => one?.is === 'skipped')
  if (skipped !== undefined) return { is: 'skipped', because: `${skipped[0]}: ${skipped[1]?.because ?? ''}` }
  const untested = of.find(([, one]) => one?.is !== 'agrees')
  if (untested !== undefined) {
    const [stream, one] = untested
    return { is: 'untested', because: `${stream}: ${one?.because ?? waits[stream] ?? 'no complete read since it is asked'}` }
  }
  return { is: 'steady', because: of.map(([stream, one]) => `${stream}: ${one?.because ?? ''}`).join('; ') }
}

function holeText({ from, to, because }: Hole, holes: number): string {
  const span = to === null ? `since ${from}` : `between ${from} and ${to}`
  const more = holes === 1 ? '' : ` (and ${holes - 1} more)`
  return `what happened ${span} may not have been told: ${because}${more}; the next whole complete read ends that`
}
