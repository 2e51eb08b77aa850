/** Which request may leave next. Pure. One place for it, so that the judge and the state machine cannot disagree. */
import type { Action, Facet, Step } from '../types.ts'
import type { IntentEvent, Look } from '../write-types.ts'
import { deadlineOf, isResidual, ms, sight } from './facet.ts'
import {
  baseOf,
  baseOfSent,
  facetOutcome,
  facetsOf,
  later,
  looksSince,
  ownFacets,
  type Progress,
  quickOutcome,
  runSince,
  type Sent,
  type Situation,
  verifiesOf,
} from './progress.ts'
import { isSlow, windowOf } from './slow.ts'

export type Due = { readonly step: string; readonly attempt: number }

/** A lost answer: one more, and only where looks at the deadline agree that nothing happened. */
export const MOST_SENDS_LOST = 2
/** Asked too often is a "not now": it was not done. */
export const MOST_SENDS_THROTTLED = 6
/** Looks beyond the needed ones before a row that nobody ends is given up. */
const SPARE_LOOKS = 2

/**
 * The next send that the rules allow, after the looks so far; null: none, now or ever. A next step only after the facets of the step before
 * are verified. Where they are refuted only more access is taken away, nothing is deleted, nothing is given: stop safe.
 */
export function dueSend(situation: Situation, progress: Progress): Due | null {
  const { action } = situation
  if (progress.cancelled !== null && progress.sent.length === 0) return null
  if (progress.current === null) return firstSend(situation, progress)
  const sent = progress.current
  if (sent.result === 'running') return null
  const own = ownFacets(action, progress, sent.step)
  if (own.length === 0) return afterUnwatched(situation, progress, sent)
  const again = resend(situation, progress, sent, own)
  if (again !== null) return again
  // The looks at the deadline decide whether this step leaves a second time; no other step overtakes that.
  if (awaitsResend(situation, progress)) return null
  const next = nextStep(progress, sent)
  // More access is taken away without waiting for a path that is hours behind.
  const seen = next !== null && takesAccess(action, progress, next) ? quickOutcome : facetOutcome
  const outcomes = own.map((facet) => seen(situation, facet, baseOfSent(sent)))
  if (next === null) return lostBefore(situation, progress, own)
  if (outcomes.some((one) => one.is === 'looking' || one.is === 'unknown')) return null
  // Without a look that could show it, only an accepted step counts as done.
  const shown = sent.result === 'accepted' || outcomes.some((one) => one.is === 'verified')
  const done = shown && outcomes.every((one) => one.is === 'verified' || one.is === 'unverifiable')
  return done || takesAccess(action, progress, next) ? { step: next.name, attempt: 1 } : null
}

/**
 * All steps are sent, and looks at the deadline show the old state of what an earlier step, whose answer was lost, was to bring about as
 * well: that one leaves a second time, where this does no more than the first.
 */
function lostBefore(situation: Situation, progress: Progress, own: readonly Facet[]): Due | null {
  const { action, events } = situation
  if (action.idempotency !== 'native_key') return null
  const lost = progress.sent.find(
    ({ step, result }) =>
      result === 'lost' &&
      step.when === null &&
      lostOf(events, step.name) < MOST_SENDS_LOST &&
      ownFacets(action, progress, step).length === 0 &&
      step.facets.some((facet) => own.includes(facet) && isOldAtEnd(situation, progress, facet)),
  )
  return lost === undefined ? null : { step: lost.step.name, attempt: lost.attempt + 1 }
}

function isOldAtEnd(situation: Situation, progress: Progress, facet: Facet): boolean {
  const base = baseOf(situation, progress, facet)
  if (base === null) return false
  return verifiesOf(situation, facet).some((index) => {
    const verify = situation.action.verify[index]!
    const run = isResidual(verify) ? null : runSince(situation, index, base)
    return run?.shows === 'other' && run.agreed_at !== null && ms(run.seen_at) >= deadlineOf(verify, base.from)
  })
}

/** Nothing sent yet. It was so already: only where a look contradicts that. What a create's search found is never made twice. */
function firstSend(situation: Situation, progress: Progress): Due | null {
  const { looked } = progress
  const first = progress.steps[0]
  if (looked === null || first === undefined || isThere(situation, progress)) return null
  if (looked.already && !contradicted(situation, progress)) return null
  return { step: first.name, attempt: 1 }
}

/** Nothing is to be sent: it is so, or there, or the record makes every step needless. The looks say whether that is true. */
export function isSettled(situation: Situation, progress: Progress): boolean {
  return progress.looked?.already === true || progress.steps.length === 0 || isThere(situation, progress)
}

