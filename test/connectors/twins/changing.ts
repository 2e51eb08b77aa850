/**
 * Vendors whose people can be changed: the twins of reading, with a small world laid over what a change touches. Each world keeps what it
 * is told, or (`ignored`) answers every change as the vendor answers a success and keeps nothing.
 */
import type { Asked } from '../official.ts'
import type { Endpoint, Params, Reply, Values, Vendor } from '../twin.ts'

export type Person = {
  readonly id: string
  name: string
  active: boolean
  /** Fields of the profile, in the vendor's words. */
  profile: { [field: string]: unknown }
  readonly holds: { readonly [kind in Kind]: Set<string> }
  sessions_valid_from: string
}
type Kind = 'groups' | 'apps' | 'roles' | 'licenses' | 'tokens' | 'credentials'

export type World = {
  readonly people: Map<string, Person>
  readonly log: { readonly type: string; readonly id: string; readonly at: string }[]
  readonly keeps: boolean
}
export type Changing = { readonly vendor: Vendor; readonly world: World }
export type Answers = 'honest' | 'ignored'

const OLD = '2026-01-01T00:00:00Z'
export const SKU = 'c42b9cae-ea4f-4ab7-9717-81576235ccac'

function newWorld(answers: Answers, ids: readonly string[], nameOf: (id: string) => string, groups: readonly string[]): World {
  const people = ids.map((id, index): [string, Person] => [
    id,
    {
      id,
      name: nameOf(id),
      active: true,
      profile: {},
      // The third of them holds everything; what a control shows is somebody else's.
      holds: {
        groups: new Set(index === 2 || index === 1 ? groups.slice(0, 1) : []),
        apps: new Set(index === 2 || index === 1 ? ['0oa1'] : []),
        roles: new Set(index === 2 || index === 1 ? ['assignment-1'] : []),
        licenses: new Set(index === 2 || index === 1 ? [SKU] : []),
        tokens: new Set(index === 2 || index === 1 ? ['client-1'] : []),
        credentials: new Set(index === 2 || index === 1 ? ['12'] : []),
      },
      sessions_valid_from: OLD,
    },
  ])
  return {
    people: new Map(people),
    log: people.map(([id]) => ({ type: 'user.session.clear', id, at: OLD })),
    keeps: answers === 'honest',
  }
}

/** The runtime's waits pass at once, so its clock is ahead of the wall's. */
const soon = (): string => new Date(Date.now() + 3_600_000).toISOString()
const NOTHING: Reply = { status: 204, body: undefined }
const MISSING: Reply = { status: 404, body: { error: { code: 'NotFound' } } }

type Change = (person: Person, params: Params, asked: Asked) => void
const holding = (world: World, kind: Kind, what: string | undefined): readonly Person[] =>
  [...world.people.values()].filter((person) => person.holds[kind].has(what ?? ''))
const bodyOf = (asked: Asked): Values => (asked.body === '' ? {} : (JSON.parse(asked.body) as Values))

/** An endpoint that changes the person whom `{id}` names, by id or by name. */
function changes(
  world: World,
  at: { readonly host: string; readonly path: string },
  method: Asked['method'],
  change: Change,
  reply = NOTHING,
): Endpoint {
  return {
    ...at,
    method,
    answer: (asked, params) => {
      const person = personOf(world, params['id'])
      if (person === null) return MISSING
      if (world.keeps) change(person, params, asked)
      return reply
    },
  }
}
const personOf = (world: World, key: string | undefined): Person | null =>
  world.people.get(key ?? '') ?? [...world.people.values()].find((one) => one.name === key) ?? null
const gives =
  (kind: Kind, param: string): Change =>
  (person, params) =>
    person.holds[kind].add(params[param] ?? '')
const takes =
  (kind: Kind, param: string): Change =>
  (person, params) =>
    person.holds[kind].delete(params[param] ?? '')
const one = (world: World, row: (person: Person) => Values) => (params: Params) => {
  const person = personOf(world, params['id'])
  return person === null ? null : row(person)
}
const named = (ids: Iterable<string>, key = 'id') => [...ids].map((id) => ({ [key]: id }))

// ---------------------------------------------------------------- Okta

