/**
 * What a change may end in beside a lie, told from the lie and the declaration alone: whatever else is said is a finding, and so is an answer
 * that says nothing (`unknown`) where nothing keeps anybody from knowing. Nothing of the runtime's rules is shared.
 */
import type { Action, Verify } from '../../../runtime/types.ts'
import type { Lie } from '../faults/write.ts'
import type { ActionPlay } from '../twin/types.ts'
import type { Said } from '../types.ts'
import { bestOf, canShow, isList, looksAt, spansOf, windowOf } from './write-best.ts'

/** A look every hour at most: what shows within this share of the window is seen in it. */
const SURE = 0.6
const SLOW_S = 3600
const LOST: ReadonlySet<string> = new Set(['answer_lost', 'failed_5xx'])

export type May = { readonly action: Action; readonly play: ActionPlay }

/** What one lie alone may end in, where it strikes. `best` of the action alone: it comes to nothing. */
export function mayEnd(lie: Lie, { action, play }: May): readonly Said[] {
  const best = bestOf(action, play)
  const blank = best === 'unverifiable'
  const invites = action.invitation !== null
  /** A step that no facet shows is not sent after: what comes then nobody has looked at. */
  const open: readonly Said[] = waitsForOther(action) ? ['unknown'] : []
  // A step of several, or only from some request on: the others are done.
  const part: readonly Said[] = (lie.step !== undefined || lie.skip !== undefined) && severalSteps(action) ? ['partial'] : []
  switch (lie.fault) {
    case 'throttled':
      return (lie.times ?? 99) <= 5 ? [best] : blank ? ['unverifiable'] : ['rejected', ...open, ...part]
    case 'reads_fail':
    case 'reads_throttled':
    case 'doubles':
      return [best]
    case 'forbidden':
      return blank ? ['unverifiable'] : ['rejected', ...open, ...part, ...(part.length > 0 ? (['refuted'] as const) : [])]
    case 'no_op':
    case 'wrong_object':
    case 'ghost':
      return blank ? ['unverifiable'] : ['refuted', ...part]
    case 'error_200':
    case 'accepted_202':
      // Who knows the words of an error reads the refusal in it.
      return blank ? ['unverifiable', 'unknown'] : ['refuted', 'rejected', ...open, ...part]
    case 'ignored':
    case 'swallowed':
      // Who declares what an answer must hold reads a refusal in one that holds nothing.
      return blank ? ['unverifiable', 'unknown'] : ['refuted', 'rejected', ...open, ...part]
    case 'conflicted':
    case 'not_yet':
      return blank ? ['unverifiable'] : refusedWith(lie.status ?? 404, action)
    case 'moves_bystander':
      return besideOf(action, play, best)
    case 'partial_fields':
      return ['partial', 'refuted']
    case 'invited':
      return ['pending', 'partial', 'refuted']
    case 'stays_behind':
      return staysBehind(lie, action, best)
    case 'delayed':
      // Nobody takes up an invitation that is not out yet.
      return [
        ...lateOf(lie.ms ?? 3_000, action, best),
        ...(play.accepts === undefined || !isLate(lie, action) ? [] : (['refuted'] as const)),
      ]
    case 'flip_flop':
      return blank ? [best] : laggingOf(lie.ms ?? 3_000, action, best)
    case 'reverted':
    case 'upstream':
      return undoneOf(lie, action, play, best)
    case 'answer_lost':
    case 'failed_5xx':
      if (blank) return ['unknown']
      if (lie.applied !== false || lie.times === 1) return action.idempotency === 'none' ? ['unknown'] : [best]
      return invites || open.length > 0 ? ['rejected', 'unknown', ...part] : ['rejected', ...part]
    case 'blinded':
      return blank ? ['unverifiable', 'unknown'] : blindOf(lie, action, best)
  }
}

/** Of several at once: what any of them alone may end in; a plain yes only where each allows it, or it is so in the end. */
export function mayEndOf(lies: readonly Lie[], may: May, holds: boolean): readonly Said[] {
  const best = bestOf(may.action, may.play)
  const sets = lies.map((lie) => mayEnd(lie, may))
  const lost = lies.some(({ fault }) => LOST.has(fault))
  // No answer came, and it comes after the looks are over.
  const too_late = lost && lies.some((lie) => isLate(lie, may.action))
  const harm = sets.filter((set) => set.some((said) => said !== best))
  if (harm.length === 0 && !too_late) return [best]
  const may_be_best = holds || sets.every((set) => set.includes(best))
  const union = new Set<Said>(harm.flat())
  // What comes late and goes soon, or shows in one copy and not in the other, may never have been seen.
  if (union.has('reverted') && lies.length > 1) union.add('refuted')
  // Steps and facets fall apart where more than one thing goes wrong.
  if (Object.keys(may.action.does).length > 1) for (const said of ['partial', 'refuted'] as const) union.add(said)
  if (lies.length > 1 && waitsForOther(may.action)) union.add('unknown')
  // Where one path is closed, what the other one would show may be a lie as well.
  if (lies.length > 1 && lies.some(({ fault }) => fault === 'blinded')) union.add('unknown')
  // Nothing is seen to have happened, and no answer said that it did.
  if (too_late || (lost && union.has('refuted'))) {
    union.add('rejected')
    if (may.action.invitation !== null) union.add('unknown')
  }
  if (may_be_best) union.add(best)
  else if (best === 'verified') union.delete(best)
  return [...union]
}

// ---------------------------------------------------------------- lie by lie

