import { describe, expect, test } from 'vitest'
import { feed } from '../../runtime/kinds/feed/index.ts'
import type { Json, KindOptions } from '../../runtime/types.ts'

const NOW = Date.UTC(2026, 10, 21, 12, 0, 0)
const MINUTE = 60_000
const DAY = 86_400_000
const START = {
  method: 'GET',
  path: '/users/delta',
  query: [],
  headers: {},
  body: null,
  decode: { kind: 'json' },
  expect: [],
} as unknown as Json

const of = (options: KindOptions) => feed[options.kind]!
const log: KindOptions = { kind: 'events', at: 'published', overlap: '10m', kept: '90d', since_is: 'iso' }
const url: KindOptions = { kind: 'delta', start: START, position: '["@odata.deltaLink"]', position_is: 'url' }
const token: KindOptions = { kind: 'delta', start: START, position: 'sync.token', position_is: 'token' }

describe('a log of events', () => {
  const { ask, at, after: goOn } = of(log)
  const until = (ms: number) => ({ until: new Date(ms).toISOString() })

  test('the first position is now: what is before is told by the first whole read', () => {
    expect(ask(log, null, NOW)).toEqual({ ask: 'nothing', to: until(NOW) })
  })

  test('it is asked from the overlap before its position up to now', () => {
    expect(ask(log, until(NOW - MINUTE), NOW)).toEqual({
      ask: 'list',
      request: null,
      vars: { since: '2026-11-21T11:49:00.000Z', until: '2026-11-21T12:00:00.000Z' },
      url: null,
    })
  })

  test.each([
    ['epoch_s', '1795261740', '1795262400'],
    ['epoch_ms', '1795261740000', '1795262400000'],
  ])('instants as the target reads them: %s', (since_is, since, to) => {
    expect(ask({ ...log, since_is }, until(NOW - MINUTE), NOW)).toMatchObject({ vars: { since, until: to } })
  })

  test('whole seconds are cut, never rounded up past what happened', () => {
    const asked = ask({ ...log, since_is: 'epoch_s' }, until(NOW - 1), NOW + 999)
    expect(asked).toMatchObject({ vars: { since: String(NOW / 1000 - 601), until: String(NOW / 1000) } })
  })

  test('it goes on from now; what is within the overlap may still come, and is remembered', () => {
    expect(goOn(log, until(NOW - MINUTE), { body: null, now_ms: NOW })).toEqual({
      to: until(NOW),
      told_until_ms: NOW - 10 * MINUTE,
      forget_before_ms: NOW - 10 * MINUTE,
    })
  })

  test('what the next poll asks for again is not forgotten before, to the second', () => {
    const now_ms = NOW + 700
    const gone_on = goOn({ ...log, since_is: 'epoch_s' }, until(NOW), { body: null, now_ms })
    if (!('to' in gone_on)) throw new Error('broken')
    const asked = ask({ ...log, since_is: 'epoch_s' }, gone_on.to, now_ms + MINUTE)
    if (asked.ask !== 'list') throw new Error('not asked')
    expect(Number(asked.vars['since']) * 1000).toBeGreaterThanOrEqual(gone_on.forget_before_ms!)
  })

  test('older than the target keeps is lost, and said to be', () => {
    expect(ask(log, until(NOW - 90 * DAY + 11 * MINUTE), NOW).ask).toBe('list')
    expect(ask(log, until(NOW - 90 * DAY + 9 * MINUTE), NOW)).toMatchObject({
      ask: 'lost',
      because: expect.stringContaining('90d'),
    })
    const { kept: _, ...for_good } = log
    expect(ask(for_good as KindOptions, until(NOW - 900 * DAY), NOW).ask).toBe('list')
  })

  test.each([[{}], [{ until: 'yesterday' }], [{ until: null }], [{ mark: 'x' }]])(
    'a position of another word is lost: %j',
    (position) => {
      expect(ask(log, position, NOW).ask).toBe('lost')
    },
  )

  test('a clock of ours that was set back never goes back, and never asks for less than nothing', () => {
    const ahead = until(NOW + 5 * MINUTE)
    const asked = ask(log, ahead, NOW)
    expect(asked).toMatchObject({ vars: { since: '2026-11-21T11:55:00.000Z', until: '2026-11-21T12:05:00.000Z' } })
    expect(goOn(log, ahead, { body: null, now_ms: NOW })).toMatchObject({ to: ahead })
  })

  test.each<[unknown, number | null]>([
    [{ published: '2026-11-21T12:00:00.123Z' }, NOW + 123],
    [{ published: '2026-11-21T13:00:00+01:00' }, NOW],
    [{ published: NOW }, NOW],
    [{ published: NOW / 1000 }, NOW],
    [{ published: 'noon' }, null],
    [{ published: '2026-11-21 12:00:00' }, null],
    [{}, null],
    ['text', null],
    [null, null],
  ])('the instant of %j', (item, expected) => {
    expect(at(log, item)).toBe(expected)
  })
})

