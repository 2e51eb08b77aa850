/** Does what `decide` says, act by act, each durable before the next: from whatever an intent's history says to an outcome. */
import { Failure } from '../errors.ts'
import { isAgain } from '../judge/progress.ts'
import { isHeldByRolling } from '../judge/rolling-brake.ts'
import type { IntentRow } from '../store/write-port.ts'
import type { Action, RecordType } from '../types.ts'
import type { IntentEvent, Look, Outcome } from '../write-types.ts'
import { askOne, isObject } from './ask.ts'
import { lookBefore } from './before.ts'
import { lookBeside } from './beside.ts'
import { compileAction } from './compile.ts'
import type { WriteContext } from './context.ts'
import { type Act, decide } from './decide.ts'
import { findLate, isLost } from './find-late.ts'
import { keptOf } from './kept-parts.ts'
import { lookAt, mapped } from './look.ts'
import { lookInputs } from './look-inputs.ts'
import { isRecheckOf, OVERTAKEN, takenBack } from './others.ts'
import { approvalOf, approvedBy, removalBrake } from './removals.ts'
import { type Found, search } from './search.ts'
import { pollJob, sendStep } from './send-step.ts'
import { append, at, boundary, namesOf, openWork, type Work } from './work.ts'

/**
 * Null: it waits for a person (held, stopped by a kill switch) and nothing was concluded; its history says why.
 * An outcome that is not over (`unknown`, `pending`) is taken up again where a look is due, else given as it stands.
 * Rejects for nothing that a target does; with what the store throws where a step cannot be kept, and then nothing was sent after it.
 */
export async function runIntent(ctx: WriteContext, intent: string): Promise<Outcome | null> {
  const row = await ctx.store.intent(intent)
  if (row === null) throw new Failure('store/not-found', intent, `there is no intent ${intent}`)
  return await runRow(ctx, row)
}

export async function runRow(ctx: WriteContext, row: IntentRow): Promise<Outcome | null> {
  const work = openWork(ctx, compileAction(ctx.connector, row.intent.action), row.intent, row.events)
  for (;;) {
    ctx.signal?.throwIfAborted()
    const act = await nextAct(work)
    if (act.act === 'done') return outcomeOf(work)
    if (act.act === 'wait') {
      if (act.until === null || over(work)) return outcomeOf(work)
      await sleepUntil(ctx, act.until)
      continue
    }
    if ('not_before' in act && Date.parse(act.not_before) > ctx.now()) {
      if (over(work)) return outcomeOf(work)
      await sleepUntil(ctx, act.not_before)
      // What was decided before the sleep may no longer be due: a leaver may have cancelled it.
      await reload(work)
      continue
    }
    if (await performUnlessWithdrawn(work, act)) return outcomeOf(work)
  }
}

export async function nextAct(work: Work): Promise<Act> {
  const { ctx, act, intent, events } = work
  const [killed, approved] = await Promise.all([stopped(ctx), ctx.approved?.(intent) ?? true])
  const next = decide({ action: act.action, row: { intent, events }, now: at(ctx), killed, approved })
  const has = (kind: IntentEvent['kind']) => events.some((event) => event.kind === kind)
  if (isRecheckOf(next, events) && (await takenBack(work, null))) return { act: 'done' }
  const late = next.act === 'send' && !has('sending') && has('outcome')
  if (late && (await takenBack(work, Date.parse(intent.made_at)))) return { act: 'hold', brake: 'overtaken', because: OVERTAKEN }
  const first = next.act === 'send' && act.action.destructive && !has('sending') && !has('approved')
  if (first) {
    const brake = await removalBrake(work)
    if (brake === null) return next
    if (!(await letGo(work))) return { act: 'hold', ...brake }
  } else if (next.act !== 'wait' || killed !== null || !isHeldByRolling(events) || !(await letGo(work))) return next
  return await nextAct(work)
}

/** True: a second person has approved it, and its history says so. */
async function letGo(work: Work): Promise<boolean> {
  const approval = await approvalOf(work.ctx, work.intent)
  if (approval !== null) await append(work, approvedBy(approval, work.ctx), 'approved')
  return approval !== null
}

/** Withdrawn in the meantime (a leaver cancels a grant while it looks): the store takes no more, and the history says why. */
async function performUnlessWithdrawn(work: Work, act: Parameters<typeof perform>[1]): Promise<boolean> {
  try {
    return await perform(work, act)
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'store/ended') throw error
    await reload(work)
    if (!work.events.some((event) => event.kind === 'cancelled')) throw error
    return true
  }
}

