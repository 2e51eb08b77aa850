import { Failure } from '../../errors.ts'
import type { Intent, IntentEvent, IntentState, OutcomeIs } from '../../write-types.ts'
import { cleanText } from '../text.ts'
import type { IntentFilter, IntentRow, WriteStore } from '../write-port.ts'
import type { Cells, Database, Value } from './database.ts'
import { instant } from './request.ts'
import { knownConn } from './syncs.ts'

const ROW = 'SELECT i.n, i.body, i.state, i.outcome FROM intent i'

export const openIntents = (db: Database): Pick<WriteStore, 'intent' | 'intents' | 'taken'> => ({
  taken: async (intent, since, limit) => {
    const me = db.one(`SELECT n, conn, ${OBJECT} FROM intent i WHERE intent = $1`, cleanText(intent))
    if (me === undefined) throw new Failure('store/not-found', intent, `there is no intent ${intent}`)
    const [n, conn, object] = me
    const found = new Set<string>()
    // One after the other and each only as far as the limit: of a long line that waits a few are enough.
    const take = (where: string, value: Value): void => {
      const rows = db.all(
        `SELECT DISTINCT ${OBJECT} FROM intent i WHERE conn = $1 AND takes = 1 AND approved = 0 AND ${where} AND ${OBJECT} <> $3 LIMIT $4`,
        conn!,
        value,
        object!,
        limit,
      )
      for (const [one] of rows) if (found.size < limit) found.add(one as string)
    }
    take("sent_at IS NOT NULL AND sent_at >= $2 AND outcome IS NOT 'rejected'", instant(since))
    if (found.size < limit) take("sent_at IS NULL AND state NOT IN ('held', 'done') AND n < $2", n!)
    return [...found]
  },
  intent: async (id) => {
    const row = db.one(`${ROW} WHERE i.intent = $1`, cleanText(id))
    return row === undefined ? null : rowFrom(db, row)
  },
  intents: async (filter) => {
    const { text, values } = whereOf(db, filter)
    return db
      .all(`${ROW} JOIN conn c ON c.conn = i.conn WHERE ${text} ORDER BY i.n DESC LIMIT $1`, ...values)
      .map((row) => rowFrom(db, row))
  },
})

/** A create has no id yet: each is an object of its own. */
const OBJECT = "coalesce(i.id, 'new ' || i.intent)"

export function intentByNumber(db: Database, n: number): IntentRow {
  return rowFrom(db, db.one(`${ROW} WHERE i.n = $1`, n)!)
}

function rowFrom(db: Database, [n, body, state, outcome]: Cells): IntentRow {
  return {
    intent: JSON.parse(body as string) as Intent,
    events: db
      .all('SELECT said FROM intent_event WHERE n = $1 ORDER BY event', n as number)
      .map(([said]) => JSON.parse(said as string) as IntentEvent),
    state: state as IntentState,
    outcome: outcome as OutcomeIs | null,
  }
}

/**
 * Only the asked-for conditions are in the statement: with all of them (`$1 IS NULL OR …`) no index would be used. `+conn` keeps SQLite
 * from the index of connections where another condition selects more.
 */
function whereOf(db: Database, filter: IntentFilter): { readonly text: string; readonly values: readonly Value[] } {
  const values: Value[] = [filter.limit]
  const terms: string[] = []
  const value = (given: Value): string => `$${values.push(given)}`
  const among = (column: string, given: readonly string[]): string =>
    `${column} IN (SELECT value FROM json_each(${value(JSON.stringify(given))}))`
  if (filter.person !== undefined) terms.push(`i.person = ${value(cleanText(filter.person))}`)
  if (filter.id !== undefined) terms.push(`i.id = ${value(cleanText(filter.id))}`)
  if (filter.plan !== undefined) terms.push(`i.plan = ${value(cleanText(filter.plan))}`)
  if (filter.states !== undefined) terms.push(among('i.state', filter.states))
  if (filter.states?.includes('done') === false) terms.push("i.state <> 'done'")
  if (filter.outcomes !== undefined) terms.push(among('i.outcome', filter.outcomes), 'i.outcome IS NOT NULL')
  if (filter.overdue_at !== undefined) terms.push(`${OPEN_AND_DUE} AND i.due_at < ${value(instant(filter.overdue_at))}`)
  const conn = terms.length === 0 ? 'i.conn' : '+i.conn'
  if (filter.connection === undefined) terms.push('+i.conn IN (SELECT conn FROM conn WHERE live = 1)')
  else terms.push(`${conn} = ${value(knownConn(db, filter.connection) ?? 0)}`)
  if (filter.after !== undefined) terms.push(`i.n < ${value(numberOf(db, filter.after))}`)
  return { text: terms.join(' AND '), values }
}

/** As in the index `intent_due`. */
export const OPEN_AND_DUE = "i.due_at IS NOT NULL AND (i.state <> 'done' OR i.outcome IN ('unknown', 'pending'))"

function numberOf(db: Database, intent: string): number {
  const row = db.one('SELECT n FROM intent WHERE intent = $1', cleanText(intent))
  if (row === undefined) throw new Failure('store/not-found', intent, `there is no intent ${intent}`)
  return row[0] as number
}
