/** What a read's own facts say, class C: structure seen by the client. Always on; pure. Items 4–8, 17, 20 of truth.md. */
import { anomaly, counted, few, grouped, holds, missing, refutes } from '../kinds/finding.ts'
import type { EvidenceClass, Finding, Gap, ReadFacts } from '../types.ts'

const LOOP_CODES = ['read/loop', 'read/endless']
const AGAIN = 'Read again.'

/** One finding or none a check; none where the check does not apply to this list. */
export function structureFindings(facts: ReadFacts): readonly Finding[] {
  return [
    gaps(facts),
    terminalPage(facts),
    uniqueIds(facts),
    noLoop(facts),
    stitching(facts),
    order(facts),
    conservation(facts),
    ledger(facts),
    caseTwins(facts),
    parents(facts),
  ].filter((finding) => finding !== null)
}

function said<const Check extends string>(check: Check, item: number) {
  return { check, item, class: 'C' as EvidenceClass }
}

/** `users, page 4: HTML instead of JSON (decode/html)`. */
export function gapText(gap: Pick<Gap, 'stream' | 'partition' | 'because' | 'code'>): string {
  return `${gap.stream}${gap.partition === '' ? '' : ` ${gap.partition}`}, ${gap.because} (${gap.code})`
}

/** There is no warn-and-drop: whatever was not read is named, and lowers the verdict of what it touches. */
function gaps({ gaps, more_gaps }: ReadFacts): Finding | null {
  const [first] = gaps
  if (first === undefined) return null
  const all = gaps.length + more_gaps
  const more = all > 1 ? `, and ${counted(all - 1, 'more gap', 'more gaps')}` : ''
  const named = gaps.slice(0, 5).map((gap) => ({ partition: gap.partition, code: gap.code, where: gap.where }))
  return refutes(
    said('gaps', 0),
    `${gapText(first)}${more}`,
    { gaps: all, samples: named },
    `See \`rollcall explain ${first.code}\`, then read again.`,
  )
}

/** Item 4. Any end but the declared one (a short page, a limit, an error, a budget) is no end. */
function terminalPage(facts: ReadFacts): Finding {
  const is = said('terminal_page', 4)
  const numbers = { partitions: facts.partitions, ended: facts.ended, marks: [...facts.marks] }
  const [broken] = facts.broken
  if (facts.ended !== facts.partitions || broken !== undefined) {
    const because =
      broken === undefined
        ? `${grouped(facts.ended)} of ${counted(facts.partitions, 'list', 'lists')} reached the declared end`
        : `${facts.stream}${broken.partition === '' ? '' : ` ${broken.partition}`}: ${broken.because} (${broken.code})`
    return refutes(is, because, numbers, AGAIN)
  }
  if (facts.partitions > 0) return holds(is, `every list ended as its API declares: ${few(facts.marks)}`, numbers, false)
  if (facts.parents.length > 0) return holds(is, 'there are no parents, so there was no list to end', numbers, false)
  return missing(
    is,
    'nothing was read: `each` names no values',
    numbers,
    'Give the setting that `each` names at least one value.',
  )
}

/** Item 5. By cursor a repeated id is a repeated page; by number it is drift: rows moved while the list was read. */
function uniqueIds(facts: ReadFacts): Finding {
  const numbers = { repeated: facts.repeated, samples: [...facts.samples.repeated] }
  if (facts.repeated === 0) return holds(said('unique_ids', 5), 'no id came twice', numbers, false)
  const why = facts.by_offset ? 'rows moved between pages while the list was read' : 'the target sent records twice'
  const because = `${counted(facts.repeated, 'id', 'ids')} came twice (${few(facts.samples.repeated, facts.repeated)}): ${why}`
  return refutes(
    said('unique_ids', 5),
    because,
    numbers,
    facts.partitions > 1 ? 'Read again; if one record may be below several parents, make the parent part of `id`.' : AGAIN,
  )
}

/**
 * Item 6. An equal body in another list is no loop (two groups may have the same one member), so with several lists it counts only
 * where ids repeat too. Empty pages never count as equal bodies; an endless run of them is broken off by the read as `read/endless`.
 */
