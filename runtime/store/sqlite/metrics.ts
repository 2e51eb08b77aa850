import { OUTCOMES, type OutcomeIs } from '../../write-types.ts'
import type { WriteMetrics, WriteStore } from '../write-port.ts'
import type { Database } from './database.ts'
import { OPEN_AND_DUE } from './intents.ts'
import { instant } from './request.ts'
import { knownConn } from './syncs.ts'

export const openMetrics = (db: Database): Pick<WriteStore, 'metrics'> => ({
  metrics: async (connection, now) => {
    // No connection has the number 0: all of it is nothing then.
    const conn = knownConn(db, connection) ?? 0
    const outcomes = outcomesOf(db, conn)
    const { verified, partial, refuted, reverted } = outcomes
    return {
      connection,
      outcomes,
      time_to_verified: timeToVerified(db, conn),
      refuted_rate: rate(refuted, verified + partial + refuted + reverted),
      reverted_rate: rate(reverted, verified + reverted),
      unverifiable_debt: debt(db, conn, now),
      unknown: outcomes.unknown,
      unfinished: db.one("SELECT count(*) FROM intent WHERE state <> 'done' AND +conn = $1", conn)![0] as number,
      overdue: db.one(
        `SELECT count(*) FROM intent i WHERE +i.conn = $1 AND ${OPEN_AND_DUE} AND i.due_at < $2`,
        conn,
        instant(now),
      )![0] as number,
    }
  },
})

const rate = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole)

function outcomesOf(db: Database, conn: number): WriteMetrics['outcomes'] {
  const count = (is: OutcomeIs): number =>
    db.one('SELECT count(*) FROM intent WHERE outcome = $2 AND conn = $1', conn, is)![0] as number
  return Object.fromEntries(OUTCOMES.map((is) => [is, count(is)])) as { [is in OutcomeIs]: number }
}

/** Nearest rank: the least time that at least this share of them stayed within. */
function timeToVerified(db: Database, conn: number): WriteMetrics['time_to_verified'] {
  const of = 'FROM intent WHERE conn = $1 AND verify_ms IS NOT NULL'
  const count = db.one(`SELECT count(*) ${of}`, conn)![0] as number
  const at = (share: number): number | null =>
    (db.one(
      `SELECT verify_ms ${of} ORDER BY verify_ms LIMIT 1 OFFSET $2`,
      conn,
      Math.max(0, Math.ceil(share * count) - 1),
    )?.[0] as number | undefined) ?? null
  return { count, p50_ms: at(0.5), p95_ms: at(0.95) }
}

function debt(db: Database, conn: number, now: string): WriteMetrics['unverifiable_debt'] {
  const [count, oldest_at, age] = db.one(
    `SELECT count(*), min(outcome_at), coalesce(sum(max(0, unixepoch($2, 'subsec') - unixepoch(outcome_at, 'subsec'))), 0)
     FROM intent WHERE conn = $1 AND outcome = 'unverifiable'`,
    conn,
    now,
  )!
  return { count: count as number, oldest_at: oldest_at as string | null, age_ms: Math.round((age as number) * 1000) }
}