export function changingOkta(base: Vendor, answers: Answers): Changing {
  const world = newWorld(answers, ['00u0', '00u1', '00u2', '00u3'], (id) => `${id}@acme.example`, ['00g0', '00g1'])
  const at = (path: string) => ({ host: 'acme.okta.com', path: `/api/v1${path}` })
  const row = (person: Person) => ({
    id: person.id,
    status: person.active ? 'ACTIVE' : 'DEPROVISIONED',
    profile: { login: person.name, ...person.profile },
  })
  const rows = () => [...world.people.values()].map(row)
  const change = (path: string, method: Asked['method'], does: Change, reply?: Reply) =>
    changes(world, at(path), method, does, reply)
  const clear: Change = (person, _, { query }) => {
    world.log.push({ type: 'user.session.clear', id: person.id, at: soon() })
    if (query.get('oauthTokens') === 'true') person.holds.tokens.clear()
  }
  const endpoints: readonly Endpoint[] = [
    {
      ...at('/users'),
      at: '',
      list: (_, query) => {
        const [, field, value] = /^(id|profile\.login) eq "(.*)"$/.exec(query.get('filter') ?? '') ?? []
        return rows().filter((one) => field === undefined || (field === 'id' ? one.id : one.profile.login) === value)
      },
    },
    {
      ...at('/users'),
      method: 'POST',
      answer: (asked) => {
        const { profile } = bodyOf(asked) as { profile: { login: string } }
        const made = newWorld('honest', [`00u${world.people.size}`], () => profile.login, [])
          .people.values()
          .next().value as Person
        made.profile = profile
        if (world.keeps) world.people.set(made.id, made)
        return { body: row(made) }
      },
    },
    { ...at('/users/{id}'), one: one(world, row) },
    change('/users/{id}', 'POST', (person, _, asked) => Object.assign(person.profile, bodyOf(asked)['profile']), { body: {} }),
    // In two steps, and with the same answer.
    change('/users/{id}', 'DELETE', (person) =>
      person.active ? Object.assign(person, { active: false }) : world.people.delete(person.id),
    ),
    change('/users/{id}/lifecycle/deactivate', 'POST', (person) => Object.assign(person, { active: false }), { body: {} }),
    change('/users/{id}/sessions', 'DELETE', clear),
    change('/users/{id}/grants', 'DELETE', (person) => person.holds.tokens.clear()),
    { ...at('/users/{id}/clients'), at: '', list: ({ id }) => named(personOf(world, id)?.holds.tokens ?? [], 'client_id') },
    {
      ...at('/logs'),
      at: '',
      list: (_, query) =>
        world.log
          .filter((entry) => query.get('filter')?.includes(`target.id eq "${entry.id}"`))
          .toReversed()
          .map((entry) => ({
            eventType: entry.type,
            published: entry.at,
            target: [{ id: entry.id }],
            outcome: { result: 'SUCCESS' },
          })),
    },
    { ...at('/users/{id}/groups'), at: '', list: ({ id }) => named(personOf(world, id)?.holds.groups ?? []) },
    { ...at('/groups/{group}/users'), at: '', list: ({ group }) => holding(world, 'groups', group).map(row) },
    change('/groups/{group}/users/{id}', 'PUT', gives('groups', 'group')),
    change('/groups/{group}/users/{id}', 'DELETE', takes('groups', 'group')),
    {
      ...at('/apps/{app}/users'),
      at: '',
      list: ({ app }) => holding(world, 'apps', app).map(({ id }) => ({ id, scope: 'USER' })),
    },
    change('/apps/{app}/users/{id}', 'DELETE', takes('apps', 'app')),
    { ...at('/users/{id}/roles'), at: '', list: ({ id }) => named(personOf(world, id)?.holds.roles ?? []) },
    change('/users/{id}/roles/{role}', 'DELETE', takes('roles', 'role')),
  ]
  return {
    world,
    vendor: {
      ...base,
      endpoints: [base.endpoints.find(({ path }) => path.endsWith('/users/me')) as Endpoint, ...endpoints, ...base.endpoints],
    },
  }
}

// ---------------------------------------------------------------- Entra

