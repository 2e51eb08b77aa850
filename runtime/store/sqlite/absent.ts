import { setImmediate as breathe } from 'node:timers/promises'
import { inChunks, type NumberSet, numberSet, without } from '../number-set.ts'
import type { Database } from './database.ts'
import { membersOf, type ReadState } from './reads.ts'
import { FROM_RUNS } from './records.ts'
import type { Version, Versions } from './versions.ts'

export type Absent = { readonly count: number; readonly base: number; readonly ids: readonly string[] }

/**
 * Ids that should be in this read and are not: those of the base, and those the event log has called live since. The second part keeps
 * the log from holding an account for ever that only a lesser snapshot showed, or whose removal was held for a person.
 */
export async function absent(db: Database, versions: Versions, state: ReadState, limit: number): Promise<Absent> {
  const row = db.one(
    'SELECT read FROM snapshot WHERE stream = $1 AND rank > 0 AND read <> $2 ORDER BY rank DESC, snapshot DESC LIMIT 1',
    state.stream,
    state.read,
  )
  if (row === undefined) return { count: 0, base: 0, ids: [] }
  const base = membersOf(db, row[0] as number)
  const frame = numberSet(base.runs())
  frame.addRuns(state.announced.runs())
  let count = 0
  let ids: string[] = []
  for (const chunk of inChunks(without(frame, state.members), 1000)) {
    const cells = db.all(`SELECT v.n, v.id ${FROM_RUNS} ORDER BY v.n`, JSON.stringify(chunk))
    const newest = versions.newest(
      state.stream,
      cells.map(([, id]) => id as string),
    )
    for (let i = 0; i < cells.length; i++) {
      if (!countsOnce(db, newest[i]!, cells[i]![0] as number, state)) continue
      count++
      ids.push(cells[i]![1] as string)
    }
    if (ids.length > limit * 2 + 1000) ids = ids.sort(byText).slice(0, limit)
    await breathe()
  }
  return { count, base: base.size(), ids: ids.sort(byText).slice(0, limit) }
}

/** Is version `n` the one that stands for an absent id? An id may have an older version in the base and a later one in the log. */
function countsOnce(db: Database, newest: Version | null, n: number, state: ReadState): boolean {
  let at: { readonly n: number; readonly old: number | null } | null = newest
  while (at !== null) {
    if (state.members.has(at.n)) return false
    if (at.n === n) return true
    if (state.announced.has(at.n)) return false
    at = before(db, at.old)
  }
  return true
}

export function before(db: Database, n: number | null): { readonly n: number; readonly old: number | null } | null {
  if (n === null) return null
  const row = db.one('SELECT old FROM version WHERE n = $1', n)
  return row === undefined ? null : { n, old: row[0] as number | null }
}

export const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Numbers of a set, evenly spread, ascending. */
export function spread(members: NumberSet, limit: number): readonly number[] {
  const size = members.size()
  const most = Math.min(limit, size)
  return Array.from({ length: most }, (_, i) => members.at(Math.floor((i * size) / most))!)
}
