/** A scenario and a seed → numbers: how many accounts, how long a page, which list is struck, on which page. */
import type { ReadLie } from '../faults/read-types.ts'
import { oneOf, type Random, shareOf, upTo } from '../random.ts'
import type { Dialect } from '../twin/dialect.ts'
import type { Twin } from '../twin/types.ts'
import { crowdOf } from './fits.ts'
import { ODD } from './read-benign.ts'
import { canBeDrawn, drawScenarios } from './read-drawn.ts'
import { EMPTY } from './read-empty.ts'
import { READING } from './read-faults.ts'
import { FILED } from './read-filed.ts'
import { PEERS } from './read-peers.ts'
import type { Aim, Chosen, ReadScenario, Size } from './read-types.ts'

const PAGE_SIZES = [3, 4, 5, 7, 10]
const POOL = [...PEERS, ...READING, ...FILED, ...EMPTY, ...ODD].filter(canBeDrawn)

export type Sizes = {
  readonly population: number
  readonly page_size: number
  /** So many groups. */
  readonly crowd?: { readonly of: string; readonly count: number }
}

export function sizesOf(scenario: ReadScenario, dialect: Dialect, random: Random): Sizes {
  const size = oneOf(random, scenario.sizes)
  const page_size = size === 'thousands' || size === 'parents' ? 100 : oneOf(random, PAGE_SIZES)
  const population = populationOf(size, page_size, random)
  const below = Object.keys(dialect.file.streams).find((name) => scenario.target(dialect, name))
  const of = size === 'parents' && below !== undefined ? crowdOf(dialect, below) : null
  return { population, page_size, ...(of === null ? {} : { crowd: { of, count: 1000 + upTo(random, 100) } }) }
}

function populationOf(size: Size, page: number, random: Random): number {
  switch (size) {
    case 'none':
      return 0
    case 'one':
      return 1
    case 'page-1':
      return page - 1
    case 'page':
      return page
    case 'page+1':
      return page + 1
    case 'two':
      return 2 * page + upTo(random, 2)
    case 'pages':
      return Math.min(60, 3 * page + upTo(random, 3 * page))
    case 'many':
      return 40 + upTo(random, 21)
    case 'thousands':
      return 1000 + upTo(random, 1500)
    case 'parents':
      return 4 + upTo(random, 4)
  }
}

/** Of the streams that the lie can strike, one whose list is long enough; people's own list more often than others. */
export function choose(scenario: ReadScenario, dialect: Dialect, twin: Twin, page_size: number, random: Random): Chosen {
  if (scenario.dice !== undefined) return thrown(scenario.dice, dialect, twin, page_size, random)
  const all = Object.keys(dialect.file.streams).filter((name) => scenario.target(dialect, name))
  const long = all.filter((name) => rowsOf(twin, name) > page_size * (scenario.pages - 1))
  const some = (long.length > 0 ? long : all).flatMap((name) =>
    dialect.file.streams[name]?.role === 'users' ? [name, name] : [name],
  )
  const target = oneOf(random, some)
  return {
    target,
    lies: scenario.aims.map((aim) => aimed(aim, twin, target, pagesOf(dialect, twin, target, page_size), random)),
    drawn: [],
  }
}

function pagesOf(
  dialect: Dialect,
  twin: Twin,
  stream: string,
  page_size: number,
): { readonly rows: number; readonly size: number } {
  const rows = rowsOf(twin, stream)
  // One answer is one page, however many rows it has.
  return { rows, size: dialect.connector.streams[stream]?.pages.kind === 'none' ? Math.max(1, rows) : page_size }
}

function thrown(
  dice: NonNullable<ReadScenario['dice']>,
  dialect: Dialect,
  twin: Twin,
  page_size: number,
  random: Random,
): Chosen {
  const long = (stream: string, pages: number) => rowsOf(twin, stream) > page_size * (pages - 1)
  const scenarios = drawScenarios(POOL, dice, dialect, long, random)
  const drawn = scenarios.flatMap(({ stream, scenario: { aims, expected } }) =>
    aims.map((aim) => {
      const lie = aimed(aim, twin, stream, pagesOf(dialect, twin, stream, page_size), random)
      return { lie: { ...lie, label: `${aim.fault} of ${stream}` }, expected }
    }),
  )
  return { target: scenarios[0]?.stream ?? '', lies: drawn.map(({ lie }) => lie), drawn }
}

