/** Feeds and webhooks of the shipped connectors, over what the vendors' own pages show. */
import { createHmac } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { challenge } from '../../runtime/kinds/challenge/index.ts'
import { feed as feeds } from '../../runtime/kinds/feed/index.ts'
import { compileRecords } from '../../runtime/kinds/value/records.ts'
import { verify_webhook } from '../../runtime/kinds/verify-webhook/index.ts'
import { loadConnector } from '../../runtime/spec/load.ts'
import type { Connector } from '../../runtime/types.ts'
import { openNaming } from '../../runtime/watch/naming.ts'
import { CONNECTORS } from './run.ts'

const text = (name: string) => readFileSync(join(CONNECTORS, `${name}.yaml`), 'utf8')
const load = (source: string): Connector => {
  const { connector, diagnostics } = loadConnector(source, 'a.yaml')
  expect(connector, JSON.stringify(diagnostics)).not.toBeNull()
  return connector!
}
const names = readdirSync(CONNECTORS).flatMap((file) => (file.endsWith('.yaml') ? [file.replace('.yaml', '')] : []))

/** `stream id`, as a message names them. */
function named(name: string, body: unknown): readonly string[] {
  const { webhook } = load(text(name))
  const found = webhook!.records === '[]' ? { ok: true as const, records: [body] } : compileRecords(webhook!.records, null)(body)
  const { touched, unnamed } = openNaming(webhook!.names)(found.ok ? found.records : [])
  return [...touched.map(({ stream, id }) => `${stream} ${id}`), ...(unnamed > 0 ? [`unnamed ${unnamed}`] : [])]
}

function verified(name: string, headers: { readonly [name: string]: string }, body: unknown): boolean {
  const { verify } = load(text(name)).webhook!
  const raw = Buffer.from(JSON.stringify(body))
  return verify_webhook[verify.kind]!.verify(verify, { headers, raw, body, secret: 's3cret', now_ms: 0 }).ok
}

describe.each(names)('%s', (name) => {
  test('is read as it would be without feeds and webhook: the fingerprint is the same', () => {
    const { feeds: _feeds, webhook: _webhook, ...rest } = parse(text(name)) as { [key: string]: unknown }
    const others = JSON.stringify({ ...rest, settings: null })
    const settings = Object.fromEntries(
      Object.entries(rest['settings'] as object).filter(
        ([setting]) => others.includes(`{${setting}}`) || others.includes(setting),
      ),
    )
    expect(load(stringify({ ...rest, settings })).fingerprint).toBe(load(text(name)).fingerprint)
  })

  test('every word of its feeds and webhook is on the shelf, and says what was read to write it', () => {
    const { feeds: declared, webhook } = load(text(name))
    for (const feed of Object.values(declared)) expect(feeds[feed.from.kind], feed.name).toBeDefined()
    if (webhook !== null) expect(verify_webhook[webhook.verify.kind]).toBeDefined()
    const open = parse(text(name)) as { readonly feeds?: { [feed: string]: object }; readonly webhook?: object }
    for (const one of [...Object.values(open.feeds ?? {}), ...(open.webhook === undefined ? [] : [open.webhook])])
      expect(one).toHaveProperty('source')
  })

  test('the secret of its webhook is asked of nobody who has none', () => {
    const { webhook, settings } = load(text(name))
    for (const [, setting] of String(webhook?.verify['secret'] ?? '').matchAll(/\{([^{}]+)\}/g))
      expect(settings[setting!]).toMatchObject({ type: 'secret', required: false })
  })
})

test('who tells by itself: four of five; SCIM has no word for it', () => {
  const told = names.map((name) => {
    const { feeds: declared, webhook } = load(text(name))
    return `${name}: ${[...Object.keys(declared), ...(webhook === null ? [] : ['webhook'])].join(', ')}`
  })
  expect(told.toSorted()).toEqual([
    'entra-id: users_delta, groups_delta, webhook',
    'github: webhook',
    'google-workspace: webhook',
    'okta: system_log, webhook',
    'scim2: ',
  ])
})

describe('Okta', () => {
  const target = (id: string, type: string) => ({ id, type, alternateId: 'x', displayName: 'x', detailEntry: null })
  const event = (eventType: string, targets: unknown) => ({
    uuid: 'f790999f-fe87-467a-9880-6982a583986c',
    published: '2018-03-28T22:23:07.777Z',
    eventType,
    actor: { id: '00u1qw6mqitPHM8AJ0g7', type: 'User', alternateId: 'admin@example.com' },
    ...(targets === undefined ? {} : { target: targets }),
  })
  const hook = (...events: readonly unknown[]) => ({ eventType: 'com.okta.event_hook', data: { events } })

  test('people and groups among the targets, whoever acted', () => {
    const joined = event('group.user_membership.add', [target('00u2', 'User'), target('00g1', 'UserGroup')])
    const locked = event('user.account.lock', [target('00u3', 'User'), target('0oa1', 'AppInstance')])
    expect(named('okta', hook(joined, locked, joined))).toEqual(['users 00u2', 'groups 00g1', 'users 00u3'])
  })

  test('a sign-in is about nobody, with targets null, none or left out', () => {
    expect(named('okta', hook(...[null, [], undefined].map((targets) => event('user.session.start', targets))))).toEqual([])
  })

  test('the header is the secret, as it was entered there; the challenge goes back under its key', () => {
    expect(verified('okta', { authorization: 's3cret' }, hook())).toBe(true)
    expect(verified('okta', { authorization: 'Bearer s3cret' }, hook())).toBe(false)
    const word = load(text('okta')).webhook!.challenge!
    const headers = { 'x-okta-verification-challenge': 'Me_rShK8JHsTnbyYrWXCEoMGbM_zsZ6k0hLPZ_Pg' }
    expect(challenge[word.kind]!.answer(word, { headers, query: {} })).toEqual({
      json: { verification: headers['x-okta-verification-challenge'] },
    })
  })

  test('the log is asked between two instants, ten minutes before the last poll on', () => {
    const { from, list } = load(text('okta')).feeds['system_log']!
    const asked = feeds[from.kind]!.ask(from, { until: '2026-11-21T12:00:00.000Z' }, Date.UTC(2026, 10, 21, 12, 1))
    expect(asked).toMatchObject({ vars: { since: '2026-11-21T11:50:00.000Z', until: '2026-11-21T12:01:00.000Z' } })
    expect(Object.fromEntries(list.query)).toEqual({ since: '{since}', until: '{until}', limit: '1000', sortOrder: 'ASCENDING' })
  })
})

