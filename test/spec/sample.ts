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
`
