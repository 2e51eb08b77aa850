import { Ajv } from 'ajv'
import { expect, test } from 'vitest'
import { told } from '../../runtime/kinds/told/index.ts'
import type { KindOptions } from '../../runtime/types.ts'

const NOW = Date.UTC(2026, 10, 20, 12, 0, 0)
const read = (options: KindOptions, headers: { [name: string]: string }, body: unknown = null) => {
  const word = told[options.kind]
  if (word === undefined) throw new Error(`no word ${options.kind}`)
  return word.read(options, { status: 200, headers, body }, NOW)
}
const window = (reset_is: string) => ({ kind: 'headers', remaining: 'X-Left', reset: 'X-Reset', reset_is })
const s = (seconds: number) => NOW + seconds * 1000

test.each(Object.entries(told))('%s: name, schema and example agree', (name, word) => {
  expect(word.kind).toBe(name)
  const valid = new Ajv({ strict: true, allErrors: true, strictRequired: false }).compile(word.schema as object)
  expect(valid(word.example), JSON.stringify(valid.errors)).toBe(true)
  expect(valid({ ...word.example, kind: 'other' })).toBe(false)
  expect(valid({ ...word.example, unknown: 1 })).toBe(false)
})

test.each(['headers', 'body'])('%s: what reset holds must be said', (kind) => {
  const valid = new Ajv().compile(told[kind]?.schema as object)
  expect(valid({ kind, reset: 'x' })).toBe(false)
  expect(valid({ kind, reset_is: 'delay_s' })).toBe(false)
})

test.each<[string, KindOptions, { [name: string]: string }, { remaining: number | null; until_ms: number | null }]>([
  [
    'an epoch in seconds',
    window('epoch_s'),
    { 'x-left': '7', 'x-reset': String(NOW / 1000 + 30) },
    { remaining: 7, until_ms: s(30) },
  ],
  [
    'an epoch in milliseconds',
    window('epoch_ms'),
    { 'x-left': '0', 'x-reset': String(NOW + 1500) },
    { remaining: 0, until_ms: NOW + 1500 },
  ],
  ['a delay in seconds', window('delay_s'), { 'x-left': '1', 'x-reset': '12.5' }, { remaining: 1, until_ms: s(12.5) }],
  ['a delay in milliseconds', window('delay_ms'), { 'x-reset': '900' }, { remaining: null, until_ms: NOW + 900 }],
  ['an HTTP date', window('http_date'), { 'x-reset': 'Fri, 20 Nov 2026 12:01:00 GMT' }, { remaining: null, until_ms: s(60) }],
  [
    'a target whose clock is ten minutes fast, epoch',
    window('epoch_s'),
    { 'x-reset': String(NOW / 1000 + 630), date: 'Fri, 20 Nov 2026 12:10:00 GMT' },
    { remaining: null, until_ms: s(30) },
  ],
  [
    'a target whose clock is ten minutes slow, date',
    window('http_date'),
    { 'x-reset': 'Fri, 20 Nov 2026 11:50:30 GMT', date: 'Fri, 20 Nov 2026 11:50:00 GMT' },
    { remaining: null, until_ms: s(30) },
  ],
  [
    'Retry-After before the reset',
    window('delay_s'),
    { 'x-reset': '900', 'retry-after': '5' },
    { remaining: null, until_ms: s(5) },
  ],
  [
    'Retry-After as a date',
    { kind: 'none' },
    { 'retry-after': 'Fri, 20 Nov 2026 12:00:09 GMT' },
    { remaining: null, until_ms: s(9) },
  ],
  [
    'Retry-After in the old forms',
    { kind: 'none' },
    { 'retry-after': 'Friday, 20-Nov-26 12:00:09 GMT' },
    { remaining: null, until_ms: s(9) },
  ],
  [
    'Retry-After as asctime, which is UTC',
    { kind: 'none' },
    { 'retry-after': 'Fri Nov 20 12:00:09 2026' },
    { remaining: null, until_ms: s(9) },
  ],
  [
    'Retry-After that is off with its own Date',
    { kind: 'none' },
    { 'retry-after': 'Fri, 20 Nov 2026 13:00:09 GMT', date: 'Fri, 20 Nov 2026 13:00:00 GMT' },
    { remaining: null, until_ms: s(9) },
  ],
  [
    'another header for it',
    { kind: 'headers', retry_after: 'X-Wait' },
    { 'x-wait': '3', 'retry-after': '99' },
    { remaining: null, until_ms: s(3) },
  ],
  ['the first of several windows', window('delay_s'), { 'x-left': '42, 42;w=60, 900;w=3600' }, { remaining: 42, until_ms: null }],
  [
    'nonsense',
    window('epoch_s'),
    { 'x-left': 'many', 'x-reset': 'soon', 'retry-after': 'later' },
    { remaining: null, until_ms: null },
  ],
  [
    'negative numbers',
    window('delay_s'),
    { 'x-left': '-1', 'x-reset': '-1', 'retry-after': '-1' },
    { remaining: null, until_ms: null },
  ],
  ['nothing', window('epoch_s'), {}, { remaining: null, until_ms: null }],
])('%s', (_name, options, headers, expected) => {
  expect(read(options, headers)).toEqual(expected)
})

test('a body tells by paths, numbers or texts', () => {
  const body = { data: { rateLimit: { remaining: 4990, resetAt: '2026-11-20T12:00:40Z' } }, parameters: { retry_after: 1.5 } }
  expect(
    read({ kind: 'body', remaining: 'data.rateLimit.remaining', reset: 'data.rateLimit.resetAt', reset_is: 'iso' }, {}, body),
  ).toEqual({ remaining: 4990, until_ms: s(40) })
  expect(read({ kind: 'body', reset: 'parameters.retry_after', reset_is: 'delay_s' }, {}, body)).toEqual({
    remaining: null,
    until_ms: s(1.5),
  })
  expect(read({ kind: 'body', reset: 'a.b', reset_is: 'iso' }, {}, '<html>')).toEqual({ remaining: null, until_ms: null })
})
