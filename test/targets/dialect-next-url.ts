/** OData as Microsoft Graph speaks it: `value`, `@odata.nextLink` (absolute), `@odata.count`, and `/users/$count` in plain text. */
import type { Dialect, Row } from './dialect.ts'
import { jsonReply, onlyQuery, readSpot, route, whole, writeSpot } from './dialect.ts'

export const nextUrl: Dialect = {
  name: 'next_url',
  steps: 'keyset',
  ends: 'next',
  ids: 'uuid',
  hear: ({ path, query, headers }) => {
    const to = route(path, ['v1.0'], '$count')
    if (to === null) return null
    if (to.to === 'me') return { what: 'me' }
    if (to.to === 'get') return query.size === 0 ? { what: 'get', list: to.list, id: to.id } : null
    if (headers['consistencylevel'] !== 'eventual') return null
    if (to.to === 'count') return query.size === 0 ? { what: 'count', list: to.list, of: to.of } : null
    const limit = whole(query.get('$top'), 100, 1)
    const spot = readSpot(query.get('$skiptoken'))
    if (limit === null || spot === null || !onlyQuery(query, ['$top', '$skiptoken', '$count'])) return null
    return { what: 'list', list: to.list, of: to.of, spot, limit }
  },
  say: (page, base) => {
    const path = page.list === 'members' ? `groups/${page.of}/members` : page.list
    const next =
      page.next === null ? null : `${base}/v1.0/${path}?$count=true&$top=${page.asked}&$skiptoken=${writeSpot(page.next)}`
    return jsonReply({
      '@odata.context': `${base}/v1.0/$metadata#${page.list}`,
      '@odata.count': page.total,
      ...(next === null ? {} : { '@odata.nextLink': next }),
      value: page.rows === null ? null : page.rows.map(say),
    })
  },
  sayOne: (row) => jsonReply(say(row)),
  sayCount: (count) => ({ status: 200, headers: { 'content-type': 'text/plain' }, body: String(count) }),
  sayMe: (role) => jsonReply({ displayName: 'audit bot', role }),
  sayError: (status, code, message) => jsonReply({ error: { code, message } }, { status }),
}

function say(row: Row) {
  if (row.kind === 'group') return { id: row.group.id, displayName: row.group.name, securityEnabled: true }
  const { user } = row
  return {
    id: user.id,
    userPrincipalName: user.login,
    accountEnabled: user.active,
    displayName: `${user.given} ${user.family}`,
    givenName: user.given,
    surname: user.family,
    mail: user.email,
    jobTitle: user.title,
    createdDateTime: user.created,
  }
}
