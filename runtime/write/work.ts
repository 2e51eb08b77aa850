/** One intent at work: what it is about, its history so far, and how a step of it becomes durable. */
import type { Names } from '../record/request.ts'
import { settingNames } from '../record/request.ts'
import type { Asking } from '../record/send-declared.ts'
import type { Intent, IntentEvent } from '../write-types.ts'
import type { CompiledAction } from './compile.ts'
import type { Boundary, WriteContext } from './context.ts'
import { wholeInput } from './input.ts'

export type Work = {
  readonly ctx: WriteContext
  readonly act: CompiledAction
  readonly intent: Intent
  /** The store's, and what was appended since. */
  readonly events: IntentEvent[]
  /** Of the target's record in the look before: the parts that the action names, as its history keeps them. */
  before: object | null
}

export const openWork = (ctx: WriteContext, act: CompiledAction, intent: Intent, events: readonly IntentEvent[]): Work => ({
  ctx,
  act,
  intent,
  events: [...events],
  before: keptIn(events),
})

/** Null: nothing was there, or the history is from before such parts were kept; a step then reads the record again. */
function keptIn(events: readonly IntentEvent[]): object | null {
  const last = events.findLast((event) => event.kind === 'looked' && event.kept !== undefined)
  return last?.kind === 'looked' ? (last.kept ?? null) : null
}

/** Durable, then known here, then told. */
export async function append(work: Work, event: IntentEvent, what: string): Promise<void> {
  const { ctx, intent } = work
  await ctx.store.append(intent.intent, event, { by: intent.provenance.by, what })
  work.events.push(event)
  ctx.onProgress?.({ intent: intent.intent, action: intent.action, id: idOf(work), event })
}

/** The native id: of the intent, or of what the search by natural key found. */
export function idOf(work: Work): string | null {
  if (work.intent.id !== null) return work.intent.id
  const last = work.events.findLast(
    (event) => event.kind === 'looked' || (event.kind === 'look' && event.look.found !== undefined),
  )
  return last?.kind === 'looked' ? last.found : last?.kind === 'look' ? (last.look.found ?? null) : null
}

/** What requests and expressions of the action may name. */
export function namesOf(work: Work): Names {
  const { settings } = work.ctx.connection
  return {
    ...settingNames(settings),
    id: idOf(work),
    input: wholeInput(work.act.action, work.intent.input),
    record: work.before,
    before: work.before,
  }
}

export const asking = (work: Work): Asking => ({
  send: work.ctx.http.send,
  signal: work.ctx.signal,
  lane: work.intent.lane,
})

export const at = (ctx: WriteContext): string => new Date(ctx.now()).toISOString()

export async function boundary(ctx: WriteContext, name: Boundary): Promise<void> {
  if (ctx.onBoundary !== undefined) await ctx.onBoundary(name)
}
