/** Which levels of a connection do not hold now. Pure: facts and the time come in. */
import type { Gate, GateReason, GateReasonKind } from '../certify-types.ts'
import type { Breach, Control, Severity } from '../levels-types.ts'
import type { Levels } from '../types.ts'

/** truth.md: deactivations and sessions within five minutes. What nobody can look at is an exception from the first on. */
export const DEFAULT_LEVELS: Levels = {
  freshness_s: null,
  incomplete_for_s: 0,
  verified_within_s: 300,
  unverifiable_most: 0,
  unverifiable_for_s: 7 * 86_400,
  objective: 0.99,
}

export const levelsOf = (declared: Partial<Levels> | undefined): Levels => ({ ...DEFAULT_LEVELS, ...declared })

export type LevelFacts = {
  readonly created_at: string
  /** Over every stream, whether certified or not, with waivers. */
  readonly gate: Gate
  readonly streams: readonly {
    readonly stream: string
    readonly certified: boolean
    readonly fresh_for_s: number
    readonly started_at: string | null
    readonly read_at: string | null
    /** Of the last complete read. */
    readonly complete_at: string | null
  }[]
  readonly late: number
  readonly taking: number
  readonly oldest: { readonly intent: string; readonly action: string; readonly sent_at: string } | null
  /** Verified within the last day, and how many of them later than the level. */
  readonly verified: number
  readonly verified_late: number
  readonly p95_ms: number | null
  readonly debt: { readonly count: number; readonly oldest_at: string | null; readonly newest: string | null }
  readonly now_ms: number
}

/** At most one of each control and stream. Worst first within a control. */
export function breaches(facts: LevelFacts, levels: Levels): readonly Breach[] {
  const streams = facts.streams.flatMap((stream) => [...freshness(facts, stream), ...completeness(facts, stream, levels)])
  return [...streams, ...timeToVerified(facts, levels), ...debt(facts, levels)]
}

type Of = LevelFacts['streams'][number]
const iso = (ms: number): string => new Date(ms).toISOString()
/** Waived ones too: what a second person let stand is told, and burns nothing. */
const reasonsOf = ({ gate }: LevelFacts, stream: string, kinds: ReadonlySet<GateReasonKind>): readonly GateReason[] =>
  gate.reasons.filter((one) => one.stream === stream && kinds.has(one.kind))

const OLD: ReadonlySet<GateReasonKind> = new Set<GateReasonKind>(['stale', 'never_read', 'clock'])

function freshness(facts: LevelFacts, of: Of): readonly Breach[] {
  const [reason] = reasonsOf(facts, of.stream, OLD)
  if (reason === undefined) return []
  const from = Date.parse(of.started_at ?? facts.created_at)
  const level_ms = of.fresh_for_s * 1000
  const age_ms = facts.now_ms - from
  // A connection that was made a moment ago owes nothing yet.
  const young = of.started_at === null && age_ms <= level_ms
  const severity = !of.certified || young ? 'info' : age_ms > 2 * level_ms ? 'critical' : 'high'
  const because =
    of.started_at === null
      ? `it was never read; the connection is there since ${facts.created_at}`
      : reason.kind === 'clock'
        ? reason.because
        : `it was read at ${of.started_at} and relied upon until ${iso(from + level_ms)}`
  return [
    {
      ...{ control: 'freshness', stream: of.stream, severity, because },
      evidence: { read_at: of.started_at, level_s: of.fresh_for_s, certified: of.certified },
      next_step: reason.settle,
      since: iso(of.started_at === null || reason.kind === 'clock' ? Math.min(from, facts.now_ms) : from + level_ms),
      bound: `${of.stream} ${of.started_at}`,
    },
  ]
}

const WRONG: { readonly [kind in GateReasonKind]?: Severity } = {
  incomplete: 'critical',
  ablated: 'critical',
  fingerprint: 'high',
  unproven: 'high',
  hold: 'high',
  // No work of ours can settle it: told, and waived or not by a person.
  unprovable: 'info',
}
const WHOLE: ReadonlySet<GateReasonKind> = new Set(Object.keys(WRONG) as GateReasonKind[])
const ORDER: readonly Severity[] = ['critical', 'high', 'info']

