import { Failure } from '../../errors.ts'
import type { Assertion } from '../../write-types.ts'
import { cleanText } from '../text.ts'
import type { WriteStore } from '../write-port.ts'
import type { Cells, Database } from './database.ts'
import { note, OURSELVES } from './ledger.ts'
import { connNumber, knownConn } from './syncs.ts'

const STANDING = 'lifted_by IS NULL AND breached_at IS NULL'

export const aboutRecord = (connection: string, stream: string, id: string): string => `${connection}/${stream}/${id}`

/** What verified leavers leave behind. */
export function openAssertions(db: Database): Pick<WriteStore, 'assert' | 'assertions' | 'breach' | 'lift'> {
  return {
    assert: async (assertions) =>
      db.write(() => {
        for (const { connection, stream, id, intent, claim, since } of assertions) {
          const made = db.run(
            `INSERT INTO assertion (conn, stream, id, intent, claim, since) VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (conn, stream, id, claim) WHERE ${STANDING} DO NOTHING`,
            connNumber(db, connection),
            cleanText(stream),
            cleanText(id),
            cleanText(intent),
            claim,
            cleanText(since),
          )
          const about = aboutRecord(connection, stream, id)
          if (made > 0)
            note(db, {
              at: since,
              what: 'asserted',
              by: OURSELVES,
              about,
              from: OURSELVES,
              why: `verified: ${intent}`,
              detail: { intent, claim },
            })
        }
      }),
    assertions: async (connection) => {
      const conn = knownConn(db, connection)
      return conn === null
        ? []
        : db
            .all(
              `SELECT assertion, stream, id, intent, claim, since, lifted_by, breached_at, suspect FROM assertion
               WHERE conn = $1 AND ${STANDING} ORDER BY assertion`,
              conn,
            )
            .map((row) => assertionFrom(connection, row))
    },
    breach: async (assertion, at, suspect) =>
      db.write(() => {
        const row = db.one(
          'SELECT c.name, a.stream, a.id, a.intent FROM assertion a JOIN conn c ON c.conn = a.conn WHERE a.assertion = $1',
          assertion,
        )
        if (row === undefined)
          throw new Failure('store/not-found', `assertion ${assertion}`, `there is no assertion ${assertion}`)
        const [connection, stream, id, intent] = row as [string, string, string, string]
        const breached = db.run(
          `UPDATE assertion SET breached_at = $2, suspect = $3 WHERE assertion = $1 AND ${STANDING}`,
          assertion,
          cleanText(at),
          cleanText(suspect),
        )
        const about = aboutRecord(connection, stream, id)
        if (breached > 0)
          note(db, {
            at,
            what: 'breached',
            by: OURSELVES,
            about,
            from: OURSELVES,
            why: `${intent} stood there`,
            detail: { intent, suspect },
          })
      }),
    lift: async (connection, stream, id, by, at) =>
      db.write(() => {
        const conn = knownConn(db, connection)
        if (conn === null) return 0
        const lifted = db.run(
          `UPDATE assertion SET lifted_by = $4 WHERE conn = $1 AND stream = $2 AND id = $3 AND ${STANDING}`,
          conn,
          cleanText(stream),
          cleanText(id),
          cleanText(by),
        )
        if (lifted > 0)
          note(db, {
            ...{
              at,
              what: 'lifted',
              by,
              about: aboutRecord(connection, stream, id),
              from: OURSELVES,
              why: 'an approved change lifts it',
            },
            detail: { count: lifted },
          })
        return lifted
      }),
  }
}

function assertionFrom(connection: string, row: Cells): Assertion {
  const [assertion, stream, id, intent, claim, since, lifted_by, breached_at, suspect] = row
  return { assertion, connection, stream, id, intent, claim, since, lifted_by, breached_at, suspect } as unknown as Assertion
}
