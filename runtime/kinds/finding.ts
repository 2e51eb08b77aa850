/** What the words of `prove` share: how a finding is written, and what of a read a proof may count. Pure. */
import type { EvidenceClass, Finding, JsonObject, ReadFacts } from '../types.ts'

/** Who says it: the word, its item in truth.md, its class. */
export type Said = { readonly check: string; readonly item: number; readonly class: EvidenceClass }

export function holds(said: Said, because: string, facts: JsonObject, confirms: boolean): Finding {
  return { ...said, result: 'holds', because, facts, confirms, settle: null }
}

export function refutes(said: Said, because: string, facts: JsonObject, settle: string): Finding {
  return { ...said, result: 'refutes', because, facts, confirms: false, settle }
}

/** Could not be asked or answered; counts for nothing. */
export function missing(said: Said, because: string, facts: JsonObject, settle: string): Finding {
  return { ...said, result: 'missing', because, facts, confirms: false, settle }
}

/** The population moved while it was read: the judge then wants an equal second pass before it believes anything. */
export function unstable(said: Said, because: string, facts: JsonObject): Finding {
  return missing(
    said,
    because,
    { ...facts, unstable: true },
    'Read again while fewer changes are made; a second pass with the same ids settles it.',
  )
}

export function anomaly(said: Said, because: string, facts: JsonObject, settle: string): Finding {
  return { ...said, result: 'anomaly', because, facts, confirms: false, settle }
}

/** Distinct rows the list returned, whatever became of them: what a total of the list, or a count beside it, counts. */
export function listed(facts: ReadFacts): number {
  return facts.fetched - facts.stitched - facts.repeated
}

/** `9,412`: grouped by hand, so that no locale of a machine can change a recorded sentence. */
export function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+(?!\d))/g, ',')
}

export function counted(count: number, one: string, many: string): string {
  return `${grouped(count)} ${count === 1 ? one : many}`
}

/** A few of many, for messages. */
export function few(ids: readonly string[], of: number = ids.length): string {
  const shown = ids.slice(0, 3).join(', ')
  return of > Math.min(3, ids.length) ? `${shown} and ${grouped(of - Math.min(3, ids.length))} more` : shown
}
