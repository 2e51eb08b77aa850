/** Numbers for people, the same in the terminal and on the page. */
import type { Ablation, LabReport, OfficialLine, Rate } from '../types.ts'
import type { ItemWorth, WithOne, Worth } from '../worth-types.ts'
import { costOf, isIdle } from './ablation.ts'
import { shouldGo } from './worth.ts'

export const count = (n: number): string => n.toLocaleString('en-US')

/** Two digits that say something, and never a 0 that is none. */
export function percent(share: number): string {
  const value = share * 100
  if (value === 0 || value === 100) return `${value} %`
  const digits = value > 99 || value < 1 ? 2 : value > 90 || value < 10 ? 1 : 0
  const text = value.toFixed(digits)
  if (Number(text) === 0) return '< 0.01 %'
  return Number(text) === 100 ? '> 99.99 %' : `${text} %`
}

/** `at most 0.06 % (95 %)`. */
export const bound = ({ n, high }: Rate): string => (n === 0 ? 'not measured' : `at most ${percent(high)} (95 %)`)

/** `598 of 612, 97.7 % (95 %: 96.2 %–98.6 %)`. */
export const interval = ({ k, n, share, low, high }: Rate): string =>
  share === null ? 'not measured' : `${count(k)} of ${count(n)}, ${percent(share)} (95 %: ${percent(low)} to ${percent(high)})`

export const shareText = ({ k, n, share }: Rate): string =>
  share === null ? 'not played' : `${count(k)} of ${count(n)} (${percent(share)})`

/** The lines at the top: what, how many, how many wrong, and what that still allows. */
export function headlines(report: LabReport): readonly (readonly [what: string, of: string, wrong: string, bound: string])[] {
  const { reads, writes, honest, rates } = report
  return [
    ['reads', `${count(reads.faulty)} with a lie`, `${count(reads.false_complete)} false complete`, bound(rates.false_complete)],
    [
      'changes',
      `${count(writes.faulty)} with a lie`,
      `${count(writes.false_verified)} false verified`,
      bound(rates.false_verified),
    ],
    ['honest', `${count(honest.runs)} with none`, `${count(honest.false_block)} false block`, bound(rates.false_block)],
  ]
}

function told(what: string, faulty: number, rate: Rate): readonly (readonly [what: string, text: string])[] {
  if (faulty === 0) return []
  const nothing = faulty - rate.n
  const came = nothing === 0 ? '' : `; ${count(nothing)} more came to nothing`
  return [[`lies of ${what} noticed`, `${interval(rate)}${came}`]]
}

/** Controls that ended in less than a plain yes: allowed where their scenario says so, and never hidden in the 0 of false blocks. */
export function lessThanYes({ cells, honest }: LabReport): readonly (readonly [what: string, text: string])[] {
  const said = new Map<string, number>()
  for (const cell of cells)
    if (cell.class !== 'faulty')
      for (const [is, n] of Object.entries(cell.said)) if (!YES.has(is)) said.set(is, (said.get(is) ?? 0) + n)
  const all = [...said.values()].reduce((sum, n) => sum + n, 0)
  const parts = [...said].sort(([a], [b]) => a.localeCompare(b, 'en')).map(([is, n]) => `${is} ${count(n)}`)
  return all === 0 ? [] : [['no lie, and no plain yes', `${count(all)} of ${count(honest.runs)}: ${parts.join(', ')}`]]
}
const YES: ReadonlySet<string> = new Set(['complete', 'verified'])

/** Lies noticed, and what noticing costs. */
export function sidelines(report: LabReport): readonly (readonly [what: string, text: string])[] {
  const { rates } = report
  const overhead = rates.request_overhead
  return [
    ...told('reads', report.reads.faulty, rates.detection_reads),
    ...told('changes', report.writes.faulty, rates.detection_writes),
    ...lessThanYes(report),
    ...(overhead === null
      ? []
      : [['requests of an honest read', `${overhead.toFixed(2)} × those of a loop that proves nothing`] as const]),
  ]
}

export const ABLATED = {
  read: ['false completes it alone prevents', 'completes it carries'],
  write: ['false verifieds it alone prevents', 'verifieds it carries'],
} as const

export function ablationWords(one: Ablation): {
  readonly prevents: string
  readonly carries: string
  readonly cost: string
  readonly note: string
} {
  const cost = costOf(one)
  return {
    prevents: `${count(one.prevents)} of ${count(one.faulty)}`,
    carries: `${count(one.carries)} of ${count(one.honest)}`,
    cost: cost === null ? 'not measured' : `${cost < 0 ? '−' : '+'}${Math.abs(cost).toFixed(1)} %`,
    note: isIdle(one) ? 'costs, and was worth nothing here' : one.escapes.join(', '),
  }
}

/** Of a table over all reads: what an item names, what it lets through where it is gone, and whom it costs their yes. */
export const WORTH = ['names', 'alone prevents', 'or with one', 'alone carries', 'or with one'] as const

export function worthWords(one: ItemWorth): { readonly numbers: readonly string[]; readonly note: string } {
  const moved = one.moved === 0 ? '' : `, and ${count(one.moved)} of no lie`
  return {
    numbers: [
      one.named === null ? '' : count(one.named),
      `${count(one.prevents)} of ${count(one.lies)}${moved}`,
      pairs(one.prevents_with),
      `${count(one.carries)} of ${count(one.honest)}`,
      pairs(one.carries_with),
    ],
    note: one.escapes.join(', '),
  }
}

const pairs = (some: WithOne): string =>
  some.length === 0 ? '–' : some.map(({ with: other, reads }) => `${count(reads)} ${other}`).join(', ')

export const worthTitle = ({ lies, honest }: Worth): string =>
  `What reads hang on: ${count(lies)} with a lie and ${count(honest)} honest ones judged again without each item`

/** What should go, and the smallest set that must stay: in it no item counts for what another would have caught. */
export function enoughWords({ enough, items }: Worth): readonly string[] {
  const said = (sets: readonly (readonly string[])[]) => {
    const [first = [], ...others] = sets
    const more =
      others.length === 0 ? '' : `; ${count(others.length)} other ${others.length === 1 ? 'choice' : 'choices'} as small`
    return `${first.length === 0 ? 'none of those that cost' : first.join(', ')}${more}`
  }
  const idle = items.filter(shouldGo).map(({ item }) => item)
  return [
    ...(idle.length === 0 ? [] : [`cost requests, and nothing here hangs on them: ${idle.join(', ')}`]),
    `enough that none of these lies escapes: ${said(enough.lies)}`,
    `and that no honest one falls, too: ${said(enough.all)}`,
  ]
}

/** What the requests were held against; one line for all dialects of which nothing could be. */
export function officialWords(lines: readonly OfficialLine[]): readonly string[] {
  const told = lines
    .filter(({ files }) => files.length > 0)
    .map(({ dialect, files, checked, elsewhere, because }) => {
      const rest = elsewhere === 0 ? '' : `, ${count(elsewhere)} more to what it leaves out`
      return `${dialect}: ${count(checked)} against ${files.join(', ')}${rest}${because === null ? '' : `; ${because}`}`
    })
  const reasons = Map.groupBy(
    lines.filter(({ files }) => files.length === 0),
    ({ because }) => because ?? '',
  )
  return [
    ...told,
    ...[...reasons].map(([because, some]) => `not checked: ${some.map(({ dialect }) => dialect).join(', ')}: ${because}`),
  ]
}
