/** What is there, beside what the store holds. The truth comes from the world and never from an answer; no rule of the runtime is in here. */
import type { Json, JsonObject } from '../../../runtime/types.ts'
import { at } from '../twin/path.ts'
import { headOf, render, scopeOf } from '../twin/template.ts'
import type { Entry, StreamTruth, Twin } from '../twin/types.ts'

/** Key → our fields as they must be. Several records may share a key (two assignments of one role): a list. */
export type Truth = ReadonlyMap<string, readonly JsonObject[]>
export type StoredRow = { readonly id: string; readonly fields: JsonObject }

/** A record counts as missing where it was there before and after; as wrong where a field never had this value; as invented where it never was. */
export type Difference = {
  readonly missing: readonly string[]
  readonly invented: readonly string[]
  readonly wrong: readonly string[]
}

/** Of now, and of what was removed too where `gone` is asked for. */
export function truthOf(twin: Pick<Twin, 'file' | 'world'>, stream: string, gone = false): Truth {
  const told = twin.file.streams[stream]
  if (told === undefined) throw new Error(`the twin file says nothing of stream ${stream}`)
  const out = new Map<string, JsonObject[]>()
  const entries = [
    ...(twin.world.collections.get(told.of)?.values() ?? []),
    ...(gone ? (twin.world.removed.get(told.of)?.values() ?? []) : []),
  ]
  for (const entry of entries) {
    if (!twin.world.matches(told.of, entry, told.where, () => undefined)) continue
    const fields = fieldsOf(twin, told, entry)
    const key = keyOf(told, entry, fields)
    out.set(key, [...(out.get(key) ?? []), fields])
  }
  return out
}

function fieldsOf(twin: Pick<Twin, 'file' | 'world'>, told: StreamTruth, entry: Entry): JsonObject {
  const linked = (link: string): Entry | undefined => {
    const target = twin.file.collections[told.of]?.links?.[link] ?? ''
    const id = entry.links[link] ?? ''
    return twin.world.collections.get(target)?.get(id) ?? twin.world.removed.get(target)?.get(id)
  }
  const scope = scopeOf({
    id: entry.id,
    record: entry.native,
    shown: () => twin.world.shown(told.of, entry),
    link: (rest) => {
      const { head: link, rest: path } = headOf(rest)
      return path === '' || path === 'id' ? entry.links[link] : at(linked(link)?.native, path)
    },
  })
  const ground = { scope, random: null, lists: twin.world.lists }
  const out: { [field: string]: Json } = {}
  for (const [field, template] of Object.entries(told.fields)) out[field] = render(template, ground) ?? null
  out[ID] = String(render(told.id ?? '{id}', ground) ?? entry.id)
  return out
}

const ID = '(id)'

/** Nodes by their id; edges by what they tie together. */
function keyOf(told: StreamTruth, entry: Entry, fields: JsonObject): string {
  const key = told.key ?? (told.id === undefined ? ['account', 'entitlement'] : null)
  return key === null ? String(fields[ID] ?? entry.id) : key.map((field) => String(fields[field])).join(' ')
}

function keyOfStored(told: StreamTruth, row: StoredRow): string {
  const key = told.key ?? (told.id === undefined ? ['account', 'entitlement'] : null)
  return key === null ? row.id : key.map((field) => String(row.fields[field])).join(' ')
}

/** `before`, `after`: around the sync. `during`: as it was after each change meanwhile. `ever`: with everything that came and went. */
export function compare(
  told: StreamTruth,
  truth: { readonly before: Truth; readonly after: Truth; readonly ever: Truth; readonly during?: readonly Truth[] },
  stored: readonly StoredRow[],
): Difference {
  const { before, after, ever, during = [] } = truth
  const rows = new Map<string, StoredRow[]>()
  for (const row of stored) {
    const key = keyOfStored(told, row)
    rows.set(key, [...(rows.get(key) ?? []), row])
  }
  const missing: string[] = []
  const wrong: string[] = []
  for (const [key, facts] of after) {
    const there = before.get(key)
    if (there === undefined) continue
    const found = rows.get(key) ?? []
    const known = [...facts, ...there, ...during.flatMap((moment) => moment.get(key) ?? [])]
    if (found.length < Math.min(facts.length, there.length)) missing.push(key)
    else if (found.length > Math.max(facts.length, there.length)) wrong.push(`${key}: ${found.length} times`)
    for (const row of found) {
      // What was so before, after, or at some moment between, field by field: a read takes time.
      const field = Object.keys(told.fields).find((name) => !known.some((one) => same(row.fields[name], one[name])))
      if (field !== undefined) wrong.push(`${key}: ${field} is ${JSON.stringify(row.fields[field])}`)
    }
  }
  const invented = [...rows.keys()].filter((key) => !before.has(key) && !after.has(key) && !ever.has(key))
  return { missing, invented, wrong }
}

/** A field without a value is left out of the store. */
const same = (a: Json | undefined, b: Json | undefined): boolean => JSON.stringify(a ?? null) === JSON.stringify(b ?? null)

export const isTrue = ({ missing, invented, wrong }: Difference): boolean => missing.length + invented.length + wrong.length === 0

/** For people; at most five. */
export function told({ missing, invented, wrong }: Difference, stream: string): readonly string[] {
  return [
    ...missing.map((id) => `${stream}: ${id} is missing`),
    ...invented.map((id) => `${stream}: ${id} is invented`),
    ...wrong.map((what) => `${stream}: ${what} is wrong`),
  ].slice(0, 5)
}