/** True: nothing more is to be done now. */
export async function perform(work: Work, act: Exclude<Act, { act: 'done' | 'wait' }>): Promise<boolean> {
  switch (act.act) {
    case 'look_before':
      await performLookBefore(work)
      return false
    case 'hold':
      await append(work, { kind: 'held', at: at(work.ctx), brake: act.brake, because: act.because }, `held: ${act.brake}`)
      return false
    case 'send':
      await performSend(work, act.step, act.attempt)
      return false
    case 'find':
      await performFind(work)
      return false
    case 'look_inputs':
      await performLookInputs(work)
      return false
    case 'poll_job':
      await pollJob(work, act.step, act.job)
      return false
    case 'look':
      if (act.phase === 'recheck' && isLost(work)) {
        const searched = await findLate(work, act.verify)
        for (const look of searched) await keepLook(work, look)
        if (isLost(work)) return false
      }
      for (const look of await Promise.all(act.verify.map((verify) => lookAt(work, verify, act.phase))))
        await keepLook(work, look)
      return false
    case 'look_beside':
      await append(work, await lookBeside(work), `${work.intent.action}: look at the rest of the record`)
      await boundary(work.ctx, 'looked')
      return false
    case 'judge':
      await boundary(work.ctx, 'judged')
      await append(work, { kind: 'outcome', at: at(work.ctx), outcome: act.outcome }, `${work.intent.action}: ${act.outcome.is}`)
      await boundary(work.ctx, 'audited')
      return true
  }
}

async function keepLook(work: Work, look: Look): Promise<void> {
  await append(work, { kind: 'look', at: look.at, look }, `${work.intent.action}: look at ${look.facet}, ${look.shows}`)
  await boundary(work.ctx, 'looked')
}

// ---------------------------------------------------------------- acts

async function performLookBefore(work: Work): Promise<void> {
  const { ctx, act, intent } = work
  const what = `${intent.action}: look before`
  const before = await lookBefore(work)
  const base = { kind: 'looked', at: at(ctx), found: null, skip: [] } as const
  switch (before.is) {
    case 'unanswered':
      return await keepLook(work, blind(work, 'before', before.because))
    case 'refused':
      return await append(
        work,
        { kind: 'held', at: at(ctx), brake: before.brake, because: before.because },
        `held: ${before.brake}`,
      )
    case 'gone': {
      // What is to be gone is so already; anything else has lost its object, and `decide` holds it.
      const already = isItself(act.on.stream.is, act.action.does)
      return await append(work, { ...base, record: null, already }, `${what}: ${before.because}`)
    }
    case 'seen': {
      const { record, already, found, skip, silent } = before
      const kept = record === null ? null : keptOf(record, act.parts)
      const event: IntentEvent = { ...base, record: record === null ? null : mapped(work, record), already, found, skip }
      const more = { ...(kept === null ? {} : { kept }), ...(silent.length === 0 ? {} : { silent }) }
      await append(work, { ...event, ...more }, what)
      // What a change that was not interrupted sees is what one that was taken up again sees.
      work.before = kept
    }
  }
}

/** What is to go is the very object that the action is for: an account, or a credential or a session of a stream of such. */
function isItself(is: RecordType, does: Action['does']): boolean {
  if (does.account === 'absent') return true
  return (is === 'credential' && does.credential === 'absent') || (is === 'session' && does.sessions === 'revoked')
}

/** Nothing is sent that a kill switch, a withdrawal or another worker has overtaken. */
async function performSend(work: Work, step: string, attempt: number): Promise<void> {
  const { ctx, act, intent } = work
  const compiled = act.steps.find((one) => one.step.name === step)
  if (compiled === undefined) throw new Failure('write/unknown-action', `actions.${intent.action}.steps`, `no step ${step}`)
  // Only of a history that kept no parts.
  if (work.before === null && intent.id !== null) work.before = await recordNow(work)
  if ((await reload(work)) || (await stopped(ctx)) !== null) return
  try {
    const sent = await sendStep(work, compiled, attempt)
    if (!('not_sent' in sent)) return
    const because = `${step} cannot be sent as it is declared: ${sent.not_sent}`
    await append(work, { kind: 'held', at: at(ctx), brake: 'request', because }, 'held: request')
  } catch (error) {
    // Stopped or withdrawn in the meantime: the store took no `sending`, so nothing left.
    if (error instanceof Failure && error.code === 'store/stopped') return
    if (!(error instanceof Failure) || error.code !== 'store/ended' || !(await reload(work))) throw error
  }
}

