/**
 * The verdict on one read: a pure function of recorded evidence, so that an auditor can run it again.
 * Never round up: what cannot be shown is `unproven`, and says what would settle it. truth.md part 1.
 */
import { few, grouped } from '../kinds/finding.ts'
import type { EvidenceClass, Finding, ReadFacts, Verdict } from '../types.ts'
import { type History, historyFindings, isVoid } from './history.ts'
import { structureFindings } from './structure.ts'

/** Raise it with every change of a rule; it is recorded with each verdict. */
export const RULES_VERSION = 'rollcall-completeness-2'

export type JudgeInput = History & {
  readonly facts: ReadFacts
  /** From the declared proofs, `scopeFindings` and `closureFindings`. */
  readonly findings: readonly Finding[]
  /**
   * Checks switched off, and what is asked of them with them, to measure what each is worth; `confirmation` is the demand for one that
   * does not come from the list. Shown in `rules`; the gate refuses such a verdict.
   */
  readonly off?: readonly string[]
}

/** Pure and total; the same input gives the same verdict, byte for byte. */
export function judge(input: JudgeInput): Verdict {
  const { facts } = input
  const off = input.off ?? []
  const findings = [...structureFindings(facts), ...historyFindings(facts, input, off), ...input.findings].filter(
    (finding) => !off.includes(finding.check),
  )
  const rules = off.length === 0 ? RULES_VERSION : `${RULES_VERSION} without ${[...off].sort().join(', ')}`
  const refuting = findings.filter((finding) => finding.result === 'refutes')
  const confirming = findings.filter((finding) => isConfirming(finding, findings, facts, off))
  const lacking = lacks(findings, facts, confirming, off)
  const hold = holdOf(findings)
  const is = refuting.length > 0 ? 'incomplete' : lacking.length > 0 ? 'unproven' : 'complete'
  const because = {
    incomplete: () => ['incomplete', ...shortened(refuting.map((finding) => finding.because))],
    unproven: () => ['unproven', ...shortened(lacking.map((lack) => lack.because))],
    complete: () => ['complete', ...completeBecause(facts, findings, confirming, hold)],
  }[is]()
  const anomalies = findings.filter((finding) => finding.result === 'anomaly')
  const steps = [
    ...refuting.map((finding) => finding.settle ?? 'Read again.'),
    ...lacking.flatMap((lack) => lack.settle),
    ...anomalies.map((finding) => finding.settle),
  ]
  const next_steps = [...new Set(steps.filter((step) => step !== null))]
  return { is, because: because.join(' · '), findings, next_steps, rules, hold }
}

export function isAblated(verdict: Verdict): boolean {
  return verdict.rules.includes(' without ')
}

// ---------------------------------------------------------------- what complete needs

type Lack = { readonly because: string; readonly settle: readonly string[] }

/** Items that must hold in every list, whatever else is shown. */
const NEEDED = ['terminal_page', 'unique_ids', 'no_loop', 'conservation', 'ledger', 'fields', 'freshness'] as const
/**
 * What was noticed and could not be asked. Item 9, of the edges and of whom they name: somebody the list lacks may be there. Item 18: a field
 * that whole pages lack may be theirs.
 */
const UNSETTLED: readonly string[] = ['closure', 'named_by_edges', 'bare_pages']
/** Item 16: one of them. */
const SCOPE = ['scope_proof', 'scope_attested'] as const

