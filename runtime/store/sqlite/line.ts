import type { Database } from './database.ts'

/** As in the indexes `intent_next` and `intent_sent`. */
export const WORKABLE = "state NOT IN ('held', 'done')"

/** One that waits, with its place in the line. */
export type Waiting = {
  readonly n: number
  readonly lane: number
  readonly made: string
  readonly slot: string | null
  readonly action: string
}

/**
 * A connection's waiting intents in order: lane, then time, then as they came. The index of the table gives them; what was drawn from it
 * and could not be given is kept in memory, so that no draw goes over the claimed ones and those behind them again.
 */
export type Line = {
  /** The first one left; null: none is. It is the caller's to claim, `park` or `put` back. */
  readonly draw: () => Waiting | null
  /** Behind one in flight of its object; drawn again after `freed`. */
  readonly park: (slot: string, row: Waiting) => void
  readonly freed: (slot: string) => void
  /** Waits (again): released, approved, new. */
  readonly put: (row: Waiting) => void
}

/** Rows the first look at the index takes; most draws need one. */
const LOT = 16

const order = (a: Waiting, b: Waiting): number => a.lane - b.lane || (a.made < b.made ? -1 : a.made > b.made ? 1 : 0) || a.n - b.n

export function openLine(db: Database, conn: number): Line {
  // Everything up to here was drawn.
  let floor: Waiting = { n: 0, lane: -1, made: '', slot: null, action: '' }
  // The last comes first.
  let ready: Waiting[] = []
  // By object, then by action: of those that ask for the same facets only the first can be given, so only it is drawn again.
  const parked = new Map<string, Map<string, Waiting[]>>()
  // Rows after the floor as the table had them; asked again after every change of it.
  let ahead: Waiting[] = []

  const merge = (rows: readonly Waiting[]): void => {
    // A new array: it is sorted as a whole, and thousands may be freed at once.
    ready = [...ready, ...rows].sort((a, b) => order(b, a))
  }
  const stillWaits = ({ n }: Waiting): boolean => db.one(`SELECT 1 FROM intent WHERE n = $1 AND ${WORKABLE}`, n) !== undefined

  const freed = (slot: string): void => {
    const actions = parked.get(slot)
    if (actions === undefined) return
    const first: Waiting[] = []
    for (const [action, rows] of actions) {
      first.push(rows.shift()!)
      if (rows.length === 0) actions.delete(action)
    }
    if (actions.size === 0) parked.delete(slot)
    merge(first)
  }

  return {
    draw: () => {
      for (;;) {
        if (ahead.length === 0) ahead = after(db, conn, floor)
        const next = ahead.at(-1)
        const kept = ready.at(-1)
        if (kept !== undefined && (next === undefined || order(kept, next) <= 0)) {
          ready.pop()
          if (stillWaits(kept)) return kept
          // It was withdrawn or held while it stood for those behind it.
          if (kept.slot !== null) freed(kept.slot)
        } else if (next === undefined) return null
        else {
          ahead.pop()
          floor = next
          if (stillWaits(next)) return next
        }
      }
    },
    park: (slot, row) => {
      const actions = parked.get(slot) ?? new Map<string, Waiting[]>()
      parked.set(slot, actions)
      const rows = actions.get(row.action) ?? []
      actions.set(row.action, rows)
      rows.splice(rows.findLastIndex((other) => order(other, row) < 0) + 1, 0, row)
    },
    freed,
    put: (row) => {
      // Behind the floor the table gives it in its turn.
      if (order(row, floor) <= 0) merge([row])
      else ahead = []
    },
  }
}

function after(db: Database, conn: number, { lane, made, n }: Waiting): Waiting[] {
  return db
    .all(
      `SELECT turn, lane, made_at, slot, action FROM intent
       WHERE conn = $1 AND ${WORKABLE} AND (lane, made_at, turn) > ($2, $3, $4) ORDER BY lane, made_at, turn LIMIT ${LOT}`,
      conn,
      lane,
      made,
      n,
    )
    .map(waitingFrom)
    .reverse()
}

export const WAITING = 'SELECT n, lane, made_at, slot, action'

export function waitingFrom([n, lane, made, slot, action]: readonly unknown[]): Waiting {
  return { n: n as number, lane: lane as number, made: made as string, slot: slot as string | null, action: action as string }
}
