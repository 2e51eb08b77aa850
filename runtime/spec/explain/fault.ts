/** What a fault of shape is, where it stands, and the words it is told in. */
import type { Problem, Range } from '../diagnostic.ts'
import { pathOf, type Tree } from '../tree.ts'

/** Rename key `from` below `pointer`; `from` null: put the kind right. */
export type Repair = { readonly pointer: string; readonly from: string | null; readonly to: string }

export type Fault = {
  /** What it is about: nothing else at or below is worth telling where `spoils`. */
  readonly pointer: string
  readonly spoils: boolean
  readonly problem: Problem
  readonly repair: Repair | null
  readonly key: string
}

export type Schema = {
  readonly type?: string | readonly string[]
  readonly properties?: { readonly [key: string]: Schema }
  readonly required?: readonly string[]
  readonly enum?: readonly unknown[]
  readonly pattern?: string
  readonly const?: unknown
  readonly $ref?: string
  readonly oneOf?: readonly Schema[]
  readonly anyOf?: readonly Schema[]
}

const ZERO: Range = [0, 1]

/** A long value is marked at its first line only; `places` cuts it there. */
export function valueRange(tree: Tree, pointer: string): Range {
  return tree.spots.get(pointer)?.value ?? ZERO
}

export function keyRange(tree: Tree, pointer: string): Range {
  const spot = tree.spots.get(pointer)
  return spot?.key ?? spot?.value ?? ZERO
}

/** The key a mapping stands under; for one in a list, its first character. */
export function ownRange(tree: Tree, pointer: string): Range {
  const spot = tree.spots.get(pointer)
  return spot === undefined ? ZERO : (spot.key ?? [spot.value[0], spot.value[0] + 1])
}

export const isMap = (data: unknown): data is { readonly [key: string]: unknown } =>
  typeof data === 'object' && data !== null && !Array.isArray(data)

export const leaf = (pointer: string) => pathOf(`/${pointer.slice(pointer.lastIndexOf('/') + 1)}`)

export const oneOf = (words: readonly string[]) =>
  words.length < 2 ? (words[0] ?? 'something else') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`

export const listed = (words: readonly string[]) => words.slice(0, 24).join(', ') + (words.length > 24 ? ', …' : '')

const TYPE_NAMES: { readonly [type: string]: string } = {
  object: 'a mapping',
  array: 'a list',
  string: 'a text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  null: 'null',
}

export const typeName = (type: string) => TYPE_NAMES[type] ?? type

export const nameOf = (data: unknown) =>
  data === null
    ? 'null'
    : Array.isArray(data)
      ? 'a list'
      : typeof data === 'boolean'
        ? String(data)
        : (TYPE_NAMES[typeof data] ?? typeof data)
