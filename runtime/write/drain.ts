/** Works off what waits: the most urgent first, one change at a time an object and facet, many objects at once. */
import type { IntentRow } from '../store/write-port.ts'
import type { Outcome } from '../write-types.ts'
import type { WriteContext } from './context.ts'
import { runRow } from './run.ts'

export type DrainOptions = {
  /** `empty`: until nothing waits that may be worked on. A number: milliseconds since 1970; new intents are taken up until then. */
  readonly until?: 'empty' | number
  /** Intents under way at once, those that wait for their next look included; leavers come on top. */
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
const POLL_MS = 25

/** Throws what the store throws, when everything under way has settled; the history is then as far as it is durable. */
export async function drain(ctx: WriteContext, options: DrainOptions = {}): Promise<Drained> {
  const { until = 'empty', concurrency = CONCURRENCY } = options
  const poll_ms = options.poll_ms ?? (until === 'empty' ? null : POLL_MS)
  const running = new Map<string, Promise<void>>()
  const outcomes: { readonly intent: string; readonly outcome: Outcome }[] = []
  const failures: unknown[] = []
  const aside = new Set<string>()
  const facetsOf = (action: string): readonly string[] => Object.keys(ctx.connector.actions[action as never]?.does ?? {})
  const open = (): boolean => failures.length === 0 && ctx.signal?.aborted !== true && (until === 'empty' || ctx.now() < until)

  async function work(row: IntentRow): Promise<void> {
    const { intent } = row.intent
    try {
      const outcome = await runRow(ctx, row)
      if (outcome === null) aside.add(intent)
      else outcomes.push({ intent, outcome })
    } catch (error) {
      if (ctx.signal?.aborted !== true) failures.push(error)
    } finally {
      running.delete(intent)
      await ctx.store.release(intent).catch((error: unknown) => failures.push(error))
    }
  }

  /** False: nothing waits that may be taken now. */
  async function takeOne(): Promise<boolean> {
    const full = running.size >= concurrency
    if (running.size >= concurrency + LEAVERS_MORE) return false
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
    while (open()) {
      if (await takeOne()) continue
      if (running.size === 0 && (until === 'empty' || poll_ms === null)) break
      await waited(ctx, running, poll_ms)
    }
  } finally {
    await Promise.all(running.values())
  }
  if (failures.length > 0) throw failures[0]
  return { done: outcomes.length, put_aside: aside.size, outcomes }
}

async function waited(ctx: WriteContext, running: ReadonlyMap<string, Promise<void>>, poll_ms: number | null): Promise<void> {
  const ended = [...running.values()]
  if (poll_ms === null) return await Promise.race(ended)
  const stop = new AbortController()
  const either = ctx.signal === undefined ? stop.signal : AbortSignal.any([ctx.signal, stop.signal])
  const slept = ctx.sleep(poll_ms, either).catch(() => undefined)
  await Promise.race([...ended, slept])
  stop.abort()
}