async function recordNow(work: Work): Promise<object | null> {
  const read = await askOne(work, work.act.action.before, namesOf(work))
  const record = read.record ?? (read.failed === null && read.status < 400 ? work.act.on.get_record(read.body) : null)
  return isObject(record) ? record : null
}

async function performFind(work: Work): Promise<void> {
  const { ctx, act, intent } = work
  const found = await search(work)
  const why = blindness(found)
  if (why !== null) {
    // Whatever is to be looked at later was not seen now.
    for (const [verify, { probe }] of act.action.verify.entries())
      if (probe.kind !== 'residual') await keepLook(work, blind(work, 'after', why, verify))
    return
  }
  const last = work.events.findLast((event) => event.kind === 'looked')
  const skip = last?.kind === 'looked' ? last.skip : []
  const [id, record] = found.is === 'found' ? [found.id, mapped(work, found.record)] : [null, null]
  const event: IntentEvent = { kind: 'looked', at: at(ctx), record, already: false, found: id, skip }
  await append(work, event, `${intent.action}: search, ${id === null ? 'nothing found' : `found ${id}`}`)
  await boundary(ctx, 'looked')
}

async function performLookInputs(work: Work): Promise<void> {
  const { ctx, intent, events } = work
  const missing = await lookInputs(work)
  const last = events.findLast((event) => event.kind === 'looked')
  const skip = last?.kind === 'looked' ? last.skip : []
  const event: IntentEvent = { kind: 'looked', at: at(ctx), record: null, already: false, found: null, skip, missing }
  await append(
    work,
    event,
    `${intent.action}: look at what its input names, ${missing.length === 0 ? 'nothing wrong' : `${missing.join(', ')} not there`}`,
  )
  await boundary(ctx, 'looked')
}

/** Why a search says nothing; null: it says something. */
function blindness(found: Found): string | null {
  if (found.is === 'unanswered') return found.because
  if (found.is === 'ambiguous') return `${found.count} records have this natural key: which one is not known`
  const lost = found.is === 'none' && found.control === 'not_alive'
  return lost ? 'nothing is found, but a record known to be there is not found either' : null
}

/** A look that could not see. */
function blind(work: Work, phase: Look['phase'], because: string, verify = 0): Look {
  const { action } = work.act
  const spec = phase === 'before' && work.intent.id !== null ? (action.before ?? work.act.on.stream.get) : action.find?.request
  return {
    facet: action.verify[verify]?.facet ?? 'account',
    verify,
    phase,
    at: at(work.ctx),
    where: spec == null ? 'get' : `${spec.method} ${spec.path}`,
    shows: 'unanswered',
    control: null,
    rung: null,
    because,
    digest: null,
    record: null,
    residual_until: null,
  }
}

// ---------------------------------------------------------------- where it stands

export function outcomeOf(work: Work): Outcome | null {
  const last = work.events.findLast((event) => event.kind === 'outcome')
  return last?.kind === 'outcome' ? last.outcome : null
}

/** It has an outcome, and nothing was done since: what is not due yet is left to a later call. */
const over = (work: Work): boolean => outcomeOf(work) !== null && !isAgain(work.events)

/** True: somebody else has written to the history. */
async function reload(work: Work): Promise<boolean> {
  const row = await work.ctx.store.intent(work.intent.intent)
  if (row === null || row.events.length === work.events.length) return false
  work.events.splice(0, work.events.length, ...row.events)
  return true
}

/** Why nothing may be sent here; null: nothing stops it. */
export async function stopped(ctx: WriteContext): Promise<string | null> {
  const stop = (await ctx.store.killSwitches()).find((one) => one.scope === '*' || one.scope === ctx.connection.name)
  return stop === undefined ? null : `${stop.why} (${stop.by}, ${stop.at})`
}

async function sleepUntil(ctx: WriteContext, until: string): Promise<void> {
  const ms = Math.max(1, Date.parse(until) - ctx.now())
  await ctx.sleep(ms, ctx.signal)
}
