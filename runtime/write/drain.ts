/** Works off what waits: the most urgent first, one change at a time an object and facet, many objects at once. */
import type { IntentRow } from '../store/write-port.ts'
import type { Outcome } from '../write-types.ts'
import type { WriteContext } from './context.ts'
import { releaseHeld, removalFacts } from './removals.ts'
import { runRow } from './run.ts'

export type DrainOptions = {
  /** `empty`: until nothing waits that may be worked on. A number: milliseconds since 1970; new intents are taken up until then. */
  readonly until?: 'empty' | number
  /** Intents at work at once; leavers come on top. Who waits for the next look is not at work. */
  readonly concurrency?: number
  /** How often is asked whether something new waits. Absent: with an `until` time every 25 ms, else only when an intent ends. */
  readonly poll_ms?: number
}

export type Drained = {
  /** With an outcome. */
  readonly done: number
  /** Held, or stopped by a kill switch. */
  readonly put_aside: number
  readonly outcomes: readonly { readonly intent: string; readonly outcome: Outcome }[]
}

const CONCURRENCY = 64
/** Leavers never wait for a place among the others; this many come on top. */
const LEAVERS_MORE = 64
/** Those that wait included: some KB of memory each. */
const OPEN_MOST = 4096
const POLL_MS = 25

/** Throws what the store throws, when everything under way has settled; the history is then as far as it is durable. */
export async function drain(ctx: WriteContext, options: DrainOptions = {}): Promise<Drained> {
  const { until = 'empty', concurrency = CONCURRENCY } = options
  const poll_ms = options.poll_ms ?? (until === 'empty' ? null : POLL_MS)
  const running = new Map<string, Promise<void>>()
  const outcomes: { readonly intent: string; readonly outcome: Outcome }[] = []
  const failures: unknown[] = []
  const aside = new Set<string>()
  const asleep = new Set<string>()
  let changed = Promise.withResolvers<void>()
  const facetsOf = (action: string): readonly string[] => Object.keys(ctx.connector.actions[action as never]?.does ?? {})
  const removal_facts = ctx.removal_facts ?? removalFacts(ctx)
  const open = (): boolean => failures.length === 0 && ctx.signal?.aborted !== true && (until === 'empty' || ctx.now() < until)

  async function work(row: IntentRow): Promise<void> {
    const { intent } = row.intent
    const sleep: WriteContext['sleep'] = async (ms, signal) => {
      asleep.add(intent)
      changed.resolve()
      try {
        await ctx.sleep(ms, signal)
      } finally {
        asleep.delete(intent)
      }
    }
    try {
      const outcome = await runRow({ ...ctx, sleep, removal_facts }, row)
      if (outcome === null) aside.add(intent)
      else outcomes.push({ intent, outcome })
    } catch (error) {
      if (ctx.signal?.aborted !== true) failures.push(error)
    } finally {
      running.delete(intent)
      await ctx.store.release(intent).catch((error: unknown) => failures.push(error))
      changed.resolve()
    }
  }

  /** False: nothing waits that may be taken now. */
  async function takeOne(): Promise<boolean> {
    const working = running.size - asleep.size
    const full = working >= concurrency || running.size >= OPEN_MOST
    if (working >= concurrency + LEAVERS_MORE || running.size >= OPEN_MOST + LEAVERS_MORE) return false
    const row = await ctx.store.next(ctx.connection.name, facetsOf)
    if (row === null) return false
    const { intent, lane } = row.intent
    // Put aside and yet given again: whatever stopped it still does.
    if ((full && lane !== 'leaver') || aside.has(intent)) {
      await ctx.store.release(intent)
      return false
    }
    running.set(intent, work(row))
    return true
  }

  try {
    await releaseHeld({ ...ctx, removal_facts })
    for (let takes = 1; open(); takes++) {
      changed = Promise.withResolvers<void>()
      // Timers and signals get their turn, however much waits.
      if (takes % 32 === 0) await new Promise((turn) => setImmediate(turn))
      if (await takeOne()) continue
      if (running.size === 0 && (until === 'empty' || poll_ms === null)) break
      await waited(ctx, changed.promise, poll_ms)
    }
  } finally {
    await Promise.all(running.values())
  }
  if (failures.length > 0) throw failures[0]
  return { done: outcomes.length, put_aside: aside.size, outcomes }
}

async function waited(ctx: WriteContext, changed: Promise<void>, poll_ms: number | null): Promise<void> {
  if (poll_ms === null) return await changed
  const stop = new AbortController()
  const either = ctx.signal === undefined ? stop.signal : AbortSignal.any([ctx.signal, stop.signal])
  const slept = ctx.sleep(poll_ms, either).catch(() => undefined)
  await Promise.race([changed, slept])
  stop.abort()
}
