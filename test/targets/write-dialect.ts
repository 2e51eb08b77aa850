/** How a target that can be changed hears requests and says what it has. Knows nothing of faults. */
import type { IncomingHttpHeaders } from 'node:http'
import type { Reply } from './dialect.ts'
import type { Change, Person, Team, World } from './write-world.ts'

/** What a mutating request asks for, in every dialect. Faults strike by it. */
export type Verb =
  | 'create'
  | 'update'
  | 'deactivate'
  | 'reactivate'
  | 'delete'
  | 'join'
  | 'leave'
  | 'license'
  | 'unlicense'
  | 'sessions'
  | 'tokens'
  | 'rotate'

export type Holding = 'sessions' | 'tokens' | 'credentials' | 'licenses'

export type Want =
  | { readonly what: 'me' }
  | { readonly what: 'person'; readonly id: string }
  | { readonly what: 'find'; readonly login: string }
  | { readonly what: 'people'; readonly from: number; readonly limit: number }
  | { readonly what: 'team'; readonly id: string }
  | { readonly what: 'teams' }
  | { readonly what: 'members'; readonly id: string }
  | { readonly what: 'holdings'; readonly of: Holding; readonly id: string }
  | { readonly what: 'job'; readonly id: string }
  | { readonly what: 'change'; readonly verb: Verb; readonly plan: (world: World, made: Made) => Plan }

/** What only the target can make up. */
export type Made = { readonly now: string; readonly fresh: (prefix: string) => string }

export type Plan =
  | { readonly ok: true; readonly changes: readonly Change[]; readonly say: Say }
  | { readonly ok: false; readonly status: number; readonly code: string; readonly message: string }

/** How the target says that it took it: `person` shows the object as it will be. */
export type Say =
  | { readonly say: 'empty'; readonly status: number }
  | { readonly say: 'person'; readonly status: number; readonly id: string }
  | { readonly say: 'value'; readonly status: number; readonly value: unknown }
  /** The changes come when the job is done. */
  | { readonly say: 'job' }

export type WriteDialect = {
  readonly name: string
  /** Null: a request that this target does not know. */
  readonly hear: (request: HeardWrite) => Want | null
  readonly sayPerson: (person: Person, status?: number) => Reply
  readonly sayPeople: (
    people: readonly Person[],
    page: { readonly from: number; readonly total: number; readonly next: string | null },
  ) => Reply
  readonly sayTeam: (team: Team) => Reply
  readonly sayTeams: (teams: readonly Team[]) => Reply
  readonly sayMembers: (people: readonly Person[]) => Reply
  readonly sayHoldings: (ids: readonly string[]) => Reply
  readonly sayJob: (
    job: { readonly id: string; readonly state: 'running' | 'done' | 'failed' },
    status: number,
    url: string,
  ) => Reply
  readonly sayError: (status: number, code: string, message: string) => Reply
  readonly sayMe: () => Reply
}

export type HeardWrite = {
  readonly method: string
  readonly path: readonly string[]
  readonly query: ReadonlyMap<string, string>
  readonly headers: IncomingHttpHeaders
  /** Parsed JSON; null: no body; undefined: no JSON. */
  readonly body: unknown
}

export const NO_CONTENT: Reply = { status: 204, headers: {}, body: '' }
export const nobody: Plan = { ok: false, status: 404, code: 'notFound', message: 'no such user' }
export const noTeam: Plan = { ok: false, status: 404, code: 'notFound', message: 'no such group' }

export type Fields = { readonly [field: string]: unknown }
export const object = (value: unknown): Fields =>
  value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Fields) : {}
export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
export const text = (value: unknown, otherwise = ''): string => (typeof value === 'string' ? value : otherwise)

/** A change of a person who is there; 404 for one who is not. */
export function onPerson(verb: Verb, id: string, plan: (person: Person, made: Made, world: World) => Plan): Want {
  return {
    what: 'change',
    verb,
    plan: (world, made) => {
      const person = world.people.get(id)
      return person === undefined ? nobody : plan(person, made, world)
    },
  }
}

export const done = (changes: readonly Change[], say: Say = { say: 'empty', status: 204 }): Plan => ({ ok: true, changes, say })
export const refused = (status: number, code: string, message: string): Plan => ({ ok: false, status, code, message })

export function newPerson(
  made: Made,
  of: { readonly login: string; readonly given: string; readonly family: string; readonly title: string },
): Person {
  return {
    id: made.fresh('n'),
    created: made.now,
    ...of,
    email: of.login,
    phase: 'active',
    sessions: [],
    tokens: [],
    credentials: [],
    licenses: [],
    valid_from: made.now,
  }
}

export const loginTaken = (world: World, login: string) => [...world.people.values()].some((person) => person.login === login)

/** Verbs of an update by which fields it sets: an `active` alone is a deactivation. */
export function profileChanges(id: string, given: { readonly [field in 'given' | 'family' | 'title']: unknown }): Change[] {
  return (['given', 'family', 'title'] as const).flatMap((field) => {
    const to = given[field]
    return typeof to === 'string' ? [{ do: 'profile', id, field, to } as const] : []
  })
}