/** Of creates: the search found it before anything was sent. */
const isThere = ({ intent, action }: Situation, { looked }: Progress): boolean =>
  action.find !== null && intent.id === null && looked?.found != null

function contradicted(situation: Situation, progress: Progress): boolean {
  return facetsOf(situation.action).some((facet) => {
    const base = baseOf(situation, progress, facet)
    return base !== null && verifiesOf(situation, facet).some((index) => runSince(situation, index, base)?.shows === 'other')
  })
}

/** A step that names no facet: its answer is all there is, or the next look before (its `when` no longer holds). */
function afterUnwatched(situation: Situation, progress: Progress, sent: Sent): Due | null {
  const next = nextStep(progress, sent)
  if (awaitsUnwatched(situation, progress)) return null
  const done = sent.result === 'accepted' || !progress.steps.includes(sent.step)
  if (done) return next === null ? null : { step: next.name, attempt: 1 }
  const { action, events } = situation
  const unseen = sent.result === 'lost' && sent.step.when === null
  if (unseen && next !== null && isShownLater(action, progress, sent.step) && takesAccess(action, progress, next))
    return { step: next.name, attempt: 1 }
  const may = sent.result === 'lost' ? MOST_SENDS_LOST : sent.result === 'throttled' ? MOST_SENDS_THROTTLED : 0
  if (sendsOf(events, sent) >= may || action.idempotency === 'none') return null
  if (sent.result === 'throttled') return { step: sent.step.name, attempt: sent.attempt + 1 }
  if (sent.step.when === null) return null
  const looked_again = events
    .slice(sent.place + 1)
    .some((event) => event.kind === 'looked' && ms(event.at) >= ms(unwatchedUntil(action, sent)))
  return looked_again ? { step: sent.step.name, attempt: sent.attempt + 1 } : null
}

/** Its facets are those of a step that is still to come: the looks after that one show what became of both. */
function isShownLater(action: Action, { sent }: Progress, step: Step): boolean {
  return (
    step.facets.length > 0 &&
    step.facets.every((facet) => {
      const last = action.steps.findLast((one) => one.facets.includes(facet))
      return last !== undefined && last !== step && !sent.some((one) => one.step === last)
    })
  )
}

/**
 * A taken step that no facet shows and whose `when` still holds: the next one waits until a look before shows that it took, or its time is
 * over. A deletion that overtakes a late deactivation is only another deactivation.
 */
export function awaitsUnwatched({ action, now }: Situation, progress: Progress): boolean {
  const { current, steps } = progress
  if (current === null || current.result !== 'accepted' || ownFacets(action, progress, current.step).length > 0) return false
  if (current.step.when === null || !steps.includes(current.step) || nextStep(progress, current) === null) return false
  return ms(now) < ms(unwatchedUntil(action, current))
}

/** A lost step that no facet shows: the next look before tells, once the target has had its time. */
export function awaitsLookBefore(situation: Situation, progress: Progress): boolean {
  const { action, events } = situation
  if (awaitsUnwatched(situation, progress)) return true
  const { current, steps } = progress
  if (current === null || ownFacets(action, progress, current.step).length > 0) return false
  const may = current.result === 'lost' && sendsOf(events, current) < MOST_SENDS_LOST && action.idempotency !== 'none'
  return may && current.step.when !== null && steps.includes(current.step)
}

/** Fewer looks say nothing of a target. */
const BLIND_LOOKS = 3
/** What nobody gave a time is due after this. */
const DUE_S = 300

/** Nothing sent, and no look before since the last one that could see: which looks, and whether that is to be told. Null: not so. */
export function blindBefore(
  { action, intent, events, now }: Situation,
  { sent, looked_at, approved_at }: Progress,
): { readonly looks: readonly Look[]; readonly over: boolean } | null {
  if (sent.length > 0) return null
  const looks = events
    .slice(Math.max(looked_at, approved_at) + 1)
    .flatMap((event) =>
      event.kind === 'look' && event.look.phase === 'before' && event.look.shows === 'unanswered' ? [event.look] : [],
    )
  const first = looks[0]
  if (first === undefined) return null
  const due = Math.max(ms(intent.due_at ?? later(first.at, DUE_S)), ms(first.at))
  const window_s = Math.max(60, windowOf(action))
  return { looks, over: looks.length >= BLIND_LOOKS && ms(now) >= due + window_s * 1000 }
}

/** When the look before tells whether a lost step that names no facet was done. */
export function unwatchedUntil(action: Action, sent: Sent): string {
  return later(sent.from, windowOf(action))
}

