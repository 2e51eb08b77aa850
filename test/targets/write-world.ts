/** Ground truth of a target that can be changed: replicas, changes on their way to them, and every effect that a change really had. */
import { type Random, seeded } from './population.ts'
import type { Clock } from './write-clock.ts'

export type Phase = 'invited' | 'active' | 'inactive'
export const PROFILE = ['login', 'email', 'given', 'family', 'title'] as const
export type ProfileField = (typeof PROFILE)[number]

export type Person = {
  readonly id: string
  readonly created: string
  login: string
  email: string
  given: string
  family: string
  title: string
  phase: Phase
  sessions: readonly string[]
  tokens: readonly string[]
  credentials: readonly string[]
  licenses: readonly string[]
  /** Sessions from before this instant are not taken any more. */
  valid_from: string
}

export type Team = { readonly id: string; readonly name: string; members: readonly string[] }
export type World = { readonly people: Map<string, Person>; readonly teams: Map<string, Team> }

/** One part of one object, from one state to another. Plain data: replicas apply it each for itself. */
export type Change =
  | { readonly do: 'create'; readonly person: Person }
  | { readonly do: 'delete'; readonly id: string }
  | { readonly do: 'phase'; readonly id: string; readonly to: Phase }
  | { readonly do: 'profile'; readonly id: string; readonly field: ProfileField; readonly to: string }
  | { readonly do: 'sessions' | 'tokens' | 'credentials' | 'licenses'; readonly id: string; readonly to: readonly string[] }
  | { readonly do: 'valid_from'; readonly id: string; readonly to: string }
  | { readonly do: 'member'; readonly team: string; readonly id: string; readonly in: boolean }

/** A change that changed something, at the primary. */
export type Effect = {
  readonly at_ms: number
  readonly change: Change
  readonly by: 'request' | 'upstream'
  /** Number of the mutating request it comes from. */
  readonly request: number
}

type Due = {
  readonly due_ms: number
  readonly replica: number
  readonly changes: readonly Change[]
  readonly by: Effect['by']
  readonly request: number
  readonly revert_ms: number | null
}

export type Worlds = {
  readonly replicas: readonly World[]
  readonly effects: readonly Effect[]
  readonly random: Random
  readonly fresh: (prefix: string) => string
  /** What is due by now happens. */
  readonly tick: () => void
  /** At the primary after `delay_ms`, at replica r another `lag_ms[r]` later; undone after `revert_ms` where that is given. */
  readonly change: (changes: readonly Change[], how: How) => void
  /** Changes that are still on their way. */
  readonly underway: () => number
}
export type How = {
  readonly by: Effect['by']
  readonly request: number
  readonly delay_ms: number
  readonly lag_ms: readonly number[]
  readonly revert_ms: number | null
}

export const SKUS = ['sku-basic', 'sku-plus'] as const

export function openWorlds(o: {
  readonly clock: Clock
  readonly seed: number
  readonly people: number
  readonly replicas: number
}): Worlds {
  const random = seeded(o.seed)
  const replicas = Array.from({ length: o.replicas }, () => populate(o.people, seeded(o.seed)))
  const effects: Effect[] = []
  let due: Due[] = []
  let made = 0

  const enact = (one: Due): void => {
    const world = replicas[one.replica]!
    const undo: Change[] = []
    for (const change of one.changes) {
      const before = inverse(world, change)
      if (!apply(world, change)) continue
      if (before !== null) undo.unshift(before)
      if (one.replica === 0) effects.push({ at_ms: one.due_ms, change, by: one.by, request: one.request })
    }
    if (one.revert_ms !== null && undo.length > 0) {
      due.push({ ...one, due_ms: one.due_ms + one.revert_ms, changes: undo, by: 'upstream', revert_ms: null })
    }
  }
  const tick = (): void => {
    for (;;) {
      const next = due.filter((one) => one.due_ms <= o.clock.now()).sort((a, b) => a.due_ms - b.due_ms)[0]
      if (next === undefined) return
      due = due.filter((one) => one !== next)
      enact(next)
    }
  }
  return {
    replicas,
    effects,
    random,
    fresh: (prefix) => `${prefix}${(++made).toString().padStart(3, '0')}${hex(random)}`,
    tick,
    change: (changes, { delay_ms, lag_ms, ...how }) => {
      tick()
      const at = o.clock.now() + delay_ms
      for (const replica of replicas.keys()) due.push({ ...how, changes, replica, due_ms: at + (lag_ms[replica] ?? 0) })
      tick()
    },
    underway: () => due.length,
  }
}

