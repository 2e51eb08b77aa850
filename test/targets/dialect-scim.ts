/** RFC 7644: `startIndex` from 1 and `count`, ListResponse, application/scim+json; members live in the group. */
import type { Dialect, Row, Want } from './dialect.ts'
import { jsonReply, onlyQuery, whole } from './dialect.ts'

const LIST = 'urn:ietf:params:scim:api:messages:2.0:ListResponse'
const type = 'application/scim+json'

export const scim: Dialect = {
  name: 'scim',
  steps: 'rows',
  ends: 'total',
  ids: 'uuid',
  hear: ({ path, query }): Want | null => {
    const [root, version, resource, id, ...rest] = path
    if (root !== 'scim' || version !== 'v2' || rest.length > 0) return null
    const list = resource === 'Users' ? 'users' : resource === 'Groups' ? 'groups' : null
    if (list === null) return null
    if (id !== undefined) return query.size === 0 ? { what: 'get', list, id } : null
    const limit = whole(query.get('count'), 100, 0)
    const start = whole(query.get('startIndex'), 1, 0)
    if (limit === null || start === null || !onlyQuery(query, ['startIndex', 'count'])) return null
    return { what: 'list', list, of: null, spot: { at: start <= 1 ? null : start - 1, mark: 0 }, limit }
  },
  say: (page) =>
    jsonReply(
      {
        schemas: [LIST],
        totalResults: page.total,
        startIndex: page.index + 1,
        itemsPerPage: page.rows?.length ?? 0,
        Resources: page.rows === null ? null : page.rows.map(say),
      },
      { type },
    ),
  sayOne: (row) => jsonReply(say(row), { type }),
  sayCount: null,
  sayMe: (role) => jsonReply({ role }, { type }),
  sayError: (status, code, message) =>
    jsonReply(
      { schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'], status: String(status), scimType: code, detail: message },
      { status, type },
    ),
}

function say(row: Row) {
  if (row.kind === 'group') {
    return {
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'],
      id: row.group.id,
      displayName: row.group.name,
      // An attribute without values is not there at all (RFC 7643 §2.5).
      ...(row.group.members.length === 0 ? {} : { members: row.group.members.map((value) => ({ value, type: 'User' })) }),
      meta: { resourceType: 'Group' },
    }
  }
  const { user } = row
  return {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
    id: user.id,
    userName: user.login,
    active: user.active,
    name: { givenName: user.given, familyName: user.family },
    emails: [{ value: user.email, primary: true }],
    title: user.title,
    meta: { resourceType: 'User', created: user.created },
  }
}
