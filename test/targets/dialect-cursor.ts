/** `{data, total, next}` with an opaque cursor in the body, a count endpoint, and `GET /me` that tells the token's role. */
import type { Dialect, Row } from './dialect.ts'
import { jsonReply, onlyQuery, readSpot, route, whole, writeSpot } from './dialect.ts'

export const cursor: Dialect = {
  name: 'cursor',
  steps: 'keyset',
  ends: 'next',
  ids: 'prefixed',
  hear: ({ path, query }) => {
    const to = route(path, ['api'], 'count')
    if (to === null) return null
    if (to.to === 'me') return { what: 'me' }
    if (to.to === 'get') return query.size === 0 ? { what: 'get', list: to.list, id: to.id } : null
    if (to.to === 'count') return query.size === 0 ? { what: 'count', list: to.list, of: to.of } : null
    const limit = whole(query.get('limit'), 20, 1)
    const spot = readSpot(query.get('after'))
    if (limit === null || spot === null || !onlyQuery(query, ['limit', 'after'])) return null
    return { what: 'list', list: to.list, of: to.of, spot, limit }
  },
  say: (page) =>
    jsonReply({
      data: page.rows === null ? null : page.rows.map((row) => say(row, page.list === 'members')),
      total: page.total,
      next: page.next === null ? null : writeSpot(page.next),
    }),
  sayOne: (row) => jsonReply(say(row, false)),
  sayCount: (count) => jsonReply({ count }),
  sayMe: (role) => jsonReply({ name: 'audit bot', role }),
  sayError: (status, code, message) => jsonReply({ error: { code, message } }, { status }),
}

function say(row: Row, brief: boolean) {
  if (row.kind === 'group') return { id: row.group.id, name: row.group.name, member_count: row.group.members.length }
  const { user } = row
  if (brief) return { id: user.id, login: user.login }
  return {
    id: user.id,
    login: user.login,
    status: user.active ? 'ACTIVE' : 'SUSPENDED',
    profile: { first: user.given, last: user.family, email: user.email, title: user.title },
    created: user.created,
  }
}
