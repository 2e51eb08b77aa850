/** Which records of a whole list are the one that is looked for. */
import type { ProbeView } from '../../kind.ts'
import { says } from './evaluate.ts'
import { unanswered, type Whole } from './show.ts'

export type Matches = {
  readonly found: number
  /** Why some records could not be told; null: all could. */
  readonly failed: string | null
}

export function matchesIn(match: string, view: ProbeView, records: readonly unknown[]): Matches {
  let found = 0
  let failed: string | null = null
  for (const record of records) {
    const said = says(match, view, { record })
    if ('failed' in said) failed ??= said.failed
    else if (said.is) found += 1
  }
  return { found, failed }
}

/** A list that did not reach its declared end shows nothing, not even by what it holds. */
export function notWhole(answer: Whole) {
  if (answer.failed !== null) return unanswered(`the list was not read: ${answer.failed}`)
  return answer.whole ? null : unanswered('the list did not reach its declared end')
}
