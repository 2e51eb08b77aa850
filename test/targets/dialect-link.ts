/** The body is the list; `Link: <…>; rel="next"` (RFC 8288) and `X-Total` in the headers. No count endpoint. */
import type { Dialect, Row } from './dialect.ts'
import { jsonReply, onlyQuery, readSpot, route, whole, writeSpot } from './dialect.ts'

export const link: Dialect = {
  name: 'link',
  steps: 'keyset',
  ends: 'next',
  ids: 'base62',
  hear: ({ path, query }) => {
    const to = route(path, ['api', 'v1'], null)
    if (to === null || to.to === 'count') return null
    if (to.to === 'me') return { what: 'me' }
    if (to.to === 'get') return query.size === 0 ? { what: 'get', list: to.list, id: to.id } : null
    const limit = whole(query.get('limit'), 20, 1)
    const spot = readSpot(query.get('after'))
    if (limit === null || spot === null || !onlyQuery(query, ['limit', 'after'])) return null
    return { what: 'list', list: to.list, of: to.of, spot, limit }
  },
  say: (page, base) => {
    const path = page.list === 'members' ? `groups/${page.of}/members` : page.list
    const to = (spot: typeof page.spot, rel: string) =>
      `<${base}/api/v1/${path}?${spot.at === null && spot.mark === 0 ? '' : `after=${writeSpot(spot)}&`}limit=${page.asked}>; rel="${rel}"`
    const links = [to(page.spot, 'self'), ...(page.next === null ? [] : [to(page.next, 'next')])]
    return jsonReply(page.rows === null ? null : page.rows.map(say), {
      headers: { link: links.join(', '), 'x-total': String(page.total) },
    })
  },
  sayOne: (row) => jsonReply(say(row)),
  sayCount: null,
  sayMe: (role) => jsonReply({ login: 'audit-bot', role }),
  sayError: (status, code, message) => jsonReply({ errorCode: code, errorSummary: message }, { status }),
}

function say(row: Row) {
  if (row.kind === 'group') {
    return { id: row.group.id, profile: { name: row.group.name }, _embedded: { stats: { usersCount: row.group.members.length } } }
  }
  const { user } = row
  return {
    id: user.id,
    status: user.active ? 'ACTIVE' : 'SUSPENDED',
    created: user.created,
    profile: { login: user.login, email: user.email, firstName: user.given, lastName: user.family, title: user.title },
  }
}
