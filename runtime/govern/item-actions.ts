/**
 * Actions that take one thing back at a time: every input they need is told by one record of one stream (a grant, a token, an app password).
 * Which records are whose, and what input each makes. Reads the snapshots only.
 */
import { eachRecord } from '../record/each.ts'
import type { Store } from '../store/port.ts'
import type { Action, Connector, Json, JsonObject, RecordType, StoredRecord, Stream } from '../types.ts'
import type { Account } from './accounts.ts'

const HELD: ReadonlySet<RecordType> = new Set<RecordType>(['grant', 'credential', 'session'])

/** The stream whose records each make one such change; null: the action is of another kind. */
export function itemStream(connector: Connector, action: Action): Stream | null {
  const required = Object.values(action.input).filter((input) => input.required)
  const [first] = required
  const stream = first?.stream == null ? undefined : connector.streams[first.stream]
  if (stream === undefined || !HELD.has(stream.is)) return null
  return required.every((input) => input.stream === stream.name) ? stream : null
}

/** The input that a record makes; null: it lacks a value. */
export function itemInput(action: Action, record: Pick<StoredRecord, 'id' | 'fields'>): JsonObject | null {
  const entries = Object.entries(action.input).flatMap(([name, { required, field, type }]): [string, Json][] => {
    if (!required) return []
    const value = field === null ? record.id : fieldIn(record.fields, field)
    return [[name, type === 'integer' && typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value]]
  })
  return entries.every(([, value]) => value !== null && value !== '') ? Object.fromEntries(entries) : null
}

function fieldIn(fields: JsonObject, name: string): Json {
  const beside = fields['keep'] as JsonObject | undefined
  return fields[name] ?? beside?.[name] ?? null
}

/**
 * Is it this account's? By the account's id; in a stream whose `account` is the id of no record (a login, an address), by its user name.
 */
export function isOf(stream: Stream, fields: JsonObject, account: Account): boolean {
  const of = stream.refers['account'] ?? []
  if (of.includes(account.stream)) return fields['account'] === account.id
  const name = fold(account.fields['userName'])
  return of.length === 0 && name !== '' && fold(fields['account']) === name
}

export async function itemsOf(store: Store, stream: Stream, account: Account): Promise<readonly StoredRecord[]> {
  const found: StoredRecord[] = []
  await eachRecord(store, account.connection, stream.name, (record) => {
    if (isOf(stream, record.fields, account)) found.push(record)
  })
  return found
}

const fold = (value: Json | undefined): string => (typeof value === 'string' ? value.normalize('NFKC').trim().toLowerCase() : '')
