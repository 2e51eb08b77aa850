import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { decode } from '../../runtime/kinds/decode/index.ts'
import type { Decoded } from '../../runtime/kinds/kind.ts'
import type { Json } from '../../runtime/types.ts'

type Row = { word: string; claim: string; options?: { [name: string]: Json }; text: string; gives?: Json; fails?: string }
const rows = parse(readFileSync(new URL('decode.yaml', import.meta.url), 'utf8')) as Row[]

function read(word: string, text: string, options: { [name: string]: Json } = {}): Decoded {
  const kind = decode[word]
  if (kind === undefined) throw new Error(`no word ${word}`)
  return kind.decode({ kind: word, ...options }, text)
}

test.each(rows.map((row) => [`${row.word}: ${row.claim}`, row] as const))('%s', (_name, row) => {
  const decoded = read(row.word, row.text, row.options)
  if (row.fails === undefined) expect(decoded).toEqual({ ok: true, value: row.gives })
  else expect(decoded).toEqual({ ok: false, code: row.fails, because: expect.stringMatching(/^[\w ].{10,}/) })
})

test('every word has a table of both kinds', () => {
  for (const word of Object.keys(decode)) {
    expect(
      rows.some((row) => row.word === word && row.fails === undefined),
      word,
    ).toBe(true)
    expect(
      rows.some((row) => row.word === word && row.fails !== undefined),
      word,
    ).toBe(true)
  }
})

describe('hostile bodies', () => {
  const nested = (depth: number, open: string, close: string) => `${open.repeat(depth)}1${close.repeat(depth)}`

  test('deeper than 100 levels is refused, 100 is taken; 200,000 do not break the stack', () => {
    expect(read('json', nested(100, '[', ']'))).toMatchObject({ ok: true })
    for (const [open, close] of [
      ['[', ']'],
      ['{"a":', '}'],
    ] as const) {
      expect(read('json', nested(101, open, close))).toMatchObject({ code: 'decode/depth' })
      expect(read('json', nested(200_000, open, close))).toMatchObject({ code: 'decode/depth' })
    }
    expect(read('xml', nested(300, '<a>', '</a>'))).toMatchObject({ code: 'decode/depth' })
    // Braces inside a text are no depth.
    expect(read('json', JSON.stringify({ a: '['.repeat(10_000) }))).toMatchObject({ ok: true })
  })

  test('no decoder writes to a prototype', () => {
    const json = read('json', '{"__proto__":{"polluted":1},"big":9007199254740993,"constructor":{"prototype":{"polluted":1}}}')
    expect(json.ok && Object.hasOwn(json.value as object, '__proto__')).toBe(true)
    expect(json.ok && Object.getPrototypeOf(json.value)).toBe(Object.prototype)
    const csv = read('csv', '__proto__,id\nx,1\n')
    expect(csv.ok && Object.entries((csv.value as object[])[0] as object)).toEqual([
      ['__proto__', 'x'],
      ['id', '1'],
    ])
    read('xml', '<a><constructor><prototype><polluted>1</polluted></prototype></constructor></a>')
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
  })

  test('no message holds what the target sent', () => {
    for (const word of Object.keys(decode)) {
      for (const text of [
        'hunter2',
        '{"hunter2":',
        '"hunter2',
        '<hunter2>',
        'hunter2,"',
        'a,b\nhunter2\n',
        'a,b\n1,"hunter2" x',
      ]) {
        const decoded = read(word, text)
        if (!decoded.ok) expect(decoded.because).not.toContain('hunter2')
      }
    }
  })

  test('a million openings or quotes cost milliseconds, not minutes', () => {
    const started = performance.now()
    for (const text of [
      '<'.repeat(1e6),
      '<!--'.repeat(2e5),
      '"'.repeat(1e6),
      '\\'.repeat(1e6),
      `<a ${'b '.repeat(1e5)}`,
      ' '.repeat(1e6),
    ]) {
      for (const word of ['json', 'csv', 'jsonl']) read(word, text)
    }
    expect(performance.now() - started).toBeLessThan(5_000)
  })
})

test('any JSON comes back as it was; cut anywhere it is a fault, never a shorter value', () => {
  fc.assert(
    fc.property(fc.oneof(fc.array(fc.jsonValue()), fc.dictionary(fc.string(), fc.jsonValue())), fc.nat(), (value, at) => {
      const text = JSON.stringify(value)
      const back = read('json', text)
      const beyond = /\d{16}/.test(text)
      if (!beyond) expect(back).toEqual({ ok: true, value: JSON.parse(text) })
      expect(read('json', text.slice(0, at % text.length)).ok).toBe(false)
    }),
  )
})

test('two ids that a double cannot tell apart stay two', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 2n ** 53n, max: 2n ** 70n }), (id) => {
      expect(read('json', `{"rows":[{"id":${id}},{"id":${id + 1n}}]}`)).toEqual({
        ok: true,
        value: { rows: [{ id: String(id) }, { id: String(id + 1n) }] },
      })
    }),
  )
})

test('digits are kept exactly where the source text says so, and nowhere else', () => {
  // `-0` and fractions of many digits included; texts hold digits, quotes and backslashes.
  const number = fc.oneof(
    fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map(String),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => JSON.stringify(n)),
    fc.constantFrom(
      '-0',
      '1E20',
      '12345678901234567890.5',
      '0.12345678901234567890',
      '12345678901234567890e2',
      '-1234567890123456789',
    ),
  )
  const text = fc
    .string({ unit: fc.constantFrom('1234567890123456', '"', '\\', ',', ':', '[', 'x', '-', ' ') })
    .map((s) => JSON.stringify(s))
  const item = fc.oneof(
    number,
    text,
    fc.tuple(text, number).map(([key, value]) => `{${key}: ${value} }`),
  )
  fc.assert(
    fc.property(fc.array(item), (items) => {
      const json = `[${items.join(' ,')}]`
      const exactly = (_key: string, value: unknown, context?: { readonly source?: string }) =>
        typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? '')
          ? context?.source
          : value
      expect(read('json', json)).toEqual({ ok: true, value: JSON.parse(json, exactly) })
    }),
    { numRuns: 500 },
  )
})