/** A status that is declared to mean that it is so already is taken as a yes, and the looks say otherwise. */
const refusedWith = (status: number, action: Action): readonly Said[] =>
  action.steps.some((step) => step.already_status.includes(status)) ? ['refuted'] : ['rejected']

/** What the record shows beside the facet is asked for where it may not move; who is looked for by it is not found any more. */
function besideOf(action: Action, play: ActionPlay, best: Said): readonly Said[] {
  if (action.may_change === null || best === 'unverifiable') return [best]
  return action.verify.some(({ probe }) => JSON.stringify(probe).includes('{record.')) && play.bystander !== undefined
    ? ['partial', 'refuted']
    : ['partial']
}

function staysBehind({ facet }: Lie, action: Action, best: Said): readonly Said[] {
  const facets = Object.keys(action.does)
  if (facet !== undefined && !canShow(action, facet)) return [best]
  return facets.length > 1 ? ['partial'] : ['refuted']
}

/** Within the window it is seen; after it, at a recheck: refuted, then verified late. */
function lateOf(ms: number, action: Action, best: Said): readonly Said[] {
  if (best === 'unverifiable') return [best]
  const window_ms = windowOf(action) * 1000
  const first_ms = Math.min(...shown(action).map((verify) => verify.within_s * 1000))
  if (ms <= first_ms - 1_000) return [best]
  // A deletion whose deactivation comes late too is only a deactivation.
  const said = ms > window_ms && !waitsForOther(action) ? afterWindow(ms, action, best) : [...afterWindow(ms, action, best), best]
  return waitsForOther(action) ? ['refuted', ...(ms > window_ms ? [] : said)] : said
}

/** What every facet shows can be verified late; else it stays refuted. */
const afterWindow = (ms: number, action: Action, best: Said): readonly Said[] =>
  best === 'verified' && ms < Math.max(0, ...action.recheck_s) * 1000 ? ['verified'] : ['refuted']

/** A copy that follows late; the looks of it go on to the deadline. */
function laggingOf(ms: number, action: Action, best: Said): readonly Said[] {
  const span_ms = Math.max(0, ...Object.values(spansOf(action)))
  const first_ms = Math.min(...shown(action).map((verify) => verify.within_s * 1000))
  if (ms + span_ms <= first_ms * SURE) return [best]
  if (waitsForOther(action)) return [best, 'refuted', 'verified']
  return [...new Set([best, ...afterWindow(ms, action, best)])]
}

function undoneOf({ ms = 20_000 }: Lie, action: Action, play: ActionPlay, best: Said): readonly Said[] {
  if (best === 'unverifiable') return [best]
  const span_ms = Math.max(0, ...Object.values(spansOf(action)))
  const steps_ms = action.steps.length * 1_000
  // Gone again before enough looks agreed: never verified.
  const early: readonly Said[] = ms <= (span_ms + steps_ms) * 3 ? ['refuted'] : []
  // What is taken up before somebody withdraws it is there to stay.
  const taken: readonly Said[] = play.accepts === undefined ? [] : [best, 'unknown', 'refuted']
  const invited: readonly Said[] = action.invitation === null ? [] : ['refuted']
  return [...new Set<Said>(['reverted', ...early, ...taken, ...invited])]
}

function blindOf({ applied, reads }: Lie, action: Action, best: Said): readonly Said[] {
  // A log that nobody may read any more is an empty one.
  const logged: readonly Said[] = action.verify.some(({ probe }) => probe.kind === 'log') ? ['refuted'] : []
  if (reads === undefined) return ['unknown', ...logged]
  const facets = Object.keys(action.does).map((facet) => looksAt(action, facet).filter((verify) => verify.within_s < SLOW_S))
  const sees = (verify: Verify) => isList(verify.probe) !== (reads === 'list')
  const every = facets.every((looks) => looks.some(sees))
  const some = facets.some((looks) => looks.some(sees))
  const only = facets.every((looks) => looks.every(sees))
  const found = action.find === null || (action.find.one === true) === (reads === 'list')
  if (applied !== false) return only && found ? [best] : ['unknown', ...logged, ...(some ? (['partial'] as const) : [])]
  // Of creates the search says that there is none, and nothing else is asked.
  if (action.find !== null) return found ? ['refuted'] : ['unknown']
  if (!some) return ['unknown', ...logged]
  return every && facets.every((looks) => looks.filter(sees).some(plain)) ? ['refuted'] : ['refuted', 'unknown']
}

/** The record itself, or a whole list: not what only answers for somebody who has it already (a membership by both ids). */
const plain = ({ probe }: Verify): boolean => isList(probe) || probe['look'] === undefined

/** Not surely seen before the first deadline. */
function isLate({ fault, ms = 3_000 }: Lie, action: Action): boolean {
  if (fault !== 'delayed' && fault !== 'flip_flop') return false
  const span_ms = Math.max(0, ...Object.values(spansOf(action)))
  return ms + span_ms > Math.min(...shown(action).map((verify) => verify.within_s * 1000)) * SURE
}

// ---------------------------------------------------------------- the declaration

const shown = (action: Action): readonly Verify[] => action.verify.filter(({ probe }) => probe.kind !== 'residual')

const severalSteps = (action: Action): boolean => action.steps.length > 1 && Object.keys(action.does).length > 1

/** Its first step is shown by nothing but what comes after it. */
function waitsForOther(action: Action): boolean {
  const [first, ...rest] = action.steps.filter((step) => step.when === null || !step.when.includes('settings.'))
  return first !== undefined && rest.length > 0 && first.facets.every((facet) => rest.some((step) => step.facets.includes(facet)))
}
