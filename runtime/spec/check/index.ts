/** What the shape cannot say: names that lead somewhere, expressions that compile, addresses that may be asked for. */
import type { Tree } from '../tree.ts'
import { checkActions } from './actions.ts'
import { checkAddresses } from './addresses.ts'
import { checkAuth } from './auth.ts'
import { checkFeeds } from './feeds.ts'
import { checkGraph } from './graph.ts'
import { type Found, looker } from './look.ts'
import { checkProofs } from './proofs.ts'
import { checkRequests } from './requests.ts'
import { checkSettings } from './settings.ts'
import { checkStreams } from './streams.ts'
import { checkWebhook } from './webhook.ts'

export type { Found } from './look.ts'

const CHECKS = [
  checkAddresses,
  checkAuth,
  checkRequests,
  checkStreams,
  checkGraph,
  checkProofs,
  checkActions,
  checkFeeds,
  checkWebhook,
]

/** Works on files with faults of shape too: what is of another type than meant is passed over here. */
export function checkMeaning(tree: Tree): readonly Found[] {
  const { look, found } = looker(tree)
  for (const check of CHECKS) check(look, found)
  checkSettings(look, found)
  return merged(found)
}

/** As many places of one message are listed; a name that is misspelt where it is declared would fill the screen. */
const MOST_PLACES = 3

function merged(found: readonly Found[]): readonly Found[] {
  const groups = Map.groupBy(found, ({ problem }) => `${problem.code} ${problem.message}`)
  return [...groups.values()].flatMap((same) => {
    const shown = same.slice(0, MOST_PLACES)
    const more = same.length - shown.length
    if (more === 0) return shown
    const last = shown.at(-1)!
    const message = `${last.problem.message} (and in ${more} more place${more === 1 ? '' : 's'})`
    return [...shown.slice(0, -1), { ...last, problem: { ...last.problem, message } }]
  })
}
