/** Who asks, from the credential alone: an API token, or the session of a person. Looked up anew on every request. */
import { createHmac } from 'node:crypto'
import { Failure } from '../errors.ts'
import type { House, Who } from './types.ts'

/** Only over https the browser keeps `__Host-` cookies: bound to this host, this path, and https. */
export const cookieName = (house: Pick<House, 'public_url'>): string =>
  house.public_url.startsWith('https:') ? '__Host-rollcall' : 'rollcall'

export type Asker = { readonly who: Who; readonly session: string | null }

/** How long a session is kept without a request. */
const IDLE_MS = 1_800_000
const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD'])

/** Null: nobody. Throws `api/csrf`. */
export function askerOf(house: House, request: Request, from: string): Asker | null {
  const at = new Date(house.now()).toISOString()
  const authorization = request.headers.get('authorization')
  // A token is never looked for in a cookie, a query or a body; where there is one, no cookie counts.
  if (authorization !== null) {
    const [, text] = /^Bearer ([A-Za-z0-9_-]{1,200})$/i.exec(authorization) ?? []
    const token = text === undefined ? null : house.control.tokenOf(text, at)
    if (token === null) return null
    const who: Who = {
      tenant: token.tenant,
      by: token.person,
      kind: 'token',
      token: token.token,
      made_by: token.made_by,
      roles: new Set(token.roles),
      connections: token.connections === null ? null : new Set(token.connections),
      from,
    }
    return { who, session: null }
  }
  const text = cookie(request, cookieName(house))
  const session = text === null ? null : house.control.session(text, at)
  if (text === null || session === null) return null
  if (house.now() - Date.parse(session.used_at) > IDLE_MS) {
    house.control.endSession(text)
    return null
  }
  if (!SAFE.has(request.method)) sameOrigin(house, request, text)
  if (house.now() - Date.parse(session.used_at) > 60_000) house.control.touchSession(text, at)
  const { tenant, issuer, subject, email } = session
  const who: Who = {
    tenant,
    by: email ?? `${subject} at ${issuer}`,
    kind: 'session',
    token: null,
    made_by: null,
    // What was taken away since the login is away.
    roles: new Set(house.control.rolesOf(tenant, namesOf(subject, email))),
    connections: null,
    from,
  }
  return { who, session: text }
}

/** What a role may be bound to. */
export const namesOf = (subject: string, email: string | null): readonly string[] => [
  subject,
  ...(email === null ? [] : [email.toLowerCase()]),
]

/** Known to pages of our own only, and of this session only. */
export const csrfOf = (session: string): string => createHmac('sha256', session).update('csrf').digest('base64url')

function sameOrigin(house: House, request: Request, session: string): void {
  const fail = (because: string): Failure => new Failure('api/csrf', '', because)
  if (request.headers.get('origin') !== house.public_url) throw fail('the request does not come from our own origin')
  const site = request.headers.get('sec-fetch-site')
  if (site !== null && site !== 'same-origin') throw fail('the browser says that the request comes from another site')
  if (request.headers.get('x-csrf-token') !== csrfOf(session)) throw fail('X-CSRF-Token is missing or not of this session')
}

export function cookie(request: Request, name: string): string | null {
  const all = (request.headers.get('cookie') ?? '').split(';').map((part) => part.trim())
  // Two of one name: somebody else has put one there.
  const mine = all.filter((part) => part.startsWith(`${name}=`))
  return mine.length === 1 ? (mine[0] as string).slice(name.length + 1) : null
}

/** Of an answer that goes on: is the credential it began with still good, with the same roles? */
export function stillMay(house: House, { who, session }: Asker): boolean {
  const at = new Date(house.now()).toISOString()
  if (who.token !== null) {
    const token = house.control.token(who.token)
    return token !== null && token.revoked_at === null && token.expires_at > at
  }
  const found = session === null ? null : house.control.session(session, at)
  if (found === null) return false
  const roles = house.control.rolesOf(found.tenant, namesOf(found.subject, found.email))
  return roles.length === who.roles.size && roles.every((role) => who.roles.has(role))
}
