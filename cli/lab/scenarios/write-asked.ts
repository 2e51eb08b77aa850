/** What is asked for: who, and with which values. The seed chooses among those that fit. Pure over the world. */
import type { Json } from '../../../runtime/types.ts'
import { type Asked, factHolds } from '../oracle/write.ts'
import { type Random, upTo } from '../random.ts'
import { at } from '../twin/path.ts'
import { person } from '../twin/people.ts'
import { render, scopeOf } from '../twin/template.ts'
import type { ActionPlay, Entry, Scope, World } from '../twin/types.ts'

type Chosen = { readonly entry: Entry; readonly picks: { readonly [name: string]: Entry } }

/** Null: nobody in this world fits. `not`: whom no action touches (the connection's own account). */
export function askedFor(
  action: string,
  play: ActionPlay,
  world: World,
  random: Random,
  not: string | null,
): { readonly asked: Asked; readonly subject: string | null } | null {
  const chosen = play.subject === undefined ? null : choose(play, world, random, not)
  if (play.subject !== undefined && chosen === null) return null
  const n = 1000 + upTo(random, 9000)
  const entry = chosen?.entry ?? null
  const scope = scopeOf({
    n,
    ...person(random, n),
    ...(entry === null ? {} : { id: entry.id, record: entry.native }),
    pick: (rest) => pickAt(chosen?.picks ?? {}, rest),
  })
  const ground = { scope, random, lists: world.lists }
  const input = (render((play.input ?? {}) as Json, ground) ?? {}) as { readonly [name: string]: Json }
  const id = entry === null ? null : String(render(play.subject?.id ?? '{id}', ground))
  return { asked: { action, id, input, record: entry?.native ?? null }, subject: entry?.id ?? null }
}

function choose(play: ActionPlay, world: World, random: Random, not: string | null): Chosen | null {
  const { of, where, if: facts = [] } = play.subject as NonNullable<ActionPlay['subject']>
  const all = [...(world.collections.get(of)?.values() ?? [])].filter((one) => one.id !== not)
  const none: Scope = () => undefined
  const fit = all.filter((one) => {
    const scope = scopeOf({ id: one.id, record: one.native })
    return world.matches(of, one, where, none) && facts.every((fact) => factHolds(fact, world, scope))
  })
  for (let left = fit.length; left > 0; left--) {
    const [entry] = fit.splice(upTo(random, left), 1) as [Entry]
    const picks = picksFor(play, world, random, entry)
    if (picks !== null) return { entry, picks }
  }
  return null
}

function picksFor(play: ActionPlay, world: World, random: Random, entry: Entry): Chosen['picks'] | null {
  const picks: { [name: string]: Entry } = {}
  for (const [name, { of, where, if: facts = [] }] of Object.entries(play.picks ?? {})) {
    const fit = [...(world.collections.get(of)?.values() ?? [])].filter((one) => {
      const scope = scopeOf({ id: entry.id, record: entry.native, pick: (rest) => pickAt({ ...picks, [name]: one }, rest) })
      return world.matches(of, one, where, scope) && facts.every((fact) => factHolds(fact, world, scope))
    })
    const found = fit[upTo(random, fit.length)]
    if (found === undefined) return null
    picks[name] = found
  }
  return picks
}

function pickAt(picks: Chosen['picks'], rest: string): Json | undefined {
  const [name = '', path = ''] = rest.split(/\.(.*)/s)
  const entry = picks[name]
  if (entry === undefined) return undefined
  if (path === '' || path === 'id') return entry.id
  return path.startsWith('link.') ? entry.links[path.slice(5)] : at(entry.native, path)
}
