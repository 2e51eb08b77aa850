import { describe, expect, test } from 'vitest'
import { droppedKeys } from '../../cli/dropped.ts'
import { sideBySide } from '../../cli/side-by-side.ts'
import { jsonLine, painter, safe, span, table } from '../../cli/text.ts'
import type { Stream } from '../../runtime/types.ts'

const ACTING = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/

const HOSTILE = [
  '\u001b[2J',
  '\u009b31m',
  'a\rb',
  '\u202Egnp.exe',
  '\u2066x\u2069',
  '\u0000',
  '\u0007',
  '\u2028',
  '\u200b',
  '\ud800',
  '\u001b]8;;http://x\u0007y',
]

describe('what a target wrote', () => {
  test.each(HOSTILE)('%j never acts upon a terminal', (text) => {
    expect(safe(`a${text}b\nc`)).not.toMatch(ACTING)
    expect(safe(`a${text}b\nc`)).not.toContain('\n')
    expect(sideBySide([text], [text], 80).join('')).not.toMatch(ACTING)
  })

  test('is shown as what it is', () => {
    expect(safe('a\u202Eb')).toBe('a\\u202Eb')
    expect(safe('\u001b[1m')).toBe('\\u001B[1m')
  })

  test.each(HOSTILE)('%j comes out of --json unchanged, and the line itself acts on nothing', (text) => {
    const line = jsonLine({ [text]: text })
    expect(line.slice(0, -1)).not.toMatch(ACTING)
    expect(JSON.parse(line)).toEqual({ [text]: text })
  })
})

test('colour is in the text only where it may be, and never shifts a table', () => {
  const [on, off] = [painter(true), painter(false)]
  expect(off.red('x')).toBe('x')
  const strip = (text: string) => text.replace(/\u001b\[[0-9;]*m/g, '')
  const rows = (p: typeof on) =>
    table([
      [p.red('a'), 'b'],
      ['long', p.green('c')],
    ])
  expect(strip(rows(on))).toBe(rows(off))
  expect(rows(off)).toBe('  a     b\n  long  c\n')
})

test.each([
  [0, '0 s'],
  [89_000, '89 s'],
  [120_000, '2 min'],
  [7_200_000, '2 h'],
  [3 * 86_400_000, '3 days'],
  [-5, '0 s'],
])('%i ms is %s', (ms, text) => expect(span(ms)).toBe(text))

describe('what a mapping drops', () => {
  const stream = (fields: Stream['fields']) =>
    ({ fields, keep: {}, id: ['id'], filters: [], gone: null, sorted_by: null }) as unknown as Stream

  test.each([
    [{ userName: 'login' }, { id: 1, login: 'x', extra: 1 }, ['extra']],
    [{ userName: 'profile.login' }, { id: 1, profile: { login: 'x', phone: 1 } }, ['profile.phone']],
    [{ email: 'emails[0].value' }, { id: 1, emails: [{ value: 'x', type: 'y' }], roles: [] }, ['roles']],
    [
      { active: "= record.?state.level == 'login' && !has(flags.x)" },
      { id: 1, state: { level: 1, since: 2 }, flags: { x: 1, y: 2 }, login: 1 },
      ['flags.y', 'login', 'state.since'],
    ],
    [
      { department: '["urn:x:2.0:User"].department' },
      { id: 1, 'urn:x:2.0:User': { department: 'd', cost: 1 } },
      ['urn:x:2.0:User.cost'],
    ],
    [{ type: { literal: 'login' } }, { id: 1, login: 2 }, ['login']],
  ])('%j over %j drops %j', (fields, record, dropped) => {
    expect(droppedKeys(stream(fields as never), [record])).toEqual(dropped)
  })
})
