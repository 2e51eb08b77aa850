/**
 * One facet after a write: what its looks show. Pure. truth.md part 2.
 * The write's own answer is an echo and is not asked here; only looks count, and a look that could not see counts for nothing.
 */
import type { Facet, FacetState, Verify } from '../types.ts'
import type { FacetOutcome, Look } from '../write-types.ts'

export type Times = {
  /** Looks count from here, and the deadline is counted from here. */
  readonly sent_at: string
  readonly now: string
  /** The target said no: the old state, seen as often as needed, settles it before the deadline. */
  readonly refused?: boolean
}

/** Looks of one verify that agree, the last ones without a contradiction between them. */
export type Run = {
  readonly shows: 'asked' | 'other'
  /** How many, spaced by at least `every_s`. */
  readonly count: number
  readonly first_at: string
  readonly last_at: string
  /** The last look that agreed, counted or too close to the one before. */
  readonly seen_at: string
  /** When the needed number was reached; null: it was not. */
  readonly agreed_at: string | null
  readonly rung: number | null
}

/**
 * Verified: as many agreeing looks in a row as asked for, begun with the look at the deadline at the latest.
 * Refuted: the deadline is over and the last look that could see shows another state, or the one at the deadline did.
 */
export function judgeFacet(verify: Verify, asked: FacetState, looks: readonly Look[], times: Times): FacetOutcome {
  const { now, sent_at } = times
  const mine = looks.filter((look) => look.facet === verify.facet && ms(look.at) >= ms(sent_at))
  const of = { facet: verify.facet, asked, looks: mine.length, residual_until: latest(mine.map((look) => look.residual_until)) }
  const say = (is: FacetOutcome['is'], because: string, more: Partial<FacetOutcome> = {}): FacetOutcome => {
    return { ...of, is, because, rung: null, verified_at: null, ...more }
  }
  const deadline = deadlineOf(verify, sent_at)
  const over = ms(now) >= deadline
  if (isResidual(verify)) {
    if (mine.length === 0 && !over) return say('looking', 'not looked at yet')
    return say('unverifiable', 'no way to look; it says only until when access may last')
  }
  const seen = mine.filter((look) => sight(verify, look) !== null)
  const run = runOf(verify, mine)
  if (run === null) {
    if (!over) return say('looking', mine.length === 0 ? 'not looked at yet' : `no look could see: ${why(mine)}`)
    return say(
      'unknown',
      mine.length === 0 ? 'no look was made' : `none of ${count(mine.length, 'look')} could see: ${why(mine)}`,
    )
  }
  const need = needed(verify)
  if (run.shows === 'other') {
    // One look may be a stale replica's, and where the one that was to agree with it could not see nobody knows.
    const blind = mine.filter((look) => ms(look.at) > ms(run.seen_at)).length
    if (over && run.agreed_at === null && blind > 0) {
      const since = `${count(blind, 'look')} since could not see: ${why(mine)}`
      return say('unknown', `${run.count} of ${need} looks that show another state, and ${since}`)
    }
    const settled = over || (times.refused === true && run.agreed_at !== null)
    return say(
      settled ? 'refuted' : 'looking',
      `${count(run.count, 'look')} in a row ${run.count === 1 ? 'shows' : 'show'} another state: ${seen.at(-1)!.because}`,
    )
  }
  // The first look at or after the deadline is the one at the deadline: what shows up only after it came too late. W2.
  const too_late = seen.find((look) => sight(verify, look) === 'other' && ms(look.at) >= deadline)
  if (too_late !== undefined) {
    return say('refuted', `the asked-for state shows now, and the look at the deadline showed another: ${too_late.because}`)
  }
  if (run.agreed_at === null) {
    // Each look that agrees may wait for the next one: whoever was away when the deadline came ends the row that was begun in time.
    const waits = ms(now) < Math.max(deadline, ms(run.last_at)) + need * verify.every_s * 1000
    return say(waits ? 'looking' : 'unknown', `${run.count} of ${need} agreeing looks`)
  }
  if (tooLow(verify.facet, run.rung)) {
    return say('unverifiable', `it shows no more than that the account is inactive (rung ${run.rung}): open access may last`, {
      rung: run.rung,
    })
  }
  const late = ms(run.first_at) <= deadline ? '' : '; not seen before the deadline'
  return say('verified', `${count(run.count, 'agreeing look')}: ${seen.at(-1)!.because}${late}`, {
    rung: run.rung,
    verified_at: run.agreed_at,
  })
}

