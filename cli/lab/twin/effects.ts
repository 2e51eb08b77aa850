/** What a write does to the world. */
import type { Json } from '../../../runtime/types.ts'
import { whenHolds } from './match.ts'
import { isObject, over, put } from './path.ts'
import { render } from './template.ts'
import type { Effect, Entry, Native, Scope, World } from './types.ts'

/** Does what is asked, in order. What is not there cannot be changed, and is left. */
export function apply(world: World, effects: readonly Effect[], scope: Scope): void {
  for (const effect of effects) {
    const captured = whenHolds(effect.when, scope)
    if (captured === null) continue
    const seen: Scope = (name) => (name.startsWith('match.') ? captured[name.slice(6)] : undefined) ?? scope(name)
    one(world, effect, seen)
  }
}

function one(world: World, effect: Effect, scope: Scope): void {
  const say = (template: Json | undefined) =>
    template === undefined ? undefined : render(template, { scope, random: null, lists: null })
  const entry = (collection: string, id: Json): Entry | undefined => world.collections.get(collection)?.get(String(say(id)))
  if ('set' in effect) {
    const found = entry(effect.set, effect.id)
    if (found !== undefined) for (const [path, value] of Object.entries(effect.to)) put(found.native, path, say(value))
  } else if ('merge' in effect) {
    const found = entry(effect.merge, effect.id)
    const from = say(effect.from)
    if (found !== undefined && isObject(from)) found.native = over(found.native, from) as Native
  } else if ('add' in effect) {
    const links = Object.fromEntries(Object.entries(effect.links ?? {}).map(([name, value]) => [name, String(say(value))]))
    const native = say(effect.record)
    const id = say(effect.id)
    world.add(effect.add, {
      links,
      ...(isObject(native) ? { native: native as Native } : {}),
      ...(id === undefined ? {} : { id: String(id) }),
    })
  } else if ('remove' in effect) {
    const all = [...(world.collections.get(effect.remove)?.values() ?? [])]
    const gone =
      effect.id === undefined
        ? all.filter((found) => world.matches(effect.remove, found, effect.where, scope))
        : all.filter((found) => found.id === String(say(effect.id)))
    for (const found of gone) world.remove(effect.remove, found.id)
  }
}
