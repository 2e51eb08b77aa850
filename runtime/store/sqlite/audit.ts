import type { JsonObject } from '../../types.ts'
import type { AuditEntry } from '../../write-types.ts'
import { cleanText, jsonText } from '../text.ts'
import type { WriteStore } from '../write-port.ts'
import type { Database } from './database.ts'

/** Who acts where nobody asked: a breach that a sync met. */
export const OURSELVES = 'rollcall'

/** Inside the transaction of what it speaks of. Numbers have no hole: a number that was rolled back is given again. */
export function note(db: Database, entry: Omit<AuditEntry, 'seq'>): void {
  db.run(
    'INSERT INTO audit (at, what, by, about, detail) VALUES ($1, $2, $3, $4, $5)',
    cleanText(entry.at),
    cleanText(entry.what),
    cleanText(entry.by),
    cleanText(entry.about),
    jsonText(entry.detail),
  )
}

export const openAudit = (db: Database): Pick<WriteStore, 'audit'> => ({
  audit: async ({ after, limit, about }) => {
    const rows =
      about === undefined
        ? db.all('SELECT seq, at, what, by, about, detail FROM audit WHERE seq > $1 ORDER BY seq LIMIT $2', after, limit)
        : db.all(
            'SELECT seq, at, what, by, about, detail FROM audit WHERE about = $3 AND seq > $1 ORDER BY seq LIMIT $2',
            after,
            limit,
            cleanText(about),
          )
    return rows.map(([seq, at, what, by, aboutIt, detail]) => ({
      seq: seq as number,
      at: at as string,
      what: what as string,
      by: by as string,
      about: aboutIt as string,
      detail: JSON.parse(detail as string) as JsonObject,
    }))
  },
})
