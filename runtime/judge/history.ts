/** What a read looks like against its history and its clock: items 13, 18, 19, 21 of truth.md. Pure; `at` comes in. */
import { anomaly, few, grouped, holds, missing, refutes } from '../kinds/finding.ts'
import type { Finding, ReadFacts } from '../types.ts'
import { heldRemovals, type Thresholds } from './thresholds.ts'

export type History = {
  /** When it is judged, ISO 8601. */
  readonly at: string
  readonly fresh_for_s: number
  /** Of connector, settings and credential reference: now, and of the snapshot compared with; null where there is none. */
  readonly fingerprint: { readonly now: string; readonly baseline: string | null }
  /** Ids of the last complete snapshot that this read lacks; null where it was not asked. */
  readonly absent: {
    readonly base: number
    readonly count: number
    /** Of the absent edges that were looked at: those whose account this sync still reads. Null: not edges, or none was looked at. */
    readonly left_behind: { readonly looked_at: number; readonly live: number } | null
  } | null
  readonly thresholds: Thresholds
}

export function historyFindings(facts: ReadFacts, history: History, off: readonly string[]): readonly Finding[] {
  const fingerprint = fingerprintOf(history)
  const comparable = off.includes('fingerprint') || !isVoid(fingerprint)
  return [
    fields(facts, comparable),
    comparable ? fieldFall(facts, history.thresholds) : null,
    comparable ? drop(facts, history) : null,
    freshness(facts, history),
    fingerprint,
  ].filter((finding) => finding !== null)
}

/** The baseline was taken under another connector or credential: drops and known ids compare apples with pears. */
export function isVoid(fingerprint: Finding | undefined): boolean {
  return fingerprint?.check === 'fingerprint' && fingerprint.facts['changed'] === true
}

/** Item 21. It refutes no read; it takes the voice from everything that compares with the baseline. */
function fingerprintOf({ fingerprint: { now, baseline } }: History): Finding {
  const is = { check: 'fingerprint', item: 21, class: 'G' } as const
  if (baseline === null)
    return missing(
      is,
      'there is no snapshot to compare with yet',
      { changed: false },
      'Sync again: the next read has a baseline.',
    )
  if (now === baseline) return holds(is, 'connector and credential are those of the baseline', { changed: false }, false)
  return missing(
    is,
    'connector or credential changed since the baseline, which is void',
    { changed: true },
    'Sync again: the next read has a baseline again.',
  )
}

/** Item 13: never a proof, and always enough to hold removals. */
function drop(facts: ReadFacts, { absent, thresholds }: History): Finding | null {
  const before = Math.max(facts.baseline?.stored ?? 0, absent?.base ?? 0)
  if (before === 0) return null
  const gone = Math.max((facts.baseline?.stored ?? 0) - facts.stored, absent?.count ?? 0, 0)
  const is = { check: 'drop', item: 13, class: 'E' } as const
  const { looked_at = 0, live = 0 } = absent?.left_behind ?? {}
  // People who leave take their edges along; edges that leave live people by the mass are for something else than a second look to confirm.
  const unexplained =
    looked_at > 0 && heldRemovals(before, Math.min(before, Math.ceil((gone * live) / looked_at)), thresholds) !== null
  const numbers = { before, now: facts.stored, gone, unexplained }
  const held =
    facts.stored === 0 ? heldRemovals(before, before, thresholds) : heldRemovals(before, Math.min(gone, before), thresholds)
  if (held !== null) return anomaly(is, held, numbers, 'Look at who is gone; if it is right, approve the removals.')
  return holds(is, `${grouped(gone)} of ${grouped(before)} records of the last complete snapshot are gone`, numbers, false)
}

/** Item 18. */
function fields(facts: ReadFacts, comparable: boolean): Finding {
  const is = { check: 'fields', item: 18, class: 'C' } as const
  const { stored } = facts
  const empty = stored === 0 ? [] : facts.required.filter((field) => filled(facts, field) < stored)
  if (empty.length > 0) {
    return refutes(
      is,
      `required fields are empty: ${few(empty)}`,
      { empty, stored },
      'Correct the paths of these fields, or find out why the target no longer gives them.',
    )
  }
  const low = stored === 0 ? [] : Object.entries(facts.floor).filter(([field, floor]) => filled(facts, field) < floor * stored)
  if (low.length > 0) {
    const names = low.map(([field, floor]) => `${field} ${percent(filled(facts, field) / stored)} of ${percent(floor)}`)
    return refutes(
      is,
      `fields are filled less often than declared: ${few(names)}`,
      { low: names, stored },
      'Find out why the target gives fewer values; the credential may have lost a right.',
    )
  }
  const vanished = comparable
    ? falls(facts)
        .filter((fall) => fall.before >= 0.95 && fall.now === 0)
        .map((fall) => fall.field)
    : []
  if (vanished.length > 0) {
    return refutes(
      is,
      `fields that nearly every record had are gone: ${few(vanished)}`,
      { vanished, stored },
      'Find out why the target no longer gives them; the credential may have lost a right.',
    )
  }
  return holds(is, 'fields are filled as declared', { stored }, false)
}

function fieldFall(facts: ReadFacts, thresholds: Thresholds): Finding | null {
  const fell = falls(facts).filter(
    (fall) => fall.before - fall.now > thresholds.field_fall && !(fall.before >= 0.95 && fall.now === 0),
  )
  if (fell.length === 0) return null
  const names = fell.map((fall) => `${fall.field} from ${percent(fall.before)} to ${percent(fall.now)}`)
  const is = { check: 'field_fall', item: 18, class: 'E' } as const
  return anomaly(
    is,
    `fields are filled less often than before: ${few(names)}`,
    { fell: names },
    'Find out why the target gives fewer values.',
  )
}

type Fall = { readonly field: string; readonly before: number; readonly now: number }

function falls(facts: ReadFacts): readonly Fall[] {
  const { baseline, stored } = facts
  if (baseline === null || baseline.stored === 0 || stored === 0) return []
  return Object.entries(baseline.filled).map(([field, count]) => ({
    field,
    before: count / baseline.stored,
    now: filled(facts, field) / stored,
  }))
}

function filled(facts: ReadFacts, field: string): number {
  return Object.hasOwn(facts.filled, field) ? (facts.filled[field] as number) : 0
}

function percent(share: number): string {
  return `${Math.round(share * 1000) / 10} %`
}

/** Item 19, from the first request on: what was read first is oldest. */
function freshness(facts: ReadFacts, { at, fresh_for_s }: History): Finding {
  const is = { check: 'freshness', item: 19, class: 'C' } as const
  const age_s = (Date.parse(at) - Date.parse(facts.started_at)) / 1000
  if (!Number.isFinite(age_s) || age_s < 0 || Date.parse(facts.ended_at) < Date.parse(facts.started_at)) {
    return missing(
      is,
      'the times of the read make no sense',
      { started_at: facts.started_at, ended_at: facts.ended_at, at },
      'Check the clock of this machine, then read again.',
    )
  }
  const numbers = { age_s: Math.round(age_s), fresh_for_s }
  if (age_s <= fresh_for_s) return holds(is, `read within the last ${Math.ceil(age_s)} s`, numbers, false)
  return refutes(
    is,
    `the read began ${Math.round(age_s)} s ago and is relied upon for ${fresh_for_s} s`,
    numbers,
    'Read again; if the read itself takes longer, raise `fresh_for`.',
  )
}
