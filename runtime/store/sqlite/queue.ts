import { LANES } from '../../types.ts'
import { meet } from '../intent-state.ts'
import { cleanText } from '../text.ts'
import type { WriteStore } from '../write-port.ts'
import { type Claim, openClaims } from './claims.ts'
import type { Database } from './database.ts'
import { intentByNumber } from './intents.ts'
import { type Line, openLine, WAITING, WORKABLE, waitingFrom } from './line.ts'
import { knownConn } from './syncs.ts'

export type Queue = Pick<WriteStore, 'next' | 'release' | 'waiting'> & {
  /** After a commit: these wait now, new or held before. */
  readonly waits: (numbers: readonly number[]) => void
  /** After a commit: this one is over or held, and nobody works on it. */
  readonly left: (n: number) => void
}

/** Intents that are put into a line one by one. */
const PUT_MOST = 256

export function openQueue(db: Database): Queue {
  const claims = openClaims()
  const lines = new Map<number, Line>()
  const lineOf = (conn: number): Line => {
    const line = lines.get(conn) ?? openLine(db, conn)
    lines.set(conn, line)
    return line
  }
  const waits = (numbers: readonly number[]): void => {
    // Drawn again from the table, over the claimed ones: cheaper than so many places in memory.
    if (numbers.length > PUT_MOST) lines.clear()
    if (lines.size === 0) return
    for (const n of numbers) {
      if (claims.has(n)) continue
      const row = db.one(`${WAITING}, conn FROM intent WHERE n = $1`, n)
      if (row !== undefined) lines.get(row[5] as number)?.put(waitingFrom(row))
    }
  }
  const left = (n: number): void => {
    const claim = claims.drop(n)
    if (claim !== null && claim.slot !== null) lines.get(claim.conn)?.freed(claim.slot)
  }
  return {
    waits,
    left,
    next: async (connection, facetsOf) => {
      const conn = knownConn(db, connection)
      if (conn === null) return null
      if (db.one("SELECT 1 FROM kill_switch WHERE scope IN ('*', $1)", cleanText(connection)) !== undefined) return null
      const line = lineOf(conn)
      for (;;) {
        const row = line.draw()
        if (row === null) return null
        // Given before its turn, as the one in another's way.
        if (claims.has(row.n)) continue
        const facets = facetsOf(row.action)
        const first = claims.meets(conn, row.slot, facets) ? null : firstOf({ n: row.n, conn, slot: row.slot, facets }, facetsOf)
        if (first === null) {
          line.park(row.slot!, row)
          continue
        }
        if (first.n !== row.n) line.put(row)
        claims.add(first)
        return intentByNumber(db, first.n)
      }
    },
    release: async (intent) => {
      const row = db.one('SELECT n FROM intent WHERE intent = $1', cleanText(intent))
      if (row === undefined || !claims.has(row[0] as number)) return
      left(row[0] as number)
      waits([row[0] as number])
    },
    waiting: async (connection) => {
      const counts: { [lane: string]: number } = { ...Object.fromEntries(LANES.map((lane) => [lane, 0])), held: 0, in_flight: 0 }
      const conn = knownConn(db, connection)
      if (conn === null) return counts
      const add = (name: string, count: number): void => {
        counts[name] = counts[name]! + count
      }
      const open = db.all(
        "SELECT state = 'held', lane, count(*) FROM intent WHERE state <> 'done' AND +conn = $1 GROUP BY 1, 2",
        conn,
      )
      for (const [held, lane, count] of open) add(held === 1 ? 'held' : LANES[lane as number]!, count as number)
      const inFlight = db.all(
        `SELECT lane, count(*) FROM (SELECT n, lane FROM intent WHERE conn = $1 AND sent_at IS NOT NULL AND ${WORKABLE}
           UNION SELECT n, lane FROM intent WHERE n IN (SELECT value FROM json_each($2))) GROUP BY lane`,
        conn,
        JSON.stringify(claims.numbers(conn)),
      )
      for (const [lane, count] of inFlight) {
        add(LANES[lane as number]!, -(count as number))
        add('in_flight', count as number)
      }
      return counts
    },
  }

  /** This one, or the one that a dead process left in flight in its way; null where that one stands behind a claim itself. */
  function firstOf(own: Claim, facetsOf: (action: string) => readonly string[]): Claim | null {
    const { n, conn, slot, facets } = own
    if (slot === null) return own
    const sent = db
      .all(
        `SELECT n, action FROM intent WHERE conn = $1 AND slot = $2 AND sent_at IS NOT NULL AND ${WORKABLE} ORDER BY n`,
        conn,
        slot,
      )
      .map(([other, what]): Claim => ({ n: other as number, conn, slot, facets: facetsOf(what as string) }))
      .filter((other) => !claims.has(other.n) && meet(other.facets, facets))
    if (sent.length === 0 || sent.some((other) => other.n === n)) return own
    return claims.meets(conn, slot, sent[0]!.facets) ? null : sent[0]!
  }
}
