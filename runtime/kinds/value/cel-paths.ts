/** Which parts of a name an expression reads, where the text alone tells: `before.a.b`, `before.?a`, `before["a"]`. Pure. */
import type { ASTNode } from '@marcbachmann/cel-js'
import { environment } from './cel-environment.ts'

/** Keys from the root down. The root as a whole (`f(before)`, `before[input.x]`) is the path without keys. */
export type CelPath = readonly string[]

/** Paths below the root names, in the order of the text. Throws what the parser throws; an expression that compiles never does. */
export function celPaths(text: string, roots: readonly string[]): readonly CelPath[] {
  const found: CelPath[] = []
  walk(environment.parse(text.replace(/^\s*=?\s*/, '')).ast, roots, found)
  return found
}

function walk(node: ASTNode, roots: readonly string[], found: CelPath[]): void {
  const path = pathOf(node, roots)
  if (path !== null) {
    found.push(path)
    return
  }
  // A selection whose key is only known when it runs needs all that stands before it.
  for (const inner of nodesIn(node.args)) walk(inner, roots, found)
}

/** Null: not a selection from a root. */
function pathOf(node: ASTNode, roots: readonly string[]): CelPath | null {
  if (node.op === 'id') return roots.includes(node.args) ? [] : null
  if (node.op !== '.' && node.op !== '.?' && node.op !== '[]' && node.op !== '[?]') return null
  const [of, key] = node.args as readonly [ASTNode, unknown]
  const above = pathOf(of, roots)
  if (above === null) return null
  const name = typeof key === 'string' ? key : isNode(key) && key.op === 'value' ? key.args : null
  if (typeof name === 'string') return [...above, name]
  // `before.list[0].x`: whoever takes `list.x` out of a record takes the list as a whole. A key that is computed is walked by itself.
  return isNode(key) && key.op === 'value' ? above : null
}

function nodesIn(value: unknown): readonly ASTNode[] {
  if (isNode(value)) return [value]
  return Array.isArray(value) ? value.flatMap(nodesIn) : []
}

const isNode = (value: unknown): value is ASTNode =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && 'op' in value && 'args' in value
