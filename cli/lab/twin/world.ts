/** The truth of a target: records, what ties them together, and what is gone. Whatever is answered is made from it, never the other way. */
import type { Json } from '../../../runtime/types.ts'
import { BEGIN_MS } from '../clock.ts'
import { type Random, some, upTo } from '../random.ts'
import { entryHas } from './match.ts'
import { at, isObject, over } from './path.ts'
import { digits, hex, person, uuid } from './people.ts'
import { headOf, render, scopeOf } from './template.ts'
import type { CollectionSpec, Entry, Lists, Native, Scope, TwinFile, World } from './types.ts'

export type WorldOptions = {
  readonly file: Pick<TwinFile, 'collections'>
  readonly settings: { readonly [name: string]: Json }
  readonly population: number
  /** So many of one collection, whatever its share says. */
  readonly crowd?: { readonly of: string; readonly count: number }
  readonly random: Random
  readonly now: () => number
  /** What lies leave out of counts and lists inside other records. */
  readonly hides?: (collection: string, entry: Entry) => boolean
}

/** Collections are filled in the order of the file, so that links find their ends. */
export function createWorld(o: WorldOptions, from?: World): World {
  const specs = o.file.collections
  const collections = new Map(Object.keys(specs).map((name) => [name, new Map<string, Entry>()]))
  const removed = new Map(Object.keys(specs).map((name) => [name, new Map<string, Entry>()]))
  /** collection → `link/id` → ids of entries with that link. */
  const tied = new Map(Object.keys(specs).map((name) => [name, new Map<string, Set<string>>()]))
  const ever = new Set<string>()
  const newest = new Map<string, number>()
  let made = 0
  let filled = false
  let first = 0

  const spec = (name: string): CollectionSpec => {
    const found = specs[name]
    if (found === undefined) throw new Error(`there is no collection ${name}`)
    return found
  }
  const of = (name: string): Map<string, Entry> => {
    spec(name)
    return collections.get(name) as Map<string, Entry>
  }
  const linked = (collection: string, entry: Entry) => (link: string) => {
    const target = spec(collection).links?.[link]
    const id = entry.links[link]
    return target === undefined || id === undefined ? undefined : (of(target).get(id) ?? removed.get(target)?.get(id))
  }
  const linkScope = (collection: string, entry: Entry) => (rest: string) => {
    const { head: link, rest: path } = headOf(rest)
    const found = linked(collection, entry)(link)
    return path === '' ? entry.links[link] : path === 'id' ? (found?.id ?? entry.links[link]) : at(found?.native, path)
  }
  const shownScope = (collection: string, entry: Entry) => (rest: string) => {
    const { head: link, rest: path } = headOf(rest)
    const target = spec(collection).links?.[link]
    const found = linked(collection, entry)(link)
    return target === undefined || found === undefined ? undefined : at(shown(target, found), path)
  }
  const entryScope = (collection: string, entry: Entry, outer?: Scope): Scope => {
    const inner = scopeOf({
      id: entry.id,
      record: entry.native,
      link: linkScope(collection, entry),
      shown: shownScope(collection, entry),
      setting: o.settings as Json,
    })
    // Null is a value: it is not looked for elsewhere.
    return outer === undefined ? inner : (name) => (inner(name) === undefined ? outer(name) : inner(name))
  }

  function shown(collection: string, entry: Entry): Native {
    const { show } = spec(collection)
    if (show === undefined) return entry.native
    const laid = render(show, { scope: entryScope(collection, entry), random: null, lists })
    return over(entry.native, laid ?? {}) as Native
  }

  const matches: World['matches'] = (collection, entry, where, scope) =>
    entryHas(
      entry,
      where,
      scope,
      (link) => linked(collection, entry)(link)?.native,
      () => (specs[collection]?.show === undefined ? entry.native : shown(collection, entry)),
    )

  function chosen(collection: string, where: Parameters<World['matches']>[2], scope: Scope): readonly Entry[] {
    const link = Object.keys(where ?? {}).find((place) => spec(collection).links?.[place] !== undefined)
    if (link === undefined) return [...of(collection).values()].filter((entry) => matches(collection, entry, where, scope))
    const wanted = render(where?.[link] as Json, { scope, random: null, lists: null })
    const ids = tied.get(collection)?.get(`${link}/${String(wanted)}`) ?? []
    return [...ids]
      .map((id) => of(collection).get(id) as Entry)
      .filter((entry) => Object.keys(where ?? {}).length === 1 || matches(collection, entry, where, scope))
  }
  const seen: typeof chosen = (collection, where, scope) =>
    chosen(collection, where, scope).filter((entry) => o.hides?.(collection, entry) !== true)
  const lists: Lists = {
    entries: seen,
    count: (collection, where, scope) => seen(collection, where, scope).length,
    list: (collection, where, as, scope) =>
      seen(collection, where, scope).map((entry) =>
        as === undefined ? shown(collection, entry) : told(collection, entry, as, scope),
      ),
  }
  const told: World['told'] = (collection, entry, as, scope) =>
    render(as, { scope: entryScope(collection, entry, scope), random: null, lists }) ?? null

  const make: World['make'] = (collection, given = {}) => {
    const declared = spec(collection)
    const n = ++made
    const links = given.links ?? {}
    const half: Entry = { id: '', ord: 0, links, native: {} }
    const scope = scopeOf({
      n,
      ...person(o.random, n),
      created: new Date(filled ? o.now() : BEGIN_MS - 86_400_000 * (1 + upTo(o.random, 900)) - n).toISOString(),
      uuid: () => uuid(o.random),
      digits: () => digits(o.random, 10) + String(n).padStart(6, '0'),
      hex: () => hex(o.random, 16),
      link: linkScope(collection, half),
      setting: o.settings as Json,
      now: () => new Date(o.now()).toISOString(),
    })
    const id = given.id ?? String(render(declared.id, { scope, random: o.random, lists: null }))
    const withId: Scope = (name) => (name === 'id' ? id : scope(name))
    const ground = { scope: withId, random: o.random, lists: null }
    const plain = render(declared.record, ground) ?? null
    const record =
      declared.first === undefined || filled || of(collection).size > 0
        ? plain
        : over(plain, render(declared.first, ground) ?? {})
    return {
      id,
      ord: given.at === 'front' ? --first : n,
      links,
      native: over(isObject(record) ? record : {}, given.native ?? {}) as Native,
    }
  }

  const put: World['put'] = (collection, entry) => {
    const all = of(collection)
    const there = all.get(entry.id)
    if (there !== undefined) return there
    all.set(entry.id, entry)
    const last = newest.get(collection) ?? Number.NEGATIVE_INFINITY
    newest.set(collection, Math.max(last, entry.ord))
    if (entry.ord < last) {
      // Lists are told in the order of creation: what comes back has its old place.
      const sorted = [...all].sort(([, a], [, b]) => a.ord - b.ord)
      all.clear()
      for (const [id, one] of sorted) all.set(id, one)
    }
    ever.add(`${collection}/${entry.id}`)
    removed.get(collection)?.delete(entry.id)
    for (const [link, to] of Object.entries(entry.links)) {
      const index = tied.get(collection) as Map<string, Set<string>>
      const key = `${link}/${to}`
      index.set(key, (index.get(key) ?? new Set()).add(entry.id))
    }
    return entry
  }
  const add: World['add'] = (collection, given) => put(collection, make(collection, given))

  const remove: World['remove'] = (collection, id) => {
    const entry = of(collection).get(id)
    if (entry === undefined) return
    of(collection).delete(id)
    removed.get(collection)?.set(id, entry)
    for (const [link, to] of Object.entries(entry.links)) tied.get(collection)?.get(`${link}/${to}`)?.delete(id)
    for (const [name, other] of Object.entries(specs))
      for (const [link, target] of Object.entries(other.links ?? {}))
        if (target === collection) for (const one of [...(tied.get(name)?.get(`${link}/${id}`) ?? [])]) remove(name, one)
  }

  const world: World = {
    collections,
    removed,
    ever,
    make,
    put,
    add,
    remove,
    shown,
    told,
    matches,
    lists,
    copy: () => createWorld(o, world),
  }
  if (from !== undefined) {
    for (const [name, entries] of from.collections) for (const entry of entries.values()) put(name, { ...entry })
    for (const [name, entries] of from.removed) for (const [id, entry] of entries) removed.get(name)?.set(id, { ...entry })
    for (const one of from.ever) ever.add(one)
    return world
  }
  for (const [name, declared] of Object.entries(specs)) fill(world, name, declared, o)
  filled = true
  return world
}

