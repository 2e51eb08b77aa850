/** The rolling brake at work: how much was taken lately, and whether a person has let this one go. */
import {
  approvalHash,
  isHeldByRolling,
  REMOVAL_LIMITS,
  type RollingBrake,
  releaseStep,
  rollingBrake,
} from '../judge/rolling-brake.ts'
import { privilegedIds } from '../record/grants.ts'
import type { Approval, Intent, IntentEvent } from '../write-types.ts'
import type { RemovalFacts, WriteContext } from './context.ts'
import { at, type Work } from './work.ts'

/** Null: it may go. Asked right before the first request of something destructive that nobody approved. */
export const removalBrake = ({ ctx, act, intent }: Work): Promise<RollingBrake | null> => brakeOn(ctx, act.action.on, intent)

async function brakeOn(ctx: WriteContext, on: string, intent: Intent): Promise<RollingBrake | null> {
  const limits = ctx.removals === undefined ? REMOVAL_LIMITS : ctx.removals
  if (limits === null) return null
  const since = new Date(ctx.now() - limits.window_ms).toISOString()
  // One more than the largest number that passes is enough to hold it.
  const taken = await ctx.store.taken(intent.intent, since, limits.thresholds.count)
  if (taken.length === 0) return null
  const facts = await (ctx.removal_facts ?? removalFacts(ctx))(on)
  const brake = rollingBrake(intent, taken, facts, limits)
  return brake === null ? null : { ...brake, because: `${brake.because}. ${releaseStep(intent)}` }
}

/** Read once for as many changes as are worked off together: grants of a large tenant are long to walk over. */
export function removalFacts(ctx: Pick<WriteContext, 'store' | 'connector' | 'connection'>): RemovalFacts {
  const { store, connector, connection } = ctx
  let privileged: Promise<readonly string[] | null> | null = null
  return async (stream) => {
    const found = (await store.snapshots(connection.name)).find(({ latest }) => latest.stream === stream)
    privileged ??= privilegedIds(store, connector, connection.name)
    return { population: found?.complete?.records ?? null, privileged: await privileged }
  }
}

/**
 * The approval of a second person, used up by this; for the list that a change came from it holds for the rest of the same run.
 * Null: there is none.
 */
export async function approvalOf({ store, now }: WriteContext, intent: Intent): Promise<Approval | null> {
  const hash = approvalHash(intent)
  const used = await store.useApproval(hash, intent.provenance.by, new Date(now()).toISOString())
  if (used !== null || intent.plan === null) return used
  const of_run = (await store.approvals(hash)).find((one) => one.used_at !== null && one.used_at >= intent.made_at)
  return of_run ?? null
}

export const approvedBy = ({ by, hash }: Approval, ctx: WriteContext): IntentEvent => ({
  kind: 'approved',
  at: at(ctx),
  by,
  hash,
})

/**
 * Before a connection is worked off: what the brake held goes on where a person has approved it since, or the window has moved on. The
 * latter is asked of the brake once more before it is sent, and counts for those that stand behind it.
 */
export async function releaseHeld(ctx: WriteContext): Promise<void> {
  const rows = await ctx.store.intents({ connection: ctx.connection.name, states: ['held'], limit: MOST_HELD })
  // Oldest first: where one still has to wait, those behind it on the same stream do.
  const full = new Set<string>()
  for (const { intent, events } of rows.toReversed()) {
    if (!isHeldByRolling(events)) continue
    const approval = await approvalOf(ctx, intent)
    if (approval !== null) {
      await ctx.store.append(intent.intent, approvedBy(approval, ctx), { by: approval.by, what: 'approved' })
      continue
    }
    const on = ctx.connector.actions[intent.action]?.on
    if (on === undefined || full.has(on)) continue
    if ((await brakeOn(ctx, on, intent)) !== null) full.add(on)
    else
      await ctx.store.append(
        intent.intent,
        { kind: 'requested', at: new Date(ctx.now()).toISOString() },
        { by: 'rollcall', what: 'no longer held: the window has moved on' },
      )
  }
}

const MOST_HELD = 10_000
