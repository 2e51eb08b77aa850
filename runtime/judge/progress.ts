/** Where an intent stands: the fold over its history. Pure; the judge and the state machine read the same. */
import type { Action, Facet, Step } from '../types.ts'
import type { FacetOutcome, Intent, IntentEvent, Look } from '../write-types.ts'
import { isResidual, joinFacets, judgeFacet, ms, type Run, runOf } from './facet.ts'
import { isSlow, joinPaths } from './slow.ts'

type Of<Kind extends IntentEvent['kind']> = Extract<IntentEvent, { kind: Kind }>

export type Situation = {
  readonly action: Action
  readonly intent: Intent
  readonly events: readonly IntentEvent[]
  readonly now: string
}

export type Sent = {
  readonly step: Step
  readonly attempt: number
  /** The last sending. */
  readonly sent_at: string
  readonly place: number
  readonly answer: Of<'answered'> | null
  /** `throttled`: asked too often, so not done; `running`: a job that has not ended. A history that ends in `sending` is `lost`. */
  readonly result: 'accepted' | 'refused' | 'throttled' | 'lost' | 'running'
  /** Looks and deadlines count from here. */
  readonly from: string
  readonly job: { readonly id: string; readonly polled_at: string; readonly until: string } | null
  readonly invited_until: string | null
}

export type Progress = {
  /** The last look before the first sending, and its place in the history. */
  readonly looked: Of<'looked'> | null
  readonly looked_at: number
  /** Of creates: what the last search found. */
  readonly found: string | null
  /** Steps to send, in order; those that the record made needless are not in it. */
  readonly steps: readonly Step[]
  /** In the order in which they were first sent. */
  readonly sent: readonly Sent[]
  readonly current: Sent | null
  readonly held: Of<'held'> | null
  readonly approved_at: number
  readonly cancelled: Of<'cancelled'> | null
  readonly outcome: Of<'outcome'> | null
  /** Something was done since the last outcome that may change it: it is at work again. */
  readonly again: boolean
}

export function progressOf({ action, events, now }: Situation): Progress {
  const places = (kind: IntentEvent['kind']) => events.flatMap((event, place) => (event.kind === kind ? [place] : []))
  const first = places('sending')[0] ?? events.length
  const looked_at = places('looked').findLast((place) => place < first) ?? -1
  const last = events.findLast((event) => event.kind === 'looked')
  const approved_at = places('approved').at(-1) ?? -1
  const held_at = places('held').at(-1) ?? -1
  // Asked for again: what held it has passed by itself.
  const free_at = Math.max(approved_at, places('requested').at(-1) ?? -1)
  const names = [...new Set(events.flatMap((event) => (event.kind === 'sending' ? [event.step] : [])))]
  const sent = names.flatMap((name) => {
    const step = action.steps.find((one) => one.name === name)
    return step === undefined ? [] : [sentOf(step, action, events, now)]
  })
  return {
    looked: (events[looked_at] as Of<'looked'> | undefined) ?? null,
    looked_at,
    found: foundIn(events),
    steps: action.steps.filter((step) => !(last?.skip ?? []).includes(step.name)),
    sent,
    current: sent.toSorted((a, b) => a.place - b.place).at(-1) ?? null,
    held: held_at > free_at ? (events[held_at] as Of<'held'>) : null,
    approved_at,
    cancelled: events.findLast((event) => event.kind === 'cancelled') ?? null,
    outcome: events.findLast((event) => event.kind === 'outcome') ?? null,
    again: isAgain(events),
  }
}

/** Of creates: what the last search that found something found, at a recheck too. */
export const foundIn = (events: readonly IntentEvent[]): string | null =>
  events.reduce<string | null>((found, event) => {
    if (event.kind === 'looked') return event.found ?? found
    return event.kind === 'look' ? (event.look.found ?? found) : found
  }, null)

export function isAgain(events: readonly IntentEvent[]): boolean {
  const told = events.findLastIndex((event) => event.kind === 'outcome')
  return told >= 0 && events.slice(told + 1).some((event) => event.kind === 'looked' || event.kind === 'sending')
}