export function changingGraph(base: Vendor, answers: Answers): Changing {
  const world = newWorld(answers, ['u0', 'u1', 'u2', 'u3'], (id) => `${id}@acme.example`, ['g0', 'g1'])
  const at = (path: string) => ({ host: 'graph.microsoft.com', path: `/v1.0${path}` })
  const row = (person: Person) => ({
    id: person.id,
    userPrincipalName: person.name,
    accountEnabled: person.active,
    signInSessionsValidFromDateTime: person.sessions_valid_from,
    assignedLicenses: named(person.holds.licenses, 'skuId'),
    ...person.profile,
  })
  const change = (path: string, method: Asked['method'], does: Change, reply?: Reply) =>
    changes(world, at(path), method, does, reply)
  const member = (id: string) => ({ '@odata.type': '#microsoft.graph.user', id })
  const endpoints: readonly Endpoint[] = [
    {
      ...at('/users'),
      at: 'value',
      list: (_, query) => {
        const [, id] = /^id eq '(.*)'$/.exec(query.get('$filter') ?? '') ?? []
        return [...world.people.values()].filter((person) => id === undefined || person.id === id).map(row)
      },
    },
    { ...at('/users/{id}'), one: one(world, row) },
    change('/users/{id}', 'PATCH', (person, _, asked) => {
      const { accountEnabled, '@odata.type': _type, ...profile } = bodyOf(asked)
      if (typeof accountEnabled === 'boolean') person.active = accountEnabled
      Object.assign(person.profile, profile)
    }),
    change('/users/{id}', 'DELETE', (person) => world.people.delete(person.id)),
    change(
      '/users/{id}/microsoft.graph.revokeSignInSessions',
      'POST',
      (person) => Object.assign(person, { sessions_valid_from: soon() }),
      {
        body: { value: true },
      },
    ),
    change(
      '/users/{id}/microsoft.graph.assignLicense',
      'POST',
      ({ holds }, _, asked) => {
        const { addLicenses, removeLicenses } = bodyOf(asked) as { addLicenses: { skuId: string }[]; removeLicenses: string[] }
        for (const { skuId } of addLicenses) holds.licenses.add(skuId)
        for (const skuId of removeLicenses) holds.licenses.delete(skuId)
      },
      { body: {} },
    ),
    {
      ...at('/users/{id}/licenseDetails'),
      at: 'value',
      list: ({ id }) => named(personOf(world, id)?.holds.licenses ?? [], 'skuId'),
    },
    { ...at('/users/{id}/memberOf'), at: 'value', list: ({ id }) => named(personOf(world, id)?.holds.groups ?? []) },
    {
      ...at('/groups/{group}/members'),
      at: 'value',
      list: ({ group }) => holding(world, 'groups', group).map(({ id }) => member(id)),
    },
    {
      ...at('/groups/{group}/members/$ref'),
      method: 'POST',
      answer: (asked, { group = '' }) => {
        const id = String(bodyOf(asked)['@odata.id']).split('/').at(-1)
        if (world.keeps) personOf(world, id)?.holds.groups.add(group)
        return NOTHING
      },
    },
    change('/groups/{group}/members/{id}/$ref', 'DELETE', takes('groups', 'group')),
    { ...at('/users/{id}/appRoleAssignments'), at: 'value', list: ({ id }) => named(personOf(world, id)?.holds.roles ?? []) },
    change('/users/{id}/appRoleAssignments/{role}', 'DELETE', takes('roles', 'role')),
  ]
  return { world, vendor: { ...base, endpoints: [...endpoints, ...base.endpoints] } }
}

// ---------------------------------------------------------------- Google

