import { createSecretKey, hash, type KeyObject, randomBytes } from 'node:crypto'
import { Failure } from '../../errors.ts'
import { entryText, type LedgerEntry, type NewEntry, pseudonym, subject } from '../../ledger/entry.ts'
import { appended, consistencyProof, inclusionProof, leafHash, type Nodes, root } from '../../ledger/tree.ts'
import type { LedgerFilter, LedgerStore } from '../ledger-port.ts'
import { cleanText } from '../text.ts'
import type { Database, Value } from './database.ts'

/** Who acts where nobody asked: a verdict, a breach that a sync met. */
export const OURSELVES = 'rollcall'

/** Inside the transaction of what it speaks of. Numbers have no hole: a number that was rolled back is given again. */
export function note(db: Database, entry: NewEntry): number {
  const seq = sizeOf(db) + 1
  const key = keyOf(db)
  const text = entryText(key, seq, entry)
  const [at, what, by, about] = [entry.at, entry.what, entry.by, subject(key, entry.about)].map(cleanText) as [
    string,
    string,
    string,
    string,
  ]
  db.run('INSERT INTO audit (seq, at, what, by, about, entry) VALUES ($1, $2, $3, $4, $5, $6)', seq, at, what, by, about, text)
  for (const term of new Set(text.match(/p:[0-9a-f]{32}/g) ?? []))
    db.run('INSERT INTO audit_term (term, seq) VALUES ($1, $2)', term, seq)
  for (const node of appended(nodesOf(db), seq - 1, leafHash(Buffer.from(text))))
    db.run('INSERT INTO ledger_node (level, place, hash) VALUES ($1, $2, $3)', node.level, node.index, node.hash)
  return seq
}

const sizeOf = (db: Database): number => Number(db.one('SELECT coalesce(max(seq), 0) FROM audit')![0])

function nodesOf(db: Database): Nodes {
  return (level, index) => {
    const row = db.one('SELECT hash FROM ledger_node WHERE level = $1 AND place = $2', level, index)
    if (row === undefined) throw new Failure('ledger/broken', 'ledger', `the hash of subtree ${level}/${index} is missing`)
    return Buffer.from(row[0] as Uint8Array)
  }
}

// A key made of bytes for every HMAC costs ten times the HMAC.
const keys = new WeakMap<Database, KeyObject>()

/** The key of this ledger's pseudonyms, made with the first entry; null: there is none yet. */
function knownKey(db: Database): KeyObject | null {
  const known = keys.get(db)
  if (known !== undefined) return known
  const row = db.one('SELECT key FROM ledger_key')
  if (row === undefined) return null
  const key = createSecretKey(row[0] as Uint8Array)
  keys.set(db, key)
  return key
}

function keyOf(db: Database): KeyObject {
  const known = knownKey(db)
  if (known !== null) return known
  // Not remembered: it may be rolled back.
  const key = createSecretKey(randomBytes(32))
  db.run('INSERT INTO ledger_key (one, key) VALUES (1, $1)', key.export())
  return key
}

export function openLedger(db: Database): LedgerStore {
  const sized = (size: number): number => {
    const there = sizeOf(db)
    if (!Number.isInteger(size) || size < 0 || size > there)
      throw new Failure('ledger/size', 'ledger', `the ledger has ${there} entries, not ${size}`)
    return size
  }
  return {
    enter: (entry) => db.join(() => note(db, entry)),
    audit: async (filter) => {
      const key = knownKey(db)
      if (key === null) return []
      const { sql, values } = whereOf(key, filter, isNarrow(db, filter))
      return db.all(sql, ...values).map(([text]) => JSON.parse(text as string) as LedgerEntry)
    },
    ledgerTexts: async (after, limit) =>
      db.all('SELECT entry FROM audit WHERE seq > $1 ORDER BY seq LIMIT $2', after, limit).map(([text]) => text as string),
    ledgerSize: async () => sizeOf(db),
    ledgerRoot: async (size) => root(nodesOf(db), sized(size)),
    inclusion: async (seq, size) => {
      if (!Number.isInteger(seq) || seq < 1 || seq > sized(size))
        throw new Failure('ledger/size', 'ledger', `entry ${seq} is not among the first ${size}`)
      return inclusionProof(nodesOf(db), seq - 1, size)
    },
    consistency: async (older, newer) => {
      if (!Number.isInteger(older) || older < 1 || older > sized(newer))
        throw new Failure('ledger/size', 'ledger', `size ${older} is not before ${newer}`)
      return consistencyProof(nodesOf(db), older, newer)
    },
    keepCheckpoint: async (size, text) =>
      db.write(() => {
        db.run('INSERT INTO checkpoint (size, note) VALUES ($1, $2) ON CONFLICT DO NOTHING', sized(size), cleanText(text))
      }),
    checkpoints: async ({ after, limit }) =>
      db
        .all('SELECT size, note FROM checkpoint WHERE size > $1 ORDER BY size, checkpoint LIMIT $2', after, limit)
        .map(([size, text]) => ({ size: size as number, note: text as string })),
    checkLedger: async () => await broken(db),
  }
}

