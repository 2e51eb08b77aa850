/** YAML text → frozen, valid `Connector`, or what is wrong and where. */
import type { Connector, Json } from '../types.ts'
import { checkMeaning } from './check/index.ts'
import { type Diagnostic, diagnose, type Problem } from './diagnostic.ts'
import { follows } from './echo.ts'
import { guard, readText } from './guard.ts'
import { normalise } from './normalise.ts'
import { checkStructure } from './structure.ts'
import { readTree } from './tree.ts'

export type { Diagnostic } from './diagnostic.ts'
export { renderDiagnostic, renderSummary } from './render.ts'

export type Loaded =
  /** Warnings only. */
  | { readonly connector: Connector; readonly diagnostics: readonly Diagnostic[] }
  /** At least one error. */
  | { readonly connector: null; readonly diagnostics: readonly Diagnostic[] }

/**
 * Reads a connector file. Never throws for what a file holds: every fault is a diagnostic with line and column.
 * Give it the bytes where you have them: only then invalid UTF-8 can be told. `file` is for messages.
 */
export function loadConnector(source: string | Uint8Array, file: string): Loaded {
  const { text, problem } = readText(source)
  const fail = (problems: readonly Problem[]): Loaded => ({ connector: null, diagnostics: diagnose(problems, text, file) })
  if (problem !== null) return fail([problem])
  const guarded = guard(text)
  if ('problem' in guarded) return fail([guarded.problem])
  const { tree, problems } = readTree(guarded.tokens, text)
  if (tree === null) return fail(problems)
  const structure = checkStructure(tree)
  const meaning = checkMeaning(structure.tree).filter((found) => !follows(found, structure, tree.torn))
  // A value that could not be read as it stands is told already; the schema saw a stand-in.
  const unread = new Set(problems.map(({ range }) => range.join()))
  const shaped = structure.problems.filter(({ range }) => !unread.has(range.join()))
  const all = [...problems, ...shaped, ...meaning.map((found) => found.problem)]
  // While something is wrong, what seems unused may be used where it is wrong.
  if (all.some((found) => found.severity === 'error')) return fail(all.filter((found) => found.code !== 'spec/unused-setting'))
  return { connector: normalise(tree.data as { readonly [key: string]: Json }), diagnostics: diagnose(all, text, file) }
}