export function changingGoogle(base: Vendor, answers: Answers): Changing {
  const world = newWorld(answers, ['100', '101', '102', '103'], (id) => `u${id.at(-1)}@acme.example`, ['g0', 'g1'])
  const at = (path: string) => ({ host: 'admin.googleapis.com', path: `/admin/directory/v1${path}` })
  const seats = (path: string) => ({
    host: 'licensing.googleapis.com',
    path: `/apps/licensing/v1/product/{product}/sku/{sku}${path}`,
  })
  const row = (person: Person) => ({
    id: person.id,
    primaryEmail: person.name,
    suspended: !person.active,
    archived: false,
    isGuestUser: false,
    isAdmin: person.id === '100',
    ...person.profile,
  })
  const seat = ({ name }: Person) => ({ userId: name, skuId: SKU, productId: 'Google-Apps' })
  const memberRow = ({ id, name }: Person) => ({ id, email: name, role: 'MEMBER', type: 'USER' })
  const change = (path: string, method: Asked['method'], does: Change, reply?: Reply) =>
    changes(world, at(path), method, does, reply)
  const add = (kind: Kind, key: string, param: string) => (asked: Asked, params: Params) => {
    const person = personOf(world, String(bodyOf(asked)[key]))
    if (person === null) return MISSING
    if (world.keeps) person.holds[kind].add(params[param] ?? '')
    return { body: bodyOf(asked) }
  }
  const endpoints: readonly Endpoint[] = [
    {
      ...at('/users'),
      at: 'users',
      list: (_, query) => {
        const rows = [...world.people.values()].map(row)
        return query.get('sortOrder') === 'DESCENDING' ? rows.toReversed() : rows
      },
      when: () => true,
    },
    { ...at('/users/{id}'), one: one(world, row) },
    change(
      '/users/{id}',
      'PUT',
      (person, _, asked) => {
        const { suspended, ...profile } = bodyOf(asked)
        if (typeof suspended === 'boolean') person.active = !suspended
        Object.assign(person.profile, profile)
      },
      { body: {} },
    ),
    change('/users/{id}', 'DELETE', (person) => world.people.delete(person.id)),
    change('/users/{id}/signOut', 'POST', () => undefined),
    { ...at('/users/{id}/tokens'), at: 'items', list: ({ id }) => named(personOf(world, id)?.holds.tokens ?? [], 'clientId') },
    change('/users/{id}/tokens/{client}', 'DELETE', takes('tokens', 'client')),
    {
      ...at('/users/{id}/asps'),
      at: 'items',
      list: ({ id }) =>
        [...(personOf(world, id)?.holds.credentials ?? [])].map((code) => ({
          codeId: Number(code),
          creationTime: '1700000000',
          lastTimeUsed: '0',
        })),
    },
    change('/users/{id}/asps/{code}', 'DELETE', takes('credentials', 'code')),
    {
      ...at('/groups'),
      at: 'groups',
      list: (_, query) =>
        named(query.has('userKey') ? (personOf(world, query.get('userKey') ?? '')?.holds.groups ?? []) : ['g0', 'g1', 'g2']),
    },
    {
      ...at('/customer/{customer}/roleassignments'),
      at: 'items',
      list: (_, query) =>
        [...world.people.values()]
          .filter((person) => !query.has('userKey') || person === personOf(world, query.get('userKey') ?? ''))
          .flatMap((person) =>
            [...person.holds.roles].map((role) => ({
              roleAssignmentId: `${role}-${person.id}`,
              assignedTo: person.id,
              roleId: '301',
              assigneeType: 'user',
            })),
          ),
    },
    {
      ...at('/customer/{customer}/roleassignments/{assignment}'),
      method: 'DELETE',
      answer: (_, { assignment = '' }) => {
        const found = [...world.people.values()].find((person) => assignment === `assignment-1-${person.id}`)
        if (found === undefined) return MISSING
        if (world.keeps) found.holds.roles.clear()
        return NOTHING
      },
    },
    {
      host: 'licensing.googleapis.com',
      path: '/apps/licensing/v1/product/{product}/users',
      at: 'items',
      list: () => holding(world, 'licenses', SKU).map(seat),
    },
    { ...at('/groups/{group}/members'), at: 'members', list: ({ group }) => holding(world, 'groups', group).map(memberRow) },
    { ...at('/groups/{group}/members'), method: 'POST', answer: add('groups', 'id', 'group') },
    {
      ...at('/groups/{group}/members/{id}'),
      one: ({ group = '', id }) => {
        const person = personOf(world, id)
        return person?.holds.groups.has(group) ? memberRow(person) : null
      },
    },
    change('/groups/{group}/members/{id}', 'DELETE', takes('groups', 'group')),
    { ...seats('/users'), at: 'items', list: ({ sku }) => holding(world, 'licenses', sku).map(seat) },
    { ...seats('/user'), method: 'POST', answer: add('licenses', 'userId', 'sku') },
    {
      ...seats('/user/{id}'),
      one: ({ sku = '', id }) => {
        const person = personOf(world, id)
        return person?.holds.licenses.has(sku) ? seat(person) : null
      },
    },
    changes(world, seats('/user/{id}'), 'DELETE', takes('licenses', 'sku'), { body: {} }),
  ]
  return { world, vendor: { ...base, endpoints: [...endpoints, ...base.endpoints] } }
}

// ---------------------------------------------------------------- GitHub

