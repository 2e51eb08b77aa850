/**
 * The evidence of a read as one hears it who would judge it again without some of its items: no request is made for that, nothing is
 * stored, and no verdict depends on who listens. Items are the names of their checks, as in `SyncOptions.off`.
 */
import { structureFindings } from '../judge/structure.ts'
import type { ProveView } from '../kinds/kind.ts'
import { prove } from '../kinds/prove/index.ts'
import type { CompiledStream } from '../record/compile.ts'
import type { ReadSession } from '../store/port.ts'
import type { Finding, KindOptions, ReadFacts, Verdict } from '../types.ts'

/** One reading of a stream, and what was asked about it alone. */
export type Attempt = {
  /** Its rows, until the stream is read again. */
  readonly session: ReadSession
  readonly facts: ReadFacts
  /** As they are without these items. */
  readonly findings: (off: readonly string[]) => readonly Finding[]
  /** Whether nothing would have had the stream read again without these items; the last of `ATTEMPTS` ends whatever is said. */
  readonly ends: (off: readonly string[]) => boolean
}

/**
 * What would have been said of an attempt. What other streams and the scope say is that of the last one, as asked; what the parents'
 * verdicts would be is for the caller to say.
 */
export type JudgeAgain = (attempt: Attempt, off: readonly string[], parents: ReadFacts['parents']) => Verdict

export type Listener = {
  /** The stream is about to be read again, and its rows thrown away. */
  readonly again: (stream: string, attempt: Attempt) => Promise<void>
  readonly judged: (stream: string, last: Attempt, judge: JudgeAgain) => void
}

export type Asked = {
  readonly session: ReadSession
  readonly compiled: CompiledStream
  readonly facts: ReadFacts
  readonly view: ProveView
  readonly findings: readonly Finding[]
}

export function attemptOf(asked: Asked): Attempt {
  const findings = (off: readonly string[]): readonly Finding[] => withoutItems(asked, off)
  return {
    session: asked.session,
    facts: asked.facts,
    findings,
    ends: (off) => movement({ ...asked, findings: findings(off) }, off) === null,
  }
}

/** A total whose probe is off is judged as one that never had any; every other finding stands by itself. */
function withoutItems({ compiled, view, findings }: Asked, off: readonly string[]): readonly Finding[] {
  const unasked = off.includes('total_probe') ? [...off, 'total'] : off
  const totals = off.includes('total_probe') && !off.includes('total') ? compiled.stream.prove : []
  return [
    ...findings.filter(({ check }) => !unasked.includes(check)),
    ...totals
      .filter(({ kind }) => kind === 'total')
      .flatMap((word) => prove['total']?.assess(unprobed(word), view, []) ?? [])
      .filter(({ check }) => check === 'total'),
  ]
}

export const unprobed = ({ probe: _, ...word }: KindOptions): KindOptions => word as KindOptions

/** Findings that a population moving under the read can cause; a fault that stays shows them every time. */
const MAY_HEAL = new Set(['total', 'count', 'count_per_parent', 'second_pass', 'stitching', 'order', 'unique_ids', 'bare_pages'])

/** Why another read may end otherwise, or null. A broken list, a gap or a quarantined record does not heal by reading again. */
export function movement(once: Pick<Asked, 'facts' | 'findings' | 'view'>, off: readonly string[]): string | null {
  if (once.facts.broken.length > 0 || once.facts.gaps.length > 0) return null
  const refuting = [...structureFindings(once.facts), ...once.findings].find(
    (finding) => finding.result === 'refutes' && MAY_HEAL.has(finding.check) && !off.includes(finding.check),
  )
  if (refuting !== undefined) return refuting.because
  const unstable = once.findings.find((finding) => finding.result === 'missing' && finding.facts['unstable'] === true)
  const settled = once.findings.some((finding) => finding.check === 'second_pass' && finding.result === 'holds')
  if (unstable !== undefined && !settled) return unstable.because
  return once.view.total.moved ? 'the declared total moved while the list was read' : null
}
