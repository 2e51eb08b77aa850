import { Failure } from '../../errors.ts'
import type { JsonObject } from '../../types.ts'
import type { IntentEvent, IntentState, OutcomeIs } from '../../write-types.ts'
import { type Folded, refusalOf, stateAfter } from '../intent-state.ts'
import { cleanText, jsonText } from '../text.ts'
import type { EventAct } from '../write-port.ts'
import type { Database } from './database.ts'
import { note } from './ledger.ts'

/** Appends one event, folds it into the intent's row and writes its audit entry; inside a transaction. Answers what it was and what it folds to. */
export function appendEvent(
  db: Database,
  intent: string,
  event: IntentEvent,
  audit: EventAct,
): { readonly n: number; readonly before: Folded; readonly after: Folded } {
  const row = db.one(
    `SELECT i.n, i.state, i.outcome, i.sent_at, c.name, i.action, i.id,
       i.body ->> '$.provenance.by', i.body ->> '$.provenance.from', i.body ->> '$.provenance.why'
     FROM intent i JOIN conn c ON c.conn = i.conn WHERE i.intent = $1`,
    cleanText(intent),
  )
  if (row === undefined) throw new Failure('store/not-found', intent, `there is no intent ${intent}`)
  const n = row[0] as number
  const before: Folded = { state: row[1] as IntentState, outcome: row[2] as OutcomeIs | null, sent_at: row[3] as string | null }
  const refusal = refusalOf(before, event)
  if (refusal === 'sent')
    throw new Failure('store/sent', intent, `a request of ${intent} left at ${before.sent_at}; it can not be cancelled any more`)
  if (refusal === 'ended')
    throw new Failure('store/ended', intent, `${intent} is over (${before.outcome}) and takes no ${event.kind} any more`)
  // In the same transaction: a stop that stands before this commit is never overtaken.
  if (event.kind === 'sending') mustNotBeStopped(db, intent, row[4] as string)
  const after = stateAfter(before, event)
  db.run('INSERT INTO intent_event (n, said) VALUES ($1, $2)', n, jsonText(event))
  db.run(
    `UPDATE intent SET state = $2, outcome = $3, sent_at = $4, outcome_at = coalesce($5, outcome_at), verify_ms = coalesce(verify_ms, $6),
       approved = max(approved, $7) WHERE n = $1`,
    n,
    after.state,
    after.outcome,
    after.sent_at === null ? null : cleanText(after.sent_at),
    event.kind === 'outcome' || event.kind === 'cancelled' ? cleanText(event.at) : null,
    verifyTime(after, event),
    event.kind === 'approved' ? 1 : 0,
  )
  const detail = { connection: row[4] as string, action: row[5] as string, id: row[6] as string | null, ...told(event) }
  // Whoever asked for the change stands behind all that is done for it, also where somebody else approves or withdraws it.
  const [by, from, why] = row.slice(7) as (string | null)[]
  const on_behalf_of = by === audit.by ? null : (by ?? null)
  note(db, {
    at: event.at,
    what: audit.what,
    by: audit.by,
    about: intent,
    from: audit.from ?? from ?? null,
    on_behalf_of,
    why: audit.why ?? why ?? null,
    detail,
  })
  return { n, before, after }
}

function mustNotBeStopped(db: Database, intent: string, connection: string): void {
  const stop = db.one("SELECT why, by FROM kill_switch WHERE scope IN ('*', $1)", connection)
  if (stop === undefined) return
  throw new Failure('store/stopped', intent, `${stop[1]} has stopped ${connection} (${stop[0]}); nothing of ${intent} was sent`)
}

/** From the first request to the first `verified`, in ms; null where nothing was sent or the times are none. */
function verifyTime(after: Folded, event: IntentEvent): number | null {
  if (event.kind !== 'outcome' || event.outcome.is !== 'verified' || after.sent_at === null) return null
  const ms = Date.parse(event.at) - Date.parse(after.sent_at)
  return Number.isFinite(ms) && ms >= 0 ? ms : null
}

/** What the audit says of an event: no record and no input of it. */
function told(event: IntentEvent): JsonObject {
  const { kind } = event
  switch (kind) {
    case 'requested':
      return { event: kind }
    case 'held':
      return { event: kind, brake: event.brake, because: event.because }
    case 'approved':
      return { event: kind, approved_by: event.by, hash: event.hash }
    case 'looked':
      return { event: kind, there: event.record !== null, already: event.already, found: event.found }
    case 'sending':
      return { event: kind, step: event.step, attempt: event.attempt }
    case 'answered':
      return {
        event: kind,
        step: event.step,
        result: event.result,
        status: event.status,
        code: event.code,
        because: event.because,
      }
    case 'look': {
      const { facet, phase, where, shows, control, because, digest } = event.look
      return { event: kind, facet, phase, where, shows, control, because, digest }
    }
    case 'beside':
      return { event: kind, where: event.where, there: event.record !== null, because: event.because, digest: event.digest }
    case 'outcome': {
      const { is, because, changed, id, facets } = event.outcome
      return {
        event: kind,
        is,
        because,
        changed,
        made: id,
        facets: facets.map((facet) => ({ facet: facet.facet, is: facet.is })),
      }
    }
    case 'cancelled':
      return { event: kind, because: event.because }
  }
}
