/**
 * The records of a certification by pseudonyms and salted hashes that only its key can make: what is proven can be shown without names, and
 * who has the store can show any one record by its salt.
 */
import { createHash, createHmac, createSecretKey } from 'node:crypto'
import type { ScopePart, StoredDecision } from '../../certify-types.ts'
import type { CertifyStore } from '../../store/certify-port.ts'
import type { JsonObject, StoredRecord } from '../../types.ts'

export type Item = {
  readonly item: string
  readonly record: string
  readonly connection: string
  readonly stream: string
  readonly id: string
  /** The record's number in the store: the same content, the same number. */
  readonly seq: number
}

export type Names = {
  readonly item: (connection: string, stream: string, id: string) => string
  readonly record: (item: string, record: Pick<StoredRecord, 'id' | 'fields'>) => string
  readonly salt: (of: string) => string
  /** Of a partition, which may be the id of a person's group. */
  readonly partition: (partition: string) => string
}

export function namesOf(key: Buffer): Names {
  const secret = createSecretKey(key)
  const mac = (text: string): Buffer => createHmac('sha256', secret).update(text).digest()
  const salt = (of: string): string => mac(`salt ${of}`).toString('base64url').slice(0, 22)
  return {
    item: (connection, stream, id) =>
      mac(`item ${JSON.stringify([connection, stream, id])}`)
        .toString('hex')
        .slice(0, 32),
    record: (item, { id, fields }) =>
      createHash('sha256')
        .update(`${salt(`record ${item}`)}\n${JSON.stringify([id, fields])}`)
        .digest('base64url'),
    salt,
    partition: (partition) => (partition === '' ? '' : mac(`partition ${partition}`).toString('hex').slice(0, 16)),
  }
}

const LOT = 5_000

/** Records of a snapshot that are in scope, ascending by pseudonym: the order tells nothing. `only`: of these native ids. */
export async function population(
  store: CertifyStore,
  names: Names,
  snapshot: number,
  part: Pick<ScopePart, 'connection' | 'stream' | 'where'>,
  see: (item: Item, fields: JsonObject) => void = () => undefined,
  only: ReadonlySet<string> | null = null,
): Promise<readonly Item[]> {
  const { connection, stream } = part
  const found: Item[] = []
  for (let after = 0; ; ) {
    const records = await store.snapshotRecords(snapshot, after, LOT)
    for (const one of records) {
      if (only?.has(one.id) === false || !isInScope(part.where, one.fields)) continue
      const item = names.item(connection, stream, one.id)
      const made = { item, record: names.record(item, one), connection, stream, id: one.id, seq: one.seq }
      found.push(made)
      see(made, one.fields)
    }
    if (records.length < LOT) return found.sort((a, b) => (a.item < b.item ? -1 : 1))
    after = records.at(-1)!.seq
    // A hundred thousand take seconds, and others wait for this thread.
    await new Promise((done) => setImmediate(done))
  }
}

/** Each field has just this value, or a list of which it is one. */
export function isInScope(where: ScopePart['where'], fields: JsonObject): boolean {
  return Object.entries(where).every(([field, wanted]) => {
    const value = fields[field] ?? null
    const values = Array.isArray(value) ? value : [value]
    return values.some((one) => (one === null ? wanted === null : String(one) === String(wanted)))
  })
}

// ---------------------------------------------------------------- the lines that are hashed; the order of their keys is part of them

export const populationLine = ({ item, record }: Item): string => JSON.stringify({ item, record })

export const decisionLine = (names: Names, one: StoredDecision): string =>
  JSON.stringify({
    n: one.n,
    connection: one.connection,
    stream: one.stream,
    item: one.item,
    record: one.record,
    is: one.is,
    by: one.by,
    at: one.at,
    why: one.why,
    action: one.change?.action ?? null,
    salt: names.salt(`decision ${one.n}`),
  })

/** `is`: late, gone or changed since the population was frozen. */
export type Difference = {
  readonly connection: string
  readonly stream: string
  readonly item: string
  readonly is: 'late' | 'gone' | 'changed'
}
export const differenceLine = ({ connection, stream, item, is }: Difference): string =>
  JSON.stringify({ connection, stream, item, is })

/** Digests of a snapshot's pages, as lines. */
export async function pageLines(
  store: CertifyStore,
  names: Names,
  at: { readonly snapshot: number; readonly connection: string; readonly stream: string },
): Promise<readonly string[]> {
  const lines: string[] = []
  for (let after = 0; ; after += 1000) {
    const pages = await store.snapshotPages(at.snapshot, after, 1000)
    for (const { partition, no, at: when, cursor, digest, facts } of pages) {
      const { fetched, stored } = facts
      const [connection, stream] = [at.connection, at.stream]
      lines.push(
        JSON.stringify({
          connection,
          stream,
          partition: names.partition(partition),
          no,
          at: when,
          cursor,
          digest,
          fetched,
          stored,
        }),
      )
    }
    if (pages.length < 1000) return lines
  }
}