function aimed(
  aim: Aim,
  twin: Twin,
  stream: string,
  { rows, size: page_size }: { readonly rows: number; readonly size: number },
  random: Random,
): ReadLie {
  const pages = Math.max(1, Math.ceil(rows / page_size))
  const page = pageOf(aim.where, pages, random)
  const counts = {
    some: () => 1 + upTo(random, 3),
    third: () => Math.ceil(rows / 3),
    half_page: () => Math.max(1, Math.floor(page_size / 2)),
    all: () => twin.world.collections.get(twin.file.streams[stream]?.of ?? '')?.size ?? 0,
  }
  const count = typeof aim.rows === 'string' ? counts[aim.rows]() : aim.rows
  return {
    fault: aim.fault,
    stream,
    ...(page === null ? {} : { page }),
    ...(aim.times === undefined ? {} : { times: aim.times }),
    ...(count === undefined ? {} : { rows: count }),
    ...(aim.seconds === undefined ? {} : { seconds: aim.seconds }),
    ...(aim.cut === undefined ? {} : { from: aim.cut === 'end' ? 1 : shareOf(random) }),
    ...(aim.cut === 'inside' ? { inside: true as const } : {}),
    ...(aim.one_parent === undefined ? {} : { parent: oneOf(random, parentsOf(twin, stream, aim.one_parent === 'bare')) }),
  }
}

/** Below which parents there is something (`bare`: nothing), by their places in the list above, from 0; of fixed values each. */
function parentsOf(twin: Twin, stream: string, bare: boolean): readonly number[] {
  const [each] = Object.values(twin.connector.streams[stream]?.each ?? {})
  if (each?.from === 'values') return each.values.map((_, place) => place)
  const parent = each?.from === 'stream' ? twin.file.streams[each.stream]?.of : undefined
  const of = twin.file.streams[stream]?.of ?? ''
  const link = Object.entries(twin.file.collections[of]?.links ?? {}).find(([, target]) => target === parent)?.[0]
  if (parent === undefined || link === undefined) return [0]
  const full = new Set([...(twin.world.collections.get(of)?.values() ?? [])].map((entry) => entry.links[link]))
  const places = [...(twin.world.collections.get(parent)?.keys() ?? [])].flatMap((id, place) =>
    full.has(id) !== bare ? [place] : [],
  )
  return places.length === 0 ? [0] : places
}

function pageOf(where: Aim['where'], pages: number, random: Random): number | 'last' | null {
  switch (where) {
    case undefined:
      return null
    case 'early':
      return 1 + upTo(random, Math.max(1, pages - 1))
    case 'later':
      return 2 + upTo(random, Math.max(1, pages - 1))
    case 'any':
      return 1 + upTo(random, pages)
    case 'first':
      return 1
    case 'third':
      return 3
    case 'last':
      return 'last'
  }
}

/** Of the longest list that the stream reads: below one parent, where it is read below parents. */
export function rowsOf(twin: Pick<Twin, 'file' | 'world' | 'connector'>, stream: string): number {
  const told = twin.file.streams[stream]
  const entries = [...(twin.world.collections.get(told?.of ?? '')?.values() ?? [])].filter(
    (entry) => told?.where === undefined || twin.world.matches(told.of, entry, told.where, () => undefined),
  )
  const each = Object.values(twin.connector.streams[stream]?.each ?? {}).find((one) => one.from === 'stream')
  const parent = each?.from === 'stream' ? twin.file.streams[each.stream]?.of : undefined
  const link = Object.entries(twin.file.collections[told?.of ?? '']?.links ?? {}).find(([, target]) => target === parent)?.[0]
  if (link === undefined) return entries.length
  const counts = new Map<string, number>()
  for (const entry of entries) counts.set(entry.links[link] ?? '', (counts.get(entry.links[link] ?? '') ?? 0) + 1)
  return Math.max(0, ...counts.values())
}

/** What a loop sends that follows every list to its end and proves nothing. */
export function bareRequests(twin: Twin, streams: readonly string[], page_size: number): number {
  let sum = twin.connector.auth.kind.startsWith('oauth2') || twin.connector.auth.kind === 'jwt_bearer' ? 1 : 0
  for (const name of streams) {
    const stream = twin.connector.streams[name]
    const told = twin.file.streams[name]
    if (stream === undefined || told === undefined) continue
    const rows = twin.world.collections.get(told.of)?.size ?? 0
    const pages = (count: number) => (stream.pages.kind === 'none' ? 1 : Math.max(1, Math.ceil(count / page_size)))
    const parents = Object.values(stream.each).flatMap((each) =>
      each.from === 'stream'
        ? [twin.world.collections.get(twin.file.streams[each.stream]?.of ?? '')?.size ?? 1]
        : each.from === 'values'
          ? [each.values.length]
          : [],
    )
    const lists = parents.reduce((product, count) => product * count, 1)
    sum += lists <= 1 ? pages(rows) : Math.max(lists, Math.ceil(rows / page_size) + Math.floor(lists / 2))
    if (stream.expand !== null) sum += rows
  }
  return sum
}
