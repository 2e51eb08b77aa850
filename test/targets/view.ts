/** What a target with its lies admits to having, and how that is cut into pages. */
import type { Dialect, Page, Row, Spot, Want } from './dialect.ts'
import type { FaultName, Faults } from './faults.ts'
import type { Population, User } from './population.ts'

export type State = {
  readonly dialect: Dialect
  readonly population: Population
  readonly random: () => number
  readonly page_max: number
  faults: Faults
  hidden: Map<string, { readonly deep: boolean; readonly by: FaultName }>
  fired: { [name in FaultName]?: number }
  requests: string[]
  unexpected: string[]
  refused: number
  marks: number
  /** Cursors of a list given out before this mark are expired. */
  valid_from: Map<string, number>
  /** Spots in the order they were asked for, one list and page size each. */
  enumerations: Map<string, Spot[]>
}

/** What this target admits to having. Null: no such list. */
export function seen(state: State, list: Page['list'], of: string | null): Row[] | null {
  const { population } = state
  if (list === 'groups') return population.groups.map((group) => ({ kind: 'group', group: shown(state, group) }))
  if (list === 'users') return admitted(state, population.users)
  const group = population.groups.find((group) => group.id === of)
  if (group === undefined) return null
  const members = new Set(shown(state, group).members)
  return population.users.filter((user) => members.has(user.id)).map((user) => ({ kind: 'user', user }))
}

function admitted(state: State, users: readonly User[]): Row[] {
  if (state.hidden.size > 0) for (const by of new Set([...state.hidden.values()].map((hidden) => hidden.by))) fire(state, by)
  return users.filter((user) => !state.hidden.has(user.id)).map((user) => ({ kind: 'user', user }))
}

export function shown(state: State, group: Population['groups'][number]): Population['groups'][number] {
  return { ...group, members: group.members.filter((id) => state.hidden.get(id)?.deep !== true) }
}

export function cutPage(state: State, rows: readonly Row[], want: Want & { what: 'list' }, spot: Spot, limit: number): Page {
  const { steps } = state.dialect
  const ord = (row: Row) => (row.kind === 'user' ? row.user.ord : row.group.ord)
  const after = rows.findIndex((row) => ord(row) > (spot.at ?? Number.NEGATIVE_INFINITY))
  const index =
    steps === 'keyset' ? (after < 0 ? rows.length : after) : steps === 'pages' ? (spot.at ?? 0) * limit : (spot.at ?? 0)
  const here = rows.slice(index, index + limit)
  const more = limit > 0 && index + limit < rows.length
  return {
    list: want.list,
    of: want.of,
    rows: here,
    total: rows.length,
    index,
    asked: want.limit,
    limit,
    spot,
    next: more
      ? { at: steps === 'keyset' ? ord(here.at(-1)!) : steps === 'pages' ? (spot.at ?? 0) + 1 : index + limit, mark: state.marks }
      : null,
    last_page: Math.max(1, Math.ceil(rows.length / Math.max(1, limit))),
  }
}

export function fire(state: State, name: FaultName): void {
  state.fired[name] = (state.fired[name] ?? 0) + 1
}
