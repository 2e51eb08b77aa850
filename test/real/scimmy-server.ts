/**
 * A real third-party SCIM 2.0 server (scimmy with scimmy-routers, both from npm) on loopback, with some people in it.
 * Its own process; the parent speaks with it over IPC. Nothing here knows Rollcall.
 *
 *   → {kind:'seed', users, groups}  {kind:'rename', user, displayName}  {kind:'hire', userName}  {kind:'leave', user}
 *     {kind:'writes', are}          `honest`; `ignored`: a PATCH is answered 200 with what was asked for, and nothing changes;
 *                                   `listed`: by id it shows, lists keep the old state
 *     {kind:'hide', every}          lists (and their totals) leave out every nth user; by id they still answer
 *     {kind:'cut', every}           lists leave out every nth user, totals stay
 *     {kind:'lose', from, to}       lists (and their totals) leave out these users: a page of them
 *   ← {kind:'ready', port}  {kind:'done'}
 */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import express from 'express'
import SCIMMY from 'scimmy'
import SCIMMYRouters from 'scimmy-routers'

type User = { id: string; userName: string; displayName: string; active: boolean; name: object; emails: object[]; meta: object }
type Group = { id: string; displayName: string; members: { value: string; type: string }[]; meta: object }
export type Order =
  | { readonly kind: 'seed'; readonly users: number; readonly groups: number }
  | { readonly kind: 'rename'; readonly user: number; readonly displayName: string }
  | { readonly kind: 'hire'; readonly userName: string }
  | { readonly kind: 'leave'; readonly user: number }
  | { readonly kind: 'hide'; readonly every: number }
  | { readonly kind: 'cut'; readonly every: number }
  | { readonly kind: 'lose'; readonly from: number; readonly to: number }
  | { readonly kind: 'writes'; readonly are: Writes }
type Writes = 'honest' | 'ignored' | 'listed'

const users: User[] = []
const groups: Group[] = []
const lies: { hide: number; cut: number; lose: [number, number]; writes: Writes } = {
  hide: 0,
  cut: 0,
  lose: [0, 0],
  writes: 'honest',
}
/** What users were before a write, for lists that are late. */
const old = new Map<string, User>()
const FIRST = ['Ada', 'Grace', 'Edsger', 'Barbara', 'Alan', 'Radia', 'Donald', 'Frances', 'Niklaus', 'Lynn']
const LAST = ['Lovelace', 'Hopper', 'Dijkstra', 'Liskov', 'Turing', 'Perlman', 'Knuth', 'Allen', 'Wirth', 'Conway']

SCIMMY.Resources.declare(SCIMMY.Resources.User, {
  egress: (resource: { id?: string; filter?: { match: (all: User[]) => User[] } }) => {
    const seen = found(resource.id === undefined ? asListed() : users, resource.id, lies.hide)
    return resource.filter === undefined || !Array.isArray(seen) ? seen : resource.filter.match(seen)
  },
  ingress: (resource: { id?: string }, data: Partial<User>) => {
    if (resource.id === undefined)
      return taken(data) ?? kept(users, { ...newUser(users.length, data.userName as string), ...given(data) })
    const user = found(users, resource.id, 0) as User
    const changed = { ...user, ...given(data), meta: { ...user.meta, lastModified: new Date().toISOString() } }
    if (lies.writes === 'ignored') return changed
    old.set(user.id, { ...user })
    return Object.assign(user, changed)
  },
  degress: (resource: { id?: string }) => {
    const user = found(users, resource.id, 0) as User
    if (lies.writes !== 'honest') return
    users.splice(users.indexOf(user), 1)
    for (const group of groups) group.members = group.members.filter((member) => member.value !== user.id)
  },
})
SCIMMY.Resources.declare(SCIMMY.Resources.Group, {
  egress: (resource: { id?: string }) => found(groups, resource.id, 0),
  ingress: (resource: { id?: string }, data: Partial<Group>) => {
    const group = found(groups, resource.id, 0) as Group
    const members = (data.members ?? []).map(({ value }) => ({ value, type: 'User' }))
    return lies.writes === 'ignored' ? { ...group, members } : Object.assign(group, { members })
  },
  degress: () => {
    throw new SCIMMY.Types.Error(501, '', 'groups of this server are not deleted over SCIM')
  },
})

const asListed = (): User[] =>
  (lies.writes === 'listed' ? users.map((user) => old.get(user.id) ?? user) : users).filter(
    (_, index) => index < lies.lose[0] || index >= lies.lose[1],
  )
