import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import { MODELS } from '../../runtime/kinds/model.ts'
import { guard } from '../../runtime/spec/guard.ts'
import { connectorSchema } from '../../runtime/spec/schema.ts'
import { faultsOf } from '../../runtime/spec/structure.ts'
import { readTree } from '../../runtime/spec/tree.ts'
import { WORDS } from '../../runtime/spec/words.ts'
import { RECORD_TYPES } from '../../runtime/types.ts'
import { emitted } from '../../schemas/emit.ts'
import { CASES } from './cases.ts'
import { keysOf, pick, random, replaceAt, typo, valuesOf } from './mistakes.ts'
import { SAMPLE } from './sample.ts'

describe('emitted schemas', () => {
  test.each(Object.entries(emitted()))('%s is what the code says (else: npm run emit)', (file, text) => {
    expect(readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')).toBe(text)
  })

  test('every word has its place, a description and an example that its schema takes', () => {
    const definitions = connectorSchema()['$defs'] as { readonly [name: string]: { readonly description?: string } }
    for (const [family, words] of Object.entries(WORDS)) {
      for (const [kind, word] of Object.entries(words)) {
        expect(definitions[`${family}_${kind}`]?.description, `${family} ${kind}`).toBe(word.description)
        const validate = editor({ $ref: `#/$defs/${family}` })
        expect(validate(word.example), `${family} ${kind}: ${JSON.stringify(validate.errors)}`).toBe(true)
      }
    }
  })

  test('required fields come from the model, in the order in which records are stored', () => {
    for (const type of RECORD_TYPES) {
      const definition = (
        connectorSchema()['$defs'] as {
          readonly [name: string]: { readonly required?: readonly string[]; readonly properties: object }
        }
      )[`fields_${type}`]!
      expect(definition.required).toEqual(MODELS[type].required)
      expect(Object.keys(definition.properties)).toEqual(Object.keys(MODELS[type].properties))
    }
  })
})

describe('editor and validator', () => {
  const plain = editor()

  /** Both answers on one text, or null where it is no YAML for either. */
  function answers(text: string): readonly [editor: boolean, validator: boolean] | null {
    const guarded = guard(text)
    const tree = 'tokens' in guarded ? readTree(guarded.tokens, text).tree : null
    if (tree === null) return null
    return [plain(tree.data), faultsOf(tree.data).length === 0]
  }

  test('agree on the shape of every case of the table', () => {
    for (const one of CASES) {
      const both = answers(SAMPLE.replace(one.find, () => one.put).replace(/[⟦⟧]/g, ''))
      if (both !== null) expect(both[0], one.name).toBe(both[1])
    }
  })

  test('agree on 1,000 seeded mistakes', () => {
    const next = random(11)
    const keys = keysOf(SAMPLE)
    const values = valuesOf(SAMPLE)
    const puts = [
      'null',
      '12',
      'true',
      '[]',
      '{}',
      '[a]',
      '{ a: b }',
      '""',
      'none',
      '= x',
      '{ kind: none }',
      '{ header: x }',
      '{ flag: a, is: true }',
      'GET /x',
    ]
    let refused = 0
    for (let n = 0; n < 1_000; n += 1) {
      const text =
        n % 2 === 0
          ? replaceAt(SAMPLE, pick(next, keys), typo(pick(next, keys).text, next))
          : replaceAt(SAMPLE, pick(next, values), pick(next, puts))
      const both = answers(text)
      if (both === null) continue
      expect(both[0], text).toBe(both[1])
      if (!both[1]) refused += 1
    }
    expect(refused).toBeGreaterThan(300)
  }, 120_000)
})

/** As an editor reads the emitted file: plain JSON Schema, without ajv's hints. */
function editor(root?: object) {
  const emitted_schema = JSON.parse(emitted()['schemas/connector.schema.json']!) as { readonly $defs: object }
  const ajv = new Ajv2020({ strict: false, allErrors: false, discriminator: false, logger: false })
  return ajv.compile(root === undefined ? emitted_schema : { ...root, $defs: emitted_schema.$defs })
}
