/** Which objects of a JSON text name a key twice? JSON.parse keeps the last one and says nothing (RFC 8259 §4). */
import type { Duplicates } from '../../kind.ts'
import { closingQuote } from './quote-big.ts'

/** `value` is what `text`, valid JSON, was parsed to, and at most 100 levels deep. Null: no object of it names a key twice. */
export function duplicates(text: string, value: unknown): Duplicates | null {
  if (keysWritten(text) === keysKept(value)) return null
  const found = new Map<unknown, number>()
  const shape = shapeOf(text)
  if (shape !== undefined) mark(shape, value, found)
  // A key got lost, and it cannot be told where (V8 13.6 mixes up keys that are written with backslashes): it may be anywhere.
  return found.size === 0 ? new Map([[value, 1]]) : found
}

/** A string with a colon behind it is a key, and nothing else is. By quotes, at half the price of a loop over all characters. */
function keysWritten(text: string): number {
  let keys = 0
  for (let open = text.indexOf('"'); open >= 0; ) {
    const end = closingQuote(text, open + 1)
    if (text.charCodeAt(beyondSpace(text, end + 1)) === COLON) keys++
    open = text.indexOf('"', end + 1)
  }
  return keys
}

function keysKept(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  let keys = 0
  if (Array.isArray(value)) for (let i = 0; i < value.length; i++) keys += keysKept(value[i])
  else for (const key in value) keys += 1 + keysKept((value as { [key: string]: unknown })[key])
  return keys
}

/** An object or a list as written. `inner`: the objects and lists in it, of a key named again the last one's. */
type Shape = {
  readonly list: boolean
  readonly keys: Set<string>
  readonly inner: Map<string | number, Shape>
  at: string | number
  twice: 0 | 1
}
const open = (list: boolean): Shape => ({ list, keys: new Set(), inner: new Map(), at: 0, twice: 0 })

/** Undefined for what is neither object nor list. Without recursion: what a later key replaced may be of any depth. */
function shapeOf(text: string): Shape | undefined {
  const root = open(true)
  const stack = [root]
  for (let at = 0; at < text.length; at++) {
    const top = stack.at(-1) as Shape
    const char = text[at]
    if (char === '{' || char === '[') {
      const shape = open(char === '[')
      top.inner.set(top.at, shape)
      stack.push(shape)
    } else if (char === '}' || char === ']') stack.pop()
    else if (char === ',' && top.list) top.at = (top.at as number) + 1
    else if (char === '"') {
      const end = closingQuote(text, at + 1)
      const after = beyondSpace(text, end + 1)
      if (text.charCodeAt(after) === COLON) name(top, JSON.parse(text.slice(at, end + 1)) as string)
      at = end
    }
  }
  return root.inner.get(0)
}

function name(shape: Shape, key: string): void {
  if (shape.keys.has(key)) shape.twice = 1
  shape.keys.add(key)
  shape.inner.delete(key)
  shape.at = key
}

function mark(shape: Shape, value: unknown, found: Map<unknown, number>): number {
  if (typeof value !== 'object' || value === null) return 0
  let count: number = shape.twice
  for (const [at, inner] of shape.inner) count += mark(inner, (value as { [key: string | number]: unknown })[at], found)
  if (count > 0) found.set(value, count)
  return count
}

const COLON = 58

function beyondSpace(text: string, from: number): number {
  let at = from
  while (text.charCodeAt(at) <= 32) at++
  return at
}
