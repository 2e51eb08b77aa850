/** Two or three lies at once, drawn by the seed from all that fit: on one list, or on several that lean on each other. */
import { READ_FAULTS, type ReadLie } from '../faults/read.ts'
import { oneOf, type Random, upTo } from '../random.ts'
import type { Dialect } from '../twin/dialect.ts'
import * as fits from './fits.ts'
import { LOST, SETTLED, SMALL, scenario, WHOLE } from './read-make.ts'
import type { Chosen, Drawn, ReadScenario } from './read-types.ts'

const drawn = scenario('faulty', SETTLED)
const AT_ONCE = { target: fits.users, pages: 1, sizes: [...SMALL, 'pages', 'pages'] } as const
const EACH = [1, 2, 3, 4] as const

export const DRAWN: readonly ReadScenario[] = [
  ...EACH.map((no) => drawn(`drawn/${no}`, 'two or three lies about one list, drawn', [], { ...AT_ONCE, dice: 'one list' })),
  ...EACH.map((no) =>
    drawn(`drawn-lists/${no}`, 'two or three lies about lists that lean on each other, drawn', [], { ...AT_ONCE, dice: 'lists' }),
  ),
  ...EACH.slice(0, 2).map((no) =>
    drawn(`drawn-again/${no}`, 'two or three lies, drawn, after a clean sync', [], { ...AT_ONCE, dice: 'lists', before: {} }),
  ),
]

/** Two of a kind on one list would strike the same thing, and one could undo the other. */
type Kind = 'answer' | 'next' | 'rows' | 'total' | 'world' | 'order'
const NEXT: ReadonlySet<string> = new Set([
  'next_missing',
  'next_self',
  'next_back',
  'next_elsewhere',
  'endless_empty',
  'endless_same',
  'empty_inserted',
])
const TOTAL: ReadonlySet<string> = new Set(['total_over', 'total_under', 'total_page_length'])

export function kindOf(fault: string): Kind {
  const of = READ_FAULTS[fault]
  if (NEXT.has(fault)) return 'next'
  if (TOTAL.has(fault)) return 'total'
  if (of?.answer !== undefined && of.page === undefined) return 'answer'
  if (of?.rows !== undefined || of?.page !== undefined) return 'rows'
  return of?.size === undefined ? 'world' : 'order'
}

/** Lies that one scenario tells alone, on a list that nothing else was done to. */
export const canBeDrawn = (one: ReadScenario): boolean =>
  one.aims.length === 1 &&
  one.dice === undefined &&
  one.before === undefined &&
  one.unattested !== true &&
  one.canaries !== true &&
  one.stopped !== true &&
  one.sizes.some((size) => SMALL.includes(size)) &&
  // Whom nothing is shown of: what a second lie does there is not seen.
  !one.name.startsWith('empty-') &&
  !one.name.startsWith('nobody-')

/** Which lies, and on which lists. `long`: the list has so many pages. */
export function drawScenarios(
  pool: readonly ReadScenario[],
  dice: NonNullable<ReadScenario['dice']>,
  dialect: Dialect,
  long: (stream: string, pages: number) => boolean,
  random: Random,
): readonly { readonly stream: string; readonly scenario: ReadScenario }[] {
  const able = (stream: string) => pool.filter((one) => one.target(dialect, stream) && long(stream, one.pages))
  const streams = Object.keys(dialect.file.streams).filter((stream) => able(stream).length > 1)
  const edges = streams.filter((stream) => fits.edges(dialect, stream))
  const lists =
    dice === 'lists' && edges.length > 0 ? leaning(dialect, oneOf(random, edges), streams, random) : [oneOf(random, streams)]
  const count = 2 + upTo(random, 2)
  const out: { readonly stream: string; readonly scenario: ReadScenario }[] = []
  for (let tries = 0; out.length < count && tries < 20; tries++) {
    const stream = lists[out.length % lists.length] as string
    const one = oneOf(random, able(stream))
    const [fault] = one.aims.map((aim) => aim.fault)
    const taken = out.some(
      (other) => other.stream === stream && kindOf(other.scenario.aims[0]?.fault ?? '') === kindOf(fault ?? ''),
    )
    const both = [...out, { stream, scenario: one }]
    if (!taken && !isBlinding(dialect, both)) out.push({ stream, scenario: one })
  }
  return out
}

type Throw = { readonly stream: string; readonly scenario: ReadScenario }

/**
 * Together they would be what nothing shows, and nobody claims to see: a list and every count that agree about whom they leave out,
 * and no edges that name them.
 */
function isBlinding(dialect: Dialect, all: readonly Throw[]): boolean {
  const tells = ({ scenario: { aims } }: Throw, faults: readonly string[]) => aims.some(({ fault }) => faults.includes(fault))
  const loses = ({ scenario: { expected, aims } }: Throw) =>
    expected !== WHOLE && !aims.some(({ fault }) => kindOf(fault) === 'total')
  const hides = all.some((one) => tells(one, ['hidden_with_totals', 'hidden_named', 'default_filter']))
  if (hides && all.some((one) => fits.edges(dialect, one.stream) && loses(one))) return true
  // A total that is too low by whom the list leaves out is that very lie, told by two.
  const low = all.filter((one) => tells(one, ['total_under']))
  return low.some((one) => all.some((other) => other.stream === one.stream && loses(other)))
}

/** An edge stream and one that it is read below, or whose records it names. */
function leaning(dialect: Dialect, edge: string, streams: readonly string[], random: Random): readonly string[] {
  const declared = dialect.connector.streams[edge]
  const named = [
    ...Object.values(declared?.each ?? {}).flatMap((each) => (each.from === 'stream' ? [each.stream] : [])),
    ...Object.values(declared?.refers ?? {}).flat(),
  ].filter((name) => streams.includes(name))
  return named.length === 0 ? [edge] : [oneOf(random, named), edge]
}

/** Which lists were struck, and which of them must not be `complete`. */
export type Hit = { readonly target: string; readonly struck: readonly string[]; readonly must: readonly string[] }

export function hitOf({ target, drawn }: Chosen, fired: { readonly [label: string]: number }): Hit {
  const struck = drawn.filter(({ lie }) => (fired[labelOf(lie)] ?? 0) > 0).map(({ lie }) => lie.stream)
  return { target, struck: struck.length === 0 ? [target] : [...new Set(struck)], must: mustNotice(drawn, fired) }
}

/** The lists of which `complete` would be a lie believed: one was told there that must be noticed alone, and it struck. */
export function mustNotice(drawn: readonly Drawn[], fired: { readonly [label: string]: number }): readonly string[] {
  const struck = drawn.filter(({ lie }) => (fired[labelOf(lie)] ?? 0) > 0)
  // What comes or goes in the target meanwhile may make true what was a lie: then the truth alone decides.
  if (struck.some(({ lie }) => READ_FAULTS[lie.fault]?.after !== undefined)) return []
  return [...new Set(struck.filter(({ expected }) => expected === LOST).map(({ lie }) => lie.stream))]
}

/** How often a lie changed the target itself. */
export const changesIn = (fired: { readonly [label: string]: number }): number =>
  Object.entries(fired).reduce((sum, [label, times]) => (READ_FAULTS[faultOf(label)]?.after === undefined ? sum : sum + times), 0)

const faultOf = (label: string): string => label.replace(/ of .*$/, '')

export const labelOf = (lie: ReadLie): string => lie.label ?? lie.fault
