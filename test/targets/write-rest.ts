/** After the manner of Okta: lifecycle POSTs, PUT and DELETE of members, a delete in two steps, lists of sessions and tokens, jobs. */
import { jsonReply } from './dialect.ts'
import {
  done,
  type Fields,
  type Holding,
  loginTaken,
  newPerson,
  nobody,
  noTeam,
  object,
  onPerson,
  profileChanges,
  refused,
  text,
  type Want,
  type WriteDialect,
} from './write-dialect.ts'
import type { Person, Team } from './write-world.ts'

const SEARCH = /^profile\.login eq "([^"]*)"$/
const STATUS = { invited: 'PROVISIONED', active: 'ACTIVE', inactive: 'DEPROVISIONED' } as const

export const rest: WriteDialect = {
  name: 'rest',
  hear: ({ method, path, query, body }): Want | null => {
    const [api, version, ...below] = path
    if (api !== 'api' || version !== 'v1') return null
    const [what, id, part, last, ...more] = below
    if (more.length > 0) return null
    if (what === 'me' && method === 'GET') return { what: 'me' }
    if (what === 'jobs' && id !== undefined && method === 'GET') return { what: 'job', id }
    if (what === 'groups') return groups(method, id, part, last)
    if (what !== 'users') return null
    if (id === undefined) return people(method, query, object(body))
    return person(method, id, part, last, object(body))
  },
  sayPerson: (one, status = 200) => jsonReply(user(one), { status }),
  sayPeople: (all, { next }) => jsonReply(all.map(user), next === null ? {} : { headers: { link: `<${next}>; rel="next"` } }),
  sayTeam: (team) => jsonReply(group(team)),
  sayTeams: (teams) => jsonReply(teams.map(group)),
  sayMembers: (all) => jsonReply(all.map(user)),
  sayHoldings: (ids) => jsonReply(ids.map((id) => ({ id }))),
  sayJob: ({ id, state }, status, url) => jsonReply({ id, status: state.toUpperCase() }, { status, headers: { location: url } }),
  sayError: (status, code, message) => jsonReply({ errorCode: code, errorSummary: message, errorCauses: [] }, { status }),
  sayMe: () => jsonReply({ role: 'admin' }),
}

function people(method: string, query: ReadonlyMap<string, string>, body: Fields): Want | null {
  if (method === 'POST') return create(object(body['profile']))
  if (method !== 'GET') return null
  const search = query.get('search')
  if (search === undefined)
    return { what: 'people', from: Number(query.get('after') ?? 0), limit: Number(query.get('limit') ?? 100) }
  const login = SEARCH.exec(search)?.[1]
  return login === undefined ? null : { what: 'find', login }
}

function create(profile: Fields): Want {
  return {
    what: 'change',
    verb: 'create',
    plan: (world, made) => {
      const login = text(profile['login'])
      if (login === '') return refused(400, 'E0000001', 'login: The field cannot be left blank')
      if (loginTaken(world, login)) return refused(400, 'E0000001', 'login: An object with this field already exists')
      const made_person = newPerson(made, {
        login,
        given: text(profile['firstName']),
        family: text(profile['lastName']),
        title: text(profile['title']),
      })
      return done([{ do: 'create', person: made_person }], { say: 'person', status: 200, id: made_person.id })
    },
  }
}

function person(method: string, id: string, part: string | undefined, last: string | undefined, body: Fields): Want | null {
  switch (`${method} ${part ?? ''}`) {
    case 'GET ':
      return { what: 'person', id }
    case 'POST ':
      return onPerson('update', id, () =>
        done(profileChanges(id, named(object(body['profile']))), { say: 'person', status: 200, id }),
      )
    case 'DELETE ':
      // The first DELETE deactivates, the second deletes.
      return onPerson('delete', id, ({ phase }) =>
        done([phase === 'inactive' ? { do: 'delete', id } : { do: 'phase', id, to: 'inactive' }]),
      )
    case 'POST lifecycle':
      return lifecycle(id, last)
    case 'GET sessions':
    case 'GET tokens':
    case 'GET credentials':
    case 'GET licenses':
      return last === undefined ? { what: 'holdings', of: part as Holding, id } : null
    case 'DELETE sessions':
      return onPerson('sessions', id, () => done([{ do: 'sessions', id, to: [] }]))
    case 'POST tokens':
      return last === 'revoke' ? onPerson('tokens', id, () => done([{ do: 'tokens', id, to: [] }], { say: 'job' })) : null
    case 'POST credentials':
      return onPerson('rotate', id, ({ credentials }, made) => {
        const key = made.fresh('c')
        // The newest alone is valid; what is asked for is one new key.
        return done([{ do: 'credentials', id, to: [key] }], {
          say: 'value',
          status: 201,
          value: { id: key, replaced: credentials.length },
        })
      })
    case 'PUT licenses':
      return last === undefined ? null : license(id, last, true)
    case 'DELETE licenses':
      return last === undefined
        ? onPerson('unlicense', id, () => done([{ do: 'licenses', id, to: [] }]))
        : license(id, last, false)
    default:
      return null
  }
}

const named = (profile: Fields) => ({ given: profile['firstName'], family: profile['lastName'], title: profile['title'] })

function lifecycle(id: string, to: string | undefined): Want | null {
  if (to === 'deactivate') {
    return onPerson('deactivate', id, () => done([{ do: 'phase', id, to: 'inactive' }], { say: 'value', status: 200, value: {} }))
  }
  if (to !== 'activate') return null
  return onPerson('reactivate', id, ({ phase }) =>
    phase === 'active'
      ? refused(403, 'E0000016', 'Activation failed because the user is already active')
      : done([{ do: 'phase', id, to: 'active' }], { say: 'value', status: 200, value: {} }),
  )
}

function license(id: string, sku: string, held: boolean): Want {
  return onPerson(held ? 'license' : 'unlicense', id, ({ licenses }) => {
    if (!held && !licenses.includes(sku)) return refused(404, 'E0000007', 'Not found: license')
    const others = licenses.filter((one) => one !== sku)
    return done([{ do: 'licenses', id, to: held ? [...others, sku] : others }])
  })
}

function groups(method: string, id: string | undefined, part: string | undefined, member: string | undefined): Want | null {
  if (id === undefined) return method === 'GET' ? { what: 'teams' } : null
  if (part === undefined) return method === 'GET' ? { what: 'team', id } : null
  if (part !== 'users') return null
  if (member === undefined) return method === 'GET' ? { what: 'members', id } : null
  if (method !== 'PUT' && method !== 'DELETE') return null
  return {
    what: 'change',
    verb: method === 'PUT' ? 'join' : 'leave',
    plan: (world) => {
      const team = world.teams.get(id)
      if (team === undefined) return noTeam
      if (!world.people.has(member)) return nobody
      if (method === 'DELETE' && !team.members.includes(member)) return refused(404, 'E0000007', 'Not found: member')
      return done([{ do: 'member', team: id, id: member, in: method === 'PUT' }])
    },
  }
}

function user(one: Person) {
  return {
    id: one.id,
    status: STATUS[one.phase],
    created: one.created,
    profile: { login: one.login, email: one.email, firstName: one.given, lastName: one.family, title: one.title },
  }
}

const group = (team: Team) => ({ id: team.id, profile: { name: team.name } })
