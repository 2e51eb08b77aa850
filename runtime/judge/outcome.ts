/**
 * What came of a change: a pure function of its recorded history, so that an auditor can run it again. truth.md part 2.
 * `accepted` is no outcome. Nothing is rounded up: what could not be seen is unknown or unverifiable, and says what would settle it.
 */
import type { JsonObject } from '../types.ts'
import type { FacetOutcome, Look, Outcome, OutcomeIs } from '../write-types.ts'
import { judgeAttributes } from './attributes.ts'
import { oursOf } from './beside.ts'
import { boundTo } from './bound.ts'
import { alarmOf, judgeBystanders } from './bystanders.ts'
import { hasLadder, latest, ms } from './facet.ts'
import { misnamed } from './named-inputs.ts'
import { nextSteps } from './next-steps.ts'
import {
  baseOf,
  facetOutcome,
  facetsOf,
  later,
  NOT_SENT,
  type Progress,
  progressOf,
  quickOutcome,
  type Sent,
  type Situation,
  verifiesOf,
} from './progress.ts'
import { awaitsLookBefore, awaitsResend, blindBefore, dueSend, isSettled } from './sends.ts'
import { isSlow, windowOf } from './slow.ts'

/** Raise it with every change of a rule; it is recorded with each outcome. */
export const OUTCOME_RULES = 'rollcall-outcome-4'

/** Null: still on its way, or a further send is due. The same history and instant give the same outcome, byte for byte. */
export function judgeOutcome(situation: Situation): Outcome | null {
  const progress = progressOf(situation)
  if (progress.sent.length === 0 && progress.cancelled !== null) return cancelled(situation, progress)
  if (progress.sent.length === 0 && (progress.looked === null || !isSettled(situation, progress))) {
    const blind = blindBefore(situation, progress)
    return blind?.over === true ? unlooked(situation, progress, blind.looks) : null
  }
  if (dueSend(situation, progress) !== null || awaitsResend(situation, progress)) return null
  if (awaitsLookBefore(situation, progress)) return null
  const wrong = misnamed(situation, progress)
  if (wrong.length > 0)
    return outcomeOf(
      situation,
      progress,
      'rejected',
      refusedFor(progress, wrong),
      unseen(situation, 'what the input names is not there, so nobody can look'),
      null,
    )
  const facets = withLadder(unsent(facetsSeen(situation, progress), progress), progress)
  const waiting = pendingUntil(situation, progress)
  if (waiting !== null && !facets.every(isVerified)) {
    return waiting.due ? outcomeOf(situation, progress, 'pending', waiting.because, facets, waiting.until) : null
  }
  const slow = slowUntil(situation, progress, facets)
  if (slow !== null) return slow.due ? outcomeOf(situation, progress, 'pending', slow.because, facets, slow.until) : null
  if (progress.current?.result === 'running' || facets.some((one) => one.is === 'looking')) return null
  const { is, because } = verdict(situation, progress, facets)
  return outcomeOf(situation, progress, is, because, facets, null)
}

/** Nothing was sent, and whether anything may be sent nobody can see. Never given up: whoever can see again goes on with it. */
function unlooked(situation: Situation, progress: Progress, looks: readonly Look[]): Outcome {
  const because = `nothing was sent: none of ${looks.length} looks before it could see: ${looks.at(-1)!.because}`
  return outcomeOf(situation, progress, 'unknown', because, unseen(situation, 'not sent: the look before it got no answer'), null)
}

const unseen = ({ action }: Situation, because: string): readonly FacetOutcome[] =>
  facetsOf(action).map((facet) => ({
    facet,
    asked: action.does[facet]!,
    is: 'unknown',
    because,
    rung: null,
    residual_until: null,
    looks: 0,
    verified_at: null,
  }))

const refusedFor = ({ sent }: Progress, inputs: readonly string[]): string =>
  `${sent.map((one) => `${one.step.name}: ${wordOf(one)}`).join('; ')}; ${inputs.map((name) => `input ${name}`).join(', ')} names nothing that is there`

/** Facet by facet as of now; `looking` where neither is shown. For `--json` on the way. */
export function facetsNow(situation: Situation): readonly FacetOutcome[] {
  const progress = progressOf(situation)
  return withLadder(facetsSeen(situation, progress), progress)
}

function facetsSeen(situation: Situation, progress: Progress): readonly FacetOutcome[] {
  return facetsOf(situation.action).map((facet) => facetOutcome(situation, facet, baseOf(situation, progress, facet)))
}

/** Nothing more will be sent: a facet whose step never left stays unknown. */
function unsent(facets: readonly FacetOutcome[], progress: Progress): readonly FacetOutcome[] {
  if (progress.current === null || progress.current.result === 'running') return facets
  const because = `not sent: the step ${progress.current.step.name} before it is not shown`
  return facets.map((one) => (one.is === 'looking' && one.because === NOT_SENT ? { ...one, is: 'unknown', because } : one))
}