export function changingGithub(base: Vendor, answers: Answers): Changing {
  const world = newWorld(answers, ['101', '102', '103', '104'], (id) => `person-${id}`, ['201', '202'])
  const at = (path: string) => ({ host: 'api.github.com', path })
  const org = (path: string) => at(`/orgs/acme${path}`)
  const row = ({ id, name }: Person) => ({ id: Number(id), login: name, type: 'User', node_id: `node-${id}` })
  const people = () => [...world.people.values()]
  // Who leaves the organisation is a user of GitHub all the same.
  const everybody = people().map(row)
  // Revoked apart from the membership: who is out keeps what was authorised until somebody takes it back.
  let authorised = ['102', '103'].map((id) => ({ id: Number(id) - 91, login: `person-${id}` }))
  const membership = (person: Person) => ({
    state: 'active',
    role: person.id === '101' ? 'admin' : (person.profile['role'] ?? 'member'),
    user: row(person),
  })
  const invited = new Set<string>()
  const pending = (login: string) => ({ state: 'pending', role: 'member', user: { id: 900, login, type: 'User' } })
  const endpoints: readonly Endpoint[] = [
    { ...at('/user'), one: () => everybody[0] ?? null },
    { ...at('/user/{id}'), one: ({ id }) => everybody.find((user) => String(user.id) === id) ?? null },
    {
      ...org('/members'),
      at: '',
      list: (_, query) =>
        people()
          .filter((person) => !query.has('role') || membership(person).role === query.get('role'))
          .map(row),
    },
    {
      ...org('/memberships/{id}'),
      one: ({ id = '' }) => one(world, membership)({ id }) ?? (invited.has(id) ? pending(id) : null),
    },
    {
      ...org('/memberships/{id}'),
      method: 'PUT',
      answer: (asked, { id }) => {
        const person = personOf(world, id)
        if (person === null) {
          if (world.keeps) invited.add(id ?? '')
          return { body: pending(id ?? '') }
        }
        if (world.keeps) person.profile['role'] = bodyOf(asked)['role']
        return { body: { state: 'active', role: bodyOf(asked)['role'] } }
      },
    },
    changes(world, org('/memberships/{id}'), 'DELETE', (person) => world.people.delete(person.id)),
    {
      ...org('/teams/{slug}/members'),
      at: '',
      list: ({ slug }) =>
        holding(world, 'groups', slug === 'all-hands' ? '201' : slug).map((person) => ({
          ...row(person),
          role: 'member',
          inherited: false,
        })),
    },
    {
      ...org('/organization-roles/{role}/users'),
      at: '',
      // The first owner holds every role, whoever else does.
      list: ({ role }) =>
        people()
          .filter((person) => person.id === '101' || (role === '301' && person.holds.roles.size > 0))
          .map((person) => ({ ...row(person), assignment: 'direct' })),
    },
    changes(world, org('/organization-roles/users/{id}/{role}'), 'DELETE', (person) => person.holds.roles.clear()),
    {
      ...org('/credential-authorizations'),
      at: '',
      list: (_, query) =>
        authorised
          .filter(({ login }) => !query.has('login') || login === query.get('login'))
          .map(({ id, login }) => ({ credential_id: id, login })),
    },
    {
      ...org('/credential-authorizations/{id}/revoke'),
      method: 'POST',
      answer: (_, { id }) => {
        if (world.keeps) authorised = authorised.filter(({ login }) => login !== id)
        return { status: 202, body: {} }
      },
    },
    { ...at('/teams/{team}/members'), at: '', list: ({ team }) => holding(world, 'groups', team).map(row) },
    {
      ...at('/teams/{team}/memberships/{id}'),
      one: ({ team = '', id }) => (personOf(world, id)?.holds.groups.has(team) ? { state: 'active', role: 'member' } : null),
    },
    changes(world, at('/teams/{team}/memberships/{id}'), 'PUT', gives('groups', 'team'), {
      body: { state: 'active', role: 'member' },
    }),
    changes(world, at('/teams/{team}/memberships/{id}'), 'DELETE', takes('groups', 'team')),
    {
      ...org('/copilot/billing/seats'),
      at: 'seats',
      list: () => holding(world, 'licenses', SKU).map((person) => ({ assignee: row(person), pending_cancellation_date: null })),
    },
    ...(['POST', 'DELETE'] as const).map(
      (method): Endpoint => ({
        ...org('/copilot/billing/selected_users'),
        method,
        answer: (asked) => {
          const [name] = (bodyOf(asked) as { selected_usernames: string[] }).selected_usernames
          const licenses = personOf(world, name)?.holds.licenses
          if (world.keeps) method === 'POST' ? licenses?.add(SKU) : licenses?.delete(SKU)
          return { status: method === 'POST' ? 201 : 200, body: {} }
        },
      }),
    ),
  ]
  const described = {
    ...base.elsewhere,
    'GET /user/{id}': 'https://docs.github.com/en/rest/users/users#get-a-user-using-their-id',
  }
  return { world, vendor: { ...base, endpoints: [...endpoints, ...base.endpoints], elsewhere: described } }
}
