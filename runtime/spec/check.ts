/** What the shape cannot say: names that lead somewhere, expressions that compile, addresses that may be asked for. */
import type { Problem } from './diagnostic.ts'
import type { Tree } from './tree.ts'

export type Found = { readonly pointer: string; readonly problem: Problem }

export function checkMeaning(_tree: Tree): readonly Found[] {
  return []
}
