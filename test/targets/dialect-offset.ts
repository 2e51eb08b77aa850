/** `offset` and `limit` in rows, `total` in the body, integer ids, a count endpoint. */
import type { Dialect, Row } from './dialect.ts'
import { jsonReply, onlyQuery, rawNumber, route, whole } from './dialect.ts'

export const offset: Dialect = {
  name: 'offset',
  steps: 'rows',
  ends: 'total',
  ids: 'integer',
  hear: ({ path, query }) => {
    const to = route(path, ['v2'], 'count')
    if (to === null) return null
    if (to.to === 'me') return { what: 'me' }
    if (to.to === 'get') return query.size === 0 ? { what: 'get', list: to.list, id: to.id } : null
    if (to.to === 'count') return query.size === 0 ? { what: 'count', list: to.list, of: to.of } : null
    const limit = whole(query.get('limit'), 25, 1)
    const at = whole(query.get('offset'), 0, 0)
    if (limit === null || at === null || !onlyQuery(query, ['limit', 'offset'])) return null
    return { what: 'list', list: to.list, of: to.of, spot: { at: at === 0 ? null : at, mark: 0 }, limit }
  },
  say: (page) =>
    jsonReply({
      items: page.rows === null ? null : page.rows.map(say),
      offset: page.index,
      limit: page.limit,
      total: page.total,
    }),
  sayOne: (row) => jsonReply(say(row)),
  sayCount: (count) => jsonReply({ total: count }),
  sayMe: (role) => jsonReply({ name: 'audit bot', role }),
  sayError: (status, code, message) => jsonReply({ code, error: message }, { status }),
}

function say(row: Row) {
  if (row.kind === 'group') return { id: rawNumber(row.group.id), title: row.group.name, members: row.group.members.length }
  const { user } = row
  return {
    id: rawNumber(user.id),
    username: user.login,
    enabled: user.active,
    email: user.email,
    name: `${user.given} ${user.family}`,
    job: user.title,
    created_at: user.created,
  }
}
