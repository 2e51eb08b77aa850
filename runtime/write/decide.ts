/**
 * The whole state machine of a change as one pure function: the next act from an intent's history.
 *
 * The caller does the act, appends its event, and asks again; `not_before` is waited for (or the intent is put aside until then).
 * A crash anywhere is no special case: a history that ends in `sending` is a lost answer, and is looked at.
 *
 *   look_before  read the record (creates: search), check binding and protection → append `looked`, or `held`;
 *                no usable answer → append a `look` of phase `before` that is `unanswered`
 *   hold         append `held`
 *   send         append `sending` with its audit entry, send once, append `answered`
 *   find         search by natural key again → append `looked` (found or null), or an `unanswered` `look`
 *   poll_job     append another `answered`: with the job's id while it runs, without when done, `refused` when it failed
 *   look         every verify named, each → append `look` of that phase
 *   judge        append `outcome`
 *   wait         nothing to do before `until`; null: before a person acts
 */
import { deadlineOf, isResidual, ms, sight } from '../judge/facet.ts'
import { judgeOutcome } from '../judge/outcome.ts'
import {
  type Base,
  baseOf,
  facetsOf,
  judgeVerify,
  later,
  looksSince,
  ownFacets,
  type Progress,
  progressOf,
  type Situation,
  verifiesOf,
} from '../judge/progress.ts'
import { type Due, dueSend, isThere, unwatchedUntil } from '../judge/sends.ts'
import type { IntentRow } from '../store/write-port.ts'
import type { Action } from '../types.ts'
import type { Outcome } from '../write-types.ts'
import { decideRecheck } from './decide-recheck.ts'

export type Act =
  | { readonly act: 'look_before'; readonly not_before: string }
  | { readonly act: 'hold'; readonly brake: string; readonly because: string }
  | { readonly act: 'send'; readonly step: string; readonly attempt: number }
  | { readonly act: 'find'; readonly not_before: string }
  | { readonly act: 'poll_job'; readonly step: string; readonly job: string; readonly not_before: string }
  | {
      readonly act: 'look'
      readonly phase: 'before' | 'after' | 'recheck'
      /** Indices into `action.verify`. */
      readonly verify: readonly number[]
      readonly not_before: string
    }
  | { readonly act: 'judge'; readonly outcome: Outcome }
  | { readonly act: 'wait'; readonly until: string | null; readonly because: string }
  | { readonly act: 'done' }

export type DecideInput = {
  readonly action: Action
  readonly row: Pick<IntentRow, 'intent' | 'events'>
  readonly now: string
  /** Why a kill switch stops sending here; null: none does. Looking goes on. */
  readonly killed: string | null
  /** No approval is needed, or there is one. An `approved` event in the history counts as well. */
  readonly approved: boolean
}

/** A look before that is older is made again: what it saw may have moved while the intent waited. */
export const LOOK_BEFORE_FRESH_S = 60

export function decide({ action, row, now, killed, approved }: DecideInput): Act {
  const situation: Situation = { action, intent: row.intent, events: row.events, now }
  const progress = progressOf(situation)
  const last = progress.outcome?.outcome.is ?? null
  if (last !== null && last !== 'unknown' && last !== 'pending') return decideRecheck(situation, progress)
  if (progress.sent.length === 0 && progress.cancelled === null) {
    const stop = beforeSending(situation, progress, killed, approved)
    if (stop !== null) return stop
  }
  const due = dueSend(situation, progress)
  if (due !== null) return send(due, killed)
  const look = nextLook(situation, progress)
  // A look that may settle it, already due, comes before judging: the last one is made at the deadline.
  if (look !== null && look.settles && ms(look.not_before) <= ms(now)) return look.act
  const outcome = judgeOutcome(situation)
  if (outcome !== null && isNews(outcome, progress)) return { act: 'judge', outcome }
  return look?.act ?? { act: 'wait', until: null, because: 'nothing more can be seen without a person' }
}

const send = (due: Due, killed: string | null): Act =>
  killed !== null ? { act: 'wait', until: null, because: `stopped: ${killed}` } : { act: 'send', ...due }

function isNews(outcome: Outcome, { outcome: before }: Progress): boolean {
  if (before === null || before.outcome.is !== outcome.is) return true
  const states = (of: Outcome) => of.facets.map((one) => `${one.facet} ${one.is}`).join()
  return states(before.outcome) !== states(outcome)
}

// ---------------------------------------------------------------- before anything is sent

function beforeSending(situation: Situation, progress: Progress, killed: string | null, approved: boolean): Act | null {
  const { action, intent, now } = situation
  const { held, looked } = progress
  if (held !== null) return { act: 'wait', until: null, because: `held by ${held.brake}: ${held.because}` }
  if (!approved && progress.approved_at < 0)
    return { act: 'hold', brake: 'approval', because: 'it waits for the approval of a second person' }
  if (killed !== null) return { act: 'wait', until: null, because: `stopped: ${killed}` }
  const settled = looked !== null && (looked.already || isThere(situation, progress))
  const fresh = looked !== null && (settled || ms(now) - ms(looked.at) <= LOOK_BEFORE_FRESH_S * 1000)
  if (looked === null || progress.looked_at < progress.approved_at || !fresh) return lookBefore(situation, progress)
  if (looked.record === null && !looked.already && intent.id !== null && action.before !== null) {
    return {
      act: 'hold',
      brake: 'identity',
      because: 'the target shows no such record, so nothing ties the change to whom it is for',
    }
  }
  return null
}

