import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { loadConnector } from '../../runtime/spec/load.ts'
import { connectorSchema } from '../../runtime/spec/schema.ts'
import { WORDS } from '../../runtime/spec/words.ts'
import type { Connector } from '../../runtime/types.ts'
import { SAMPLE } from './sample.ts'

const load = (text: string): Connector => {
  const { connector, diagnostics } = loadConnector(text, 'acme.yaml')
  expect(connector, JSON.stringify(diagnostics, null, 1)).not.toBeNull()
  return connector!
}

describe('feeds and webhook', () => {
  const acme = load(SAMPLE)
  const put = (find: string | RegExp, text: string) => load(SAMPLE.replace(find, () => text))

  test('what a feed leaves out is filled in, in one place', () => {
    expect(acme.feeds['users_since']).toMatchObject({
      name: 'users_since',
      title: 'users_since',
      id: null,
      empty: 'absent',
      names: [{ stream: 'users', id: 'id', when: null }],
      tells: ['created', 'updated', 'deleted'],
      silent_on: [],
    })
    expect(put(', kept: 90d, since_is: epoch_s', '').feeds['audit_log']!.from).toEqual({
      kind: 'events',
      at: 'published',
      overlap: '5m',
      since_is: 'iso',
    })
    expect(put('overlap: 5m, ', '').feeds['audit_log']!.from['overlap']).toBe('10m')
  })

  test('requests are taken apart; a delta whose position is the URL is asked as its first request was', () => {
    expect(acme.feeds['audit_log']!.list).toMatchObject({
      method: 'GET',
      path: '/logs',
      query: [
        ['from', '{since}'],
        ['to', '{until}'],
        ['limit', '500'],
      ],
    })
    const { from, list } = acme.feeds['users_delta']!
    expect(from).toMatchObject({ position_is: 'url', start: { path: '/users/delta', query: [['token', 'latest']] } })
    expect(list).toEqual(from['start'])
    expect(acme.feeds['users_since']!.from).toMatchObject({ position_is: 'token', start: { path: '/users/sync', query: [] } })
    expect(acme.feeds['users_since']!.list.query).toEqual([['token', '{position}']])
  })

  test('a webhook, and what it leaves out', () => {
    expect(acme.webhook).toEqual({
      title: 'Event hook',
      verify: {
        kind: 'hmac',
        header: 'x-signature',
        prefix: 'v1=',
        secret: '{hook_secret}',
        over: '{timestamp}.{body}',
        timestamp: 'x-time',
        algorithm: 'sha256',
        encoding: 'hex',
        tolerance: '5m',
      },
      challenge: { kind: 'json', header: 'x-challenge', path: 'verification' },
      records: 'data.events',
      names: [{ stream: 'users', id: 'user.id', when: null }],
      polls: ['audit_log'],
    })
    const bare = 'webhook:\n  verify: { kind: standard_webhooks, secret: "{hook_secret}" }\n  polls: [audit_log]\n'
    expect(put(/webhook:\n[\s\S]*/, bare).webhook).toMatchObject({
      title: 'Webhook',
      challenge: null,
      records: '[]',
      names: [],
      polls: ['audit_log'],
    })
    expect(put(/feeds:\n[\s\S]*/, '')).toMatchObject({ feeds: {}, webhook: null })
  })

  test('the fingerprint is of what is read: feeds, the webhook and a setting of theirs alone are no part of it', () => {
    expect(put('overlap: 5m', 'overlap: 6m').fingerprint).toBe(acme.fingerprint)
    expect(put('polls: [audit_log]', 'polls: [users_delta]').fingerprint).toBe(acme.fingerprint)
    const without = SAMPLE.replace(/feeds:\n[\s\S]*/, '').replace(/ {2}hook_secret: .*\n/, '')
    expect(load(without).fingerprint).toBe(acme.fingerprint)
    // A setting that something of the reading names is part of it, wherever else it stands.
    const read_too = SAMPLE.replace('limit=500', 'region={region}')
    expect(load(read_too.replace('default: eu,', 'default: us,')).fingerprint).not.toBe(load(read_too).fingerprint)
    // And so is one that nothing names, as it ever was.
    const idle = (label: string) => SAMPLE.replace('settings:\n', `settings:\n  idle: { type: text, label: ${label} }\n`)
    expect(load(idle('a')).fingerprint).not.toBe(load(idle('b')).fingerprint)
  })

  test('what was read to write a feed is told with the connector', () => {
    expect(acme.source.map(({ url }) => url)).toEqual([
      'https://developer.acme.example/users',
      'https://developer.acme.example/delta',
    ])
  })

  test('a lost `get` is told once, also where feeds alone need it', () => {
    const text = SAMPLE.replace("    get: GET /users/{id}\n    gone: = status == 'DELETED'\n", '')
      .replace(/.*kind: (by_id|two_path).*\n/g, '')
      .replace(/actions:\n[\s\S]*(?=feeds:\n)/, '')
    const found = loadConnector(text, 'a').diagnostics.filter((d) => d.severity === 'error')
    expect(found.map((d) => [d.code, d.path])).toEqual([['spec/needs-get', 'feeds.audit_log.names[0].stream']])
  })

  test.each([
    ['webhook:\n', '`title` is of the webhook and stands below `feeds`', 'is the line `webhook:` lost?'],
    ['feeds:\n', '`audit_log` is a feed and stands below `actions`', 'is the line `feeds:` lost?'],
  ])('the lost line `%s` is one message', (line, message, help) => {
    const found = loadConnector(SAMPLE.replace(line, ''), 'a').diagnostics
    expect(found.map((d) => [d.message, d.help])).toEqual([[message, help]])
  })
})

test('the example of the documentation is valid, and every key and word of the schema is in that section', () => {
  const section = readFileSync('docs/connector-language.md', 'utf8').split('## 10. ')[1]!
  const example = /```yaml\n([\s\S]*?)```/.exec(section)![1]!
  const text = SAMPLE.replace('  hook_secret:', '  webhook_secret:').replace(/feeds:\n[\s\S]*/, () => example)
  expect(loadConnector(text, 'a').diagnostics).toEqual([])
  const definitions = connectorSchema()['$defs'] as { readonly [name: string]: { readonly properties: object } }
  const keys = ['one_feed', 'naming', 'webhook'].flatMap((name) => Object.keys(definitions[name]!.properties))
  const options = (['feed', 'verify_webhook', 'challenge'] as const).flatMap((family) =>
    Object.entries(WORDS[family]).flatMap(([kind, word]) => [kind, ...Object.keys(word.schema['properties'] as object)]),
  )
  expect([...keys, ...options].filter((name) => !new RegExp(`\\b${name}\\b`).test(section))).toEqual([])
})
