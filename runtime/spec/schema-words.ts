/** Every family of words as definitions of the connector's schema. */
import type { Word } from '../kinds/kind.ts'
import type { JsonObject } from '../types.ts'
import { type Family, WORDS } from './words.ts'

/** A `$def` a family with one branch a word, each branch a `$def` of its own. */
export function families(): JsonObject {
  const out: { [name: string]: JsonObject } = {}
  for (const [family, words] of Object.entries(WORDS) as readonly (readonly [Family, { readonly [kind: string]: Word }])[]) {
    out[family] = oneOf(family, Object.keys(words))
    if (family === 'auth')
      out['auth_plain'] = oneOf(
        family,
        Object.keys(words).filter((kind) => kind !== 'choose'),
      )
    for (const [kind, word] of Object.entries(words)) {
      out[`${family}_${kind}`] = {
        ...tidy(family, kind === 'choose' ? lean(word.schema) : word.schema),
        description: word.description,
        examples: [word.example],
      }
    }
  }
  return out
}

function oneOf(family: string, kinds: readonly string[]): JsonObject {
  return {
    type: 'object',
    required: ['kind'],
    discriminator: { propertyName: 'kind' },
    oneOf: kinds.map((kind) => ({ $ref: `#/$defs/${family}_${kind}` })),
  }
}

/** `choose` carries every other auth word in its schema; here they have definitions of their own. */
function lean(schema: JsonObject): JsonObject {
  const properties = schema['properties'] as JsonObject
  const options = properties['options'] as JsonObject
  return {
    ...schema,
    properties: { ...properties, options: { ...options, additionalProperties: { $ref: '#/$defs/auth_plain' } } },
  }
}

/** A request or a way of paging inside a word is the language's own, whatever form the word takes it in. */
function tidy(family: string, schema: JsonObject): JsonObject {
  if (family !== 'prove' && family !== 'probe' && family !== 'feed') return schema
  const properties = Object.entries(schema['properties'] as JsonObject).map(([name, property]) => {
    const { anyOf, ...rest } = property as JsonObject
    if (REQUESTS.has(name) && anyOf !== undefined) return [name, { $ref: '#/$defs/request', ...rest }] as const
    if (name === 'pages') return [name, { $ref: '#/$defs/pages', description: rest['description']! }] as const
    return [name, property] as const
  })
  return { ...schema, properties: Object.fromEntries(properties) }
}

const REQUESTS = new Set(['request', 'list', 'look', 'start'])
