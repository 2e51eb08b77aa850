/** A union that fails reports every branch. Which branch did the author mean? */
import type { ErrorObject } from 'ajv/dist/2020.js'
import { nearest } from '../nearest.ts'

/** Leaves, of each failed `anyOf` or `oneOf`, the faults of the branch that fits best, or one fault for all of them. */
export function narrow(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  // Inner unions come before outer ones in the list, so they are already narrowed when the outer one is looked at.
  let left = errors.filter((error) => error.keyword !== 'if')
  for (const union of left.filter((error) => error.keyword === 'anyOf' || error.keyword === 'oneOf')) {
    if (!left.includes(union)) continue
    const inside = left.filter((error) => error !== union && isInside(error, union))
    if (inside.length === 0) continue
    const branches = [...Map.groupBy(inside, (error) => branchOf(error, union)).values()]
    const chosen = choose(union, branches)
    const dropped = new Set<ErrorObject>(inside.filter((error) => !chosen.includes(error)))
    if (!chosen.includes(union)) dropped.add(union)
    left = left.filter((error) => !dropped.has(error))
  }
  return left
}

function isInside(error: ErrorObject, union: ErrorObject): boolean {
  return error.schemaPath.startsWith(`${union.schemaPath}/`) && error.instancePath.startsWith(union.instancePath)
}

function branchOf(error: ErrorObject, union: ErrorObject): string {
  return error.schemaPath.slice(union.schemaPath.length + 1).split('/')[0]!
}

function choose(union: ErrorObject, branches: readonly (readonly ErrorObject[])[]): readonly ErrorObject[] {
  const here = (error: ErrorObject) => error.instancePath === union.instancePath
  const fitting = branches.filter(
    (errors) => !errors.some((error) => here(error) && ['type', 'const', 'enum'].includes(error.keyword)),
  )
  if (fitting.length === 1) return fitting[0]!
  if (fitting.length === 0) return [union]
  // `{ client_secret } or { private_key }`: told as one fault, unless a key of the author's is nearly one of them.
  if (fitting.every((errors) => errors.every((error) => here(error) && error.keyword === 'required'))) return [union]
  const keys = typeof union.data === 'object' && union.data !== null ? Object.keys(union.data) : []
  const scored = fitting.map((errors) => ({ errors, score: score(errors, keys) }))
  return scored.sort((a, b) => b.score - a.score || a.errors.length - b.errors.length)[0]!.errors
}

/** How many of the author's keys the branch knows, or nearly. */
function score(errors: readonly ErrorObject[], keys: readonly string[]): number {
  const known = errors.flatMap((error) =>
    Object.keys((error.parentSchema as { properties?: object } | undefined)?.properties ?? {}),
  )
  return keys.reduce((sum, key) => sum + (known.includes(key) ? 2 : nearest(key, known) === null ? 0 : 1), 0)
}
