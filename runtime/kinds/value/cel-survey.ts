import type { ASTNode } from '@marcbachmann/cel-js'
import { MATCHES } from './cel-environment.ts'
import { ValueFailure } from './failure.ts'
import { compilePattern } from './regex.ts'

export type Survey = {
  /** Free root names and the offset of their first use. */
  readonly names: ReadonlyMap<string, number>
  /** Where `type` stands as a name and not as a call: in an expression over records it is the record's key. */
  readonly typeAt: readonly number[]
}
type Notes = { readonly names: Map<string, number>; readonly typeAt: number[]; readonly where: string; readonly lead: number }

const BINDERS: ReadonlySet<string> = new Set(['all', 'exists', 'exists_one', 'map', 'filter'])
/** Names that CEL itself defines; not the author's. */
const BUILT_IN: ReadonlySet<string> = new Set([
  'string',
  'bool',
  'int',
  'uint',
  'double',
  'map',
  'list',
  'bytes',
  'null_type',
  'cel',
  'google',
  'optional',
])
const POISON: ReadonlySet<string> = new Set(['__proto__', 'prototype', 'constructor'])

/**
 * Walks a parsed expression once: collects its free names, refuses prototype keys, and puts a compiled RE2 pattern in the place of
 * every `matches` literal. The library's own `matches` runs on V8's backtracking RegExp, so none may be left: an unknown
 * kind of node is an error here, never skipped. (Pinned to cel-js 8: nodes are plain, and bound lazily at `check`.)
 */
export function survey(ast: ASTNode, where: string, lead: number): Survey {
  const notes: Notes = { names: new Map(), typeAt: [], where, lead }
  walk(ast, notes, [])
  return notes
}

function walk(node: ASTNode, notes: Notes, bound: readonly string[]): void {
  const all = (nodes: readonly ASTNode[]): void => {
    for (const inner of nodes) walk(inner, notes, bound)
  }
  switch (node.op) {
    case 'value':
      return
    case 'id':
      name(node.args, node.pos, notes, bound)
      return
    case '.':
    case '.?':
      refusePoison(node.args[1], node, notes)
      walk(node.args[0], notes, bound)
      return
    case '[]':
    case '[?]':
      if (node.args[1].op === 'value') refusePoison(node.args[1].args, node, notes)
      all(node.args)
      return
    case 'call':
      if (node.args[0] === MATCHES) throw unknown(node, notes)
      all(node.args[1])
      return
    case 'rcall':
      receiverCall(node, notes, bound)
      return
    case 'map':
      for (const entry of node.args) all(entry)
      return
    case '!_':
    case '-_':
      walk(node.args, notes, bound)
      return
    case 'list':
    case '?:':
    case '||':
    case '&&':
    case '!=':
    case '==':
    case 'in':
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
    case '<':
    case '<=':
    case '>':
    case '>=':
      all(node.args)
      return
    default:
      throw unknown(node, notes)
  }
}

function receiverCall(node: ASTNode & { readonly op: 'rcall' }, notes: Notes, bound: readonly string[]): void {
  const [method, receiver, args] = node.args
  walk(receiver, notes, bound)
  if (method === MATCHES) throw unknown(node, notes)
  if (method === 'matches') usePattern(node, notes)
  const [first, ...rest] = args
  const bind = method === 'bind' && args.length === 3
  if (first?.op !== 'id' || !(bind || (BINDERS.has(method) && args.length > 1))) {
    for (const inner of args) walk(inner, notes, bound)
    return
  }
  // `cel.bind(x, value, body)`: the value does not see x yet.
  const [value, body] = rest
  if (bind && value !== undefined) walk(value, notes, bound)
  for (const inner of bind && body !== undefined ? [body] : rest) walk(inner, notes, [...bound, first.args])
}

function usePattern(node: ASTNode & { readonly op: 'rcall' }, notes: Notes): void {
  const [, , [pattern]] = node.args
  const offset = notes.lead + (pattern?.pos ?? node.pos)
  if (pattern?.op !== 'value' || typeof pattern.args !== 'string') {
    throw new ValueFailure('value/regex', notes.where, offset, 'the pattern of `matches` must be a literal text')
  }
  const writable = node as unknown as { args: [string, ASTNode, ASTNode[]] }
  const literal = pattern as unknown as { args: unknown }
  literal.args = compilePattern(pattern.args, notes.where, offset)
  writable.args[0] = MATCHES
}

function name(id: string, pos: number, notes: Notes, bound: readonly string[]): void {
  if (bound.includes(id) || BUILT_IN.has(id)) return
  if (POISON.has(id)) throw new ValueFailure('value/name', notes.where, notes.lead + pos, `\`${id}\` is no name`)
  if (id === 'type') notes.typeAt.push(pos)
  if (!notes.names.has(id)) notes.names.set(id, notes.lead + pos)
}

function refusePoison(key: unknown, node: ASTNode, notes: Notes): void {
  if (typeof key === 'string' && POISON.has(key))
    throw new ValueFailure('value/name', notes.where, notes.lead + node.pos, `\`${key}\` is no key`)
}

function unknown(node: ASTNode, notes: Notes): ValueFailure {
  return new ValueFailure('value/cel', notes.where, notes.lead + node.pos, `unknown construct \`${node.op}\``)
}
