import { LANES } from '../../types.ts'
import { meet } from '../intent-state.ts'
import { cleanText } from '../text.ts'
import type { WriteStore } from '../write-port.ts'
import type { Database } from './database.ts'
import { intentByNumber } from './intents.ts'
import { knownConn } from './syncs.ts'

type Claim = { readonly n: number; readonly conn: number; readonly slot: string | null; readonly facets: readonly string[] }

/** What this process works on. In memory: one process owns the folder, and one that died works on nothing. */
export type Claims = {
  readonly has: (n: number) => boolean
  readonly add: (claim: Claim) => void
  readonly drop: (n: number) => void
  readonly numbers: (conn: number) => readonly number[]
  /** Has this object a claimed change that meets these facets? */
  readonly meets: (conn: number, slot: string | null, facets: readonly string[]) => boolean
}

export function openClaims(): Claims {
  const claims = new Map<number, Claim>()
  const bySlot = new Map<string, Set<Claim>>()
  const place = (conn: number, slot: string): string => `${conn} ${slot}`
  return {
    has: (n) => claims.has(n),
    add: (claim) => {
      claims.set(claim.n, claim)
      if (claim.slot === null) return
      const key = place(claim.conn, claim.slot)
      const held = bySlot.get(key)
      if (held === undefined) bySlot.set(key, new Set([claim]))
      else held.add(claim)
    },
    drop: (n) => {
      const claim = claims.get(n)
      claims.delete(n)
      if (claim === undefined || claim.slot === null) return
      const held = bySlot.get(place(claim.conn, claim.slot))!
      held.delete(claim)
      if (held.size === 0) bySlot.delete(place(claim.conn, claim.slot))
    },
    numbers: (conn) => [...claims.values()].filter((claim) => claim.conn === conn).map(({ n }) => n),
    meets: (conn, slot, facets) =>
      slot !== null && [...(bySlot.get(place(conn, slot)) ?? [])].some((claim) => meet(claim.facets, facets)),
  }
}

/** As in the indexes `intent_next` and `intent_sent`. */
const WORKABLE = "state NOT IN ('held', 'done')"
/** Rows that the first look at the queue takes; more only where the head of it is claimed or stands behind one in flight. */
const FIRST_LOT = 8
const LOT_MOST = 1024

export function openQueue(db: Database, claims: Claims): Pick<WriteStore, 'next' | 'release' | 'waiting'> {
  return {
    next: async (connection, facetsOf) => {
      const conn = knownConn(db, connection)
      if (conn === null) return null
      if (db.one("SELECT 1 FROM kill_switch WHERE scope IN ('*', $1)", cleanText(connection)) !== undefined) return null
      for (const row of inOrder(db, conn)) {
        const found = claimable(db, claims, conn, row, facetsOf)
        if (found === null) continue
        claims.add(found)
        return intentByNumber(db, found.n)
      }
      return null
    },
    release: async (intent) => {
      const row = db.one('SELECT n FROM intent WHERE intent = $1', cleanText(intent))
      if (row !== undefined) claims.drop(row[0] as number)
    },
    waiting: async (connection) => {
      const counts: { [lane: string]: number } = { ...Object.fromEntries(LANES.map((lane) => [lane, 0])), held: 0, in_flight: 0 }
      const conn = knownConn(db, connection)
      if (conn === null) return counts
      counts['held'] = db.one("SELECT count(*) FROM intent WHERE conn = $1 AND state = 'held'", conn)![0] as number
      const rows = db.all(
        `SELECT lane, sent_at IS NOT NULL OR n IN (SELECT value FROM json_each($2)), count(*) FROM intent
         WHERE conn = $1 AND ${WORKABLE} GROUP BY 1, 2`,
        conn,
        JSON.stringify(claims.numbers(conn)),
      )
      for (const [lane, inFlight, count] of rows) {
        const name = inFlight === 1 ? 'in_flight' : LANES[lane as number]!
        counts[name] = counts[name]! + (count as number)
      }
      return counts
    },
  }
}

type Waiting = { readonly n: number; readonly slot: string | null; readonly action: string }

function* inOrder(db: Database, conn: number): Generator<Waiting> {
  let [lane, made, turn] = [-1, '', 0]
  for (let lot = FIRST_LOT; ; lot = Math.min(lot * 4, LOT_MOST)) {
    const rows = db.all(
      `SELECT lane, made_at, turn, slot, action FROM intent
       WHERE conn = $1 AND ${WORKABLE} AND (lane, made_at, turn) > ($2, $3, $4) ORDER BY lane, made_at, turn LIMIT $5`,
      conn,
      lane,
      made,
      turn,
      lot,
    )
    for (const row of rows) {
      ;[lane, made, turn] = row as [number, string, number]
      yield { n: turn, slot: row[3] as string | null, action: row[4] as string }
    }
    if (rows.length < lot) return
  }
}

/** This one, or the one that a dead process left in flight in its way; null where neither may be worked on now. */
function claimable(
  db: Database,
  claims: Claims,
  conn: number,
  { n, slot, action }: Waiting,
  facetsOf: (action: string) => readonly string[],
): Claim | null {
  if (claims.has(n)) return null
  const facets = facetsOf(action)
  if (claims.meets(conn, slot, facets)) return null
  const own: Claim = { n, conn, slot, facets }
  if (slot === null) return own
  const sent = db
    .all(
      `SELECT n, action FROM intent WHERE conn = $1 AND slot = $2 AND sent_at IS NOT NULL AND ${WORKABLE} ORDER BY n`,
      conn,
      slot,
    )
    .map(([other, what]) => ({ n: other as number, conn, slot, facets: facetsOf(what as string) }))
    .filter((other) => !claims.has(other.n) && meet(other.facets, facets))
  if (sent.length === 0 || sent.some((other) => other.n === n)) return own
  const first = sent[0]!
  return claims.meets(conn, slot, first.facets) ? null : first
}
