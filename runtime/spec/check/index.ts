/** What the shape cannot say: names that lead somewhere, expressions that compile, addresses that may be asked for. */
import type { Tree } from '../tree.ts'
import { checkAddresses } from './addresses.ts'
import { checkAuth } from './auth.ts'
import { checkGraph } from './graph.ts'
import { type Found, looker } from './look.ts'
import { checkProofs } from './proofs.ts'
import { checkRequests } from './requests.ts'
import { checkSettings } from './settings.ts'
import { checkStreams } from './streams.ts'

export type { Found } from './look.ts'

/** Works on files with faults of shape too: what is of another type than meant is passed over here. */
export function checkMeaning(tree: Tree): readonly Found[] {
  const { look, found } = looker(tree)
  for (const check of [checkAddresses, checkAuth, checkRequests, checkStreams, checkGraph, checkProofs]) check(look)
  checkSettings(look, found)
  return found
}
