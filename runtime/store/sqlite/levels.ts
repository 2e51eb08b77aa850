import { Failure } from '../../errors.ts'
import { type Alert, CONTROLS, type Control, type Exception, type GateState, SEVERITIES, type Span } from '../../levels-types.ts'
import type { LateChanges, LevelsStore } from '../levels-port.ts'
import { cleanText, jsonText } from '../text.ts'
import type { Cells, Database } from './database.ts'
import { instant } from './request.ts'
import { knownConn } from './syncs.ts'
import { tell } from './webhook-queue.ts'

export function openLevels(db: Database): LevelsStore {
  const one = (exception: string): Exception | null => {
    const row = db.one('SELECT body FROM exception WHERE exception = $1', cleanText(exception))
    return row === undefined ? null : bodyFrom<Exception>(row)
  }
  return {
    gateStates: async () => db.all('SELECT body FROM gate_state ORDER BY connection').map(bodyFrom<GateState>),
    exceptions: async ({ connection, states, after, limit }) =>
      db
        .all(
          `SELECT body FROM exception WHERE ($1 IS NULL OR connection = $1) AND ($2 IS NULL OR state IN (SELECT value FROM json_each($2)))
             AND ($3 IS NULL OR exception < $3) ORDER BY exception DESC LIMIT $4`,
          connection === undefined ? null : cleanText(connection),
          states === undefined ? null : JSON.stringify(states),
          after ?? null,
          limit,
        )
        .map(bodyFrom<Exception>),
    exception: async (exception) => one(exception),
    lastClosedByHand: async (connection, control) =>
      db
        .all(
          "SELECT body FROM exception WHERE connection = $1 AND control = $2 AND state = 'closed' ORDER BY exception DESC LIMIT 100",
          cleanText(connection),
          control,
        )
        .map(bodyFrom<Exception>)
        .find(({ closed }) => closed?.by != null) ?? null,
    spans: async (connection, since) =>
      db
        .all(
          'SELECT control, began, ended, bad FROM level_span WHERE connection = $1 AND ended > $2 ORDER BY began',
          cleanText(connection),
          since,
        )
        .map(([control, from, until, bad]) => ({ control, from, until, bad: bad === 1 }) as Span),
    watched: (rounds) =>
      db.join(() => {
        for (const { connection, bad, at, gap_ms } of rounds) watch(db, cleanText(connection), bad, at, gap_ms)
      }, 'process'),
    alerts: async () => db.all('SELECT body FROM alert ORDER BY connection, control').map(bodyFrom<Alert>),
    lateChanges: async (connection, o) => lateChanges(db, connection, o),
    settleRound: ({ connection, gate, exceptions, alerts, told }) =>
      db.join(() => {
        const name = cleanText(connection)
        if (gate === null) db.run('DELETE FROM gate_state WHERE connection = $1', name)
        else if (gate !== undefined)
          db.run(
            'INSERT INTO gate_state (connection, body) VALUES ($1, $2) ON CONFLICT (connection) DO UPDATE SET body = excluded.body',
            name,
            jsonText(gate),
          )
        const over = new Set(exceptions.filter((row) => !put(db, row)).map(({ exception }) => exception))
        for (const alert of alerts.set)
          db.run(
            'INSERT INTO alert (connection, control, body) VALUES ($1, $2, $3) ON CONFLICT (connection, control) DO UPDATE SET body = excluded.body',
            ...[name, alert.control, jsonText(alert)],
          )
        for (const control of alerts.cleared) db.run('DELETE FROM alert WHERE connection = $1 AND control = $2', name, control)
        const heard = told.filter(({ entry }) => !over.has(String(entry.detail['exception'] ?? ''))).map((one) => tell(db, one))
        return heard.includes(true)
      }),
    actOnException: (exception, change, told, act) =>
      db.join(() => {
        const before = one(exception)
        if (before === null) throw new Failure('store/not-found', exception, `there is no exception ${exception}`)
        if (before.state === 'closed') throw new Failure('levels/over', exception, `exception ${exception} is closed`)
        const after = change(before)
        put(db, after)
        tell(db, told(after, act))
        return after
      }),
  }
}

const bodyFrom = <T>([body]: Cells): T => JSON.parse(body as string) as T

