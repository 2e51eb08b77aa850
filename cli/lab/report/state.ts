/** What one cell of the matrix shows, as a word, a shape and a line for the legend. */
import type { Capped, Cell } from '../types.ts'

export const STATES = {
  false: { mark: '✗', says: 'said yes, and it was not so' },
  block: { mark: '■', says: 'nothing was wrong, and it was not let through' },
  unexpected: { mark: '▲', says: 'another answer than expected' },
  noticed: { mark: '●', says: 'noticed' },
  capped: { mark: '◌', says: 'cannot be noticed in this dialect, therefore capped at unproven' },
  healed: { mark: '○', says: 'seen through: it was so all the same, in some or all runs' },
  through: { mark: '✓', says: 'nothing was wrong, and it was let through' },
  silent: { mark: '·', says: 'never struck here: measured nothing' },
} as const
export type State = keyof typeof STATES

export type StateOf = (cell: Cell) => State

/** The worst that happened in any run of the cell. */
export function stateOf(capped: readonly Capped[]): StateOf {
  const at = new Set(capped.flatMap(({ dialect, scenarios }) => scenarios.map((scenario) => `${dialect} ${scenario}`)))
  return (cell) => {
    if (cell.counted === 0) return 'silent'
    if (cell.false_success > 0) return 'false'
    if (cell.false_block > 0) return 'block'
    if (cell.unexpected > 0) return 'unexpected'
    if (cell.class !== 'faulty') return 'through'
    if (cell.noticed + cell.capped < cell.counted) return 'healed'
    if (cell.noticed === 0 && cell.capped > 0) return 'capped'
    return cell.capped === 0 && at.has(`${cell.dialect} ${cell.scenario}`) ? 'capped' : 'noticed'
  }
}

/** The parts of a report, in order. */
export const SECTIONS = [
  { side: 'read', faulty: true, title: 'Reads, with a lie' },
  { side: 'read', faulty: false, title: 'Reads, with nothing wrong' },
  { side: 'write', faulty: true, title: 'Changes, with a lie' },
  { side: 'write', faulty: false, title: 'Changes, with nothing wrong' },
] as const

/** Cells of each section that has any. */
export function sectionsOf(cells: readonly Cell[]): readonly { readonly title: string; readonly cells: readonly Cell[] }[] {
  return SECTIONS.map(({ side, faulty, title }) => ({
    title,
    cells: cells.filter((cell) => cell.side === side && (cell.class === 'faulty') === faulty),
  })).filter(({ cells: some }) => some.length > 0)
}

export type Row = { readonly lie: string; readonly says: string; readonly of: ReadonlyMap<string, readonly Cell[]> }

/** Rows of a section: a lie, and its cells in each column. Of changes a lie is told of every action; its row is all of them. */
export function rowsOf(cells: readonly Cell[], column: (cell: Cell) => string): readonly Row[] {
  return [...Map.groupBy(cells, lieOf)].map(([lie, some]) => ({ lie, says: saysOf(some[0]), of: Map.groupBy(some, column) }))
}

/** `W1/grant` is the lie W1 told of the action grant; `R13/cap-7` is a lie of its own. */
export const lieOf = ({ side, scenario }: Cell): string => (side === 'write' ? (scenario.split('/')[0] ?? scenario) : scenario)
export const actionOf = ({ scenario }: Cell): string => scenario.split('/')[1] ?? ''
const saysOf = (cell: Cell | undefined): string =>
  cell === undefined ? '' : cell.side === 'write' ? cell.says.replace(/^\w+: /, '') : cell.says

const WORST: readonly State[] = ['false', 'block', 'unexpected', 'capped', 'noticed', 'healed', 'through', 'silent']

/** Of several cells the worst; of none null. */
export function worstOf(cells: readonly Cell[] | undefined, state: StateOf): State | null {
  const states = new Set(cells?.map(state))
  return WORST.find((one) => states.has(one)) ?? null
}

/** `incomplete 2, unproven 1`. */
export const saidText = (cell: Cell): string =>
  Object.entries(cell.said)
    .map(([word, times]) => (cell.counted === times ? word : `${word} ${times}`))
    .join(', ')
