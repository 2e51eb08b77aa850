/** What every word of every family owes, whoever wrote it. Families are found by their index.ts. */
import { readdirSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import type { Word } from '../../runtime/kinds/kind.ts'
import type { JsonObject, KindOptions } from '../../runtime/types.ts'

type Table = { readonly [kind: string]: Word }

const SHELF = new URL('../../runtime/kinds/', import.meta.url)
const families = readdirSync(SHELF, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && readdirSync(new URL(`${entry.name}/`, SHELF)).includes('index.ts'))
  .map((entry) => entry.name)
/** The family's name in the language; the folder is written with a dash. */
const tableOf = (family: string) => family.replaceAll('-', '_')
const modules = await Promise.all(
  families.map(async (family) => [family, (await import(new URL(`${family}/index.ts`, SHELF).href)) as object] as const),
)
const words = modules.flatMap(([family, module]) =>
  Object.entries((module as { [name: string]: Table })[tableOf(family)] ?? {}).map(([key, word]) => ({ family, key, word })),
)

test('the families that the language names are on the shelf', () => {
  expect(families).toEqual(expect.arrayContaining(['body', 'decode', 'pages']))
  expect(words.length).toBeGreaterThan(15)
})

describe.each(modules)('family %s', (family, module) => {
  test('its index exports one table, named as the folder', () => {
    expect(Object.keys(module)).toEqual([tableOf(family)])
  })

  test('folder and table agree: each word has its file, and no file holds a word that the table lacks', async () => {
    const table = (module as { [name: string]: Table })[tableOf(family)] ?? {}
    const files = readdirSync(new URL(`${family}/`, SHELF)).filter((name) => name.endsWith('.ts') && name !== 'index.ts')
    expect(files).toEqual(expect.arrayContaining(Object.keys(table).map((kind) => `${kind.replaceAll('_', '-')}.ts`)))
    for (const file of files) {
      const exported = Object.values((await import(new URL(`${family}/${file}`, SHELF).href)) as object)
      for (const word of exported.filter(isWord)) {
        expect(table[word.kind], file).toBe(word)
        expect(file).toBe(`${word.kind.replaceAll('_', '-')}.ts`)
      }
    }
  })
})

describe.each(words.map((entry) => [`${entry.family}/${entry.key}`, entry] as const))('%s', (_name, { key, word }) => {
  const properties = (word.schema['properties'] ?? {}) as { readonly [name: string]: JsonObject }
  // strictRequired off: `oneOf: [{ required: … }]` may name its parent's property, which is how "one of the two" is said.
  const validate = () =>
    new Ajv2020({ strict: true, strictRequired: false, discriminator: true, allowUnionTypes: true, allErrors: true }).compile(
      word.schema,
    )

  test('is called by its kind and says in one sentence what it does', () => {
    expect(word.kind).toBe(key)
    expect(properties['kind']).toMatchObject({ const: key })
    expect(word.description).toMatch(/^[A-Z][^\n]{10,240}\.$/)
  })

  test('its schema is closed, compiles strictly and takes the example', () => {
    expect(word.schema).toMatchObject({ type: 'object', additionalProperties: false })
    expect(word.schema['required']).toContain('kind')
    const check = validate()
    check(word.example)
    expect(check.errors ?? []).toEqual([])
  })

  test('its schema refuses an unknown option, another kind and a missing one', () => {
    const check = validate()
    expect(check({ ...word.example, no_such_option: 1 })).toBe(false)
    expect(check({ ...word.example, kind: 'no_such_kind' })).toBe(false)
    for (const name of word.schema['required'] as readonly string[]) {
      const { [name]: _left, ...rest } = word.example as KindOptions & { [name: string]: unknown }
      expect(check(rest), `without ${name}`).toBe(false)
    }
  })

  test('every option is described, for the docs and the editor', () => {
    const silent = Object.entries(properties).filter(
      ([name, schema]) =>
        name !== 'kind' && schema !== null && typeof schema === 'object' && typeof schema['description'] !== 'string',
    )
    expect(silent.map(([name]) => name)).toEqual([])
  })

  test('schema and example are plain JSON', () => {
    expect(JSON.parse(JSON.stringify(word.schema))).toEqual(word.schema)
    expect(JSON.parse(JSON.stringify(word.example))).toEqual(word.example)
  })
})

function isWord(value: unknown): value is Word {
  return typeof value === 'object' && value !== null && 'kind' in value && 'schema' in value && 'example' in value
}
