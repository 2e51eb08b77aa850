/** Of a key that an object names twice JSON.parse keeps the last one without a word. Which objects do so must come out, and no others. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decode } from '../../runtime/kinds/decode/index.ts'
import { duplicates } from '../../runtime/kinds/decode/parts/duplicates.ts'

/** JSON as text sees it: an object is a list of entries, and a key may come again. */
type Node =
  | { readonly is: 'object'; readonly entries: readonly (readonly [string, Node])[] }
  | { readonly is: 'list'; readonly items: readonly Node[] }
  | { readonly is: 'text'; readonly text: string }

// No backslash: once a process saw one as a key, V8 13.6 may give its name to another key that is written as an escape.
const HOSTILE_KEYS = ['id', '', '__proto__', 'a"b', 'é', '\u2028', ':', '":', '1', 'constructor', 'toString']
const key = fc.oneof(
  fc.constantFrom(...HOSTILE_KEYS),
  fc.string({ maxLength: 3 }).filter((text) => !text.includes('\\')),
)
const scalar = fc.oneof(
  fc.constantFrom(
    '0',
    '-0',
    '1e5',
    '100000',
    '12000',
    '1.50',
    '5E-1',
    '9007199254740993',
    'true',
    'false',
    'null',
    '-7',
    '1e400',
  ),
  fc.oneof(fc.constantFrom('":', '{"id":1,"id":2}', '\\', '\\"', 'x":"y'), fc.string()).map((text) => JSON.stringify(text)),
)
const node: fc.Arbitrary<Node> = fc.letrec<{ node: Node }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4 },
    scalar.map((text) => ({ is: 'text', text }) as const),
    fc.array(fc.tuple(key, tie('node')), { maxLength: 4 }).map((entries) => ({ is: 'object', entries }) as const),
    fc.array(tie('node'), { maxLength: 3 }).map((items) => ({ is: 'list', items }) as const),
  ),
})).node

const COMPACT = () => ''
const escaped = (text: string) =>
  `"${Array.from(text, (c) => [...c].map((unit) => Array.from({ length: unit.length }, (_, i) => `\\u${unit.charCodeAt(i).toString(16).padStart(4, '0')}`).join('')).join('')).join('')}"`

/** `space` is asked at every place where white space may stand; `odd` whether to write a key in escapes. */
function written(at: Node, space: () => string, odd: () => boolean): string {
  if (at.is === 'text') return at.text
  const inner =
    at.is === 'list'
      ? at.items.map((item) => space() + written(item, space, odd) + space())
      : at.entries.map(
          ([name, value]) =>
            `${space()}${odd() ? escaped(name) : JSON.stringify(name)}${space()}:${space()}${written(value, space, odd)}${space()}`,
        )
  return at.is === 'list' ? `[${inner.join(',')}]` : `{${inner.join(',')}}`
}

/** What JSON.parse keeps: the last of each key. How many objects at or below name a key twice. */
function repeating(at: Node): number {
  if (at.is === 'text') return 0
  if (at.is === 'list') return at.items.reduce((sum, item) => sum + repeating(item), 0)
  const kept = new Map(at.entries)
  return (kept.size < at.entries.length ? 1 : 0) + [...kept.values()].reduce((sum, value) => sum + repeating(value), 0)
}

function expectExactly(at: Node, value: unknown, counts: ReadonlyMap<unknown, number>): void {
  if (at.is === 'text') return
  expect(counts.get(value) ?? 0).toBe(repeating(at))
  if (at.is === 'list') for (const [index, item] of at.items.entries()) expectExactly(item, (value as unknown[])[index], counts)
  else
    for (const [name, inner] of new Map(at.entries))
      expectExactly(inner, Object.getOwnPropertyDescriptor(value, name)?.value, counts)
}

test('exactly the objects that name a key twice come out, however the text is written', () => {
  fc.assert(
    fc.property(
      node,
      fc.infiniteStream(fc.constantFrom('', '', ' ', '\n\t')),
      fc.infiniteStream(fc.boolean()),
      (tree, spaces, odds) => {
        const texts = [
          written(tree, COMPACT, () => false),
          written(
            tree,
            () => spaces.next().value as string,
            () => odds.next().value as boolean,
          ),
        ]
        for (const text of texts) {
          const decoded = decode['json']?.decode({ kind: 'json' }, text)
          if (decoded?.ok !== true) throw new Error(`not decoded: ${text}`)
          expect((decoded.duplicates?.size ?? 0) > 0, text).toBe(repeating(tree) > 0)
          expectExactly(tree, decoded.value, decoded.duplicates ?? new Map())
        }
      },
    ),
    { numRuns: 1000 },
  )
})

test.each([
  ['side by side', '{"id":1,"id":2}', 1],
  ['the same value', '{"id":1,"id":1}', 1],
  ['written in escapes', '{"id":1,"\\u0069d":2}', 1],
  ['below a key that is itself named again: only what is kept counts', '{"a":{"b":1,"b":2},"a":{}}', 1],
  ['the shortest there is', '{"":0,"":0}', 1],
  ['hidden behind a short number', '{"n":1e15,"id":1,"id":2}', 1],
  ['hidden behind a float', '{"n":0.000001,"id":1,"id":2}', 1],
  ['beside a number of 2^53 and more', '{"n":9007199254740993,"id":1,"id":2}', 1],
  ['in one of two siblings', '[{"id":1},{"id":1,"id":2}]', 1],
  ['none: the same key in siblings', '[{"id":1},{"id":2}]', 0],
  ['none: a text that looks like it', '["{\\"id\\":1,\\"id\\":2}","\\":\\":"]', 0],
])('%s', (_name, text, count) => {
  const decoded = decode['json']?.decode({ kind: 'json' }, text)
  expect(decoded).toMatchObject({ ok: true })
  expect(decoded?.ok && (decoded.duplicates?.get(decoded.value) ?? 0)).toBe(count)
})

test('each line of JSONL counts for itself and for the whole', () => {
  const decoded = decode['jsonl']?.decode({ kind: 'jsonl' }, '{"id":1}\n{"id":2,"id":3}\n{"id":4,"x":{"y":1,"y":2}}\n')
  if (decoded?.ok !== true) throw new Error('not decoded')
  const lines = decoded.value as unknown[]
  expect([decoded.value, ...lines].map((value) => decoded.duplicates?.get(value) ?? 0)).toEqual([2, 0, 1, 1])
})

test('two hundred thousand keys, one of them twice, cost what their length costs', () => {
  const keys = Array.from({ length: 200_000 }, (_, i) => `"k${i}": ${i}`)
  const started = performance.now()
  expect(duplicates(`{${keys.join(', ')}, "k7": 0}`, JSON.parse(`{${keys.join(', ')}}`))?.size).toBe(1)
  expect(performance.now() - started).toBeLessThan(5000)
})