/** False: it was closed meanwhile. Who acknowledged it stays, whatever was known of it when the look began; not where it is worse now. */
function put(db: Database, row: Exception): boolean {
  const known = db.one('SELECT body FROM exception WHERE exception = $1', row.exception)
  const before = known === undefined ? null : bodyFrom<Exception>(known)
  if (before?.state === 'closed') return false
  const worse = before !== null && SEVERITIES.indexOf(row.severity) < SEVERITIES.indexOf(before.severity)
  const acknowledged = row.acknowledged ?? (worse ? null : (before?.acknowledged ?? null))
  const state = row.state === 'open' && acknowledged !== null ? 'acknowledged' : row.state
  db.run(
    `INSERT INTO exception (exception, connection, control, stream, state, body) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (exception) DO UPDATE SET state = excluded.state, body = excluded.body`,
    ...[row.exception, cleanText(row.connection), row.control, cleanText(row.stream), state],
    jsonText({ ...row, state, acknowledged }),
  )
  return true
}

const KEPT_SPANS_MS = 35 * 86_400_000

function watch(db: Database, connection: string, bad: readonly Control[], at: number, gap_ms: number): void {
  for (const control of CONTROLS) {
    const is = bad.includes(control) ? 1 : 0
    const last = db.one(
      'SELECT began, ended, bad FROM level_span WHERE connection = $1 AND control = $2 ORDER BY began DESC LIMIT 1',
      connection,
      control,
    )
    const near = last !== undefined && at >= (last[1] as number) && at - (last[1] as number) <= gap_ms
    // What lay between two looks was as the earlier one saw it.
    if (near)
      db.run(
        'UPDATE level_span SET ended = $4 WHERE connection = $1 AND control = $2 AND began = $3',
        ...[connection, control, last[0] as number, at],
      )
    if (near && last[2] === is) continue
    db.run(
      'INSERT INTO level_span (connection, control, began, ended, bad) VALUES ($1, $2, $3, $3, $4) ON CONFLICT DO UPDATE SET bad = excluded.bad',
      ...[connection, control, at, is],
    )
    db.run(
      'DELETE FROM level_span WHERE connection = $1 AND control = $2 AND ended < $3',
      ...[connection, control, at - KEPT_SPANS_MS],
    )
  }
}

/** What was sent and is neither verified nor over in a way that leaves nothing open; the same, asked again and verified, settles it. */
const OPEN = `(i.state <> 'done' OR i.outcome IN ('unknown', 'refuted', 'partial'))
  AND NOT EXISTS (SELECT 1 FROM intent j WHERE j.id = i.id AND j.conn = i.conn AND j.n > i.n AND j.action = i.action AND j.outcome = 'verified')`

function lateChanges(
  db: Database,
  connection: string,
  {
    sent_before,
    window_from,
    level_ms,
  }: { readonly sent_before: string; readonly window_from: string; readonly level_ms: number },
): LateChanges {
  const conn = knownConn(db, connection) ?? 0
  const late = `FROM intent i WHERE i.conn = $1 AND i.sent_at IS NOT NULL AND i.sent_at < $2 AND i.verify_ms IS NULL AND ${OPEN}`
  const [count, taking] = db.one(`SELECT count(*), coalesce(sum(takes), 0) ${late}`, conn, instant(sent_before)) as Cells
  const oldest = db.one(`SELECT intent, action, sent_at ${late} ORDER BY sent_at LIMIT 1`, conn, instant(sent_before))
  const within = 'FROM intent WHERE conn = $1 AND verify_ms IS NOT NULL AND outcome_at >= $2'
  const verified = db.one(`SELECT count(*) ${within}`, conn, instant(window_from))?.[0] as number
  const slow = db.one(`SELECT count(*) ${within} AND verify_ms > $3`, conn, instant(window_from), level_ms)?.[0] as number
  const place = Math.max(0, Math.ceil(0.95 * verified) - 1)
  const p95 = db.one(`SELECT verify_ms ${within} ORDER BY verify_ms LIMIT 1 OFFSET $3`, conn, instant(window_from), place)
  const debt = db.one("SELECT intent FROM intent WHERE conn = $1 AND outcome = 'unverifiable' ORDER BY n DESC LIMIT 1", conn)
  return {
    late: count as number,
    taking: taking as number,
    oldest: oldest === undefined ? null : ({ intent: oldest[0], action: oldest[1], sent_at: oldest[2] } as LateChanges['oldest']),
    verified,
    verified_late: slow,
    p95_ms: (p95?.[0] as number | undefined) ?? null,
    newest_unverifiable: (debt?.[0] as string | undefined) ?? null,
  }
}
