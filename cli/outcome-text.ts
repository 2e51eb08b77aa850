/** Changes as people read them. `accepted` is an answer and never a success; only `verified` is green. */
import type { Action, Facet } from '../runtime/types.ts'
import type { FacetOutcome, IntentEvent, Look, Outcome } from '../runtime/write-types.ts'
import { type Paint, safe, table } from './text.ts'
import { nextLines } from './verdict-text.ts'

type Counted = (facet: Facet, verify: number, agrees: boolean) => number

const clock = (at: string): string => `${at.slice(11, 19)}Z`
const plus = (at: string, s: number): string => clock(new Date(Date.parse(at) + s * 1000).toISOString())

/** What just became durable, in one line; null: nothing to say. */
export function eventLine(action: Action, event: IntentEvent, counted: Counted): string | null {
  switch (event.kind) {
    case 'looked': {
      if (event.missing !== undefined)
        return event.missing.length === 0 ? null : `looked: what ${safe(event.missing.join(', '))} names is not there`
      if (event.already) return 'looked: it is so already, nothing is sent; looking all the same'
      if (event.found !== null) return `looked: found ${safe(event.found)}`
      return event.record === null
        ? action.find === null
          ? 'looked: the target shows no such record'
          : 'looked: there is none yet'
        : 'looked: it is the one that was meant, and not so yet'
    }
    case 'sending':
      return `sent ${safe(event.step)}${event.attempt > 1 ? `, attempt ${event.attempt}` : ''}`
    case 'answered': {
      const said = {
        accepted: 'the target says yes, which shows nothing yet',
        refused: 'the target says no',
        lost: 'no answer: it is looked at, not sent again',
      }
      return `answered: ${said[event.result]} (${safe(event.because === '' ? String(event.status) : event.because)})`
    }
    case 'beside':
      return `looking at the rest of the record: ${safe(event.because)} (${safe(event.where)})`
    case 'look':
      return lookLine(action, event.look, counted)
    case 'held':
      return `held by ${safe(event.brake)}: ${safe(event.because)}`
    case 'cancelled':
      return `withdrawn: ${safe(event.because)}`
    case 'outcome':
    case 'requested':
    case 'approved':
      return null
  }
}

function lookLine(action: Action, look: Look, counted: Counted): string {
  if (look.phase === 'before') return `looked: ${safe(look.because)}`
  const verify = action.verify[look.verify]
  const n = counted(look.facet, look.verify, look.shows === 'asked')
  const word = { asked: 'as asked', other: 'not yet as asked', gone: 'not there', unanswered: 'no answer' }[look.shows]
  const control = look.control === 'not_alive' ? ', but the control does not answer either' : ''
  if (verify === undefined) return `looking at ${look.facet}: ${word}${control}`
  if (verify.probe.kind === 'residual')
    return `${look.facet}: no way to look${look.residual_until === null ? '' : `; access may last until ${look.residual_until}`}`
  const next =
    n >= verify.agree ? '' : `; next look about ${plus(look.at, verify.every_s)}, deadline ${verify.within_s} s after it was sent`
  return `looking at ${look.facet}: ${word}${control}, ${n} of ${verify.agree} agreeing looks${next} (${safe(look.where)})`
}

export function paintedOutcome(is: string, paint: Paint): string {
  if (is === 'verified') return paint.green(is)
  return is === 'refuted' || is === 'reverted' || is === 'rejected' ? paint.red(is) : paint.yellow(is)
}

export function facetRows(
  facets: readonly Pick<FacetOutcome, 'facet' | 'is' | 'because' | 'residual_until'>[],
  paint: Paint,
  indent: string,
): string {
  return table(
    facets.map((one) => [
      one.facet,
      paintedOutcome(one.is, paint),
      `${safe(one.because)}${one.residual_until === null ? '' : paint.yellow(`; access may last until ${one.residual_until}`)}`,
    ]),
    indent,
  )
}

/** `made`: it is about something that was to be made. */
export function outcomeText(title: string, outcome: Outcome, made_here: boolean, paint: Paint): string {
  const moved =
    outcome.moved.length === 0 ? '' : `  ${paint.red('alarm')}  moved with it: ${outcome.moved.map(safe).join(', ')}\n`
  const made = outcome.id === null || !made_here ? '' : `  ${outcome.changed ? 'made' : 'found'} ${safe(outcome.id)}\n`
  const bound =
    outcome.bound_to === 'the id alone'
      ? `  ${paint.yellow('bound to the id alone')}: no snapshot shows it; sync first, so that more than the id tells who is meant\n`
      : ''
  return `${paintedOutcome(outcome.is, paint)}  ${title}: ${safe(outcome.because)}\n${made}${bound}${facetRows(outcome.facets, paint, '  ')}${moved}${nextLines(outcome.next_steps.map(safe), paint, '  ')}`
}
