import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import process from 'node:process'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import { fits, KEYWORDS, NOTES } from '../../runtime/spec/fits.ts'
import { guard } from '../../runtime/spec/guard.ts'
import { connectorSchema } from '../../runtime/spec/schema.ts'
import { readTree } from '../../runtime/spec/tree.ts'
import type { JsonObject } from '../../runtime/types.ts'
import { CASES } from './cases.ts'
import { keysOf, pick, random, replaceAt, typo, valuesOf } from './mistakes.ts'
import { SAMPLE } from './sample.ts'

const SHELF = new URL('../../connectors/', import.meta.url)
const schema = connectorSchema()
const ajv = new Ajv2020({ strict: false, logger: false }).compile(schema)

test('every keyword of the schema is known', () => {
  const met = new Set<string>()
  const walk = (at: unknown): void => {
    if (typeof at !== 'object' || at === null) return
    for (const [name, value] of Object.entries(at)) {
      met.add(name)
      if (['properties', 'patternProperties', '$defs'].includes(name)) Object.values(value as object).forEach(walk)
      else if (['items', 'propertyNames', 'additionalProperties', 'not', 'if', 'then', 'else'].includes(name)) walk(value)
      else if (['allOf', 'anyOf', 'oneOf'].includes(name)) (value as object[]).forEach(walk)
    }
  }
  walk(schema)
  expect([...met].filter((name) => !Object.hasOwn(KEYWORDS, name) && !NOTES.has(name))).toEqual([])
  expect(met.size).toBeGreaterThan(30)
})

test('a schema with a word that is not known is never taken to fit', () => {
  expect(() => fits({ maxItems: 1 }, [1, 2])).toThrow('maxItems')
})

const VALUES = [
  null,
  true,
  false,
  0,
  1,
  -1,
  1.5,
  '',
  'a',
  'ab',
  '𝒳',
  '𝒳𝒳',
  [],
  ['a'],
  ['a', 'a'],
  ['a', 'b', 1],
  {},
  { a: 1 },
  { b: 'x' },
  { a: 'x', b: 'y' },
  { a: 1, b: 2, ab: 3 },
] as const
const SCHEMAS: readonly JsonObject[] = [
  ...['string', 'boolean', 'number', 'integer', 'null', 'array', 'object'].map((type) => ({ type })),
  { type: ['string', 'array'] },
  { const: 'a' },
  { enum: ['a', 1, null] },
  { pattern: '^a$' },
  { pattern: '^.$' },
  { minLength: 2 },
  { maxLength: 1 },
  { minimum: 1 },
  { maximum: 0 },
  { exclusiveMinimum: 0 },
  { items: { type: 'string' } },
  { minItems: 2 },
  { uniqueItems: true },
  { required: ['a'] },
  { minProperties: 2 },
  { propertyNames: { maxLength: 1 } },
  { properties: { a: { type: 'string' }, b: false } },
  { additionalProperties: false },
  { properties: { a: {} }, additionalProperties: false },
  { properties: { a: {} }, additionalProperties: { type: 'string' } },
  { patternProperties: { '^a': { type: 'integer' } } },
  { patternProperties: { '^a': {} }, additionalProperties: false },
  { dependencies: { a: ['b'] } },
  { dependentRequired: { a: ['b'] } },
  { allOf: [{ type: 'string' }, { minLength: 1 }] },
  { anyOf: [{ type: 'string' }, { minItems: 1 }] },
  { oneOf: [{ type: 'string' }, { const: 'a' }, { type: 'number' }] },
  { not: { type: 'string' } },
  { not: {} },
  // biome-ignore lint/suspicious/noThenProperty: JSON Schema
  { if: { type: 'string' }, then: { minLength: 2 }, else: { type: 'number' } },
  // biome-ignore lint/suspicious/noThenProperty: JSON Schema
  { if: { type: 'string' }, then: { minLength: 2 } },
  { if: { type: 'string' }, else: false },
  { $ref: '#/$defs/x', type: 'object', $defs: { x: { required: ['a'] } } },
]

test.each(SCHEMAS.map((one) => [JSON.stringify(one), one] as const))('%s says what ajv says of every value', (_text, one) => {
  const validate = new Ajv2020({ strict: false, logger: false }).compile(one)
  for (const value of VALUES) expect(fits({ $defs: {}, ...one }, value), JSON.stringify(value)).toBe(validate(value))
  expect(
    Object.keys(one)
      .filter((name) => !NOTES.has(name))
      .every((name) => Object.hasOwn(KEYWORDS, name)),
  ).toBe(true)
})

test('no keyword is without a row above', () => {
  expect(Object.keys(KEYWORDS).filter((name) => !SCHEMAS.some((one) => Object.hasOwn(one, name)))).toEqual([])
})

describe('ajv and the quick answer agree', () => {
  const agree = (text: string): boolean | null => {
    const guarded = guard(text)
    const tree = 'tokens' in guarded ? readTree(guarded.tokens, text).tree : null
    if (tree === null) return null
    const fit = fits(schema, tree.data)
    expect(fit, text.slice(0, 2000)).toBe(ajv(tree.data))
    return fit
  }

  test.each(readdirSync(SHELF).filter((file) => file.endsWith('.yaml')))('on %s', (file) => {
    expect(agree(readFileSync(new URL(file, SHELF), 'utf8'))).toBe(true)
  })

  test('on every case of the table, and on 600 seeded mistakes in what is on the shelf', () => {
    for (const one of CASES) agree(SAMPLE.replace(one.find, () => one.put).replace(/[⟦⟧]/g, ''))
    const next = random(7)
    const puts = [
      'null',
      '12',
      '-1',
      '1.5',
      '.inf',
      'true',
      '[]',
      '{}',
      '[a, a]',
      '{ a: b }',
      '""',
      '= x',
      '{ kind: none }',
      'GET /x',
      '[1]',
    ]
    let refused = 0
    for (const text of [
      SAMPLE,
      readFileSync(new URL('okta.yaml', SHELF), 'utf8'),
      readFileSync(new URL('scim2.yaml', SHELF), 'utf8'),
    ]) {
      const [keys, values] = [keysOf(text), valuesOf(text)]
      for (let n = 0; n < 200; n += 1) {
        const wrong =
          n % 2 === 0
            ? replaceAt(text, pick(next, keys), typo(pick(next, keys).text, next))
            : replaceAt(text, pick(next, values), pick(next, puts))
        if (agree(wrong) === false) refused += 1
      }
    }
    expect(refused).toBeGreaterThan(150)
  }, 120_000)
})

test('a file without a fault loads neither ajv nor the decoders; one with a fault does load ajv', () => {
  const loaded = (edit: string): string => {
    const script = `
      import { readFileSync } from 'node:fs'
      import { Module } from 'node:module'
      import { loadConnector } from './runtime/spec/load.ts'
      const { connector } = loadConnector(readFileSync('connectors/scim2.yaml', 'utf8')${edit}, 'x.yaml')
      const packages = Object.keys(Module._cache).map((file) => /node_modules\\/([^/]+)/.exec(file)?.[1])
      console.log(connector !== null, ['ajv', 'fast-xml-parser'].filter((name) => packages.includes(name)).join())`
    const cwd = new URL('../../', import.meta.url)
    return execFileSync(process.execPath, ['--input-type=module', '-e', script], { cwd, encoding: 'utf8' }).trim()
  }
  expect(loaded('')).toBe('true')
  expect(loaded(".replace('title:', 'titel:')")).toBe('false ajv')
})
