/** The whole state machine of a change as one pure function: the next act from an intent's history. act.ts says what each act is. */
import { awaitsBeside } from '../judge/beside.ts'
import { deadlineOf, isResidual, ms, sight } from '../judge/facet.ts'
import { awaitsInputs, misnamed } from '../judge/named-inputs.ts'
import { judgeOutcome } from '../judge/outcome.ts'
import {
  type Base,
  baseOf,
  facetOutcome,
  facetsOf,
  judgeVerify,
  later,
  looksSince,
  type Progress,
  progressOf,
  runSince,
  type Sent,
  type Situation,
  verifiesOf,
} from '../judge/progress.ts'
import { awaitsLookBefore, awaitsUnwatched, blindBefore, type Due, dueSend, isSettled, unwatchedUntil } from '../judge/sends.ts'
import { isSlow } from '../judge/slow.ts'
import type { IntentRow } from '../store/write-port.ts'
import type { Action } from '../types.ts'
import type { Outcome } from '../write-types.ts'
import type { Act } from './act.ts'
import { decideRecheck } from './decide-recheck.ts'

export type { Act } from './act.ts'

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
    const blind = stop?.act === 'look_before' && blindBefore(situation, progress)?.over === true ? judgeOutcome(situation) : null
    if (blind !== null && isNews(blind, progress)) return { act: 'judge', outcome: blind }
    if (stop !== null) return stop
  }
  const due = dueSend(situation, progress)
  if (due !== null) return send(due, progress, killed)
  const look = nextLook(situation, progress)
  // A look that may settle it, already due, comes before judging: the last one is made at the deadline.
  if (look?.settles && ms(look.not_before) <= ms(now)) return look.act
  const outcome = judgeOutcome(situation)
  // `pending` is told on the way.
  const told = outcome !== null && (outcome.is === 'pending' || look?.settles !== true)
  if (told && isNews(outcome, progress)) {
    return awaitsBeside(situation, progress, outcome) ? { act: 'look_beside' } : { act: 'judge', outcome }
  }
  if (look !== null) return look.act
  // What may only have been begun is looked for again at the rechecks.
  const again: Act = last === 'unknown' ? decideRecheck(situation, progress) : { act: 'done' }
  return again.act === 'done' ? { act: 'wait', until: null, because: 'nothing more can be seen without a person' } : again
}

function send(due: Due, { held }: Progress, killed: string | null): Act {
  if (held !== null) return { act: 'wait', until: null, because: heldBy(held) }
  return killed === null ? { act: 'send', ...due } : { act: 'wait', until: null, because: `stopped: ${killed}` }
}

const heldBy = ({ brake, because }: { readonly brake: string; readonly because: string }) => `held by ${brake}: ${because}`

/** What was taken up again is told again, be it the same: until then it waits for its end. */
function isNews(outcome: Outcome, { outcome: before, again }: Progress): boolean {
  if (before === null || again || before.outcome.is !== outcome.is) return true
  const states = (of: Outcome) => of.facets.map((one) => `${one.facet} ${one.is}`).join()
  return states(before.outcome) !== states(outcome)
}

// ---------------------------------------------------------------- before anything is sent

function beforeSending(situation: Situation, progress: Progress, killed: string | null, approved: boolean): Act | null {
  const { action, intent, now } = situation
  const { held, looked } = progress
  if (held !== null) return { act: 'wait', until: null, because: heldBy(held) }
  if (!approved && progress.approved_at < 0)
    return { act: 'hold', brake: 'approval', because: 'it waits for the approval of a second person' }
  if (killed !== null) return { act: 'wait', until: null, because: `stopped: ${killed}` }
  const settled = looked !== null && isSettled(situation, progress)
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

function lookBefore(situation: Situation, progress: Progress): Act {
  const since = Math.max(progress.looked_at, progress.approved_at)
  return { act: 'look_before', not_before: afterFailed(situation, since, situation.events[0]?.at ?? situation.now) }
}

/** Each look before that got no answer doubles the wait, to a minute: a leaver's is never given up. */
function afterFailed({ events }: Situation, since: number, first: string): string {
  const failed = events
    .slice(since + 1)
    .flatMap((event) => (event.kind === 'look' && event.look.phase === 'before' ? [event.at] : []))
  const last = failed.at(-1)
  return last === undefined ? first : later(last, Math.min(60, 2 ** Math.min(6, failed.length - 1)))
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
  if (sent !== null && awaitsInputs(situation, progress)) {
    return { act: { act: 'look_inputs' }, not_before: sent.from, settles: true }
  }
  if (misnamed(situation, progress).length > 0) return null
  if (sent !== null && awaitsLookBefore(situation, progress)) {
    const not_before = awaitsUnwatched(situation, progress)
      ? nextBetween(situation, sent)
      : afterFailed(situation, sent.place, unwatchedUntil(action, sent))
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

/** Between two steps: at once, then ever less often, and once at the end of its time. */
function nextBetween({ action, events }: Situation, sent: Sent): string {
  const looks = events
    .slice(sent.place + 1)
    .filter((event) => event.kind === 'looked' || (event.kind === 'look' && event.look.phase === 'before'))
  const last = looks.at(-1)
  if (last === undefined) return sent.from
  const every_s = Math.min(60, ...action.verify.map((verify) => verify.every_s))
  const next = later(last.at, Math.max(every_s, (ms(last.at) - ms(sent.from)) / 4000))
  const until = unwatchedUntil(action, sent)
  return ms(next) < ms(until) ? next : until
}

type Open = { readonly index: number; readonly not_before: string; readonly settles: boolean }

function openVerifies(situation: Situation, progress: Progress): readonly Open[] {
  return facetsOf(situation.action).flatMap((facet) => {
    const base = baseOf(situation, progress, facet)
    return base === null ? [] : verifiesOf(situation, facet).flatMap((index) => openVerify(situation, index, base) ?? [])
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
  const run = runSince(situation, index, base)
  if (judged.is === 'refuted' && (past || base.refused)) {
    // One look at the deadline may be a stale replica's: as many as must agree say it together.
    return run?.shows !== 'other' || run.agreed_at !== null
      ? null
      : { index, not_before: later(last.at, verify.every_s), settles: true }
  }
  const elapsed_s = (ms(last.at) - ms(base.from)) / 1000
  const slower_s = Math.min(3600, Math.max(verify.every_s, elapsed_s / 4))
  const gap_s = sight(verify, last) === 'asked' || (base.refused && !past) ? verify.every_s : slower_s
  const next = ms(last.at) + gap_s * 1000
  const not_before = !past && next > deadline ? new Date(deadline).toISOString() : new Date(next).toISOString()
  const open = isSlow(situation.action, index)
    ? facetOutcome(situation, verify.facet, base).is === 'looking'
    : judged.is === 'looking' || !past
  return { index, not_before, settles: open }
}