function lacks(
  findings: readonly Finding[],
  facts: ReadFacts,
  confirming: readonly Finding[],
  off: readonly string[],
): readonly Lack[] {
  const holding = (check: string) => findings.some((finding) => finding.check === check && finding.result === 'holds')
  const needed = facts.parents.length > 0 ? [...NEEDED, 'parents'] : NEEDED
  const structure = needed
    .filter((check) => !off.includes(check) && !holding(check))
    .map((check) =>
      lackOf(
        findings.filter((finding) => finding.check === check),
        `${check} was not checked`,
      ),
    )
  const unsettled = findings
    .filter((finding) => UNSETTLED.includes(finding.check) && finding.result === 'missing')
    .map((finding) => lackOf([finding], ''))
  const seen = SCOPE.some((check) => off.includes(check) || holding(check))
  const scope = seen ? [] : [scopeLack(findings)]
  const unasked = off.includes('confirmation') || isEmptyByParents(facts)
  const confirmation = confirming.length > 0 || unasked ? [] : [confirmationLack(findings)]
  return [
    ...structure,
    ...unsettled,
    ...(off.includes('stitching') ? [] : pagingLack(findings, facts, holding)),
    ...scope,
    ...confirmation,
    ...stabilityLack(findings),
  ]
}

function lackOf(findings: readonly Finding[], otherwise: string): Lack {
  const [first] = findings
  return first === undefined
    ? { because: otherwise, settle: ['Read again.'] }
    : { because: first.because, settle: findings.map((finding) => finding.settle ?? 'Read again.') }
}

/**
 * Items 7 and 8, where paging steps by a number and rows can shift between pages. One of:
 * - stitching held at every boundary: no row was lost between two pages;
 * - an equal second pass: stronger than both, for it compares the whole set and not the seams;
 * - the declared order held AND the size was checked (total, count). An order alone also holds over the hole that a deletion
 *   on an earlier page leaves, and ids known from elsewhere may miss that hole; a size does not.
 */
function pagingLack(findings: readonly Finding[], facts: ReadFacts, holding: (check: string) => boolean): readonly Lack[] {
  if (!facts.by_offset || holding('stitching') || holding('second_pass')) return []
  const sized = findings.some((finding) => finding.result === 'holds' && (finding.item === 3 || finding.item === 1))
  if (holding('order') && sized) return []
  const stitching = findings.filter((finding) => finding.check === 'stitching')
  return [lackOf(stitching, 'nothing shows that no row shifted between numbered pages')]
}

function scopeLack(findings: readonly Finding[]): Lack {
  const scope = findings.filter((finding) => finding.item === 16)
  const settle = scope.flatMap((finding) => finding.settle ?? [])
  return {
    because: scope.at(-1)?.because ?? 'nothing shows that the credential sees everyone',
    settle:
      settle.length > 0
        ? settle
        : ['Declare a `scope_proof`, or have somebody who knows attest, with a date, that this credential sees everyone.'],
  }
}

const PROVE_IT =
  'Declare a proof that does not come from the list itself: count, second_pass, by_id, two_path, or canaries that you plant and name in the connection.'

const isUnexplainedDrop = ({ check, facts }: Finding): boolean => check === 'drop' && facts['unexplained'] === true

function confirmationLack(findings: readonly Finding[]): Lack {
  const drop = findings.find(isUnexplainedDrop)
  if (drop !== undefined && findings.some((finding) => finding.item === 10 && finding.result === 'holds'))
    return {
      because: 'edges of accounts that are still there are gone by the mass, and only a second pass over the same list says so',
      settle: ['Look at who lost what in the target; if it is right, have a second person sign a waiver.', PROVE_IT],
    }
  const silent = findings.filter(
    (finding) => finding.result === 'missing' && (isIndependent(finding) || finding.item === 1 || finding.item === 2),
  )
  const settle = silent.flatMap((finding) => finding.settle ?? [])
  return { because: 'nothing independent of the list confirms it', settle: [...settle, PROVE_IT] }
}

/** Seen to move while it was read, and no event feed to explain it: only two passes with the same ids settle it. */
function stabilityLack(findings: readonly Finding[]): readonly Lack[] {
  const moving = findings.filter((finding) => finding.result === 'missing' && finding.facts['unstable'] === true)
  const settled = findings.some((finding) => finding.result === 'holds' && (finding.item === 10 || finding.item === 15))
  if (moving.length === 0 || settled) return []
  const { because, settle } = lackOf(moving, '')
  return [{ because: `unstable: ${because}`, settle }]
}