/** Rung 0: accepted. Rung 1: the account is shown inactive. Higher ones come from the looks. */
function withLadder(facets: readonly FacetOutcome[], progress: Progress): readonly FacetOutcome[] {
  const inactive = facets.some((one) => one.facet === 'account' && one.asked === 'inactive' && isVerified(one))
  const accepted = progress.sent.some((one) => one.result === 'accepted')
  const floor = inactive ? 1 : accepted ? 0 : null
  return facets.map((one) => (hasLadder(one.facet) ? { ...one, rung: one.rung ?? (isVerified(one) ? null : floor) } : one))
}

type Judged = { readonly is: OutcomeIs; readonly because: string }

function verdict(situation: Situation, progress: Progress, facets: readonly FacetOutcome[]): Judged {
  const { sent } = progress
  const said = sent.map((one) => `${one.step.name}: ${wordOf(one)}`).join('; ')
  const by = (is: FacetOutcome['is']) => facets.filter((one) => one.is === is)
  const verified = by('verified')
  const rest = facets.filter((one) => one.is !== 'verified')
  if (facets.length === 0)
    return { is: 'unverifiable', because: situation.action.unverifiable ?? 'the action says nothing to look at' }
  const blind = rest.filter((one) => one.is === 'unknown' && one.looks > 0)
  if (blind.length > 0 && isLeft(progress)) {
    // Not `partial`, which would end it: once somebody can see again the steps that are left go on.
    return { is: 'unknown', because: `${said}; ${blind.map(named).join('; ')}; the steps after it wait` }
  }
  if (verified.length > 0 && rest.length > 0) {
    return { is: 'partial', because: `${names(verified)} verified; ${rest.map(named).join('; ')}` }
  }
  if (verified.length > 0) return allVerified(situation, sent, verified)
  const [refuted, unknown, unverifiable] = [by('refuted'), by('unknown'), by('unverifiable')]
  if (sent.length === 0 && refuted.length > 0) {
    return {
      is: 'rejected',
      because: `nothing sent: it is there already (${progress.found}), and not as asked: ${named(refuted[0]!)}`,
    }
  }
  const some = refuted.length === 0 ? null : someAttributes(situation, progress)
  if (some !== null) return { is: 'partial', because: `${said}; ${some}; ${rest.map(named).join('; ')}` }
  if (refuted.length > 0) {
    // An answer that never came is a refusal as far as anybody can tell: nothing changed (W6).
    const accepted = sent.some((one) => one.result === 'accepted')
    const unseen = unknown.filter((one) => one.looks > 0)
    if (!accepted && unseen.length > 0) return { is: 'unknown', because: `${said}; ${unseen.map(named).join('; ')}` }
    if (!accepted && mayBeInvited(situation))
      return { is: 'unknown', because: `${said}; an invitation may be out all the same: ${refuted.map(named).join('; ')}` }
    if (!accepted) return { is: 'rejected', because: `${said}; the looks show no change` }
    return { is: 'refuted', because: `${said}; but ${refuted.map(named).join('; ')}` }
  }
  if (unknown.length > 0)
    return { is: 'unknown', because: [said, ...unknown.map(named)].filter((text) => text !== '').join('; ') }
  // Nothing can be looked at. Where no answer came either, not even an echo is known.
  if (sent.some((one) => one.result === 'lost'))
    return { is: 'unknown', because: `${said}; ${unverifiable.map(named).join('; ')}` }
  return { is: 'unverifiable', because: [said, ...unverifiable.map(named)].filter((text) => text !== '').join('; ') }
}

/** What was asked for is not so as a whole, and some of it is: which. W9. */
function someAttributes({ action, intent, events }: Situation, { looked }: Progress): string | null {
  const last = recordsAfter(events.slice(firstSending({ events })))
  const { taken, missing } = judgeAttributes(action, intent, looked?.record ?? null, last.at(-1) ?? null)
  return taken.length === 0 || missing.length === 0 ? null : `${taken.join(', ')} taken, ${missing.join(', ')} not`
}

function allVerified(situation: Situation, sent: readonly Sent[], verified: readonly FacetOutcome[]): Judged {
  const odd = sent.filter((one) => one.result !== 'accepted').map((one) => `${one.step.name}: ${wordOf(one)}`)
  const seen = verified.map((one) => `${one.facet} ${one.asked}, ${one.because}${restsOn(situation, one.facet)}`).join('; ')
  if (sent.length === 0) return { is: 'verified', because: `nothing was sent, it is so already: ${seen}` }
  return { is: 'verified', because: odd.length === 0 ? seen : `${seen} (${odd.join('; ')}, and yet it is so)` }
}

/** Nobody else was asked: whoever lies there lies unseen, and who reads this is to know it. */
function restsOn({ events }: Situation, facet: string): string {
  const looks = events.flatMap((event) =>
    event.kind === 'look' && event.look.facet === facet && event.look.shows === 'asked' ? [event.look] : [],
  )
  const paths = [...new Set(looks.map((look) => look.where))]
  return paths.length === 1 ? ` (rests on one path: ${paths[0]})` : ''
}

