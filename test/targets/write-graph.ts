/** After the manner of Microsoft Graph: PATCH with 204, a revocation marker, licences in the user, `$ref` members. */
import { jsonReply } from './dialect.ts'
import {
  done,
  type Fields,
  list,
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

const FILTER = /^userPrincipalName eq '((?:[^']|'')*)'$/

export const graph: WriteDialect = {
  name: 'graph',
  hear: ({ method, path, query, body }): Want | null => {
    const [version, what, id, part, member, ref, ...more] = path
    if (version !== 'v1.0' || more.length > 0) return null
    if (what === 'me' && method === 'GET') return { what: 'me' }
    if (what === 'groups') return groups(method, id, part, member, ref, object(body))
    if (what !== 'users' || member !== undefined) return null
    if (id === undefined) return people(method, query, object(body))
    return person(method, id, part, object(body))
  },
  sayPerson: (one, status = 200) =>
    jsonReply({ '@odata.context': 'https://graph/$metadata#users/$entity', ...user(one) }, { status }),
  sayPeople: (all, { next }) => jsonReply({ ...(next === null ? {} : { '@odata.nextLink': next }), value: all.map(user) }),
  sayTeam: (team) => jsonReply(group(team)),
  sayTeams: (teams) => jsonReply({ value: teams.map(group) }),
  sayMembers: (all) => jsonReply({ value: all.map((one) => ({ '@odata.type': '#microsoft.graph.user', id: one.id })) }),
  sayHoldings: () => graph.sayError(404, 'ResourceNotFound', 'no such segment'),
  sayJob: () => graph.sayError(404, 'ResourceNotFound', 'no such segment'),
  sayError: (status, code, message) => jsonReply({ error: { code, message } }, { status }),
  sayMe: () => jsonReply({ id: 'app', role: 'admin' }),
}

function people(method: string, query: ReadonlyMap<string, string>, body: Fields): Want | null {
  if (method === 'POST') return create(body)
  if (method !== 'GET') return null
  const filter = query.get('$filter')
  if (filter === undefined)
    return { what: 'people', from: Number(query.get('$skiptoken') ?? 0), limit: Number(query.get('$top') ?? 100) }
  const login = FILTER.exec(filter)?.[1]
  return login === undefined ? null : { what: 'find', login: login.replaceAll("''", "'") }
}

function create(body: Fields): Want {
  return {
    what: 'change',
    verb: 'create',
    plan: (world, made) => {
      const login = text(body['userPrincipalName'])
      if (login === '') return refused(400, 'Request_BadRequest', 'userPrincipalName is required')
      if (loginTaken(world, login)) return refused(400, 'Request_BadRequest', 'userPrincipalName already exists')
      const one = newPerson(made, {
        login,
        given: text(body['givenName']),
        family: text(body['surname']),
        title: text(body['jobTitle']),
      })
      return done([{ do: 'create', person: one }], { say: 'person', status: 201, id: one.id })
    },
  }
}

function person(method: string, id: string, part: string | undefined, body: Fields): Want | null {
  switch (`${method} ${part ?? ''}`) {
    case 'GET ':
      return { what: 'person', id }
    case 'DELETE ':
      return onPerson('delete', id, () => done([{ do: 'delete', id }]))
    case 'PATCH ': {
      const enabled = body['accountEnabled']
      const verb = enabled === false ? 'deactivate' : enabled === true ? 'reactivate' : 'update'
      return onPerson(verb, id, () =>
        done([
          ...(typeof enabled === 'boolean' ? [{ do: 'phase', id, to: enabled ? 'active' : 'inactive' } as const] : []),
          ...profileChanges(id, { given: body['givenName'], family: body['surname'], title: body['jobTitle'] }),
        ]),
      )
    }
    case 'POST revokeSignInSessions':
      return onPerson('sessions', id, (_, { now }) =>
        done(
          [
            { do: 'valid_from', id, to: now },
            { do: 'sessions', id, to: [] },
          ],
          { say: 'value', status: 200, value: { value: true } },
        ),
      )
    case 'POST assignLicense':
      return license(id, body)
    default:
      return null
  }
}

function license(id: string, body: Fields): Want {
  const add = list(body['addLicenses']).map((one) => text(object(one)['skuId']))
  const remove = list(body['removeLicenses']).map((one) => text(one))
  return onPerson(add.length > 0 ? 'license' : 'unlicense', id, ({ licenses }) => {
    if (remove.some((sku) => !licenses.includes(sku)))
      return refused(400, 'Request_BadRequest', 'User does not have a corresponding license.')
    const to = [...licenses.filter((sku) => !remove.includes(sku) && !add.includes(sku)), ...add]
    return done([{ do: 'licenses', id, to }], { say: 'person', status: 200, id })
  })
}

function groups(
  method: string,
  id: string | undefined,
  part: string | undefined,
  member: string | undefined,
  ref: string | undefined,
  body: Fields,
): Want | null {
  if (id === undefined) return method === 'GET' ? { what: 'teams' } : null
  if (part === undefined) return method === 'GET' ? { what: 'team', id } : null
  if (part !== 'members') return null
  if (member === undefined) return method === 'GET' ? { what: 'members', id } : null
  const into = method === 'POST' && member === '$ref'
  if (!into && !(method === 'DELETE' && ref === '$ref')) return null
  const who = into ? text(body['@odata.id']).split('/').at(-1)! : member
  return {
    what: 'change',
    verb: into ? 'join' : 'leave',
    plan: (world) => {
      const team = world.teams.get(id)
      if (team === undefined) return noTeam
      if (!world.people.has(who)) return nobody
      const is_in = team.members.includes(who)
      if (into && is_in) return refused(400, 'Request_BadRequest', 'One or more added object references already exist')
      if (!into && !is_in) return refused(404, 'Request_ResourceNotFound', 'no such member')
      return done([{ do: 'member', team: id, id: who, in: into }])
    },
  }
}

function user(one: Person) {
  return {
    id: one.id,
    userPrincipalName: one.login,
    mail: one.email,
    accountEnabled: one.phase === 'active',
    givenName: one.given,
    surname: one.family,
    jobTitle: one.title,
    createdDateTime: one.created,
    externalUserState: one.phase === 'invited' ? 'PendingAcceptance' : null,
    signInSessionsValidFromDateTime: one.valid_from,
    assignedLicenses: one.licenses.map((skuId) => ({ skuId })),
  }
}

const group = (team: Team) => ({ id: team.id, displayName: team.name })