// ---------------------------------------------------------------- what confirms

/** Items 3, 10, 11, 12, 14, 15 of class B, D or F. */
const CONFIRMING_ITEMS: readonly number[] = [3, 10, 11, 12, 14, 15]
const INDEPENDENT: readonly EvidenceClass[] = ['B', 'D', 'F']

function isIndependent(finding: Finding): boolean {
  return CONFIRMING_ITEMS.includes(finding.item) && INDEPENDENT.includes(finding.class)
}

/** The word claims it (`confirms`), and the rule allows it. */
function isConfirming(finding: Finding, findings: readonly Finding[], facts: ReadFacts, off: readonly string[]): boolean {
  if (finding.result !== 'holds') return false
  // A total believed without its probe.
  if (finding.item === 1 && off.includes('total_probe')) return facts.pages > facts.partitions
  if (!finding.confirms) return false
  if (finding.item === 1) {
    // The list's own total: only with the probe, and where it spans more than one page.
    return facts.pages > facts.partitions && findings.some((other) => other.item === 2 && other.result === 'holds')
  }
  // The same list twice: what it leaves out it leaves out twice.
  if (finding.item === 10 && findings.some(isUnexplainedDrop)) return false
  // Ids of a snapshot that another connector or credential took.
  if (finding.item === 11 && finding.facts['of'] === 'last_snapshot' && findings.some(isVoid)) return false
  return isIndependent(finding)
}

/**
 * Below no parents there is nothing, and the proof of it is theirs: where each parent stream is proven whole, none of them was
 * missed. Their verdicts hold a confirming item each, or rest on their own parents in the same way.
 */
function isEmptyByParents(facts: ReadFacts): boolean {
  return (
    facts.partitions === 0 &&
    facts.fetched === 0 &&
    facts.parents.length > 0 &&
    facts.parents.every((parent) => parent.verdict === 'complete')
  )
}

// ---------------------------------------------------------------- what it says

/**
 * An anomaly against history (class E) holds removals. Others, such as edges to deleted nodes, are odd but say nothing about
 * whether this stream's own absences are real.
 */
function holdOf(findings: readonly Finding[]): string | null {
  const held = findings
    .filter((finding) => finding.result === 'anomaly' && finding.class === 'E')
    .map((finding) => finding.because)
  return held.length === 0 ? null : held.join('; ')
}

const CONFIRMED: { readonly [check: string]: string } = {
  total: 'total matched',
  count: 'count matched',
  count_per_parent: "each parent's count matched",
  second_pass: 'second pass equal',
  by_id: 'known ids present',
  two_path: 'second path agrees',
  canaries: 'canaries present',
}

function completeBecause(
  facts: ReadFacts,
  findings: readonly Finding[],
  confirming: readonly Finding[],
  hold: string | null,
): readonly string[] {
  const proven = findings.some((finding) => finding.check === 'scope_proof' && finding.result === 'holds')
  const attested = findings.find((finding) => finding.check === 'scope_attested' && finding.result === 'holds')
  return [
    `${grouped(facts.stored)} ${facts.stored === 1 ? 'record' : 'records'}`,
    ...(facts.marks.length === 0 ? [] : [few(facts.marks)]),
    ...(isEmptyByParents(facts) ? ['there are no parents to read below'] : []),
    ...new Set(confirming.map((finding) => CONFIRMED[finding.check] ?? finding.because)),
    ...(proven || attested === undefined ? [] : [`scope attested by ${String(attested.facts['by'])}`]),
    ...(hold === null ? [] : [`removals held: ${hold}`]),
  ]
}

/** The first two; a line for people. The rest is in the findings. */
function shortened(reasons: readonly string[]): readonly string[] {
  const distinct = [...new Set(reasons)]
  return distinct.length <= 2 ? distinct : [...distinct.slice(0, 2), `and ${distinct.length - 2} more`]
}
