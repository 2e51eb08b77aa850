/** Names that are properties of every object, in every place where a name comes from outside. */
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openChecks } from '../../runtime/api/input.ts'
import { ROUTES } from '../../runtime/api/routes/index.ts'
import { decode } from '../../runtime/kinds/decode/index.ts'
import { compileCel } from '../../runtime/kinds/value/cel.ts'
import { compilePath } from '../../runtime/kinds/value/path.ts'
import { parseTemplate, renderText } from '../../runtime/kinds/value/template.ts'
import { loadConnector } from '../../runtime/spec/load.ts'
import { SAMPLE } from '../spec/sample.ts'

const NAMES = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'valueOf',
  'hasOwnProperty',
  '__defineGetter__',
  '__lookupSetter__',
  'isPrototypeOf',
]
let tries = 0
let before = ''
/** Everything that an object, a list, a function and a text have without anybody's doing. */
const shape = (): string =>
  [Object.prototype, Array.prototype, Function.prototype, String.prototype, Map.prototype, Promise.prototype]
    .map((one) => Reflect.ownKeys(one).map(String).join())
    .join('|')
beforeAll(() => {
  before = shape()
})
afterAll(() => {
  console.log(`prototype pollution: ${tries} tries, ${shape() === before ? 0 : 1} changes`)
  expect(shape()).toBe(before)
})

test('a file that names them as keys has none of them, and gets an error or a plain key', () => {
  const lines = SAMPLE.split('\n')
  for (const name of NAMES) {
    for (const [at, line] of lines.entries()) {
      // Every seventh line, another seventh for each name.
      if ((at + NAMES.indexOf(name)) % 7 !== 0) continue
      const indent = /^ */.exec(line)![0]
      loadConnector(lines.toSpliced(at, 0, `${indent}${name}: { polluted: true }`).join('\n'), 'x.yaml')
      loadConnector(lines.toSpliced(at, 1, line.replace(/^( *)[\w-]+:/, `$1${name}:`)).join('\n'), 'x.yaml')
      tries += 2
    }
  }
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
}, 60_000)

test('paths, expressions and templates see own data alone', () => {
  for (const name of NAMES) {
    for (const path of [name, `a.${name}`, `["${name}"].x`, `${name}.constructor`, `a.${name}.${name}`]) {
      tries++
      try {
        expect(compilePath(path)({ a: {}, b: [] })).toBeUndefined()
      } catch (error) {
        expect((error as { code?: string }).code).toMatch(/^value\//)
      }
    }
    for (const cel of [
      `record.${name}`,
      `record["${name}"]`,
      `record.a.${name}`,
      `has(record.${name})`,
      `record.${name}.constructor("return 1")()`,
    ]) {
      tries++
      let got: unknown
      try {
        got = compileCel(cel, { variables: ['record'] })({ record: { a: {} } })
      } catch {
        continue
      }
      expect([false, null, undefined]).toContain(got)
    }
    tries++
    expect(() => renderText(parseTemplate(`{${name}}`), (asked) => (Object.hasOwn({}, asked) ? 'x' : undefined))).toThrow()
  }
})

test('answers and bodies: any JSON with such keys changes nothing, and is data or refused', () => {
  const checks = openChecks()
  const routes = ROUTES.filter(({ body }) => body !== undefined && body !== 'yaml').map((route) => checks(route))
  const key = fc.oneof(fc.constantFrom(...NAMES), fc.string({ maxLength: 4 }))
  const any = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom(null, true, 1, 'x'),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.array(fc.tuple(key, tie('value')), { maxLength: 4 }).map((pairs) => new Map(pairs)),
    ),
  })).value
  // Written by hand: JSON.stringify of an object would lose what is meant.
  const write = (value: unknown): string =>
    value instanceof Map
      ? `{${[...value].map(([name, inner]) => `${JSON.stringify(name)}:${write(inner)}`).join()}}`
      : Array.isArray(value)
        ? `[${value.map(write).join()}]`
        : JSON.stringify(value)
  fc.assert(
    fc.property(any, fc.nat(), (value, n) => {
      const text = write(value)
      tries += 2
      decode['json']!.decode({ kind: 'json' }, text)
      try {
        routes[n % routes.length]!.body(text, true)
      } catch (error) {
        expect((error as { code?: string }).code).toMatch(/^api\//)
      }
      return ({} as { polluted?: unknown }).polluted === undefined
    }),
    { numRuns: 3_000, seed: 9 },
  )
})
