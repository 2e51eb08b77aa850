/** A connector with most of the language in it; the tests make one mistake at a time in it. */
export const SAMPLE = `connector: acme
version: 1
title: Acme
source:
  - { url: https://developer.acme.example/users, read: 2026-11-20 }
settings:
  domain: { type: hostname, label: Tenant host, example: acme.example }
  token: { type: secret, label: API token }
  orgs: { type: list, label: Organisations }
  region: { type: text, default: eu, options: [eu, us] }
  hook_secret: { type: secret, required: false }
base_url: https://{domain}/api/v1
origins: [https://files.acme.example]
auth: { kind: bearer, token: "{token}" }
headers:
  Accept: application/json
limits:
  requests_per_minute: 600
  concurrent: 8
  told_by: { kind: headers, remaining: x-left, reset: x-reset, reset_is: epoch_s }
expect: ["= !has(body.error)"]
responses:
  - status: [403]
    when: = has(body.quota)
    then: wait
    because: quota
whoami:
  request: GET /me
  id: id
scope_proof:
  - request: GET /roles
    expect: = status == 200
    shows: the token may read roles
streams:
  users:
    is: account
    title: People
    list: GET /users?limit=100&region={region}
    pages: { kind: cursor, from: next, into: { query: after }, end: "null" }
    records: data
    empty: absent
    id: id
    get: GET /users/{id}
    gone: = status == 'DELETED'
    fields:
      userName: login
      email: profile.email
      active: = status == 'ACTIVE'
      type: { literal: person }
    filters:
      - name: bots
        drop: = login.matches('^bot-')
    floor: { email: 0.95 }
    fresh_for: 12h
    prove:
      - { kind: total, path: total, probe: { query: { limit: 1 } } }
      - { kind: second_pass, query: { limit: 70 } }
      - { kind: known_account, id: whoami.id }
      - { kind: by_id, of: memberships, sample: 10 }
      - { kind: two_path, stream: memberships, field: account }
  groups:
    is: group
    each: { org: settings.orgs }
    list:
      request: POST /orgs/{org}/groups
      query: { expand: stats }
      headers: { X-Org: "{org}" }
      body: { kind: json, value: { org: "{org}" } }
      decode: { kind: json }
      expect: ["= body.ok == true"]
    pages: { kind: offset, into: { query: offset }, end: total, total: meta.total }
    records: items
    id: id
    fields: { displayName: name }
    keep: { usersCount: stats.users }
  memberships:
    is: grant
    each: { group: groups }
    list: GET /groups/{group.id}/users
    pages: { kind: link, end: no_next }
    records: "[]"
    id: ["= group.id", id]
    fields: { account: id, entitlement: group.id }
    refers: { account: users, entitlement: groups }
    prove:
      - { kind: count_per_parent, path: group.usersCount }
actions:
  create_account:
    on: users
    does: { account: present, profile: as_given }
    input:
      login: { label: Login }
      email: { required: false }
      tags: { type: list, required: false }
    find: { request: "GET /users?login={input.login}", records: data, id: id, match: = record.login == input.login }
    send:
      request: POST /users
      body: { kind: json, value: { login: "{input.login}", email: = input.?email, tags: = input.?tags } }
    verify:
      - { facet: account, probe: { kind: state, expect: = record.login == input.login } }
      - { facet: profile, probe: { kind: state, expect: = record.?profile.?email.orValue('') == input.?email.orValue('') } }
    invitation: { when: = status == 202 && body.invited == true, expires: 3d }
  deactivate_account:
    title: Deactivate
    on: users
    does: { account: inactive, sessions: revoked, tokens: revoked }
    bind: [userName, email]
    already: = record.status == 'DEPROVISIONED'
    protect:
      - { name: super administrators, when: = record.role == 'super' }
    send: POST /users/{id}/lifecycle/deactivate
    verify:
      - { facet: account, probe: { kind: state, expect: = record.status == 'DEPROVISIONED' }, within: 5m, agree: 3, every: 10s }
      - facet: account
        probe:
          kind: not_listed
          list: GET /users?status=ACTIVE
          pages: { kind: link, end: no_next }
          records: "[]"
          match: = record.id == id
      - { facet: sessions, probe: { kind: empty, list: "GET /users/{id}/sessions", pages: { kind: none }, records: "[]" } }
      - { facet: sessions, probe: { kind: count, look: "GET /users/{id}/sessions/count", path: total, expect: = count == 0 } }
      - { facet: tokens, probe: { kind: residual, longest_token: 1h } }
    may_change: [active, type]
    recheck: [1h, 24h]
  delete_account:
    on: users
    does: { account: absent }
    input:
      heir: { stream: users }
    bind: [userName]
    steps:
      - { name: disable, send: "POST /users/{id}/lifecycle/deactivate", when: = record.status != 'DEPROVISIONED' }
      - { name: remove, facets: [account], send: "DELETE /users/{id}?to={input.heir}", accepted: = status == 202, already_status: [404] }
    verify:
      - { facet: account, probe: { kind: gone } }
    job: { id: job.id, poll: "GET /jobs/{job}", done: = body.state == 'DONE', failed: = body.state == 'ERROR', within: 30m }
  grant:
    on: users
    does: { groups: held }
    input:
      group: { stream: groups }
    send: PUT /groups/{input.group}/users/{id}
    verify:
      - { facet: groups, probe: { kind: listed, list: "GET /groups/{input.group}/users", pages: { kind: link, end: no_next }, records: "[]", match: = record.id == id } }
  custom_clear_factors:
    on: users
    does: { credential: revoked }
    bind: [userName]
    idempotency: none
    send: POST /users/{id}/factors/reset
    verify:
      - { facet: credential, probe: { kind: log, look: "GET /logs?target={id}", records: "[]", match: = record.type == 'reset', at: published } }
    unverifiable: the log is not whole
feeds:
  audit_log:
    title: Audit log
    from: { kind: events, at: published, overlap: 5m, kept: 90d, since_is: epoch_s }
    list: GET /logs?from={since}&to={until}&limit=500
    pages: { kind: link, end: no_next }
    records: events
    id: uuid
    names:
      - stream: users
        id: = target.filter(t, t.type == 'User').map(t, t.id)
        when: = type.startsWith('user.')
    tells: [created, updated, deleted]
    silent_on: [type]
  users_delta:
    source:
      - { url: https://developer.acme.example/delta, read: 2026-11-21 }
    from: { kind: delta, start: GET /users/delta?token=latest, position: '["@link"]' }
    pages: { kind: next_url, path: next, end: absent }
    records: value
    names:
      - { stream: users, id: id }
  users_since:
    from: { kind: delta, start: GET /users/sync, position: sync_token }
    list: GET /users/sync?token={position}
    pages: { kind: cursor, from: next, into: { query: after }, end: absent }
    records: items
    empty: absent
    names:
      - { stream: users, id: id }
webhook:
  title: Event hook
  verify: { kind: hmac, header: x-signature, prefix: v1=, secret: "{hook_secret}", over: "{timestamp}.{body}", timestamp: x-time }
  challenge: { kind: json, header: x-challenge, path: verification }
  records: data.events
  names:
    - { stream: users, id: user.id }
  polls: [audit_log]
`
