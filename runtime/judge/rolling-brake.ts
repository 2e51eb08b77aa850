/**
 * Many small removals are a mass removal: the numbers of the plan brakes, over everything that a connection took away lately, whoever asked
 * for it and in however many pieces. Pure. faults.md hostile 17, "Wrong or mass deprovisioning".
 */
import type { Intent, IntentEvent } from '../write-types.ts'
import { massBrakes, PLAN_THRESHOLDS, type PlanFacts, type PlanThresholds } from './plan-brakes.ts'

export type RemovalLimits = { readonly window_ms: number; readonly thresholds: PlanThresholds }

/** An hour: what a runaway script takes from a directory before somebody looks at the clock. */
export const REMOVAL_LIMITS: RemovalLimits = { window_ms: 3_600_000, thresholds: PLAN_THRESHOLDS }

const ROLLING = 'rolling_'
export type RollingBrake = { readonly brake: string; readonly because: string }

/** `taken`: other objects of the connection that lost something in the window, or will before this one; nobody approved those. */
export function rollingBrake(
  intent: Pick<Intent, 'connection' | 'id' | 'intent'>,
  taken: readonly string[],
  facts: Pick<PlanFacts, 'population' | 'privileged'>,
  { window_ms, thresholds }: RemovalLimits,
): RollingBrake | null {
  // One alone is no mass, whoever it is: that is for the plan's brakes and the protected to say.
  if (taken.length === 0) return null
  const [first, ...more] = massBrakes(intent.connection, [...taken, intent.id ?? `new ${intent.intent}`], facts, thresholds)
  if (first === undefined) return null
  const because = [first, ...more].map((one) => one.because).join('; ')
  return {
    brake: `${ROLLING}${first.brake.replace('mass_', '')}`,
    because: `within ${spanOf(window_ms)}, this one with them, ${because}`,
  }
}

const spanOf = (ms: number): string => (ms % 3_600_000 === 0 ? `${ms / 3_600_000} h` : `${Math.round(ms / 60_000)} min`)

/** What an approval of it is bound to: the list it came from, or the change itself, which stays the same when it is asked for again. */
export const approvalHash = ({ plan, key }: Pick<Intent, 'plan' | 'key'>): string => plan?.split('/')[0] ?? key

/** For the person who waits. */
export const releaseStep = (intent: Pick<Intent, 'plan' | 'key' | 'provenance'>): string =>
  `Somebody other than ${intent.provenance.by} looks at it and says \`rollcall approve ${approvalHash(intent)} --by NAME\`; then the same command again. Or wait: the window moves on.`

/** The brake that holds it is this one. */
export function isHeldByRolling(events: readonly IntentEvent[]): boolean {
  const last = events.findLast((event) => event.kind === 'held' || event.kind === 'approved' || event.kind === 'requested')
  return last?.kind === 'held' && last.brake.startsWith(ROLLING)
}
