/** Seeded ground truth: who is really there. The fake targets show it, more or less; the tests compare with it. */

export type User = {
  /** Place in the target's own order; lists are ascending. */
  readonly ord: number
  readonly id: string
  login: string
  given: string
  family: string
  email: string
  title: string
  active: boolean
  readonly created: string
}

export type Group = { readonly ord: number; readonly id: string; name: string; readonly members: string[] }

export type IdStyle = 'prefixed' | 'integer' | 'big_integer' | 'base62' | 'uuid'

export type Population = { readonly users: User[]; readonly groups: Group[]; readonly ids: IdStyle; readonly random: Random }

/** Next number in [0, 1). */
export type Random = () => number

export type PopulationOptions = { readonly n: number; readonly seed: number; readonly ids: IdStyle; readonly groups?: number }

/** Every user is in one group at least, every tenth in a second one; the last group is empty. */
export function population({ n, seed, ids, groups = 10 }: PopulationOptions): Population {
  const random = seeded(seed)
  const made: Population = { users: [], groups: [], ids, random }
  for (let index = 0; index < groups; index++) {
    made.groups.push({ ord: index + 1, id: newId(made, 5_000 + index), name: `Group ${index}`, members: [] })
  }
  for (let index = 0; index < n; index++) {
    const user = newUser(made, index + 1)
    made.users.push(user)
    join(made, user, index)
  }
  return made
}

/** At the front the rows of every later page shift by one; at the back nothing moves. */
export function addUser(all: Population, where: 'front' | 'back', into_groups = true): User {
  const edge = where === 'front' ? all.users[0] : all.users.at(-1)
  const user = newUser(all, (edge?.ord ?? 1) + (where === 'front' ? -1 : 1))
  if (where === 'front') all.users.unshift(user)
  else all.users.push(user)
  if (into_groups) join(all, user, Math.abs(user.ord))
  return user
}

export function removeUser(all: Population, id: string): void {
  const at = all.users.findIndex((user) => user.id === id)
  if (at >= 0) all.users.splice(at, 1)
  for (const group of all.groups) {
    const member = group.members.indexOf(id)
    if (member >= 0) group.members.splice(member, 1)
  }
}

/** Fisher-Yates over a copy, so that the same seed picks the same people. */
export function pick<T>(random: Random, from: readonly T[], count: number): T[] {
  const left = [...from]
  for (let index = 0; index < Math.min(count, left.length); index++) {
    const other = index + Math.floor(random() * (left.length - index))
    ;[left[index], left[other]] = [left[other]!, left[index]!]
  }
  return left.slice(0, count)
}

/** mulberry32. */
export function seeded(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const GIVEN = ['Ada', 'Bela', 'Chloé', 'Daan', 'Eun-ji', 'Fatima', 'Göran', 'Hana', 'Ismaël', 'José']
const FAMILY = ['Almeida', 'Brown', 'Çelik', 'Diaz', 'Eriksen', "O'Neil", 'García', 'Haddad', 'Ito', 'Jansen']

function newUser(all: Population, ord: number): User {
  const given = GIVEN[Math.floor(all.random() * GIVEN.length)]!
  const family = FAMILY[Math.floor(all.random() * FAMILY.length)]!
  const login = `user${ord < 0 ? `n${-ord}` : ord}@acme.example`
  return {
    ord,
    id: newId(all, ord),
    login,
    given,
    family,
    email: login,
    title: 'Engineer',
    active: all.random() >= 0.1,
    created: new Date(Date.UTC(2020, 0, 1) + ord * 3_600_000).toISOString(),
  }
}

function join(all: Population, user: User, index: number): void {
  const open = Math.max(1, all.groups.length - 1)
  all.groups[index % open]?.members.push(user.id)
  if (index % 10 === 0) all.groups[(index + 1) % open]?.members.push(user.id)
  if (open === 1 && index % 10 === 0) all.groups[0]?.members.pop()
}

function newId(all: Population, ord: number): string {
  const bits = () => Math.floor(all.random() * 4_294_967_296)
  switch (all.ids) {
    case 'prefixed':
      return `u_${bits().toString(16).padStart(8, '0')}${bits().toString(16).padStart(8, '0')}`
    case 'integer':
      return String(100_000 + ord)
    case 'big_integer':
      // Neighbours beyond 2^53: a reader that parses them as doubles makes one of two.
      return String(9_007_199_254_800_000n + BigInt(ord))
    case 'base62':
      return `00u${Array.from({ length: 17 }, () => BASE62[Math.floor(all.random() * 62)]).join('')}`
    case 'uuid': {
      const hex = [bits(), bits(), bits(), bits()].map((part) => part.toString(16).padStart(8, '0')).join('')
      return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`
    }
  }
}

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