/** What SCIMMY makes of an attribute that was not sent stays out. */
const given = (data: object): object =>
  Object.fromEntries(
    Object.entries(JSON.parse(JSON.stringify(data))).filter(([name]) => !['id', 'meta', 'schemas'].includes(name)),
  )
function taken(data: Partial<User>): null {
  if (users.some((user) => user.userName === data.userName)) throw new SCIMMY.Types.Error(409, 'uniqueness', 'userName is taken')
  return null
}
function kept<T>(all: T[], one: T): T {
  all.push(one)
  return one
}

function found<T extends { id: string }>(all: readonly T[], id: string | undefined, hideEvery: number): T | T[] {
  if (id === undefined) return all.filter((_, index) => hideEvery === 0 || (index + 1) % hideEvery !== 0)
  const one = all.find((item) => item.id === id)
  if (one === undefined) throw new SCIMMY.Types.Error(404, '', `Resource ${id} not found`)
  return one
}

const app = express()
app.use((request: { url: string }, response: { send: (body: unknown) => unknown }, next: () => unknown) => {
  if (lies.cut === 0 || !/\/Users(\?|$)/.test(request.url)) return next()
  const send = response.send.bind(response)
  response.send = (body: unknown) => {
    const list = typeof body === 'string' ? (JSON.parse(body) as { Resources?: unknown[] }) : (body as { Resources?: unknown[] })
    if (!Array.isArray(list?.Resources)) return send(body)
    return send(JSON.stringify({ ...list, Resources: list.Resources.filter((_, index) => (index + 1) % lies.cut !== 0) }))
  }
  next()
})
app.use(
  '/scim/v2',
  new SCIMMYRouters({
    type: 'bearer',
    docUri: 'https://example.com/help/oauth.html',
    handler: (request: { header(name: string): string | undefined }) => {
      if (request.header('Authorization') !== `Bearer ${process.env['SCIM_TOKEN']}`)
        throw new Error('Authorization not detected!')
      return 'demo'
    },
  }),
)

const server = app.listen(0, '127.0.0.1')
await once(server, 'listening')
process.on('message', (order: Order) => {
  obey(order)
  process.send?.({ kind: 'done' })
})
process.on('disconnect', () => process.exit(0))
process.send?.({ kind: 'ready', port: (server.address() as AddressInfo).port })

function obey(order: Order): void {
  switch (order.kind) {
    case 'seed':
      old.clear()
      users.splice(0, users.length, ...Array.from({ length: order.users }, (_, index) => newUser(index, nameOf(index))))
      groups.splice(0, groups.length, ...Array.from({ length: order.groups }, (_, index) => newGroup(index, order.groups)))
      return
    case 'rename':
      ;(users[order.user] as User).displayName = order.displayName
      return
    case 'hire':
      users.push(newUser(users.length, order.userName))
      return
    case 'leave': {
      const [gone] = users.splice(order.user, 1)
      for (const group of groups) group.members = group.members.filter((member) => member.value !== gone?.id)
      return
    }
    case 'hide':
      lies.hide = order.every
      return
    case 'cut':
      lies.cut = order.every
      return
    case 'lose':
      lies.lose = [order.from, order.to]
      return
    case 'writes':
      lies.writes = order.are
  }
}

function nameOf(index: number): string {
  return `${FIRST[index % 10]}.${LAST[Math.floor(index / 10) % 10]}${index}`.toLowerCase()
}

function newUser(index: number, userName: string): User {
  const givenName = FIRST[index % 10] as string
  const familyName = LAST[Math.floor(index / 10) % 10] as string
  return {
    id: `2819c223-7f76-453a-919d-${String(index).padStart(12, '0')}`,
    userName,
    displayName: `${givenName} ${familyName}`,
    active: index % 17 !== 0,
    name: { givenName, familyName },
    emails: [{ value: `${userName}@acme.example`, type: 'work', primary: true }],
    meta: { created: '2024-01-01T00:00:00.000Z', lastModified: '2024-06-01T00:00:00.000Z' },
  }
}

/** Every user is in the group of its number and in "Everyone". */
function newGroup(index: number, count: number): Group {
  const members = users.filter((_, user) => index === 0 || user % count === index)
  return {
    id: `e9e30dba-f08f-4109-8486-${String(index).padStart(12, '0')}`,
    displayName: index === 0 ? 'Everyone' : `Team ${index}`,
    members: members.map((user) => ({ value: user.id, type: 'User' })),
    meta: { created: '2024-01-01T00:00:00.000Z', lastModified: '2024-06-01T00:00:00.000Z' },
  }
}
