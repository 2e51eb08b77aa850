import { Failure } from '../../errors.ts'
import { after, isText, limitOf, pageOf } from '../pages.ts'
import { PAGING, page, ref } from '../schemas.ts'
import type { Route } from '../types.ts'
import { ADMINS } from './parts.ts'

const SESSION = { type: 'string', pattern: '^[0-9a-f]{24}$', description: 'a session of a person' } as const
const BASE = { area: 'tokens and roles', realm: 'tenant', reach: 'whole', roles: ADMINS } as const

/** Of people who logged in. */
export const sessions: readonly Route[] = [
  {
    ...BASE,
    id: 'listSessions',
    method: 'GET',
    path: '/v1/sessions',
    summary: 'Who is logged in, since when, until when: never the cookies',
    query: PAGING,
    answers: { 200: page(ref('OpenSession')) },
    codes: ['api/cursor'],
    act: async (ask) => {
      const limit = limitOf(ask)
      const rows = ask.house.control.sessions(ask.room.tenant, ask.at, after(ask, 'sessions', isText) ?? '', limit + 1)
      return pageOf(
        'sessions',
        rows,
        limit,
        (row) => row.session,
        ({ session, subject, issuer, email, idp, made_at, used_at, expires_at }) => ({
          ...{ session, person: email ?? `${subject} at ${issuer}`, idp, made_at, used_at, expires_at },
        }),
      )
    },
  },
  {
    ...BASE,
    id: 'endSession',
    method: 'DELETE',
    path: '/v1/sessions/{session}',
    summary: "End somebody's session: the next request with it is refused, and an open event stream ends",
    params: { session: SESSION },
    answers: { 204: null },
    codes: ['api/not-found'],
    act: async ({ house, room, params, at, act }) => {
      const session = params['session'] ?? ''
      const found = house.control.sessionNamed(room.tenant, at, session)
      if (found === null) throw new Failure('api/not-found', 'session', 'there is no such session')
      const detail = { session, person: found.email ?? found.subject }
      await room.store.enter({ ...act('ended by an admin'), what: 'session ended', about: 'logins', detail })
      house.control.closeSession(room.tenant, session)
      return { status: 204 }
    },
  },
]