function outcomeOf(
  situation: Situation,
  progress: Progress,
  is: OutcomeIs,
  because: string,
  facets: readonly FacetOutcome[],
  expires_at: string | null,
): Outcome {
  const { action, intent, events } = situation
  const since = events.slice((progress.sent[0] === undefined ? progress.looked_at : firstSending(situation)) + 1)
  const before = progress.looked?.record ?? null
  const { bystanders, moved } = judgeBystanders(action, intent, before, recordsAfter(since), oursOf(since))
  const worst: OutcomeIs = is === 'verified' && moved.length > 0 ? 'partial' : is
  const outcome = {
    is: worst,
    because: `${because}${alarmOf(moved)}`,
    changed: progress.sent.length > 0 && !(['rejected', 'refuted'].includes(is) && moved.length === 0),
    facets,
    id: intent.id ?? progress.found,
    bound_to: boundTo(action, intent),
    bystanders,
    moved,
    residual_until: latest(facets.map((one) => one.residual_until)),
    expires_at,
    rules: OUTCOME_RULES,
  }
  return { ...outcome, next_steps: nextSteps(outcome, action) }
}

const recordsAfter = (events: Situation['events']): readonly JsonObject[] =>
  events.flatMap((event) => {
    if (event.kind === 'beside') return event.record === null ? [] : [event.record]
    return event.kind === 'look' && event.look.phase === 'after' && event.look.record !== null ? [event.look.record] : []
  })
const firstSending = ({ events }: Pick<Situation, 'events'>): number => events.findIndex((event) => event.kind === 'sending')

function cancelled(situation: Situation, progress: Progress): Outcome {
  const { by, because } = progress.cancelled!
  return outcomeOf(situation, progress, 'cancelled', `withdrawn before anything was sent, by ${by}: ${because}`, [], null)
}

/** An invitation not yet taken up, or a job that outlasts the looks' own deadline. `due`: long enough to say so. */
function pendingUntil(
  { action, now }: Situation,
  { sent }: Progress,
): { readonly until: string; readonly due: boolean; readonly because: string } | null {
  const invited = sent.find((one) => one.invited_until !== null && ms(now) < ms(one.invited_until) && one.result === 'accepted')
  if (invited?.invited_until != null) {
    return {
      until: invited.invited_until,
      due: true,
      because: 'the target has only begun it: an invitation, or what else somebody or something there has still to finish',
    }
  }
  const running = sent.find((one) => one.job !== null)
  if (running?.job == null) return null
  const usual_s = windowOf(action)
  const due = ms(now) >= ms(running.sent_at) + usual_s * 1000
  return { until: running.job.until, due, because: `the target's job ${running.job.id} has not ended` }
}

/** Nothing is open but a path that is hours behind: what the others show is told, and until when that one has time. */
function slowUntil(
  situation: Situation,
  progress: Progress,
  facets: readonly FacetOutcome[],
): { readonly until: string; readonly due: boolean; readonly because: string } | null {
  const { action, now } = situation
  const open = facets.filter((one) => one.is === 'looking')
  const waits = open.flatMap(({ facet }) => {
    const base = baseOf(situation, progress, facet)
    if (base === null || quickOutcome(situation, facet, base).is === 'looking') return []
    const slow = verifiesOf(situation, facet).filter((index) => isSlow(action, index))
    return slow.map((index) => ({ facet, from: base.from, until: later(base.from, action.verify[index]!.within_s) }))
  })
  const until = latest(waits.map((one) => one.until))
  if (until === null || !open.every(({ facet }) => waits.some((one) => one.facet === facet))) return null
  const due = waits.every(({ from }) => ms(now) >= ms(from) + windowOf(action) * 1000)
  return { until, due, because: `${open.map(named).join('; ')}; other paths show it, and this one has time until ${until}` }
}

/** What is only begun shows in no look at its end, so of an answer that never came nobody knows that nothing was. */
function mayBeInvited({ action, events }: Situation): boolean {
  if (action.invitation === null) return false
  const sendings = events.filter((event) => event.kind === 'sending')
  const answers = events.filter((event) => event.kind === 'answered')
  return answers.length < sendings.length || answers.some((one) => one.result === 'lost' || one.status >= 500)
}

const isLeft = ({ steps, sent }: Progress): boolean =>
  sent.length > 0 && steps.some((step) => !sent.some((one) => one.step === step))
const isVerified = (one: FacetOutcome): boolean => one.is === 'verified'
const names = (facets: readonly FacetOutcome[]): string => facets.map((one) => one.facet).join(', ')
const named = (one: FacetOutcome): string => `${one.facet} ${one.is}: ${one.because}`

function wordOf(sent: Sent): string {
  if (sent.answer === null) return 'no answer is recorded'
  if (sent.result === 'accepted') return 'the target took it'
  return `${sent.result === 'lost' ? 'no whole answer came' : 'the target refused it'} (${sent.answer.because})`
}
