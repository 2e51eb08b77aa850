/**
 * What of a plan stops for a person. Pure, and on by default: no threshold can be absent, only set.
 * faults.md hostile 17 (a feed that returns 12 of 9,000 people), "Wrong or mass deprovisioning" 1–14.
 */
import type { Verdict } from '../types.ts'
import type { Plan, PlanItem } from '../write-types.ts'

export type PlanThresholds = {
  /** Objects of one connection that lose something: more than this waits. */
  readonly count: number
  /** Of the population of the stream (0–1): more than this waits, where more than `few` are touched. */
  readonly share: number
  readonly few: number
  /** Of the privileged accounts (0–1). */
  readonly privileged_share: number
}

/** Ten per cent is what owncloud/core#29547 asked for; five leavers on one day are no alarm in a small tenant. */
export const PLAN_THRESHOLDS: PlanThresholds = { count: 50, share: 0.1, few: 5, privileged_share: 0.1 }

/** What is known of one connection when a plan is made. */
export type PlanFacts = {
  /** Live accounts in the last complete snapshot; null: there is none. */
  readonly population: number | null
  /** Verdict of the read that the plan rests on; null: never read. */
  readonly verdict: Verdict['is'] | null
  /** Native ids of accounts known to be privileged; null: not known. */
  readonly privileged: readonly string[] | null
  /** The account that the connection signs in with. */
  readonly own_id: string | null
  /** Listed by the operator: break-glass accounts, the last owner. */
  readonly protected_ids: readonly string[]
}

/** Where the wish comes from (an HR feed); null: one person asked for it by hand. */
export type PlanSource = { readonly name: string; readonly records: number; readonly complete: boolean } | null

export type Brake = { readonly brake: BrakeName; readonly because: string }
export type BrakeName =
  | 'mass_count'
  | 'mass_share'
  | 'everybody'
  | 'privileged'
  | 'zero_source'
  | 'incomplete_source'
  | 'unproven_target'
  | 'own_account'
  | 'protected'

export type PlanBrakesInput = {
  readonly items: readonly PlanItem[]
  readonly facts: { readonly [connection: string]: PlanFacts }
  readonly source: PlanSource
  readonly thresholds?: PlanThresholds
}

/** Brakes that hold the plan, each with its reason; none: it may go. Only items that take something away are counted. */
export function planBrakes({
  items,
  facts,
  source,
  thresholds = PLAN_THRESHOLDS,
}: PlanBrakesInput): Plan['held'] & readonly Brake[] {
  const taking = items.filter((item) => item.destructive)
  const connections = [...new Set(items.map((item) => item.connection))]
  return [
    ...(taking.length === 0 ? [] : ofSource(source)),
    ...connections.flatMap((name) => {
      const ids = idsOf(taking.filter((item) => item.connection === name))
      const known = facts[name] ?? NOTHING_KNOWN
      const all = idsOf(items.filter((item) => item.connection === name))
      return [
        ...ofMass(name, ids, known, thresholds),
        ...(source === null ? [] : ofVerdict(name, ids, known)),
        ...ofPrivileged(name, ids, known, thresholds),
        ...ofPeople(name, all, known),
      ]
    }),
  ]
}

const NOTHING_KNOWN: PlanFacts = { population: null, verdict: null, privileged: null, own_id: null, protected_ids: [] }

/** Several items on one object are one object. A taking without an id still takes. */
const idsOf = (items: readonly PlanItem[]): readonly string[] => [...new Set(items.map((item) => item.id ?? ''))]

function ofSource(source: PlanSource): readonly Brake[] {
  if (source === null) return []
  if (source.records <= 0)
    return [{ brake: 'zero_source', because: `${source.name} has no records: an empty source always waits for a person` }]
  if (source.complete) return []
  return [
    {
      brake: 'incomplete_source',
      because: `${source.name} is not shown to be complete: who is absent from it may only be missing`,
    },
  ]
}

/** Of ids of one connection that lose something: count, share, everybody, privileged. */
export function massBrakes(
  name: string,
  ids: readonly string[],
  known: Pick<PlanFacts, 'population' | 'privileged'>,
  limits: PlanThresholds,
): readonly Brake[] {
  return [...ofMass(name, ids, known, limits), ...ofPrivileged(name, ids, known, limits)]
}

function ofMass(
  name: string,
  ids: readonly string[],
  known: Pick<PlanFacts, 'population'>,
  limits: PlanThresholds,
): readonly Brake[] {
  const n = ids.length
  const { population } = known
  const out: Brake[] = []
  if (n === 0) return out
  if (n > limits.count)
    out.push({ brake: 'mass_count', because: `${name}: ${n} objects lose something, more than ${limits.count}` })
  if (population !== null && n >= population && n > 1) {
    out.push({ brake: 'everybody', because: `${name}: all ${population} accounts lose something` })
  } else if (population !== null && isLargeShare(n, population, limits)) {
    const because = `${name}: ${n} of ${population} accounts lose something, more than ${Math.round(limits.share * 100)} %`
    out.push({ brake: 'mass_share', because })
  } else if (population === null && n > limits.few) {
    out.push({
      brake: 'mass_share',
      because: `${name}: ${n} objects lose something, and of how many is not known: no complete snapshot`,
    })
  }
  return out
}

/** Not for people named by hand: there only what is missing would be overlooked, and nothing wrongly taken. */
function ofVerdict(name: string, ids: readonly string[], { verdict }: PlanFacts): readonly Brake[] {
  if (ids.length < 2 || verdict === 'complete') return []
  const what = verdict === null ? 'was never read' : `is ${verdict}`
  return [{ brake: 'unproven_target', because: `${name}: what the plan rests on ${what}; sync again, or approve the exact list` }]
}

/** In a small tenant a few people may be half of everybody. */
function isLargeShare(n: number, population: number, limits: PlanThresholds): boolean {
  return (n > limits.few && n > population * limits.share) || (n > 2 && n * 2 >= population)
}

function ofPrivileged(
  name: string,
  ids: readonly string[],
  known: Pick<PlanFacts, 'privileged'>,
  limits: PlanThresholds,
): readonly Brake[] {
  if (known.privileged === null) return []
  const all = new Set(known.privileged)
  const hit = ids.filter((id) => all.has(id))
  if (hit.length === 0) return []
  if (hit.length >= all.size) {
    return [{ brake: 'privileged', because: `${name}: every privileged account loses something: nobody could undo it` }]
  }
  if (hit.length < 2 || hit.length <= all.size * limits.privileged_share) return []
  const share = Math.round(limits.privileged_share * 100)
  return [
    {
      brake: 'privileged',
      because: `${name}: ${hit.length} of ${all.size} privileged accounts lose something, more than ${share} %`,
    },
  ]
}

/** Any change of them waits, not only a taking: a new password locks out as well. */
function ofPeople(name: string, ids: readonly string[], known: PlanFacts): readonly Brake[] {
  const own = known.own_id !== null && ids.includes(known.own_id)
  const kept = known.protected_ids.filter((id) => ids.includes(id))
  return [
    ...(own
      ? [{ brake: 'own_account' as const, because: `${name}: ${known.own_id} is the account that this connection signs in with` }]
      : []),
    ...kept.map((id) => ({ brake: 'protected' as const, because: `${name}: ${id} is protected by the operator` })),
  ]
}
