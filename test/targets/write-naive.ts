/** The writer that everybody writes: a 2xx is success, anything else is sent again. It is here to be fooled, so that the lies are known to be real. */
import type { WriteTarget } from './write-server.ts'
import type { AskedFor } from './write-truth.ts'

export type NaiveWrite = { readonly says: 'done' | 'failed'; readonly sent: number }

const ATTEMPTS = 3

type Sent = readonly [method: string, path: string, body?: unknown]

export async function writeNaively(target: WriteTarget, asked: AskedFor): Promise<NaiveWrite> {
  let sent = 0
  for (const one of requestsOf(target, asked)) {
    let taken = false
    for (let attempt = 0; attempt < ATTEMPTS && !taken; attempt++) {
      sent++
      taken = await send(target, one)
    }
    if (!taken) return { says: 'failed', sent }
  }
  return { says: 'done', sent }
}

async function send(target: WriteTarget, [method, path, body]: Sent): Promise<boolean> {
  try {
    const response = await fetch(`${target.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${target.token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    await response.text()
    return response.ok
  } catch {
    return false
  }
}

export function requestsOf(target: WriteTarget, { action, id, input }: AskedFor): readonly Sent[] {
  const asked = `${target.dialect} ${action}`
  const [user, group] = [id ?? '', String(input['group'] ?? '')]
  const patch = (...Operations: unknown[]) => ({ schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations })
  switch (asked) {
    case 'scim deactivate_account':
      return [['PATCH', `/scim/v2/Users/${user}`, patch({ op: 'replace', path: 'active', value: false })]]
    case 'scim reactivate_account':
      return [['PATCH', `/scim/v2/Users/${user}`, patch({ op: 'replace', value: { active: true } })]]
    case 'scim update_account':
      return [
        [
          'PATCH',
          `/scim/v2/Users/${user}`,
          patch(
            { op: 'replace', path: 'title', value: input['title'] },
            { op: 'replace', path: 'name.givenName', value: input['givenName'] },
          ),
        ],
      ]
    case 'scim delete_account':
      return [['DELETE', `/scim/v2/Users/${user}`]]
    case 'scim create_account':
      return [
        [
          'POST',
          '/scim/v2/Users',
          { userName: input['userName'], name: { givenName: input['givenName'] }, title: input['title'] },
        ],
      ]
    case 'scim grant':
      return [['PATCH', `/scim/v2/Groups/${group}`, patch({ op: 'add', path: 'members', value: [{ value: user }] })]]
    case 'scim revoke':
      return [['PATCH', `/scim/v2/Groups/${group}`, patch({ op: 'remove', path: `members[value eq "${user}"]` })]]
    case 'rest deactivate_account':
      return [
        ['POST', `/api/v1/users/${user}/lifecycle/deactivate`],
        ['DELETE', `/api/v1/users/${user}/sessions`],
        ['POST', `/api/v1/users/${user}/tokens/revoke`],
        ['DELETE', `/api/v1/users/${user}/licenses`],
      ]
    case 'rest update_account':
      return [['POST', `/api/v1/users/${user}`, { profile: { title: input['title'], firstName: input['givenName'] } }]]
    case 'rest create_account':
      return [
        [
          'POST',
          '/api/v1/users',
          { profile: { login: input['userName'], firstName: input['givenName'], title: input['title'] } },
        ],
      ]
    case 'rest delete_account':
      return [
        ['DELETE', `/api/v1/users/${user}`],
        ['DELETE', `/api/v1/users/${user}`],
      ]
    case 'rest revoke':
      return [['DELETE', `/api/v1/groups/${group}/users/${user}`]]
    case 'rest grant':
      return [['PUT', `/api/v1/groups/${group}/users/${user}`]]
    case 'rest revoke_tokens':
      return [['POST', `/api/v1/users/${user}/tokens/revoke`]]
    case 'rest rotate_credential':
      return [['POST', `/api/v1/users/${user}/credentials`]]
    case 'graph deactivate_account':
      return [
        ['PATCH', `/v1.0/users/${user}`, { accountEnabled: false }],
        ['POST', `/v1.0/users/${user}/revokeSignInSessions`],
        ['POST', `/v1.0/users/${user}/assignLicense`, { addLicenses: [], removeLicenses: ['sku-basic', 'sku-plus'] }],
      ]
    case 'graph update_account':
      return [['PATCH', `/v1.0/users/${user}`, { jobTitle: input['title'], givenName: input['givenName'] }]]
    case 'graph create_account':
      return [
        [
          'POST',
          '/v1.0/users',
          { userPrincipalName: input['userName'], givenName: input['givenName'], jobTitle: input['title'] },
        ],
      ]
    case 'graph delete_account':
      return [['DELETE', `/v1.0/users/${user}`]]
    case 'graph grant':
      return [
        [
          'POST',
          `/v1.0/groups/${group}/members/$ref`,
          { '@odata.id': `https://graph.microsoft.com/v1.0/directoryObjects/${user}` },
        ],
      ]
    case 'graph revoke':
      return [['DELETE', `/v1.0/groups/${group}/members/${user}/$ref`]]
    case 'graph revoke_sessions':
      return [['POST', `/v1.0/users/${user}/revokeSignInSessions`]]
    default:
      throw new Error(`nobody writes ${asked} naively`)
  }
}