function completeness(facts: LevelFacts, of: Of, levels: Levels): readonly Breach[] {
  const reasons = reasonsOf(facts, of.stream, WHOLE)
  const waived = facts.gate.waived.filter(({ reason }) => reason.stream === of.stream && WHOLE.has(reason.kind))
  const from = Date.parse(of.complete_at ?? of.read_at ?? facts.created_at)
  if (facts.now_ms - from < levels.incomplete_for_s * 1000 && reasons.every(({ kind }) => kind !== 'hold')) return []
  const all = [...reasons, ...waived.map(({ reason }) => reason)]
  const [first] = all.toSorted((a, b) => ORDER.indexOf(WRONG[a.kind] ?? 'info') - ORDER.indexOf(WRONG[b.kind] ?? 'info'))
  const [worst = first] = reasons.toSorted(
    (a, b) => ORDER.indexOf(WRONG[a.kind] ?? 'info') - ORDER.indexOf(WRONG[b.kind] ?? 'info'),
  )
  if (worst === undefined) return []
  const stands = reasons.length === 0
  const until = waived.map(({ waiver }) => waiver.expires_at).sort()[0]
  return [
    {
      control: 'completeness',
      stream: of.stream,
      severity: stands || !of.certified ? 'info' : (WRONG[worst.kind] ?? 'info'),
      because: all.map(({ because }) => because).join('; '),
      evidence: {
        reasons: all.map(({ id, kind }) => ({ reason: id, kind })),
        waived: waived.map(({ waiver }) => ({ reason: waiver.reason, by: waiver.by, until: waiver.expires_at })),
        last_complete_at: of.complete_at,
        certified: of.certified,
      },
      next_step: stands ? `Settle it before the waiver ends at ${until}. ${worst.settle}` : worst.settle,
      since: of.read_at ?? facts.created_at,
      bound: all.map(({ id }) => id).join(' '),
    },
  ]
}

function timeToVerified(facts: LevelFacts, levels: Levels): readonly Breach[] {
  const { late, taking, oldest, verified, verified_late, p95_ms } = facts
  const undone = facts.gate.reasons.filter(({ kind }) => kind === 'reverted')
  const level = levels.verified_within_s
  const because = [
    ...(late > 0 ? [`${late} ${late === 1 ? 'change was' : 'changes were'} sent more than ${level} s ago and not verified`] : []),
    ...(undone.length > 0 ? [`${undone.length} verified ${undone.length === 1 ? 'change is' : 'changes are'} undone`] : []),
    ...(verified_late > 0 ? [`${verified_late} of ${verified} of the last day were verified later than ${level} s`] : []),
  ]
  if (because.length === 0) return []
  const severity: Severity = taking > 0 || undone.length > 0 ? 'critical' : late > 0 ? 'high' : 'info'
  const show =
    oldest === null
      ? undone[0]?.settle
      : `\`rollcall actions --show ${oldest.intent}\` says where the oldest stands and what is to be done.`
  return [
    {
      ...{ control: 'time_to_verified', stream: '', severity, because: because.join('; ') },
      evidence: { late, taking, oldest, undone: undone.length, verified, verified_late, p95_ms, level_s: level },
      next_step: show ?? 'Nothing is open; `rollcall actions` shows which took long, and the limits of the target say why.',
      since: oldest === null ? iso(facts.now_ms) : iso(Date.parse(oldest.sent_at) + level * 1000),
      bound: `${oldest?.intent ?? ''} ${undone.map(({ id }) => id).join(' ')}`,
    },
  ]
}

function debt({ debt: { count, oldest_at, newest }, now_ms }: LevelFacts, levels: Levels): readonly Breach[] {
  if (count <= levels.unverifiable_most || oldest_at === null) return []
  const old = now_ms - Date.parse(oldest_at) > levels.unverifiable_for_s * 1000
  return [
    {
      ...{ control: 'unverifiable_debt', stream: '', severity: old ? 'critical' : 'high' },
      because: `${count} ${count === 1 ? 'change was' : 'changes were'} accepted and nobody can look whether ${count === 1 ? 'it' : 'they'} happened; the oldest at ${oldest_at}`,
      evidence: { count, oldest_at, newest, level: levels.unverifiable_most, level_s: levels.unverifiable_for_s },
      next_step: 'Have a person look at the target itself, and close this exception with what was seen.',
      since: oldest_at,
      // One more, and what was seen of the others says nothing about it.
      bound: `${count} ${newest}`,
    },
  ]
}

/** What burns the budget: `info` tells only. */
export const badControls = (found: readonly Breach[]): readonly Control[] => [
  ...new Set(found.filter(({ severity }) => severity !== 'info').map(({ control }) => control)),
]
