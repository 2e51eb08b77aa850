import { inChunks, type NumberSet } from '../number-set.ts'
import type { Database } from './database.ts'

export type Group = { readonly value: string; readonly count: number; readonly low: string; readonly high: string }

/** Groups that come out at once; between two lots the loop is free. */
const LOT = 1000

/** Working tables of questions, gone with the process. On disk, so that a million groups need no memory. */
export const WORK_TABLES = `
  CREATE TEMP TABLE ask_run (ask INTEGER NOT NULL, start INTEGER NOT NULL, length INTEGER NOT NULL, PRIMARY KEY (ask, start)) WITHOUT ROWID;
  CREATE TEMP TABLE ask_group (ask INTEGER NOT NULL, value TEXT NOT NULL, count INTEGER NOT NULL, low TEXT NOT NULL, high TEXT NOT NULL,
    PRIMARY KEY (ask, value)) WITHOUT ROWID;
  CREATE TEMP TABLE pass_unknown (pass INTEGER NOT NULL, id TEXT NOT NULL, PRIMARY KEY (pass, id)) WITHOUT ROWID;`

/** A number no other question of this process has. */
export type NextAsk = () => number

/** Records of the set by a value, values ascending, in lots. `by` is SQL over `v`; records where it is null are left out. */
export async function* groups(
  db: Database,
  nextAsk: NextAsk,
  members: NumberSet,
  by: { readonly sql: string; readonly argument: string | null; readonly least: number },
): AsyncGenerator<readonly Group[]> {
  const ask = nextAsk()
  for (const chunk of inChunks(members.runs(), Number.POSITIVE_INFINITY))
    db.run('INSERT INTO ask_run SELECT $1, value ->> 0, value ->> 1 FROM json_each($2)', ask, JSON.stringify(chunk))
  try {
    // ->> keeps numbers numbers: 7 and "7" are one value here.
    db.run(
      `INSERT INTO ask_group SELECT $1, CAST(${by.sql} AS TEXT) AS value, count(*), min(v.id), max(v.id)
       FROM ask_run r CROSS JOIN version v ON v.n >= r.start AND v.n < r.start + r.length
       WHERE r.ask = $1 AND ${by.sql} IS NOT NULL GROUP BY 2 HAVING count(*) >= $3 AND $2 IS $2`,
      ask,
      by.argument,
      by.least,
    )
    let after: string | null = null
    for (;;) {
      const rows = db.all(
        'SELECT value, count, low, high FROM ask_group WHERE ask = $1 AND ($2 IS NULL OR value > $2) ORDER BY value LIMIT $3',
        ask,
        after,
        LOT,
      )
      if (rows.length === 0) return
      const lot = rows.map(([value, count, low, high]) => ({
        value: value as string,
        count: count as number,
        low: low as string,
        high: high as string,
      }))
      yield lot
      after = lot.at(-1)!.value
    }
  } finally {
    db.run('DELETE FROM ask_run WHERE ask = $1', ask)
    db.run('DELETE FROM ask_group WHERE ask = $1', ask)
  }
}
