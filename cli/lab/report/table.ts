/** The report for a terminal: at most 100 columns, every mark a shape of its own, colour only on top. */
import { cutTo, type Paint, safe, table } from '../../text.ts'
import type { Cell, LabReport } from '../types.ts'
import { actionOf, rowsOf, STATES, type State, type StateOf, saidText, sectionsOf, stateOf, worstOf } from './state.ts'
import {
  ABLATED,
  ablationWords,
  count,
  enoughWords,
  headlines,
  officialWords,
  shareText,
  sidelines,
  WORTH,
  worthTitle,
  worthWords,
} from './words.ts'

export const WIDEST = 100
const FINDINGS_SHOWN = 15
const byDialect = (cell: Cell): string => cell.dialect
const inFull = (cell: Cell): string => `${cell.dialect} ${actionOf(cell)}`
/** More dialects than this stand side by side, one mark each. */
const SIDE_BY_SIDE = 3

export function labText(report: LabReport, paint: Paint, width: number): string {
  const state = stateOf(report.capped)
  const few = report.dialects.length <= SIDE_BY_SIDE
  const sections = sectionsOf(report.cells).map(({ title, cells }) => {
    const column = few ? (report.dialects.length > 1 ? inFull : actionOf) : byDialect
    const body =
      few && cells[0]?.side === 'read' ? linesOf(report.dialects, cells, state, paint) : matrixOf(cells, column, state, paint)
    return `\n${paint.bold(title)}\n${body}`
  })
  const shown = new Set(report.cells.map(state))
  const text = [
    head(report, paint),
    ...sections,
    sections.length > 0 ? legend(shown, paint) : '',
    asides(report, paint),
    worth(report, paint),
    ablation(report, paint),
    policies(report, paint),
    findings(report, paint),
    `\n${again(report, paint)}${paint.dim(`seed ${report.seed}, log ${report.log.slice(0, 16)}: the same seed gives the same log\n`)}`,
  ]
  return cutTo(text.join(''), Math.min(width, WIDEST))
}

function again({ again: { times, same } }: LabReport, paint: Paint): string {
  if (times === 0) return ''
  const text = `played ${count(times)} times more, by one to three processes: ${count(same)} with the same log`
  return `${same === times ? paint.green(text) : paint.red(text)}\n`
}

function head(report: LabReport, paint: Paint): string {
  const wrong = [report.reads.false_complete, report.writes.false_verified, report.honest.false_block]
  const rows = headlines(report).map(([what, of, said, bound], i) => {
    const tint = (wrong[i] ?? 0) > 0 ? paint.red : bound === 'not measured' ? paint.dim : paint.green
    return [what, of, tint(said), bound]
  })
  return `${table(rows)}\n${table(sidelines(report))}`
}

const tintOf: { readonly [state in State]: keyof Paint } = {
  false: 'red',
  block: 'red',
  unexpected: 'yellow',
  noticed: 'green',
  capped: 'yellow',
  healed: 'green',
  through: 'green',
  silent: 'dim',
}
const markOf = (state: State, paint: Paint): string => paint[tintOf[state]](STATES[state].mark)

/** A line a scenario and dialect: what was said, how often it struck, what it cost. */
function linesOf(dialects: readonly string[], cells: readonly Cell[], state: StateOf, paint: Paint): string {
  const several = dialects.length > 1
  const rows = cells.map((cell) => [
    markOf(state(cell), paint),
    safe(cell.scenario),
    ...(several ? [safe(cell.dialect)] : []),
    state(cell) === 'unexpected' ? `${saidText(cell)}, not ${cell.expected.join(' or ')}` : saidText(cell),
    cell.fired === 0 ? paint.dim('–') : `${count(cell.fired)}×`,
    cell.requests_bare === 0 ? paint.dim('–') : `${(cell.requests / cell.requests_bare).toFixed(1)}`,
    paint.dim(safe(cell.says)),
  ])
  const titles = ['', 'lie', ...(several ? ['dialect'] : []), 'said', 'struck', 'req ×', ''].map(paint.dim)
  return table([titles, ...rows])
}

/** A line a lie, a mark a dialect or action; the letters are told below. */
function matrixOf(cells: readonly Cell[], column: (cell: Cell) => string, state: StateOf, paint: Paint): string {
  const columns = [...new Set(cells.map(column))].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
  const rows = rowsOf(cells, column).map(({ lie, says, of }) => {
    const marks = columns.map((name) => {
      const worst = worstOf(of.get(name), state)
      return worst === null ? ' ' : markOf(worst, paint)
    })
    return [safe(lie), marks.join(' '), paint.dim(safe(says))]
  })
  const letters = columns.map((_, i) => letterOf(i)).join(' ')
  const named = wrapped(columns.map((name, i) => `${letterOf(i)} ${safe(name)}`))
  return `${named.map((line) => paint.dim(`  ${line}\n`)).join('')}${table([['', paint.dim(letters), ''], ...rows])}`
}

const letterOf = (i: number): string => String.fromCodePoint(i < 26 ? 97 + i : 65 + i - 26)