/** Each look that got no answer doubles the wait, to a minute: a leaver's is never given up. */
function lookBefore({ events }: Situation, progress: Progress): Act {
  const since = Math.max(progress.looked_at, progress.approved_at)
  const failed = events
    .slice(since + 1)
    .flatMap((event) => (event.kind === 'look' && event.look.phase === 'before' ? [event.at] : []))
  const last = failed.at(-1)
  const not_before = last === undefined ? events[0]!.at : later(last, Math.min(60, 2 ** Math.min(6, failed.length - 1)))
  return { act: 'look_before', not_before }
}

// ---------------------------------------------------------------- looking

type NextLook = {
  readonly act: Act
  readonly not_before: string
  /** Judging waits for it. */
  readonly settles: boolean
}

function nextLook(situation: Situation, progress: Progress): NextLook | null {
  const { action, intent } = situation
  const sent = progress.current
  if (sent?.job != null && action.job !== null) {
    const not_before = later(sent.job.polled_at, action.job.every_s)
    return { act: { act: 'poll_job', step: sent.step.name, job: sent.job.id, not_before }, not_before, settles: true }
  }
  if (sent !== null && needsLookBefore(action, progress)) {
    const not_before = unwatchedUntil(action, sent)
    return { act: { act: 'look_before', not_before }, not_before, settles: true }
  }
  const open = progress.cancelled !== null && sent === null ? [] : openVerifies(situation, progress)
  const first = open.toSorted((a, b) => ms(a.not_before) - ms(b.not_before))[0]
  if (first === undefined) return null
  const { not_before } = first
  const settles = open.some((one) => one.settles && one.not_before === not_before)
  if (sent !== null && intent.id === null && action.find !== null && progress.found === null) {
    return { act: { act: 'find', not_before }, not_before, settles }
  }
  const verify = open.filter((one) => ms(one.not_before) <= Math.max(ms(not_before), ms(situation.now))).map((one) => one.index)
  return { act: { act: 'look', phase: sent === null ? 'before' : 'after', verify, not_before }, not_before, settles }
}

/** A lost step that no facet shows: the next look before tells, once the target has had its time. */
function needsLookBefore(action: Action, { current, steps }: Progress): boolean {
  if (current === null || ownFacets(action, current.step).length > 0) return false
  return current.result === 'lost' && current.attempt < 2 && current.step.when !== null && steps.includes(current.step)
}

type Open = { readonly index: number; readonly not_before: string; readonly settles: boolean }

function openVerifies(situation: Situation, progress: Progress): readonly Open[] {
  return facetsOf(situation.action).flatMap((facet) => {
    const base = baseOf(situation, progress, facet)
    if (base === null) return []
    return verifiesOf(situation.action, facet).flatMap((index) => openVerify(situation, index, base) ?? [])
  })
}

/**
 * Looks come quickly first, then ever less often, one of them at the deadline; one that contradicts or confirms is repeated after `every_s`.
 * After the deadline they go on, rarely, for as long as nobody could see.
 */
function openVerify(situation: Situation, index: number, base: Base): Open | null {
  const verify = situation.action.verify[index]!
  const judged = judgeVerify(situation, index, base)
  const looks = looksSince(situation, index, base)
  const last = looks.at(-1)
  if (last === undefined) return { index, not_before: base.from, settles: true }
  if (isResidual(verify) || judged.is === 'verified' || judged.is === 'unverifiable') return null
  const deadline = base.until === null ? deadlineOf(verify, base.from) : ms(base.until)
  const past = ms(last.at) >= deadline
  if (past && judged.is === 'refuted') return closing(situation, index, last.at, base)
  const elapsed_s = (ms(last.at) - ms(base.from)) / 1000
  const slower_s = Math.min(3600, Math.max(verify.every_s, elapsed_s / 4))
  const gap_s = sight(verify, last) === 'asked' || base.refused ? verify.every_s : slower_s
  const next = ms(last.at) + gap_s * 1000
  const not_before = !past && next > deadline ? new Date(deadline).toISOString() : new Date(next).toISOString()
  return { index, not_before, settles: judged.is === 'looking' || !past }
}

/** The deadline's look showed the old state: as many more as must agree before a lost request may be sent a second time. */
function closing(situation: Situation, index: number, last_at: string, base: Base): Open | null {
  const verify = situation.action.verify[index]!
  const late = looksSince(situation, index, base).filter((look) => ms(look.at) >= deadlineOf(verify, base.from))
  const asked = late.some((look) => sight(verify, look) !== 'other')
  if (asked || late.length >= Math.max(1, verify.agree) || base.until !== null) return null
  return { index, not_before: later(last_at, verify.every_s), settles: true }
}
