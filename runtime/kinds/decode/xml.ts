import { createRequire } from 'node:module'
import type { FromSchema } from 'json-schema-to-ts'
import type { Decoded, DecodeKind } from '../kind.ts'
import { emptyFault, failed, htmlFault } from './parts/fault.ts'
import { MAX_DEPTH } from './parts/parse-json.ts'

const schema = {
  type: 'object',
  properties: {
    kind: { const: 'xml' },
    attributes: {
      type: 'boolean',
      default: false,
      description: 'Keep attributes, as keys that begin with `@`; the text beside them is `#text`.',
    },
    strip_prefixes: { type: 'boolean', default: false, description: 'Leave out namespace prefixes: `ns:user` is `user`.' },
    list: {
      type: 'array',
      items: { type: 'string', minLength: 1 },
      uniqueItems: true,
      description: 'Dotted paths, root element first, of elements that are lists even where there is one: `Users.User`.',
    },
  },
  required: ['kind'],
  additionalProperties: false,
} as const
type Options = FromSchema<typeof schema>

/**
 * XML as nested objects, root element first; all values text. No DOCTYPE, so no entities but the predefined ones.
 * An element is a list where it repeats or where `list` says so.
 */
export const xml: DecodeKind<Options> = {
  kind: 'xml',
  description: 'The answer is XML; elements become keys, root element first.',
  schema,
  example: { kind: 'xml', attributes: true, list: ['Users.User'] },
  media: [],
  decode: (options, text) => emptyFault(text) ?? htmlFault(text) ?? parse(options, text.replace(/^\ufeff/, '')),
}

function parse(options: Options, text: string): Decoded {
  if (/<!DOCTYPE/i.test(text)) return failed('decode/doctype', 'the XML has a DOCTYPE, which can define entities; it is not read')
  if (!/^\s*</.test(text)) return failed('decode/syntax', 'the answer is not XML')
  // Loaded by who needs it: every start of the program reads this table of words.
  const { XMLParser, XMLValidator } = createRequire(import.meta.url)('fast-xml-parser') as typeof import('fast-xml-parser')
  const valid = XMLValidator.validate(text)
  if (valid !== true) {
    const cut = valid.err.code === 'InvalidTag' && valid.err.msg.startsWith('Unclosed')
    const open = cut || !/>\s*$/.test(text)
    return failed(
      open ? 'decode/cut' : 'decode/syntax',
      `the XML ${open ? 'ends before it is whole' : 'is not well formed'}, line ${valid.err.line}`,
    )
  }
  const lists = new Set(options.list ?? [])
  const parser = new XMLParser({
    ignoreAttributes: options.attributes !== true,
    attributeNamePrefix: '@',
    ignoreDeclaration: true,
    ignorePiTags: true,
    removeNSPrefix: options.strip_prefixes === true,
    // Values stay text: an id of 20 digits is no number.
    parseTagValue: false,
    parseAttributeValue: false,
    // Numeric references are only decoded together with the named ones of HTML.
    processEntities: true,
    htmlEntities: true,
    maxNestedTags: MAX_DEPTH,
    isArray: (_name, path) => typeof path === 'string' && lists.has(path),
  })
  try {
    return { ok: true, value: parser.parse(text) }
  } catch (cause) {
    // The parser's refusals: too deep, or a name that could reach a prototype.
    const deep = cause instanceof Error && cause.message.includes('nested')
    return failed(
      deep ? 'decode/depth' : 'decode/syntax',
      deep ? `the XML is more than ${MAX_DEPTH} levels deep` : 'the XML has a name that is not taken',
    )
  }
}
