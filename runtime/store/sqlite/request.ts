import { Failure } from '../../errors.ts'
import type { Intent } from '../../write-types.ts'
import { GIVES_ACCESS, LANE_RANKS } from '../intent-state.ts'
import { cleanText, jsonText } from '../text.ts'
import type { Database } from './database.ts'
import { appendEvent } from './intent-events.ts'
import { note } from './ledger.ts'
import { connNumber } from './syncs.ts'

/** Bytes of an intent's input, and of its bound and planned values, as JSON. */
const INPUT_MOST = 65_536

export type Requested = { readonly intent: string; readonly made: boolean; readonly cancelled: readonly string[] }

/** With the numbers that the queue needs. */
export type RequestedAll = {
  readonly requested: readonly Requested[]
  readonly made: readonly number[]
  readonly cancelled: readonly number[]
}

/** Inside a transaction, one after the other: a leaver cancels what stands before it in the same list too. */
export function requestAll(db: Database, intents: readonly Intent[]): RequestedAll {
  for (const intent of intents) mustBeSmall(intent)
  const conns = new Map<string, number>()
  const made: number[] = []
  const cancelled: number[] = []
  const requested = intents.map((intent) => {
    const conn = conns.get(intent.connection) ?? connNumber(db, intent.connection)
    conns.set(intent.connection, conn)
    const known = knownIntent(db, conn, intent)
    if (known === null) made.push(insert(db, conn, intent))
    const name = known ?? intent.intent
    const grants = intent.lane === 'leaver' ? cancelGrants(db, conn, intent, name) : []
    cancelled.push(...grants.map(({ n }) => n))
    return { intent: name, made: known === null, cancelled: grants.map((grant) => grant.intent) }
  })
  return { requested, made, cancelled }
}

function mustBeSmall(intent: Intent): void {
  for (const part of ['input', 'bound', 'planned'] as const) {
    const bytes = Buffer.byteLength(JSON.stringify(intent[part] ?? {}))
    if (bytes > INPUT_MOST)
      throw new Failure(
        'store/too-large',
        intent.intent,
        `${part} of ${intent.intent} has ${bytes} bytes; ${INPUT_MOST} are taken`,
      )
  }
}

function knownIntent(db: Database, conn: number, intent: Intent): string | null {
  const same = db.one(
    "SELECT intent FROM intent WHERE key = $1 AND (state <> 'done' OR outcome = 'pending') AND conn = $2",
    cleanText(intent.key),
    conn,
  )
  if (same !== undefined) return same[0] as string
  const named = db.one('SELECT key, conn FROM intent WHERE intent = $1', cleanText(intent.intent))
  if (named === undefined) return null
  // A caller that died before it heard the answer asks again, maybe after the change is over.
  if (named[0] === cleanText(intent.key) && named[1] === conn) return intent.intent
  throw new Failure('store/intent-exists', intent.intent, `${intent.intent} is another change already`)
}

function insert(db: Database, conn: number, intent: Intent): number {
  const { action, id, lane, plan, key, made_at } = intent
  const { by, why, from, person } = intent.provenance
  const n = db.one(
    `INSERT INTO intent (turn, intent, conn, action, id, person, slot, lane, key, plan, made_at, due_at, body, takes, state)
     SELECT coalesce(max(n), 0) + 1, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 'requested' FROM intent RETURNING n`,
    cleanText(intent.intent),
    conn,
    cleanText(action),
    id === null ? null : cleanText(id),
    person === null ? null : cleanText(person),
    slotOf(intent),
    LANE_RANKS[lane],
    cleanText(key),
    plan === null ? null : cleanText(plan),
    instant(made_at),
    intent.due_at === null ? null : instant(intent.due_at),
    jsonText(intent),
    intent.destructive ? 1 : 0,
  )![0] as number
  db.run('INSERT INTO intent_event (n, said) VALUES ($1, $2)', n, jsonText({ kind: 'requested', at: made_at }))
  const detail = { event: 'requested', connection: intent.connection, action, id, lane, key, plan, why, from, person }
  note(db, { at: made_at, what: 'requested', by, about: intent.intent, from, why, detail })
  return n
}

/** Two creates for one person would else search at the same time, and both find nothing. */
const slotOf = ({ id, provenance: { person } }: Intent): string | null =>
  id !== null ? cleanText(`id ${id}`) : person !== null ? cleanText(`person ${person}`) : null

/** One form for all, so that text order is time order. */
export function instant(text: string): string {
  const ms = Date.parse(text)
  return Number.isNaN(ms) ? cleanText(text) : new Date(ms).toISOString()
}

const ACCESS = GIVES_ACCESS.map((action) => `'${action}'`).join(', ')
/** One that nobody could look at is over only until somebody can. */
const WAITING_GRANT = `action IN (${ACCESS}) AND sent_at IS NULL AND (state <> 'done' OR outcome = 'unknown') AND lane <> ${LANE_RANKS.leaver}`

function cancelGrants(
  db: Database,
  conn: number,
  leaver: Intent,
  name: string,
): readonly { readonly n: number; readonly intent: string }[] {
  const { by, person } = leaver.provenance
  const ofPerson =
    person === null ? [] : db.all(`SELECT intent, 'person' FROM intent WHERE person = $1 AND ${WAITING_GRANT}`, cleanText(person))
  const ofId =
    leaver.id === null
      ? []
      : db.all(
          `SELECT intent, 'native id' FROM intent WHERE id = $2 AND +conn = $1 AND ${WAITING_GRANT}`,
          conn,
          cleanText(leaver.id),
        )
  const found = new Map([...ofPerson, ...ofId].map(([intent, same]) => [intent as string, same as string]))
  return [...found].map(([intent, same]) => {
    const because = `the leaver ${name} is for the same ${same}`
    const { n } = appendEvent(db, intent, { kind: 'cancelled', at: leaver.made_at, by, because }, { by, what: 'cancelled' })
    return { n, intent }
  })
}
