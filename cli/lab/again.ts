/**
 * What a read hangs on: each verdict judged again without some evidence items, from what was recorded. Nothing is asked again, so it is exact
 * for the judgement and says nothing of the requests; what other checks would have asked in its stead is not in it.
 */
import type { Finding, ReadFacts, StoredRecord, Verdict } from '../../runtime/types.ts'
import { COSTLY, isCostly, without } from './evidence.ts'
import type { Hanging } from './worth-types.ts'

type Off = readonly string[]
type Parents = ReadFacts['parents']
type Session = { records(after: number, limit: number): Promise<readonly StoredRecord[]> }
type Attempt = { readonly session: Session; readonly facts: ReadFacts; readonly ends: (off: Off) => boolean }
type JudgeAgain<A> = (attempt: A, off: Off, parents: Parents) => Verdict

type Judging = (off: Off, parents: Parents) => Pick<Verdict, 'is' | 'findings'>
/** Rows that were wrong, and what would have been said of them; `ends`: whether they would have been the last. */
export type Wrong = { readonly stream: string; readonly judge: Judging; readonly ends: (off: Off) => boolean }
export type Evidence = {
  /** By stream: what its verdict was judged from. */
  readonly last: ReadonlyMap<string, Judging>
  /** Readings with wrong rows that something had read again. */
  readonly thrown_away: readonly Wrong[]
}
/** Hears a sync. `isWrong`: whether rows that are about to be read again differ from the truth as it is now. */
export function listen<A extends Attempt>(isWrong: (stream: string, session: Session) => Promise<boolean>) {
  const last = new Map<string, Judging>()
  const judges = new Map<string, JudgeAgain<A>>()
  const early: { readonly stream: string; readonly attempt: A }[] = []
  return {
    listener: {
      again: async (stream: string, attempt: A): Promise<void> => {
        if (await isWrong(stream, attempt.session)) early.push({ stream, attempt })
      },
      judged: (stream: string, attempt: A, judge: JudgeAgain<A>): void => {
        judges.set(stream, judge)
        last.set(stream, (off, parents) => judge(attempt, off, parents))
      },
    },
    evidence: (): Evidence => ({
      last,
      thrown_away: early.flatMap(({ stream, attempt }): readonly Wrong[] => {
        const judge = judges.get(stream)
        return judge === undefined ? [] : [{ stream, judge: (off, parents) => judge(attempt, off, parents), ends: attempt.ends }]
      }),
    }),
  }
}

/**
 * `wrong`: streams whose rows differ from the truth and that are not `complete`. `yes`: streams that an honest read is let through by; none
 * where it was not.
 */
export function hangingOn(
  { last, thrown_away }: Evidence,
  parentsOf: (stream: string) => readonly string[],
  wrong: readonly string[],
  yes: readonly string[],
): Hanging {
  const verdictOf = remembered(last, parentsOf)
  const subjects: readonly Wrong[] = [
    ...wrong.flatMap((stream): readonly Wrong[] => {
      const judge = last.get(stream)
      return judge === undefined ? [] : [{ stream, judge, ends: () => true }]
    }),
    ...thrown_away,
  ]
  const above = (stream: string): readonly string[] => parentsOf(stream).flatMap((one) => [one, ...above(one)])
  const findingsAbove = (stream: string) => above(stream).flatMap((one) => verdictOf(one, []).findings)
  const said = (judge: Judging, stream: string, off: Off) =>
    judge(
      without(off),
      parentsOf(stream).map((parent) => ({ stream: parent, verdict: verdictOf(parent, off).is })),
    )
  const named = new Set<string>()
  const escapes = subjects.flatMap(({ stream, judge, ends }) => {
    const findings = [...said(judge, stream, []).findings, ...findingsAbove(stream)]
    for (const { check, result } of findings) if (result === 'refutes') named.add(check)
    return smallest(liftable(findings), (off) => ends(without(off)) && said(judge, stream, off).is === 'complete')
  })
  const carried = yes.flatMap((stream) => {
    const findings = [...verdictOf(stream, []).findings, ...findingsAbove(stream)]
    return smallest(carrying(findings), (off) => verdictOf(stream, off).is !== 'complete')
  })
  const asked = new Set([...last.keys()].flatMap((stream) => verdictOf(stream, []).findings.map(({ check }) => check)))
  const costly = (some: ReadonlySet<string>) => COSTLY.filter((item) => some.has(item))
  return { asked: costly(asked), named: costly(named), escapes: minimal(escapes), carried_by: minimal(carried) }
}

