/** `page` and `per_page`; total and last page in the body; ids that no double can hold. No count endpoint. */
import type { Dialect, Row } from './dialect.ts'
import { jsonReply, onlyQuery, rawNumber, route, whole } from './dialect.ts'

export const pageNumber: Dialect = {
  name: 'page_number',
  steps: 'pages',
  ends: 'last_page',
  ids: 'big_integer',
  hear: ({ path, query }) => {
    const to = route(path, ['rest'], null)
    if (to === null || to.to === 'count') return null
    if (to.to === 'me') return { what: 'me' }
    if (to.to === 'get') return query.size === 0 ? { what: 'get', list: to.list, id: to.id } : null
    const limit = whole(query.get('per_page'), 30, 1)
    const page = whole(query.get('page'), 1, 1)
    if (limit === null || page === null || !onlyQuery(query, ['page', 'per_page'])) return null
    return { what: 'list', list: to.list, of: to.of, spot: { at: page === 1 ? null : page - 1, mark: 0 }, limit }
  },
  say: (page) =>
    jsonReply({
      page: (page.spot.at ?? 0) + 1,
      per_page: page.limit,
      last_page: page.last_page,
      total: page.total,
      results: page.rows === null ? null : page.rows.map(say),
    }),
  sayOne: (row) => jsonReply(say(row)),
  sayCount: null,
  sayMe: (role) => jsonReply({ name: 'audit bot', role }),
  sayError: (status, code, message) => jsonReply({ message, reason: code }, { status }),
}

function say(row: Row) {
  if (row.kind === 'group') return { id: rawNumber(row.group.id), name: row.group.name, users_count: row.group.members.length }
  const { user } = row
  return {
    id: rawNumber(user.id),
    username: user.login,
    state: user.active ? 'active' : 'blocked',
    email: user.email,
    first_name: user.given,
    last_name: user.family,
    job_title: user.title,
    created_at: user.created,
  }
}