function sentOf(step: Step, action: Action, events: readonly IntentEvent[], now: string): Sent {
  const place = events.findLastIndex((event) => event.kind === 'sending' && event.step === step.name)
  const sending = events[place] as Of<'sending'>
  const answers = events.slice(place + 1).filter((event) => event.kind === 'answered' && event.step === step.name)
  const answer = (answers.at(-1) as Of<'answered'> | undefined) ?? null
  const job = jobOf(action, answers as readonly Of<'answered'>[])
  const running = job !== null && ms(now) < ms(job.until)
  // A job's time is over: it counts as done, and the looks say what came of it.
  const from = job !== null && !running ? job.until : answers.length > 1 && answer !== null ? answer.at : sending.at
  const invited = answers.some((event) => (event as Of<'answered'>).invited)
  return {
    step,
    attempt: sending.attempt,
    sent_at: sending.at,
    place,
    answer,
    result: running ? 'running' : job !== null ? 'accepted' : resultOf(answer),
    from,
    job: running ? job : null,
    invited_until: invited && action.invitation !== null ? later(sending.at, action.invitation.expires_s) : null,
  }
}

/** A 5xx is no refusal, whoever called it one: it may have been applied (W7). */
function resultOf(answer: Of<'answered'> | null): Sent['result'] {
  if (answer === null) return 'lost'
  if (answer.result !== 'refused') return answer.result
  if (answer.status >= 500) return 'lost'
  return answer.status === 429 ? 'throttled' : 'refused'
}

function jobOf(action: Action, answers: readonly Of<'answered'>[]): Sent['job'] {
  const first = answers.find((event) => event.job !== null)
  const last = answers.at(-1)
  if (action.job === null || first === undefined || last === undefined || first.job === null) return null
  // A poll that got no answer, or was asked too often, leaves the job running; only `done` (no id) or a refusal ends it.
  const result = resultOf(last)
  if (result === 'refused' || (result === 'accepted' && last.job === null)) return null
  return { id: first.job, polled_at: last.at, until: later(first.at, action.job.within_s) }
}

export const later = (at: string, seconds: number): string => new Date(ms(at) + seconds * 1000).toISOString()

// ---------------------------------------------------------------- facets

/** Facets of `does`, in the order declared. */
export const facetsOf = (action: Action): readonly Facet[] => Object.keys(action.does) as Facet[]

/** Facets that a step is verified by: a facet that several steps name is shown by the last of them. */
export function ownFacets(action: Action, progress: Pick<Progress, 'steps' | 'sent'>, step: Step): readonly Facet[] {
  return facetsOf(action).filter((facet) => ownerOf(action, progress, facet) === step)
}

/** The last step that is to bring a facet about; null: the record made all of them needless. One that no step names is the last step's. */
export function ownerOf(action: Action, { steps, sent }: Pick<Progress, 'steps' | 'sent'>, facet: Facet): Step | null {
  const naming = action.steps.filter((step) => step.facets.includes(facet))
  const left = naming.length === 0 ? action.steps : naming
  return left.findLast((step) => steps.includes(step) || sent.some((one) => one.step === step)) ?? null
}

export type Base = { readonly place: number; readonly from: string; readonly refused: boolean; readonly until: string | null }

/** From where the looks at a facet count; null: its step was not sent. */
export function baseOf(situation: Situation, progress: Progress, facet: Facet): Base | null {
  const owner = ownerOf(situation.action, progress, facet)
  const sent = progress.sent.find((one) => one.step === owner) ?? null
  if (sent !== null) return baseOfSent(latestOf(progress, facet, sent))
  if (owner !== null && progress.current !== null) return null
  const looked = progress.looked
  // Nothing was sent: what agreeing looks show now is so, and there is nothing to wait for.
  return looked === null ? null : { place: progress.looked_at, from: looked.at, refused: true, until: null }
}

/** A step of the same facet that left once more after its last one: what it did is looked at from then on. */
function latestOf({ sent }: Progress, facet: Facet, owner: Sent): Sent {
  return sent.reduce((last, one) => (one.step.facets.includes(facet) && one.place > last.place ? one : last), owner)
}

