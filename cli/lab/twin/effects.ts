/** What a write does, as its twin file says it: effects → the changes of the world that they come to. */
import type { Json } from '../../../runtime/types.ts'
import { applyChange, type Change, dropsOf, entryOf } from './change.ts'
import { whenHolds } from './match.ts'
import { at, isObject } from './path.ts'
import { scimChanges } from './scim-patch.ts'
import { render } from './template.ts'
import type { Effect, Scope, Template, World } from './types.ts'

/** Does what is asked, in order. What is not there cannot be changed, and is left. */
export function apply(world: World, effects: readonly Effect[], scope: Scope): void {
  for (const effect of effects) for (const change of changesOf(world, [effect], scope)) applyChange(world, change)
}

/** Changes nothing itself. Each effect sees the world as it was before the write. */
export function changesOf(world: World, effects: readonly Effect[], scope: Scope): readonly Change[] {
  return effects.flatMap((effect) => {
    const matched = whenHolds(effect.when, scope)
    if (matched === null) return []
    const seen: Scope = (name) => (name.startsWith('match.') ? matched[name.slice(6)] : undefined) ?? scope(name)
    return changesOfOne(world, effect, seen)
  })
}

function changesOfOne(world: World, effect: Effect, scope: Scope): readonly Change[] {
  const value = (template: Template) => render(template, { scope, random: null, lists: world.lists })
  const id = (template: Template) => String(value(template) ?? '')
  if ('set' in effect) {
    const subject = id(effect.id)
    const sets = Object.entries(effect.to)
    return sets.map(([path, to]): Change => ({ do: 'set', of: effect.set, id: subject, path, to: value(to) }))
  }
  if ('merge' in effect) {
    const subject = id(effect.id)
    return leaves(value(effect.from) ?? {}).map(([path, to]): Change => ({ do: 'set', of: effect.merge, id: subject, path, to }))
  }
  if ('add' in effect) {
    const links = Object.fromEntries(Object.entries(effect.links ?? {}).map(([link, to]) => [link, id(to)]))
    const native = effect.record === undefined ? undefined : value(effect.record)
    const given = effect.id === undefined ? {} : { id: id(effect.id) }
    const entry = world.make(effect.add, { ...given, links, ...(isObject(native) ? { native } : {}) })
    return [{ do: 'put', of: effect.add, entry }]
  }
  if ('remove' in effect) {
    const { remove, where } = effect
    const all = [...(world.collections.get(remove)?.values() ?? [])]
    const subject = effect.id === undefined ? null : id(effect.id)
    const gone = all.filter((one) => (subject === null ? world.matches(remove, one, where, scope) : one.id === subject))
    return gone.flatMap((one) => dropsOf(world, remove, one.id))
  }
  const entry = entryOf(world, effect.scim_patch, id(effect.id))
  return entry === undefined ? [] : scimChanges(effect, entry, scope('body') ?? null, world)
}

/** Objects are gone into, lists and the rest are set whole. */
export function leaves(value: Json, path = ''): readonly (readonly [path: string, value: Json])[] {
  if (!isObject(value) || (path !== '' && Object.keys(value).length === 0)) return [[path, value]]
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, path === '' ? step(key) : `${path}${dotted(key)}`))
}

const step = (key: string): string => (/[.[\]]/.test(key) && !key.startsWith('@odata.') ? `["${key}"]` : key)
const dotted = (key: string): string => (/[.[\]]/.test(key) ? `["${key}"]` : `.${key}`)

/** Does a record that a write would add share a name with one that is there? */
export function conflicts(effects: readonly Effect[], changes: readonly Change[], world: World): boolean {
  return changes.some((change) => {
    if (change.do !== 'put') return false
    const effect = effects.find((one) => 'add' in one && one.add === change.of)
    const unique = effect !== undefined && 'add' in effect ? (effect.unique ?? []) : []
    const others = [...(world.collections.get(change.of)?.values() ?? [])]
    return unique.some((path) => others.some((one) => alike(at(one.native, path), at(change.entry.native, path))))
  })
}

const alike = (a: Json | undefined, b: Json | undefined): boolean =>
  a !== undefined && b !== undefined && String(a).toLowerCase() === String(b).toLowerCase()