/** Whether anything changed. */
export function apply(world: World, change: Change): boolean {
  if (change.do === 'create') {
    if (world.people.has(change.person.id)) return false
    world.people.set(change.person.id, { ...change.person })
    return true
  }
  if (change.do === 'member') {
    const team = world.teams.get(change.team)
    if (team === undefined || team.members.includes(change.id) === change.in) return false
    team.members = change.in ? [...team.members, change.id] : team.members.filter((member) => member !== change.id)
    return true
  }
  const person = world.people.get(change.id)
  if (person === undefined) return false
  switch (change.do) {
    case 'delete':
      world.people.delete(change.id)
      for (const team of world.teams.values()) team.members = team.members.filter((member) => member !== change.id)
      return true
    case 'phase':
      return put(person, 'phase', change.to)
    case 'profile':
      return put(person, change.field, change.to)
    case 'valid_from':
      return put(person, 'valid_from', change.to)
    default:
      return put(person, change.do, change.to)
  }
}

/** What takes it back; null where it would change nothing, or cannot be taken back. */
export function inverse(world: World, change: Change): Change | null {
  if (change.do === 'create') return { do: 'delete', id: change.person.id }
  if (change.do === 'member') return { ...change, in: !change.in }
  const person = world.people.get(change.id)
  if (person === undefined) return null
  switch (change.do) {
    case 'delete':
      return { do: 'create', person: { ...person } }
    case 'phase':
      return { ...change, to: person.phase }
    case 'profile':
      return { ...change, to: person[change.field] }
    case 'valid_from':
      return { ...change, to: person.valid_from }
    default:
      return { ...change, to: person[change.do] }
  }
}

/** Effects that our requests had more than once: a second object, a second key, the same state set twice with nobody undoing it in between. */
export function duplicates(effects: readonly Effect[]): readonly string[] {
  const seen = new Map<string, number>()
  const twice = new Set<string>()
  for (const { change, by } of effects) {
    if (by === 'upstream') {
      for (const key of seen.keys()) if (key.includes(subjectOf(change))) seen.delete(key)
      continue
    }
    const key = keyOf(change)
    seen.set(key, (seen.get(key) ?? 0) + 1)
    if (seen.get(key)! > 1) twice.add(key)
  }
  return [...twice]
}

const subjectOf = (change: Change): string => (change.do === 'create' ? change.person.id : change.id)

function keyOf(change: Change): string {
  switch (change.do) {
    case 'create':
      return `create ${change.person.login}`
    case 'delete':
      return `delete ${change.id}`
    case 'member':
      return `member ${change.team} ${change.id} ${change.in}`
    case 'profile':
      return `${change.field} ${change.id} ${change.to}`
    // The instant and the new key differ each time; once is what was asked for.
    case 'valid_from':
    case 'credentials':
      return `${change.do} ${change.id}`
    default:
      return `${change.do} ${change.id} ${String(change.to)}`
  }
}

function put<Field extends keyof Person>(person: Person, field: Field, to: Person[Field]): boolean {
  if (JSON.stringify(person[field]) === JSON.stringify(to)) return false
  person[field] = to
  return true
}

const hex = (random: Random) =>
  Math.floor(random() * 4_294_967_296)
    .toString(16)
    .padStart(8, '0')

const GIVEN = ['Ada', 'Bela', 'Chloé', 'Daan', 'Eun-ji', 'Fatima', 'Göran', 'Hana']

/** Everybody is active, signed in, licensed and in a team; every team has somebody. */
function populate(people: number, random: Random): World {
  const world: World = { people: new Map(), teams: new Map() }
  for (const index of [0, 1, 2]) {
    const id = `g${index}${hex(random)}`
    world.teams.set(id, { id, name: `Team ${index}`, members: [] })
  }
  const teams = [...world.teams.values()]
  for (let index = 0; index < people; index++) {
    const id = `u${index.toString().padStart(3, '0')}${hex(random)}`
    const login = `user${index}@acme.example`
    world.people.set(id, {
      id,
      created: new Date(Date.UTC(2020, 0, 1) + index * 3_600_000).toISOString(),
      login,
      email: login,
      given: GIVEN[index % GIVEN.length]!,
      family: `Family${index}`,
      title: 'Engineer',
      phase: 'active',
      sessions: [`s${hex(random)}`, `s${hex(random)}`],
      tokens: [`t${hex(random)}`],
      credentials: [`c${hex(random)}`],
      licenses: [...SKUS],
      valid_from: new Date(Date.UTC(2026, 0, 1)).toISOString(),
    })
    // The last team holds nobody but the first person: taking them out leaves an empty one.
    const team = index === 0 ? teams[2]! : teams[index % 2]!
    team.members = [...team.members, id]
  }
  return world
}