export function baseOfSent(sent: Sent): Base {
  const refused = sent.result === 'refused' || sent.result === 'throttled'
  return { place: sent.place, from: sent.from, refused, until: sent.invited_until }
}

/** Looks of one verify since then; of creates, searches that found nothing are looks that saw the old state. */
export function looksSince({ action, intent, events }: Situation, index: number, base: Base): readonly Look[] {
  const verify = action.verify[index]!
  return events.slice(base.place + 1).flatMap((event): readonly Look[] => {
    if (event.kind === 'look') return event.look.verify === index && event.look.phase !== 'recheck' ? [event.look] : []
    if (
      event.kind !== 'looked' ||
      event.missing !== undefined ||
      event.found !== null ||
      action.find === null ||
      intent.id !== null
    )
      return []
    return isResidual(verify) ? [] : [nothingFound(verify.facet, index, event.at)]
  })
}

function nothingFound(facet: Facet, verify: number, at: string): Look {
  const because = 'the search by natural key finds nothing'
  return {
    facet,
    verify,
    phase: 'after',
    at,
    where: 'find',
    shows: 'other',
    control: null,
    rung: null,
    because,
    digest: null,
    record: null,
    residual_until: null,
  }
}

/** Paths that show nothing of the record as the last look before the first sending saw it: they neither hold nor fail. */
export function silentOf(events: readonly IntentEvent[]): readonly number[] {
  const sent = events.findIndex((event) => event.kind === 'sending')
  const before = sent < 0 ? events : events.slice(0, sent)
  const looks = before.flatMap((event) => (event.kind === 'looked' ? [event.silent ?? []] : []))
  return looks.at(-1) ?? []
}

/** Indices into `action.verify` of the paths that can show the facet. */
export function verifiesOf({ action, events }: Pick<Situation, 'action' | 'events'>, facet: Facet): readonly number[] {
  const silent = silentOf(events)
  return action.verify.flatMap((verify, index) => (verify.facet === facet && !silent.includes(index) ? [index] : []))
}

export function judgeVerify(situation: Situation, index: number, base: Base): FacetOutcome {
  const { action, now } = situation
  const verify = action.verify[index]!
  const open_s = base.until === null ? 0 : Math.ceil((ms(base.until) - ms(base.from)) / 1000)
  // An invitation's deadline is its expiry.
  const until = { ...verify, within_s: Math.max(verify.within_s, open_s) }
  const times = { sent_at: base.from, now, refused: base.refused }
  return judgeFacet(until, action.does[verify.facet]!, looksSince(situation, index, base), times)
}

export function runSince(situation: Situation, index: number, base: Base): Run | null {
  const looks = looksSince(situation, index, base).filter((look) => ms(look.at) >= ms(base.from))
  return runOf(situation.action.verify[index]!, looks)
}

export const NOT_SENT = 'its step is not sent yet'

/** `base` null: its step was not sent. */
export function facetOutcome(situation: Situation, facet: Facet, base: Base | null): FacetOutcome {
  const { action } = situation
  const bare = { facet, asked: action.does[facet]!, rung: null, residual_until: null, looks: 0, verified_at: null }
  if (base === null) return { ...bare, is: 'looking', because: NOT_SENT }
  const all = verifiesOf(situation, facet).map((index) => ({
    slow: isSlow(action, index),
    is: judgeVerify(situation, index, base),
  }))
  if (all.length === 0) return { ...bare, is: 'unverifiable', because: action.unverifiable ?? 'no look is declared' }
  return joinPaths(all)
}

/** By the paths that are not slow alone. */
export function quickOutcome(situation: Situation, facet: Facet, base: Base): FacetOutcome {
  const quick = verifiesOf(situation, facet).filter((index) => !isSlow(situation.action, index))
  return quick.length === 0
    ? facetOutcome(situation, facet, base)
    : joinFacets(quick.map((index) => judgeVerify(situation, index, base)))
}