function remembered(last: Evidence['last'], parentsOf: (stream: string) => readonly string[]) {
  const known = new Map<string, Pick<Verdict, 'is' | 'findings'>>()
  const verdictOf = (stream: string, off: Off): Pick<Verdict, 'is' | 'findings'> => {
    const key = `${stream} ${off.join('+')}`
    const before = known.get(key)
    if (before !== undefined) return before
    const parents = parentsOf(stream).map((parent) => ({ stream: parent, verdict: verdictOf(parent, off).is }))
    const found = last.get(stream)?.(without(off), parents) ?? { is: 'unproven', findings: [] }
    known.set(key, found)
    return found
  }
  return verdictOf
}

// ---------------------------------------------------------------- what could matter

/** Items to try alone, and items to try together. */
type Candidates = { readonly alone: readonly string[]; readonly together: readonly string[] }

/**
 * What must be off for a verdict to rise: whatever refutes it, and where nothing does whatever is asked for and not there. What holds lifts
 * nothing by its absence. Of the items that cost nothing each is tried alone; where two of them name a lie, no item alone is why it is known.
 */
function liftable(findings: readonly Finding[]): Candidates {
  const open = findings.filter(({ result }) => result !== 'holds')
  const named = new Set(open.filter(({ result, check }) => result === 'refutes' && check !== 'parents').map(({ check }) => check))
  const free = [...named].filter((check) => !isCostly(check))
  const together = free.length > 0 ? [] : COSTLY.filter((item) => open.some(({ check }) => check === item))
  const parents = open.some(({ check }) => check === 'parents') ? ['parents'] : []
  if (free.length > 1) return { alone: parents, together }
  if (named.size > 0) return { alone: [...free, ...parents], together }
  const missing = open.map(({ check }) => check).filter((check) => !isCostly(check))
  return { alone: [...new Set([...missing, 'confirmation', 'stitching'])], together }
}

/** What speaks for a list. Of the items that cost nothing, again each alone. */
function carrying(findings: readonly Finding[]): Candidates {
  const holding = findings.filter(({ result }) => result === 'holds').map(({ check }) => check)
  return {
    alone: [...new Set([...holding.filter((check) => !isCostly(check)), 'total_probe'])],
    together: COSTLY.filter((item) => SPEAKS.has(item) && holding.includes(item)),
  }
}

/** Items whose silence can cost a yes: those that confirm or size a list. The others refute or say nothing. */
const SPEAKS: ReadonlySet<string> = new Set([
  'total',
  'count',
  'count_per_parent',
  'second_pass',
  'by_id',
  'two_path',
  'canaries',
])

/** The smallest sets of items without which it is so. What is so without some of them is taken to be so without more. */
function smallest({ alone, together }: Candidates, isSo: (off: Off) => boolean): readonly Off[] {
  const found: Off[] = alone.filter((item) => isSo([item])).map((item) => [item])
  if (together.length === 0 || !isSo(together)) return found
  const sets = subsetsOf(together).toSorted((a, b) => a.length - b.length)
  for (const set of sets) if (!found.some((one) => isWithin(one, set)) && isSo(set)) found.push(set)
  return found
}

/** All but the empty one. */
function subsetsOf(items: readonly string[]): readonly Off[] {
  const sets: Off[] = []
  for (const item of items) sets.push([item], ...sets.map((set) => [...set, item]))
  return sets
}

const isWithin = (part: Off, whole: Off): boolean => part.every((item) => whole.includes(item))

/** As `a+b`; a set that holds another says nothing more. */
function minimal(sets: readonly Off[]): readonly string[] {
  const least = sets.filter((set) => !sets.some((other) => other.length < set.length && isWithin(other, set)))
  return [...new Set(least.map((set) => set.join('+')))].sort()
}

/** All rows of a reading. */
export async function rowsOf<Row extends { readonly seq: number }>(
  page: (after: number, limit: number) => Promise<readonly Row[]>,
): Promise<readonly Row[]> {
  const out: Row[] = []
  for (let after = 0; ; ) {
    const rows = await page(after, PAGE)
    out.push(...rows)
    const end = rows.at(-1)
    if (end === undefined || rows.length < PAGE) return out
    after = end.seq
  }
}
const PAGE = 5_000
