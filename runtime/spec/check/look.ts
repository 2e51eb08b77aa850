/** What every check of meaning reads and reports through. */
import { Failure } from '../../errors.ts'
import { ValueFailure } from '../../kinds/value/failure.ts'
import type { Problem, Range } from '../diagnostic.ts'
import { show } from '../diagnostic.ts'
import { keyRange, ownRange, valueRange } from '../explain/fault.ts'
import { didYouMean } from '../nearest.ts'
import { type Data, escapePointer, offsetIn, pathOf, type Tree } from '../tree.ts'

export type Open = { readonly [key: string]: Data }
export type Found = { readonly pointer: string; readonly problem: Problem }

export type Where =
  /** The value, or `length` characters of it from `offset` on. */
  { readonly on: 'value'; readonly offset?: number; readonly length?: number } | { readonly on: 'key' } | { readonly on: 'owner' }

export type Look = {
  readonly data: Open
  readonly report: (
    code: string,
    pointer: string,
    message: string,
    more?: { readonly where?: Where; readonly help?: string | null; readonly severity?: 'warning' },
  ) => void
}

export function looker(tree: Tree): { readonly look: Look; readonly found: readonly Found[] } {
  const found: Found[] = []
  const report: Look['report'] = (code, pointer, message, more = {}) => {
    const range = rangeOf(tree, pointer, more.where ?? { on: 'value' })
    found.push({
      pointer,
      problem: { code, severity: more.severity ?? 'error', message, range, path: pathOf(pointer), help: more.help ?? null },
    })
  }
  return { look: { data: asMap(tree.data), report }, found }
}

function rangeOf(tree: Tree, pointer: string, where: Where): Range {
  if (where.on === 'key') return keyRange(tree, pointer)
  if (where.on === 'owner') return ownRange(tree, pointer)
  const spot = tree.spots.get(pointer)
  if (spot === undefined || where.offset === undefined) return valueRange(tree, pointer)
  const start = offsetIn(spot, tree.text, where.offset)
  return [start, start + Math.max(1, where.length ?? 1)]
}

/** A file with faults of shape is looked at too, so nothing here trusts a type. */
export function asMap(data: Data | undefined): Open {
  return typeof data === 'object' && data !== null && !Array.isArray(data) ? data : EMPTY
}

const EMPTY: Open = Object.freeze(Object.create(null))

export function asList(data: Data | undefined): readonly Data[] {
  return Array.isArray(data) ? data : []
}

/** For messages and comparisons. The file's objects have no prototype, so `String` of one throws. */
export const plain = (data: unknown): string => (typeof data === 'object' ? (JSON.stringify(data) ?? '') : String(data))

export function own(map: Open, key: string): Data | undefined {
  return Object.hasOwn(map, key) ? map[key] : undefined
}

export function entries(
  data: Data | undefined,
  pointer: string,
): readonly { readonly key: string; readonly value: Data; readonly pointer: string }[] {
  if (Array.isArray(data)) return data.map((value, i) => ({ key: String(i), value, pointer: `${pointer}/${i}` }))
  return Object.entries(asMap(data)).map(([key, value]) => ({ key, value, pointer: `${pointer}/${escapePointer(key)}` }))
}

/** Every text below, itself included. */
export function texts(
  data: Data | undefined,
  pointer: string,
): readonly { readonly text: string; readonly pointer: string; readonly key: string }[] {
  if (typeof data === 'string') return [{ text: data, pointer, key: pointer.slice(pointer.lastIndexOf('/') + 1) }]
  return entries(data, pointer).flatMap((entry) => texts(entry.value, entry.pointer))
}

/** Runs a compiler of the shelf; what it throws becomes a report at its offset. */
export function tryCompile(look: Look, pointer: string, text: string, known: readonly string[], compile: () => unknown): void {
  try {
    compile()
  } catch (cause) {
    if (!(cause instanceof Failure)) throw cause
    const offset = cause instanceof ValueFailure ? cause.offset : 0
    const word = /^[\p{L}\p{N}_]+/u.exec(text.slice(offset))?.[0] ?? text.slice(offset, offset + 1)
    const help = cause.code === 'value/name' ? didYouMean(word, known) : null
    const message = show(cause.message.replace(/\s+/g, ' '), 200)
    look.report(cause.code, pointer, message, { where: { on: 'value', offset, length: word.length }, help })
  }
}
