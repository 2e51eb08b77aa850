/** RFC 7644 §3.3–3.5: POST, PUT, PATCH, DELETE of users; members by PATCH of the group; 204 without a body. */
import { jsonReply } from './dialect.ts'
import {
  done,
  type Fields,
  list,
  loginTaken,
  newPerson,
  noTeam,
  object,
  onPerson,
  profileChanges,
  refused,
  text,
  type Verb,
  type Want,
  type WriteDialect,
} from './write-dialect.ts'
import type { Change, Person, Team } from './write-world.ts'

const type = 'application/scim+json'
const FILTER = /^userName eq "([^"]*)"$/
const MEMBER = /^members\[value eq "([^"]*)"\]$/

export const scim: WriteDialect = {
  name: 'scim',
  hear: ({ method, path, query, body }): Want | null => {
    const [root, version, resource, id, ...rest] = path
    if (root !== 'scim' || version !== 'v2' || rest.length > 0) return null
    if (resource === 'Me' && method === 'GET') return { what: 'me' }
    if (resource === 'Users') return users(method, id, query, body)
    if (resource === 'Groups') return groups(method, id, body)
    return null
  },
  sayPerson: (person, status = 200) => jsonReply(user(person), { status, type }),
  sayPeople: (people, { from, total }) => listed(people.map(user), from, total),
  sayTeam: (team) => jsonReply(group(team), { type }),
  sayTeams: (teams) => listed(teams.map(group), 0, teams.length),
  sayMembers: (people) => listed(people.map(user), 0, people.length),
  sayHoldings: () => scim.sayError(404, 'notFound', 'no such endpoint'),
  sayJob: () => scim.sayError(404, 'notFound', 'no such endpoint'),
  sayError: (status, code, detail) =>
    jsonReply(
      { schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'], status: String(status), scimType: code, detail },
      { status, type },
    ),
  sayMe: () => jsonReply({ role: 'admin' }, { type }),
}

function users(method: string, id: string | undefined, query: ReadonlyMap<string, string>, body: unknown): Want | null {
  if (id === undefined && method === 'POST') return create(object(body))
  if (id === undefined) {
    const filter = query.get('filter')
    if (method !== 'GET') return null
    if (filter === undefined)
      return { what: 'people', from: Number(query.get('startIndex') ?? 1) - 1, limit: Number(query.get('count') ?? 100) }
    const login = FILTER.exec(filter)?.[1]
    return login === undefined ? null : { what: 'find', login }
  }
  switch (method) {
    case 'GET':
      return { what: 'person', id }
    case 'DELETE':
      return onPerson('delete', id, () => done([{ do: 'delete', id }]))
    case 'PUT':
      return update(id, object(body), true)
    case 'PATCH':
      return update(id, patched(object(body)), false)
    default:
      return null
  }
}

/** `replace` with and without a path; attribute names as in the resource. */
function patched(body: Fields): Fields {
  const set: { [path: string]: unknown } = {}
  for (const operation of list(body['Operations']).map(object)) {
    if (text(operation['op']).toLowerCase() !== 'replace') continue
    if (operation['path'] === undefined) Object.assign(set, operation['value'])
    else set[text(operation['path'])] = operation['value']
  }
  return set
}

function update(id: string, given: Fields, whole: boolean): Want {
  const name = object(given['name'])
  const active = given['active']
  const wanted = {
    given: name['givenName'] ?? given['name.givenName'],
    family: name['familyName'] ?? given['name.familyName'],
    // PUT: an attribute that is not there is cleared (RFC 7644 §3.5.1).
    title: given['title'] ?? (whole ? '' : undefined),
  }
  const changes: Change[] = [
    ...(typeof active === 'boolean' ? [{ do: 'phase', id, to: active ? 'active' : 'inactive' } as const] : []),
    ...profileChanges(id, wanted),
  ]
  const verb: Verb = active === false ? 'deactivate' : active === true && !whole ? 'reactivate' : 'update'
  return onPerson(verb, id, () => done(changes, whole ? { say: 'person', status: 200, id } : { say: 'empty', status: 204 }))
}

function create(given: Fields): Want {
  const name = object(given['name'])
  return {
    what: 'change',
    verb: 'create',
    plan: (world, made) => {
      const login = text(given['userName'])
      if (login === '') return refused(400, 'invalidValue', 'userName is required')
      if (loginTaken(world, login)) return refused(409, 'uniqueness', 'userName is taken')
      const person = newPerson(made, {
        login,
        given: text(name['givenName']),
        family: text(name['familyName']),
        title: text(given['title']),
      })
      return done([{ do: 'create', person }], { say: 'person', status: 201, id: person.id })
    },
  }
}

function groups(method: string, id: string | undefined, body: unknown): Want | null {
  if (method === 'GET') return id === undefined ? { what: 'teams' } : { what: 'team', id }
  if (method !== 'PATCH' || id === undefined) return null
  const operation = object(list(object(body)['Operations'])[0])
  const into = text(operation['op']).toLowerCase() === 'add'
  const member = into ? text(object(list(operation['value'])[0])['value']) : MEMBER.exec(text(operation['path']))?.[1]
  if (member === undefined || member === '') return null
  return {
    what: 'change',
    verb: into ? 'join' : 'leave',
    plan: (world) => {
      if (!world.teams.has(id)) return noTeam
      if (into && !world.people.has(member)) return refused(400, 'invalidValue', 'no such member')
      return done([{ do: 'member', team: id, id: member, in: into }])
    },
  }
}

function listed(Resources: readonly unknown[], from: number, totalResults: number) {
  return jsonReply(
    {
      schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
      totalResults,
      startIndex: from + 1,
      itemsPerPage: Resources.length,
      Resources,
    },
    { type },
  )
}

function user(person: Person) {
  return {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
    id: person.id,
    userName: person.login,
    active: person.phase === 'active',
    name: { givenName: person.given, familyName: person.family },
    emails: [{ value: person.email, primary: true }],
    ...(person.title === '' ? {} : { title: person.title }),
    meta: { resourceType: 'User', created: person.created },
  }
}

function group(team: Team) {
  return {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'],
    id: team.id,
    displayName: team.name,
    ...(team.members.length === 0 ? {} : { members: team.members.map((value) => ({ value, type: 'User' })) }),
    meta: { resourceType: 'Group' },
  }
}
