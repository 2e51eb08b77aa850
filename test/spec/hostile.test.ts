import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { loadConnector, renderDiagnostic } from '../../runtime/spec/load.ts'
import { SAMPLE } from './sample.ts'

type Bomb = readonly [name: string, text: string | Uint8Array, code: string]

const lol = (n: number) =>
  Array.from({ length: n }, (_, i) => `a${i}: &a${i} [${i === 0 ? 'x' : `*a${i - 1},`.repeat(9)}]`).join('\n')

const BOMBS: readonly Bomb[] = [
  ['aliases of aliases, 2^20 and more when written out', lol(20), 'spec/yaml-alias'],
  ['2,000 open brackets', '['.repeat(2_000), 'spec/too-deep'],
  ['2,000 open braces', '{a: '.repeat(2_000), 'spec/too-deep'],
  ['a line of 2,000 dashes', '- '.repeat(2_000), 'spec/too-deep'],
  ['2,000 levels of indentation', Array.from({ length: 800 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'), 'spec/too-deep'],
  ['50 MB', 'a'.repeat(50_000_000), 'spec/too-large'],
  ['a million characters over 1 MB of bytes', 'é'.repeat(600_000), 'spec/too-large'],
  [
    '500,000 keys',
    Array.from({ length: 120_000 }, (_, i) => `k${i}: 1`)
      .join('\n')
      .slice(0, 1_000_000),
    'spec/too-large',
  ],
  ['500,000 items in one line', `a: [${'1,'.repeat(499_000)}]`, 'spec/too-large'],
  ['two documents', 'a: 1\n---\nb: 1\n', 'spec/many-documents'],
  ['more after the end', 'a: 1\n...\nb: 1\n', 'spec/many-documents'],
  ['250,000 documents', '---\n'.repeat(250_000), 'spec/too-large'],
  ['merge keys', 'a: { <<: { b: 1 } }', 'spec/yaml-merge'],
  ['a tag of JavaScript', 'a: !!js/function "function(){}"', 'spec/yaml-tag'],
  ['a tag directive', '%TAG ! tag:example.com,2000:\n---\na: 1', 'spec/yaml-tag'],
  ['__proto__', '__proto__: { isAdmin: true }', 'spec/forbidden-key'],
  ['an integer beyond 2^53', 'version: 9007199254740993', 'spec/number-range'],
  ['an integer of 300 digits', `version: ${'9'.repeat(300)}`, 'spec/number-range'],
  ['an unclosed quote over a megabyte', `a: "${'\\"'.repeat(400_000)}x`, 'spec/yaml-syntax'],
  ['a megabyte of tabs', '\t'.repeat(1_000_000), 'spec/empty'],
  ['a megabyte of line breaks', '\n'.repeat(1_000_000), 'spec/too-large'],
  ['nothing', '', 'spec/empty'],
  ['comments only', '# a\n# b\n', 'spec/empty'],
  ['a list', '- a\n', 'spec/not-a-mapping'],
  ['a text', 'hello', 'spec/not-a-mapping'],
  ['invalid UTF-8', Uint8Array.from([0x61, 0x3a, 0x20, 0xff, 0xfe]), 'spec/not-utf8'],
  ['UTF-16', Uint8Array.from([0xff, 0xfe, 0x61, 0x00]), 'spec/not-utf8'],
  ['NUL', 'a: b\0c', 'spec/not-utf8'],
]

describe('hostile YAML', () => {
  // Once without and once with a fault, so that no bomb pays for compiling a schema: there are two.
  loadConnector(SAMPLE, 'acme.yaml')
  loadConnector(SAMPLE.replace('title: Acme', 'title: 12'), 'acme.yaml')

  test.each(BOMBS)('%s: a positioned error, soon', (_name, text, code) => {
    const started = performance.now()
    const { connector, diagnostics } = loadConnector(text, 'bomb.yaml')
    const shown = diagnostics.map((d) => renderDiagnostic(d, String(text), { color: false })).join('\n')
    const ms = performance.now() - started
    expect(connector).toBeNull()
    expect(shown.length).toBeLessThan(2000)
    const found = diagnostics.find((d) => d.code === code)
    expect(diagnostics.map((d) => d.code)).toContain(code)
    expect(found?.line).toBeGreaterThanOrEqual(1)
    expect(found?.column).toBeGreaterThanOrEqual(1)
    // 50 ms on a quiet machine; the tests run beside others.
    expect(ms).toBeLessThan(300)
  })

  test('each of 550 settings is looked for once, wherever it is named', () => {
    const many = (write: (i: number) => string) => Array.from({ length: 550 }, (_, i) => write(i)).join('')
    const headers = `\n      request: GET /logs?from={since}\n      headers:\n${many((i) => `        X-${i}: "{s${i}}"\n`)}`
    const text = SAMPLE.replace('settings:\n', () => `settings:\n${many((i) => `  s${i}: { type: text }\n`)}`).replace(
      ' GET /logs?from={since}&to={until}&limit=500',
      () => headers,
    )
    const times = Array.from({ length: 3 }, () => {
      const started = performance.now()
      expect(loadConnector(text, 'a').diagnostics).toEqual([])
      return performance.now() - started
    })
    expect(Math.min(...times)).toBeLessThan(400)
  })

  test('a prototype cannot be changed by a file, and the connector has none', () => {
    loadConnector('__proto__: { polluted: true }\nconstructor: { prototype: { polluted: true } }', 'a.yaml')
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
    const { connector } = loadConnector(SAMPLE, 'acme.yaml')
    expect(Object.getPrototypeOf(connector!.streams)).toBeNull()
    expect((connector!.streams as { [name: string]: unknown })['toString']).toBeUndefined()
    expect(Object.isFrozen(connector!.streams['users']!.list.query)).toBe(true)
  })

  test('control and direction characters of a file never reach the terminal', () => {
    const text = SAMPLE.replace('title: People', 'ti\u202etle\u001b[31m: People').replace(
      'userName: login',
      'user\u009bName: login',
    )
    const { diagnostics } = loadConnector(text, 'a\u001b.yaml')
    const shown = diagnostics.map((d) => renderDiagnostic(d, text, { color: false })).join('\n')
    expect(diagnostics.length).toBeGreaterThan(0)
    expect(shown).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/)
    expect(shown).toContain('\\u202E')
  })
})

describe('any text', () => {
  const noise = fc.constantFrom(
    '[',
    ']',
    '{',
    '}',
    ':',
    ' ',
    '\n',
    '\t',
    '"',
    "'",
    '- ',
    '? ',
    '&a',
    '*a',
    '!x',
    '|',
    '>',
    '%',
    '=',
    '#',
    '\u0000',
    '\ud800',
    'null',
    '1e999',
    '{id}',
    '__proto__',
    '---\n',
    '...\n',
    '<<: ',
    '\r',
    '\u202e',
    '\ufeff',
    'kind',
    '= ',
    '[]',
    '.',
  )
  const edit = fc.record({
    at: fc.nat(SAMPLE.length),
    cut: fc.nat(40),
    put: fc.array(noise, { maxLength: 4 }).map((parts) => parts.join('')),
  })

  test('never makes it crash, and each error has its place', () => {
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
        const text = edits.reduce((t, { at, cut, put }) => t.slice(0, at) + put + t.slice(at + cut), SAMPLE)
        checkPlaced(text)
      }),
      { numRuns: 2_000, seed: 20261121 },
    )
  }, 120_000)

  test('also for shapes nobody would write', () => {
    const value: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.constantFrom(null, 0, -1, 1.5, true, '', 'x', '= x', '{y}', 'GET /', 'users', '[]'),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(
          fc.constantFrom('kind', 'request', 'query', 'body', 'id', 'a', 'list', 'each', 'literal', 'token'),
          tie('value'),
          { maxKeys: 4 },
        ),
      ),
    })).value
    const keys = [...new Set([...SAMPLE.matchAll(/\b([a-z_]+):/g)].map((found) => found[1]!))]
    const lines = SAMPLE.split('\n')
    fc.assert(
      fc.property(fc.nat(lines.length - 1), fc.constantFrom(...keys), value, (at, key, data) => {
        const indent = /^ */.exec(lines[at]!)![0]
        checkPlaced(lines.toSpliced(at, 1, `${indent}${key}: ${JSON.stringify(data)}`).join('\n'))
      }),
      { numRuns: 1_000, seed: 7 },
    )
  }, 120_000)
})

function checkPlaced(text: string): void {
  const lines = text.split('\n').length
  const { connector, diagnostics } = loadConnector(text, 'any.yaml')
  if (connector === null) expect(diagnostics.some((d) => d.severity === 'error')).toBe(true)
  for (const d of diagnostics) {
    expect(d.line >= 1 && d.line <= lines && d.column >= 1 && d.end_column > d.column, JSON.stringify(d)).toBe(true)
    renderDiagnostic(d, text, { color: true })
  }
}