/** One list below each of them is read: hundreds of groups would cost what hundreds of runs do, and show no more. */
const MOST_SHARED = 12

function fill(world: World, name: string, declared: CollectionSpec, o: WorldOptions): void {
  const { count, spread } = declared
  if (spread !== undefined) {
    tie(world, name, declared, o.random)
    return
  }
  const many =
    o.crowd?.of === name
      ? o.crowd.count
      : count === 'population'
        ? o.population
        : typeof count === 'number'
          ? count
          : Math.max(count?.least ?? 0, Math.min(MOST_SHARED, Math.floor(o.population * (count?.share ?? 0))))
  for (let n = 0; n < many; n++) world.add(name)
}

/** The first has everybody, the second nobody: a page too many and a list without rows are in every world. */
function tie(world: World, name: string, declared: CollectionSpec, random: Random): void {
  const { per, to, share = 0.3, cover = true } = declared.spread as NonNullable<CollectionSpec['spread']>
  const parents = [...(world.collections.get(declared.links?.[per] ?? '')?.keys() ?? [])]
  if (to === undefined) {
    for (const [place, parent] of parents.entries())
      if (place === 0 ? cover : (!cover || place > 1) && random() < share) {
        const links = world.collections.get(declared.links?.[per] ?? '')?.get(parent)?.links ?? {}
        const same = Object.entries(links).filter(([link]) => declared.links?.[link] !== undefined)
        world.add(name, { links: { ...Object.fromEntries(same), [per]: parent } })
      }
    return
  }
  const children = [...(world.collections.get(declared.links?.[to] ?? '')?.keys() ?? [])]
  for (const [place, parent] of parents.entries()) {
    // With many parents a share of everybody each would be a square of the population.
    const most = Math.min(children.length, place < 4 ? children.length : 40)
    const picked =
      cover && place === 0
        ? children
        : cover && place === 1
          ? []
          : some(random, children, Math.min(most, Math.ceil(children.length * share * random() * 2)))
    for (const child of picked) world.add(name, { links: { [per]: parent, [to]: child } })
  }
}