describe('a delta', () => {
  const LINK = 'https://graph.example/v1.0/users/delta?$deltatoken=abc'

  test('the first request is its own, with no position in it', () => {
    expect(of(url).ask(url, null, NOW)).toEqual({ ask: 'list', request: START, vars: {}, url: null })
  })

  test('it goes on with the mark of the last page: an address, or a token for the list', () => {
    const to = { mark: LINK, at: new Date(NOW).toISOString() }
    expect(of(url).after(url, null, { body: { '@odata.deltaLink': LINK }, now_ms: NOW })).toEqual({
      to,
      told_until_ms: NOW,
      forget_before_ms: null,
    })
    expect(of(url).ask(url, to, NOW)).toEqual({ ask: 'list', request: null, vars: {}, url: LINK })
    const next = of(token).after(token, null, { body: { sync: { token: 4711 } }, now_ms: NOW })
    expect(next).toMatchObject({ to: { mark: '4711' } })
    expect(of(token).ask(token, { mark: '4711' }, NOW)).toEqual({
      ask: 'list',
      request: null,
      vars: { position: '4711' },
      url: null,
    })
  })

  test('an older position than the target takes is lost, and said to be; one of unknown age is tried', () => {
    const week = { ...url, kept: '7d' }
    const at = (ms: number) => ({ mark: LINK, at: new Date(ms).toISOString() })
    expect(of(week).ask(week, at(NOW - 7 * DAY), NOW).ask).toBe('list')
    expect(of(week).ask(week, at(NOW - 7 * DAY - 1), NOW)).toMatchObject({ ask: 'lost', because: expect.stringContaining('7d') })
    expect(of(week).ask(week, { mark: LINK }, NOW).ask).toBe('list')
    expect(of(url).ask(url, at(NOW - 900 * DAY), NOW).ask).toBe('list')
  })

  test.each<[string, KindOptions, unknown]>([
    ['no mark', url, { value: [] }],
    ['an empty mark', url, { '@odata.deltaLink': '' }],
    ['a mark that is no URL', url, { '@odata.deltaLink': '/users/delta?x' }],
    ['a mark of another scheme', url, { '@odata.deltaLink': 'file:///etc/passwd' }],
    ['a mark that is an object', token, { sync: { token: {} } }],
    ['a mark that is no whole number', token, { sync: { token: 1.5 } }],
    ['a mark without an end', token, { sync: { token: 'x'.repeat(65_537) } }],
    ['a body that is none', url, '<html>'],
  ])('%s on the last page is broken, never a position', (_name, options, body) => {
    expect(of(options).after(options, null, { body, now_ms: NOW })).toEqual({ broken: expect.any(String) })
  })

  test.each([[{}], [{ mark: '' }], [{ mark: 1 }], [{ mark: 'token' }], [{ until: '2026-11-21T12:00:00Z' }]])(
    'a position of another word is lost: %j',
    (position) => {
      expect(of(url).ask(url, position, NOW).ask).toBe('lost')
    },
  )

  test('an item is a state: it has no instant', () => {
    expect(of(url).at(url, { published: '2026-11-21T12:00:00Z' })).toBeNull()
  })
})