describe('Entra ID', () => {
  const notification = (resource: string, id: string | null, clientState = 's3cret') => ({
    subscriptionId: '7f105c7d-2dc5-4530-97cd-000000000000',
    clientState,
    changeType: 'updated',
    resource,
    ...(id === null ? {} : { resourceData: { '@odata.id': resource, id } }),
    tenantId: '84bd8158-6d4d-4958-8b9f-9d6445542f95',
  })

  test('users and groups, however the resource is written; not what lies below them', () => {
    const value = [
      notification('Users/u1', 'u1'),
      notification('users/u2', 'u2'),
      notification('Groups/g1', 'g1'),
      notification('users/u3@t/messages/m1', 'm1'),
      notification('Users/u4', null),
    ]
    expect(named('entra-id', { value })).toEqual(['users u1', 'users u2', 'groups g1'])
  })

  test('every notification of a message bears clientState', () => {
    expect(verified('entra-id', {}, { value: [notification('Users/u1', 'u1'), notification('Users/u2', 'u2')] })).toBe(true)
    expect(verified('entra-id', {}, { value: [notification('Users/u1', 'u1'), notification('Users/u2', 'u2', 'x')] })).toBe(false)
    expect(verified('entra-id', {}, { value: [notification('Users/u1', 'u1'), { resource: 'Users/u2' }] })).toBe(false)
  })

  test('what is mapped is what is tracked: a delta says nothing of the rest', () => {
    const { feeds: declared, streams } = load(text('entra-id'))
    for (const [feed, stream] of [
      ['users_delta', 'users'],
      ['groups_delta', 'groups'],
    ] as const) {
      const start = declared[feed]!.from['start'] as unknown as { readonly query: readonly (readonly [string, string])[] }
      const select = (query: readonly (readonly [string, unknown])[]) => query.find(([name]) => name === '$select')?.[1]
      expect(select(start.query)).toBe(select(streams[stream]!.list.query))
      expect(start.query).toContainEqual(['$deltatoken', 'latest'])
    }
  })

  test('a removed user is named as any other, and a position of eight days is lost', () => {
    const { names: naming, from } = load(text('entra-id')).feeds['users_delta']!
    const { touched } = openNaming(naming)([
      { id: 'u1', '@removed': { reason: 'changed' } },
      { id: 'u2', jobTitle: 'x' },
    ])
    expect(touched.map(({ id }) => id)).toEqual(['u1', 'u2'])
    const position = { mark: 'https://graph.microsoft.com/v1.0/users/delta?$deltatoken=a', at: '2026-11-13T12:00:00.000Z' }
    expect(feeds[from.kind]!.ask(from, position, Date.UTC(2026, 10, 21, 12)).ask).toBe('lost')
    expect(feeds[from.kind]!.ask(from, position, Date.UTC(2026, 10, 20, 12)).ask).toBe('list')
  })
})

describe('GitHub', () => {
  const membership = { action: 'added', scope: 'team', member: { id: 583231, login: 'octocat' }, team: { id: 12, slug: 'a' } }

  test('a team by its number; of people nobody, for they are asked for by login', () => {
    expect(named('github', membership)).toEqual(['teams 12'])
    expect(named('github', { action: 'edited', changes: {}, team: { id: 13 } })).toEqual(['teams 13'])
    expect(named('github', { action: 'member_removed', membership: { user: { id: 583231 } } })).toEqual([])
    expect(named('github', { zen: 'Design for failure.', hook_id: 1 })).toEqual([])
  })

  test('signed over the raw body', () => {
    const signature = `sha256=${createHmac('sha256', 's3cret').update(JSON.stringify(membership)).digest('hex')}`
    expect(verified('github', { 'x-hub-signature-256': signature }, membership)).toBe(true)
    expect(verified('github', { 'x-hub-signature-256': signature }, { ...membership, team: { id: 14 } })).toBe(false)
  })
})

describe('Google Workspace', () => {
  const deleted = {
    kind: 'admin#directory#user',
    id: '111220860655841818702',
    etag: '"Mf8RAmnABsVfQ47MMT_18MHAdRE/evLIDlz2Fd9zbAqwvIp7Pzq8UAw"',
    primaryEmail: 'user@mydomain.com',
  }

  test('a person by the id that is stored, never by the address', () => {
    expect(named('google-workspace', deleted)).toEqual(['users 111220860655841818702'])
    expect(named('google-workspace', { kind: 'admin#reports#activity', id: { time: '2013-09-10T18:23:35.808Z' } })).toEqual([])
  })

  test('the token of the channel is the secret', () => {
    expect(verified('google-workspace', { 'x-goog-channel-token': 's3cret' }, deleted)).toBe(true)
    expect(verified('google-workspace', { 'x-goog-channel-id': 's3cret' }, deleted)).toBe(false)
  })
})
