/** How a probe says what it saw, and the rules that hold for each of them. */
import type { ProbeAnswer, ProbeShows } from '../../kind.ts'

export type One = Extract<ProbeAnswer, { ask: 'one' }>
export type Whole = Extract<ProbeAnswer, { ask: 'list' }>

export function shows(is: ProbeShows['shows'], because: string, rung: number | null = null): ProbeShows {
  return { shows: is, because, rung: is === 'asked' ? rung : null, residual_until_ms: null }
}

export const unanswered = (because: string): ProbeShows => shows('unanswered', because)

/** The engine gave another shape of answer than was asked for: nothing is shown. */
export const NO_ANSWER = unanswered('the look was not made')

/**
 * What is not there may only be hidden from us. A negative finding counts where a record known to be alive was seen the same way
 * in the same minute; without that nothing is shown. truth.md part 2, "a positive control for every negative finding".
 */
export function negative(answer: One | Whole, because: string, is: 'asked' | 'gone', rung: number | null = null): ProbeShows {
  if (answer.control === 'alive') return shows(is, `${because}; a record known to be alive answers`, rung)
  return unanswered(
    answer.control === 'not_alive'
      ? `${because}, but a record known to be alive is not seen either: the right to look may be lost`
      : `${because}, and no record known to be alive was asked for beside it`,
  )
}

export const isAbsent = (answer: One): boolean => answer.status === 404 || answer.status === 410

/** Why a single answer says nothing; null where it is a 2xx that can be read. */
export function trouble(answer: One): string | null {
  if (answer.failed !== null) return answer.failed
  if (answer.status >= 200 && answer.status < 300) return null
  return answer.status === 0 ? 'no answer' : `status ${answer.status}`
}