/** Every verify of a facet must hold; one that only says until when access may last neither holds nor fails. W16. */
export function joinFacets(all: readonly FacetOutcome[]): FacetOutcome {
  const residual_until = latest(all.map((one) => one.residual_until))
  const looks = all.reduce((sum, one) => sum + one.looks, 0)
  const worst = WORST.map((is) => all.find((one) => one.is === is)).find((one) => one !== undefined)
  const verified = all.filter((one) => one.is === 'verified')
  if (worst !== undefined || verified.length === 0) return { ...(worst ?? all[0]!), residual_until, looks }
  const rungs = verified.flatMap((one) => (one.rung === null ? [] : [one.rung]))
  const top = verified.find((one) => one.rung !== null && one.rung === Math.max(...rungs)) ?? verified[0]!
  const verified_at = latest(verified.map((one) => one.verified_at))
  return { ...top, rung: rungs.length === 0 ? null : Math.max(...rungs), residual_until, looks, verified_at }
}

/** A contradiction outweighs what is still open, and that outweighs what nobody could see. */
const WORST = ['refuted', 'looking', 'unknown'] as const

/**
 * What a look is worth. A negative finding (gone, none of a list) needs a control seen alive in the same minute; a look whose control was
 * not seen is worth nothing, unless it saw the thing itself. `gone`, where that was not asked for, is another state. W8, W17.
 */
export function sight(verify: Verify, look: Look): 'asked' | 'other' | null {
  const negative = NEGATIVE.has(verify.probe.kind)
  if (look.shows === 'asked') return (negative ? look.control === 'alive' : look.control !== 'not_alive') ? 'asked' : null
  if (look.shows === 'other') return negative || look.control !== 'not_alive' ? 'other' : null
  if (look.shows === 'gone') return look.control === 'alive' ? 'other' : null
  return null
}

/** The agreeing looks at the end. A look that could not see neither counts nor breaks the row; a flip begins a new one. W15. */
export function runOf(verify: Verify, looks: readonly Look[]): Run | null {
  return looks.reduce<Run | null>((run, look) => {
    const shows = sight(verify, look)
    return shows === null ? run : run === null || run.shows !== shows ? begun(verify, look, shows) : grown(verify, run, look)
  }, null)
}

const needed = (verify: Verify): number => Math.max(1, verify.agree)

function begun(verify: Verify, { at, rung }: Look, shows: Run['shows']): Run {
  return { shows, count: 1, first_at: at, last_at: at, seen_at: at, agreed_at: needed(verify) === 1 ? at : null, rung }
}

function grown(verify: Verify, run: Run, { at, rung }: Look): Run {
  if (ms(at) - ms(run.last_at) < verify.every_s * 1000) return { ...run, seen_at: at }
  const count = run.count + 1
  const agreed_at = run.agreed_at ?? (count >= needed(verify) ? at : null)
  return { ...run, count, last_at: at, seen_at: at, agreed_at, rung: rung ?? run.rung }
}

/** Probes whose asked-for state is that something is not there. */
export const NEGATIVE: ReadonlySet<string> = new Set(['gone', 'not_listed', 'empty'])
export const isResidual = (verify: Verify): boolean => verify.probe.kind === 'residual'
/** Milliseconds since 1970. */
export const deadlineOf = (verify: Verify, sent_at: string): number => ms(sent_at) + verify.within_s * 1000
export const ms = (at: string): number => Date.parse(at)
/** Facets that have the ladder of truth.md. */
export const hasLadder = (facet: Facet): boolean => facet === 'sessions' || facet === 'tokens'

/** An inactive account says nothing of sessions that are open. W12. */
const tooLow = (facet: Facet, rung: number | null): boolean => hasLadder(facet) && rung !== null && rung < 2

export function latest(times: readonly (string | null)[]): string | null {
  return times.reduce((last, at) => (at !== null && (last === null || ms(at) > ms(last)) ? at : last), null)
}

const why = (looks: readonly Look[]): string => looks.at(-1)!.because
const count = (n: number, one: string): string => `${n} ${one}${n === 1 ? '' : 's'}`