function wrapped(words: readonly string[]): readonly string[] {
  const lines: string[] = []
  for (const word of words) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + word.length + 5 < WIDEST) lines[lines.length - 1] = `${last}   ${word}`
    else lines.push(word)
  }
  return lines
}

function legend(shown: ReadonlySet<State>, paint: Paint): string {
  const states = (Object.keys(STATES) as State[]).filter((state) => shown.has(state))
  return `\n${table(states.map((state) => [markOf(state, paint), paint.dim(STATES[state].says)]))}`
}

function asides({ capped, never_fired, unplayed, impossible, assumed, dialects, official }: LabReport, paint: Paint): string {
  const lines = capped.map(
    ({ dialect, scenarios, because }) =>
      `  ${safe(dialect)}: ${scenarios.map(safe).join(', ')}\n      ${paint.dim(safe(because))}\n`,
  )
  const cap =
    lines.length === 0
      ? ''
      : `\n${paint.bold('Cannot be noticed in this dialect, therefore capped at unproven')}\n${lines.join('')}`
  const few =
    dialects.length <= SIDE_BY_SIDE
      ? never_fired.map(safe).join(', ')
      : `in ${count(never_fired.length)} cells (--json lists them)`
  const silent = never_fired.length === 0 ? '' : `\n${paint.bold('Never struck, so nothing was measured')}\n  ${few}\n`
  const rest =
    unplayed.length === 0
      ? ''
      : `\n${paint.bold('Declared and not played')}\n${unplayed.map((one) => `  ${safe(one)}\n`).join('')}`
  const held = officialWords(official)
  const described =
    held.length === 0
      ? ''
      : `\n${paint.bold('Requests held against the official description')}\n${held.map((one) => `  ${safe(one)}\n`).join('')}`
  const none =
    impossible.length === 0
      ? ''
      : `\n${paint.bold('Not played, and why')}\n${impossible.map((one) => `  ${safe(one)}\n`).join('')}`
  const guessed =
    assumed.length === 0
      ? ''
      : `\n${paint.bold('No twin file: played as far as the connector tells, with these guesses')}\n${assumed.map((one) => `  ${safe(one)}\n`).join('')}  ${paint.yellow('next')}  --write-twin writes them down, to be put right\n`
  return guessed + cap + silent + none + rest + described
}

function worth({ worth: of }: LabReport, paint: Paint): string {
  if (of === null) return ''
  const rows = of.items.map((one) => {
    const { numbers, note } = worthWords(one)
    return [safe(one.item), ...numbers, paint.dim(safe(note))]
  })
  const enough = enoughWords(of).map((line) => `  ${paint.dim(line)}\n`)
  return `\n${paint.bold(worthTitle(of))}\n${table([['without', ...WORTH, 'lies'].map(paint.dim), ...rows])}${enough.join('')}`
}

function ablation(report: LabReport, paint: Paint): string {
  return (['read', 'write'] as const)
    .map((side) => {
      const some = report.ablation.filter((one) => one.side === side)
      if (some.length === 0) return ''
      const rows = some
        .toSorted((a, b) => b.prevents - a.prevents || b.carries - a.carries)
        .map((one) => {
          const words = ablationWords(one)
          return [safe(one.without), words.prevents, words.carries, words.cost, paint.dim(safe(words.note))]
        })
      const titles = ['without', ...ABLATED[side], 'requests', 'escapes'].map(paint.dim)
      return `\n${paint.bold('Played again without each evidence item')}\n${table([titles, ...rows])}`
    })
    .join('')
}

function policies(report: LabReport, paint: Paint): string {
  return (['read', 'write'] as const)
    .map((side) => {
      const lines = report.policies.filter((line) => line.side === side)
      if (lines.length === 0) return ''
      const titles = [side === 'read' ? 'reads' : 'changes', 'success, and it was not so', 'blocked, and nothing was wrong']
      const rows = lines.map((line, i) => {
        const bad = (line.false_success.k > 0 ? paint.red : paint.green)(shareText(line.false_success))
        return [i === 0 ? paint.bold(line.policy) : safe(line.policy), bad, shareText(line.false_block)]
      })
      return `\n${paint.bold('Beside other policies, over the same targets')}\n${table([titles.map(paint.dim), ...rows])}`
    })
    .join('')
}

function findings({ findings: all }: LabReport, paint: Paint): string {
  if (all.length === 0) return ''
  const lines = all.slice(0, FINDINGS_SHOWN).map((one) => {
    const wrong = one.kind === 'unexpected' ? paint.yellow : paint.red
    const differs = one.differs.length === 0 ? '' : `      differs: ${one.differs.map(safe).join('; ')}\n`
    return `  ${wrong(one.kind.replace('_', ' '))}  ${safe(one.dialect)} ${safe(one.scenario)}: ${one.said}, expected ${one.expected.join(' or ')}\n      ${safe(one.because)}\n${differs}      ${paint.yellow('next')}  ${safe(one.replay)}\n`
  })
  const more = all.length > FINDINGS_SHOWN ? `  and ${count(all.length - FINDINGS_SHOWN)} more; --json lists them\n` : ''
  return `\n${paint.bold(`Findings: ${count(all.length)}`)}\n${lines.join('')}${more}`
}
