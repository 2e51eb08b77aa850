import { ValueFailure } from './failure.ts'

/** `key` of an object, `index` of a list, or `each` element of a list. */
export type PathStep = { readonly key: string } | { readonly index: number } | { readonly each: true }
type Get = (root: unknown) => unknown

const SEGMENT = /[\p{L}\p{N}_@$:#-]+/uy
const INDEX = /\[(\d{1,9})\]/y
const QUOTED = /\[("(?:[^"\\\u0000-\u001f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*")\]/y
const POISON: ReadonlySet<string> = new Set(['__proto__', 'prototype', 'constructor'])

/**
 * Takes a dotted path apart: `a.b`, `a[0].b`, `a[*].b`, `["quoted key"].x`, `[]` (the root itself, no steps).
 * A key that holds a dot must be quoted, but for the first one when it starts with `@odata.`: `@odata.nextLink` is one key.
 * Throws value/path with the offset of what is wrong.
 */
export function parsePath(text: string): readonly PathStep[] {
  if (text === '[]') return []
  const steps: PathStep[] = []
  let at = 0
  const fail = (because: string): never => {
    throw new ValueFailure('value/path', text, at, because)
  }
  const key = (name: string): void => {
    if (POISON.has(name)) fail(`\`${name}\` cannot be a step of a path`)
    steps.push({ key: name })
  }
  if (text === '') fail('a path cannot be empty; `[]` is the whole body or record')
  while (at < text.length) {
    if (text[at] === '[') {
      const index = match(INDEX, text, at)
      const quoted = match(QUOTED, text, at)
      if (text.startsWith('[*]', at)) steps.push({ each: true })
      else if (index !== null) steps.push({ index: Number(index[1]) })
      else if (quoted !== null) key(JSON.parse(quoted[1] as string) as string)
      else fail('expected `[0]`, `[*]` or `["key"]` here')
      at += index?.[0].length ?? quoted?.[0].length ?? 3
      continue
    }
    if (at > 0) {
      if (text[at] !== '.') fail('expected `.` or `[` here; a key with other characters is written `["key"]`')
      at += 1
    }
    const start = at === 0 && text.startsWith('@odata.') ? 7 : at
    const found = match(SEGMENT, text, start)
    if (found === null) fail('expected a key here; a key with other characters is written `["key"]`')
    const end = start + (found as RegExpExecArray)[0].length
    key(text.slice(at, end))
    at = end
  }
  return Object.freeze(steps)
}

/**
 * A closure that reads the path from a value. Own properties only; a missing step gives undefined.
 * `[*]` collects what the rest finds in each element, flattens lists by one level and leaves out what is not there.
 */
export function compilePath(text: string): Get {
  return compileSteps(parsePath(text))
}

export function compileSteps(steps: readonly PathStep[]): Get {
  const keys = steps.map((step) => ('key' in step && plain(step.key) ? step.key : null))
  const [a, b, c] = keys
  if (steps.length === 1 && a != null) return (root) => own(root, a)
  if (steps.length === 2 && a != null && b != null) return (root) => own(own(root, a), b)
  if (steps.length === 3 && a != null && b != null && c != null) return (root) => own(own(own(root, a), b), c)
  return steps.reduceRight<Get>(
    (rest, step) => before(step, rest),
    (value) => value,
  )
}

function before(step: PathStep, rest: Get): Get {
  if ('each' in step) return (root) => (Array.isArray(root) ? collect(root, rest) : undefined)
  if ('index' in step) return (root) => (Array.isArray(root) ? rest(root[step.index]) : undefined)
  const key = step.key
  return (root) => (isObject(root) && Object.hasOwn(root, key) ? rest(root[key]) : undefined)
}

function collect(list: readonly unknown[], rest: Get): readonly unknown[] {
  const out: unknown[] = []
  for (const item of list) {
    const value = rest(item)
    if (Array.isArray(value)) for (const inner of value) out.push(inner)
    else if (value !== undefined) out.push(value)
  }
  return out
}

/** A key that no prototype has and no list: then a plain load finds own properties only, at a third of hasOwn's price. */
function plain(key: string): boolean {
  return !(key in Object.prototype) && !(key in Array.prototype) && !/^\d+$/.test(key)
}

function own(root: unknown, key: string): unknown {
  return typeof root === 'object' && root !== null ? (root as { [key: string]: unknown })[key] : undefined
}

function isObject(root: unknown): root is { readonly [key: string]: unknown } {
  return typeof root === 'object' && root !== null && !Array.isArray(root)
}

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at
  return pattern.exec(text)
}
