/** Runs by fault and dialect, and what the dialect cannot show. */
import type { Capped, Cell, Run, Said, Scenario, Side } from '../types.ts'

type Scenarios = (side: Side, dialect: string, name: string) => Scenario | undefined

const SIDES: readonly Side[] = ['read', 'write']
const CLASSES = ['faulty', 'odd', 'honest'] as const

/** Reads first; by class, then by name as people count (R2 before R10), then by dialect. */
export function cellsOf(runs: readonly Run[], scenario: Scenarios): readonly Cell[] {
  const groups = Map.groupBy(runs, (run) => JSON.stringify([run.side, run.scenario, run.dialect]))
  return [...groups.values()].map((group) => cellOf(group, scenario)).sort(byPlace)
}

function cellOf(runs: readonly Run[], scenario: Scenarios): Cell {
  const counted = runs.filter((run) => run.counts)
  const { side, scenario: name, dialect, class: kind } = runs[0] as Run
  const said: { [word in Said]?: number } = {}
  for (const run of counted) said[run.said] = (said[run.said] ?? 0) + 1
  const many = (is: (run: Run) => boolean) => counted.filter(is).length
  const sum = (pick: (run: Run) => number) => counted.reduce((total, run) => total + pick(run), 0)
  const wrong = counted.find((run) => run.false_success || run.false_block || !run.expected.includes(run.said))
  return {
    scenario: name,
    says: scenario(side, dialect, name)?.says ?? '',
    side,
    class: kind,
    dialect,
    runs: runs.length,
    counted: counted.length,
    fired: sum((run) => Object.values(run.fired).reduce((total, strikes) => total + strikes, 0)),
    said,
    expected: [...new Set(runs.flatMap((run) => run.expected))],
    noticed: many((run) => run.noticed),
    capped: many((run) => run.capped !== undefined),
    false_success: many((run) => run.false_success),
    false_block: many((run) => run.false_block),
    unexpected: many((run) => !run.expected.includes(run.said)),
    requests: sum((run) => run.requests),
    requests_bare: sum((run) => run.requests_bare),
    seed: (wrong ?? counted[0])?.seed ?? null,
  }
}

function byPlace(a: Cell, b: Cell): number {
  return (
    SIDES.indexOf(a.side) - SIDES.indexOf(b.side) ||
    CLASSES.indexOf(a.class) - CLASSES.indexOf(b.class) ||
    a.scenario.localeCompare(b.scenario, 'en', { numeric: true }) ||
    a.dialect.localeCompare(b.dialect, 'en', { numeric: true })
  )
}

/** What a run says where all is well. */
const YES = { read: 'complete', write: 'verified' } as const
/** What says neither yes nor no. */
const NEITHER: { readonly [side in Side]: readonly Said[] } = { read: ['unproven'], write: ['unverifiable', 'unknown'] }

/** Lies about a stream or an action that nothing can show in this dialect, and lies in a dialect that can show nothing at all. */
export function cappedOf(runs: readonly Run[]): readonly Capped[] {
  return [...cappedAlways(runs), ...cappedParts(runs)]
}

function cappedParts(runs: readonly Run[]): readonly Capped[] {
  const some = runs.filter((run) => run.counts && run.capped !== undefined)
  return [...Map.groupBy(some, (run) => JSON.stringify([run.dialect, run.capped]))]
    .map(([, of]) => ({
      dialect: (of[0] as Run).dialect,
      scenarios: [...new Set(of.map((run) => run.scenario))].sort(inOrder),
      because: (of[0] as Run).capped ?? '',
    }))
    .sort((a, b) => inOrder(a.dialect, b.dialect) || inOrder(a.because, b.because))
}

/**
 * Measured, not claimed: in a dialect whose honest runs never get beyond "neither yes nor no", a lie that ends there too was not noticed;
 * the cap is what kept it from being believed.
 */
function cappedAlways(runs: readonly Run[]): readonly Capped[] {
  const counted = runs.filter((run) => run.counts)
  return SIDES.flatMap((side) => {
    const dialects = Map.groupBy(
      counted.filter((run) => run.side === side),
      (run) => run.dialect,
    )
    return [...dialects].flatMap(([dialect, of]) => {
      const honest = of.filter((run) => run.class === 'honest')
      const [first] = honest
      if (first === undefined || honest.some((run) => run.said === YES[side])) return []
      const lies = Map.groupBy(
        of.filter((run) => run.class === 'faulty'),
        (run) => run.scenario,
      )
      const scenarios = [...lies]
        .filter(([, some]) => some.every((run) => NEITHER[side].includes(run.said)))
        .map(([name]) => name)
      return scenarios.length === 0 ? [] : [{ dialect, scenarios: scenarios.sort(inOrder), because: first.because }]
    })
  })
}

const inOrder = (a: string, b: string): number => a.localeCompare(b, 'en', { numeric: true })
