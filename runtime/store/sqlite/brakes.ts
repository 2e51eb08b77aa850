import { personName } from '../../person-name.ts'
import type { Approval, KillSwitch } from '../../write-types.ts'
import { cleanText } from '../text.ts'
import type { WriteStore } from '../write-port.ts'
import type { Cells, Database } from './database.ts'
import { note, OURSELVES } from './ledger.ts'

const APPROVAL = 'SELECT approval, hash, by, at, expires_at, used_at, override FROM approval WHERE hash = $1'

/** Where nobody says where from: a command on this machine. */
const HERE = 'cli'

/** Approvals and kill switches. */
export function openBrakes(
  db: Database,
): Pick<WriteStore, 'approve' | 'useApproval' | 'approvals' | 'stop' | 'go' | 'killSwitches'> {
  return {
    approve: async ({ hash, by, at, expires_at, override }, { from, why } = { from: HERE, why: 'read and approved' }) =>
      db.write(() => {
        db.run(
          'INSERT INTO approval (hash, by, at, expires_at, override) VALUES ($1, $2, $3, $4, $5)',
          cleanText(hash),
          cleanText(by),
          cleanText(at),
          cleanText(expires_at),
          override === null ? null : cleanText(override),
        )
        note(db, { at, what: 'plan approved', by, about: hash, from, why, detail: { expires_at, override } })
      }),
    useApproval: async (hash, not_by, at) =>
      db.write(() => {
        const now = Date.parse(at)
        const row = db.all(`${APPROVAL} AND used_at IS NULL ORDER BY approval`, cleanText(hash)).find((one) => {
          const { by, expires_at } = approvalFrom(one)
          return personName(by) !== '' && personName(by) !== personName(not_by) && Date.parse(expires_at) > now
        })
        if (row === undefined) return null
        db.run('UPDATE approval SET used_at = $2 WHERE approval = $1', row[0]!, cleanText(at))
        const used: Approval = { ...approvalFrom(row), used_at: at }
        note(db, {
          at,
          what: 'approval used',
          by: not_by,
          about: hash,
          from: OURSELVES,
          why: 'a brake was released by it',
          detail: { approved_by: used.by, override: used.override },
        })
        return used
      }),
    approvals: async (hash) => db.all(`${APPROVAL} ORDER BY approval`, cleanText(hash)).map(approvalFrom),
    stop: async ({ scope, by, why, at }, from = HERE) =>
      db.write(() => {
        db.run(
          'INSERT INTO kill_switch (scope, by, why, at) VALUES ($1, $2, $3, $4) ON CONFLICT (scope) DO NOTHING',
          cleanText(scope),
          cleanText(by),
          cleanText(why),
          cleanText(at),
        )
        note(db, { at, what: 'stopped', by, about: scope, from, why, detail: { why } })
      }),
    go: async (scope, by, at, why, from = HERE) =>
      db.write(() => {
        const gone = db.run('DELETE FROM kill_switch WHERE scope = $1', cleanText(scope))
        if (gone > 0) note(db, { at, what: 'stop lifted', by, about: scope, from, why, detail: { why } })
      }),
    killSwitches: async () =>
      db
        .all('SELECT scope, by, why, at FROM kill_switch ORDER BY scope')
        .map(([scope, by, why, at]) => ({ scope, by, why, at }) as unknown as KillSwitch),
  }
}

function approvalFrom([, hash, by, at, expires_at, used_at, override]: Cells): Approval {
  return {
    hash: hash as string,
    by: by as string,
    at: at as string,
    expires_at: expires_at as string,
    used_at: used_at as string | null,
    override: override as string | null,
  }
}
