/** Does the asked-for state hold? Asked of a world, never of an answer. */
import type { Person, World } from './write-world.ts'

export type AskedFor = {
  readonly action: string
  readonly id: string | null
  readonly input: { readonly [name: string]: unknown }
}

export type Holds = { readonly [facet: string]: boolean }

/** Facet by facet, in one world. `before`: the person as they were, for what must be new. */
export function holds(world: World, asked: AskedFor, before: Person | null): Holds {
  const person = asked.id === null ? undefined : world.people.get(asked.id)
  const { input } = asked
  switch (asked.action) {
    case 'create_account': {
      const found = [...world.people.values()].filter((one) => one.login === input['userName'])
      return { account: found.length === 1 && found[0]!.phase !== 'invited', profile: found.every((one) => asGiven(one, input)) }
    }
    case 'update_account':
      return {
        profile: person !== undefined && asGiven(person, input),
        data: person !== undefined && person.title === input['title'],
      }
    case 'deactivate_account':
      return {
        account: person === undefined || person.phase === 'inactive',
        sessions: (person?.sessions.length ?? 0) === 0,
        tokens: (person?.tokens.length ?? 0) === 0,
        licenses: (person?.licenses.length ?? 0) === 0,
        groups: ![...world.teams.values()].some((team) => team.members.includes(asked.id ?? '')),
      }
    case 'reactivate_account':
      return { account: person?.phase === 'active' }
    case 'delete_account':
      return { account: person === undefined }
    case 'grant':
    case 'revoke': {
      const inside = world.teams.get(String(input['group']))?.members.includes(asked.id ?? '') ?? false
      return { groups: inside === (asked.action === 'grant') }
    }
    case 'set_license':
      return { licenses: person?.licenses.includes(String(input['sku'])) ?? false }
    case 'remove_license':
      return { licenses: !(person?.licenses.includes(String(input['sku'])) ?? false) }
    case 'revoke_sessions':
      return { sessions: (person?.sessions.length ?? 0) === 0 }
    case 'revoke_tokens':
      return { tokens: (person?.tokens.length ?? 0) === 0 }
    case 'rotate_credential':
      return {
        credential:
          person !== undefined &&
          person.credentials.length === 1 &&
          !(before?.credentials ?? []).includes(person.credentials[0]!),
      }
    default:
      throw new Error(`no truth is known for ${asked.action}`)
  }
}

/** On every replica. */
export function holdsEverywhere(worlds: readonly World[], asked: AskedFor, before: Person | null): Holds {
  const each = worlds.map((world) => holds(world, asked, before))
  return Object.fromEntries(Object.keys(each[0] ?? {}).map((facet) => [facet, each.every((one) => one[facet] === true)]))
}

function asGiven(person: Person, input: AskedFor['input']): boolean {
  const named = { givenName: person.given, familyName: person.family, title: person.title }
  return Object.entries(named).every(([name, is]) => input[name] === undefined || input[name] === is)
}