function noLoop(facts: ReadFacts): Finding {
  const numbers = { same_bodies: facts.same_bodies, longest_empty_run: facts.longest_empty_run }
  const loop = facts.broken.find((broken) => LOOP_CODES.includes(broken.code))
  if (loop !== undefined) return refutes(said('no_loop', 6), `${loop.because} (${loop.code})`, numbers, AGAIN)
  if (facts.same_bodies > 0 && (facts.partitions <= 1 || facts.repeated > 0)) {
    const because = `${counted(facts.same_bodies, 'page is', 'pages are')} byte for byte an earlier one`
    return refutes(said('no_loop', 6), because, numbers, AGAIN)
  }
  return holds(said('no_loop', 6), 'no position and no page came twice', numbers, false)
}

/** Item 7. Only where paging steps by a number; one boundary between two pages each. */
function stitching(facts: ReadFacts): Finding | null {
  if (!facts.by_offset) return null
  const is = said('stitching', 7)
  const boundaries = Math.max(0, facts.pages - facts.partitions)
  const numbers = { boundaries, held: facts.stitches.held, differed: facts.stitches.differed }
  if (facts.stitches.differed > 0) {
    return refutes(
      is,
      `rows shifted at ${counted(facts.stitches.differed, 'page boundary', 'page boundaries')}`,
      numbers,
      'Read again while fewer changes are made.',
    )
  }
  if (facts.stitches.held >= boundaries)
    return holds(
      is,
      boundaries === 0 ? 'one page a list: nothing can shift' : 'every page began where the one before ended',
      numbers,
      false,
    )
  const because = `${grouped(boundaries - facts.stitches.held)} of ${counted(boundaries, 'page boundary', 'page boundaries')} were not checked for shifted rows`
  return missing(
    is,
    because,
    numbers,
    'Page with `overlap: 1`, declare `sorted_by` on an immutable key, or declare a second_pass.',
  )
}

/** Item 8. Only where an order is declared. */
function order(facts: ReadFacts): Finding | null {
  const { held, violated } = facts.order
  if (held + violated === 0) return null
  const is = said('order', 8)
  const numbers = { held, violated, pages: facts.pages }
  if (violated > 0)
    return refutes(
      is,
      `the declared order is broken on ${counted(violated, 'page', 'pages')}`,
      numbers,
      'Read again; if it stays so, correct `sorted_by` or ask the list for that order.',
    )
  if (held >= facts.pages) return holds(is, 'the declared order held', numbers, false)
  return missing(is, `the order was seen on ${grouped(held)} of ${grouped(facts.pages)} pages only`, numbers, AGAIN)
}

/** Item 17. A row kept aside is a row that nobody reviews, so it refutes like a lost one. */
function conservation(facts: ReadFacts): Finding {
  const is = said('conservation', 17)
  const filtered = sum(facts.filtered)
  const quarantined = sum(facts.quarantined)
  const { fetched, stored, stitched, repeated } = facts
  const numbers = {
    fetched,
    stored,
    stitched,
    repeated,
    filtered: { ...facts.filtered },
    quarantined: { ...facts.quarantined },
    samples: [...facts.samples.quarantined],
  }
  const rest = fetched - stored - stitched - repeated - filtered - quarantined
  if (rest !== 0)
    return refutes(
      is,
      `${counted(Math.abs(rest), 'row is', 'rows are')} unaccounted for`,
      numbers,
      'Report this: it is a fault of the runtime.',
    )
  if (quarantined > 0) {
    const reasons = Object.entries(facts.quarantined)
      .filter(([, count]) => count > 0)
      .map(([reason, count]) => `${reason} ${grouped(count)}`)
    const because = `${counted(quarantined, 'record was', 'records were')} kept aside (${reasons.join(', ')}): ${few(facts.samples.quarantined, quarantined)}`
    return refutes(is, because, numbers, 'Look at the records in quarantine, correct the mapping they name, and read again.')
  }
  return holds(is, `${counted(fetched, 'row', 'rows')} fetched, all accounted for`, numbers, false)
}

/** Item 20. */
function ledger(facts: ReadFacts): Finding {
  const numbers = { stored: facts.stored, in_store: facts.in_store }
  if (facts.in_store === facts.stored)
    return holds(said('ledger', 20), 'the page ledger leads to every stored record', numbers, false)
  const because = `the pages stored ${grouped(facts.stored)} records, the store has ${grouped(facts.in_store)}`
  return refutes(
    said('ledger', 20),
    because,
    numbers,
    'Read again; if it stays so, check the disk: the store lost or gained rows.',
  )
}

