/** What is small on the wire and large, deep or slow inside. Each is refused with a code, in bounded time and memory. */
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { unpack } from '../../runtime/http/body.ts'
import { decode } from '../../runtime/kinds/decode/index.ts'
import { compileCel } from '../../runtime/kinds/value/cel.ts'
import { loadConnector } from '../../runtime/spec/load.ts'

const counts: { [kind: string]: number } = {}
function count(kind: string): void {
  counts[kind] = (counts[kind] ?? 0) + 1
}
afterAll(() =>
  console.log(
    `bombs: ${Object.entries(counts)
      .map(([kind, n]) => `${n} ${kind}`)
      .join(', ')}; all refused or bounded`,
  ),
)

const MB = 1_000_000
/** The tests run beside others: bounds are wide, bombs would be wider. */
const SOON_MS = 3_000
function soon<T>(what: () => T): T {
  const started = performance.now()
  const got = what()
  expect(performance.now() - started).toBeLessThan(SOON_MS)
  return got
}

describe('YAML', () => {
  const nested = (open: string, n: number): string => open.repeat(n)
  const bombs: readonly string[] = [
    ...[9, 20, 60].flatMap((n) => [
      Array.from({ length: n }, (_, i) => `a${i}: &a${i} [${i === 0 ? 'x' : `*a${i - 1},`.repeat(9)}]`).join('\n'),
      Array.from(
        { length: n },
        (_, i) => `a${i}: &a${i} {x: ${i === 0 ? '1' : `*a${i - 1}`}, y: ${i === 0 ? '1' : `*a${i - 1}`}}`,
      ).join('\n'),
    ]),
    ...['[', '{a: ', '- ', '? ', '!!map {a: ', '[[', '"a": ['].flatMap((open) =>
      [66, 2_000, 100_000].map((n) => nested(open, n).slice(0, 1_000_000)),
    ),
    ...[
      'a: &a [*a]',
      'a: &a\n  b: *a',
      '&a [*a, *a]',
      '<<: *x',
      'a: {<<: [{b: 1}]}',
      '!!set {a}',
      '!!binary "AAAA"',
      '!!timestamp 2001-01-01',
      '!<tag:yaml.org,2002:js/function> x',
      '!!python/object/apply:os.system ["id"]',
      '%TAG ! tag:x,2000:\n---\n!f x',
    ],
    ...[
      ' ',
      '\t',
      '\n',
      'a',
      '#',
      '-',
      ':',
      ',',
      '"',
      "'",
      '|',
      '>',
      '\r',
      '%',
      '&a ',
      '*a ',
      'é',
      '😀',
      'a: 1\n',
      '- 1\n',
      '---\n',
      '...\n',
      'a: {b: [c, d]}\n',
      "'\\x41'\n",
      '? a\n',
      '"\\u0041',
      '>-\n ',
      'a:\n ',
    ].flatMap((piece) => [10_000, 250_000].map((n) => piece.repeat(Math.floor(n / piece.length)))),
  ]
  test(`${bombs.length} bombs: a positioned error or a connector that is none, soon`, () => {
    for (const text of bombs) {
      const { connector, diagnostics } = soon(() => loadConnector(text, 'bomb.yaml'))
      expect(connector).toBeNull()
      expect(diagnostics.every(({ line, column }) => line >= 1 && column >= 1) && diagnostics.length > 0).toBe(true)
      count('YAML')
    }
  }, 60_000)
})