/**
 * One index does the work, the one that leaves least; it is named, for without statistics SQLite would read the whole table for a day of it.
 * `audit_by` and `audit_what` hold what else may be asked, so that what does not fit is passed over without a look at the entry.
 */
function whereOf(
  key: KeyObject,
  filter: LedgerFilter,
  narrow: boolean,
): { readonly sql: string; readonly values: readonly Value[] } {
  const values: Value[] = [filter.after, filter.limit]
  const terms: string[] = [filter.person === undefined ? 'a.seq > $1' : 't.seq > $1']
  const bind = (text: string | undefined, column: string): void => {
    if (text !== undefined) terms.push(`${column} $${values.push(cleanText(text))}`)
  }
  bind(filter.person === undefined ? undefined : pseudonym(key, filter.person), 't.term =')
  bind(filter.about === undefined ? undefined : subject(key, filter.about), 'a.about =')
  bind(filter.by, 'a.by =')
  bind(filter.what, 'a.what =')
  bind(filter.since, 'a.at >=')
  bind(filter.until, 'a.at <')
  const [from, seq] =
    filter.person === undefined
      ? [`audit a ${indexOf(filter, narrow)}`, 'a.seq']
      : ['audit_term t CROSS JOIN audit a ON a.seq = t.seq', 't.seq']
  const found = `SELECT ${seq} AS seq FROM ${from} WHERE ${terms.join(' AND ')} ORDER BY ${seq} LIMIT $2`
  return { sql: `SELECT e.entry FROM (${found}) f CROSS JOIN audit e ON e.seq = f.seq ORDER BY f.seq`, values }
}

/** So few that each is looked at: of somebody busy else everything before that week would be passed over one by one. */
const FEW = 5000

function isNarrow(db: Database, { since, until }: LedgerFilter): boolean {
  if (since === undefined && until === undefined) return false
  // Beyond every time there is: ISO times begin with a digit.
  const [from, before] = [cleanText(since ?? ''), cleanText(until ?? '~')]
  const few = `SELECT 1 FROM audit INDEXED BY audit_at WHERE at >= $1 AND at < $2 LIMIT ${FEW}`
  return Number(db.one(`SELECT count(*) FROM (${few})`, from, before)![0]) < FEW
}

function indexOf({ about, by, what, since, until }: LedgerFilter, narrow: boolean): string {
  if (about !== undefined) return 'INDEXED BY audit_about'
  if (narrow) return 'INDEXED BY audit_at'
  if (by !== undefined) return 'INDEXED BY audit_by'
  if (what !== undefined) return 'INDEXED BY audit_what'
  return since === undefined && until === undefined ? 'NOT INDEXED' : 'INDEXED BY audit_at'
}

const LOT = 1000

async function broken(db: Database): Promise<{ readonly last_good: number; readonly because: string } | null> {
  let last_good = 0
  for (;;) {
    const rows = db.all(
      `SELECT a.seq, a.entry, n.hash FROM audit a LEFT JOIN ledger_node n ON n.level = 0 AND n.place = a.seq - 1
       WHERE a.seq > $1 ORDER BY a.seq LIMIT ${LOT}`,
      last_good,
    )
    for (const [seq, text, leaf] of rows) {
      const found = faultOf(db, last_good, seq as number, text as string, leaf as Uint8Array | null)
      if (found !== null) return { last_good, because: found }
      last_good = seq as number
    }
    if (rows.length < LOT) break
    await new Promise((done) => setImmediate(done))
  }
  const nodes = Number(db.one('SELECT count(*) FROM ledger_node WHERE level = 0')![0])
  return nodes === last_good ? null : { last_good, because: `there are hashes of ${nodes} entries` }
}

function faultOf(db: Database, before: number, seq: number, text: string, leaf: Uint8Array | null): string | null {
  if (seq !== before + 1) return `entry ${before + 1} is missing`
  if (leaf === null) return `the hash of entry ${seq} is missing`
  if (!leafHash(Buffer.from(text)).equals(leaf)) return `entry ${seq} is not what was hashed`
  if ((JSON.parse(text) as LedgerEntry).seq !== seq) return `entry ${seq} says that it is another one`
  for (let level = 0, index = seq - 1; index % 2 === 1; level++) {
    index = (index - 1) / 2
    const [left, right, above] = [subtree(db, level, index * 2), subtree(db, level, index * 2 + 1), subtree(db, level + 1, index)]
    if (left === null || right === null || above === null) return `a hash above entry ${seq} is missing`
    const joined = hash('sha256', Buffer.concat([Buffer.of(1), left, right]), 'buffer')
    if (!joined.equals(above))
      return `the hash of subtree ${level + 1}/${index}, completed by entry ${seq}, is not its children's`
  }
  return null
}

function subtree(db: Database, level: number, index: number): Uint8Array | null {
  const row = db.one('SELECT hash FROM ledger_node WHERE level = $1 AND place = $2', level, index)
  return row === undefined ? null : (row[0] as Uint8Array)
}
