/**
 * One entry of the ledger as text: what is hashed, kept and exported is exactly this. Personal values stand in it as pseudonyms, keyed
 * per ledger: who knows a value finds its entries, who does not learns nothing, and erasing the key erases the link (GDPR art. 4(5)).
 */
import { createHmac, type KeyObject } from 'node:crypto'
import type { Json, JsonObject } from '../types.ts'

export type LedgerEntry = {
  /** From 1, without a hole. */
  readonly seq: number
  /** ISO, as the clock of the machine had it; the order is `seq`'s, whatever the clock did. */
  readonly at: string
  readonly what: string
  readonly by: string
  /** An intent, a plan's hash, a scope, `connection`, `connection/stream`, `connection/stream/<pseudonym>`, a certification. */
  readonly about: string
  /** Address or process that asked; `rollcall`: its own work. Null: of a format before that said so. */
  readonly from: string | null
  readonly on_behalf_of: string | null
  readonly why: string | null
  readonly detail: JsonObject
}
export type NewEntry = Pick<LedgerEntry, 'at' | 'what' | 'by' | 'about' | 'detail'> & Partial<LedgerEntry>

/** Keys whose values name a person or a person's account. */
const PERSONAL: ReadonlySet<string> = new Set(['id', 'ids', 'made', 'found', 'person', 'subject', 'userName', 'email'])
/** Shorter ones stand in every other word. */
const SHORTEST = 4

/** `p:` and 32 hex digits of HMAC-SHA-256. */
export const pseudonym = (key: KeyObject, value: string): string =>
  `p:${createHmac('sha256', key).update(value.normalize('NFC')).digest('hex').slice(0, 32)}`

/** `connection/stream/id` with a pseudonym in place of the id; every other subject as it is. */
export function subject(key: KeyObject, about: string): string {
  const [, record, id] = /^([^/]+\/[^/]+\/)(.+)$/s.exec(about) ?? []
  return record === undefined || id === undefined || id.startsWith('p:') ? about : `${record}${pseudonym(key, id)}`
}

/** The fixed order of keys is part of the form. One line. */
export function entryText(key: KeyObject, seq: number, entry: NewEntry): string {
  const named = personalValues(entry.detail).filter((value) => value.length >= SHORTEST)
  const hide = (text: string) => named.reduce((said, value) => said.replaceAll(value, pseudonym(key, value)), text)
  const { at, what, by, about, from = null, on_behalf_of = null, why = null, detail } = entry
  const told = {
    seq,
    at,
    what,
    by,
    about: subject(key, about),
    from,
    on_behalf_of,
    why: why === null ? null : hide(why),
    detail: redacted(key, detail, hide, false),
  }
  return JSON.stringify(told)
}

function personalValues(value: Json, personal = false): readonly string[] {
  if (typeof value === 'string') return personal && value !== '' ? [value] : []
  if (typeof value !== 'object' || value === null) return []
  if (Array.isArray(value)) return value.flatMap((item) => personalValues(item as Json, personal))
  return Object.entries(value as JsonObject).flatMap(([name, inner]) => personalValues(inner, PERSONAL.has(name)))
}

function redacted(key: KeyObject, value: Json, hide: (text: string) => string, personal: boolean): Json {
  if (typeof value === 'string') return personal && value !== '' ? pseudonym(key, value) : hide(value)
  if (typeof value === 'number') return personal ? pseudonym(key, String(value)) : value
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item) => redacted(key, item as Json, hide, personal))
  const entries = Object.entries(value as JsonObject)
  return Object.fromEntries(entries.map(([name, inner]) => [name, redacted(key, inner, hide, PERSONAL.has(name))]))
}