describe('regular expressions', () => {
  const patterns = [
    '^(a|a)*$',
    '^(a+)+$',
    '(a*)*b',
    '(a|aa)+$',
    '(.*a){20}',
    '(a?){50}a{50}',
    '([a-z]+)*@',
    '^(([a-z])+.)+[A-Z]([a-z])+$',
    '(x+x+)+y',
    '(\\w+\\s?)*$',
    '((a{0,30}){0,30}){0,30}',
    '(?:a{1,1000}){1,1000}',
    '(a{1000}){1000}',
    '\\pL{1000}{1000}',
    '(?=a)a',
    '(?<=a)b',
    '(?<!a)b',
    '(a)\\1',
    '(?<n>a)\\k<n>',
    '(?R)',
    '(?>a+)b',
    'a++',
    '[[:alpha:]]{1001}',
    '(',
    '[',
    'a{2,1}',
    '*a',
    '\\',
    '(?P<n',
    '\\x{110000}',
  ]
  test(`${patterns.length} patterns x 3 texts: refused, or over in linear time`, () => {
    for (const pattern of patterns) {
      for (const text of ['a'.repeat(60_000), `${'a'.repeat(30_000)}!`, 'x'.repeat(60_000)]) {
        try {
          const cel = soon(() => compileCel(`record.matches(${JSON.stringify(pattern)})`, { variables: ['record'] }))
          soon(() => cel({ record: text }))
        } catch (error) {
          expect((error as { code?: string }).code).toMatch(/^value\//)
        }
        count('regex')
      }
    }
  }, 120_000)
})

describe('JSON', () => {
  const deep = (open: string, close: string, n: number): string => `${open.repeat(n)}1${close.repeat(n)}`
  const bodies: readonly (readonly [string, string])[] = [
    ...[101, 5_000, 200_000].flatMap((n): (readonly [string, string])[] => [
      [`${n} lists`, deep('[', ']', n)],
      [`${n} objects`, deep('{"a":', '}', n)],
      [`${n} of both`, deep('[{"a":', '}]', n)],
      [`${n} that never close`, '['.repeat(n)],
    ]),
  ]
  test(`${bodies.length} bodies too deep, and big numbers, and keys named twice`, () => {
    for (const [, text] of bodies) {
      for (const word of ['json', 'jsonl'] as const) {
        const said = soon(() => decode[word]!.decode({ kind: word }, text))
        expect(said.ok).toBe(false)
        count('JSON')
      }
    }
    for (const digits of [
      '9007199254740993',
      '9007199254740992',
      '-9007199254740993',
      '123456789012345678901234567890',
      '9'.repeat(5_000),
    ]) {
      const said = decode['json']!.decode({ kind: 'json' }, `{"id":${digits},"t":"${digits}"}`)
      expect(said).toMatchObject({ ok: true, value: { id: digits, t: digits } })
      count('JSON')
    }
    for (const text of [
      '{"a":1,"a":2}',
      '{"a":{"b":1,"b":2}}',
      '{"id":"1","\\u0069d":"2"}',
      '[{"x":1},{"id":1,"id":2}]',
      '{"__proto__":1,"__proto__":2}',
    ]) {
      const said = decode['json']!.decode({ kind: 'json' }, text)
      expect(said.ok && said.duplicates !== undefined && said.duplicates !== null).toBe(true)
      count('JSON')
    }
  })

  test('a number comes out as what was written, or as its digits', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n }), (n) => {
        const said = decode['json']!.decode({ kind: 'json' }, `[${n}]`)
        expect(said.ok && String((said.value as unknown[])[0])).toBe(String(n))
        count('JSON')
      }),
      { numRuns: 2_000, seed: 3 },
    )
  })
})

describe('packed bodies', () => {
  const zeros = Buffer.alloc(60 * MB)
  const PACK = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync } as const
  const bombs: readonly (readonly [string, string | undefined, () => Buffer])[] = [
    ...Object.entries(PACK).map(([coding, pack]) => [coding, coding, () => pack(zeros)] as const),
    ['deflate, raw', 'deflate', () => deflateRawSync(zeros)],
    ['gzip without saying so', undefined, () => gzipSync(zeros)],
    ['x-gzip', 'x-gzip', () => gzipSync(zeros)],
    ['gzip in upper case', 'GZIP', () => gzipSync(zeros)],
    ['several gzip members', 'gzip', () => Buffer.concat(Array.from({ length: 30 }, () => gzipSync(zeros.subarray(0, 2 * MB))))],
    ['six codings', Array(6).fill('gzip').join(', '), () => gzipSync('x')],
    ['two codings', 'gzip, br', () => brotliCompressSync(gzipSync('x'))],
    ['a coding that is not there', 'zstd', () => Buffer.from('x')],
    ['a coding named as a property', '__proto__', () => Buffer.from('x')],
    ['cut off', 'gzip', () => gzipSync(Buffer.alloc(MB, 'ab')).subarray(0, 500)],
    ['not what it says', 'br', () => gzipSync('x')],
  ]
  test.each(bombs)('%s', async (_, coding, make) => {
    const packed = make()
    const before = process.memoryUsage().arrayBuffers
    const said = await unpack(packed, coding, 20 * MB)
    expect(said).toMatchObject({ ok: false, code: expect.stringMatching(/^http\/(?:bomb|too-large|encoding|cut)$/) })
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(60 * MB)
    count('packed')
  })
  test('packed twice: once is undone, and what is inside is no JSON', async () => {
    const said = await unpack(gzipSync(gzipSync(zeros)), 'gzip', 20 * MB)
    expect(said.ok && decode['json']!.decode({ kind: 'json' }, said.bytes.toString('latin1')).ok).toBe(false)
    count('packed')
  })
  test('an honest page of blanks is unpacked', async () => {
    expect(await unpack(gzipSync(Buffer.alloc(900_000, ' ')), 'gzip', 20 * MB)).toMatchObject({ ok: true })
  })
})