/**
 * Never blindly: looks agree that the old state holds, after a lost answer at the deadline too; every look of every facet of the step, where
 * a second sending could do more than the first.
 */
function resend(situation: Situation, progress: Progress, sent: Sent, own: readonly Facet[]): Due | null {
  const { action } = situation
  if (!mayResend(situation, progress, sent)) return null
  const indices = own
    .flatMap((facet) => verifiesOf(situation, facet))
    .filter((index) => !isResidual(action.verify[index]!) && !isSlow(action, index))
  if (indices.length === 0 && sent.result === 'lost') return null
  const old = indices.filter((index) => isOld(situation, index, sent))
  // A look that shows the asked-for state from the beginning (who may be judged by it at all), or shows nothing, keeps no step back that
  // was not done (asked too often), or whose second sending does nothing that the first one did not.
  const again_is_harmless = sent.result === 'throttled' || action.idempotency === 'native_key'
  const may = again_is_harmless && indices.length > 0 ? old.length > 0 : old.length === indices.length
  return may ? { step: sent.step.name, attempt: sent.attempt + 1 } : null
}

function mayResend({ action, intent, events }: Situation, progress: Progress, sent: Sent): boolean {
  const most = sent.result === 'lost' ? MOST_SENDS_LOST : sent.result === 'throttled' ? MOST_SENDS_THROTTLED : 0
  if (sendsOf(events, sent) >= most || action.idempotency === 'none') return false
  return intent.id !== null || (action.find !== null && progress.found === null)
}

/**
 * A step whose answer was lost, or that was asked too often, and that shows the old state: the looks that let it leave a second time are not
 * all made. Whoever has to wait longer than the window lasts (`Retry-After`) has one look after it, and one is not as many as must agree. W19.
 */
export function awaitsResend(situation: Situation, progress: Progress): boolean {
  const sent = progress.current
  if (sent === null || !mayResend(situation, progress, sent)) return false
  const { action } = situation
  const indices = ownFacets(action, progress, sent.step).flatMap((facet) => verifiesOf(situation, facet))
  return indices.some((index) => {
    const verify = action.verify[index]!
    if (isResidual(verify) || isSlow(action, index) || isOld(situation, index, sent)) return false
    const run = runSince(situation, index, baseOfSent(sent))
    if (run?.shows !== 'other') return false
    // Where nobody can see any more the row is never ended: not waited for long.
    const looks = looksSince(situation, index, baseOfSent(sent)).filter((look) => ms(look.at) >= ms(run.first_at))
    if (sent.result === 'throttled') return looks.length < Math.max(1, verify.agree) + SPARE_LOOKS
    const deadline = deadlineOf(verify, sent.from)
    const late = looksSince(situation, index, baseOfSent(sent)).filter((look) => ms(look.at) >= deadline)
    return late.length < Math.max(1, verify.agree) && late.every((look) => sight(verify, look) === 'other')
  })
}

const sendsOf = (events: Situation['events'], sent: Sent): number =>
  sent.result === 'lost' ? lostOf(events, sent.step.name) : sent.attempt

/** Sendings of a step that got no answer; those that were asked too often were answered, and are no losses. */
function lostOf(events: readonly IntentEvent[], step: string): number {
  const own = events.filter((event) => (event.kind === 'sending' || event.kind === 'answered') && event.step === step)
  return own.filter((event, place) => {
    const next = own[place + 1]
    return event.kind === 'sending' && !(next?.kind === 'answered' && next.result === 'refused' && next.status === 429)
  }).length
}

function isOld(situation: Situation, index: number, sent: Sent): boolean {
  const run = runSince(situation, index, baseOfSent(sent))
  if (run === null || run.shows !== 'other' || run.agreed_at === null) return false
  return sent.result !== 'lost' || ms(run.seen_at) >= deadlineOf(situation.action.verify[index]!, sent.from)
}

function nextStep(progress: Progress, sent: Sent): Step | null {
  const at = progress.steps.indexOf(sent.step)
  const was_sent = (step: Step) => progress.sent.some((one) => one.step === step)
  return progress.steps.find((step, place) => place > at && !was_sent(step)) ?? null
}

/** Taking more access away is the safe side; deleting and giving are not. */
function takesAccess(action: Action, progress: Progress, step: Step): boolean {
  const own = ownFacets(action, progress, step)
  const states = own.map((facet) => action.does[facet]!)
  return action.destructive && own.length > 0 && !own.includes('data') && states.every((state) => TAKEN.has(state))
}

const TAKEN: ReadonlySet<string> = new Set(['inactive', 'revoked', 'not_held'])