/** R27. The read room looks for twins only where the connector does not declare `case_sensitive_ids`. */
function caseTwins({ case_twins }: ReadFacts): Finding | null {
  if (case_twins.length === 0) return null
  const because = `${counted(case_twins.length, 'id differs', 'ids differ')} from another by case alone: ${few(case_twins)}`
  return refutes(
    said('case_twins', 0),
    because,
    { samples: case_twins.slice(0, 5) },
    'If this target tells ids apart by case, declare `case_sensitive_ids: true`; else find out which one is real.',
  )
}

/** A list below a list is no better than the list of its parents. */
function parents(facts: ReadFacts): Finding | null {
  if (facts.parents.length === 0) return null
  const is = said('parents', 0)
  const numbers = { parents: facts.parents.map(({ stream, verdict }) => ({ stream, verdict })) }
  const named = (verdict: string) => facts.parents.filter((parent) => parent.verdict === verdict).map((parent) => parent.stream)
  const incomplete = named('incomplete')
  if (incomplete.length > 0)
    return refutes(
      is,
      `it is read below ${few(incomplete)}, which is incomplete`,
      numbers,
      `Make ${few(incomplete)} complete first.`,
    )
  const unproven = named('unproven')
  if (unproven.length > 0)
    return missing(is, `it is read below ${few(unproven)}, which is unproven`, numbers, `Prove ${few(unproven)} complete first.`)
  return holds(is, 'every stream it is read below is complete', numbers, false)
}

export function sum(counts: { readonly [name: string]: number }): number {
  return Object.values(counts).reduce((total, count) => total + count, 0)
}

/** Ids that edges name and no read node has, each asked by id on the node stream's `get`; one entry a field of an edge stream. */
export type ClosureFacts = readonly {
  readonly field: string
  /** The node streams the field names. */
  readonly refers: readonly string[]
  readonly edges: number
  /** Distinct ids named and not read. */
  readonly dangling: number
  readonly alive: readonly string[]
  readonly gone: number
  readonly unanswered: number
  readonly unasked: number
}[]

/**
 * Item 9. A named id that is alive refutes the *node* stream; the edge stream, complete or not, cannot be relied upon while it names
 * unlisted nodes. An edge to a deleted node is odd and no more. What could not be asked keeps both from being complete: the list may
 * leave out somebody who is there. Pass the findings to `judge` of the side they are for.
 */
export function closureFindings(closure: ClosureFacts, side: 'node' | 'edge'): readonly Finding[] {
  return closure.map((entry) => {
    const is = { check: side === 'edge' ? 'closure' : 'named_by_edges', item: 9, class: 'C' as EvidenceClass }
    const { field, alive, dangling, gone, edges, unanswered } = entry
    const refers = entry.refers.join(', ')
    const unknown = unanswered + entry.unasked + Math.max(0, dangling - alive.length - gone - unanswered - entry.unasked)
    const numbers = {
      field,
      refers: [...entry.refers],
      edges,
      dangling,
      alive: alive.slice(0, 5),
      gone,
      unanswered,
      unasked: entry.unasked,
    }
    if (alive.length > 0) {
      const because = `edges name ${counted(alive.length, 'id', 'ids')} in ${field} that ${alive.length === 1 ? 'is' : 'are'} alive and not in ${refers}: ${few(alive)}`
      const settle = `Find out why the list of ${refers} leaves out ${few(alive)}.`
      return side === 'node' ? refutes(is, because, numbers, settle) : missing(is, because, numbers, settle)
    }
    if (unknown > 0) {
      const because = `${grouped(unknown)} of ${counted(dangling, 'id', 'ids')} that edges name in ${field} and ${refers} lacks could not be asked for`
      return missing(is, because, numbers, `Declare \`get\` on ${refers}, or read again, until each has an answer.`)
    }
    if (gone > 0 && side === 'edge') {
      return anomaly(
        is,
        `edges name ${counted(gone, 'deleted id', 'deleted ids')} in ${field}`,
        numbers,
        'Have the target drop memberships of deleted records.',
      )
    }
    return holds(is, `every id that edges name in ${field} is known${gone > 0 ? ' or gone' : ''}`, numbers, false)
  })
}
