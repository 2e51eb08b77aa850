/** Seeded mistakes over a connector's text. */
import { isMap, isScalar, isSeq, type Node, parseDocument, type Scalar } from 'yaml'

export function random(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

export const pick = <Item>(next: () => number, items: readonly Item[]): Item => items[Math.floor(next() * items.length)]!

export type Token = {
  readonly text: string
  readonly start: number
  readonly end: number
  readonly siblings: readonly string[]
  /** Path of keys above. */
  readonly above: readonly string[]
}

/** Below these stand names of the author's own choosing. */
const FREE = new Set(['settings', 'streams', 'headers', 'query', 'each', 'keep', 'value', 'input'])

/** Every key that the language gives. */
export function keysOf(text: string): readonly Token[] {
  return walk(text).keys.filter((key) => !FREE.has(key.above.at(-1) ?? ''))
}

/** Every text value. */
export function valuesOf(text: string): readonly Token[] {
  return walk(text).values
}

function walk(text: string): { readonly keys: readonly Token[]; readonly values: readonly Token[] } {
  const keys: Token[] = []
  const values: Token[] = []
  const visit = (node: Node | null, above: readonly string[]): void => {
    if (isMap(node)) {
      const siblings = node.items.map((pair) => String((pair.key as Scalar).value))
      for (const pair of node.items) {
        const key = pair.key as Scalar
        keys.push({ text: String(key.value), start: key.range![0], end: key.range![1], siblings, above })
        visit(pair.value as Node | null, [...above, String(key.value)])
      }
    } else if (isSeq(node)) for (const item of node.items) visit(item as Node, above)
    else if (isScalar(node) && typeof node.value === 'string')
      values.push({ text: node.value, start: node.range![0], end: node.range![1], siblings: [], above })
  }
  visit(parseDocument(text).contents, [])
  return { keys, values }
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz_'

/** One letter dropped, added, changed, or swapped with its neighbour; never the same word. */
export function typo(word: string, next: () => number): string {
  const at = Math.floor(next() * word.length)
  const letter = pick(next, [...LETTERS])
  const typed = [
    () => word.slice(0, at) + word.slice(at + 1),
    () => word.slice(0, at) + letter + word.slice(at),
    () => word.slice(0, at) + letter + word.slice(at + 1),
    () => word.slice(0, at) + (word[at + 1] ?? '') + word[at] + word.slice(at + 2),
  ]
  const made = pick(next, typed)()
  return made === word || !/^[a-z]/i.test(made) ? typo(word, next) : made
}

export function replaceAt(text: string, token: Token, put: string): string {
  return text.slice(0, token.start) + put + text.slice(token.end)
}
