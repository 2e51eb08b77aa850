/** Values and fragments that break programs. */
import type { Random } from './random.ts'

export const TEXTS: readonly string[] = [
  '',
  ' ',
  '\t',
  '\n',
  '\r\n',
  '\0',
  '\u0007',
  '\u001b[31m',
  '\u001b]0;x\u0007',
  '\u009b',
  '\u202e',
  '\u2028',
  '\ufeff',
  '\ud800',
  '\udfff',
  'é',
  '😀',
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  '{',
  '}',
  '{}',
  '{id',
  '{id}',
  '{constructor.constructor}',
  '{__proto__}',
  '= ',
  '= 1 +',
  "= 'a' in",
  '= record',
  '= x.y.z',
  '= [1,2].map(a, a)',
  "= '(a|a)*$'.matches('a')",
  '= ((((((',
  '= 1/0',
  '= 9223372036854775807 + 1',
  '[]',
  '["',
  '.',
  '..',
  'a..b',
  '[0]',
  '["a"].b',
  'a[*]',
  'GET',
  'GET /',
  'POST /x',
  'GET x',
  'DELETE /../x',
  'GET /{',
  'GET https://evil.example/',
  'GET /a?b=c&b=d#e',
  'TRACE /',
  'https://',
  'https://[::1]/',
  'http://127.0.0.1',
  'javascript:alert(1)',
  'null',
  'true',
  '1e999',
  '-0',
  '0x10',
  '1_000',
  '12:30:45',
  '2026-11-21',
  '5m',
  '-5m',
  '99999999999d',
  'P1D',
  '(a+)+$',
  '(?=a)',
  '\\1',
  '[',
  '*',
  '&a',
  '!x',
  '%',
  '@',
  '`',
  '|',
  '>',
  '#',
  ': ',
  '- ',
  '? ',
]
export const NUMBERS: readonly number[] = [
  0,
  -0,
  1,
  -1,
  2,
  64,
  65,
  100,
  101,
  1.5,
  1e21,
  -1e21,
  5e-324,
  2 ** 31,
  2 ** 53,
  2 ** 53 + 2,
  1e308,
]
export const BYTES: readonly string[] = ['\xff', '\xc0\x80', '\xed\xa0\x80', '\xf8', '\x00', '\xe2\x80']

export type Value = null | boolean | number | string | readonly Value[] | { readonly [key: string]: Value }

export function value(random: Random, depth = 3): Value {
  const which = random.below(depth > 0 ? 10 : 7)
  if (which < 3) return random.one(TEXTS)
  if (which < 5) return random.one(NUMBERS)
  if (which === 5) return random.chance(0.5)
  if (which === 6) return null
  if (which === 7) return Array.from({ length: random.below(4) }, () => value(random, depth - 1))
  if (which === 8) return nested(random)
  return Object.fromEntries(Array.from({ length: random.below(4) }, () => [random.one(TEXTS), value(random, depth - 1)]))
}

/** A tower: up to the depth at which guards should speak, and beyond. */
function nested(random: Random): Value {
  let inner: Value = random.one(TEXTS)
  const levels = random.chance(0.02) ? 200 : random.below(6)
  for (let i = 0; i < levels; i++) inner = random.chance(0.5) ? [inner] : { a: inner }
  return inner
}
