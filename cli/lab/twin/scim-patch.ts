/** RFC 7644 §3.5.2 from the server's side: the operations of a PATCH → changes. As lenient as servers are: op in any case, "False" for false. */
import type { Json } from '../../../runtime/types.ts'
import type { Change } from './change.ts'
import { at, isObject } from './path.ts'
import type { Effect, Entry, World } from './types.ts'

type ScimPatch = Extract<Effect, { readonly scim_patch: string }>
type Lists = NonNullable<ScimPatch['lists']>

export function scimChanges(effect: ScimPatch, entry: Entry, body: Json, world: World): readonly Change[] {
  const operations = isObject(body) ? (body['Operations'] ?? body['operations']) : null
  if (!Array.isArray(operations)) return []
  return operations.flatMap((operation: Json) => (isObject(operation) ? operationChanges(effect, entry, operation, world) : []))
}

function operationChanges(
  effect: ScimPatch,
  entry: Entry,
  operation: { readonly [key: string]: Json },
  world: World,
): readonly Change[] {
  const op = String(operation['op'] ?? '').toLowerCase()
  const { path, value } = operation
  if (path === undefined || path === null || path === '') {
    if (op === 'remove' || !isObject(value)) return []
    return Object.entries(value).flatMap(([name, inner]) =>
      attributeChanges(effect, entry, { op, name, filter: null, value: inner }, world),
    )
  }
  const [, name = '', filter = null] = /^([^[]+)(?:\[(.*)\])?$/s.exec(String(path)) ?? []
  return attributeChanges(effect, entry, { op, name, filter, value }, world)
}

type Operation = { readonly op: string; readonly name: string; readonly filter: string | null; readonly value: Json | undefined }

function attributeChanges(effect: ScimPatch, entry: Entry, operation: Operation, world: World): readonly Change[] {
  const { op, name, value } = operation
  const list = effect.lists?.[name]
  if (list !== undefined) return linkChanges(list, entry, operation, world)
  const path = pathOf(name)
  const before = at(entry.native, path)
  return [{ do: 'set', of: effect.scim_patch, id: entry.id, path, to: op === 'remove' ? undefined : typed(value, before) }]
}

/** `value eq "x"` takes one out, a value names several, neither means all. */
function linkChanges(list: Lists[string], entry: Entry, { op, filter, value }: Operation, world: World): readonly Change[] {
  const held = [...(world.collections.get(list.of)?.values() ?? [])].filter((one) => one.links[list.owner] === entry.id)
  const [, asked] = /^value eq "(.*)"$/s.exec(filter ?? '') ?? []
  const named = asked !== undefined ? [asked] : memberIds(value)
  const drop = (ids: readonly string[] | null) =>
    held.flatMap((one): Change[] => {
      const member = one.links[list.member] ?? ''
      return ids === null || ids.includes(member) ? [{ do: 'drop', of: list.of, id: one.id }] : []
    })
  if (op === 'remove') return drop(filter === null && value === undefined ? null : named)
  const gone = op === 'replace' ? drop(null) : []
  const there = new Set(op === 'replace' ? [] : held.map((one) => one.links[list.member]))
  const added = named
    .filter((id) => !there.has(id))
    .map(
      (id): Change => ({
        do: 'put',
        of: list.of,
        entry: world.make(list.of, { links: { [list.owner]: entry.id, [list.member]: id } }),
      }),
    )
  return [...gone, ...added]
}

const memberIds = (value: Json | undefined): readonly string[] =>
  [value ?? []].flat().flatMap((one) => (isObject(one as Json) ? [String((one as { readonly value?: Json }).value ?? '')] : []))

/** `urn:…:User:department` is below its schema; a simple path is as it is. */
function pathOf(name: string): string {
  const urn = /^(urn:.*):([^:]+)$/.exec(name)
  return urn === null ? name : `["${urn[1]}"].${urn[2]}`
}

/** A text where a boolean is: Microsoft's client sends "False", and servers take it. */
function typed(value: Json | undefined, before: Json | undefined): Json | undefined {
  if (typeof before !== 'boolean' || typeof value !== 'string') return value
  return /^(true|false)$/i.test(value) ? value.toLowerCase() === 'true' : value
}
