/** Does the file have the shape that the schema declares? One message a root cause. */
import { createRequire } from 'node:module'
import type { ErrorObject, ValidateFunction } from 'ajv/dist/2020.js'
import type { JsonObject } from '../types.ts'
import type { Problem } from './diagnostic.ts'
import { explain } from './explain/explain.ts'
import type { Fault, Repair } from './explain/fault.ts'
import { astrayIn, lostLine } from './explain/lost.ts'
import { narrow } from './explain/unions.ts'
import { fits } from './fits.ts'
import { connectorSchema } from './schema.ts'
import { type Data, escapePointer, type Spot, type Tree } from './tree.ts'

/** `broken`: pieces not worth looking into. `strays`: of them, keys that mean nothing. `tree` is the same with near-miss keys and kinds put right, so that what lies below them is checked too. */
export type Structure = {
  readonly problems: readonly Problem[]
  readonly broken: readonly string[]
  readonly strays: readonly string[]
  readonly tree: Tree
}

/** A typo inside something that is itself below a typo: more rounds than this are no longer the author's day. */
const MOST_ROUNDS = 4

export function checkStructure(tree: Tree): Structure {
  const problems: Problem[] = []
  const broken: string[] = []
  const strays: string[] = []
  const seen = new Set<string>()
  const sorts = astrayIn(tree)
  const astray = sorts.flatMap(({ pointers }) => pointers)
  let current = tree
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const faults = [...sorts.map((sort) => lostLine(sort, current)), ...explain(narrow(faultsOf(current.data)), current)]
    const fresh = faults.filter(
      (fault) =>
        !seen.has(fault.key) &&
        !broken.some((pointer) => isAtOrBelow(fault.pointer, pointer)) &&
        (fault.key.endsWith(' astray') || !astray.some((pointer) => isAtOrBelow(fault.pointer, pointer))),
    )
    for (const fault of fresh) {
      seen.add(fault.key)
      // Two actions that have run into one hold the keys of both; that they do is told already.
      if (!(tree.torn.includes('/actions') && /^\/actions\/[^/]+$/.test(fault.pointer))) problems.push(fault.problem)
    }
    for (const fault of fresh) if (fault.spoils) broken.push(fault.pointer)
    for (const fault of fresh) if (fault.spoils && fault.problem.code === 'spec/unknown-key') strays.push(fault.pointer)
    const repairs = fresh.flatMap((fault: Fault) => (fault.repair === null ? [] : [fault.repair]))
    if (repairs.length === 0) break
    current = repaired(current, repairs)
  }
  return { problems, broken, strays, tree: current }
}

export function isAtOrBelow(pointer: string, of: string): boolean {
  return pointer === of || pointer.startsWith(`${of}/`)
}

const schema = lazily(connectorSchema)
const validator = lazily(() => compileSchema(schema()))

/** The errors of the whole schema; also for tests. */
export function faultsOf(data: unknown): readonly ErrorObject[] {
  if (fits(schema(), data)) return []
  const validate = validator()
  return validate(data) ? [] : (validate.errors ?? [])
}

/** ajv is loaded here and not before: most runs read a file without a fault, and need none of it. */
function compileSchema(schema: JsonObject): ValidateFunction {
  const { Ajv2020 } = createRequire(import.meta.url)('ajv/dist/2020.js') as typeof import('ajv/dist/2020.js')
  const ajv = new Ajv2020({
    allErrors: true,
    discriminator: true,
    verbose: true,
    strict: false,
    // The schema is ours and tested; checking, inlining and optimising at each start would cost more than it gains.
    validateSchema: false,
    meta: false,
    addUsedSchema: false,
    inlineRefs: false,
    code: { optimize: false },
    logger: false,
  })
  const { $schema: _, ...rest } = schema
  return ajv.compile(rest)
}

function repaired(tree: Tree, repairs: readonly Repair[]): Tree {
  const data = structuredCloneNull(tree.data)
  const spots = new Map<string, Spot>(tree.spots)
  for (const { pointer, from, to } of repairs) {
    const parent = at(data, pointer)
    if (typeof parent !== 'object' || parent === null || Array.isArray(parent)) continue
    if (from === null) {
      parent['kind'] = to
      continue
    }
    if (Object.hasOwn(parent, to) || !Object.hasOwn(parent, from)) continue
    parent[to] = parent[from]!
    delete parent[from]
    const old = `${pointer}/${escapePointer(from)}`
    for (const [key, spot] of tree.spots)
      if (isAtOrBelow(key, old)) spots.set(`${pointer}/${escapePointer(to)}${key.slice(old.length)}`, spot)
  }
  return { data, spots, text: tree.text, torn: tree.torn }
}

function structuredCloneNull(data: Data): Data {
  if (Array.isArray(data)) return data.map(structuredCloneNull)
  if (typeof data !== 'object' || data === null) return data
  const copy: { [key: string]: Data } = Object.create(null)
  for (const key of Object.keys(data)) copy[key] = structuredCloneNull(data[key]!)
  return copy
}

/** The piece of data at a pointer; undefined where there is none. */
export function at(data: Data, pointer: string): Data | undefined {
  let value: Data | undefined = data
  for (const step of pointer.split('/').slice(1)) {
    if (typeof value !== 'object' || value === null) return undefined
    const key = step.replace(/~1/g, '/').replace(/~0/g, '~')
    value = Array.isArray(value) ? value[Number(key)] : Object.hasOwn(value, key) ? value[key] : undefined
  }
  return value
}

function lazily<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | null = null
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
